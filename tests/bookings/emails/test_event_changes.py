"""Letters when we change a date, and what calendar programs make of book, move and cancel across the change of clocks."""

from datetime import UTC, datetime, timedelta

import pytest

from accounts.models import OutboundEmail, Partnership
from bookings import emails
from bookings.models import Booking, EventChange
from courses.models import Session
from tests import cast
from tests.bookings.test_emails import one_line
from tests.calendars import READERS, Program
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db

# Summer time ends on 25 October 2026 and begins on 28 March 2027; 9:30 on the wall is another hour of the world then.
AUTUMN = [datetime(2026, 10, 24, 8, 30, tzinfo=UTC), datetime(2026, 10, 25, 9, 30, tzinfo=UTC)]
SPRING = [datetime(2027, 3, 27, 9, 30, tzinfo=UTC), datetime(2027, 3, 28, 8, 30, tzinfo=UTC)]
READER = pytest.mark.parametrize("read", READERS)
CHANGE = pytest.mark.parametrize(("before", "after"), [AUTUMN, AUTUMN[::-1], SPRING, SPRING[::-1]])
HOURS = timedelta(hours=6)


def booked(starts_at, days=1):
    event = make_event(make_course("Neglect; “Łódź”"), starts_at=starts_at, days=days)
    return Booking.objects.with_event_facts().get(pk=make_booking(event, cast.amina(), now=NOW).pk)


def move(booking, *starts):
    """Do to the rows what moving a date does; return the letter about it."""
    before = emails.event_facts(booking.event)
    for position, start in enumerate(starts, start=1):
        Session.objects.filter(event=booking.event, position=position).update(starts_at=start, ends_at=start + HOURS)
    Session.objects.filter(event=booking.event, position__gt=len(starts)).delete()
    Booking.objects.filter(pk=booking.pk).update(
        calendar_sequence=booking.calendar_sequence + 1, answer_due_at=NOW + timedelta(days=7)
    )
    moved = fresh(booking)
    change = EventChange(event=moved.event, kind="MOVE", plan={"before": before}, words="The trainer is ill.")
    return emails.moved(booking=moved, change=change, now=NOW)


def fresh(booking):
    return Booking.objects.with_event_facts().get(pk=booking.pk)


def cancel_by_us(booking):
    Booking.objects.filter(pk=booking.pk).update(
        state="CANCELLED_BY_PROVIDER",
        cancelled_at=NOW,
        cancelled_reason="Snow",
        calendar_sequence=booking.calendar_sequence + 1,
    )
    change = EventChange(event=booking.event, kind="CANCEL", reason="WEATHER", words="Snow")
    return emails.cancelled_by_us(booking=fresh(booking), change=change, entry=None, now=NOW)


@READER
@CHANGE
def test_book_move_and_cancel_read_right_across_the_change_of_clocks(read, before, after):
    program, booking = Program(read), booked(before)
    program.take(emails.confirmation(booking=booking, now=NOW).calendar)
    assert program.shows == [(before, before + HOURS)]
    program.take(move(booking, after).calendar)
    assert program.shows == [(after, after + HOURS)]
    program.take(cancel_by_us(fresh(booking)).calendar)
    assert program.shows == []


@READER
def test_letters_that_arrive_in_another_order_end_the_same(read):
    booking = booked(AUTUMN[0])
    first = emails.confirmation(booking=booking, now=NOW).calendar
    second = move(booking, AUTUMN[1]).calendar
    program = Program(read)
    program.take(second)
    program.take(first)
    assert program.shows == [(AUTUMN[1], AUTUMN[1] + HOURS)]


@READER
def test_days_that_fall_away_leave_the_calendar(read):
    booking = booked(AUTUMN[0], days=3)
    program = Program(read)
    program.take(emails.confirmation(booking=booking, now=NOW).calendar)
    assert len(program.shows) == 3
    start = SPRING[1]
    move(booking, start)
    for letter in OutboundEmail.objects.exclude(letter="bookings/confirmation"):
        program.take(letter.calendar)
    assert program.shows == [(start, start + HOURS)]
    dropped = OutboundEmail.objects.get(letter="bookings/days_dropped")
    assert (dropped.calendar_method, dropped.subject) == ("CANCEL", "2 days fewer: Neglect; “Łódź”")


@READER
def test_organiser_stays_whoever_answers_the_teams_post(read, settings):
    settings.CALENDAR_ORGANISER = "calendar@portal.example.org"
    booking = booked(AUTUMN[0])
    program = Program(read)
    program.take(emails.confirmation(booking=booking, now=NOW).calendar)
    Partnership.objects.update(team_name="Learning Team; “new”", contact_email="new@airedon.gov.uk")
    program.take(cancel_by_us(booking).calendar)
    assert program.shows == []
    assert {entry["organizer"].lower() for entry in program.entries.values()} == {"mailto:calendar@portal.example.org"}


@READER
def test_a_title_cannot_steer_the_file(read):
    booking = booked(AUTUMN[0])
    booking.event.version.course.title = "Title\r\nBEGIN:VEVENT\r\nUID:x;LANGUAGE=xx:\\,"
    _, found = read(emails.confirmation(booking=booking, now=NOW).calendar)
    assert len(found) == 1


def test_moved_tells_what_was_what_is_and_until_when_to_answer():
    booking = booked(AUTUMN[0])
    letter = move(booking, AUTUMN[1])
    text = one_line(letter.text)
    assert "The trainer is ill." in text
    assert "It was: Saturday 24 October 2026, 9:30am to 3:30pm" in text
    assert "When: Sunday 25 October 2026, 9:30am to 3:30pm" in text
    assert "Saturday 28 November 2026" in text
    assert f"/my/bookings/{booking.reference}/" in letter.text
    assert letter.calendar_method == "REQUEST"


def test_cancelled_by_us_gives_the_reason_and_costs_nothing():
    booking = booked(AUTUMN[0])
    letter = cancel_by_us(booking)
    assert "Snow" in letter.text
    assert (letter.calendar_method, letter.urgency) == ("CANCEL", OutboundEmail.Urgency.AT_ONCE)


def test_cancelled_by_us_of_a_request_touches_no_calendar():
    booking = make_booking(make_event(), cast.amina(), state="REQUESTED")
    change = EventChange(event=booking.event, kind="CANCEL", reason="WEATHER")
    letter = emails.cancelled_by_us(booking=fresh(booking), change=change, entry=None, now=NOW)
    assert (letter.calendar, "calendar" in letter.text) == ("", False)
