"""EventChange: one change of a date that people must be told of, as planned, and how far it has been carried out."""

import uuid
from datetime import timedelta

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Role

# A worker renews its claim with every portion. A claim older than this belongs to one that died.
CLAIM_LEASE = timedelta(minutes=1)
# So many tries without getting any further, and somebody must look.
MAX_ATTEMPTS = 5


class ChangeKind(models.TextChoices):
    MOVE = "MOVE", "moved"
    CAPACITY = "CAPACITY", "number of places changed"
    POSTPONE = "POSTPONE", "postponed"
    CANCEL = "CANCEL", "cancelled"
    SPLIT = "SPLIT", "split into two dates"
    GO_AHEAD = "GO_AHEAD", "decided to go ahead"
    DETAILS = "DETAILS", "booking details changed"


class ProviderReason(models.TextChoices):
    """Why the partnership calls a date off (rule B21): a list of its own, apart from people's reasons."""

    WEATHER = "WEATHER", "the weather"
    ILLNESS = "ILLNESS", "a trainer is ill"
    TOO_FEW = "TOO_FEW", "too few people had booked"
    VENUE = "VENUE", "the venue cannot be used"
    OTHER = "OTHER", "something else"


class EventChangeQuerySet(models.QuerySet):
    def unfinished(self):
        return self.filter(finished_at__isnull=True, failed_at__isnull=True)

    def owed(self, now):
        """Changes that nobody is carrying out just now. For the sweep bookings.carry_out_changes."""
        return self.unfinished().filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LEASE))

    def failed(self):
        """Changes that stopped half way; the team sees them."""
        return self.filter(failed_at__isnull=False)

    def with_event_facts(self):
        return self.select_related("event__version__course", "event__venue", "new_event", "held_event__version__course")

    def visible_to(self, user):
        """Plans of the team, with words that not everybody has been told yet."""
        if not user.is_authenticated or not user.is_active or not user.has_role(Role.WORKFORCE_TEAM):
            return self.none()
        return self


@pghistory.track(model_name="EventChangeHistory", exclude=["claimed_at", "attempts", "cursor", "done_count"])
class EventChange(models.Model):
    """Asked for once, in one transaction with the date itself; then carried through booking by booking, in portions.

    `plan` holds what was decided and how things stood before, for the letters. `cursor` is the last booking done:
    whoever takes the work up goes on behind it.
    """

    kind = models.CharField(max_length=10, choices=ChangeKind)
    event = models.ForeignKey("courses.Event", on_delete=models.PROTECT, related_name="changes")
    plan = models.JSONField(default=dict)
    words = models.TextField("what people are told", blank=True, default="")
    reason = models.CharField(max_length=10, choices=ProviderReason, blank=True, default="")
    answer_due_at = models.DateTimeField(
        null=True, blank=True, help_text="People say by then whether they can come; empty: they are told, not asked."
    )
    new_event = models.ForeignKey(
        "courses.Event", on_delete=models.PROTECT, null=True, blank=True, related_name="split_off_by"
    )
    held_event = models.ForeignKey(
        "courses.Event", on_delete=models.PROTECT, null=True, blank=True, related_name="holds_for_changes"
    )
    # The form that asked for it; a second press of the same button finds the first change.
    idempotency_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    asked_at = models.DateTimeField()
    asked_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, help_text="Tries since it last got any further.")
    cursor = models.PositiveBigIntegerField(default=0)
    done_count = models.PositiveIntegerField(default=0)
    affected_count = models.PositiveIntegerField(default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    failed_at = models.DateTimeField(null=True, blank=True)

    objects = EventChangeQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(kind__in=ChangeKind.values), name="event_change_kind_is_known"),
            models.UniqueConstraint(
                fields=["event"], condition=Q(finished_at__isnull=True), name="one_change_of_an_event_at_a_time"
            ),
            models.CheckConstraint(
                condition=Q(finished_at__isnull=True) | Q(failed_at__isnull=True),
                name="a_change_is_finished_or_failed",
            ),
            models.CheckConstraint(
                condition=~Q(kind="CANCEL") | ~Q(reason=""), name="a_date_is_cancelled_for_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(new_event__isnull=True) | Q(kind="SPLIT"), name="only_a_split_makes_a_new_date"
            ),
        ]
        indexes = [
            # For the sweep bookings.carry_out_changes.
            models.Index(
                fields=["asked_at"],
                condition=Q(finished_at__isnull=True, failed_at__isnull=True),
                name="changes_to_carry_out",
            ),
            # For the sweep bookings.remind_unanswered.
            models.Index(
                fields=["answer_due_at"], condition=Q(answer_due_at__isnull=False), name="changes_by_their_answer"
            ),
        ]

    def __str__(self):
        return f"{self.event}: {self.get_kind_display()}"

    @property
    def is_asking(self) -> bool:
        return self.answer_due_at is not None

    @property
    def is_over(self) -> bool:
        return self.finished_at is not None or self.failed_at is not None

    @property
    def reason_words(self) -> str:
        """The reason as people read it: the list's words, or the team's own."""
        if self.reason == ProviderReason.OTHER and self.words:
            return self.words
        return str(ProviderReason(self.reason).label) if self.reason else ""


EventChange.Kind = ChangeKind
