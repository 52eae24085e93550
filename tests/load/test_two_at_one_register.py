"""Two people at one register at the same moment, in processes of their own: neither mark is lost without a word."""

import os
from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import Practitioner, User
from bookings.actions import check_ins, registers
from bookings.models import Attendance, Booking
from bookings.models.booking import State
from courses.models import Session
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


def mark(session_id, booking_id, choice, user_id):
    """The same, in a process of its own; give how many marks were saved, and the versions of those that stand."""
    session = Session.objects.select_related("event").get(pk=session_id)
    user = User.objects.get(pk=user_id)
    saved = marking(Booking(pk=booking_id), session, choice, user)()
    return saved.count, [kept.version for kept in saved.kept]


def both_mark(hands, booking, session, dev, wendy, **options):
    works = [
        (mark, session.pk, booking.pk, Mark.PRESENT, dev.pk),
        (mark, session.pk, booking.pk, Mark.ABSENT, wendy.pk),
    ]
    return hands.race(*works, gate=["bookings_attendance"], **options)


def test_without_the_lock_one_of_two_marks_is_lost_without_a_word(database, hands):
    dev, [(booking, session)] = a_register()

    saved = both_mark(hands, booking, session, dev, cast.wendy(), is_guarded=False)

    assert saved == [(1, []), (1, [])]  # both were told that theirs is saved
    assert Attendance.objects.count() == 1


def test_of_two_marks_at_once_one_is_saved_and_the_other_person_is_told(database, hands):
    dev, registers_of_the_day = a_register(ROUNDS)
    wendy = cast.wendy()
    for booking, session in registers_of_the_day:
        by_dev, by_wendy = both_mark(hands, booking, session, dev, wendy)

        stands = Attendance.objects.get(booking=booking)
        quicker, told = (by_dev, by_wendy) if stands.marked_by == dev else (by_wendy, by_dev)
        assert (quicker, told) == ((1, []), (0, [stands.version]))
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
