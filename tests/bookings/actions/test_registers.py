"""Registers: marks decide the outcome, walk-ins are never absent, locked registers need the team and a reason."""

from datetime import timedelta

import pytest

from accounts.models import AuditEntry, Practitioner
from bookings.actions import places, registers
from bookings.models import Attendance, Booking
from courses.models import Event
from tests import cast
from tests.makers import make_booking, make_event

pytestmark = pytest.mark.django_db

Mark = Attendance.Mark
State = Booking.State


@pytest.mark.parametrize(
    ("marks", "expected"),
    [
        ([Mark.PRESENT], State.ATTENDED),
        ([Mark.PRESENT, Mark.PRESENT], State.ATTENDED),
        ([Mark.LEFT_EARLY], State.PART_ATTENDED),
        ([Mark.PRESENT, Mark.ABSENT], State.PART_ATTENDED),
        ([Mark.TURNED_AWAY, Mark.PRESENT], State.PART_ATTENDED),
        ([Mark.ABSENT], State.DID_NOT_ATTEND),
        ([Mark.ABSENT, Mark.ABSENT], State.DID_NOT_ATTEND),
        ([Mark.TURNED_AWAY], State.TURNED_AWAY),
        ([Mark.TURNED_AWAY, Mark.ABSENT], State.TURNED_AWAY),
    ],
)
def test_outcome_follows_the_marks_of_all_sessions(marks, expected):
    assert registers.outcome(marks) == expected


def state_of(booking):
    booking.refresh_from_db()
    return booking.state


def test_mark_settles_a_booking_once_every_session_is_marked():
    dev = cast.dev()
    event = make_event(days=2, trainer=dev)
    booking = make_booking(event, cast.amina())
    first, second = event.sessions.order_by("position")

    registers.mark(session=first, marks={booking.pk: Mark.PRESENT}, by=dev, now=first.ends_at)
    assert state_of(booking) == State.CONFIRMED
    registers.mark(session=second, marks={booking.pk: Mark.PRESENT}, by=dev, now=second.ends_at)

    assert state_of(booking) == State.ATTENDED


def test_mark_twice_changes_nothing_and_a_correction_counts():
    dev = cast.dev()
    event = make_event(trainer=dev)
    booking = make_booking(event, cast.amina())
    session = event.sessions.get()

    for _ in range(2):
        registers.mark(session=session, marks={booking.pk: Mark.ABSENT}, by=dev, now=session.ends_at)
    assert (state_of(booking), Attendance.objects.count()) == (State.DID_NOT_ATTEND, 1)
    registers.mark(session=session, marks={booking.pk: Mark.PRESENT}, by=dev, now=session.ends_at)

    assert (state_of(booking), Attendance.objects.count()) == (State.ATTENDED, 1)


def test_mark_leaves_out_bookings_of_other_events():
    dev = cast.dev()
    event = make_event(trainer=dev)
    other = make_booking(make_event(event.course, starts_at=event.starts_at + timedelta(days=1)), cast.amina())

    marked = registers.mark(session=event.sessions.get(), marks={other.pk: Mark.PRESENT}, by=dev, now=event.ends_at)

    assert (marked, state_of(other)) == (0, State.CONFIRMED)


def test_mark_refuses_before_the_session():
    dev = cast.dev()
    event = make_event(trainer=dev)
    booking = make_booking(event, cast.amina())
    session = event.sessions.get()

    with pytest.raises(registers.RegisterClosed, match="opens an hour before"):
        registers.mark(
            session=session, marks={booking.pk: Mark.PRESENT}, by=dev, now=session.starts_at - timedelta(hours=2)
        )

    assert state_of(booking) == State.CONFIRMED


def locked_register():
    dev = cast.dev()
    event = make_event(trainer=dev)
    booking = make_booking(event, cast.amina())
    session = event.sessions.get()
    registers.mark(session=session, marks={booking.pk: Mark.ABSENT}, by=dev, now=session.ends_at)
    registers.close_delivered(now=session.ends_at)
    event.refresh_from_db()
    assert registers.lock(event=event, now=registers.locks_at(event)) is True
    return booking, event.sessions.select_related("event").get(), registers.locks_at(event)


def test_locked_register_refuses_the_trainer():
    booking, session, now = locked_register()
    with pytest.raises(registers.RegisterClosed, match="locked"):
        registers.mark(session=session, marks={booking.pk: Mark.PRESENT}, by=cast.dev(), now=now, reason="I was wrong")
    assert state_of(booking) == State.DID_NOT_ATTEND


def test_locked_register_is_corrected_by_the_team_with_a_reason_on_record():
    booking, session, now = locked_register()

    with pytest.raises(registers.RegisterClosed):
        registers.mark(session=session, marks={booking.pk: Mark.PRESENT}, by=cast.wendy(), now=now)
    registers.mark(
        session=session, marks={booking.pk: Mark.PRESENT}, by=cast.wendy(), now=now, reason="The paper sheet shows her"
    )

    assert state_of(booking) == State.ATTENDED
    entry = AuditEntry.objects.get(verb="register.correct")
    assert entry.detail == {"reason": "The paper sheet shows her"}


def test_register_with_somebody_unmarked_does_not_lock():
    dev = cast.dev()
    event = make_event(trainer=dev)
    make_booking(event, cast.amina())
    registers.close_delivered(now=event.ends_at)
    event.refresh_from_db()

    assert registers.lock(event=event, now=registers.locks_at(event)) is False

    assert event.state == Event.State.DELIVERED


def test_close_delivered_keeps_the_capacity_of_the_day():
    event = make_event(capacity=25)
    coming = make_event(event.course, starts_at=event.starts_at + timedelta(days=1))

    registers.close_delivered(now=event.ends_at)
    event.refresh_from_db()
    coming.refresh_from_db()

    assert (event.state, event.capacity_at_start) == (Event.State.DELIVERED, 25)
    assert coming.state == Event.State.OPEN


def test_walk_in_takes_a_place_and_is_marked_here():
    dev = cast.dev()
    event = make_event(capacity=1, trainer=dev)
    session = event.sessions.get()

    booking = registers.add_walk_in(
        session=session, full_name="Ọlá Łukasz", email="", organisation=cast.police(), by=dev, now=session.starts_at
    )

    event.refresh_from_db()
    assert (booking.state, booking.source, event.places_taken) == (State.ATTENDED, Booking.Source.WALK_IN, 1)
    with pytest.raises(places.EventFull):
        registers.add_walk_in(
            session=session, full_name="Second", email="", organisation=cast.police(), by=dev, now=session.starts_at
        )


def test_walk_in_is_found_by_address():
    dev, amina = cast.dev(), cast.amina()
    event = make_event(trainer=dev)
    session = event.sessions.get()
    people = Practitioner.objects.count()

    booking = registers.add_walk_in(
        session=session, full_name="A. Yusuf", email="AMINA@example.org", organisation=cast.social_work(), by=dev,
        now=session.starts_at,
    )  # fmt: skip

    assert (booking.practitioner, Practitioner.objects.count()) == (amina.practitioner, people)


def test_walk_in_cannot_be_marked_absent():
    dev = cast.dev()
    event = make_event(trainer=dev)
    session = event.sessions.get()
    booking = registers.add_walk_in(
        session=session, full_name="Somebody", email="", organisation=cast.police(), by=dev, now=session.starts_at
    )

    with pytest.raises(registers.WalkInWasThere, match="added on the day"):
        registers.mark(session=session, marks={booking.pk: Mark.ABSENT}, by=dev, now=session.ends_at)
