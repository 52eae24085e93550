"""The team's pages about one place: book for a caller, with every reason and an override; look after it; cancel it."""

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, Practitioner
from bookings.models import Booking
from bookings.models.booking import State
from tests import cast
from tests.answers import text_of
from tests.makers import make_booking, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
KEY = "00000000-0000-4000-8000-000000000009"


def page_for(event, user):
    return reverse("bookings:staff_book_person", args=[event.reference, user.practitioner.pk])


def said(**more):
    return {"idempotency_key": KEY, "has_managers_agreement": "on", "has_accepted_terms": "on", **more}


def test_somebody_is_found_by_a_part_of_their_name_or_entered_anew(client):
    event = make_event()
    cast.amina()
    client.force_login(cast.wendy())
    address = reverse("bookings:staff_book", args=[event.reference])
    new_person = {"full_name": "Nadia New", "email": "nadia@example.org", "organisation": cast.social_work().pk}

    found = client.get(address, {"q": "yus"})
    nobody = client.get(address, {"q": "zzz"})
    new = client.post(address, new_person, follow=True)

    assert "Amina Yusuf" in text_of(found)
    assert "Nobody found" in text_of(nobody)
    assert "Book for Nadia New" in text_of(new)
    assert Practitioner.objects.get(email="nadia@example.org").user is None


def test_a_place_is_booked_for_a_caller(client):
    event, amina = make_event(), cast.amina()
    client.force_login(cast.wendy())

    answer = client.post(page_for(event, amina), said(), follow=True)
    booking = Booking.objects.get()

    assert "Amina Yusuf has a place" in text_of(answer)
    assert (booking.source, booking.booked_by, booking.overridden) == ("STAFF", cast.wendy(), [])


def test_every_reason_is_shown_and_set_aside_with_one_that_is_kept(client):
    event, amina, wendy = make_event(capacity=1), cast.amina(), cast.wendy()
    make_booking(event, cast.ben())
    make_booking(make_event(starts_at=event.starts_at), amina)
    client.force_login(wendy)
    page = client.get(page_for(event, amina))
    aside = {"set_aside": ["full", "overlap"]}

    silent = client.post(page_for(event, amina), said(**aside))
    partly = client.post(page_for(event, amina), said(set_aside=["full"], reason="A judge has asked for her"))
    client.post(page_for(event, amina), said(**aside, reason="A judge has asked for her"))
    event.refresh_from_db()
    booking = Booking.objects.get(event=event, practitioner=amina.practitioner)
    entry = AuditEntry.objects.get(verb="booking.override")

    assert "This date is full" in text_of(page)
    assert "at the same time" in text_of(page)
    assert (silent.status_code, "Say why the place is given all the same" in text_of(silent)) == (422, True)
    assert partly.status_code == 422
    assert (booking.state, booking.overridden) == (State.CONFIRMED, ["full", "overlap"])
    assert (event.places_taken, event.capacity, event.overbooked_by) == (2, 1, 1)
    assert (entry.actor_id, entry.detail["reason"]) == (wendy.pk, "A judge has asked for her")


def test_what_cannot_be_helped_has_no_button(client):
    event, amina = make_event(), cast.amina()
    make_booking(event, amina)
    client.force_login(cast.wendy())

    page = client.get(page_for(event, amina))
    answer = client.post(page_for(event, amina), said(set_aside=["already_booked"], reason="Twice"))

    assert "Book all the same" not in text_of(page)
    assert answer.status_code == 422
    assert Booking.objects.count() == 1


def test_the_page_of_a_booking_tells_who_did_what_and_why(client):
    booking = make_booking(make_event(), cast.amina())
    client.force_login(cast.wendy())

    client.post(
        reverse("bookings:staff_booking_cancel", args=[booking.reference]),
        {"cancelled_for": "SICKNESS", "reason": "Called at nine"},
    )
    page = text_of(client.get(reverse("bookings:staff_booking", args=[booking.reference])))
    booking.refresh_from_db()

    assert (booking.state, booking.cancelled_for) == (State.CANCELLED, "SICKNESS")
    assert "Confirmed" in page
    assert "Called at nine" in page
    assert "Wendy Marsh" in page
