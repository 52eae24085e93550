"""The team's pages about waiting lists: whom to call, what they answered, who goes first."""

from datetime import timedelta

import pytest
from django.urls import reverse

from bookings.actions import places
from bookings.models import Booking
from bookings.models.booking import State
from bookings.models.waiting_list import WaitingState
from tests import cast
from tests.answers import text_of
from tests.makers import NOW, make_booking, make_entry, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def near_event():
    """A full date two days ahead, in the days in which nobody is written to, with somebody waiting."""
    event = make_event(capacity=1, starts_at=NOW + timedelta(hours=49))
    make_booking(event, cast.ben())
    return event, make_entry(event, cast.carol())


def list_of(event):
    return reverse("bookings:staff_waiting_list", args=[event.reference])


def test_people_are_called_held_a_place_for_and_booked(client):
    event, entry = near_event()
    client.force_login(cast.wendy())
    places.cancel(booking_id=Booking.objects.get().pk, by=None, now=NOW, reason="Ill")

    lists = text_of(client.get(reverse("bookings:waiting_list_list")))
    page = text_of(client.get(list_of(event)))
    held = client.post(reverse("bookings:waiting_offer", args=[entry.reference]), follow=True)
    taken = client.post(reverse("bookings:waiting_yes", args=[entry.reference]), follow=True)
    booking = Booking.objects.get(practitioner=cast.carol().practitioner)

    assert "Call them" in lists
    assert "Call these people" in page
    assert "A place is held for Carol Hughes" in text_of(held)
    assert "Carol Hughes has the place" in text_of(taken)
    assert (booking.state, booking.source) == (State.CONFIRMED, "STAFF")


def test_no_place_is_held_where_none_is_free(client):
    _, entry = near_event()
    client.force_login(cast.wendy())

    answer = client.post(reverse("bookings:waiting_offer", args=[entry.reference]), follow=True)
    entry.refresh_from_db()

    assert "No place is free that could be offered" in text_of(answer)
    assert entry.state == WaitingState.WAITING


@pytest.mark.parametrize(("answer", "state"), [("no", WaitingState.WAITING), ("off", WaitingState.WITHDRAWN)])
def test_what_was_said_on_the_telephone_is_written_down_once(client, answer, state):
    _, entry = near_event()
    client.force_login(cast.wendy())

    for _ in range(2):
        client.post(reverse(f"bookings:waiting_{answer}", args=[entry.reference]))
    entry.refresh_from_db()

    assert entry.state == state


def test_somebody_goes_first_with_a_reason(client):
    event, entry = near_event()
    client.force_login(cast.wendy())
    address = reverse("bookings:waiting_urgent", args=[entry.reference])

    silent = client.post(address, {"reason": ""})
    client.post(address, {"reason": "New designated lead"})

    assert (silent.status_code, "Say why they go first" in text_of(silent)) == (422, True)
    assert "New designated lead" in text_of(client.get(list_of(event)))


def test_lists_ask_the_database_as_often_for_one_row_as_for_four(client, django_assert_max_num_queries):
    event, _ = near_event()
    client.force_login(cast.wendy())
    lists = reverse("bookings:waiting_list_list")
    client.get(lists)
    with django_assert_max_num_queries(50) as one_entry:
        client.get(list_of(event))
    with django_assert_max_num_queries(50) as one_date:
        client.get(lists)
    for number in range(3):
        make_entry(event, cast.make_person(f"Person{number} Waits", cast.social_work()))
        other = make_event(event.course, capacity=1, starts_at=NOW + timedelta(days=20 + number))
        make_entry(other, cast.carol())

    with django_assert_max_num_queries(len(one_entry)):
        client.get(list_of(event))
    with django_assert_max_num_queries(len(one_date)):
        client.get(lists)
