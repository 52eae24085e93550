"""The person's answer about a date that moved."""

from datetime import timedelta
from uuid import uuid4

import pytest

from bookings.actions import event_changes
from bookings.models import Booking
from bookings.models.booking import State
from tests import cast
from tests.bookings.actions.test_event_changes import carry_out, move_plan
from tests.makers import NOW, make_booking, make_event

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]


@pytest.fixture
def asked(client):
    event = make_event()
    booking = make_booking(event, cast.amina())
    carry_out(
        event_changes.start(event_id=event.pk, plan=move_plan(), by=cast.wendy(), now=NOW, idempotency_key=uuid4())
    )
    client.force_login(cast.amina())
    return booking


def test_the_booking_leads_to_the_question_and_yes_ends_it(client, asked):
    assert "This date has moved. Can you come?" in client.get(f"/my/bookings/{asked.reference}/").content.decode()
    path = f"/my/bookings/{asked.reference}/answer/"
    page = " ".join(client.get(path).content.decode().split())
    assert "Monday 21 December 2026" in page
    assert "Thursday 31 December 2026" in page
    assert client.post(path, {"answer": "perhaps"}).status_code == 200
    assert client.post(path, {"answer": "yes"}).status_code == 302
    assert Booking.objects.get().answered_at >= NOW
    assert client.get(path).status_code == 302
    assert "This date has moved" not in client.get(f"/my/bookings/{asked.reference}/").content.decode()


def test_no_ends_the_booking_and_twice_is_once(client, asked):
    path = f"/my/bookings/{asked.reference}/answer/"
    for _ in range(2):
        assert client.post(path, {"answer": "no"}).status_code == 302
    booking = Booking.objects.get()
    assert (booking.state, booking.event.places_taken) == (State.CANCELLED_BY_PROVIDER, 0)


def test_somebody_elses_question_is_not_to_be_found(client, asked):
    client.force_login(cast.zed())
    assert client.post(f"/my/bookings/{asked.reference}/answer/", {"answer": "no"}).status_code == 404
    assert Booking.objects.get().state == State.CONFIRMED


def test_words_about_too_few_people_stand_until_there_are_enough(client):
    event = make_event(min_numbers=2, starts_at=NOW + timedelta(days=30))
    booking = make_booking(event, cast.amina())
    client.force_login(cast.amina())
    words = "This date goes ahead once 2 people have booked. If it cannot run, we tell you by Monday 7 December 2026."
    assert words in client.get(f"/my/bookings/{booking.reference}/").content.decode()
    make_booking(event, cast.ben())
    assert "goes ahead once" not in client.get(f"/my/bookings/{booking.reference}/").content.decode()
