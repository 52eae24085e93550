"""Verbs about access and diet needs: a person tells them, changes them, takes them back (rule B22)."""

from datetime import datetime

from django.db import transaction

from accounts.locking import locked
from bookings.actions import places
from bookings.models import Booking, BookingNeeds


class TooLateToTell(Exception):
    """The date has begun or the place is given up; the words say so."""


@transaction.atomic
def tell_needs(*, booking_id: int, access: str, diet: str, now: datetime) -> None:
    """Keep what somebody needs on one booking, instead of what they said before; nothing is kept of nothing.

    Kept until the date begins; from then on the trainer has planned with it.
    """
    booking = locked(Booking.objects.select_related("event").filter(pk=booking_id)).get()
    if not booking.is_live or booking.event.has_begun(now):
        raise TooLateToTell("This date has begun, or the place is given up. Tell the trainer, or call us.")
    BookingNeeds.objects.filter(booking=booking).delete()
    places.keep_needs(booking=booking, access=access.strip(), diet=diet.strip())
