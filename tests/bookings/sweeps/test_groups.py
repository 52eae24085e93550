"""Names are asked for in time, once and once more; places that nobody named go back."""

from datetime import timedelta

import pytest
import time_machine

from accounts.models import OutboundEmail
from bookings.sweeps import groups
from courses.models import Event
from tests.bookings.actions.test_group_bookings import JO, book, counts, name, traded_event
from tests.makers import NOW

pytestmark = pytest.mark.django_db(transaction=True)

# The date begins on Monday 21 December 2026: ten working days before is the 7th, six the 11th, five the 14th.
BOOKED = NOW


def asked():
    return [letter.subject.split(":")[0].split(" name")[0] for letter in letters()]


def letters():
    return OutboundEmail.objects.filter(letter="bookings/names_needed").order_by("pk")


@pytest.mark.parametrize(
    ("moment", "subjects"),
    [
        ("2026-12-06T12:00Z", []),
        ("2026-12-07T07:30Z", []),
        ("2026-12-07T08:30Z", ["2"]),
        ("2026-12-10T12:00Z", ["2"]),
        ("2026-12-11T08:30Z", ["Last reminder"]),
        ("2026-12-14T23:58Z", ["Last reminder"]),
        ("2026-12-15T09:00Z", []),
    ],
)
def test_ask_for_names_writes_ten_and_six_working_days_before_and_never_afterwards(moment, subjects):
    book(traded_event(), unnamed=2, now=BOOKED)

    with time_machine.travel(moment, tick=False):
        groups.ask_for_names()
        groups.ask_for_names()

    assert asked() == subjects


def test_ask_for_names_asks_once_and_once_more_and_not_when_all_are_named():
    group = book(traded_event(), unnamed=1, now=BOOKED)
    for day in ("07", "08"):
        with time_machine.travel(f"2026-12-{day}T09:00Z", tick=False):
            groups.ask_for_names()
    assert asked() == ["1"]

    name(group, JO)
    with time_machine.travel("2026-12-11T09:00Z", tick=False):
        groups.ask_for_names()
    assert asked() == ["1"]


def test_ask_for_names_leaves_those_alone_who_were_told_that_day():
    book(traded_event(), unnamed=1, now=NOW.replace(month=12, day=9))

    with time_machine.travel("2026-12-10T09:00Z", tick=False):
        groups.ask_for_names()
    assert asked() == []
    with time_machine.travel("2026-12-11T09:00Z", tick=False):
        groups.ask_for_names()
    assert asked() == ["Last reminder"]


def test_release_unnamed_gives_back_at_the_day_and_not_before():
    event = traded_event()
    group = book(event, JO, unnamed=2)

    for moment, taken in ((group.name_by - timedelta(minutes=1), 3), (group.name_by, 1), (group.name_by, 1)):
        with time_machine.travel(moment, tick=False):
            groups.release_unnamed()
        assert counts(event) == (taken, taken)

    assert OutboundEmail.objects.filter(letter="bookings/group_released").count() == 1


def test_release_unnamed_writes_nothing_about_a_date_that_is_off():
    event = traded_event()
    group = book(event, unnamed=2)
    Event.objects.filter(pk=event.pk).update(state=Event.State.POSTPONED)

    with time_machine.travel(group.name_by, tick=False):
        groups.release_unnamed()

    assert counts(event) == (0, 0)
    assert OutboundEmail.objects.filter(letter="bookings/group_released").count() == 0
