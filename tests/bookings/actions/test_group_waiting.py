"""Groups on the waiting list: several places together, offered together, taken as places that are named next."""

import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import OutboundEmail
from bookings.actions import capacity, group_bookings, group_waiting, places, waiting_list
from bookings.eligibility import Answers, bookable_events
from bookings.group_eligibility import Colleague
from bookings.models import Booking, GroupBooking, OrderLine
from bookings.models.waiting_list import WaitingState
from courses.models import DiscountRule, Event, Strand
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db(transaction=True)


def full_event(*, capacity=3, **fields):
    event = make_event(make_course("Restorative practice", strands=[Strand.TRADED]), capacity=capacity, **fields)
    for number in range(capacity):
        make_booking(event, cast.make_person(f"Person{number} Early", cast.social_work()))
    return event


def join(event, count=2, organisation=None, by=None):
    return group_waiting.join_list(
        event=bookable_events().get(pk=event.pk),
        organisation=organisation or cast.make_organisation(),
        places_wanted=count,
        by=by or cast.carol(),
        now=NOW,
        idempotency_key=uuid.uuid4(),
    )


def accept(entry, now=NOW, price=None):
    carol = cast.carol()
    return group_waiting.accept_offer(
        entry_id=entry.pk, contact=carol.practitioner, by=carol, now=now, price_shown=price
    )


def free(event, count):
    for booking in Booking.objects.filter(event=event).confirmed().order_by("pk")[:count]:
        places.cancel(booking_id=booking.pk, by=None, now=NOW, reason="Cannot come")


def agrees(event):
    event.refresh_from_db()
    return event.places_taken == capacity.count_places(event_id=event.pk)


def test_join_list_waits_for_places_together_and_is_offered_them_together():
    event = full_event()
    entry = join(event)

    free(event, 1)
    waiting_list.offer_free_places(event_id=event.pk, now=NOW)
    entry.refresh_from_db()
    assert entry.state == WaitingState.WAITING
    free(event, 1)
    waiting_list.offer_free_places(event_id=event.pk, now=NOW)

    entry.refresh_from_db()
    assert (entry.state, agrees(event)) == (WaitingState.OFFERED, True)
    letter = OutboundEmail.objects.get(letter="bookings/waiting_offer")
    assert letter.to == "carol@example.org"
    assert f"/organisation/waiting/{entry.reference}/" in letter.text


def test_join_list_twice_keeps_the_first_turn_and_needs_no_list_where_places_are_free():
    event = full_event()
    dee = cast.make_person("Dee Deputy", cast.make_organisation(), membership="BOOKING_CONTACT")

    assert join(event).pk == join(event, 3, by=dee).pk
    with pytest.raises(waiting_list.PlaceIsFree):
        join(make_event(make_course("Free", strands=[Strand.TRADED])))


def test_join_list_of_more_than_are_left_waits_though_some_are_free():
    event = full_event()
    free(event, 2)

    assert join(event, 3).state == WaitingState.WAITING


def test_join_list_refuses_a_date_that_is_off_and_a_list_that_is_closed():
    event = full_event()
    Event.objects.filter(pk=event.pk).update(booking_closes_at=NOW)
    with pytest.raises(places.BookingRefused, match="closed"):
        join(event)

    near = full_event(starts_at=NOW + timedelta(hours=20))
    with pytest.raises(places.BookingRefused, match="waiting list of this date is closed"):
        join(near)
    assert join(full_event()).places_wanted == 2


def offered(count=2):
    event = full_event()
    entry = join(event, count)
    free(event, count)
    waiting_list.offer_free_places(event_id=event.pk, now=NOW)
    return event, entry


def test_accept_offer_makes_places_to_name_once_and_the_count_stays():
    event, entry = offered()

    group, again = accept(entry, price=Decimal("95")), accept(entry)

    entry.refresh_from_db()
    assert (group.pk, entry.state, entry.group_booking_id) == (again.pk, WaitingState.ACCEPTED, group.pk)
    assert (group.places_unnamed, group.price, agrees(event), event.places_taken) == (2, Decimal("95"), True, 3)
    group_bookings.name_practitioner(
        group_id=group.pk,
        colleague=Colleague(full_name="Jo March"),
        by=cast.carol(),
        now=NOW,
        answers=Answers(has_managers_agreement=True),
        idempotency_key=uuid.uuid4(),
    )
    assert agrees(event)


def test_accept_offer_refuses_what_has_ended_and_a_price_that_changed():
    _, entry = offered()

    with pytest.raises(places.PriceChanged):
        accept(entry, price=Decimal("90"))
    with pytest.raises(waiting_list.OfferGone, match="This offer has ended"):
        accept(entry, now=NOW + timedelta(hours=48))

    assert GroupBooking.objects.count() == 0
    assert accept(entry).places_booked == 2


def test_accept_offer_near_the_date_leaves_a_day_to_name():
    event = full_event(starts_at=NOW + timedelta(days=5))
    entry = join(event)
    free(event, 2)
    waiting_list.offer_by_hand(entry_id=entry.pk, by=cast.wendy(), now=NOW)

    assert accept(entry).name_by == NOW + timedelta(hours=24)


def test_places_taken_from_an_offer_have_the_discount_of_so_many_on_one_date(client, at_now):
    event = full_event()
    DiscountRule.objects.create(name="School groups", percent=Decimal("10"), min_places=3)
    three = join(event, 3)
    free(event, 3)
    waiting_list.offer_free_places(event_id=event.pk, now=NOW)
    client.force_login(cast.carol())
    page = client.get(f"/organisation/waiting/{three.reference}/").content.decode()
    assert "3 places at £85.50: £256.50" in page
    assert 'name="price_shown" value="85.50"' in page
    with pytest.raises(places.PriceChanged):
        accept(three, price=Decimal("95"))
    group = accept(three, price=Decimal("85.50"))

    assert group.price == Decimal("85.50")
    assert list(OrderLine.objects.values_list("list_price", "discount", "net").distinct()) == [
        (Decimal("95"), Decimal("9.50"), Decimal("85.50"))
    ]
    assert OrderLine.objects.filter(group_booking=group).count() == 3


def test_an_offer_of_fewer_places_than_the_rule_asks_for_has_no_discount():
    event = full_event()
    DiscountRule.objects.create(name="School groups", percent=Decimal("10"), min_places=3)
    entry = join(event, 2)
    free(event, 2)
    waiting_list.offer_free_places(event_id=event.pk, now=NOW)
    assert accept(entry, price=Decimal("95")).price == Decimal("95")
