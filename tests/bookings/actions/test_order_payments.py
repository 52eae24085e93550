"""How an order is paid, changed: to a package and back, while nothing of it is invoiced."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from bookings.actions import places, settlement
from bookings.actions.order_payments import change_payment
from bookings.actions.orders import OrderRefused, Paying
from bookings.models import Booking
from bookings.models.order import LineState, OrderState, PaymentMethod
from tests.makers import NOW
from tests.sales import (
    BY_INVOICE,
    SAM,
    TO_FOLLOW,
    basket,
    contact_of,
    lock,
    make_package,
    mark,
    place,
    school,
    settle_all,
    traded,
    what_is_wrong,
)

pytestmark = pytest.mark.django_db(transaction=True)
SOON = NOW + timedelta(minutes=5)


def ordered(paying=TO_FOLLOW, **fields):
    return place(basket((traded(starts_at=NOW + timedelta(days=40)), [SAM], 1)), paying, **fields)


def change(order, paying, *, now=SOON):
    return change_payment(order_id=order.pk, paying=paying, by=contact_of(order.organisation), now=now)


def from_package(package):
    return Paying(method=PaymentMethod.PACKAGE, package=package)


def balance(package):
    package.refresh_from_db()
    return package.balance


def test_an_order_moves_to_a_package_and_back_and_the_balance_follows():
    order, package = ordered(), make_package("200")
    assert order.state == OrderState.AWAITING_PO

    changed = change(order, from_package(package))
    assert (changed.state, changed.po_due_at) == (OrderState.CONFIRMED, None)
    assert balance(package) == Decimal("10")
    settle_all(now=SOON)

    back = change(order, BY_INVOICE)
    assert (back.payment_method, back.package, back.po_number) == (PaymentMethod.PURCHASE_ORDER, None, "PO-10472")
    assert balance(package) == Decimal("200")
    settle_all(now=SOON)
    assert what_is_wrong(now=SOON) == {}


def test_chosen_twice_it_is_drawn_once():
    order, package = ordered(), make_package("200")
    change(order, from_package(package))
    change(order, from_package(package))
    assert balance(package) == Decimal("10")
    assert package.entries.filter(kind="RESERVED").count() == 2


def test_a_place_given_up_in_time_draws_nothing():
    order, package = ordered(), make_package("200")
    places.cancel(booking_id=Booking.objects.get().pk, by=contact_of(school()), now=NOW)
    settle_all(now=NOW)
    change(order, from_package(package))
    assert balance(package) == Decimal("105")
    assert LineState.RELEASED in order.lines.values_list("state", flat=True)


def test_a_number_that_is_to_follow_has_a_day_again():
    order = ordered(from_package(make_package("200")))
    changed = change(order, TO_FOLLOW)
    assert changed.state == OrderState.AWAITING_PO
    assert changed.po_due_at > NOW


@pytest.mark.parametrize(
    ("paying", "words"),
    [
        (lambda: from_package(make_package("100")), "Not enough is left"),
        (lambda: from_package(make_package("900", organisation=school("Kirk Fold Academy"))), "one of your packages"),
        (lambda: from_package(make_package("900", ends_on=date(2026, 12, 1))), "outside the package's year"),
        (lambda: from_package(None), "one of your packages"),
        (lambda: Paying(method=PaymentMethod.CARD), "how your organisation pays"),
        (lambda: Paying(method=PaymentMethod.PURCHASE_ORDER, po_number="?"), "as it is printed"),
    ],
)
def test_what_cannot_pay_is_refused_and_nothing_changes(paying, words):
    order, way = ordered(), paying()
    with pytest.raises(OrderRefused, match=words):
        change(order, way)
    order.refresh_from_db()
    assert (order.payment_method, order.state) == (PaymentMethod.PURCHASE_ORDER, OrderState.AWAITING_PO)
    assert way.package is None or balance(way.package) in (Decimal("100"), Decimal("900"))


def test_an_organisation_that_orders_by_number_must_give_one():
    school(is_purchase_order_required=True)
    order = ordered(from_package(make_package("200")))
    with pytest.raises(OrderRefused, match="orders with a purchase order"):
        change(order, Paying(method=PaymentMethod.PURCHASE_ORDER))
    with pytest.raises(OrderRefused, match="can follow until"):
        change(order, TO_FOLLOW, now=NOW + timedelta(days=35))


def test_what_is_on_an_invoice_stays_as_it_is_paid():
    order, package = ordered(BY_INVOICE), make_package("200")
    booking = Booking.objects.get()
    mark(booking, Booking.State.ATTENDED)
    lock(booking.event, now=NOW)
    for line in order.lines.all():
        settlement.settle(line_id=line.pk, now=NOW)
    with pytest.raises(OrderRefused, match="invoiced or covered"):
        change(order, from_package(package))
    assert balance(package) == Decimal("200")
