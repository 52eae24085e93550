"""A person's private calendar: what it shows, to whom, and for how long."""

from datetime import timedelta

import pytest
import time_machine
from icalendar import Calendar

from accounts.actions import calendar_feeds
from accounts.models import CalendarFeed, User
from bookings.models import Booking
from courses.models import Event
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def address_of(user):
    token = calendar_feeds.renew(practitioner=user.practitioner, by=user, now=NOW)
    return f"/calendar/{token}.ics"


def shown(client, address):
    answer = client.get(address)
    assert answer.status_code == 200
    return {str(entry["SUMMARY"]): entry for entry in Calendar.from_ical(answer.content).walk("VEVENT")}


def test_feed_shows_titles_times_and_places_and_nothing_else(client):
    booking = make_booking(make_event(make_course("Neglect"), mode="live_online"), cast.amina())
    make_booking(make_event(make_course("Of Carol")), cast.carol())
    address = address_of(cast.amina())
    entries = shown(client, address)
    assert list(entries) == ["Neglect"]
    entry = entries["Neglect"]
    assert set(entry) == {"UID", "SEQUENCE", "DTSTAMP", "DTSTART", "DTEND", "SUMMARY", "LOCATION", "STATUS"}
    assert entry["LOCATION"] == "Live online"
    assert f"booking-{booking.reference}-1@" in entry["UID"]
    text = client.get(address).text
    for secret in ("meet.example.org", "amina", "Amina", "ATTENDEE", "ORGANIZER", "METHOD"):
        assert secret not in text


def test_feed_follows_what_becomes_of_a_place(client):
    booking = make_booking(make_event(make_course("Neglect"), days=2), cast.amina())
    gone = make_booking(make_event(make_course("Given up")), cast.amina())
    off = make_event(make_course("Off"))
    make_booking(off, cast.amina())
    address = address_of(cast.amina())
    assert set(shown(client, address)) == {"Neglect", "Given up", "Off"}
    Booking.objects.filter(pk=gone.pk).update(state="CANCELLED", cancelled_at=NOW)
    Event.objects.filter(pk=off.pk).update(state="CANCELLED", cancelled_at=NOW, cancelled_by=cast.wendy())
    booking.event.sessions.filter(position=1).update(
        starts_at=NOW + timedelta(days=10), ends_at=NOW + timedelta(days=10, hours=3)
    )
    Booking.objects.filter(pk=booking.pk).update(calendar_sequence=3)
    text = client.get(address).text
    assert text.count("SUMMARY:Neglect") == 2
    assert text.count("SEQUENCE:3") == 2
    assert "20261201T100000" in text
    assert "Given up" not in text
    assert "SUMMARY:Off" not in text


def test_feed_is_for_nobody_else_and_not_stored_by_those_between(client):
    answer = client.get(address_of(cast.amina()))
    headers = {name: answer[name] for name in ("Cache-Control", "Referrer-Policy", "X-Robots-Tag")}
    assert headers == {
        "Cache-Control": "private, no-store",
        "Referrer-Policy": "no-referrer",
        "X-Robots-Tag": "noindex",
    }
    assert answer["Content-Type"] == "text/calendar; charset=utf-8"
    assert "Set-Cookie" not in answer.headers


def test_only_the_newest_address_opens(client):
    old, new = address_of(cast.amina()), address_of(cast.amina())
    assert [client.get(old).status_code, client.get(new).status_code] == [404, 200]
    calendar_feeds.switch_off(practitioner=cast.amina().practitioner, by=cast.amina(), now=NOW)
    assert client.get(new).status_code == 404


def test_feed_dies_with_the_account(client):
    address = address_of(cast.amina())
    assert client.get(address).status_code == 200
    User.objects.filter(pk=cast.amina().pk).update(is_active=False)
    assert client.get(address).status_code == 404


@pytest.mark.parametrize("token", ["x", "%00", "a" * 5000, "..", "%F0%9F%92%A9"])
def test_a_wrong_address_is_not_found(client, token):
    address_of(cast.amina())
    assert client.get(f"/calendar/{token}.ics").status_code == 404


def test_a_digest_is_no_key(client):
    address_of(cast.amina())
    assert client.get(f"/calendar/{CalendarFeed.objects.get().token_digest}.ics").status_code == 404


def test_reading_is_noted_once_an_hour(client):
    address = address_of(cast.amina())
    noted = []
    for minutes in (0, 59, 61):
        with time_machine.travel(NOW + timedelta(minutes=minutes), tick=False):
            client.get(address)
        noted.append((CalendarFeed.objects.get().last_read_at - NOW).total_seconds() / 60)
    assert noted == [0, 0, 61]
    assert CalendarFeed.objects.get().history.count() == 1


def test_feed_asks_the_same_for_one_date_as_for_three(client, django_assert_num_queries):
    address = address_of(cast.amina())
    for count in range(3):
        make_booking(make_event(make_course(f"Course {count}")), cast.amina())
        client.get(address)
        with django_assert_num_queries(5):
            client.get(address)
