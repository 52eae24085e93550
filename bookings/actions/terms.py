"""Terms: accept those of a place that somebody else gave you (rules B12 and B19)."""

from datetime import datetime

from accounts.models import User
from bookings.models import Booking


def accept(*, booking_id: int, by: User, now: datetime) -> bool:
    """Keep when the person accepted the terms of their own place; tell whether this was the first time.

    Only the person can: whoever else asks changes nothing.
    """
    own = Booking.objects.of(by).live().filter(pk=booking_id)
    # Asked of the row itself: of two presses at once the second must see what the first has written.
    unaccepted = Booking.objects.filter(pk__in=own.values("pk"), terms_accepted_at__isnull=True)
    return bool(unaccepted.update(terms_accepted_at=now))
