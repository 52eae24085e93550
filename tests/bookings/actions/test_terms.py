"""Terms afterwards: the person accepts them once, and nobody does it for them."""

from datetime import timedelta

import pytest

from bookings.actions import terms
from bookings.models import Booking
from bookings.models.booking import State
from tests import cast
from tests.makers import NOW, make_booking, make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def unasked():
    booking = make_booking(make_event(), cast.amina(), source=Booking.Source.WALK_IN)
    Booking.objects.update(terms_accepted_at=None)
    return booking


def test_accept_is_kept_once(unasked):
    answers = [terms.accept(booking_id=unasked.pk, by=cast.amina(), now=NOW + timedelta(days=day)) for day in (1, 2)]
    unasked.refresh_from_db()
    assert (answers, unasked.terms_accepted_at) == ([True, False], NOW + timedelta(days=1))


@pytest.mark.parametrize("person", [cast.ben, cast.dev, cast.wendy])
def test_nobody_accepts_for_somebody_else(unasked, person):
    assert terms.accept(booking_id=unasked.pk, by=person(), now=NOW) is False
    unasked.refresh_from_db()
    assert unasked.terms_accepted_at is None


def test_place_that_was_given_up_needs_no_terms(unasked):
    Booking.objects.update(state=State.CANCELLED, cancelled_at=NOW)
    assert terms.accept(booking_id=unasked.pk, by=cast.amina(), now=NOW) is False
