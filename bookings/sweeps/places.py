"""Sweeps over places: requests past their hold, needs past their day, counts that must agree."""

import logging

from celery import shared_task
from django.utils import timezone

from accounts import clock
from bookings import emails, invariants, money_invariants
from bookings.actions import requests
from bookings.models import Booking, BookingNeeds

logger = logging.getLogger(__name__)

CHECKED_AT_HOUR = 3


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


@shared_task(name="bookings.check_bookings", soft_time_limit=600, time_limit=660)
def check_bookings(**kwargs: object) -> None:
    """Ask every rule that must hold; one that is broken is a fault that somebody must look at.

    By night, and once: the heartbeat of the hour is a rhythm, so an hour of the day is asked of the clock.
    """
    now = clock.now()
    if timezone.localtime(now).hour != CHECKED_AT_HOUR:
        return
    for breach in [*invariants.breaches(now=now), *money_invariants.breaches(now=now)]:
        logger.error("%s Not so: %s", breach.rule.words, ", ".join(breach.subjects[:20]))
