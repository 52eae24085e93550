"""TrainingRecordFile: a person's training record as a printed document, asked for, made, and kept for a day."""

from datetime import timedelta

from django.db import models
from django.db.models import Q

CLAIM_LEASE = timedelta(minutes=3)
MAX_ATTEMPTS = 3
KEPT_FOR = timedelta(days=1)


class TrainingRecordFileQuerySet(models.QuerySet):
    def owed(self, now):
        """Asked for and not made. For the sweep bookings.print_owed_training_records."""
        return self.filter(
            Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LEASE),
            made_at__isnull=True,
            attempts__lt=MAX_ATTEMPTS,
        )

    def expired(self, now):
        """Asked for longer ago than a file is kept. For the sweep bookings.erase_training_record_files."""
        return self.filter(requested_at__lt=now - KEPT_FOR)

    def visible_to(self, user):
        """Only the person whose record it is."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(practitioner__user=user)


class TrainingRecordFile(models.Model):
    """One a person: asking again makes it anew. The record itself is the bookings; this is a copy to take away."""

    practitioner = models.OneToOneField(
        "accounts.Practitioner", on_delete=models.CASCADE, related_name="training_record_file"
    )
    requested_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    made_at = models.DateTimeField(null=True, blank=True)
    content = models.BinaryField(null=True, blank=True)

    objects = TrainingRecordFileQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(made_at__isnull=True, content__isnull=True)
                | Q(made_at__isnull=False, content__isnull=False),
                name="a_made_training_record_has_its_content",
            ),
        ]
        indexes = [
            # For the sweep bookings.print_owed_training_records.
            models.Index(fields=["requested_at"], condition=Q(made_at__isnull=True), name="owed_training_record_files"),
        ]

    def __str__(self):
        return f"training record of {self.practitioner_id}"

    @property
    def kept_until(self):
        return self.requested_at + KEPT_FOR

    def is_given_up(self, now) -> bool:
        return (
            self.made_at is None
            and self.attempts >= MAX_ATTEMPTS
            and (self.claimed_at is None or self.claimed_at < now - CLAIM_LEASE)
        )
