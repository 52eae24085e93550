"""Many dates changed together: found, ticked, previewed one by one, each a change of its own."""

from datetime import timedelta

import pytest

from bookings.actions import event_changes
from bookings.models import EventChange
from courses.models import Event
from tests import cast
from tests.bookings.views.test_staff_changes import booked_date, hidden
from tests.makers import NOW, make_event, make_venue

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]


@pytest.fixture
def staff(client):
    client.force_login(cast.wendy())
    return client


def sent(*dates, **fields):
    empty = {"venue": "", "shift": "", "capacity": "", "booking_opens_on": "", "booking_closes_on": "", "words": ""}
    return empty | {"asking": "tell", "dates": [date.reference for date in dates]} | fields


def test_dates_are_found_by_course_state_and_day(staff):
    draft = make_event(state=Event.State.DRAFT)
    open_date = make_event(starts_at=NOW + timedelta(days=90))
    make_event(state=Event.State.CANCELLED, cancelled_at=NOW, cancelled_by=cast.wendy())

    def found(query):
        page = staff.get(f"/staff/dates-together/{query}").content.decode()
        return [date.reference for date in (draft, open_date) if f'value="{date.reference}"' in page]

    assert found("") == [draft.reference, open_date.reference]
    assert found("?state=DRAFT") == [draft.reference]
    assert found(f"?q={open_date.course.code}") == [open_date.reference]
    assert found("?begins=1/2/2027") == [open_date.reference]
    assert found("?q=nothing+like+it") == []


def test_several_dates_change_each_by_itself(staff):
    booked = booked_date()
    draft = make_event(booked.course, state=Event.State.DRAFT, starts_at=NOW + timedelta(days=50))
    hall = make_venue("Kirk Hall")
    form = sent(booked, draft, venue=str(hall.pk), shift="-30", is_publishing="on")
    seen = staff.post("/staff/dates-together/", form)
    assert "2 dates change, and 2 people are told." in " ".join(seen.content.decode().split())
    before = booked.starts_at
    for _ in range(2):
        assert staff.post("/staff/dates-together/", hidden(seen) | {"confirm": "1"}).status_code == 302
    assert EventChange.objects.count() == 2
    for date in (booked, draft):
        date.refresh_from_db()
        assert (date.venue, date.state) == (hall, Event.State.OPEN)
    assert booked.starts_at == before - timedelta(minutes=30)
    for change in EventChange.objects.all():
        while event_changes.carry_out_portion(change_id=change.pk, now=NOW):
            pass
    assert sorted(EventChange.objects.values_list("done_count", flat=True)) == [0, 2]


def test_what_cannot_be_keeps_nobody_from_the_rest(staff):
    full, roomy = booked_date(people=3), make_event()
    form = sent(full, roomy, capacity="2")
    seen = staff.post("/staff/dates-together/", form)
    assert "3 places are taken" in seen.content.decode()
    staff.post("/staff/dates-together/", hidden(seen) | {"confirm": "1"})
    full.refresh_from_db()
    roomy.refresh_from_db()
    assert (full.capacity, roomy.capacity) == (20, 2)


def test_nothing_ticked_or_nothing_said_is_a_mistake(staff):
    date = make_event()
    assert "Tick at least one date" in staff.post("/staff/dates-together/", sent(capacity="5")).content.decode()
    assert "Say what is to change" in staff.post("/staff/dates-together/", sent(date)).content.decode()
    assert staff.post("/staff/dates-together/", sent(date, capacity="5")).status_code == 200
