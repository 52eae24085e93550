"""Trainers are told of the dates they train, and their calendars follow whatever becomes of them."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import OutboundEmail, Practitioner, User
from bookings.actions import event_changes
from bookings.models.event_change import ChangeKind
from bookings.sweeps import trainers
from courses.actions import events
from courses.models import Event, Trainer, TrainerAssignment
from tests import cast
from tests.bookings.actions.test_event_changes import begin, carry_out, change_date, move_plan, person, split_plan
from tests.calendars import READERS, Program
from tests.makers import NOW, assign_trainer, make_booking, make_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.time_machine("2026-11-21 10:00")]


def letters(*names):
    names = names or ("trainer_date", "trainer_change")
    return OutboundEmail.objects.filter(letter__in=[f"bookings/{name}" for name in names]).order_by("pk")


def calendars():
    """What two readers that share no code make of all the letters so far, each in a program of its own."""
    programs = [Program(read) for read in READERS]
    for letter in letters().exclude(calendar=""):
        for program in programs:
            program.take(letter.calendar)
    one, other = (program.shows for program in programs)
    assert one == other
    return one


def times_of(event):
    return sorted((session.starts_at, session.ends_at) for session in event.sessions.all())


def test_a_trainer_is_told_once_of_a_date_with_the_entry_for_their_calendar():
    event = make_event(days=2, trainer=cast.dev())

    trainers.tell_trainers()
    trainers.tell_trainers()

    letter = letters().get()
    assert (letter.to, letter.calendar_method) == ("dev@example.org", "REQUEST")
    assert "You are down to train this date." in letter.text
    assert calendars() == times_of(event)


@pytest.mark.parametrize(
    ("state", "starts_in", "is_told"),
    [(Event.State.OPEN, 30, True), (Event.State.DRAFT, 30, False), (Event.State.DELIVERED, -2, False)],
)
def test_only_dates_that_are_announced_and_still_to_come_are_told(state, starts_in, is_told):
    make_event(trainer=cast.dev(), starts_at=NOW + timedelta(days=starts_in), state=state)

    trainers.tell_trainers()

    assert letters().exists() == is_told


def test_a_calendar_follows_a_date_that_moves_is_put_off_and_moves_again():
    event = make_event(trainer=cast.dev())
    make_booking(event, person(1))
    trainers.tell_trainers()

    change_date(event, move_plan())
    moved = calendars()
    trainers.tell_trainers()
    change_date(event, event_changes.Plan(kind=ChangeKind.POSTPONE, reason="ILLNESS"))
    trainers.tell_trainers()

    event.refresh_from_db()
    assert moved == times_of(event)
    assert calendars() == []
    change_date(event, move_plan(NOW + timedelta(days=55)))
    trainers.tell_trainers()
    assert calendars() == times_of(event)
    assert [letter.calendar_method for letter in letters()] == ["REQUEST", "REQUEST", "CANCEL", "REQUEST"]
    assert [letter.letter for letter in letters("trainer_date")] == ["bookings/trainer_date"]


def test_a_cancelled_date_goes_out_of_the_calendar_by_the_letter_that_says_why():
    event = make_event(trainer=cast.dev())
    trainers.tell_trainers()

    change_date(event, event_changes.Plan(kind=ChangeKind.CANCEL, reason="WEATHER"))
    trainers.tell_trainers()

    assert calendars() == []
    assert [letter.letter for letter in letters()] == ["bookings/trainer_date", "bookings/trainer_change"]


def test_whoever_is_taken_off_and_whoever_comes_instead_are_both_told():
    event = make_event(days=2, trainer=cast.dev())
    other = cast.make_person("Tess Trainer", cast.police())
    Trainer.objects.create(practitioner=other.practitioner, organisation=cast.police())
    trainers.tell_trainers()

    second = event.sessions.get(position=2)
    events.replace_trainers(session=second, trainers=[other.practitioner.trainer], by=cast.wendy(), now=NOW)
    trainers.tell_trainers()
    trainers.tell_trainers()

    to_dev, to_other = (letters().filter(to=f"{name}@example.org") for name in ("dev", "tess"))
    assert [letter.calendar_method for letter in to_dev] == ["REQUEST", "CANCEL", "REQUEST"]
    assert [letter.calendar_method for letter in to_other] == ["REQUEST"]
    program = Program(READERS[0])
    for letter in to_dev:
        program.take(letter.calendar)
    assert program.shows == times_of(event)[:1]


def test_a_change_that_is_being_carried_out_tells_its_trainers_itself():
    event = make_event(trainer=cast.dev())
    make_booking(event, person(1))
    trainers.tell_trainers()
    change = begin(event, move_plan())

    trainers.tell_trainers()
    between = letters().count()
    carry_out(change)
    trainers.tell_trainers()

    event.refresh_from_db()
    assert (between, letters().count(), calendars() == times_of(event)) == (1, 2, True)


def test_a_second_date_of_a_split_keeps_the_trainers_who_are_free_then():
    other = cast.make_person("Tess Trainer", cast.police())
    Trainer.objects.create(practitioner=other.practitioner, organisation=cast.police())
    event = make_event(trainer=cast.dev())
    assign_trainer(event.sessions.get(), other)
    people = [make_booking(event, person(number)) for number in range(2)]
    plan = split_plan(people[:1])
    make_event(starts_at=plan.sessions[0].starts_at, trainer=other)

    new = change_date(event, plan).new_event
    trainers.tell_trainers()

    assert [one.trainer for one in TrainerAssignment.objects.filter(session__event=new)] == [
        cast.dev().practitioner.trainer
    ]
    told = letters("trainer_date").get(to="dev@example.org", about=f"event:{new.pk}")
    assert "You are down to train this date." in told.text


def test_somebody_without_an_address_is_passed_over_every_time():
    event = make_event(trainer=cast.dev())
    Practitioner.objects.filter(user=cast.dev()).update(email="")
    User.objects.filter(email="dev@example.org").update(email="")

    trainers.tell_trainers()

    assert not letters().exists()
    assert event.sessions.exists()


def test_the_sweep_asks_the_database_as_often_for_many_dates_as_for_one():
    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert list(trainers.trainers_owed(NOW)) == []
        return len(queries)

    make_event(trainer=cast.dev())
    trainers.tell_trainers()
    one = asked()
    for days in range(31, 36):
        make_event(trainer=cast.dev(), starts_at=NOW + timedelta(days=days))
    trainers.tell_trainers()
    assert asked() == one
