"""Card payments: begun, asked about until we know, and then honoured as places or paid back; refunds sent once.

What GOV.UK Pay says when it is asked is the truth; a returning payer and a message are hints. No request is made while
rows are held: the answer is brought in by a transaction of its own, and bringing it in twice changes nothing.
Locks: the order, the payment, the dates last.
"""

import logging
from collections.abc import Sequence
from datetime import datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.correspondence import posted_together
from accounts.models import User
from accounts.wake import wake
from bookings import emails, govuk_pay
from bookings.actions import allocations, baskets, invoices, lines, orders
from bookings.actions.capacity import BookingRefused
from bookings.models import CardMessage, Order, Payment, Refund
from bookings.models.order import OrderState, PaymentMethod
from bookings.models.payment import PaymentState, RefundState

LOGGER = logging.getLogger(__name__)
LOOK_TASK = "bookings.look_at_card_payment"
# Time to try another card after one was declined.
A_LITTLE_LONGER = timedelta(minutes=15)
# Pay asks not to be asked about a refund more often than this; each turn waits longer, up to an hour.
REFUND_LEASE = timedelta(minutes=5)
LONGEST_PATIENCE = 12
# A refund made a moment ago may be missing from what Pay tells; after so many looks somebody must see what is wrong.
LOOKS_AT_A_DIFFERENCE = 3
NOT_REFUNDABLE_NOW = "P0603"

ALARM_FIELDS = ["alarm", "alarm_settled_at", "alarm_settled_by", "alarm_note"]

AWAY = "The card service cannot be reached just now. Nothing was taken: your places are kept, try again in a minute."
REFUSED = "The card service does not take this payment. Choose another way to pay, or write to us."


class PaymentAway(Exception):
    """The card service cannot be reached, or does not take it; the words are for the payer."""


class AlarmChanged(Exception):
    """The payment says something else by now than what was read."""

    def __init__(self) -> None:
        super().__init__("This payment says something else by now. Read it once more.")


class PaidAlready(Exception):
    """The order was paid before, by this card or another way."""


def in_pence(amount: Decimal) -> int:
    """Return pounds as the card service counts."""
    return int(amount * 100)


# --- Beginning ----------------------------------------------------------------------------------------------


def open_page(*, payment_id: int, return_url: str, now: datetime) -> str:
    """Return where the payer goes on, made at the provider when it is first needed. Raises PaymentAway.

    Nothing is returned for a payment that is over: then look at it. The payment's own key makes a retried request the
    same payment; nobody is sent to one that was not kept, and what was kept is asked for a fresh address each time.
    """
    payment = Payment.objects.select_related("order", "created_by").get(pk=payment_id)
    if payment.is_finished:
        return ""
    try:
        if payment.provider_id:
            return govuk_pay.get_payment(payment.provider_id).next_url
        answer = govuk_pay.create_payment(
            amount=in_pence(payment.amount),
            reference=payment.reference,
            description=f"Training places, order {payment.order.reference}" if payment.order else payment.reference,
            return_url=return_url,
            key=str(payment.idempotency_key),
            # The same whoever goes on, as all that is sent with the key.
            email=payment.created_by.email if payment.created_by else "",
        )
        kept = _keep_provider_id(payment_id, answer.payment_id, now)
        if kept == answer.payment_id:
            return answer.next_url
        return govuk_pay.get_payment(kept).next_url if kept else ""
    except govuk_pay.PayAway as error:
        raise PaymentAway(AWAY) from error
    except govuk_pay.PayProblem as error:
        LOGGER.error("GOV.UK Pay refused payment %s: %s", payment.reference, error)
        raise PaymentAway(REFUSED) from error


@transaction.atomic
def _keep_provider_id(payment_id: int, provider_id: str, now: datetime) -> str:
    """Keep the first number that we were given, so that two windows get the same; none for what was given up meanwhile.

    From here on the provider waits for the payer, so the places are kept for as long as it does.
    """
    order, payment = _lock(payment_id)
    if not payment.provider_id and not payment.is_finished:
        payment.provider_id, payment.state, payment.looked_at = provider_id, PaymentState.PENDING, now
        payment.save(update_fields=["provider_id", "state", "looked_at"])
        if order.is_holding(now):
            order.held_until = now + orders.CARD_HOLD
            order.save(update_fields=["held_until"])
    return payment.provider_id or ""


def _lock(payment_id: int) -> tuple[Order, Payment]:
    """Fetch a payment with its order for oneself alone, the order first."""
    order_id = Payment.objects.by_card().values_list("order_id", flat=True).get(pk=payment_id)
    order = lines.lock_order(order_id=order_id)
    return order, allocations.lock_payment(payment_id=payment_id)


# --- Hearing -------------------------------------------------------------------------------------------------


@transaction.atomic
def take_message(*, message: govuk_pay.Message, now: datetime) -> None:
    """Keep a message of the provider, once however often it comes, and have its payment looked at."""
    payment = Payment.objects.by_card().filter(provider_id=message.payment_id).first()
    facts = {
        "event_type": message.event,
        "provider_id": message.payment_id,
        "payment": payment,
        "received_at": now,
    }
    _, is_new = CardMessage.objects.get_or_create(message_id=message.message_id, defaults=facts)
    if is_new and payment:
        wake(LOOK_TASK, payment_id=payment.pk)
        if Refund.objects.unfinished().filter(payment=payment).exists():
            wake(allocations.REFUND_TASK)


def look(*, payment_id: int, now: datetime) -> Payment:
    """Ask the provider about a payment and do what follows; whoever looks first. Raises PaymentAway: look again later."""
    payment = Payment.objects.by_card().get(pk=payment_id)
    if payment.provider_id and payment.state != PaymentState.SUCCEEDED:
        _ask(payment, now)
    elif not payment.is_finished:
        give_up_unopened(payment_id=payment_id, now=now)
    if Payment.objects.unhandled().filter(pk=payment_id).exists():
        honour(payment_id=payment_id, now=now)
    return Payment.objects.select_related("order").get(pk=payment_id)


def _ask(payment: Payment, now: datetime) -> None:
    try:
        answer = govuk_pay.get_payment(payment.provider_id or "")
    except govuk_pay.PayProblem as error:
        Payment.objects.filter(pk=payment.pk).update(looked_at=now)
        if isinstance(error, govuk_pay.PayAway):
            raise PaymentAway(AWAY) from error
        with transaction.atomic():
            _sound_alarm(allocations.lock_payment(payment_id=payment.pk), f"The card service says: {error}", now)
        return
    hear(payment_id=payment.pk, answer=answer, now=now)


@transaction.atomic
def hear(*, payment_id: int, answer: govuk_pay.Payment, now: datetime) -> Payment:
    """Bring in what the provider says. What does not agree with what we asked for is not money, but an alarm."""
    order, payment = _lock(payment_id)
    payment.looked_at, payment.provider_status, payment.provider_code = now, answer.status[:30], answer.code[:10]
    payment.save(update_fields=["looked_at", "provider_status", "provider_code"])
    agrees = answer.amount == in_pence(payment.amount) and answer.reference == payment.reference
    if payment.is_finished:
        if payment.state == PaymentState.FAILED and answer.succeeded:
            _sound_alarm(payment, payment.alarm or "Paid at the card service after it had ended here.", now)
    elif not agrees:
        _end(payment, PaymentState.FAILED, now)
        _sound_alarm(payment, f"The card service says {answer.amount} pence for {answer.reference}.", now)
        cancel_unpaid(order=order, reason="What the card service says does not agree with the order", now=now)
    elif answer.succeeded:
        _ring(payment, "")
        payment.received_on, payment.card_ending = timezone.localtime(now).date(), answer.card_ending[:4]
        _end(payment, PaymentState.SUCCEEDED, now)
    elif answer.finished:
        _ring(payment, "")
        _end(payment, PaymentState.FAILED, now)
        _back_to_basket(order, now)
    return payment


def _end(payment: Payment, state: PaymentState, now: datetime) -> None:
    payment.state, payment.finished_at = state, now
    payment.save(update_fields=["state", "finished_at", "received_on", "card_ending", *ALARM_FIELDS])


def _sound_alarm(payment: Payment, words: str, now: datetime) -> None:
    """Keep what somebody must look at with the payment, whose row is in hand; said once however often it is seen."""
    if payment.alarm == words[:300]:
        return
    _ring(payment, words[:300])
    payment.save(update_fields=ALARM_FIELDS)
    record(by=None, verb="payment.alarm", subject=f"payment:{payment.pk}", now=now, alarm=payment.alarm)
    LOGGER.error("Card payment %s: %s", payment.reference, payment.alarm)


def _ring(payment: Payment, words: str) -> None:
    """Set or end the alarm; what was done about an earlier one is kept in the records alone."""
    payment.alarm = words
    payment.alarm_settled_at, payment.alarm_settled_by, payment.alarm_note = None, None, ""


@transaction.atomic
def settle_alarm(*, payment_id: int, alarm_shown: str, note: str, by: User, now: datetime) -> bool:
    """Mark the alarm that somebody of finance has read as dealt with; tell whether it waited for somebody.

    Settled twice, the first note stays. Raises AlarmChanged where another alarm has come since.
    """
    payment = allocations.lock_payment(payment_id=payment_id)
    # Browsers write the ends of lines their own way.
    if payment.alarm.split() != alarm_shown.split():
        raise AlarmChanged
    if not payment.is_alarming:
        return False
    payment.alarm_settled_at, payment.alarm_settled_by, payment.alarm_note = now, by, note.strip()[:300]
    payment.save(update_fields=ALARM_FIELDS)
    record(
        by=by, verb="payment.settle_alarm", subject=f"payment:{payment.pk}", now=now, alarm=payment.alarm,
        note=payment.alarm_note,
    )  # fmt: skip
    return True


# --- Not paid ------------------------------------------------------------------------------------------------


def _back_to_basket(order: Order, now: datetime) -> None:
    """Nothing was paid: the order in hand is a basket again, its places kept a little so that another card can be tried."""
    if order.state != OrderState.AWAITING_PAYMENT:
        return
    if order.is_holding(now):
        order.held_until = now + A_LITTLE_LONGER
    order.state, order.payment_method = OrderState.BASKET, ""
    try:
        with transaction.atomic():
            order.save(update_fields=["state", "payment_method", "held_until"])
    except IntegrityError:
        # They have begun another basket since: this one ends.
        order.state = OrderState.AWAITING_PAYMENT
        cancel_unpaid(order=order, reason="Not paid", now=now)


def cancel_unpaid(*, order: Order, reason: str, now: datetime) -> None:
    """End an order in hand that waits for its payment; what was kept goes back. Any other order stays as it is."""
    if order.state != OrderState.AWAITING_PAYMENT:
        return
    held = list(order.lines.held().select_related("offer", "event"))
    order.state, order.cancelled_at, order.cancelled_reason = OrderState.CANCELLED, now, reason
    order.held_until = None
    order.save(update_fields=["state", "cancelled_at", "cancelled_reason", "held_until"])
    baskets.give_back(order=order, chosen=held, now=now)


@transaction.atomic
def give_up_unopened(*, payment_id: int, now: datetime, is_wanted: bool = False) -> None:
    """End a payment that never reached the provider: with the time for which its places are kept, or when asked to."""
    order, payment = _lock(payment_id)
    if payment.provider_id or payment.is_finished or (order.is_holding(now) and not is_wanted):
        return
    _end(payment, PaymentState.FAILED, now)
    _back_to_basket(order, now)


def stop(*, payment_id: int, now: datetime) -> Payment:
    """End a payment, also at the provider, unless it was paid after all: who pays otherwise, or not. Raises PaymentAway."""
    payment = look(payment_id=payment_id, now=now)
    if payment.is_finished:
        return payment
    if not payment.provider_id:
        give_up_unopened(payment_id=payment_id, now=now, is_wanted=True)
        return look(payment_id=payment_id, now=now)
    try:
        govuk_pay.cancel_payment(payment.provider_id)
    except govuk_pay.PayAway as error:
        raise PaymentAway(AWAY) from error
    except govuk_pay.PayProblem as problem:
        # Most likely it was finished a moment ago: the next look tells.
        LOGGER.info("Payment %s was not cancelled: %s", payment.reference, problem)
    return look(payment_id=payment_id, now=now)


@transaction.atomic
def let_places_go(*, order_id: int, now: datetime) -> None:
    """Give back what was kept too long for an order that is not paid, whether the provider can be reached or not.

    Its payment is asked about until its end is known: what is paid after all is honoured while there are places.
    """
    order = lines.lock_order(order_id=order_id)
    is_paid = order.payments.unhandled().exists()
    if order.state != OrderState.AWAITING_PAYMENT or order.is_holding(now) or is_paid:
        return
    held = list(order.lines.held().select_related("offer", "event"))
    order.held_until = None
    order.save(update_fields=["held_until"])
    baskets.give_back(order=order, chosen=held, now=now)


# --- Honouring ------------------------------------------------------------------------------------------------


def honour(*, payment_id: int, now: datetime) -> None:
    """Turn a payment that succeeded into the places it was for, or owe it back; once, whoever comes first."""
    try:
        with posted_together(), transaction.atomic(durable=True):
            _sell_what_was_paid(payment_id, now)
    except (BookingRefused, PaidAlready) as error:
        with transaction.atomic(durable=True):
            _pay_back_whole(payment_id, str(error), now)
    except IntegrityError:
        # Somebody of the order booked a place in this very moment: the next look sees it, and goes on without a name.
        LOGGER.exception("Payment %s could not be honoured yet", payment_id)


def _sell_what_was_paid(payment_id: int, now: datetime) -> None:
    order, payment = _lock(payment_id)
    if payment.handled_at or payment.state != PaymentState.SUCCEEDED:
        return
    if order.is_sold:
        raise PaidAlready("This order was paid already.")
    if order.state == OrderState.BASKET:
        order.state = OrderState.SUBMITTED
        order.payment_method = PaymentMethod.CARD
        order.save(update_fields=["state", "payment_method"])
    sale = orders.sell_paid(order=order, amount=payment.amount, now=now)
    payment.handled_at = now
    payment.save(update_fields=["handled_at"])
    record(by=payment.created_by, verb="payment.honour", subject=f"payment:{payment.pk}", now=now)
    _send_paid_invoice(order, payment, now)
    orders.take_places(order=order, sale=sale, now=now)


def _send_paid_invoice(order: Order, payment: Payment, now: datetime) -> None:
    """Issue the invoice of an order in hand, paid as it is: the receipt."""
    draft = invoices.draft_whole_order(order=order, now=now)
    if draft is None:
        return
    invoices.approve(invoice_id=draft.pk, by=None, now=now, is_told=False)
    allocations.allocate(payment_id=payment.pk, invoice_id=draft.pk, now=now, by=None)
    draft.refresh_from_db()
    emails.invoice_issued(invoice=draft, now=now)


def _pay_back_whole(payment_id: int, reason: str, now: datetime) -> None:
    """Nobody is left without both place and money."""
    order, payment = _lock(payment_id)
    if payment.handled_at:
        return
    payment.handled_at = now
    payment.save(update_fields=["handled_at"])
    allocations.owe_back(payment=payment, amount=payment.amount, reason=reason, now=now)
    _sound_alarm(payment, f"Paid, but no place could be given: {reason}", now)
    emails.paid_back(payment=payment, reason=reason, now=now)
    cancel_unpaid(order=order, reason=reason[:300], now=now)


# --- Refunds ---------------------------------------------------------------------------------------------------


def send_refund(*, refund_id: int, now: datetime) -> None:
    """Send a refund that is owed, or ask about one on its way. Sent once, whatever dies in between. Raises PaymentAway.

    There is no key for refunds: the provider takes one only where exactly so much can still be refunded as we say, and
    a refund that we sent and did not hear of is found in its list.
    """
    refund = _claim_refund(refund_id, now)
    if refund is None:
        return
    try:
        answer = _refund_at_provider(refund)
    except govuk_pay.PayAway as error:
        raise PaymentAway(AWAY) from error
    except govuk_pay.PayConflict:
        # Another refund came first or is under way: look again at the next turn.
        return
    except govuk_pay.PayProblem as error:
        if error.code != NOT_REFUNDABLE_NOW:
            _fail_refund(refund_id, str(error), now)
        return
    if answer is not None:
        _hear_refund(refund_id, answer, now)


@transaction.atomic
def _claim_refund(refund_id: int, now: datetime) -> Refund | None:
    """Take a refund in hand until its lease ends; one of a payment at a time, so that no two take each other's answer."""
    payment_id = Refund.objects.values_list("payment_id", flat=True).get(pk=refund_id)
    payment = allocations.lock_payment(payment_id=payment_id)
    refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
    patience = REFUND_LEASE * min(max(refund.attempts, 1), LONGEST_PATIENCE)
    is_due = refund.claimed_at is None or refund.claimed_at <= now - patience
    others = payment.refunds.exclude(pk=refund_id).filter(state=RefundState.OWED, claimed_at__gt=now - REFUND_LEASE)
    if payment.kind != Payment.Kind.CARD or refund.is_finished or not is_due or others.exists():
        return None
    refund.claimed_at, refund.attempts = now, refund.attempts + 1
    refund.save(update_fields=["claimed_at", "attempts"])
    refund.payment = payment
    return refund


def _refund_at_provider(refund: Refund) -> govuk_pay.Refund | None:
    """What the provider says of this refund, sent if it was not yet; nothing where it must wait."""
    provider_id = refund.payment.provider_id or ""
    if refund.provider_id:
        return govuk_pay.get_refund(provider_id, refund.provider_id)
    found = _found(refund, govuk_pay.refunds_of(provider_id))
    if found:
        return found
    payment = govuk_pay.get_payment(provider_id)
    if payment.refundability == govuk_pay.Refundability.PENDING:
        return None
    left = payment.total - _refunded_by_us(refund.payment)
    if payment.refundable != left:
        if refund.attempts < LOOKS_AT_A_DIFFERENCE:
            return None
        words = f"{left} pence can still be paid back by our records, and {payment.refundable} by the card service's."
        raise govuk_pay.PayRefused(words)
    return govuk_pay.refund(provider_id, amount=in_pence(refund.amount), available=left)


def _found(refund: Refund, known: Sequence[govuk_pay.Refund]) -> govuk_pay.Refund | None:
    """A refund at the provider that no row of ours has, of this amount: the one that we sent and did not hear of."""
    ours = set(refund.payment.refunds.exclude(provider_id=None).values_list("provider_id", flat=True))
    return next(
        (
            each
            for each in known
            if each.refund_id not in ours
            and each.amount == in_pence(refund.amount)
            and each.status != govuk_pay.RefundStatus.ERROR
        ),
        None,
    )


def _refunded_by_us(payment: Payment) -> int:
    gone = payment.refunds.filter(state__in=[RefundState.SENT, RefundState.SUCCEEDED])
    return sum(in_pence(amount) for amount in gone.values_list("amount", flat=True))


@transaction.atomic
def _hear_refund(refund_id: int, answer: govuk_pay.Refund, now: datetime) -> None:
    refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
    if refund.is_finished:
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
def _fail_refund(refund_id: int, failure: str, now: datetime) -> None:
    refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
    if refund.is_finished:
        return
    refund.state, refund.failure = RefundState.FAILED, failure[:300]
    refund.save(update_fields=["state", "failure"])
    record(by=None, verb="refund.fail", subject=f"payment:{refund.payment_id}", now=now, failure=refund.failure)
    LOGGER.error("A refund of payment %s could not be sent: %s", refund.payment_id, refund.failure)


@transaction.atomic
def try_refund_again(*, refund_id: int, by: User, now: datetime) -> Refund:
    """Owe a refund anew that could not be paid back. Tried twice is once."""
    refund = Refund.objects.select_for_update(of=("self",)).get(pk=refund_id)
    if refund.state == RefundState.FAILED:
        refund.state, refund.failure, refund.claimed_at, refund.provider_id = RefundState.OWED, "", None, None
        refund.attempts = 0
        refund.save(update_fields=["state", "failure", "claimed_at", "provider_id", "attempts"])
        record(by=by, verb="refund.again", subject=f"payment:{refund.payment_id}", now=now)
        wake(allocations.REFUND_TASK)
    return refund
