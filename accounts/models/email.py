"""OutboundEmail: the outbox. Every letter is a rendered row with a unique key before anything is sent."""

from datetime import timedelta

from django.contrib.postgres.indexes import OpClass
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Upper

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
        """Letters on which nothing has been decided yet, whether they are due or not."""
        return self.filter(sent_at__isnull=True, given_up_at__isnull=True, withheld_at__isnull=True)

    def in_nobodys_hands(self, now):
        return self.filter(Q(claimed_at__isnull=True) | Q(claimed_at__lt=now - CLAIM_LEASE))

    def given_up(self):
        """Letters that could not be delivered; staff see them."""
        return self.filter(given_up_at__isnull=False)

    def came_back(self):
        """Letters that a mail server returned after they were sent, and that nobody has sent again."""
        return self.filter(bounced_at__isnull=False, resent_as__isnull=True)

    def to_settle(self):
        """Letters that came back and still would: the person's address is the one that they came back from."""
        gone_on = Q(practitioner__isnull=False) & ~Q(practitioner__email__iexact=F("to"))
        return self.came_back().exclude(gone_on)

    def found_by(self, address: str):
        """Letters to addresses that begin so."""
        return self.filter(to__istartswith=address)

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
    withheld_reason = models.CharField(max_length=200, blank=True, default="", db_default="")
    given_up_at = models.DateTimeField(null=True, blank=True)
    last_error = models.CharField(max_length=300, blank=True)

    objects = OutboundEmailQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(given_up_at__isnull=True), name="a_letter_is_sent_or_given_up"
            ),
            models.CheckConstraint(
                condition=Q(sent_at__isnull=True) | Q(withheld_at__isnull=True), name="a_letter_is_sent_or_withheld"
            ),
            models.CheckConstraint(
                condition=Q(bounced_at__isnull=True) | Q(sent_at__isnull=False), name="only_a_sent_letter_comes_back"
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
            # For finding the letters to an address, by its beginning and in any case.
            models.Index(OpClass(Upper("to"), name="text_pattern_ops"), name="letters_by_address"),
            models.Index(fields=["-bounced_at"], condition=Q(bounced_at__isnull=False), name="letters_that_came_back"),
        ]

    def __str__(self):
        return f"{self.letter} to {self.to}"

    @property
    def is_unsent(self) -> bool:
        return self.sent_at is None and self.given_up_at is None and self.withheld_at is None

    @property
    def state(self) -> str:
        """What has become of it, as the team reads it."""
        return next(words for words, holds in self._states() if holds)

    def _states(self):
        yield "came back", self.bounced_at is not None
        yield "sent", self.sent_at is not None
        yield "held back", self.withheld_at is not None
        yield "given up", self.given_up_at is not None
        yield "put off", bool(self.last_error)
        yield "waiting to be sent", True

    @property
    def subject_of_letter(self) -> tuple[str, int] | None:
        """What it is about, as kind and number; None where it is about nothing in particular."""
        kind, _, number = self.about.partition(":")
        return (kind, int(number)) if number.isdecimal() else None
