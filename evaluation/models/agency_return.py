"""An agency's own training: its return of a year, its Section 11 evidence, and what the partnership asks about it."""

from datetime import date

import pgtrigger
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, F, OuterRef, Q

from accounts.models import Membership, Role

# Who opens returns, reads them, asks and accepts. An agency lead answers, for their own agency alone.
RETURN_KEEPERS = (Role.LSCP_OFFICER,)
YEAR_BEGINS_IN = 4
SCORES = (0, 1, 2, 3)


class ReturnState(models.TextChoices):
    OPEN = "OPEN", "not sent yet"
    SUBMITTED = "SUBMITTED", "sent"
    SENT_BACK = "SENT_BACK", "sent back with a question"
    ACCEPTED = "ACCEPTED", "accepted"


# Which state may follow which. The database refuses everything else (trigger `returns_move_by_the_rules`).
RETURN_TRANSITIONS: dict[ReturnState, tuple[ReturnState, ...]] = {
    ReturnState.OPEN: (ReturnState.SUBMITTED,),
    ReturnState.SUBMITTED: (ReturnState.SENT_BACK, ReturnState.ACCEPTED),
    ReturnState.SENT_BACK: (ReturnState.SUBMITTED,),
}
# The agency may still write.
WRITING_STATES = (ReturnState.OPEN, ReturnState.SENT_BACK)


class TrainingLevel(models.TextChoices):
    """For whom an agency holds training; in its own words, so that agencies with other names for levels can tell."""

    EVERYBODY = "everybody", "Everybody"
    REGULAR = "regular", "Regular contact with children"
    PLANNING = "planning", "Part in plans for a child"
    LEADS = "leads", "Safeguarding leads and managers"


LEVEL_HINTS = {
    TrainingLevel.EVERYBODY: "What to notice and whom to tell: all staff and volunteers.",
    TrainingLevel.REGULAR: "Those who see the same children or families again and again.",
    TrainingLevel.PLANNING: "Those who write assessments, sit in meetings about a child or carry out a plan.",
    TrainingLevel.LEADS: "Those whom others come to with a worry, and those who manage them.",
}


class HowEvaluated(models.TextChoices):
    FORM = "form", "form on the day"
    CHECK = "check", "check of learning"
    LATER = "later", "asked again weeks later"
    PRACTICE = "practice", "seen in practice"
    NOT = "not", "not yet"


class Rag(models.TextChoices):
    """Red, amber or green, always with its word."""

    RED = "red", "Red"
    AMBER = "amber", "Amber"
    GREEN = "green", "Green"


class AgencyReturnQuerySet(models.QuerySet):
    def waiting_for_the_agency(self):
        return self.filter(state__in=WRITING_STATES)

    def to_read(self):
        """Sent, and nobody has said yet that it is accepted."""
        return self.filter(state=ReturnState.SUBMITTED)

    def accepted(self):
        return self.filter(state=ReturnState.ACCEPTED)

    def late(self, today):
        return self.waiting_for_the_agency().filter(due_on__lt=today)

    def without_a_lead(self):
        return self.filter(~Exists(Membership.objects.as_lead().filter(organisation=OuterRef("organisation"))))

    def of_lead(self, user):
        """Those of the agencies whose lead this person is, whatever else they may see."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        led = Membership.objects.as_lead().filter(practitioner__user=user)
        return self.filter(organisation__in=led.values("organisation"))

    def visible_to(self, user):
        """Officers of the partnership see all, an agency's lead their own; nobody else any."""
        if user.is_authenticated and user.is_active and user.has_role(*RETURN_KEEPERS):
            return self
        return self.of_lead(user)


class AgencyReturn(models.Model):
    """One agency's own training in one financial year. Names no member of staff and no child."""

    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="training_returns")
    year = models.PositiveSmallIntegerField(help_text="The financial year that begins in April of it.")
    due_on = models.DateField("due by")
    state = models.CharField(max_length=10, choices=ReturnState, default=ReturnState.OPEN)
    headcount = models.PositiveIntegerField("staff who work with children or families", null=True, blank=True)
    headcount_on = models.DateField("counted on", null=True, blank=True)
    # What our own registers say of the agency's people in that year, as it was when the return was last sent.
    people = models.PositiveIntegerField(null=True, blank=True)
    attendances = models.PositiveIntegerField(null=True, blank=True)
    courses = models.PositiveIntegerField(null=True, blank=True)
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    opened_at = models.DateTimeField()
    opened_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    submitted_at = models.DateTimeField(null=True, blank=True)
    submitted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    accepted_at = models.DateTimeField(null=True, blank=True)
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = AgencyReturnQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["organisation", "year"], name="one_return_per_agency_and_year"),
            models.CheckConstraint(condition=Q(state__in=ReturnState.values), name="return_state_is_known"),
            models.CheckConstraint(
                condition=Q(state="OPEN", submitted_at__isnull=True, submitted_by__isnull=True)
                | ~Q(state="OPEN") & Q(submitted_at__isnull=False, submitted_by__isnull=False),
                name="a_return_says_when_and_by_whom_it_was_sent",
            ),
            models.CheckConstraint(
                condition=Q(state="ACCEPTED", accepted_at__isnull=False, accepted_by__isnull=False)
                | ~Q(state="ACCEPTED") & Q(accepted_at__isnull=True, accepted_by__isnull=True),
                name="a_return_says_when_and_by_whom_it_was_accepted",
            ),
            models.CheckConstraint(
                condition=Q(state__in=["OPEN", "SENT_BACK"])
                | Q(
                    headcount__isnull=False,
                    headcount_on__isnull=False,
                    people__isnull=False,
                    attendances__isnull=False,
                    courses__isnull=False,
                ),
                name="a_sent_return_says_how_many_work_and_learned_there",
            ),
        ]
        indexes = [
            # For the sweep that reminds, and the officer's list of who has not answered.
            models.Index(fields=["due_on"], condition=Q(state__in=["OPEN", "SENT_BACK"]), name="returns_awaited"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="returns_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in RETURN_TRANSITIONS.items() for after in afters
                ],
            ),
        ]

    def __str__(self):
        return f"{self.organisation}, {self.year_name}"

    @property
    def year_name(self) -> str:
        return f"April {self.year} to March {self.year + 1}"

    @property
    def starts_on(self) -> date:
        return date(self.year, YEAR_BEGINS_IN, 1)

    @property
    def is_writable(self) -> bool:
        return self.state in WRITING_STATES


REFUSE_CHANGE_OF_SENT = """
    IF EXISTS (
        SELECT 1 FROM evaluation_agencyreturn
        WHERE state NOT IN ('OPEN', 'SENT_BACK')
          AND id IN (
            CASE WHEN TG_OP = 'INSERT' THEN NEW.agency_return_id ELSE OLD.agency_return_id END,
            CASE WHEN TG_OP = 'DELETE' THEN OLD.agency_return_id ELSE NEW.agency_return_id END
          )
    ) THEN
        RAISE EXCEPTION 'what an agency has sent stays as it is'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
"""


def _stays_once_sent(name: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
        func=REFUSE_CHANGE_OF_SENT,
    )


class ReturnLevel(models.Model):
    """What an agency says of its own training at one level."""

    agency_return = models.ForeignKey(AgencyReturn, on_delete=models.CASCADE, related_name="levels")
    level = models.CharField(max_length=10, choices=TrainingLevel)
    need = models.PositiveIntegerField("staff who need it", null=True, blank=True)
    trained = models.PositiveIntegerField("of them trained", null=True, blank=True)
    courses_held = models.PositiveIntegerField(null=True, blank=True)
    evaluated = ArrayField(models.CharField(max_length=10, choices=HowEvaluated), default=list, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency_return", "level"], name="one_row_per_return_and_level"),
            models.CheckConstraint(condition=Q(level__in=TrainingLevel.values), name="training_level_is_known"),
            models.CheckConstraint(
                condition=Q(trained__isnull=True) | Q(need__isnull=False, trained__lte=F("need")),
                name="no_more_are_trained_than_need_it",
            ),
        ]
        triggers = [_stays_once_sent("levels_of_a_sent_return_stay")]

    def __str__(self):
        return f"{self.get_level_display()}: {self.trained} of {self.need}"

    @property
    def evaluated_in_words(self) -> str:
        """In the order in which they are asked."""
        return ", ".join(each.label for each in HowEvaluated if each.value in self.evaluated)


class Section11StandardQuerySet(models.QuerySet):
    def in_force(self):
        return self.filter(is_active=True).order_by("number")


class Section11Standard(models.Model):
    """What an agency shows about training in its Section 11 audit, in short words. Its number never changes."""

    number = models.PositiveSmallIntegerField(unique=True)
    words = models.CharField("the standard, in short", max_length=200)
    is_active = models.BooleanField("agencies are asked about it", default=True)

    objects = Section11StandardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=~Q(words=""), name="a_section_11_standard_has_words"),
        ]

    def __str__(self):
        return f"{self.number}. {self.words}"


class Section11Result(models.Model):
    """How an agency sees itself against one standard: a score, what shows it, and what it plans."""

    class Score(models.IntegerChoices):
        NOT_THERE = 0, "Not there yet"
        BEGUN = 1, "Begun"
        MOSTLY = 2, "In place for most"
        SEEN = 3, "In place, and seen to work"

    agency_return = models.ForeignKey(AgencyReturn, on_delete=models.CASCADE, related_name="results")
    standard = models.ForeignKey(Section11Standard, on_delete=models.PROTECT, related_name="results")
    score = models.PositiveSmallIntegerField(choices=Score, null=True, blank=True)
    evidence = models.TextField("what shows it", max_length=1000, blank=True)
    plan = models.TextField("what you plan", max_length=1000, blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["agency_return", "standard"], name="one_result_per_return_and_standard"),
            models.CheckConstraint(
                condition=Q(score__isnull=True) | Q(score__in=SCORES), name="a_section_11_score_is_0_to_3"
            ),
        ]
        triggers = [_stays_once_sent("results_of_a_sent_return_stay")]

    def __str__(self):
        return f"{self.standard_id}: {self.score}"


class ReturnQuestionQuerySet(models.QuerySet):
    def open(self):
        return self.filter(answered_at__isnull=True)


class ReturnQuestion(models.Model):
    """Something an officer asks about a return, and what the agency answers."""

    agency_return = models.ForeignKey(AgencyReturn, on_delete=models.CASCADE, related_name="questions")
    question = models.CharField(max_length=500)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    answer = models.TextField(max_length=1000, blank=True)
    answered_at = models.DateTimeField(null=True, blank=True)
    answered_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ReturnQuestionQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(answered_at__isnull=True, answered_by__isnull=True, answer="")
                | Q(answered_at__isnull=False, answered_by__isnull=False) & ~Q(answer=""),
                name="an_answer_to_a_question_says_when_and_by_whom",
            ),
        ]

    def __str__(self):
        return self.question[:60]
