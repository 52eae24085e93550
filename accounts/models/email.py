"""OutboundEmail: the outbox. Every letter is a rendered row with a unique key before anything is sent."""

from datetime import timedelta

from django.db import models
from django.db.models import F, Q

CLAIM_LEASE = timedelta(minutes=5)
# A letter that the mail server keeps putting off is given up after about eight hours.
MAX_ATTEMPTS = 48
WAITS_IN_MINUTES = (1, 2, 5, 10)


class OutboundEmailQuerySet(models.QuerySet):
    def owed(self, now):
        """Letters that are due, neither sent nor given up, and not in another worker's hands."""
        return self.filter(
            Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LEASE),
            sent_at__isnull=True,
            given_up_at__isnull=True,
            withheld_at__isnull=True,
            send_at__lte=now,
        )

    def unsent(self):
        return self.filter(sent_at__isnull=True, given_up_at__isnull=True, withheld_at__isnull=True)

    def in_nobodys_hands(self, now):
        return self.filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LEASE))

    def given_up(self):
        """Letters that could not be delivered; staff see them."""
        return self.filter(given_up_at__isnull=False)

    def about(self, subject: str):
        return self.filter(about=subject)

    def claim(self, pk: int, now) -> bool:
        """Take one owed letter into one's own hands; False when it is not owed or somebody was quicker."""
        return bool(self.owed(now).filter(pk=pk).update(claimed_at=now, attempts=F("attempts") + 1))


class OutboundEmail(models.Model):
    """One letter to one address, frozen as it will be read."""

    class Urgency(models.IntegerChoices):
        AT_ONCE = 0, "at once"
        USUAL = 5, "usual"
        BULK = 9, "bulk"

    class Channel(models.TextChoices):
        EMAIL = "EMAIL", "email"
        SMS = "SMS", "text message"

    key = models.CharField(max_length=120, unique=True, help_text="Asking twice for the same letter sends one.")
    letter = models.CharField(max_length=60, help_text="Which letter this is, for example `bookings/confirmation`.")
    about = models.CharField(max_length=60, blank=True, help_text="For example `booking:812`.")
    message_id = models.CharField(max_length=120, unique=True)
    practitioner = models.ForeignKey(
        "accounts.Practitioner", on_delete=models.PROTECT, null=True, blank=True, related_name="letters"
    )
    channel = models.CharField(max_length=5, choices=Channel, default=Channel.EMAIL, db_default=Channel.EMAIL)
    to = models.CharField(max_length=254, help_text="An email address, or the number of a mobile telephone.")
    copy_to = models.EmailField(max_length=254, blank=True)
    subject = models.CharField(max_length=200)
    text = models.TextField()
    html = models.TextField(blank=True)
    calendar = models.TextField(blank=True)
    calendar_method = models.CharField(max_length=10, blank=True)
    is_secret = models.BooleanField(
        default=False, help_text="Holds a link that opens an account: its text is erased once it is sent."
    )
    urgency = models.PositiveSmallIntegerField(choices=Urgency, default=Urgency.USUAL)
    created_at = models.DateTimeField()
    send_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0)
    sent_at = models.DateTimeField(null=True, blank=True)
    bounced_at = models.DateTimeField(null=True, blank=True, help_text="A mail server sent it back after it was sent.")
    bounce_reason = models.CharField(max_length=300, blank=True, default="", db_default="")
    resends = models.ForeignKey("self", on_delete=models.PROTECT, null=True, blank=True, related_name="resent_as")
    withheld_at = models.DateTimeField(null=True, blank=True)
    given_up_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    objects = OutboundEmailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(given_up_at__isnull=True), name="a_letter_is_sent_or_given_up"
            ),
        ]
        indexes = [
            # For the sweep accounts.deliver_owed_emails.
            models.Index(
                fields=["urgency", "send_at"],
                condition=Q(sent_at__isnull=True, given_up_at__isnull=True, withheld_at__isnull=True),
                name="owed_letters",
            ),
            models.Index(fields=["about"], name="letters_by_subject"),
        ]

    def __str__(self):
        return f"{self.letter} to {self.to}"
