"""How an order is paid, changed after it was placed: from invoice to package and back, while nothing is invoiced."""

from datetime import datetime

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from accounts.audit import record
from accounts.models import User
from accounts.wake import wake
from bookings.actions import lines, packages, sales
from bookings.actions.orders import (
    SETTLE_TASK,
    OrderRefused,
    Paying,
    follow_purchase_order,
    reasons_of_purchase_order,
)
from bookings.models import Order, OrderLine, Package
from bookings.models.order import LineState, OrderState, PaymentMethod, PurchaseOrderStatus
from bookings.quoting import package_amount
from bookings.reasons import Reason
from courses.models import Event
from courses.money import NOTHING

CHANGEABLE = (PaymentMethod.PURCHASE_ORDER, PaymentMethod.PACKAGE)
CHANGEABLE_STATES = (OrderState.AWAITING_PO, OrderState.CONFIRMED)


def why_not_change(order: Order) -> str:
    """Say why the way of paying stays as it is; nothing where it may be changed."""
    if order.payment_method not in CHANGEABLE:
        return "An order that is paid by card, recharged or free stays as it is."
    if order.state not in CHANGEABLE_STATES:
        return f"This order is {order.get_state_display()}, so how it is paid stays as it is."
    if order.lines.filter(state__in=[LineState.INVOICED, LineState.COVERED]).exists() or order.invoices.exists():
        return "Some of this order is invoiced or covered by your package already. Ask us if it should be otherwise."
    return ""


@transaction.atomic
def change_payment(*, order_id: int, paying: Paying, by: User, now: datetime) -> Order:
    """Pay an order in another way. Chosen twice is once. Raises OrderRefused with the reasons.

    What a package kept for it is given back, or kept now. The figures of its lines stay: they were agreed.
    """
    order = lines.lock_order(order_id=order_id)
    if _is_so_already(order, paying):
        return order
    open_lines = list(_open_lines(order).select_for_update(of=("self",), no_key=True))
    reasons = _reasons(order, paying, open_lines, now)
    if reasons:
        raise OrderRefused(reasons)
    _let_package_go(order, open_lines, now)
    if paying.method == PaymentMethod.PACKAGE:
        _draw_from(order, paying.package, open_lines, by, now)
    else:
        follow_purchase_order(order=order, paying=paying, events=_dates_of(open_lines))
    order.payment_method = PaymentMethod(paying.method)
    order.state = sales.state_when_sold(order)
    order.save(update_fields=["payment_method", "package", "po_number", "po_status", "po_due_at", "state"])
    OrderLine.objects.filter(pk__in=[line.pk for line in open_lines]).update(is_to_settle=True)
    record(by=by, verb="order.change_payment", subject=f"order:{order.pk}", now=now, method=paying.method)
    wake(SETTLE_TASK)
    return order


def _is_so_already(order: Order, paying: Paying) -> bool:
    if order.payment_method != paying.method:
        return False
    if paying.method == PaymentMethod.PACKAGE:
        return order.package_id == (paying.package.pk if paying.package else None)
    follows = order.po_status == PurchaseOrderStatus.TO_FOLLOW
    return order.po_number == paying.po_number.strip() and follows == paying.is_po_to_follow


def _open_lines(order: Order) -> QuerySet[OrderLine]:
    """What is still to be paid; a place that was given up in time has drawn nothing."""
    sold = order.lines.filter(state=LineState.SOLD).select_related("event__version__course")
    return sold.order_by("event__starts_at", "pk")


def _reasons(order: Order, paying: Paying, open_lines: list[OrderLine], now: datetime) -> list[Reason]:
    obstacle = why_not_change(order)
    if obstacle:
        return [Reason("fixed", obstacle)]
    if paying.method not in CHANGEABLE:
        return [Reason("method", "Choose how your organisation pays.")]
    if paying.method == PaymentMethod.PACKAGE:
        return _reasons_of_package(order, paying.package, open_lines)
    return reasons_of_purchase_order(order=order, paying=paying, events=_dates_of(open_lines), now=now)


def _reasons_of_package(order: Order, package: Package | None, open_lines: list[OrderLine]) -> list[Reason]:
    if package is None or package.organisation_id != order.organisation_id:
        return [Reason("method", "Choose one of your packages.")]
    outside = [line for line in open_lines if not _is_in_its_year(package, line)]
    if outside:
        words = f"{outside[0].description} is outside the package's year."
        return [Reason("package", words, "Pay this order by invoice.")]
    return []


def _is_in_its_year(package: Package, line: OrderLine) -> bool:
    starts_at = line.event.starts_at if line.event else None
    return starts_at is not None and package.covers(timezone.localtime(starts_at).date())


def _let_package_go(order: Order, open_lines: list[OrderLine], now: datetime) -> None:
    if order.package is None:
        return
    for line in open_lines:
        line.order = order
        packages.release(line=line, now=now, reason="Paid in another way")
    OrderLine.objects.filter(pk__in=[line.pk for line in open_lines]).update(package_amount=NOTHING)
    order.package = None


def _draw_from(order: Order, package: Package | None, open_lines: list[OrderLine], by: User, now: datetime) -> None:
    if package is None:
        raise OrderRefused([Reason("method", "Choose one of your packages.")])
    order.package, order.po_number, order.po_due_at = package, "", None
    order.po_status = PurchaseOrderStatus.NOT_NEEDED
    for line in open_lines:
        line.order = order
        if line.event:
            line.package_amount = package_amount(package=package, course=line.event.version.course, net=line.net)
        line.save(update_fields=["package_amount"])
        try:
            packages.reserve(package=package, line=line, now=now, by=by)
        except packages.NotEnoughLeft as error:
            raise OrderRefused([Reason("package", str(error), "Pay this order by invoice.")]) from error


def _dates_of(open_lines: list[OrderLine]) -> list[Event]:
    return [line.event for line in open_lines if line.event]
