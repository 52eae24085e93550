"""Response: one person's questionnaire for one booking and stage, from scheduled to submitted; and its answers."""

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from evaluation.models.questionnaire import Stage


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

    def of(self, user):
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(booking__practitioner__user=user)

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

    booking = models.ForeignKey("bookings.Booking", on_delete=models.CASCADE, related_name="responses")
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
        return f"{self.stage} for booking {self.booking_id}"


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

    class Meta:
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
