"""Checking in by code: who has a place is here; everybody else is sent to the trainer, whose marks count more."""

from datetime import timedelta

import pytest

from bookings.actions import check_ins, registers
from bookings.models import Attendance, CheckInCode
from bookings.models.booking import State
from courses.models import Event
from tests import cast
from tests.makers import make_booking, make_event

pytestmark = pytest.mark.django_db

Mark = Attendance.Mark


@pytest.fixture
def session():
    """A session that has just begun, with Amina booked and its code on the screen."""
    event = make_event(trainer=cast.dev())
    make_booking(event, cast.amina())
    session = event.sessions.select_related("event").get()
    check_ins.open_code(session=session, by=cast.dev(), now=session.starts_at)
    return session


def code_of(session):
    return CheckInCode.objects.get(session=session).code


def try_code(session, user=None, *, code=None, after=timedelta(minutes=5)):
    return check_ins.check_in(code=code or code_of(session), user=user or cast.amina(), now=session.starts_at + after)


def mark_of(session):
    return Attendance.objects.get(session=session)


def test_check_in_marks_who_has_a_place_as_here_once(session):
    for _ in range(2):
        try_code(session)

    mark = mark_of(session)
    assert (mark.mark, mark.how, mark.arrived_at) == (Mark.PRESENT, Attendance.How.CHECK_IN, None)
    assert mark.marked_by == cast.amina()
    assert mark.history.count() == 1
    assert mark.booking.state == State.ATTENDED


@pytest.mark.parametrize("typed", ["{code}", " {low} ", "{first} {last}", "{first}-{last}", "\x00{code}"])
def test_code_is_understood_as_people_type_it(session, typed):
    code = code_of(session)
    typed = typed.format(code=code, low=code.lower(), first=code[:3], last=code[3:])
    assert try_code(session, code=typed).mark == Mark.PRESENT


def test_codes_are_six_signs_that_nobody_mistakes():
    codes = {check_ins.new_code() for _ in range(200)}
    assert len(codes) == 200
    assert {len(code) for code in codes} == {6}
    assert not set("".join(codes)) & set("01ILOS")


@pytest.mark.parametrize("state", [State.REQUESTED, State.CANCELLED, None])
def test_without_a_confirmed_place_one_is_sent_to_the_trainer(session, state):
    ben = cast.ben()
    if state:
        make_booking(session.event, ben, state=state, cancelled_at=session.starts_at if state == "CANCELLED" else None)

    with pytest.raises(check_ins.CannotCheckIn, match="no confirmed place"):
        try_code(session, ben)

    assert not Attendance.objects.exists()


@pytest.mark.parametrize("mark", [Mark.ABSENT, Mark.TURNED_AWAY, Mark.LEFT_EARLY])
def test_check_in_never_undoes_what_the_trainer_marked(session, mark):
    booking = session.event.bookings.get()
    registers.mark(session=session, marks={booking.pk: mark}, by=cast.dev(), now=session.starts_at)

    with pytest.raises(check_ins.CannotCheckIn, match="see the trainer"):
        try_code(session)

    assert (mark_of(session).mark, mark_of(session).how) == (mark, Attendance.How.TRAINER)


def test_trainers_mark_counts_more_than_a_check_in_that_came_between(session):
    booking = session.event.bookings.get()
    try_code(session)

    stale = {booking.pk: registers.Given(choice=Mark.TURNED_AWAY, seen="")}
    saved = registers.save(session=session, given=stale, by=cast.dev(), now=session.starts_at)

    assert (saved.kept, mark_of(session).mark, mark_of(session).how) == ([], Mark.TURNED_AWAY, Attendance.How.TRAINER)


def test_who_checks_in_after_the_time_for_joining_is_marked_with_the_time(session):
    attendance = try_code(session, after=timedelta(minutes=21))
    assert attendance.arrived_at == session.starts_at + timedelta(minutes=21)


@pytest.mark.parametrize("after", [timedelta(hours=-1), timedelta(0), timedelta(hours=5, minutes=59)])
def test_check_in_is_open_from_an_hour_before_until_the_end(session, after):
    assert try_code(session, after=after).mark == Mark.PRESENT


@pytest.mark.parametrize("after", [timedelta(minutes=-61), timedelta(hours=6)])
def test_check_in_opens_and_closes_with_the_session(session, after):
    with pytest.raises(check_ins.CannotCheckIn, match="See the trainer"):
        try_code(session, after=after)


def test_trainer_closes_it_and_opens_it_again_with_the_same_code(session):
    dev, now, code = cast.dev(), session.starts_at, code_of(session)
    for _ in range(2):
        check_ins.close_code(session=session, by=dev, now=now)
    with pytest.raises(check_ins.CannotCheckIn, match="closed"):
        try_code(session)
    assert CheckInCode.objects.get().closed_by == dev

    for _ in range(2):
        check_ins.open_code(session=session, by=dev, now=now)
    assert code_of(session) == code
    assert try_code(session).mark == Mark.PRESENT


@pytest.mark.parametrize("after", [timedelta(hours=-2), timedelta(hours=6)])
def test_code_is_not_opened_before_the_register_nor_after_the_session(after):
    session = make_event(trainer=cast.dev()).sessions.select_related("event").get()
    with pytest.raises(registers.RegisterClosed):
        check_ins.open_code(session=session, by=cast.dev(), now=session.starts_at + after)
    assert not CheckInCode.objects.exists()


def test_unknown_code_and_cancelled_date_open_nothing(session):
    with pytest.raises(check_ins.CannotCheckIn, match="No session has this code"):
        try_code(session, code="NONONO")
    Event.objects.update(state=Event.State.CANCELLED, cancelled_at=session.starts_at, cancelled_by=cast.wendy())
    with pytest.raises(check_ins.CannotCheckIn, match="not open"):
        try_code(session)
