"""The waiting list: turns, offers, what lapses, what is closed, and who may never overtake."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import OutboundEmail, Partnership
from bookings import waiting_times
from bookings.actions import capacity, places, waiting_list
from bookings.eligibility import Answers, bookable_events
from bookings.models import AgencyShare, Booking, WaitingListEntry
from bookings.models.booking import State
from bookings.models.waiting_list import WaitingState
from courses.models import Event
from courses.references import new_reference
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

AGREED = Answers(has_managers_agreement=True)


def person(number, organisation=None):
    """Everybody from an agency of their own, unless one is named: no cap is in the way."""
    agency = organisation or cast.make_organisation(f"Agency {number}", charging_category="partner_free")
    return cast.make_person(f"Person{number} Waits", agency)


def full_event(*, capacity=1, **fields):
    event = make_event(capacity=capacity, **fields)
    for number in range(capacity):
        make_booking(event, person(900 + number))
    return event


def join(event, user, now=NOW):
    return waiting_list.join(
        event=bookable_events().get(pk=event.pk),
        practitioner=user.practitioner,
        organisation=user.practitioner.memberships.get().organisation,
        by=user,
        now=now,
    )


def book(event, user, now=NOW):
    return places.book(
        event=bookable_events().get(pk=event.pk),
        practitioner=user.practitioner,
        organisation=user.practitioner.memberships.get().organisation,
        by=user,
        now=now,
        answers=AGREED,
    )


def free_one(event, now=NOW):
    booking = Booking.objects.filter(event=event, state=State.CONFIRMED).order_by("pk").first()
    return places.cancel(booking_id=booking.pk, by=None, now=now, reason="Cannot come")


def look(event, now=NOW):
    return waiting_list.offer_free_places(event_id=event.pk, now=now)


def states(event):
    return [entry.state for entry in WaitingListEntry.objects.filter(event=event).order_by("pk")]


def counts_agree(event):
    event.refresh_from_db()
    waiting = sum(entry.places_wanted for entry in WaitingListEntry.objects.filter(event=event).waiting())
    return event.places_taken == capacity.count_places(event_id=event.pk) and event.people_waiting == waiting


def test_join_waits_where_the_date_is_full_and_not_where_a_place_is_free():
    event = full_event()

    entry = join(event, person(1))
    event.refresh_from_db()

    assert (entry.state, event.people_waiting) == (WaitingState.WAITING, 1)
    assert OutboundEmail.objects.get(letter="bookings/waiting_joined").text.count("at number 1") == 1
    with pytest.raises(waiting_list.PlaceIsFree):
        join(make_event(event.course, starts_at=NOW + timedelta(days=50)), person(1))


def test_join_twice_keeps_the_first_turn():
    event, amina = full_event(), person(1)

    first, second = join(event, amina), join(event, amina)

    assert (first.pk, first.places_wanted) == (second.pk, 1)
    assert counts_agree(event)


def test_a_freed_place_is_hidden_from_who_comes_by_and_offered_in_turn():
    event = full_event()
    first, second = join(event, person(1)), join(event, person(2))

    free_one(event)
    with pytest.raises(places.EventFull):
        book(event, person(3))
    assert look(event) == 1
    with pytest.raises(places.EventFull):
        book(event, person(3))

    first.refresh_from_db()
    second.refresh_from_db()
    assert (first.state, second.state) == (WaitingState.OFFERED, WaitingState.WAITING)
    assert first.offer_ends_at == NOW + timedelta(hours=48)
    assert look(event) == 0
    assert counts_agree(event)


def test_ten_waiting_and_seven_places_leave_the_last_three_in_order():
    event = full_event(capacity=7)
    entries = [join(event, person(number)) for number in range(10)]
    for _ in range(7):
        free_one(event)

    assert look(event) == 7
    assert states(event) == [WaitingState.OFFERED] * 7 + [WaitingState.WAITING] * 3
    assert [waiting_list.position_of(entry=entry) for entry in entries[7:]] == [1, 2, 3]
    assert OutboundEmail.objects.filter(letter="bookings/waiting_offer").count() == 7
    assert counts_agree(event)


def test_accept_turns_the_offer_into_a_booking_once_and_counts_nothing_twice():
    event, amina = full_event(), person(1)
    entry = join(event, amina)
    free_one(event)
    look(event)

    booking = waiting_list.accept(entry_id=entry.pk, by=amina, now=NOW + timedelta(hours=1), answers=AGREED)
    again = waiting_list.accept(entry_id=entry.pk, by=amina, now=NOW + timedelta(hours=2), answers=AGREED)

    assert (booking.pk, booking.state) == (again.pk, State.CONFIRMED)
    assert (booking.booked_at, booking.terms_accepted_at) == (NOW + timedelta(hours=1),) * 2
    assert counts_agree(event)
    assert AgencyShare.objects.get(event=event, organisation=booking.organisation).places_taken == 1


def test_accept_asks_for_what_the_offer_wants_said_and_keeps_the_place_meanwhile():
    event, amina = full_event(), person(1)
    entry = join(event, amina)
    free_one(event)
    look(event)

    with pytest.raises(places.BookingRefused, match="Confirm that your manager agrees"):
        waiting_list.accept(entry_id=entry.pk, by=amina, now=NOW)
    entry.refresh_from_db()

    assert entry.state == WaitingState.OFFERED
    assert waiting_list.accept(entry_id=entry.pk, by=amina, now=NOW, answers=AGREED).state == State.CONFIRMED


def test_an_offer_that_lapses_goes_to_the_next_and_its_entry_to_the_end_once():
    event = full_event()
    first, second = join(event, person(1)), join(event, person(2))
    free_one(event)
    look(event)
    ended = NOW + timedelta(hours=48)

    assert waiting_list.lapse_offer(entry_id=first.pk, now=ended - timedelta(seconds=1)) is None
    waiting_list.lapse_offer(entry_id=first.pk, now=ended)
    with pytest.raises(waiting_list.OfferGone):
        waiting_list.accept(entry_id=first.pk, by=None, now=ended, answers=AGREED)
    look(event, ended)

    assert states(event) == [WaitingState.WAITING, WaitingState.OFFERED]
    waiting_list.decline_offer(entry_id=second.pk, by=None, now=ended)
    look(event, ended)
    assert states(event) == [WaitingState.OFFERED, WaitingState.DECLINED]

    waiting_list.lapse_offer(entry_id=first.pk, now=ended + timedelta(hours=60))
    assert states(event) == [WaitingState.CLOSED, WaitingState.DECLINED]
    assert list(WaitingListEntry.objects.unmet()) == [first]
    assert counts_agree(event)


def test_urgent_entries_go_first_with_a_reason():
    event, wendy = full_event(), cast.wendy()
    join(event, person(1))
    urgent = join(event, person(2))

    with pytest.raises(places.BookingRefused, match="Say why"):
        waiting_list.mark_urgent(entry_id=urgent.pk, by=wendy, now=NOW, reason=" ")
    waiting_list.mark_urgent(entry_id=urgent.pk, by=wendy, now=NOW, reason="New designated lead")
    free_one(event)
    look(event)

    assert states(event) == [WaitingState.WAITING, WaitingState.OFFERED]


def test_leave_frees_an_offered_place_and_forgets_a_turn():
    event = full_event()
    first, second = join(event, person(1)), join(event, person(2))
    waiting_list.leave(entry_id=second.pk, by=None, now=NOW)
    waiting_list.leave(entry_id=second.pk, by=None, now=NOW)
    free_one(event)
    look(event)

    waiting_list.leave(entry_id=first.pk, by=None, now=NOW)
    look(event)
    event.refresh_from_db()

    assert states(event) == [WaitingState.WITHDRAWN, WaitingState.WITHDRAWN]
    assert (event.places_left, event.people_waiting) == (1, 0)
    assert counts_agree(event)


def test_nothing_is_offered_to_who_is_booked_already_or_elsewhere_at_the_time():
    event = full_event(capacity=2)
    busy, free = person(1), person(2)
    join(event, busy)
    join(event, free)
    make_booking(make_event(make_course("Other"), starts_at=event.starts_at), busy)
    free_one(event)

    look(event)

    assert states(event) == [WaitingState.WAITING, WaitingState.OFFERED]


@pytest.mark.parametrize(
    ("hours_before", "expected"),
    [
        (24 * 30, WaitingState.OFFERED),
        (72, WaitingState.OFFERED),
        (25, WaitingState.WAITING),
        (5, WaitingState.WAITING),
    ],
)
def test_offers_stop_two_working_days_before(hours_before, expected):
    # A Thursday: two working days before it is the Tuesday, whose midnight lies 57 hours before ten o'clock.
    event = full_event(starts_at=NOW + timedelta(days=33))
    join(event, person(1))
    free_one(event)

    look(event, event.starts_at - timedelta(hours=hours_before))

    assert states(event) == [expected]


def test_an_offer_near_the_date_is_shorter_and_never_outlives_its_beginning():
    event = full_event(starts_at=NOW + timedelta(days=33))
    far = waiting_times.offer_ends_at(event=event, now=event.starts_at - timedelta(days=20))
    near = waiting_times.offer_ends_at(event=event, now=event.starts_at - timedelta(days=3, minutes=20))
    last = waiting_times.offer_ends_at(event=event, now=event.starts_at - timedelta(hours=3))

    assert far == event.starts_at - timedelta(days=18)
    assert near == event.starts_at - timedelta(days=2)
    assert last == event.starts_at


def test_in_the_last_hours_a_free_place_goes_to_whoever_books_first_and_those_who_wait_are_told_once():
    event = full_event(starts_at=NOW + timedelta(days=33))
    waiting = person(1)
    join(event, waiting)
    free_one(event)
    eve = event.starts_at - timedelta(hours=20)
    look(event, eve)

    assert waiting_list.tell_first_to_answer(event_id=event.pk, now=eve) == 1
    assert waiting_list.tell_first_to_answer(event_id=event.pk, now=eve) == 0
    book(event, waiting, now=eve)

    assert states(event) == [WaitingState.WITHDRAWN]
    assert counts_agree(event)


def test_close_list_counts_who_had_no_place_as_unmet_demand():
    event = full_event()
    join(event, person(1))

    assert waiting_list.close_list(event_id=event.pk, now=event.starts_at) == 1
    assert waiting_list.close_list(event_id=event.pk, now=event.starts_at) == 0

    assert states(event) == [WaitingState.CLOSED]
    assert counts_agree(event)


# --- Agencies that have their share (rule B6) -------------------------------------------------------------


def test_an_agency_with_its_share_waits_while_others_book_and_has_its_turn_when_the_cap_lifts():
    event = make_event(capacity=20, agency_cap=1)
    agency = cast.social_work()
    first, second = cast.make_person("First Social", agency), cast.make_person("Second Social", agency)
    book(event, first)

    with pytest.raises(places.AgencyFull, match="One agency may have 1 place"):
        book(event, second)
    entry = join(event, second)
    assert look(event) == 0
    book(event, person(1))

    lifted = event.starts_at - timedelta(days=11)
    assert Event.objects.owing_offers(NOW).count() == 0
    assert Event.objects.owing_offers(lifted).count() == 1
    assert look(event, lifted) == 1
    entry.refresh_from_db()
    assert entry.state == WaitingState.OFFERED
    assert counts_agree(event)


def test_promotion_passes_over_an_agency_that_has_its_share():
    agency = cast.social_work()
    event = make_event(capacity=2, agency_cap=1)
    book(event, cast.make_person("First Social", agency))
    book(event, person(5))
    join(event, cast.make_person("Second Social", agency))
    other = join(event, person(1))
    places.cancel(booking_id=Booking.objects.last().pk, by=None, now=NOW)

    look(event)

    other.refresh_from_db()
    assert other.state == WaitingState.OFFERED
    assert states(event)[0] == WaitingState.WAITING
    # What is free after that is free to whoever comes by: the one who waits may not have it yet.
    waiting_list.decline_offer(entry_id=other.pk, by=None, now=NOW)
    look(event)
    assert book(event, person(7)).state == State.CONFIRMED


# --- Groups that want several places together ------------------------------------------------------------


def queue_group(event, places_wanted):
    carol = cast.carol()
    entry = WaitingListEntry.objects.create(
        reference=new_reference("W"),
        event=event,
        organisation=cast.make_organisation(),
        offer=event.offers.get(),
        places_wanted=places_wanted,
        joined_at=NOW,
        joined_by=carol,
        queued_at=NOW,
        idempotency_key="00000000-0000-4000-8000-000000000001",
    )
    capacity.count_waiting(event_id=event.pk, places=places_wanted)
    return entry


def test_a_group_keeps_its_turn_for_a_time_and_then_smaller_ones_go_first():
    event = full_event(capacity=3)
    group, single = queue_group(event, 2), join(event, person(1))
    free_one(event)

    assert look(event) == 0
    with pytest.raises(places.EventFull):
        book(event, person(2))
    assert look(event, NOW + timedelta(days=2)) == 1
    group.refresh_from_db()
    single.refresh_from_db()
    assert (group.state, single.state) == (WaitingState.WAITING, WaitingState.OFFERED)

    waiting_list.decline_offer(entry_id=single.pk, by=None, now=NOW)
    free_one(event)
    assert look(event) == 1
    group.refresh_from_db()
    assert group.state == WaitingState.OFFERED
    assert counts_agree(event)


# --- Several at once ---------------------------------------------------------------------------------------


def test_two_promoters_and_a_stranger_at_once_make_one_offer_each_in_turn():
    event = full_event(capacity=3)
    for number in range(5):
        join(event, person(number))
    stranger = person(50)
    for _ in range(3):
        free_one(event)

    results = at_once(lambda: look(event), lambda: look(event), lambda: book(event, stranger))

    assert sum(result for result in results[:2]) == 3
    assert isinstance(results[2], places.EventFull)
    assert states(event) == [WaitingState.OFFERED] * 3 + [WaitingState.WAITING] * 2
    assert OutboundEmail.objects.filter(letter="bookings/waiting_offer").count() == 3
    assert counts_agree(event)


def test_offering_to_many_asks_the_database_in_proportion_and_not_more():
    event = full_event(capacity=4)
    for number in range(8):
        join(event, person(number))
    Partnership.objects.current()

    with CaptureQueriesContext(
        connection,
    ) as one:
        free_one(event)
        look(event)
    with CaptureQueriesContext(connection) as three:
        for _ in range(3):
            free_one(event)
        look(event)

    assert len(three) < 3.2 * len(one)
