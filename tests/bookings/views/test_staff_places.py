"""The team's pages about one place: book for a caller, with every reason and an override; look after it; cancel it."""

import html
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts.models import AuditEntry, OutboundEmail, Practitioner
from bookings import emails
from bookings.models import Approval, Booking
from bookings.models.booking import State
from tests import cast
from tests.answers import text_of
from tests.makers import NOW, make_booking, make_event
from tests.managers import HOLD_ENDS, MANAGER, explicit_event, link_to

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


def test_a_caller_asks_their_manager_like_everybody_else(client):
    event, amina = explicit_event(), cast.amina()
    client.force_login(cast.wendy())
    page = client.get(page_for(event, amina))

    silent = client.post(page_for(event, amina), said(manager_email=""))
    answer = client.post(page_for(event, amina), said(manager_email=MANAGER), follow=True)
    booking = Booking.objects.get()

    assert "until their manager agrees" in text_of(page)
    assert (silent.status_code, "Give your manager's email address" in html.unescape(text_of(silent))) == (422, True)
    assert f"We have asked {MANAGER}" in text_of(answer)
    assert (booking.state, booking.hold_ends_at, booking.overridden) == (State.REQUESTED, HOLD_ENDS, [])
    assert booking.booked_by == cast.wendy()
    client.post(reverse("bookings:approval_answer", args=[link_to(MANAGER)]), {"answer": "approve"})
    booking.refresh_from_db()
    assert booking.state == State.CONFIRMED


def test_the_manager_is_not_asked_only_for_a_reason_that_is_kept(client):
    event, amina = explicit_event(), cast.amina()
    client.force_login(cast.wendy())

    silent = client.post(page_for(event, amina), said(is_manager_not_asked="on"))
    client.post(page_for(event, amina), said(is_manager_not_asked="on", reason="Her manager called us herself"))
    booking = Booking.objects.get()

    assert (silent.status_code, "Say why the place is given" in text_of(silent)) == (422, True)
    assert (booking.state, booking.overridden) == (State.CONFIRMED, ["approval"])
    assert AuditEntry.objects.get(verb="booking.override").detail["reason"] == "Her manager called us herself"
    assert not Approval.objects.exists()


def test_a_caller_without_a_manager_waits_for_the_team(client):
    event, amina = explicit_event(), cast.amina()
    client.force_login(cast.wendy())

    answer = client.post(page_for(event, amina), said(manager_email=MANAGER, has_no_manager="on"), follow=True)
    booking = Booking.objects.get()

    assert "until the team decides" in text_of(answer)
    assert (booking.state, booking.manager_email) == (State.REQUESTED, "")


def test_where_it_is_too_late_to_ask_the_team_gives_the_place_for_a_reason(client):
    event, amina = explicit_event(starts_at=NOW + timedelta(days=3)), cast.amina()
    client.force_login(cast.wendy())
    page = client.get(page_for(event, amina))

    aside = {"set_aside": ["too_late_to_ask", "approval"]}
    client.post(page_for(event, amina), said(**aside, reason="Her manager called us herself"))

    assert "too near for a request" in text_of(page)
    assert "Give the place without asking" not in text_of(page)
    assert Booking.objects.get().state == State.CONFIRMED


def test_what_cannot_be_helped_has_no_button(client):
    event, amina = make_event(), cast.amina()
    make_booking(event, amina)
    client.force_login(cast.wendy())

    page = client.get(page_for(event, amina))
    answer = client.post(page_for(event, amina), said(set_aside=["already_booked"], reason="Twice"))

    assert "Book all the same" not in text_of(page)
    assert answer.status_code == 422
    assert Booking.objects.count() == 1


def test_the_page_of_a_booking_says_that_letters_come_back(client):
    booking, other = make_booking(make_event(), cast.amina()), make_booking(make_event(), cast.carol())
    letter = emails.reminder(booking=booking, now=NOW)
    OutboundEmail.objects.filter(pk=letter.pk).update(sent_at=NOW, bounced_at=NOW)
    client.force_login(cast.wendy())
    pages = [text_of(client.get(reverse("bookings:staff_booking", args=[one.reference]))) for one in (booking, other)]

    assert ["Letters to this address come back" in page for page in pages] == [True, False]


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
