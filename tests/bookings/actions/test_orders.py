"""Orders: a basket of several dates becomes places, once, at the price that was shown; packages, purchase orders."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, connection, transaction

from accounts.models import OutboundEmail
from bookings.actions import baskets, purchase_orders, settlement
from bookings.actions.capacity import EventFull
from bookings.actions.orders import OrderRefused, Paying
from bookings.actions.places import PriceChanged
from bookings.models import Booking, GroupBooking, Order, OrderLine, Package
from bookings.models.order import LineState, OrderState, PaymentMethod
from courses.models import Price
from tests.makers import NOW
from tests.sales import JO, KIM, SAM, TO_FOLLOW, basket, contact_of, make_package, place, school, taken, traded
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_place_turns_a_basket_of_two_dates_into_places_named_and_unnamed():
    first, second = traded(), traded("Motivational interviewing")
    order = basket((first, [SAM, JO], 1), (second, [KIM], 2))

    placed = place(order, total=Decimal("570"))

    assert placed.state == OrderState.CONFIRMED
    assert (placed.po_number, placed.po_status) == ("PO-10472", "GIVEN")
    assert list(placed.lines.values_list("state", "net").distinct()) == [(LineState.SOLD, Decimal("95"))]
    assert placed.lines.count() == 6
    assert set(placed.lines.values_list("full_name", flat=True)) == {""}
    assert (taken(first), taken(second)) == (3, 3)
    assert sorted(Booking.objects.values_list("practitioner__full_name", "price")) == [
        ("Jo March", Decimal("95")),
        ("Kim Okafor", Decimal("95")),
        ("Sam Ellis", Decimal("95")),
    ]
    assert all(booking.order_line.order == placed for booking in Booking.objects.select_related("order_line__order"))
    assert sorted(GroupBooking.objects.values_list("places_booked", "places_unnamed")) == [(3, 1), (3, 2)]
    assert OutboundEmail.objects.filter(letter="bookings/order_confirmed").count() == 1


def test_place_pressed_twice_at_once_makes_one_order():
    event = traded()
    order = basket((event, [SAM], 2))

    placed = at_once(*[lambda: place(order)] * 4)

    assert {each.pk for each in placed} == {order.pk}
    assert taken(event) == 3
    assert OrderLine.objects.count() == 3


def test_place_asks_again_where_the_price_has_changed_since_the_page_was_opened():
    event = traded()
    order = basket((event, [SAM], 1))
    Price.objects.filter(charging_category="education").update(amount=Decimal("99"))

    with pytest.raises(PriceChanged):
        place(order, total=Decimal("190"))
    assert Order.objects.get().state == OrderState.BASKET
    assert taken(event) == 0
    assert place(order, total=Decimal("198")).lines.first().net == Decimal("99")


def test_place_is_all_or_nothing_when_one_date_is_full():
    roomy, narrow = traded(), traded("Motivational interviewing", capacity=2)
    order = basket((roomy, [SAM], 1), (narrow, [], 2))
    rival = basket((narrow, [], 1), organisation=school("Kirk Fold High School"))
    baskets.hold(order_id=rival.pk, now=NOW)

    with pytest.raises(OrderRefused, match="place"):
        place(order)
    assert (taken(roomy), taken(narrow)) == (0, 1)
    assert not Booking.objects.exists()


def test_hold_keeps_places_until_its_time_and_the_order_uses_them():
    event = traded(capacity=3)
    order = basket((event, [SAM], 2))
    baskets.hold(order_id=order.pk, now=NOW)
    assert taken(event) == 3

    late = basket((traded("Another"), [], 1))
    assert late.pk == order.pk
    place(order)

    assert taken(event) == 3
    assert Order.objects.get(pk=order.pk).held_until is None


def test_let_go_gives_held_places_back_and_keeps_the_basket():
    event = traded(capacity=3)
    order = basket((event, [SAM], 2))
    baskets.hold(order_id=order.pk, now=NOW)

    baskets.let_go(order_id=order.pk, now=NOW + timedelta(minutes=31))

    assert taken(event) == 0
    assert order.lines.in_basket().count() == 3
    baskets.hold(order_id=order.pk, now=NOW + timedelta(minutes=40))
    assert taken(event) == 3


def test_hold_refuses_all_where_too_few_are_left_and_names_the_date():
    event = traded(capacity=2)
    order = basket((event, [SAM], 1))
    event.capacity = 1
    event.save(update_fields=["capacity"])

    with pytest.raises(EventFull, match="Restorative practice"):
        baskets.hold(order_id=order.pk, now=NOW)
    assert taken(event) == 0
    assert set(order.lines.values_list("state", flat=True)) == {LineState.CHOSEN}


def test_package_is_reserved_by_the_order_and_used_when_the_register_locks():
    event, package = traded(), make_package("200")
    order = place(basket((event, [SAM], 1)), Paying(method=PaymentMethod.PACKAGE, package=package))
    package.refresh_from_db()
    assert package.balance == Decimal("10")

    for line in order.lines.all():
        settlement.settle(line_id=line.pk, now=NOW)
    assert set(order.lines.values_list("state", flat=True)) == {LineState.SOLD}
    booking = Booking.objects.get()
    booking.move_to(Booking.State.ATTENDED, by=None, now=NOW)
    booking.save()
    type(event).objects.filter(pk=event.pk).update(register_locked_at=NOW)
    group = GroupBooking.objects.get()
    line = group.order_lines.without_a_name().get()
    line.given_back_at, line.is_to_settle = NOW, True
    line.save()
    for line in order.lines.all():
        settlement.settle(line_id=line.pk, now=NOW)
        settlement.settle(line_id=line.pk, now=NOW)

    assert sorted(order.lines.values_list("state", flat=True)) == [LineState.COVERED, LineState.RELEASED]
    package.refresh_from_db()
    assert package.balance == Decimal("105")
    assert list(package.entries.order_by("pk").values_list("kind", "amount")) == [
        ("GRANTED", Decimal("200")),
        ("RESERVED", Decimal("-95")),
        ("RESERVED", Decimal("-95")),
        ("RELEASED", Decimal("95")),
        ("USED", Decimal("-95")),
        ("RELEASED", Decimal("95")),
    ]


def test_package_that_holds_too_little_refuses_the_order_with_a_reason():
    event, package = traded(), make_package("100")
    order = basket((event, [SAM], 1))

    with pytest.raises(OrderRefused, match="Not enough is left"):
        place(order, Paying(method=PaymentMethod.PACKAGE, package=package))
    assert taken(event) == 0


def test_package_balance_cannot_be_written_but_by_its_ledger():
    package = make_package("100")

    with pytest.raises(Exception, match="only_the_ledger"), transaction.atomic():
        Package.objects.filter(pk=package.pk).update(balance=1000)
    with pytest.raises(Exception, match="Cannot"), transaction.atomic():
        package.entries.update(amount=Decimal("1000"))
    with pytest.raises(IntegrityError, match="overdrawn"), transaction.atomic():
        package.entries.create(kind="EXPIRED", amount=Decimal("-101"), made_at=NOW)


def test_purchase_order_to_follow_is_given_and_confirms_the_order():
    order = place(basket((traded(), [SAM], 0)), TO_FOLLOW)
    assert order.state == OrderState.AWAITING_PO
    assert order.po_due_at is not None

    with pytest.raises(purchase_orders.PurchaseOrderRefused, match="PO-10472"):
        purchase_orders.give(order_id=order.pk, number="<b>none</b>", by=contact_of(order.organisation), now=NOW)
    given = purchase_orders.give(order_id=order.pk, number=" PO 2026/77 ", by=contact_of(order.organisation), now=NOW)

    assert (given.state, given.po_number) == (OrderState.CONFIRMED, "PO 2026/77")


def test_place_refuses_a_number_that_no_purchase_order_has():
    order = basket((traded(), [], 1))

    with pytest.raises(OrderRefused) as refusal:
        place(order, Paying(method=PaymentMethod.PURCHASE_ORDER, po_number="<b>none</b>"))

    assert [reason.code for reason in refusal.value.reasons] == ["po"]
    assert place(order).po_number == "PO-10472"


def test_places_go_back_free_of_charge_when_no_purchase_order_comes():
    soon, later = traded(), traded("Later", starts_at=NOW + timedelta(days=90))
    order = place(basket((soon, [SAM], 2), (later, [JO], 0)), TO_FOLLOW)
    due = order.po_due_at
    assert not purchase_orders.release_overdue(order_id=order.pk, now=due - timedelta(minutes=1))

    assert purchase_orders.release_overdue(order_id=order.pk, now=due)

    assert (taken(soon), taken(later)) == (0, 1)
    order.refresh_from_db()
    assert order.state == OrderState.AWAITING_PO
    assert order.po_due_at > due
    for line in order.lines.all():
        settlement.settle(line_id=line.pk, now=due)
    assert sorted(order.lines.values_list("state", flat=True)) == ["RELEASED", "RELEASED", "RELEASED", "SOLD"]
    assert Booking.objects.get(event=soon).state == Booking.State.CANCELLED_BY_PROVIDER


def test_a_place_that_costs_something_cannot_be_confirmed_without_an_order():
    place(basket((traded(), [SAM], 0)))

    with pytest.raises(IntegrityError, match="a_place_that_costs_something_is_sold"), transaction.atomic():
        Booking.objects.update(order_line=None)
    with connection.cursor() as cursor, pytest.raises(Exception, match="sold_prices_stay"), transaction.atomic():
        cursor.execute("UPDATE bookings_orderline SET net = 1, list_price = 1, gross = 1")
