"""Allocations: which payment pays which invoice, and what of it is freed again."""

from datetime import datetime
from decimal import Decimal

from django.db import transaction

from accounts.audit import record
from accounts.locking import locked
from accounts.models import User
from accounts.wake import wake
from bookings.actions import invoices, lines
from bookings.models import CreditNote, Invoice, Payment, PaymentAllocation, Refund
from courses.money import NOTHING

REFUND_TASK = "bookings.send_refunds"


class AllocationRefused(Exception):
    """The money cannot be used so; the words say why."""


@transaction.atomic
def allocate(
    *,
    payment_id: int,
    invoice_id: int,
    now: datetime,
    by: User | None,
    amount: Decimal | None = None,
    left_shown: Decimal | None = None,
) -> Decimal:
    """Let a payment pay an invoice, as far as both go; return how much. Raises AllocationRefused.

    `left_shown` is what the page said is left of the payment: a form that is sent twice pays once.
    """
    invoice = invoices.lock_invoice(invoice_id=invoice_id)
    payment = lock_payment(payment_id=payment_id)
    _refuse_if_used_since(payment, left_shown)
    if invoice.is_draft:
        raise AllocationRefused("This invoice has not been issued yet.")
    share = min(payment.amount_left, invoice.outstanding)
    if amount is not None:
        if amount <= 0 or amount > share:
            raise AllocationRefused(f"At most £{share} of this payment can go to this invoice.")
        share = amount
    if share <= 0:
        return NOTHING
    _move(payment, invoice, share, now=now, by=by)
    invoices.follow(invoice=invoice)
    if invoice.order:
        lines.follow_order(order=invoice.order, now=now)
    return share


@transaction.atomic
def take_back(*, payment_id: int, invoice_id: int, reason: str, by: User, now: datetime) -> Decimal:
    """Free what a payment paid of an invoice that it was not meant for; return how much. Taken back twice is once."""
    if not reason.strip():
        raise AllocationRefused("Write why the payment is taken off this invoice.")
    invoice = invoices.lock_invoice(invoice_id=invoice_id)
    share = next((paid for payment, paid in _paid_by(invoice) if payment.pk == payment_id), NOTHING)
    payment = lock_payment(payment_id=payment_id)
    if payment.kind == Payment.Kind.CARD:
        raise AllocationRefused(
            "A card payment belongs to its own order. Write a credit note: the money then goes back."
        )
    if share:
        _move(payment, invoice, -share, now=now, by=by, reason=reason.strip()[:200])
        invoices.follow(invoice=invoice)
        record(by=by, verb="payment.take_back", subject=f"payment:{payment.pk}", now=now, reason=reason.strip()[:200])
        if invoice.order:
            lines.follow_order(order=invoice.order, now=now)
    return share


@transaction.atomic
def pay_back(
    *, payment_id: int, amount: Decimal, reason: str, by: User, now: datetime, left_shown: Decimal | None = None
) -> Refund:
    """Owe so much of what is left of a payment back to whoever paid. Raises AllocationRefused."""
    if not reason.strip():
        raise AllocationRefused("Write why the money goes back.")
    payment = lock_payment(payment_id=payment_id)
    _refuse_if_used_since(payment, left_shown)
    if not NOTHING < amount <= payment.amount_left:
        raise AllocationRefused(
            f"At most £{payment.amount_left:,} of this payment can go back: the rest pays invoices."
        )
    record(by=by, verb="payment.pay_back", subject=f"payment:{payment.pk}", now=now, reason=reason.strip()[:200])
    return owe_back(payment=payment, amount=amount, reason=reason.strip(), now=now)


def _refuse_if_used_since(payment: Payment, left_shown: Decimal | None) -> None:
    if left_shown is not None and payment.amount_left != left_shown:
        raise AllocationRefused(
            f"£{payment.amount_left:,} of this payment is left by now. Look at what became of it and decide again."
        )


def make_room(*, invoice: Invoice, amount: Decimal, note: CreditNote, now: datetime) -> None:
    """Free what paid more than will be owed once so much is credited; card money goes back to the card.

    The caller holds the invoice's row. What was written off is taken back first.
    """
    too_much = amount - invoice.outstanding
    if too_much <= 0:
        return
    written_off = min(invoice.amount_written_off, too_much)
    if written_off:
        invoice.amount_written_off -= written_off
        invoice.save(update_fields=["amount_written_off"])
        too_much -= written_off
    for payment, paid in _paid_by(invoice):
        if too_much <= 0:
            return
        share = min(paid, too_much)
        _move(payment, invoice, -share, now=now, by=None, reason=f"Credited: {note.reason}"[:200])
        too_much -= share
        if payment.kind == Payment.Kind.CARD:
            owe_back(payment=payment, amount=share, reason=note.reason, note=note, now=now)


def owe_back(
    *, payment: Payment, amount: Decimal, reason: str, now: datetime, note: CreditNote | None = None
) -> Refund:
    """Owe money back the way it came, with the payment's row in hand. The database refuses more than was paid."""
    payment.amount_refunded += amount
    payment.save(update_fields=["amount_refunded"])
    refund = Refund.objects.create(payment=payment, credit_note=note, amount=amount, reason=reason[:200], owed_at=now)
    wake(REFUND_TASK)
    return refund


def lock_payment(*, payment_id: int) -> Payment:
    """Fetch a payment for oneself alone; after the order and the invoice, where they are taken too."""
    return locked(Payment.objects.select_related("organisation").filter(pk=payment_id)).get()


def _paid_by(invoice: Invoice) -> list[tuple[Payment, Decimal]]:
    """The payments that pay an invoice as things stand, the latest first, each locked, with how much."""
    shares: dict[int, Decimal] = {}
    for payment_id, amount in invoice.allocations.order_by("pk").values_list("payment_id", "amount"):
        shares[payment_id] = shares.get(payment_id, NOTHING) + amount
    payments = Payment.objects.select_for_update(of=("self",)).filter(pk__in=list(shares)).order_by("-pk")
    return [(payment, shares[payment.pk]) for payment in payments if shares[payment.pk] > 0]


def _move(
    payment: Payment, invoice: Invoice, amount: Decimal, *, now: datetime, by: User | None, reason: str = ""
) -> None:
    PaymentAllocation.objects.create(
        payment=payment, invoice=invoice, amount=amount, reason=reason, made_at=now, made_by=by
    )
    payment.amount_allocated += amount
    payment.save(update_fields=["amount_allocated"])
    invoice.amount_paid += amount
    invoice.save(update_fields=["amount_paid"])
