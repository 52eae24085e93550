"""Approval: a manager's answer to one request, by a link that works once and needs no account (rules B1 and B2)."""

import hashlib

import pghistory
from django.conf import settings
from django.db import models
from django.db.models import F, Q


def digest_of(token: str) -> str:
    """What is kept of a link's secret: nobody who reads the table can make the link from it."""
    return hashlib.sha256(token.encode(errors="replace")).hexdigest()


class ApprovalQuerySet(models.QuerySet):
    def with_link(self, token):
        """The one that this link was made for."""
        digest = digest_of(token)
        return self.filter(
            Q(token_digest=digest) | Q(reminder_token_digest=digest) | Q(deputy_token_digest=digest),
        )

    def unanswered(self):
        return self.filter(decision="")

    def open(self):
        """Asked, and neither answered nor overtaken by the end of the request."""
        return self.filter(decision="", booking__state="REQUESTED")

    def to_be_reminded(self, now):
        """Not reminded yet, and still of use to somebody. For the sweep bookings.remind_approvers."""
        return self.open().filter(reminded_at__isnull=True, booking__hold_ends_at__gt=now)


@pghistory.track(model_name="ApprovalHistory", exclude=["token_digest", "reminder_token_digest", "deputy_token_digest"])
class Approval(models.Model):
    """Belongs to one person's place, never to an order. Only digests of the links' secrets are kept."""

    class Decision(models.TextChoices):
        APPROVED = "APPROVED", "approved"
        DECLINED = "DECLINED", "declined"

    booking = models.OneToOneField("bookings.Booking", on_delete=models.CASCADE, related_name="approval")
    approver_email = models.EmailField(max_length=254)
    token_digest = models.CharField(max_length=64, unique=True)
    # The letter that reminds brings a link of its own, because the first one cannot be told from its digest.
    reminder_token_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    deputy_email = models.EmailField(max_length=254, blank=True)
    deputy_token_digest = models.CharField(max_length=64, unique=True, null=True, blank=True)
    asked_at = models.DateTimeField()
    reminded_at = models.DateTimeField(null=True, blank=True)
    deputy_asked_at = models.DateTimeField(null=True, blank=True)
    decision = models.CharField(max_length=10, choices=Decision, blank=True)
    decided_at = models.DateTimeField(null=True, blank=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    decided_by_email = models.EmailField(max_length=254, blank=True, help_text="Whose link it was.")
    reason = models.CharField(max_length=300, blank=True)

    objects = ApprovalQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decision="", decided_at__isnull=True, decided_by__isnull=True, decided_by_email="")
                | (
                    ~Q(decision="")
                    & Q(decided_at__isnull=False)
                    & (Q(decided_by__isnull=False) | ~Q(decided_by_email=""))
                ),
                name="an_answer_says_who_and_when",
            ),
            models.CheckConstraint(
                condition=~Q(decision="DECLINED") | ~Q(reason=""), name="a_declined_request_has_a_reason"
            ),
            models.CheckConstraint(
                condition=Q(deputy_email="", deputy_token_digest__isnull=True, deputy_asked_at__isnull=True)
                | (~Q(deputy_email="") & Q(deputy_token_digest__isnull=False, deputy_asked_at__isnull=False)),
                name="a_deputy_is_asked_whole",
            ),
            models.CheckConstraint(
                condition=Q(asked_at__lte=F("decided_at")) | Q(decided_at__isnull=True), name="asked_before_decided"
            ),
        ]

    def __str__(self):
        return f"approval of {self.booking_id}"

    @property
    def addresses(self) -> list[str]:
        """Everybody who was asked."""
        return [address for address in (self.approver_email, self.deputy_email) if address]

    def address_of(self, token: str) -> str:
        """Whose link this is."""
        return self.deputy_email if digest_of(token) == self.deputy_token_digest else self.approver_email
