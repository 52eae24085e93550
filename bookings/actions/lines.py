"""Lines: what every action about money begins with and ends with. The order's row comes first, then the line.

A line moves from one end to another by way of being open again, so that row history shows both steps.
"""

from datetime import datetime

from accounts.locking import locked
from bookings.models import Order, OrderLine
from bookings.models.order import OUTCOMES, UNSOLD_ORDER_STATES, LineState, OrderState


def lock_line(*, line_id: int) -> OrderLine:
    """Fetch a line with its order for oneself alone, the order first."""
    order_id = OrderLine.objects.values_list("order_id", flat=True).get(pk=line_id)
    order = lock_order(order_id=order_id)
    line = locked(OrderLine.objects.with_facts().filter(pk=line_id), no_key=True).get()
    line.order = order
    return line


def lock_order(*, order_id: int) -> Order:
    """Fetch an order for oneself alone until the transaction ends: whoever deals with its money begins here."""
    return locked(Order.objects.with_facts().filter(pk=order_id), no_key=True).get()


def move_line(*, line: OrderLine, state: LineState, reason: str, now: datetime) -> None:
    """Let a line end so, or be open again; what ended otherwise before is opened first."""
    if line.state == state:
        return
    if line.state in OUTCOMES and state in OUTCOMES and line.state not in (LineState.INVOICED, LineState.COVERED):
        line.state = LineState.SOLD
        line.save(update_fields=["state"])
    line.state = state
    line.settled_at = now if state in OUTCOMES else None
    line.settled_reason = reason[:200] if state in OUTCOMES else ""
    line.save(update_fields=["state", "settled_at", "settled_reason"])


def follow_order(*, order: Order, now: datetime) -> None:
    """Bring an order's state in line with its lines and invoices: delivered when all have ended, closed when all is paid."""
    if order.state in UNSOLD_ORDER_STATES or order.state == OrderState.CANCELLED:
        return
    state = _state_of(order)
    if state == order.state:
        return
    if order.state == OrderState.AWAITING_PO and state == OrderState.CONFIRMED:
        return
    if (order.state, state) == (OrderState.CONFIRMED, OrderState.CLOSED) or (
        order.state == OrderState.AWAITING_PO and state == OrderState.CLOSED
    ):
        _save_state(order, OrderState.FULFILLED)
    _save_state(order, state)


def _state_of(order: Order) -> OrderState:
    if order.lines.open().exists() or order.lines.invoiced_early().exists() or order.lines.free_and_ahead().exists():
        return OrderState.CONFIRMED
    if not order.invoices.issued().exists():
        # Packages, free places, and what was given up: nothing is left to be paid.
        return OrderState.CLOSED if not order.invoices.exists() else OrderState.FULFILLED
    return OrderState.FULFILLED if order.invoices.due().exists() else OrderState.CLOSED


def _save_state(order: Order, state: OrderState) -> None:
    order.state = state
    order.save(update_fields=["state"])
