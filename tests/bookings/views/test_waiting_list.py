"""The pages of somebody who waits: join, see where one stands, take an offer, leave."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from bookings.actions import places, waiting_list
from bookings.models import Booking, WaitingListEntry
from bookings.models.booking import State
from bookings.models.waiting_list import WaitingState
from tests import cast
from tests.answers import text_of
from tests.makers import NOW, make_booking, make_entry, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
KEY = "00000000-0000-4000-8000-000000000009"


def full_event(**fields):
    event = make_event(capacity=1, **fields)
    make_booking(event, cast.ben())
    return event


def page_of(entry):
    return reverse("bookings:waiting_detail", args=[entry.reference])


def join_page(event):
    return reverse("bookings:waiting_join", args=[event.reference])


def offered_to(user):
    event = full_event()
    entry = make_entry(event, user)
    places.cancel(booking_id=Booking.objects.get(event=event).pk, by=None, now=NOW)
    waiting_list.offer_free_places(event_id=event.pk, now=NOW)
    entry.refresh_from_db()
    return entry


def taking(**more):
    return {"idempotency_key": KEY, "has_managers_agreement": "on", "has_accepted_terms": "on", **more}


def test_a_full_date_shows_the_rules_and_one_button_that_joins_its_list(client):
    event, carol = full_event(), cast.carol()
    client.force_login(carol)
    page = client.get(reverse("bookings:booking_create", args=[event.reference]))

    answer = client.post(join_page(event), follow=True)
    again = client.get(reverse("bookings:booking_create", args=[event.reference]))

    assert "Join the waiting list" in text_of(page)
    assert "48 hours" in text_of(page)
    assert "You are number 1 on the list" in text_of(answer)
    assert "You are on the waiting list" in text_of(again)
    assert WaitingListEntry.objects.get().practitioner == carol.practitioner


def test_joining_a_date_with_a_free_place_leads_to_booking_it(client):
    client.force_login(cast.carol())

    answer = client.post(join_page(make_event()), follow=True)

    assert "A place has become free" in text_of(answer)
    assert "Book this place" in text_of(answer)
    assert not WaitingListEntry.objects.exists()


def test_the_list_closes_near_the_date(client):
    event = full_event(starts_at=NOW + timedelta(hours=20))
    client.force_login(cast.carol())

    page = client.get(reverse("bookings:booking_create", args=[event.reference]))
    answer = client.post(join_page(event), follow=True)

    assert "its waiting list is closed" in text_of(page)
    assert "is closed, because the date is so near" in text_of(answer)
    assert not WaitingListEntry.objects.exists()


def test_an_offer_shows_price_and_deadline_and_is_taken_by_one_button(client):
    carol = cast.carol()
    entry = offered_to(carol)
    client.force_login(carol)
    page = client.get(page_of(entry))

    missing = client.post(page_of(entry), {**taking(), "has_managers_agreement": ""})
    taken = client.post(page_of(entry), taking(), follow=True)

    assert "10am on Monday 23 November 2026" in text_of(page)
    assert "£50" in text_of(page)
    assert (missing.status_code, "Confirm that your manager agrees" in text_of(missing)) == (422, True)
    assert "Your place is booked" in text_of(taken)
    assert Booking.objects.get(practitioner=carol.practitioner).state == State.CONFIRMED


def test_an_offer_that_has_ended_says_so_and_books_nothing(client):
    carol = cast.carol()
    entry = offered_to(carol)

    with time_machine.travel(entry.offer_ends_at, tick=False):
        client.force_login(carol)
        answer = client.post(page_of(entry), taking(), follow=True)

    assert "This offer has ended" in text_of(answer)
    assert not Booking.objects.filter(practitioner=carol.practitioner).exists()


@pytest.mark.parametrize("is_offered", [True, False])
def test_leaving_says_what_became_of_the_place(client, is_offered):
    carol = cast.carol()
    entry = offered_to(carol) if is_offered else make_entry(full_event(), carol)
    client.force_login(carol)

    answer = client.post(reverse("bookings:waiting_leave", args=[entry.reference]), follow=True)
    entry.refresh_from_db()

    assert entry.state == (WaitingState.DECLINED if is_offered else WaitingState.WITHDRAWN)
    assert ("goes to whoever is next" if is_offered else "You have left the waiting list") in text_of(answer)


def test_my_learning_shows_an_offer_first_and_those_who_wait(client, django_assert_max_num_queries):
    carol = cast.carol()
    client.force_login(carol)
    offered_to(carol)
    make_entry(full_event(starts_at=NOW + timedelta(days=40)), carol)
    with django_assert_max_num_queries(50) as one:
        page = client.get("/my/")
    for number in range(3):
        make_entry(full_event(starts_at=NOW + timedelta(days=50 + number)), carol)

    assert "A place is held for you" in text_of(page)
    assert "Waiting for a place" in text_of(page)
    with django_assert_max_num_queries(len(one)):
        client.get("/my/")
