"""Two people at one register at the same moment, on real connections: neither mark is lost without a word."""

import os
import threading
from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Practitioner
from bookings.actions import check_ins, registers
from bookings.models import Attendance, Booking
from bookings.models.booking import State
from tests import cast
from tests.load.live import own_database
from tests.makers import make_booking, make_event
from tests.sizes import size
from tests.threads import at_once

ROUNDS = size(10, 200)
Mark = Attendance.Mark


@pytest.fixture
def database(django_db_blocker):
    with own_database(django_db_blocker, f"two_at_one_{os.getpid()}"):
        yield


def a_register(rounds=1):
    """Sessions that have begun, each with Amina booked."""
    dev = cast.dev()
    events = [make_event() for _ in range(rounds)]
    bookings = [make_booking(event, cast.amina()) for event in events]
    sessions = [event.sessions.select_related("event").get() for event in events]
    return dev, list(zip(bookings, sessions, strict=True))


def marking(booking, session, mark, by):
    """One of them presses a mark; their page showed that nobody had marked the person."""

    def press():
        given = {booking.pk: registers.Given(choice=mark, seen="")}
        return registers.save(session=session, given=given, by=by, now=session.ends_at)

    return press


def test_without_the_lock_one_of_two_marks_is_lost_without_a_word(database, monkeypatch):
    dev, [(booking, session)] = a_register()
    both_have_looked = threading.Barrier(2)
    refused = registers._refusal

    def people_without_waiting(*, event_id, booking_ids):
        return list(Booking.objects.filter(event_id=event_id, pk__in=list(booking_ids)).select_related("practitioner"))

    def look_and_wait(*args):
        both_have_looked.wait(30)
        return refused(*args)

    monkeypatch.setattr(registers, "lock_people", people_without_waiting)
    monkeypatch.setattr(registers, "_refusal", look_and_wait)

    saved = at_once(marking(booking, session, Mark.PRESENT, dev), marking(booking, session, Mark.ABSENT, cast.wendy()))

    assert [(one.count, one.kept) for one in saved] == [(1, []), (1, [])]  # both were told that theirs is saved
    assert Attendance.objects.count() == 1


def test_of_two_marks_at_once_one_is_saved_and_the_other_person_is_told(database):
    dev, registers_of_the_day = a_register(ROUNDS)
    wendy = cast.wendy()
    for booking, session in registers_of_the_day:
        saved = at_once(marking(booking, session, Mark.PRESENT, dev), marking(booking, session, Mark.ABSENT, wendy))

        stands = Attendance.objects.get(booking=booking)
        [told] = [one for one in saved if one.kept]
        assert sorted(one.count for one in saved) == [0, 1]
        assert told.kept[0].version == stands.version
        assert told is saved[0 if stands.marked_by == wendy else 1]
        booking.refresh_from_db()
        assert booking.state == (State.ATTENDED if stands.mark == Mark.PRESENT else State.DID_NOT_ATTEND)


def test_check_in_against_the_trainer_ends_as_the_trainer_says(database):
    dev, registers_of_the_day = a_register(ROUNDS)
    amina = cast.amina()
    for booking, session in registers_of_the_day:
        code = check_ins.open_code(session=session, by=dev, now=session.starts_at).code

        def by_herself(code=code, now=session.starts_at + timedelta(minutes=1)):
            try:
                return check_ins.check_in(code=code, user=amina, now=now)
            except check_ins.CannotCheckIn:
                return None

        at_once(by_herself, marking(booking, session, Mark.TURNED_AWAY, dev))

        booking.refresh_from_db()
        assert (Attendance.objects.get(booking=booking).mark, booking.state) == (Mark.TURNED_AWAY, State.TURNED_AWAY)


def test_one_form_for_a_walk_in_sent_at_once_adds_one_person(database):
    dev, registers_of_the_day = a_register(3)
    police = cast.police()
    for number, (_, session) in enumerate(registers_of_the_day, start=1):
        key = uuid4()

        def press(session=session, key=key):
            return registers.add_walk_in(
                session=session, full_name="Kit Moss", email="", organisation=police, by=dev,
                now=session.starts_at, idempotency_key=key,
            ).pk  # fmt: skip

        pressed = at_once(*[press] * 8)

        assert len(set(pressed)) == 1
        assert session.event.bookings.filter(source=Booking.Source.WALK_IN).count() == 1
        assert Practitioner.objects.filter(full_name="Kit Moss").count() == number
