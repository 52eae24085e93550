"""The team's register of a whole date: sessions side by side, corrections with who and why, outcomes decided."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import clock
from bookings.actions import registers
from bookings.models import Attendance
from bookings.models.booking import State
from courses.models import Event
from tests import cast
from tests.makers import make_booking, make_event

pytestmark = pytest.mark.django_db

Mark = Attendance.Mark


@pytest.fixture
def part():
    """Amina was there on the first of two days, and away on the second."""
    dev = cast.dev()
    event = make_event(starts_at=clock.now() - timedelta(days=3), days=2, trainer=dev)
    booking = make_booking(event, cast.amina())
    for session, mark in zip(event.sessions.order_by("position"), (Mark.PRESENT, Mark.ABSENT), strict=True):
        registers.mark(session=session, marks={booking.pk: mark}, by=dev, now=session.ends_at)
    booking.refresh_from_db()
    assert booking.state == State.PART_ATTENDED
    return booking


def register_page(booking):
    return reverse("bookings:staff_register", args=[booking.event.reference])


def outcome_page(booking):
    return reverse("bookings:booking_outcome", args=[booking.reference])


def words(answer):
    return " ".join(answer.content.decode().split())


def test_all_sessions_stand_side_by_side(client, part):
    client.force_login(cast.wendy())
    page = words(client.get(register_page(part)))
    assert page.index('data-label="Day 1">Here') < page.index('data-label="Day 2">Not here')
    assert "Marked by Dev Patel at" in page
    assert "Attended in part" in page
    assert "Nothing was changed after it had been marked." in page


def test_corrections_tell_who_when_what_and_why(client, part):
    second = part.event.sessions.get(position=2)
    Event.objects.update(state=Event.State.LOCKED, register_locked_at=clock.now() - timedelta(hours=1))
    wendy, now = cast.wendy(), clock.now()
    session = type(second).objects.select_related("event").get(pk=second.pk)
    registers.mark(session=session, marks={part.pk: Mark.PRESENT}, by=wendy, now=now, reason="She signed the sheet")
    client.force_login(wendy)

    answer = client.get(register_page(part))

    [correction] = answer.context["corrections"]
    assert (correction.who, correction.person, correction.at) == ("Wendy Marsh", "Amina Yusuf", now)
    assert (correction.what, correction.reason) == ("day 2: Not here, now Here", "She signed the sheet")


def test_outcome_is_decided_with_a_reason_and_shown_with_it(client, part):
    client.force_login(cast.wendy())
    assert client.post(outcome_page(part), {"decision": "attended"}).status_code == 422
    said = {"decision": "attended", "reason": "Court on the second day"}

    assert [client.post(outcome_page(part), said).status_code for _ in range(2)] == [302, 302]

    part.refresh_from_db()
    assert part.state == State.ATTENDED
    page = words(client.get(register_page(part)))
    assert "Decided: Court on the second day" in page
    assert "counted as: attended" in page
    assert "Take back" in page
    client.post(outcome_page(part), {"decision": "marks", "reason": "It was the wrong person"})
    part.refresh_from_db()
    assert part.state == State.PART_ATTENDED


def test_outcome_that_follows_the_marks_is_not_to_be_decided(client):
    booking = make_booking(make_event(), cast.amina())
    client.force_login(cast.wendy())
    assert "There is nothing to decide" in words(client.get(outcome_page(booking)))
    answer = client.post(outcome_page(booking), {"decision": "attended", "reason": "Because"})
    assert answer.status_code == 422
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED


@pytest.mark.parametrize("person", [cast.dev, cast.amina, cast.lou, cast.carol])
def test_both_pages_are_for_the_team(client, part, person):
    client.force_login(person())
    assert client.get(register_page(part)).status_code == 404
    assert client.get(outcome_page(part)).status_code == 404
    said = {"decision": "attended", "reason": "I was there"}
    assert client.post(outcome_page(part), said).status_code == 404
    part.refresh_from_db()
    assert part.state == State.PART_ATTENDED


def test_register_asks_as_much_of_the_database_for_three_as_for_one(client, part, django_assert_num_queries):
    client.force_login(cast.wendy())
    client.get(register_page(part))
    with CaptureQueriesContext(connection) as one:
        client.get(register_page(part))
    for name in ("Ola Nowak", "Ife Bello"):
        booking = make_booking(part.event, cast.make_person(name, cast.police()))
        for session in part.event.sessions.all():
            for mark in (Mark.ABSENT, Mark.PRESENT):
                registers.mark(session=session, marks={booking.pk: mark}, by=cast.dev(), now=clock.now())
    with django_assert_num_queries(len(one)):
        client.get(register_page(part))
