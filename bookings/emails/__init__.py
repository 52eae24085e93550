"""The letters about places, one function each: whom it goes to, its facts and its key. Callers say `emails.confirmation(…)`."""

from bookings.emails.around import EVE, MORNING, absence, certificate, joining_instructions, online_link, reminder
from bookings.emails.catalogue import CATALOGUE
from bookings.emails.changes import cancelled_by_us, dates_instead_of, days_dropped, moved
from bookings.emails.facts import (
    address_of,
    booking_calendar,
    calendar_uid,
    late_charge,
    local_date,
    managers_copy,
    place_of,
    sessions_of,
)
from bookings.emails.places import (
    cancellation,
    confirmation,
    request_declined,
    request_lapsed,
    request_received,
    substituted,
    transferred,
)
from bookings.emails.standing import DECIDED, GIVEN_UP
from bookings.emails.texts import text_reminder
from bookings.emails.waiting import (
    waiting_closed,
    waiting_first_to_answer,
    waiting_joined,
    waiting_offer,
    waiting_offer_lapsed,
)

__all__ = [
    "CATALOGUE",
    "DECIDED",
    "EVE",
    "GIVEN_UP",
    "MORNING",
    "absence",
    "address_of",
    "booking_calendar",
    "calendar_uid",
    "cancellation",
    "cancelled_by_us",
    "certificate",
    "confirmation",
    "dates_instead_of",
    "days_dropped",
    "joining_instructions",
    "late_charge",
    "local_date",
    "managers_copy",
    "moved",
    "online_link",
    "place_of",
    "reminder",
    "request_declined",
    "request_lapsed",
    "request_received",
    "sessions_of",
    "substituted",
    "text_reminder",
    "transferred",
    "waiting_closed",
    "waiting_first_to_answer",
    "waiting_joined",
    "waiting_offer",
    "waiting_offer_lapsed",
]
