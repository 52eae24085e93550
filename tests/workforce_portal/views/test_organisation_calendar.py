"""The calendar of an organisation: its places, named and unnamed, on the days of the month, and nobody else's."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.models import Booking
from bookings.models.booking import State
from courses.models import Session
from tests import cast
from tests.answers import main_of
from tests.bookings.actions.test_group_bookings import SAM, book, traded_event
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]


def teacher(name):
    return cast.make_person(name, cast.make_organisation())


def test_calendar_shows_who_trains_on_each_day_and_places_without_a_name(client):
    group = book(traded_event(), SAM, unnamed=2)
    starts = group.event.starts_at
    client.force_login(cast.carol())

    words = main_of(client.get(f"/organisation/calendar/?month={starts:%Y-%m}"))
    month_after = main_of(client.get(f"/organisation/calendar/?month={starts + timedelta(days=31):%Y-%m}"))

    assert f"Places in {starts:%B %Y} 3 places on 1 day of training" in words
    assert "3 places" in words.split("Who trains when")[0]
    assert "Sam Ellis, and 2 places without a name" in words
    assert "Nobody of yours has a place in this month" in month_after


def test_calendar_shows_each_day_of_a_course_of_several_days_and_both_people(client):
    event = make_event(make_course("Neglect"), starts_at=NOW + timedelta(days=3))
    Session.objects.create(
        event=event, position=2, starts_at=NOW + timedelta(days=5), ends_at=NOW + timedelta(days=5, hours=3)
    )
    for name in ("Tess Teacher", "Abel Assistant"):
        make_booking(event, teacher(name))
    client.force_login(cast.carol())

    words = main_of(client.get(f"/organisation/calendar/?month={NOW:%Y-%m}"))

    assert "4 places on 2 days of training" in words
    assert words.count("Abel Assistant, Tess Teacher") == 2


def test_calendar_leaves_out_given_up_places_called_off_dates_and_other_organisations(client):
    kept = make_event(make_course("Kept"), starts_at=NOW + timedelta(days=2))
    make_booking(kept, teacher("Tess Teacher"))
    given_up = make_booking(kept, teacher("Gina Gone"))
    Booking.objects.filter(pk=given_up.pk).update(state=State.CANCELLED, cancelled_at=NOW)
    called_off = make_event(make_course("Called off"), starts_at=NOW + timedelta(days=2))
    make_booking(called_off, teacher("Olly Off"))
    type(called_off).objects.filter(pk=called_off.pk).update(
        state="CANCELLED", cancelled_at=NOW, cancelled_by=cast.wendy()
    )
    make_booking(kept, cast.amina())
    client.force_login(cast.carol())

    words = main_of(client.get("/organisation/calendar/"))

    assert "1 place on 1 day of training" in words
    assert "Tess Teacher" in words
    for hidden in ("Gina Gone", "Olly Off", "Called off", "Amina"):
        assert hidden not in words


@pytest.mark.parametrize("odd", ["x", "2026-13", "0001-01", "9999-12", "%00", "2026-11-21", "9" * 60])
def test_a_month_that_is_none_shows_this_month(client, odd):
    client.force_login(cast.carol())
    response = client.get(f"/organisation/calendar/?month={odd}")
    assert response.status_code == 200
    assert f"Places in {NOW:%B %Y}" in main_of(response)


@pytest.mark.parametrize("name", ["amina", "dev", "wendy"])
def test_calendar_is_of_whoever_speaks_for_an_organisation(client, name):
    client.force_login(cast.carol())
    assert client.get("/organisation/calendar/").status_code == 200
    assert client.get(f"/organisation/calendar/?organisation={cast.police().pk}").status_code == 404
    client.force_login(getattr(cast, name)())
    assert client.get("/organisation/calendar/").status_code == 404


def test_calendar_asks_as_often_for_one_day_as_for_six(client):
    client.force_login(cast.carol())
    counts = []
    for number in range(6):
        event = make_event(make_course(f"Course {number}"), starts_at=NOW + timedelta(days=1 + number))
        make_booking(event, teacher(f"Person {number}"))
        with CaptureQueriesContext(
            connection,
        ) as asked:
            assert f"{number + 1} days" in main_of(client.get("/organisation/calendar/")) or number == 0
        counts.append(len(asked))
    assert counts[1] == counts[-1], counts
