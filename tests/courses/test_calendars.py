"""Calendars: what a calendar program reads back, on both sides of the change of the clocks."""

from datetime import UTC, datetime, timedelta

import pytest
from icalendar import Calendar

from courses.calendars import CANCEL, PUBLISH, REQUEST, calendar_text
from courses.models import Session
from tests.makers import NOW, make_event, make_venue

pytestmark = pytest.mark.django_db

SUMMER_ENDS = datetime(2026, 10, 25, 9, 30, tzinfo=UTC)
SUMMER_BEGINS = datetime(2027, 3, 28, 8, 30, tzinfo=UTC)


def text_for(sessions, **changes):
    facts = {
        "uid": "B-7K2M4Q@portal.example.org",
        "sequence": 2,
        "method": REQUEST,
        "summary": "Working Together; Łódź, “day” one",
        "description": "Bring your notes.\nLunch is at 12:30pm.",
        "location": "Weavers Hall, 2 Aire Street, Airedon",
        "url": "https://portal.example.org/my/bookings/B-7K2M4Q/",
        "organiser_email": "training@portal.example.org",
        "organiser_name": "Workforce Development Team",
        "attendee_email": "amina@example.org",
        "now": NOW,
    }
    return calendar_text(sessions=sessions, **{**facts, **changes})


def entries(text):
    return Calendar.from_ical(text).walk("VEVENT")


def unsaved(starts_at, hours=6, position=1):
    return Session(position=position, starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours))


@pytest.mark.parametrize(
    ("starts_at", "local_start"),
    [
        # On Sunday 25 October 2026 the clocks went back at 2am, so the morning is winter time already.
        (SUMMER_ENDS, "20261025T093000"),
        (SUMMER_ENDS - timedelta(days=1), "20261024T103000"),
        # On Sunday 28 March 2027 they go forward at 1am.
        (SUMMER_BEGINS, "20270328T093000"),
        (SUMMER_BEGINS - timedelta(days=1), "20270327T083000"),
    ],
)
def test_calendar_text_gives_british_time_on_both_sides_of_the_change_of_clocks(starts_at, local_start):
    text = text_for([unsaved(starts_at)])
    assert f"DTSTART;TZID=Europe/London:{local_start}\r\n" in text
    [entry] = entries(text)
    assert entry["dtstart"].dt.astimezone(UTC) == starts_at


def test_calendar_text_carries_the_rules_of_british_time():
    [zone] = Calendar.from_ical(text_for([unsaved(SUMMER_ENDS)])).walk("VTIMEZONE")
    assert zone["tzid"] == "Europe/London"
    assert {part.name for part in zone.subcomponents} == {"DAYLIGHT", "STANDARD"}


def test_calendar_text_has_an_entry_for_each_session_with_a_uid_of_its_own():
    sessions = [unsaved(SUMMER_ENDS - timedelta(days=1)), unsaved(SUMMER_ENDS, position=2)]
    found = entries(text_for(sessions))
    assert [entry["uid"] for entry in found] == ["B-7K2M4Q-1@portal.example.org", "B-7K2M4Q-2@portal.example.org"]
    assert [entry["sequence"] for entry in found] == [2, 2]


def test_calendar_text_keeps_names_and_line_breaks():
    [entry] = entries(text_for([unsaved(SUMMER_ENDS)]))
    assert entry["summary"] == "Working Together; Łódź, “day” one"
    assert entry["description"] == "Bring your notes.\nLunch is at 12:30pm."
    assert entry["organizer"] == "mailto:training@portal.example.org"
    assert entry["organizer"].params["cn"] == "Workforce Development Team"
    assert entry["attendee"] == "mailto:amina@example.org"


def test_calendar_text_withdraws_an_entry_when_the_place_is_cancelled():
    calendar = Calendar.from_ical(text_for([unsaved(SUMMER_ENDS)], method=CANCEL))
    assert calendar["method"] == "CANCEL"
    assert [entry["status"] for entry in calendar.walk("VEVENT")] == ["CANCELLED"]


def test_calendar_text_for_the_public_names_nobody():
    calendar = Calendar.from_ical(text_for([unsaved(SUMMER_ENDS)], method=PUBLISH, attendee_email=""))
    assert [("attendee" in entry) for entry in calendar.walk("VEVENT")] == [False]


def test_calendar_text_names_the_venue_of_a_session_held_elsewhere():
    event = make_event(days=2)
    elsewhere = make_venue("Thorne Street Learning Centre")
    event.sessions.filter(position=2).update(venue=elsewhere)
    found = entries(text_for(event.sessions.select_related("venue").order_by("position")))
    assert [entry["location"] for entry in found] == [
        "Weavers Hall, 2 Aire Street, Airedon",
        "Thorne Street Learning Centre, 2 Aire Street, Airedon, AR1 1AA",
    ]
