"""A colleague instead, or another date: free while it may be, counted right, linked both ways."""

from datetime import timedelta

import pytest

from accounts.models import OutboundEmail
from bookings.actions import capacity, changes, places, sales
from bookings.eligibility import bookable_events
from bookings.models import AgencyShare
from bookings.models.booking import State
from courses.models import Event, Strand
from tests import cast
from tests.bookings.actions.test_waiting_list import join, person
from tests.makers import NOW, make_booking, make_course, make_event
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


def colleague(name="Nadia Colleague"):
    return cast.make_person(name, cast.social_work())


def dates(**fields):
    """A booked date of a course, and another of it three weeks later."""
    event = make_event(**fields)
    other = make_event(event.course, starts_at=event.starts_at + timedelta(days=21), **fields)
    return make_booking(event, cast.amina()), event, other


def move(booking, other, now=NOW, **fields):
    event = bookable_events().get(pk=other.pk)
    return changes.transfer(booking_id=booking.pk, event=event, by=cast.amina(), now=now, **fields)


def swap(booking, user, now=NOW, **fields):
    return changes.substitute(booking_id=booking.pk, practitioner=user.practitioner, by=cast.amina(), now=now, **fields)


def counts(*events):
    for event in events:
        event.refresh_from_db()
        assert event.places_taken == capacity.count_places(event_id=event.pk)
    return [event.places_taken for event in events]


def test_substitute_gives_the_place_to_a_colleague_on_the_same_terms():
    booking, event, _ = dates()
    booking.price = 35
    sales.sell_place(booking=booking, by=None, now=NOW)
    booking.save(update_fields=["price", "order_line"])

    new = swap(booking, colleague())
    booking.refresh_from_db()

    assert (booking.state, new.state, new.replaces) == (State.SUBSTITUTED, State.CONFIRMED, booking)
    assert booking.replaced_by == new
    assert (new.price, new.policy, new.organisation) == (35, booking.policy, booking.organisation)
    assert new.terms_accepted_at is None
    assert counts(event) == [1]
    letters = {email.letter: email for email in OutboundEmail.objects.all()}
    assert letters["bookings/substituted"].calendar_method == "CANCEL"
    assert letters["bookings/confirmation"].calendar_method == "REQUEST"


def test_substitute_is_free_after_the_deadline_and_ends_with_the_beginning():
    booking, event, _ = dates()

    with pytest.raises(changes.CannotChange, match="has begun"):
        swap(booking, colleague(), now=event.starts_at)
    new = swap(booking, colleague(), now=event.starts_at - timedelta(minutes=1))

    assert new.state == State.CONFIRMED


def test_substitute_needs_no_free_place_and_no_turn_on_the_list():
    booking, event, _ = dates(capacity=1)
    join(event, person(1))
    nadia = colleague()
    join(event, nadia)

    swap(booking, nadia)
    event.refresh_from_db()

    assert (counts(event), event.people_waiting) == ([1], 1)


def test_substitute_refuses_somebody_who_has_a_place_or_is_elsewhere():
    booking, event, _ = dates()
    nadia, omar = colleague(), colleague("Omar Elsewhere")
    make_booking(event, nadia)
    make_booking(make_event(make_course("Other"), starts_at=event.starts_at), omar)

    with pytest.raises(places.AlreadyBooked):
        swap(booking, nadia)
    with pytest.raises(places.BookingRefused, match="at the same time"):
        swap(booking, omar)
    with pytest.raises(changes.CannotChange, match="theirs already"):
        swap(booking, cast.amina())
    assert swap(booking, colleague("Petra Free")).state == State.CONFIRMED


def test_substitute_pressed_twice_gives_one_booking():
    booking, event, _ = dates()
    nadia, key = colleague(), booking.idempotency_key.__class__(int=7)

    first, second = swap(booking, nadia, idempotency_key=key), swap(booking, nadia, idempotency_key=key)

    assert first.pk == second.pk
    assert counts(event) == [1]


def test_transfer_moves_the_place_once_free_of_charge():
    booking, event, other = dates()
    third = make_event(event.course, starts_at=event.starts_at + timedelta(days=60))

    new = move(booking, other)
    booking.refresh_from_db()

    assert (booking.state, new.state, new.event_id, new.replaces_id) == (
        State.TRANSFERRED, State.CONFIRMED, other.pk, booking.pk,
    )  # fmt: skip
    assert counts(event, other) == [0, 1]
    with pytest.raises(changes.CannotChange, match="moved before"):
        move(new, third)
    again = move(new, third, override=places.Override(codes=frozenset({"moved_before"}), reason="Ward closed"))
    assert counts(other, third) == [0, 1]
    assert again.state == State.CONFIRMED


def test_transfer_after_the_deadline_counts_as_cancelled_late_and_needs_a_reason():
    booking, event, other = dates()
    late = booking.free_cancel_until + timedelta(minutes=1)

    with pytest.raises(changes.CannotChange, match="Say why"):
        move(booking, other, now=late)
    new = move(booking, other, now=late, reason="Court moved")
    booking.refresh_from_db()

    assert (booking.state, booking.cancelled_reason, new.state) == (
        State.CANCELLED_LATE, "Court moved", State.CONFIRMED,
    )  # fmt: skip
    assert counts(event, other) == [0, 1]


def test_transfer_keeps_the_old_place_where_the_other_date_has_none():
    booking, event, other = dates(capacity=1)
    make_booking(other, person(1))

    with pytest.raises(places.EventFull):
        move(booking, other)
    booking.refresh_from_db()

    assert booking.state == State.CONFIRMED
    assert counts(event, other) == [1, 1]
    Event.objects.filter(pk=other.pk).update(capacity=2)
    assert move(booking, other).state == State.CONFIRMED


def test_transfer_refuses_another_course_and_terms_that_the_date_does_not_have():
    booking, event, other = dates()
    elsewhere = make_event(make_course("Other"))
    traded = make_course("Third", strands=(Strand.TRADED,))

    with pytest.raises(changes.CannotChange, match="same course"):
        move(booking, elsewhere)
    other.offers.set(traded.offers.all())
    with pytest.raises(changes.CannotChange, match="same terms"):
        move(booking, other)
    other.offers.set(event.offers.all())
    assert move(booking, other).state == State.CONFIRMED


def test_transfer_may_go_to_a_date_that_overlaps_the_one_given_up():
    event = make_event(days=3)
    other = make_event(event.course, starts_at=event.starts_at + timedelta(days=1), days=3)
    booking = make_booking(event, cast.amina())

    assert move(booking, other).state == State.CONFIRMED


def test_transfer_counts_shares_of_both_dates():
    booking, event, other = dates(agency_cap=1)

    move(booking, other)

    shares = {share.event_id: share.places_taken for share in AgencyShare.objects.all()}
    assert shares == {event.pk: 0, other.pk: 1}


@pytest.mark.parametrize("attempt", range(6))
def test_moving_two_ways_at_once_meets_no_deadlock(attempt):
    booking, event, other = dates()
    back = make_booking(other, colleague())

    results = at_once(
        lambda: move(booking, other),
        lambda: changes.transfer(booking_id=back.pk, event=bookable_events().get(pk=event.pk), by=None, now=NOW),
    )

    assert [type(result).__name__ for result in results] == ["Booking", "Booking"]
    assert counts(event, other) == [1, 1]
