"""Registers: marks decide the outcome, walk-ins are never absent, locked registers need the team and a reason."""

from datetime import timedelta
from uuid import uuid4

import pytest

from accounts.models import AuditEntry, OutboundEmail, Practitioner
from bookings.actions import places, registers
from bookings.models import Attendance, Booking
from bookings.models.attendance import LATE
from courses.models import DeliveryMode, Event
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


@pytest.mark.parametrize("state", [Event.State.CANCELLED, Event.State.POSTPONED])
def test_mark_refuses_a_date_that_is_off(state):
    event = make_event()
    booking = make_booking(event, cast.amina())
    session = event.sessions.get()
    registers.mark(session=session, marks={booking.pk: Mark.PRESENT}, by=cast.dev(), now=session.ends_at)
    off = {"cancelled_at": session.starts_at, "cancelled_by": cast.wendy()} if state == Event.State.CANCELLED else {}
    Event.objects.filter(pk=event.pk).update(state=state, **off)
    event.refresh_from_db()

    with pytest.raises(registers.RegisterClosed, match="so it has no register"):
        registers.mark(
            session=event.sessions.get(), marks={booking.pk: Mark.ABSENT}, by=cast.dev(), now=session.ends_at
        )

    assert state_of(booking) == State.ATTENDED


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


# --- Times ------------------------------------------------------------------------------------------


def two_people_and_their_session(**fields):
    dev = cast.dev()
    event = make_event(trainer=dev, **fields)
    amina, ben = make_booking(event, cast.amina()), make_booking(event, cast.ben())
    return amina, ben, event.sessions.select_related("event").get()


def given(choice, *, at=None, seen=""):
    return registers.Given(choice=choice, at=at, seen=seen)


def standing(booking):
    return Attendance.objects.get(booking=booking)


def test_who_comes_late_is_here_with_the_time():
    amina, _, session = two_people_and_their_session()
    came = session.starts_at + timedelta(minutes=35)

    registers.save(session=session, given={amina.pk: given(LATE, at=came)}, by=cast.dev(), now=session.ends_at)

    mark = standing(amina)
    assert (mark.mark, mark.arrived_at, mark.choice, mark.version) == (Mark.PRESENT, came, LATE, "LATE@10:35")
    assert state_of(amina) == State.ATTENDED


def test_who_came_late_and_leaves_early_did_both():
    amina, _, session = two_people_and_their_session()
    came, left = session.starts_at + timedelta(minutes=35), session.ends_at - timedelta(hours=1)
    dev = cast.dev()
    registers.save(session=session, given={amina.pk: given(LATE, at=came)}, by=dev, now=session.ends_at)

    again = {amina.pk: given(Mark.LEFT_EARLY, at=left, seen="LATE@10:35")}
    registers.save(session=session, given=again, by=dev, now=session.ends_at)

    mark = standing(amina)
    assert (mark.mark, mark.arrived_at, mark.left_at) == (Mark.LEFT_EARLY, came, left)
    assert state_of(amina) == State.PART_ATTENDED


@pytest.mark.parametrize(
    ("mode", "minutes"), [(DeliveryMode.IN_PERSON, 20), (DeliveryMode.BLENDED, 20), (DeliveryMode.LIVE_ONLINE, 10)]
)
def test_people_may_join_for_as_long_as_the_setting_says(mode, minutes):
    session = make_event(mode=mode).sessions.select_related("event").get()
    assert registers.joins_until(session) - session.starts_at == timedelta(minutes=minutes)


def test_online_day_of_a_blended_course_has_the_limit_of_online_courses():
    session = make_event(mode=DeliveryMode.BLENDED).sessions.select_related("event").get()
    session.online_link = "https://meet.example.org/day-2"
    assert registers.joins_until(session) - session.starts_at == timedelta(minutes=10)


# --- Two people at one register ---------------------------------------------------------------------


def test_mark_that_somebody_else_changed_is_kept_and_the_rest_is_saved():
    amina, ben, session = two_people_and_their_session()
    dev, wendy = cast.dev(), cast.wendy()
    registers.save(session=session, given={amina.pk: given(Mark.PRESENT)}, by=dev, now=session.starts_at)

    stale = {amina.pk: given(Mark.ABSENT, seen=""), ben.pk: given(Mark.ABSENT, seen="")}
    saved = registers.save(session=session, given=stale, by=wendy, now=session.ends_at)

    assert [kept.booking_id for kept in saved.kept] == [amina.pk]
    assert saved.count == 1
    assert (standing(amina).mark, standing(amina).marked_by) == (Mark.PRESENT, dev)
    assert (standing(ben).mark, standing(ben).how) == (Mark.ABSENT, Attendance.How.STAFF)
    fresh = {amina.pk: given(Mark.ABSENT, seen=standing(amina).version)}
    assert registers.save(session=session, given=fresh, by=wendy, now=session.ends_at).kept == []
    assert state_of(amina) == State.DID_NOT_ATTEND


def test_mark_that_nobody_touched_on_an_old_page_overwrites_nothing():
    amina, _, session = two_people_and_their_session()
    dev, wendy = cast.dev(), cast.wendy()
    registers.save(session=session, given={amina.pk: given(Mark.ABSENT)}, by=dev, now=session.starts_at)
    here = {amina.pk: given(Mark.PRESENT, seen=Mark.ABSENT)}
    registers.save(session=session, given=here, by=wendy, now=session.starts_at)

    whole_page = {amina.pk: given(Mark.ABSENT, seen=Mark.ABSENT)}
    saved = registers.save(session=session, given=whole_page, by=dev, now=session.ends_at)

    assert (saved.kept, standing(amina).mark, standing(amina).marked_by) == ([], Mark.PRESENT, wendy)


def test_own_mark_is_never_in_ones_way():
    amina, _, session = two_people_and_their_session()
    dev = cast.dev()
    registers.save(session=session, given={amina.pk: given(Mark.PRESENT)}, by=dev, now=session.starts_at)

    saved = registers.save(session=session, given={amina.pk: given(Mark.ABSENT, seen="")}, by=dev, now=session.ends_at)

    assert (saved.kept, standing(amina).mark) == ([], Mark.ABSENT)


@pytest.mark.parametrize("corrected", [False, True])
def test_set_of_marks_sent_again_changes_nothing_though_somebody_corrected_it_meanwhile(corrected):
    amina, _, session = two_people_and_their_session()
    dev, wendy, key = cast.dev(), cast.wendy(), uuid4()
    marks = {amina.pk: given(Mark.PRESENT)}
    registers.save(session=session, given=marks, by=dev, now=session.starts_at, key=key)
    if corrected:
        right = {amina.pk: given(Mark.ABSENT, seen=Mark.PRESENT)}
        registers.save(session=session, given=right, by=wendy, now=session.ends_at, key=uuid4())
    before = standing(amina).version, standing(amina).history.count()

    again = registers.save(session=session, given=marks, by=dev, now=session.ends_at, key=key)
    assert (again.kept, (standing(amina).version, standing(amina).history.count())) == ([], before)

    another = registers.save(session=session, given=marks, by=dev, now=session.ends_at, key=uuid4())
    assert len(another.kept) == corrected


# --- Outcomes that the team decides -----------------------------------------------------------------


def left_early():
    amina, _, session = two_people_and_their_session()
    registers.mark(session=session, marks={amina.pk: Mark.LEFT_EARLY}, by=cast.dev(), now=session.ends_at)
    return amina, session


def test_part_of_a_course_counts_as_the_whole_when_the_team_says_why():
    amina, session = left_early()
    wendy = cast.wendy()

    with pytest.raises(registers.CannotOverride, match="Say why"):
        registers.count_as_attended(booking_id=amina.pk, by=wendy, now=session.ends_at, reason="  ")
    assert state_of(amina) == State.PART_ATTENDED
    for _ in range(2):
        registers.count_as_attended(booking_id=amina.pk, by=wendy, now=session.ends_at, reason="Left for court")

    assert state_of(amina) == State.ATTENDED
    assert (amina.state_reason, amina.state_set_by) == ("Left for court", wendy)
    assert AuditEntry.objects.get(verb="booking.outcome").detail["reason"] == "Left for court"


def test_decision_stands_until_a_mark_is_changed():
    amina, session = left_early()
    now, dev = session.ends_at, cast.dev()
    registers.count_as_attended(booking_id=amina.pk, by=cast.wendy(), now=now, reason="Left for court")

    registers.mark(session=session, marks={amina.pk: Mark.LEFT_EARLY}, by=dev, now=now)
    assert state_of(amina) == State.ATTENDED
    registers.mark(session=session, marks={amina.pk: Mark.ABSENT}, by=dev, now=now)
    assert state_of(amina) == State.DID_NOT_ATTEND


def test_decision_is_taken_back_once():
    amina, session = left_early()
    wendy, now = cast.wendy(), session.ends_at
    registers.count_as_attended(booking_id=amina.pk, by=wendy, now=now, reason="Left for court")

    for _ in range(2):
        registers.count_by_the_marks(booking_id=amina.pk, by=wendy, now=now, reason="It was not court")

    assert state_of(amina) == State.PART_ATTENDED
    assert AuditEntry.objects.filter(verb="booking.outcome").count() == 2


@pytest.mark.parametrize("state", [State.CONFIRMED, State.DID_NOT_ATTEND, State.TURNED_AWAY, State.CANCELLED])
def test_only_part_of_a_course_can_be_decided_to_be_the_whole(state):
    event = make_event()
    booking = make_booking(event, cast.amina(), state=state, cancelled_at=event.starts_at)
    with pytest.raises(registers.CannotOverride):
        registers.count_as_attended(booking_id=booking.pk, by=cast.wendy(), now=event.ends_at, reason="Please")
    assert state_of(booking) == state


# --- Walk-ins ---------------------------------------------------------------------------------------


def walk_in(session, **fields):
    said = {"full_name": "Kit Moss", "email": "", "organisation": cast.police(), **fields}
    return registers.add_walk_in(session=session, by=cast.dev(), now=session.starts_at, **said)


def test_form_for_a_walk_in_sent_twice_adds_one_person():
    session, key = make_event(trainer=cast.dev()).sessions.select_related("event").get(), uuid4()

    first, second = (walk_in(session, idempotency_key=key) for _ in range(2))

    assert first == second
    assert Practitioner.objects.filter(full_name="Kit Moss").count() == 1
    assert Event.objects.get().places_taken == 1
    assert walk_in(session, idempotency_key=uuid4()) != first


def test_walk_in_with_an_address_is_asked_to_accept_the_terms():
    session = make_event(trainer=cast.dev()).sessions.select_related("event").get()

    nobody = walk_in(session, full_name="Without Address")
    kit = walk_in(session, email="kit@example.org")

    assert (nobody.terms_accepted_at, kit.terms_accepted_at) == (None, None)
    letter = OutboundEmail.objects.get()
    assert (letter.to, letter.about, letter.letter) == (
        "kit@example.org", f"booking:{kit.pk}", "bookings/terms_to_accept"
    )  # fmt: skip


def test_walk_in_marked_absent_by_mistake_is_refused_alone():
    amina, _, session = two_people_and_their_session()
    kit = walk_in(session)

    marks = {kit.pk: given(Mark.ABSENT, seen=Mark.PRESENT), amina.pk: given(Mark.ABSENT)}
    saved = registers.save(session=session, given=marks, by=cast.dev(), now=session.ends_at)

    assert list(saved.refused) == [kit.pk]
    assert (state_of(kit), state_of(amina)) == (State.ATTENDED, State.DID_NOT_ATTEND)
