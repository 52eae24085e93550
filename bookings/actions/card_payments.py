"""Card payments: begun, asked about until we know, and then honoured as places or paid back; refunds sent once.

What GOV.UK Pay says when it is asked is the truth; a returning payer and a webhook are hints. No request is made while
rows are held: the answer is brought in by a transaction of its own, and bringing it in twice changes nothing.
"""

import contextlib
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F

from accounts.audit import record
from accounts.correspondence import posted_together
from accounts.models import User
from bookings import emails, govuk_pay
from bookings.actions import allocations, baskets, invoices, lines, orders
from bookings.actions.capacity import BookingRefused
from bookings.models import Order, Payment, Refund
from bookings.models.order import OrderState, PaymentMethod
from bookings.models.payment import PaymentState, RefundState

CLAIM_LEASE = timedelta(minutes=3)


class PaymentAway(Exception):
    """The card service cannot be reached; the words are for the payer."""


def in_pence(amount: Decimal) -> int:
    """Return pounds as the card service counts."""
    return int(amount * 100)


# --- Beginning ----------------------------------------------------------------------------------------------


def open_page(*, payment_id: int, return_url: str, email: str, now: datetime) -> str:
    """Return where the payer goes on, made at the provider when it is first needed. Raises PaymentAway.

    The payment's own key makes a retried request the same payment; nobody is sent to one that was not kept.
    """
    payment = Payment.objects.unfinished().select_related("order").get(pk=payment_id)
    try:
        if payment.provider_id:
            return govuk_pay.get_payment(payment.provider_id).next_url
        answer = govuk_pay.create_payment(
            amount=in_pence(payment.amount),
            reference=payment.reference,
            description=f"Training places, order {payment.order.reference}" if payment.order else payment.reference,
            return_url=return_url,
            key=str(payment.idempotency_key),
            email=email,
        )
    except govuk_pay.PayProblem as error:
        raise PaymentAway(
            "Card payments cannot be taken just now. Your places are kept: try again in a minute."
        ) from error
    kept = _keep_provider_id(payment_id, answer.payment_id, now)
    return answer.next_url if kept == answer.payment_id else govuk_pay.get_payment(kept).next_url


@transaction.atomic
def _keep_provider_id(payment_id: int, provider_id: str, now: datetime) -> str:
    """Keep the first number that we were given; two windows get the same."""
    payment = allocations.lock_payment(payment_id=payment_id)
    if not payment.provider_id:
        payment.provider_id, payment.state, payment.looked_at = provider_id, PaymentState.PENDING, now
        payment.save(update_fields=["provider_id", "state", "looked_at"])
    return payment.provider_id or provider_id


# --- Hearing -------------------------------------------------------------------------------------------------


def look(*, payment_id: int, now: datetime) -> Payment:
    """Ask the provider about a payment and do what follows. Not reached is no error: the sweep asks again."""
    payment = Payment.objects.get(pk=payment_id)
    if payment.provider_id and not payment.is_finished:
        try:
            hear(payment_id=payment_id, answer=govuk_pay.get_payment(payment.provider_id), now=now)
        except govuk_pay.PayProblem:
            Payment.objects.filter(pk=payment_id).update(looked_at=now)
    elif not payment.is_finished:
        _give_up_unopened(payment_id, now)
    if Payment.objects.unhandled().filter(pk=payment_id).exists():
        honour(payment_id=payment_id, now=now)
    return Payment.objects.select_related("order").get(pk=payment_id)


@transaction.atomic
def hear(*, payment_id: int, answer: govuk_pay.Payment, now: datetime) -> Payment:
    """Bring in what the provider says. What does not agree with what we asked for is not money, but an alarm."""
    order = lines.lock_order(order_id=Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    payment = allocations.lock_payment(payment_id=payment_id)
    payment.looked_at, payment.provider_status, payment.provider_code = now, answer.status, answer.code
    fields = ["looked_at", "provider_status", "provider_code"]
    if payment.is_finished:
        payment.save(update_fields=fields)
        return payment
    if answer.amount != in_pence(payment.amount) or answer.reference != payment.reference:
        payment.alarm = f"The card service says {answer.amount} pence for {answer.reference}."[:300]
        payment.save(update_fields=[*fields, "alarm"])
        record(by=None, verb="payment.alarm", subject=f"payment:{payment.pk}", now=now, alarm=payment.alarm)
        return payment
    if answer.succeeded:
        payment.state, payment.finished_at, payment.received_on = PaymentState.SUCCEEDED, now, now.date()
        payment.save(update_fields=[*fields, "state", "finished_at", "received_on"])
    elif answer.finished:
        payment.state, payment.finished_at = PaymentState.FAILED, now
        payment.save(update_fields=[*fields, "state", "finished_at"])
        _back_to_basket(order, now)
    else:
        payment.save(update_fields=fields)
    return payment


def _back_to_basket(order: Order, now: datetime) -> None:
    """Nothing was paid: the order is a basket again, its places kept a little longer so that another card can be tried."""
    if order.state != OrderState.AWAITING_PAYMENT:
        return
    if Order.objects.baskets().filter(organisation=order.organisation, contact=order.contact).exists():
        # They have begun another basket since: this one ends.
        cancel_unpaid(order=order, now=now)
        return
    order.state = OrderState.BASKET
    order.payment_method = ""
    order.held_until = max(order.held_until or now, now + timedelta(minutes=10))
    order.save(update_fields=["state", "payment_method", "held_until"])


def cancel_unpaid(*, order: Order, now: datetime) -> None:
    """End an order that nobody paid, with its row in hand; its places go back."""
    held = list(order.lines.held().select_related("offer", "event"))
    order.state, order.cancelled_at, order.cancelled_reason = OrderState.CANCELLED, now, "Not paid"
    order.held_until = None
    order.save(update_fields=["state", "cancelled_at", "cancelled_reason", "held_until"])
    baskets.give_back(order=order, chosen=held, now=now)


@transaction.atomic
def _give_up_unopened(payment_id: int, now: datetime) -> None:
    """A payment that never reached the provider ends with the time for which its places were kept."""
    order = lines.lock_order(order_id=Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    payment = allocations.lock_payment(payment_id=payment_id)
    if payment.provider_id or payment.is_finished or order.is_holding(now):
        return
    payment.state, payment.finished_at = PaymentState.FAILED, now
    payment.save(update_fields=["state", "finished_at"])
    cancel_unpaid(order=order, now=now)


def let_go_unpaid(*, payment_id: int, now: datetime) -> None:
    """The time for which places were kept is over: end the payment at the provider, unless it was paid after all."""
    payment = look(payment_id=payment_id, now=now)
    if payment.is_finished or not payment.provider_id:
        return
    # A problem means that it was finished meanwhile, or that nobody was reached: the next look tells.
    with contextlib.suppress(govuk_pay.PayProblem):
        govuk_pay.cancel_payment(payment.provider_id)
    look(payment_id=payment_id, now=now)


# --- Honouring ------------------------------------------------------------------------------------------------


def honour(*, payment_id: int, now: datetime) -> None:
    """Turn a payment that succeeded into the places it was for, or owe it back; once, whoever comes first."""
    try:
        with posted_together(), transaction.atomic(durable=True):
            _sell_what_was_paid(payment_id, now)
    except (BookingRefused, PricesDiffer) as error:
        with transaction.atomic(durable=True):
            _pay_back_whole(payment_id, str(error), now)


class PricesDiffer(Exception):
    """What was paid is not what the order comes to."""


def _sell_what_was_paid(payment_id: int, now: datetime) -> None:
    order = lines.lock_order(order_id=Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    payment = allocations.lock_payment(payment_id=payment_id)
    if payment.handled_at or payment.state != PaymentState.SUCCEEDED:
        return
    if order.is_sold or order.payment_method not in (PaymentMethod.CARD, ""):
        raise PricesDiffer("This order was paid already.")
    if order.state == OrderState.BASKET:
        order.state = OrderState.SUBMITTED
        order.payment_method = PaymentMethod.CARD
        order.save(update_fields=["state", "payment_method"])
    orders.sell_paid(order=order, amount=payment.amount, now=now)
    payment.handled_at = now
    payment.save(update_fields=["handled_at"])
    invoice = invoices.draft_whole_order(order=order, now=now)
    if invoice is not None:
        invoices.approve(invoice_id=invoice.pk, by=None, now=now)
        allocations.allocate(payment_id=payment.pk, invoice_id=invoice.pk, now=now, by=None)


def _pay_back_whole(payment_id: int, reason: str, now: datetime) -> None:
    """Nobody is left without both place and money."""
    order = lines.lock_order(order_id=Payment.objects.values_list("order_id", flat=True).get(pk=payment_id))
    payment = allocations.lock_payment(payment_id=payment_id)
    if payment.handled_at:
        return
    payment.handled_at = now
    payment.alarm = f"Paid, but no place could be given: {reason}"[:300]
    payment.save(update_fields=["handled_at", "alarm"])
    allocations.owe_back(payment=payment, amount=payment.amount, reason=reason, now=now)
    if order.state == OrderState.AWAITING_PAYMENT:
        cancel_unpaid(order=order, now=now)
    record(by=None, verb="payment.pay_back", subject=f"payment:{payment.pk}", now=now, reason=reason[:200])
    emails.paid_back(payment=payment, now=now)


# --- Refunds ---------------------------------------------------------------------------------------------------


def send_refund(*, refund_id: int, now: datetime) -> None:
    """Send a refund that is owed, or ask about one on its way. Sent once, whatever dies in between.

    There is no key for refunds: the provider takes one only where exactly so much can still be refunded as we say, and
    a refund that we sent and did not hear of is found in its list.
    """
    refund = _claim_refund(refund_id, now)
    if refund is None:
        return
    provider_id = refund.payment.provider_id or ""
    try:
        if refund.provider_id:
            answer = govuk_pay.get_refund(provider_id, refund.provider_id)
        else:
            answer = _found(refund, govuk_pay.refunds_of(provider_id)) or _send(refund, provider_id)
    except govuk_pay.PayAway:
        return
    except govuk_pay.PayConflict:
        # Another refund came first or is under way: look again at the next turn.
        return
    except govuk_pay.PayProblem as error:
        _close_refund(refund_id, RefundState.FAILED, now, failure=str(error))
        return
    if answer is not None:
        _hear_refund(refund_id, answer, now)


def _claim_refund(refund_id: int, now: datetime) -> Refund | None:
    free = Refund.objects.unfinished().filter(pk=refund_id, payment__kind=Payment.Kind.CARD)
    free = free.filter(claimed_at__isnull=True) | free.filter(claimed_at__lt=now - CLAIM_LEASE)
    if not free.update(claimed_at=now, attempts=F("attempts") + 1):
        return None
    return Refund.objects.select_related("payment").get(pk=refund_id)


def _found(refund: Refund, known: Sequence[govuk_pay.Refund]) -> govuk_pay.Refund | None:
    """A refund at the provider that no row of ours has, of this amount: the one that we sent and did not hear of."""
    ours = set(
        Refund.objects.filter(payment=refund.payment).exclude(provider_id=None).values_list("provider_id", flat=True)
    )
    return next((each for each in known if each.refund_id not in ours and each.amount == in_pence(refund.amount)), None)


def _send(refund: Refund, provider_id: str) -> govuk_pay.Refund | None:
    payment = govuk_pay.get_payment(provider_id)
    if payment.refundability == govuk_pay.Refundability.PENDING:
        return None
    return govuk_pay.refund(provider_id, amount=in_pence(refund.amount), available=payment.refundable)


@transaction.atomic
def _hear_refund(refund_id: int, answer: govuk_pay.Refund, now: datetime) -> None:
    refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
    if refund.state in (RefundState.SUCCEEDED, RefundState.FAILED):
        return
    refund.provider_id = answer.refund_id
    if answer.status == govuk_pay.RefundStatus.SUCCESS:
        refund.state, refund.finished_at = RefundState.SUCCEEDED, now
    elif answer.status == govuk_pay.RefundStatus.ERROR:
        refund.state, refund.failure = RefundState.FAILED, "The card service could not pay it back."
    else:
        refund.state = RefundState.SENT
    refund.save(update_fields=["provider_id", "state", "finished_at", "failure"])


@transaction.atomic
def _close_refund(refund_id: int, state: RefundState, now: datetime, *, failure: str) -> None:
    refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
    refund.state, refund.failure = state, failure[:300]
    refund.save(update_fields=["state", "failure"])


@transaction.atomic
def try_refund_again(*, refund_id: int, by: User, now: datetime) -> Refund:
    """Owe a refund anew that could not be paid back. Tried twice is once."""
    refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
    if refund.state == RefundState.FAILED:
        refund.state, refund.failure, refund.claimed_at, refund.provider_id = RefundState.OWED, "", None, None
        refund.save(update_fields=["state", "failure", "claimed_at", "provider_id"])
        record(by=by, verb="refund.again", subject=f"payment:{refund.payment_id}", now=now)
    return refund
