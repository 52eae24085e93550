"""The letter to somebody who has a place and was not asked for the terms: added on the day, or named by a colleague."""

from datetime import datetime

from accounts.models import OutboundEmail
from bookings.emails.facts import queue
from bookings.models import Booking


def terms_to_accept(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """At once: where to read and accept the terms of the place (rules B12 and B19)."""
    return queue("bookings/terms_to_accept", booking, now=now, has_account=booking.practitioner.user_id is not None)
