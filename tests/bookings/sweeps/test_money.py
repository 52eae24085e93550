"""Sweeps over money: what breaks holds up nothing else; reminders and ends on their day, and once."""

from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
import time_machine
from django.db import connection

from accounts.models import OutboundEmail
from bookings.models import Booking, Order, OrderLine
from bookings.models.order import OrderState
from bookings.sweeps import money
from tests.makers import NOW
from tests.sales import (
    JO,
    SAM,
    TO_FOLLOW,
    basket,
    booking_of,
    contact_of,
    lock,
    make_package,
    mark,
    place,
    school,
    taken,
    traded,
)

pytestmark = pytest.mark.django_db(transaction=True)

STARTS = NOW + timedelta(days=30)
AFTER = STARTS + timedelta(days=10)


def at(moment):
    return time_machine.travel(moment, tick=False)


@contextmanager
def never_invoiced(line):
    """While it lasts the database refuses to put this line on an invoice, as a fault in a release might."""
    with connection.cursor() as cursor:
        cursor.execute(f"ALTER TABLE bookings_invoiceline ADD CONSTRAINT never CHECK (order_line_id <> {line.pk})")
        try:
            yield
        finally:
            cursor.execute("ALTER TABLE bookings_invoiceline DROP CONSTRAINT never")


def attended(event, who):
    line = place(basket((event, [who], 0))).lines.get()
    mark(booking_of(who), Booking.State.ATTENDED, now=STARTS)
    lock(event, now=AFTER)
    return line


def test_a_line_that_cannot_be_settled_holds_up_no_other(caplog):
    broken = attended(traded(starts_at=STARTS), SAM)
    other = attended(traded("Another course", starts_at=STARTS), JO)
    assert other.pk > broken.pk

    with at(AFTER), never_invoiced(broken):
        money.settle_lines()

    assert list(OrderLine.objects.to_settle()) == [broken]
    assert other.order.invoices.get().gross == Decimal("95")
    assert f"OrderLine {broken.pk} could not be dealt with" in caplog.text


# The purchase order is due ten working days before the date; so many minutes after that, and whether the places went back.
@pytest.mark.parametrize(
    ("minutes", "state", "places"), [(-1, OrderState.AWAITING_PO, 1), (0, OrderState.CANCELLED, 0)]
)
def test_places_go_back_in_the_minute_when_the_purchase_order_is_due(minutes, state, places):
    event = traded(starts_at=STARTS)
    order = place(basket((event, [SAM], 0)), TO_FOLLOW)

    with at(order.po_due_at + timedelta(minutes=minutes)):
        money.release_without_purchase_order()
        money.release_without_purchase_order()

    order.refresh_from_db()
    assert (order.state, taken(event)) == (state, places)
    letters = OutboundEmail.objects.filter(letter="bookings/purchase_order_missed")
    assert letters.count() == (1 if state == OrderState.CANCELLED else 0)


def test_whoever_owes_a_purchase_order_is_asked_once_and_not_before_its_day():
    order = place(basket((traded(starts_at=STARTS), [SAM], 0)), TO_FOLLOW)
    letters = OutboundEmail.objects.filter(letter="bookings/purchase_order_needed")
    with at(NOW):
        money.ask_for_purchase_orders()
    assert not letters.exists()

    with at(order.po_due_at - timedelta(days=1)):
        money.ask_for_purchase_orders()
        money.ask_for_purchase_orders()

    assert letters.count() == 1
    Order.objects.update(po_status="GIVEN", po_number="PO-1", state="CONFIRMED")
    assert not Order.objects.awaiting_purchase_order().exists()


# So many days before or after the last day of a package: whether its end was announced, and what is left.
PACKAGES = [(-61, 0, "100"), (-60, 1, "100"), (0, 1, "100"), (1, 0, "0")]


@pytest.mark.parametrize(("days", "announced", "left"), PACKAGES)
def test_packages_are_announced_before_their_end_and_let_go_after_it(days, announced, left):
    contact_of(school())
    package = make_package("100")
    morning = datetime(2027, 8, 31, 9, tzinfo=UTC) + timedelta(days=days)

    with at(morning):
        money.look_after_packages()
        money.look_after_packages()

    package.refresh_from_db()
    assert package.balance == Decimal(left)
    assert OutboundEmail.objects.filter(letter="bookings/package_ending").count() == announced
