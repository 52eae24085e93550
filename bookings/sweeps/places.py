"""Sweeps over places: requests past their hold, needs past their day, counts that must agree."""

import logging

from celery import shared_task

from accounts import clock
from bookings import emails
from bookings.actions import capacity, requests
from bookings.models import Booking, BookingNeeds

logger = logging.getLogger(__name__)


@shared_task(name="bookings.lapse_requests")
def lapse_requests(**kwargs: object) -> None:
    """Let go the requests that nobody decided in time, each in a transaction of its own (rule B2)."""
    now = clock.now()
    due = Booking.objects.requests_past_their_hold(now).order_by("hold_ends_at", "pk").values_list("pk", flat=True)
    for booking_id in list(due):
        requests.lapse(booking_id=booking_id, now=now)


@shared_task(name="bookings.erase_expired_needs")
def erase_expired_needs(**kwargs: object) -> None:
    """Erase access and diet needs whose day has come (rule B22)."""
    BookingNeeds.objects.expired(emails.local_date(clock.now())).delete()


@shared_task(name="bookings.check_place_counts")
def check_place_counts(**kwargs: object) -> None:
    """Compare every event's counter with its bookings; a difference is a fault that somebody must look at."""
    for event_id in capacity.miscounted_events():
        logger.error("event %s: its count of places differs from its bookings", event_id)
