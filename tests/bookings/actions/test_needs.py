"""What somebody needs on a date: told, changed, taken back, until the date begins."""

from datetime import timedelta

import pytest

from bookings.actions import needs
from bookings.models import BookingNeeds
from tests import cast
from tests.makers import NOW, make_booking, make_event

pytestmark = pytest.mark.django_db


def test_tell_needs_keeps_the_last_word_and_nothing_of_nothing():
    booking = make_booking(make_event(), cast.amina())

    needs.tell_needs(booking_id=booking.pk, access="A hearing loop", diet="", now=NOW)
    needs.tell_needs(booking_id=booking.pk, access=" Step-free ", diet="Vegan", now=NOW)
    kept = BookingNeeds.objects.get()
    assert (kept.access, kept.diet, kept.erase_on) == ("Step-free", "Vegan", (NOW + timedelta(days=60)).date())

    needs.tell_needs(booking_id=booking.pk, access=" ", diet="", now=NOW)
    assert BookingNeeds.objects.count() == 0


def test_tell_needs_refuses_a_date_that_has_begun_and_a_place_that_was_given_up():
    event = make_event()
    booking = make_booking(event, cast.amina())
    gone = make_booking(event, cast.carol(), state="CANCELLED", cancelled_at=NOW)

    with pytest.raises(needs.TooLateToTell):
        needs.tell_needs(booking_id=booking.pk, access="A lift", diet="", now=event.starts_at)
    with pytest.raises(needs.TooLateToTell):
        needs.tell_needs(booking_id=gone.pk, access="A lift", diet="", now=NOW)

    assert BookingNeeds.objects.count() == 0
