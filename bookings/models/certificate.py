"""Certificate: proof of attendance. Every printed word is copied at issue; the file is part of the record."""

from datetime import timedelta

import pghistory
from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from accounts.models import Role
from accounts.models.practitioner import FORMER_MEMBER

CLAIM_LEASE = timedelta(minutes=3)
MAX_ATTEMPTS = 5


class CertificateQuerySet(models.QuerySet):
    def claimable(self, now):
        """Not in another worker's hands, and not tried too often already."""
        return self.filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LEASE), attempts__lt=MAX_ATTEMPTS)

    def owed(self, now):
        """Promised and not built. For the sweep bookings.build_owed_certificates."""
        return self.claimable(now).filter(state=Certificate.State.PENDING)

    def with_code(self, code):
        """What the public check page answers about: whoever holds the paper knows the code."""
        return self.filter(code=code).exclude(state=Certificate.State.PENDING)

    def search(self, words):
        """By number, or by part of the printed name."""
        return self.filter(Q(number__iexact=words) | Q(practitioner_name__icontains=words))

    def manageable_by(self, user):
        """Those this user may replace or revoke: the workforce team all of them, others none."""
        if user.is_authenticated and user.is_active and user.has_role(Role.WORKFORCE_TEAM):
            return self
        return self.none()

    def given_up(self):
        """Certificates that could not be built after several attempts; staff see them."""
        return self.filter(state=Certificate.State.PENDING, attempts__gte=MAX_ATTEMPTS)

    def visible_to(self, user):
        """Only the person who earned it."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.filter(booking__practitioner__user=user)


@pghistory.track(model_name="CertificateHistory", exclude=["claimed_at", "attempts"])
class Certificate(models.Model):
    """A re-issue is a new row with the next version; the old one then shows “replaced” (DOMAIN 8)."""

    class State(models.TextChoices):
        PENDING = "PENDING", "being made"
        ISSUED = "ISSUED", "issued"
        REPLACED = "REPLACED", "replaced"
        REVOKED = "REVOKED", "revoked"

    booking = models.ForeignKey("bookings.Booking", on_delete=models.PROTECT, related_name="certificates")
    version = models.PositiveSmallIntegerField(default=1)
    number = models.CharField(max_length=20, unique=True, help_text="Printed, for the record: AIR-2026-004182.")
    code = models.CharField(max_length=32, unique=True, help_text="Secret part of the checking address; 100 bits.")
    state = models.CharField(max_length=10, choices=State, default=State.PENDING)

    practitioner_name = models.CharField(max_length=150)
    course_title = models.CharField(max_length=150)
    dates = models.CharField(max_length=200)
    hours = models.DecimalField(max_digits=5, decimal_places=2)
    level = models.CharField(max_length=60, blank=True)
    outcomes = ArrayField(models.CharField(max_length=200), default=list)
    strand = models.CharField(max_length=15)
    issuer = models.CharField(max_length=150)
    refresh_by = models.DateField(null=True, blank=True)
    earned_on = models.DateField()

    requested_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    issued_at = models.DateTimeField(null=True, blank=True)
    withdrawn_at = models.DateTimeField(null=True, blank=True)
    withdrawn_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    withdrawn_reason = models.CharField(max_length=300, blank=True)

    objects = CertificateQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["booking", "version"], name="one_certificate_per_booking_and_version"),
            models.UniqueConstraint(
                fields=["booking"],
                condition=Q(state__in=["PENDING", "ISSUED"]),
                name="one_valid_certificate_per_booking",
            ),
            models.CheckConstraint(
                condition=Q(state="PENDING", issued_at__isnull=True) | ~Q(state="PENDING"),
                name="a_pending_certificate_is_not_issued",
            ),
            models.CheckConstraint(
                condition=~Q(state="ISSUED") | Q(issued_at__isnull=False), name="an_issued_certificate_says_when"
            ),
            models.CheckConstraint(
                condition=Q(withdrawn_at__isnull=True, withdrawn_by__isnull=True)
                | Q(withdrawn_at__isnull=False, withdrawn_by__isnull=False),
                name="certificate_withdrawn_at_and_by_together",
            ),
        ]
        indexes = [
            # For the sweep bookings.build_owed_certificates.
            models.Index(fields=["requested_at"], condition=Q(state="PENDING"), name="owed_certificates"),
        ]

    def __str__(self):
        return self.number

    @property
    def initials(self) -> str:
        """All that the public check page shows of the person: the initials of the name as it is printed.

        None of somebody whose name is no longer kept.
        """
        if self.practitioner_name == FORMER_MEMBER:
            return ""
        return " ".join(f"{part[0].upper()}." for part in self.practitioner_name.split())

    @property
    def hours_in_words(self) -> str:
        """The hours as printed: "6 hours", "1.5 hours", "1 hour"."""
        number = f"{self.hours:f}"
        number = number.rstrip("0").rstrip(".") if "." in number else number
        return f"{number} hour{'' if number == '1' else 's'}"

    def is_given_up(self, now) -> bool:
        return (
            self.state == Certificate.State.PENDING
            and self.attempts >= MAX_ATTEMPTS
            and (self.claimed_at is None or self.claimed_at < now - CLAIM_LEASE)
        )


class CertificateFile(models.Model):
    """The PDF, kept in Postgres so that it is written in the same transaction as the mark and backed up with it."""

    certificate = models.OneToOneField(Certificate, on_delete=models.PROTECT, related_name="file")
    content = models.BinaryField()
    sha256 = models.CharField(max_length=64)

    def __str__(self):
        return f"file of {self.certificate_id}"
