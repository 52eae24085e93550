"""Response: one questionnaire about a booking, or a trainer's about a date, from scheduled to submitted; and its answers."""

import pgtrigger
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Exists, OuterRef, Q

from evaluation.models.moderation import strands_moderated_by
from evaluation.models.questionnaire import PERSONS_STAGES, Stage

# The table for which words are read by somebody first, and the item that gives leave to print them.
QUOTES_TABLE = "R16"
QUOTE_PERMISSION = "OP3"
# What somebody answered stays as it was; words may only be taken out altogether, when their time is over.
REFUSE_CHANGE_OF_ANSWER = """
    IF NEW.texts = '{}' AND OLD.texts <> '{}' AND NEW.rating IS NOT DISTINCT FROM OLD.rating
        AND NEW.choices = OLD.choices AND NEW.is_not_applicable = OLD.is_not_applicable
        AND NEW.response_id = OLD.response_id AND NEW.question_id = OLD.question_id
        AND NEW.outcome_id IS NOT DISTINCT FROM OLD.outcome_id THEN
        RETURN NEW;
    END IF;
    RAISE EXCEPTION 'answer % was given and stays as it is', OLD.id USING ERRCODE = 'integrity_constraint_violation';
"""


class ResponseQuerySet(models.QuerySet):
    def open(self, now):
        """May be answered now."""
        return self.filter(
            state__in=[Response.State.SCHEDULED, Response.State.OPEN], opens_at__lte=now, closes_at__gt=now
        )

    def due_to_invite(self, now):
        """Open and nobody told yet. For the sweep evaluation.invite_due."""
        return self.filter(state=Response.State.SCHEDULED, opens_at__lte=now, closes_at__gt=now)

    def past_closing(self, now):
        """For the sweep evaluation.expire_closed."""
        return self.filter(state__in=[Response.State.SCHEDULED, Response.State.OPEN], closes_at__lte=now)

    def submitted(self):
        return self.filter(state=Response.State.SUBMITTED)

    def with_page_facts(self):
        """Fetch what the page of a questionnaire needs."""
        return self.select_related(
            "questionnaire",
            *("booking__offer", "booking__practitioner", "booking__event__version__course"),
            *("event__version__course", "trainer__practitioner"),
        ).prefetch_related("questionnaire__questions")

    def of(self, user):
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(booking__practitioner__user=user, stage__in=PERSONS_STAGES)

    def reviews_of(self, user):
        """What a trainer says of their own dates: to them alone."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(trainer__practitioner__user=user, stage=Stage.TRAINER)

    def visible_to(self, user):
        """Only the person who answers. Reports read counts, never a named response."""
        return self.of(user)


class Response(models.Model):
    """The row is the request; submitting fills it. Confidential, not anonymous (DOMAIN 9.2)."""

    class State(models.TextChoices):
        SCHEDULED = "SCHEDULED", "not open yet"
        OPEN = "OPEN", "open"
        SUBMITTED = "SUBMITTED", "answered"
        EXPIRED = "EXPIRED", "closed unanswered"
        CANCELLED = "CANCELLED", "no longer asked"

    booking = models.ForeignKey(
        "bookings.Booking", on_delete=models.CASCADE, null=True, blank=True, related_name="responses"
    )
    event = models.ForeignKey(
        "courses.Event",
        on_delete=models.CASCADE,
        null=True,
        blank=True,
        related_name="reviews",
        help_text="With a trainer, instead of a booking.",
    )
    trainer = models.ForeignKey(
        "courses.Trainer", on_delete=models.PROTECT, null=True, blank=True, related_name="reviews"
    )
    questionnaire = models.ForeignKey("evaluation.Questionnaire", on_delete=models.PROTECT, related_name="responses")
    stage = models.CharField(max_length=10, choices=Stage)
    state = models.CharField(max_length=10, choices=State, default=State.SCHEDULED)
    opens_at = models.DateTimeField()
    closes_at = models.DateTimeField()
    invited_at = models.DateTimeField(null=True, blank=True)
    reminders_sent = models.PositiveSmallIntegerField(default=0)
    submitted_at = models.DateTimeField(null=True, blank=True)

    objects = ResponseQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "stage"], name="one_response_per_booking_and_stage"),
            models.UniqueConstraint(
                fields=["event", "trainer", "stage"], name="one_response_per_event_trainer_and_stage"
            ),
            models.CheckConstraint(
                condition=Q(booking__isnull=False, event__isnull=True, trainer__isnull=True) & ~Q(stage=Stage.TRAINER)
                | Q(booking__isnull=True, event__isnull=False, trainer__isnull=False, stage=Stage.TRAINER),
                name="a_response_is_about_a_booking_or_a_trainers_date",
            ),
            models.CheckConstraint(
                condition=Q(closes_at__gt=models.F("opens_at")), name="a_response_closes_after_it_opens"
            ),
            models.CheckConstraint(
                condition=Q(state="SUBMITTED", submitted_at__isnull=False)
                | (~Q(state="SUBMITTED") & Q(submitted_at__isnull=True)),
                name="a_submitted_response_says_when",
            ),
        ]
        indexes = [
            # For the sweep evaluation.invite_due.
            models.Index(fields=["opens_at"], condition=Q(state="SCHEDULED"), name="responses_to_invite"),
            # For the sweeps evaluation.remind_outstanding and evaluation.expire_closed.
            models.Index(fields=["closes_at"], condition=Q(state="OPEN"), name="responses_outstanding"),
        ]

    def __str__(self):
        return f"{self.stage} for " + (
            f"booking {self.booking_id}" if self.booking_id else f"trainer {self.trainer_id} of date {self.event_id}"
        )

    @property
    def about_event(self):
        """The date that it is about, either way."""
        return self.booking.event if self.booking else self.event


class Draft(models.Model):
    """Answers so far, as they were typed, until they are sent or nobody asks for them any more. Never counted."""

    response = models.OneToOneField(Response, on_delete=models.CASCADE, related_name="draft")
    typed = models.JSONField(help_text="By the name of the field on the page: a list of what was typed or chosen.")
    saved_at = models.DateTimeField()

    def __str__(self):
        return f"answers so far of {self.response_id}"


class AnswerQuerySet(models.QuerySet):
    def with_words_for_reports(self):
        """Words that a report may quote once somebody has read them."""
        return self.exclude(moderation=Answer.Moderation.NOT_NEEDED).exclude(texts=[])

    def to_review(self):
        """Nobody has read them yet."""
        return self.filter(moderation=Answer.Moderation.TO_REVIEW)

    def with_words_from_before(self, moment):
        """Free text that was sent so long ago. For the sweep evaluation.forget_words."""
        return self.exclude(texts=[]).filter(response__submitted_at__lt=moment)

    def moderated_by(self, user):
        """The words that this user reads and decides about, whoever wrote them."""
        return self.with_words_for_reports().filter(
            response__booking__offer__strand__in=strands_moderated_by(user),
            response__state=Response.State.SUBMITTED,
        )

    def visible_to(self, user):
        return self.moderated_by(user)

    def with_leave_to_quote(self):
        """Say of each whether it may be printed. A manager is told beside the question that examples may be quoted."""
        said_yes = Answer.objects.filter(
            response=OuterRef("response"), question__code=QUOTE_PERMISSION, choices=["yes"]
        )
        return self.annotate(may_be_quoted=Q(response__stage=Stage.MANAGER) | Exists(said_yes))

    def with_facts(self):
        return self.select_related("question", "response__booking__event__version__course", "response__booking__offer")


class Answer(models.Model):
    """One answered item. Exactly one of rating, choices and texts is filled; `not applicable` fills none.

    An item asked for each action named afterwards (IM3) keeps the actions as `texts` and, in the same
    order, what became of them as `choices`; an action without an answer has an empty choice.
    """

    class Moderation(models.TextChoices):
        NOT_NEEDED = "NOT_NEEDED", "not needed"
        TO_REVIEW = "TO_REVIEW", "to review"
        APPROVED = "APPROVED", "approved"
        REDACTED = "REDACTED", "redacted"
        WITHHELD = "WITHHELD", "withheld"

    response = models.ForeignKey(Response, on_delete=models.CASCADE, related_name="answers")
    question = models.ForeignKey("evaluation.Question", on_delete=models.PROTECT, related_name="answers")
    outcome = models.ForeignKey(
        "courses.LearningOutcome", on_delete=models.PROTECT, null=True, blank=True, related_name="ratings"
    )
    rating = models.PositiveSmallIntegerField(null=True, blank=True)
    is_not_applicable = models.BooleanField(default=False)
    choices = ArrayField(models.CharField(max_length=120), default=list, blank=True)
    texts = ArrayField(models.TextField(), default=list, blank=True)
    moderation = models.CharField(max_length=10, choices=Moderation, default=Moderation.NOT_NEEDED)

    objects = AnswerQuerySet.as_manager()

    class Meta:
        triggers = [
            pgtrigger.Trigger(
                name="an_answer_stays_as_it_was_given",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf(
                    "response_id", "question_id", "outcome_id", "rating", "is_not_applicable", "choices", "texts"
                ),
                func=REFUSE_CHANGE_OF_ANSWER,
            ),
        ]
        indexes = [
            # For the moderation queue.
            models.Index(fields=["id"], condition=Q(moderation="TO_REVIEW"), name="texts_to_review"),
        ]
        constraints = [
            models.UniqueConstraint(
                fields=["response", "question", "outcome"],
                name="one_answer_per_question_and_outcome",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(rating__isnull=True) | Q(rating__gte=1, rating__lte=10), name="a_rating_is_from_1_to_10"
            ),
        ]

    def __str__(self):
        return f"{self.question_id}: {self.rating}"

    @property
    def words(self) -> str:
        """The free text as it was written."""
        return "\n".join(self.texts)
