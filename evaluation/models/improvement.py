"""What follows from the evidence: needs that training is to meet, and actions with an owner and a day."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Role

# Who keeps the list: they add, change and close. The subgroup reads.
KEEPERS = (Role.LSCP_OFFICER,)
READERS = (*KEEPERS, Role.SUBGROUP_MEMBER)


class ImprovementActionQuerySet(models.QuerySet):
    def outstanding(self):
        """Agreed, and neither done nor dropped."""
        return self.filter(state=ImprovementAction.State.OPEN)

    def overdue(self, today):
        return self.outstanding().filter(due_on__lt=today)

    def visible_to(self, user):
        """The partnership's officers see all; the subgroup all but what trainers promised; an owner their own.

        What an observer saw of a trainer, and what came of it, the subgroup reads in numbers alone.
        """
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(*KEEPERS):
            return self
        own = Q(owner=user)
        if user.has_role(*READERS):
            return self.filter(own | ~Q(source=ImprovementAction.Source.OBSERVATION))
        return self.filter(own)


class ImprovementAction(models.Model):
    """One thing that somebody promised to do by a day (R20). Names no child and no learner."""

    class Source(models.TextChoices):
        REPORT = "REPORT", "a quality report"
        OBSERVATION = "OBSERVATION", "an observation"
        AGENCY = "AGENCY", "an agency's return"
        MEETING = "MEETING", "a meeting of the subgroup"

    class State(models.TextChoices):
        OPEN = "OPEN", "to do"
        DONE = "DONE", "done"
        DROPPED = "DROPPED", "dropped"

    what = models.CharField("what is to be done", max_length=500)
    source = models.CharField(max_length=12, choices=Source)
    report = models.ForeignKey(
        "evaluation.QualityReport", on_delete=models.PROTECT, null=True, blank=True, related_name="actions"
    )
    observation = models.ForeignKey(
        "evaluation.Observation", on_delete=models.PROTECT, null=True, blank=True, related_name="actions"
    )
    agency_return = models.ForeignKey(
        "evaluation.AgencyReturn", on_delete=models.PROTECT, null=True, blank=True, related_name="actions"
    )
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="improvement_actions"
    )
    owner_words = models.CharField(
        "owner without an account", max_length=120, blank=True, help_text="For example “Police, learning lead”."
    )
    due_on = models.DateField("by")
    state = models.CharField(max_length=8, choices=State, default=State.OPEN)
    outcome = models.CharField("what came of it", max_length=500, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ImprovementActionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(owner__isnull=False, owner_words="") | Q(owner__isnull=True) & ~Q(owner_words=""),
                name="an_action_has_one_owner",
            ),
            models.CheckConstraint(
                condition=Q(state="OPEN", ended_at__isnull=True, ended_by__isnull=True)
                | ~Q(state="OPEN") & Q(ended_at__isnull=False, ended_by__isnull=False) & ~Q(outcome=""),
                name="an_action_that_ended_says_when_by_whom_and_how",
            ),
            models.CheckConstraint(
                condition=Q(source="REPORT") | Q(report__isnull=True), name="only_an_action_of_a_report_names_one"
            ),
            models.CheckConstraint(
                condition=Q(source="OBSERVATION") | Q(observation__isnull=True),
                name="only_an_action_of_an_observation_names_one",
            ),
            models.CheckConstraint(
                condition=Q(source="AGENCY") | Q(agency_return__isnull=True),
                name="only_an_action_of_an_agency_names_its_return",
            ),
        ]
        indexes = [
            # For the dashboard of the subgroup and the sweep that reminds owners.
            models.Index(fields=["due_on"], condition=Q(state="OPEN"), name="actions_outstanding"),
        ]

    def __str__(self):
        return self.what[:60]

    @property
    def owner_name(self) -> str:
        """Whoever promised it, in words."""
        practitioner = getattr(self.owner, "practitioner", None)
        return practitioner.full_name if practitioner else self.owner_words or str(self.owner)


class LearningNeedQuerySet(models.QuerySet):
    def current(self):
        return self.filter(closed_at__isnull=True)

    def visible_to(self, user):
        """The partnership's officers and its subgroup, and the team that plans the courses."""
        if user.is_authenticated and user.is_active and user.has_role(*READERS, Role.WORKFORCE_TEAM):
            return self
        return self.none()


class LearningNeed(models.Model):
    """Something the workforce needs to learn, where that was seen, and what is planned for it (R19)."""

    class Source(models.TextChoices):
        SURVEY = "SURVEY", "survey of needs"
        REVIEW = "REVIEW", "learning from a review"
        AUDIT = "AUDIT", "audit"
        WAITING_LIST = "WAITING_LIST", "waiting lists"
        LEARNERS = "LEARNERS", "what learners asked for"
        MANAGERS = "MANAGERS", "what managers asked for"

    class Priority(models.IntegerChoices):
        HIGH = 1, "high"
        MEDIUM = 2, "medium"
        LOW = 3, "low"

    need = models.CharField("what is needed", max_length=300)
    source = models.CharField("where it was seen", max_length=12, choices=Source)
    priority = models.PositiveSmallIntegerField(choices=Priority, default=Priority.MEDIUM)
    response = models.CharField("what is planned", max_length=300, blank=True)
    owner_words = models.CharField("who sees to it", max_length=120)
    due_on = models.DateField("by")
    seen_at = models.DateTimeField()
    seen_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = LearningNeedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(closed_at__isnull=True, closed_by__isnull=True)
                | Q(closed_at__isnull=False, closed_by__isnull=False),
                name="a_need_is_closed_by_somebody",
            ),
        ]

    def __str__(self):
        return self.need[:60]
