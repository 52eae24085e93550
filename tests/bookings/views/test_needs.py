"""What somebody needs is said and changed on the booking's own page, by them alone."""

import pytest
from django.urls import reverse

from bookings.models import BookingNeeds
from tests import cast
from tests.makers import make_booking, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.time_machine("2026-11-21 10:00")]


def test_booking_needs_are_told_changed_and_shown(client):
    booking = make_booking(make_event(), cast.amina())
    page = reverse("bookings:booking_needs", args=[booking.reference])
    client.force_login(cast.amina())

    client.post(page, {"needs_access": "A hearing loop", "needs_diet": ""})
    assert "A hearing loop" in client.get(page).content.decode()
    answer = client.post(page, {"needs_access": "Step-free", "needs_diet": "Vegan"}, follow=True)

    assert BookingNeeds.objects.get().access == "Step-free"
    assert "Step-free" in answer.content.decode()
    assert client.post(page, {"needs_access": "x" * 501}).status_code == 422
    client.force_login(cast.carol())
    assert client.get(page).status_code == 404
