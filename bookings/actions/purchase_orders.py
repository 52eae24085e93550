"""Purchase orders that follow: given, changed until the invoice is issued, or missing when they are due."""

import re
from datetime import datetime

from django.db import transaction

from accounts.audit import record
from accounts.correspondence import withhold_unsent
from accounts.locking import locked
from accounts.models import Partnership, User
from bookings import emails
from bookings.actions import group_bookings, lines
from bookings.actions.change_steps import end_by_provider, give_back_places
from bookings.models import Booking, GroupBooking, Order
from bookings.models.booking import State
from bookings.models.order import OrderState, PaymentMethod, PurchaseOrderStatus
from bookings.quoting import purchase_order_due

# Letters and figures, with what stands between them on paper; at least one figure.
FORMAT = re.compile(r"^(?=.*\d)[A-Za-z0-9][A-Za-z0-9 ./_-]{1,38}[A-Za-z0-9]$")
FORMAT_WORDS = (
    "Write the number as it is printed on your purchase order, for example PO-10472: 3 to 40 letters and figures."
)


MISSED = "No purchase order came in time."


class PurchaseOrderRefused(Exception):
    """The number cannot be taken; the words say why."""


def refuse_wrong_number(number: str) -> None:
    """Raise PurchaseOrderRefused unless this can be the number of a purchase order."""
    if not FORMAT.match(number):
        raise PurchaseOrderRefused(FORMAT_WORDS)


@transaction.atomic
def give(*, order_id: int, number: str, by: User, now: datetime) -> Order:
    """Give the number of a purchase order, or the cost centre of a recharge; the order is confirmed with it.

    Until its first invoice is issued the number may be changed. Given twice is once. Raises PurchaseOrderRefused.
    """
    number = number.strip()
    order = lines.lock_order(order_id=order_id)
    is_recharge = order.payment_method == PaymentMethod.INTERNAL_RECHARGE
    if (order.cost_centre if is_recharge else order.po_number) == number:
        return order
    refuse_wrong_number(number)
    if order.payment_method not in (PaymentMethod.PURCHASE_ORDER, PaymentMethod.INTERNAL_RECHARGE):
        raise PurchaseOrderRefused("This order is not paid by purchase order.")
    if not order.is_sold:
        raise PurchaseOrderRefused(f"This order is {order.get_state_display()}, so no purchase order is needed.")
    if order.invoices.issued().exists():
        raise PurchaseOrderRefused(
            "An invoice has been issued with this order's number. Dispute it to have it changed."
        )
    if is_recharge:
        order.cost_centre = number
    else:
        order.po_number = number
    order.po_status, order.po_due_at = PurchaseOrderStatus.GIVEN, None
    if order.state == OrderState.AWAITING_PO:
        order.state = OrderState.CONFIRMED
    order.save(update_fields=["cost_centre", "po_number", "po_status", "po_due_at", "state"])
    record(by=by, verb="order.purchase_order", subject=f"order:{order.pk}", now=now)
    return order


@transaction.atomic(durable=True)
def release_overdue(*, order_id: int, now: datetime) -> bool:
    """Give back the places of every date whose purchase order did not come in time; nobody is charged (DOMAIN 6.3).

    Later dates of the same order keep their places until they are due themselves. Tell whether any went back.
    """
    order = lines.lock_order(order_id=order_id)
    if not Order.objects.past_their_purchase_order(now).filter(pk=order_id).exists():
        return False
    partnership = Partnership.objects.current()
    sold = order.lines.open().filter(event__starts_at__isnull=False).select_related("event").order_by("event_id")
    due = {
        line.event_id: purchase_order_due(starts_at=line.event.starts_at, partnership=partnership)
        for line in sold
        if line.event
    }
    over = [event_id for event_id, moment in due.items() if event_id is not None and moment <= now]
    released = [booking for event_id in over for booking in _release_date(order, event_id, now)]
    order.po_due_at = min((moment for moment in due.values() if moment > now), default=None)
    if order.po_due_at is None and order.lines.free_and_ahead().exists():
        # What was free needs no purchase order.
        order.state, order.po_status = OrderState.CONFIRMED, PurchaseOrderStatus.NOT_NEEDED
    elif order.po_due_at is None:
        order.state, order.cancelled_at, order.cancelled_reason = OrderState.CANCELLED, now, MISSED
    order.save(update_fields=["po_due_at", "po_status", "state", "cancelled_at", "cancelled_reason"])
    emails.purchase_order_missed(order=order, bookings=released, now=now)
    return bool(over)


def _release_date(order: Order, event_id: int, now: datetime) -> list[Booking]:
    """End the places of an order in hand on one date, named and unnamed, through no fault of the people."""
    live = Booking.objects.filter(
        order_line__order=order, event_id=event_id, state__in=[State.REQUESTED, State.CONFIRMED]
    )
    bookings = list(locked(live.with_event_facts()).order_by("pk"))
    for booking in bookings:
        end_by_provider(booking=booking, by=None, now=now, reason=MISSED)
        withhold_unsent(about=f"booking:{booking.pk}", now=now, reason=emails.GIVEN_UP)
        emails.cancellation(booking=booking, was_confirmed=True, now=now, charge=None)
    for group in GroupBooking.objects.filter(
        order_lines__order=order, event_id=event_id, places_unnamed__gt=0
    ).distinct():
        group_bookings.release_all(group_id=group.pk, now=now)
    give_back_places(bookings=bookings, now=now)
    return bookings
