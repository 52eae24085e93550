"""Two processes at one place: the last of an agency, an offer that ends, a place that is moved and given up.

Each race is shown first without the row locks and without the rule of the database, in a database of its own: there
the wrong result comes about. With both in place it never does, whoever is first.
"""

import os
from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import OutboundEmail, User
from bookings import invariants
from bookings.actions import capacity, changes, event_changes, places, waiting_list
from bookings.actions.event_changes import Plan
from bookings.eligibility import Answers, bookable_events
from bookings.models import AgencyShare, Booking, EventChange, WaitingListEntry
from bookings.models.booking import State
from bookings.models.event_change import ChangeKind
from bookings.models.waiting_list import WaitingState
from courses.actions.events import Sitting
from courses.models import Event
from tests import cast
from tests.load.hands import take_away
from tests.load.live import own_database
from tests.makers import NOW, make_booking, make_course, make_entry, make_event, make_venue
from tests.sizes import size

pytestmark = pytest.mark.soak

ROUNDS = size(3, 50)
AGREED = Answers(has_managers_agreement=True)
BOOKINGS, ENTRIES = ["bookings_booking"], ["bookings_waitinglistentry"]
EVENTS, SHARES = ["courses_event"], ["bookings_agencyshare"]


@pytest.fixture(autouse=True)
def database(django_db_setup, django_db_blocker):
    with own_database(django_db_blocker, f"places_{os.getpid()}"):
        yield


def broken():
    return {breach.rule.code for breach in invariants.breaches(now=NOW)}


def letters_about(booking):
    letters = OutboundEmail.objects.about(f"booking:{booking.pk}").filter(withheld_at__isnull=True)
    return set(letters.values_list("letter", flat=True))


# --- What the processes do -----------------------------------------------------------------------------


def book(event_id, person_id):
    person = User.objects.get(pk=person_id)
    membership = person.practitioner.memberships.select_related("organisation").get()
    places.book(
        event=bookable_events().get(pk=event_id),
        practitioner=person.practitioner,
        organisation=membership.organisation,
        by=person,
        now=NOW,
        answers=AGREED,
    )
    return "booked"


def cancel(booking_id):
    places.cancel(booking_id=booking_id, by=None, now=NOW)
    return "cancelled"


def transfer(booking_id, event_id):
    changes.transfer(booking_id=booking_id, event=bookable_events().get(pk=event_id), by=None, now=NOW)
    return "moved"


def accept(entry_id, now):
    waiting_list.accept(entry_id=entry_id, by=None, now=now, answers=AGREED)
    return "accepted"


def lapse(entry_id, now):
    return "lapsed" if waiting_list.lapse_offer(entry_id=entry_id, now=now) else "left alone"


def lapse_and_promote(entry_id, event_id, now):
    """As the sweeps of one minute do, one after the other."""
    found = lapse(entry_id, now)
    waiting_list.offer_free_places(event_id=event_id, now=now)
    return found


def carry_out(change_id):
    while event_changes.carry_out_portion(change_id=change_id, now=NOW):
        pass
    return "carried out"


# --- The last place of an agency -------------------------------------------------------------------------


def two_of_one_agency(number=0):
    """Their agency may have two places of this date, and has one."""
    agency = cast.make_organisation(f"Agency {number}")
    event = make_event(make_course(f"Course {number}"), agency_cap=2)
    make_booking(event, cast.make_person(f"First{number} There", agency))
    pair = [cast.make_person(f"{name}{number} Rushing", agency) for name in ("One", "Other")]
    return event, [(book, event.pk, person.pk) for person in pair]


def test_an_agency_has_more_than_its_share_without_the_lock_and_the_constraint(hands):
    event, both = two_of_one_agency()
    AgencyShare.objects.filter(event=event).update(most_places=2)
    take_away("an_agency_keeps_to_its_share")

    said = hands.race(*both, gate=SHARES, is_guarded=False)

    assert said == ["booked", "booked"]
    assert AgencyShare.objects.get(event=event).places_taken == 3
    assert "shares_capped" in broken()


def test_the_last_place_of_an_agency_goes_to_one(hands):
    for number in range(ROUNDS):
        event, both = two_of_one_agency(number)

        said = hands.race(*both, gate=SHARES)

        assert sorted(said) == ["AgencyFull", "booked"]
        assert AgencyShare.objects.get(event=event).places_taken == 2
    assert broken() == set()


# --- An offer that is accepted while it ends -----------------------------------------------------------------


def an_offer(number=0):
    """The only place of a date is offered to Amina until an hour from now, and Carol is next."""
    event = make_event(make_course(f"Course {number}"), capacity=1, agency_cap=1)
    people = [
        cast.make_person(f"{name}{number} Waits", cast.make_organisation(f"{name} {number}"))
        for name in ("Amina", "Carol")
    ]
    entries = [make_entry(event, person, now=NOW - timedelta(days=2)) for person in people]
    Event.objects.filter(pk=event.pk).update(offers_owed_since=NOW)
    assert waiting_list.offer_free_places(event_id=event.pk, now=NOW) == 1
    entries[0].refresh_from_db()
    ends_at = entries[0].offer_ends_at
    return event, entries, (accept, entries[0].pk, ends_at - timedelta(seconds=1)), ends_at


def test_an_accepted_offer_lapses_all_the_same_without_the_lock_and_the_trigger(hands):
    event, entries, accepting, ends_at = an_offer()
    take_away("entries_move_by_the_rules")

    said = hands.race(accepting, (lapse, entries[0].pk, ends_at), gate=ENTRIES, is_guarded=False)

    assert said == ["accepted", "lapsed"]
    event.refresh_from_db()
    assert (event.places_taken, capacity.count_places(event_id=event.pk)) == (0, 1)


def test_an_offer_accepted_while_it_lapses_ends_as_one_of_the_two(hands):
    for number in range(ROUNDS):
        event, entries, accepting, ends_at = an_offer(number)

        said = hands.race(accepting, (lapse, entries[0].pk, ends_at), gate=ENTRIES)

        entries[0].refresh_from_db()
        has_place = Booking.objects.filter(event=event).live().exists()
        if said == ["accepted", "left alone"]:
            assert (entries[0].state, has_place) == (WaitingState.ACCEPTED, True)
        else:
            assert (said, entries[0].state, has_place) == (["OfferGone", "lapsed"], WaitingState.WAITING, False)
    assert broken() == set()


def test_a_place_is_promoted_to_the_next_though_it_was_accepted_without_the_lock_and_the_trigger(hands):
    event, entries, accepting, ends_at = an_offer()
    take_away("entries_move_by_the_rules")

    hands.race(accepting, (lapse_and_promote, entries[0].pk, event.pk, ends_at), gate=ENTRIES, is_guarded=False)

    entries[1].refresh_from_db()
    assert Booking.objects.filter(event=event).live().exists()
    assert entries[1].state == WaitingState.OFFERED
    assert capacity.count_places(event_id=event.pk) == 2  # of one


def test_a_place_that_is_accepted_while_it_is_promoted_is_one_persons(hands):
    for number in range(ROUNDS):
        event, entries, accepting, ends_at = an_offer(number)

        said = hands.race(accepting, (lapse_and_promote, entries[0].pk, event.pk, ends_at), gate=ENTRIES)

        first, second = WaitingListEntry.objects.filter(event=event).order_by("pk").values_list("state", flat=True)
        if said[0] == "accepted":
            assert (first, second) == (WaitingState.ACCEPTED, WaitingState.WAITING)
        else:
            assert (first, second) == (WaitingState.WAITING, WaitingState.OFFERED)
        assert capacity.count_places(event_id=event.pk) == 1
    assert broken() == set()


# --- A place that is moved and given up --------------------------------------------------------------------


def a_place_and_another_date(number=0):
    course = make_course(f"Course {number}")
    dates = [make_event(course, starts_at=NOW + timedelta(days=days)) for days in (30, 40)]
    booking = make_booking(dates[0], cast.make_person(f"Amina{number} Moves", cast.social_work()))
    return booking, dates, [(cancel, booking.pk), (transfer, booking.pk, dates[1].pk)]


def test_a_place_is_given_back_twice_without_the_lock_the_trigger_and_the_check(hands):
    take_away(
        "booking_moves_by_the_rules", "courses_event_places_taken_check", "bookings_agencyshare_places_taken_check"
    )

    # Without the row's lock the two may also meet head on, and the database ends one of them; then once more.
    for number in range(10):
        _, dates, both = a_place_and_another_date(number)
        said = hands.race(*both, gate=EVENTS, is_guarded=False)
        if "OperationalError" not in said:
            break

    assert said == ["cancelled", "moved"]
    dates[0].refresh_from_db()
    assert dates[0].places_taken == -1
    assert Booking.objects.filter(event=dates[1]).live().exists()  # though it was given up


def test_cancelling_against_moving_ends_as_one_of_the_two(hands):
    for number in range(ROUNDS):
        booking, dates, both = a_place_and_another_date(number)

        said = hands.race(*both, gate=BOOKINGS)

        booking.refresh_from_db()
        taken = [capacity.count_places(event_id=date.pk) for date in dates]
        if said[0] == "cancelled":
            assert (said[1], booking.state, taken) == ("CannotChange", State.CANCELLED, [0, 0])
        else:
            assert (said, booking.state, taken) == (["CannotCancel", "moved"], State.TRANSFERRED, [0, 1])
    assert broken() == set()


# --- A date that is moved, and a place on it given up --------------------------------------------------------


def a_date_that_moves(number=0):
    """The team has moved it; the worker is about to tell whoever has a place."""
    event = make_event(make_course(f"Course {number}"))
    booking = make_booking(event, cast.make_person(f"Amina{number} Stays", cast.social_work()))
    start = NOW + timedelta(days=50)
    plan = Plan(
        kind=ChangeKind.MOVE,
        sessions=[Sitting(starts_at=start, ends_at=start + timedelta(hours=6))],
        venue=make_venue(),
        mode="in_person",
    )
    change = event_changes.start(event_id=event.pk, plan=plan, by=cast.wendy(), now=NOW, idempotency_key=uuid4())
    return booking, [(carry_out, change.pk), (cancel, booking.pk)]


def test_two_calendar_entries_have_one_number_without_the_lock(hands):
    """Whoever gave the place up is told of its new day, and their calendar cannot tell which entry is the later."""
    booking, both = a_date_that_moves()

    said = hands.race(*both, gate=BOOKINGS, is_guarded=False)

    assert said == ["carried out", "cancelled"]
    booking.refresh_from_db()
    assert OutboundEmail.objects.about(f"booking:{booking.pk}").count() == 2
    assert booking.calendar_sequence == 1


def test_whoever_gives_a_place_up_while_the_date_moves_hears_of_it_last(hands):
    for number in range(ROUNDS):
        booking, both = a_date_that_moves(number)

        said = hands.race(*both, gate=BOOKINGS)

        booking.refresh_from_db()
        written = OutboundEmail.objects.about(f"booking:{booking.pk}").count()
        assert (said, booking.state) == (["carried out", "cancelled"], State.CANCELLED)
        assert booking.calendar_sequence == written
        assert letters_about(booking) == {"bookings/cancellation"}
    assert not EventChange.objects.unfinished().exists()
    assert broken() == set()
