"""What follows from the evidence: needs that training is to meet, and actions with an owner and a day."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Membership, Role
from evaluation.models.observation import UNSHARED_STATES

# Who keeps the list: they add, change and close. The subgroup reads.
KEEPERS = (Role.LSCP_OFFICER,)
READERS = (*KEEPERS, Role.SUBGROUP_MEMBER)
NEED_KEEPERS = (*KEEPERS, Role.WORKFORCE_TEAM)
NEED_READERS = (*READERS, Role.WORKFORCE_TEAM)


class Owned:
    """Whoever sees to something: somebody with an account (`owner`), or somebody in words (`owner_words`)."""

    @property
    def owner_name(self) -> str:
        """Whoever promised it, in words."""
        practitioner = getattr(self.owner, "practitioner", None)
        return practitioner.full_name if practitioner else self.owner_words or str(self.owner)

    @property
    def owner_in_role(self) -> str:
        """The owner as a duty or an agency, without a name. Rows come from `with_owners`."""
        if self.owner is None:
            return self.owner_words
        if self.owner.role_names:
            return self.owner.role_names[0]
        agencies = getattr(getattr(self.owner, "practitioner", None), "agencies", [])
        return f"Somebody of {agencies[0].organisation.name}" if agencies else "Somebody with an account"


class OwnedQuerySet(models.QuerySet):
    def with_owners(self):
        """With whatever says who the owner is: the name, the duty, the agency."""
        live = Membership.objects.live().select_related("organisation").order_by("started_on", "pk")
        of_owner = models.Prefetch("owner__practitioner__memberships", queryset=live, to_attr="agencies")
        return self.select_related("owner__practitioner").prefetch_related(of_owner)


class ImprovementActionQuerySet(OwnedQuerySet):
    def outstanding(self):
        """Agreed, and neither done nor dropped."""
        return self.filter(state=ImprovementAction.State.OPEN)

    def overdue(self, today):
        return self.outstanding().filter(due_on__lt=today)

    def since(self, moment):
        """To be done at any time since then."""
        return self.filter(Q(state=ImprovementAction.State.OPEN) | Q(ended_at__gte=moment))

    def for_reports(self):
        """What every reader of a report may read: an observation's actions are the trainer's own (DOMAIN 9.5)."""
        return self.exclude(source=ImprovementAction.Source.OBSERVATION)

    def known_to_owner(self):
        """Not what an observer is still writing up: the trainer reads it when it is shared."""
        return self.exclude(observation__state__in=UNSHARED_STATES)

    def owned_by(self, user):
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.known_to_owner().filter(owner=user)

    def visible_to(self, user):
        """Officers see all, the subgroup all but those of an observation, an owner their own.

        What an observer saw of a trainer, and what came of it, the subgroup reads in numbers alone.
        """
        if user.is_authenticated and user.has_role(*KEEPERS):
            return self
        if user.is_authenticated and user.has_role(*READERS):
            return self.for_reports() | self.owned_by(user)
        return self.owned_by(user)


class ImprovementAction(Owned, models.Model):
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


class LearningNeedQuerySet(models.QuerySet):
    def current(self):
        return self.filter(closed_at__isnull=True)

    def in_order(self):
        """The most urgent first."""
        return self.order_by("priority", "due_on", "pk")

    def visible_to(self, user):
        """The partnership's officers and its subgroup, and the team that plans the courses."""
        return self if user.is_authenticated and user.has_role(*NEED_READERS) else self.none()


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
