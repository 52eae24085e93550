"""The team's pages that change dates: form, preview, confirm, how far it has come; and dates to decide."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import OutboundEmail
from bookings.actions import event_changes
from bookings.models import Booking, EventChange
from bookings.models.booking import State
from courses.models import Event
from tests import cast
from tests.makers import NOW, make_booking, make_event, make_venue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]


@pytest.fixture
def staff(client):
    client.force_login(cast.wendy())
    return client


def booked_date(people=2, **fields):
    event = make_event(**fields)
    for number in range(people):
        agency = cast.make_organisation(f"Agency {number}", charging_category="partner_free")
        make_booking(event, cast.make_person(f"Person{number} Told", agency))
    return event


def days(*when, starts="10:00", ends="16:00"):
    data = {"days-TOTAL_FORMS": len(when), "days-INITIAL_FORMS": len(when)}
    for position, day in enumerate(when):
        data |= {
            f"days-{position}-day": f"{day.day}/{day.month}/{day.year}",
            f"days-{position}-starts": starts,
            f"days-{position}-ends": ends,
            f"days-{position}-venue": "",
        }
    return data


def move(day, **fields):
    return {"mode": "in_person", "venue": str(make_venue().pk), "asking": "auto", "words": ""} | days(day) | fields


def hidden(answer):
    """What the preview carries along to its button."""
    fields = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)">', answer.content.decode()):
        fields.setdefault(name, []).append(value)
    return {name: values for name, values in fields.items() if name != "csrfmiddlewaretoken"}


def carry_out(change):
    while event_changes.carry_out_portion(change_id=change.pk, now=NOW):
        pass


def test_move_is_previewed_and_then_done_once(staff):
    event = booked_date()
    path, sent = f"/staff/dates/{event.reference}/move/", move((NOW + timedelta(days=40)).date())
    assert staff.get(path).status_code == 200
    seen = staff.post(path, sent)
    assert "2 people with a place" in seen.content.decode()
    assert "Can you come? Please tell us by" in " ".join(seen.content.decode().split())
    assert EventChange.objects.count() == 0
    for _ in range(2):
        done = staff.post(path, hidden(seen) | {"confirm": "1"})
        assert done.status_code == 302
    change = EventChange.objects.get()
    assert done.url == f"/staff/changes/{change.pk}/"
    assert staff.get(f"{done.url}progress/").json()["message"] == "0 of 2 people have been told."
    carry_out(change)
    assert staff.get(f"{done.url}progress/").json()["state"] == "done"
    assert "It is done" in staff.get(done.url).content.decode()
    assert "2 people have not answered" in staff.get(done.url).content.decode()


def test_move_that_stays_on_its_day_asks_nobody_unless_told_to(staff):
    event = booked_date()
    path, day = f"/staff/dates/{event.reference}/move/", event.starts_at.date()
    assert "Not asked" in staff.post(path, move(day, **{"days-0-starts": "11:00"})).content.decode()
    assert "They say whether" in staff.post(path, move(day, asking="ask")).content.decode()


def test_a_mistake_is_named_and_the_rest_kept(staff):
    event = booked_date()
    path, day = f"/staff/dates/{event.reference}/move/", (NOW + timedelta(days=40)).date()
    wrong = staff.post(path, move(day, words="We are sorry", **{"days-0-ends": "9:00"}))
    assert wrong.status_code == 422
    assert "The day ends before it starts" in wrong.content.decode()
    assert "We are sorry" in wrong.content.decode()
    late = staff.post(path, move(NOW.date() - timedelta(days=1)))
    assert (late.status_code, "in the past" in late.content.decode()) == (409, True)
    assert staff.post(path, move(day) | {"days-TOTAL_FORMS": "2"}).status_code == 422
    assert staff.post(path, move(day)).status_code == 200


def test_a_page_that_is_out_of_date_is_refused(staff):
    event = booked_date()
    path = f"/staff/dates/{event.reference}/cancel/"
    seen = staff.post(path, {"reason": "WEATHER", "words": "", "held_event": ""})
    Event.objects.filter(pk=event.pk).update(capacity=33)
    refused = staff.post(path, hidden(seen) | {"confirm": "1"})
    assert (refused.status_code, "was changed since" in refused.content.decode()) == (409, True)
    again = staff.post(path, {"reason": "WEATHER", "words": "", "held_event": ""})
    assert staff.post(path, hidden(again) | {"confirm": "1"}).status_code == 302


def test_cancel_says_its_reason_and_offers_another_date(staff):
    event = booked_date()
    other = make_event(event.course, starts_at=NOW + timedelta(days=50))
    path = f"/staff/dates/{event.reference}/cancel/"
    assert staff.post(path, {"reason": "OTHER", "words": ""}).status_code == 422
    seen = staff.post(path, {"reason": "TOO_FEW", "words": "", "held_event": str(other.pk)})
    assert "We hold a place for you" in " ".join(seen.content.decode().split())
    change_url = staff.post(path, hidden(seen) | {"confirm": "1"}).url
    carry_out(EventChange.objects.get())
    assert "too few people had booked" in staff.get(change_url).content.decode()
    assert Booking.objects.filter(state=State.CANCELLED_BY_PROVIDER).count() == 2
    assert staff.get(path).status_code == 302


def test_split_shows_everybody_to_tick(staff):
    event = booked_date(people=3)
    first = event.bookings.order_by("pk").first()
    path = f"/staff/dates/{event.reference}/split/"
    assert "Person0 Told, Agency 0" in staff.get(path).content.decode()
    sent = move((NOW + timedelta(days=40)).date()) | {
        "moved": [str(first.pk)],
        "places_here": "2",
        "places_there": "10",
    }
    seen = staff.post(path, sent)
    assert "1 person with a place" in seen.content.decode()
    staff.post(path, hidden(seen) | {"confirm": "1"})
    carry_out(EventChange.objects.get())
    first.refresh_from_db()
    assert first.event.split_from == event
    assert event.reference in staff.get(f"/staff/dates/{first.event.reference}/").content.decode()


def test_fewer_places_than_taken_are_refused_with_the_number(staff):
    event = booked_date()
    path = f"/staff/dates/{event.reference}/capacity/"
    refused = staff.post(path, {"capacity": "1"})
    assert "2 places are taken, so there cannot be fewer than 2." in refused.content.decode()
    seen = staff.post(path, {"capacity": "30"})
    staff.post(path, hidden(seen) | {"confirm": "1"})
    event.refresh_from_db()
    assert event.capacity == 30


def test_dates_to_decide_lead_to_the_decision(staff):
    soon = booked_date(people=1, min_numbers=8, starts_at=NOW + timedelta(days=9))
    later = make_event(min_numbers=8, starts_at=NOW + timedelta(days=60))
    booked_date(people=1, min_numbers=1)
    page = staff.get("/staff/dates-to-decide/").content.decode()
    assert (soon.reference in page, later.reference in page, page.count("portal-card__title")) == (True, True, 2)
    assert page.count("Decide now") == 1
    assert "1</span> date to decide" in staff.get("/staff/").content.decode()
    path = f"/staff/dates/{soon.reference}/go-ahead/"
    seen = staff.post(path, {"words": ""})
    staff.post(path, hidden(seen) | {"confirm": "1"})
    carry_out(EventChange.objects.get())
    assert OutboundEmail.objects.filter(letter="bookings/goes_ahead").count() == 1
    assert soon.reference not in staff.get("/staff/dates-to-decide/").content.decode()


def test_a_change_that_stopped_is_tried_again(staff):
    event = booked_date()
    change = EventChange.objects.create(
        kind="GO_AHEAD", event=event, asked_at=NOW, asked_by=cast.wendy(), failed_at=NOW, affected_count=2
    )
    assert "It stopped half way" in staff.get(f"/staff/changes/{change.pk}/").content.decode()
    assert "1</span> change that stopped" in staff.get("/staff/").content.decode()
    assert staff.post(f"/staff/changes/{change.pk}/try-again/").status_code == 302
    change.refresh_from_db()
    assert change.failed_at is None


@pytest.mark.parametrize("path", ["/staff/changes/", "/staff/dates-to-decide/", "/staff/dates-together/"])
def test_lists_ask_the_database_as_often_for_many_as_for_one(staff, path):
    def more():
        event = booked_date(people=0, min_numbers=8)
        EventChange.objects.create(kind="DETAILS", event=event, asked_at=NOW, asked_by=cast.wendy(), finished_at=NOW)

    def asked():
        with CaptureQueriesContext(connection) as queries:
            assert staff.get(path).status_code == 200
        return len(queries)

    more()
    staff.get(path)
    one = asked()
    for _ in range(4):
        more()
    assert asked() == one


def test_odd_input_is_no_error(staff):
    event = booked_date()
    odd = {"page": "9" * 30, "key": "\0", "seen": "\0", "moved": ["\0", "9" * 40], "words": "\0", "capacity": "9" * 40}
    for kind in ("move", "split", "cancel", "postpone", "capacity", "go-ahead"):
        answer = staff.post(f"/staff/dates/{event.reference}/{kind}/", odd | {"confirm": "1"})
        assert answer.status_code in (302, 409, 422)
    assert staff.get("/staff/changes/99999999999999999999999/").status_code == 404
    assert staff.post("/staff/dates-together/", {"dates": ["\0", "x" * 500], "shift": "9" * 50}).status_code == 422
