"""A public date as a calendar file."""

import pytest
from icalendar import Calendar

from courses.models import DeliveryMode, Event
from tests import cast
from tests.makers import NOW, make_event

pytestmark = pytest.mark.django_db


def path_of(event):
    return f"/dates/{event.reference}/calendar.ics"


def test_event_calendar_has_every_day_and_names_nobody(client):
    event = make_event(days=2, trainer=cast.dev())
    answer = client.get(path_of(event))
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert answer["Content-Disposition"] == f'attachment; filename="{event.reference}.ics"'
    entries = Calendar.from_ical(answer.content).walk("VEVENT")
    assert [entry["dtstart"].dt for entry in entries] == [
        session.starts_at for session in event.sessions.order_by("position")
    ]
    assert [("attendee" in entry) for entry in entries] == [False, False]
    assert "Dev" not in answer.content.decode()


def test_event_calendar_keeps_the_link_to_the_room_to_itself(client):
    answer = client.get(path_of(make_event(mode=DeliveryMode.LIVE_ONLINE)))
    assert "meet.example.org" not in answer.content.decode()
    assert "Live online" in answer.content.decode()


def test_event_calendar_is_replaced_when_the_date_changes(client):
    event = make_event()
    [before] = Calendar.from_ical(client.get(path_of(event)).content).walk("VEVENT")
    Event.objects.update(is_open_to_region=True)
    [after] = Calendar.from_ical(client.get(path_of(event)).content).walk("VEVENT")
    assert before["uid"] == after["uid"]
    assert before["sequence"] < after["sequence"]


@pytest.mark.parametrize("state", [Event.State.DRAFT, Event.State.CANCELLED])
def test_event_calendar_of_a_date_that_is_not_on_does_not_exist(client, state):
    event = make_event()
    assert client.get(path_of(event)).status_code == 200
    Event.objects.update(state=state, cancelled_at=NOW, cancelled_by=cast.wendy())
    assert client.get(path_of(event)).status_code == 404


def test_event_calendar_of_nothing_is_not_found(client):
    assert client.get("/dates/NONE-0000/calendar.ics").status_code == 404
    assert client.post(path_of(make_event())).status_code == 405
