"""Reminders to managers fall due by working days, in the morning, once."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import OutboundEmail, Partnership
from bookings.models import Approval
from bookings.sweeps.approvals import remind_approvers, reminders_due
from tests import cast
from tests.managers import MANAGER, ask_for_place, explicit_event

pytestmark = pytest.mark.django_db


def at(day, hour, minute=0, month=11):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def reminders_at(moment):
    with time_machine.travel(moment, tick=False):
        remind_approvers()
    return OutboundEmail.objects.filter(letter="bookings/approval_reminder").count()


def test_reminder_comes_two_working_days_after_the_question():
    ask_for_place(cast.amina(), now=at(19, 15))  # a Thursday

    assert [reminders_at(moment) for moment in (at(20, 12), at(22, 12), at(23, 7, 59))] == [0, 0, 0]
    assert [reminders_at(at(23, 8)), reminders_at(at(24, 12))] == [1, 1]


def test_reminder_steps_over_the_holidays():
    ask_for_place(
        cast.amina(), explicit_event(starts_at=at(28, 10, month=12) + timedelta(days=20)), now=at(23, 9, month=12)
    )

    # Christmas Eve is the first working day after it, Tuesday 29 December the second.
    assert [reminders_at(at(day, 12, month=12)) for day in (24, 28, 29)] == [0, 0, 1]


def test_reminder_keeps_to_the_setting():
    Partnership.objects.update_or_create(pk=1, defaults={"request_reminder_days": 1})
    ask_for_place(cast.amina(), now=at(19, 15))

    assert (reminders_at(at(20, 7)), reminders_at(at(20, 8))) == (0, 1)


def test_no_reminder_once_the_hold_is_over():
    booking = ask_for_place(cast.amina(), explicit_event(starts_at=at(26, 10)), now=at(20, 9))  # held to Monday

    assert reminders_due(now=booking.hold_ends_at - timedelta(hours=2)) == []
    assert reminders_at(at(25, 12)) == 0


def test_finding_whom_to_remind_asks_the_database_as_often_for_one_as_for_three(django_assert_num_queries):
    event = explicit_event()
    for name in ("Ann One", "Bea Two", "Cleo Three"):
        ask_for_place(cast.make_person(name, cast.social_work()), event, now=at(19, 15))
        with django_assert_num_queries(2):  # the partnership's setting, and all that wait
            found = reminders_due(now=at(23, 12))
        assert len(found) == Approval.objects.count()
    assert OutboundEmail.objects.filter(to=MANAGER).count() == 3
