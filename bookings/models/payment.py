"""Payment: money that came in, by card or through the council's ledger, what it pays, and what goes back."""

import uuid

import pghistory
import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import F, Q

from accounts.models import SpokenForQuerySet
from courses.money import NOTHING


class PaymentState(models.TextChoices):
    CREATED = "CREATED", "begun"
    PENDING = "PENDING", "at the card page"
    SUCCEEDED = "SUCCEEDED", "paid"
    FAILED = "FAILED", "not paid"


PAYMENT_TRANSITIONS: dict[PaymentState, tuple[PaymentState, ...]] = {
    PaymentState.CREATED: (PaymentState.PENDING, PaymentState.SUCCEEDED, PaymentState.FAILED),
    PaymentState.PENDING: (PaymentState.SUCCEEDED, PaymentState.FAILED),
}
UNFINISHED_PAYMENT_STATES = (PaymentState.CREATED, PaymentState.PENDING)


class PaymentQuerySet(SpokenForQuerySet):
    def by_card(self):
        return self.filter(kind=Payment.Kind.CARD)

    def unfinished(self):
        """Begun, and we do not know yet how it ends. For the sweep bookings.look_at_card_payments."""
        return self.filter(state__in=UNFINISHED_PAYMENT_STATES)

    def unhandled(self):
        """Paid by card, and neither honoured nor paid back yet. For the sweep bookings.look_at_card_payments."""
        return self.by_card().filter(state=PaymentState.SUCCEEDED, handled_at__isnull=True)

    def received(self):
        return self.filter(state=PaymentState.SUCCEEDED)

    def with_money_left(self):
        """Received, and not all of it has paid an invoice or gone back."""
        return self.received().filter(amount__gt=F("amount_allocated") + F("amount_refunded"))

    def alarming(self):
        """What the card service says does not agree with what we asked for, and nobody has dealt with it.

        What could not be honoured goes back by itself, so that nobody has to.
        """
        return self.by_card().exclude(alarm="").filter(handled_at__isnull=True, alarm_settled_at__isnull=True)


@pghistory.track(model_name="PaymentHistory")
class Payment(models.Model):
    """Never more is allocated and paid back than came in: the database says so."""

    class Kind(models.TextChoices):
        CARD = "CARD", "card"
        TRANSFER = "TRANSFER", "payment through the ledger"
        JOURNAL = "JOURNAL", "internal journal"

    reference = models.CharField(max_length=12, unique=True, help_text="For the phone and letters: M-7K2M4QXY.")
    kind = models.CharField(max_length=8, choices=Kind)
    state = models.CharField(max_length=9, choices=PaymentState)
    organisation = models.ForeignKey(
        "accounts.Organisation", on_delete=models.PROTECT, null=True, blank=True, related_name="payments"
    )
    order = models.ForeignKey(
        "bookings.Order", on_delete=models.PROTECT, null=True, blank=True, related_name="payments"
    )
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    received_on = models.DateField(null=True, blank=True)
    # A receipt of the council's ledger is imported once, however often its file is.
    ledger_reference = models.CharField(max_length=60, unique=True, null=True, blank=True)
    words = models.CharField("what the payer or the ledger wrote", max_length=200, blank=True)

    provider_id = models.CharField(max_length=60, unique=True, null=True, blank=True)
    provider_status = models.CharField(max_length=30, blank=True)
    provider_code = models.CharField(max_length=10, blank=True)
    card_ending = models.CharField("last digits of the card", max_length=4, blank=True, default="", db_default="")
    idempotency_key = models.UUIDField(unique=True, default=uuid.uuid4, editable=False)
    # The last time that we asked the provider, and what does not agree with what we asked for.
    looked_at = models.DateTimeField(null=True, blank=True)
    alarm = models.CharField(max_length=300, blank=True)
    # Who of finance has dealt with this alarm, and what they did; another alarm rings anew.
    alarm_settled_at = models.DateTimeField(null=True, blank=True)
    alarm_settled_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    alarm_note = models.CharField(
        "what was done about the alarm", max_length=300, blank=True, default="", db_default=""
    )
    # When a payment that succeeded became places and an invoice, or a refund that is owed.
    handled_at = models.DateTimeField(null=True, blank=True)

    amount_allocated = models.DecimalField(max_digits=10, decimal_places=2, default=0, db_default=0)
    amount_refunded = models.DecimalField(max_digits=10, decimal_places=2, default=0, db_default=0)
    created_at = models.DateTimeField()
    created_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    finished_at = models.DateTimeField(null=True, blank=True)

    objects = PaymentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=PaymentState.values), name="payment_state_is_known"),
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_payment_is_above_zero"),
            models.CheckConstraint(
                condition=Q(amount_allocated__gte=0, amount_refunded__gte=0)
                & Q(amount__gte=F("amount_allocated") + F("amount_refunded")),
                name="no_more_is_used_than_was_paid",
            ),
            models.CheckConstraint(
                condition=Q(state="SUCCEEDED") | Q(amount_allocated=0, amount_refunded=0),
                name="only_money_that_came_is_used",
            ),
            models.CheckConstraint(
                condition=~Q(kind="CARD") | Q(order__isnull=False), name="a_card_payment_is_for_an_order"
            ),
            models.CheckConstraint(
                condition=Q(alarm_settled_at__isnull=True, alarm_settled_by__isnull=True, alarm_note="")
                | (
                    Q(alarm_settled_at__isnull=False, alarm_settled_by__isnull=False) & ~Q(alarm="") & ~Q(alarm_note="")
                ),
                name="a_settled_alarm_says_who_and_why",
            ),
            # One card page at a time for one order: nobody pays twice by two windows.
            models.UniqueConstraint(
                fields=["order"], condition=Q(state__in=["CREATED", "PENDING"]), name="one_unfinished_payment_per_order"
            ),
        ]
        indexes = [
            models.Index(fields=["organisation", "-created_at"], name="payments_of_an_organisation"),
            # For the sweep bookings.look_at_card_payments.
            models.Index(
                fields=["looked_at"], condition=Q(state__in=["CREATED", "PENDING"]), name="payments_unfinished"
            ),
            models.Index(
                fields=["id"],
                condition=Q(kind="CARD", state="SUCCEEDED", handled_at__isnull=True),
                name="payments_unhandled",
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="payments_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in PAYMENT_TRANSITIONS.items() for after in afters
                ],
            ),
            pgtrigger.Protect(
                name="amounts_paid_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("amount", "kind", "order"),
            ),
            pgtrigger.Protect(name="payments_stay", operation=pgtrigger.Delete),
        ]

    def __str__(self):
        return self.reference

    @property
    def amount_left(self):
        """Pounds that came, pay nothing yet and have not gone back."""
        if self.state != PaymentState.SUCCEEDED:
            return NOTHING
        return self.amount - self.amount_allocated - self.amount_refunded

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED_PAYMENT_STATES

    @property
    def is_alarming(self) -> bool:
        """Somebody of finance has to look at it: the rule of `alarming`, for a row that is loaded."""
        is_settled = self.handled_at is not None or self.alarm_settled_at is not None
        return self.kind == self.Kind.CARD and bool(self.alarm) and not is_settled


class PaymentAllocation(models.Model):
    """How much of a payment pays which invoice; below zero where it was taken back. Never changed."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="allocations")
    invoice = models.ForeignKey("bookings.Invoice", on_delete=models.PROTECT, related_name="allocations")
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    reason = models.CharField(max_length=200, blank=True)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    class Meta:
        constraints = [models.CheckConstraint(condition=~Q(amount=0), name="an_allocation_is_something")]
        indexes = [
            models.Index(fields=["invoice"], name="allocations_of_an_invoice"),
            models.Index(fields=["payment"], name="allocations_of_a_payment"),
        ]
        triggers = [pgtrigger.Protect(name="allocations_stay", operation=pgtrigger.Update | pgtrigger.Delete)]

    def __str__(self):
        return f"{self.amount} of {self.payment_id} for {self.invoice_id}"


class RefundState(models.TextChoices):
    OWED = "OWED", "to be paid back"
    SENT = "SENT", "on its way"
    SUCCEEDED = "SUCCEEDED", "paid back"
    FAILED = "FAILED", "could not be paid back"


REFUND_TRANSITIONS: dict[RefundState, tuple[RefundState, ...]] = {
    RefundState.OWED: (RefundState.SENT, RefundState.SUCCEEDED, RefundState.FAILED),
    RefundState.SENT: (RefundState.SUCCEEDED, RefundState.FAILED),
    # Tried again by somebody of finance.
    RefundState.FAILED: (RefundState.OWED,),
}


UNFINISHED_REFUND_STATES = (RefundState.OWED, RefundState.SENT)


class RefundQuerySet(models.QuerySet):
    def unfinished(self):
        """Owed or on their way. For the sweep bookings.send_refunds."""
        return self.filter(state__in=UNFINISHED_REFUND_STATES)

    def failed(self):
        return self.filter(state=RefundState.FAILED)

    def to_export(self):
        """Owed through the ledger, and in no file for it yet."""
        return self.filter(state=RefundState.OWED, export__isnull=True).exclude(payment__kind="CARD")


@pghistory.track(model_name="RefundHistory")
class Refund(models.Model):
    """Money that goes back the way it came: by card through the provider, otherwise through the ledger."""

    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, related_name="refunds")
    credit_note = models.ForeignKey(
        "bookings.CreditNote", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    amount = models.DecimalField(max_digits=10, decimal_places=2)
    reason = models.CharField(max_length=200)
    state = models.CharField(max_length=9, choices=RefundState, default=RefundState.OWED)
    provider_id = models.CharField(max_length=60, unique=True, null=True, blank=True)
    export = models.ForeignKey(
        "bookings.LedgerExport", on_delete=models.PROTECT, null=True, blank=True, related_name="refunds"
    )
    owed_at = models.DateTimeField()
    claimed_at = models.DateTimeField(null=True, blank=True)
    attempts = models.PositiveSmallIntegerField(default=0, db_default=0)
    finished_at = models.DateTimeField(null=True, blank=True)
    failure = models.CharField(max_length=300, blank=True)

    objects = RefundQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(amount__gt=0), name="a_refund_is_above_zero"),
            models.CheckConstraint(condition=Q(state__in=RefundState.values), name="refund_state_is_known"),
            models.UniqueConstraint(fields=["payment", "credit_note"], name="one_refund_per_payment_and_credit_note"),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(state__in=["OWED", "SENT"]), name="refunds_unfinished"),
        ]
        triggers = [
            pgtrigger.FSM(
                name="refunds_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in REFUND_TRANSITIONS.items() for after in afters
                ],
            ),
            pgtrigger.Protect(
                name="amounts_refunded_stay",
                operation=pgtrigger.Update,
                condition=pgtrigger.AnyChange("amount", "payment", "credit_note"),
            ),
            pgtrigger.Protect(name="refunds_stay", operation=pgtrigger.Delete),
        ]

    def __str__(self):
        return f"{self.amount} back to {self.payment_id}"

    @property
    def is_finished(self) -> bool:
        return self.state not in UNFINISHED_REFUND_STATES


class CardMessage(models.Model):
    """A webhook that the card provider sent, told apart by its own number. A hint: what counts is asked of the provider."""

    message_id = models.CharField(max_length=60, unique=True)
    event_type = models.CharField(max_length=60)
    provider_id = models.CharField("payment's number at the provider", max_length=60)
    payment = models.ForeignKey(Payment, on_delete=models.PROTECT, null=True, blank=True, related_name="card_messages")
    received_at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["payment"], name="messages_of_a_payment")]

    def __str__(self):
        return f"{self.event_type} {self.provider_id}"
