"""The letters about places, one function each: whom it goes to, its facts and its key. Callers say `emails.confirmation(…)`."""

from bookings.emails.around import EVE, MORNING, absence, certificate, joining_instructions, online_link, reminder
from bookings.emails.facts import (
    address_of,
    booking_calendar,
    late_charge,
    local_date,
    managers_copy,
    place_of,
    sessions_of,
)
from bookings.emails.groups import contact_of, group_confirmation, group_released, names_needed
from bookings.emails.places import cancellation, confirmation, request_declined, request_lapsed, request_received
from bookings.emails.waiting import (
    waiting_closed,
    waiting_first_to_answer,
    waiting_joined,
    waiting_offer,
    waiting_offer_lapsed,
)

__all__ = [
    "EVE",
    "MORNING",
    "absence",
    "address_of",
    "booking_calendar",
    "cancellation",
    "certificate",
    "confirmation",
    "contact_of",
    "group_confirmation",
    "group_released",
    "joining_instructions",
    "late_charge",
    "local_date",
    "managers_copy",
    "names_needed",
    "online_link",
    "place_of",
    "reminder",
    "request_declined",
    "request_lapsed",
    "request_received",
    "sessions_of",
    "waiting_closed",
    "waiting_first_to_answer",
    "waiting_joined",
    "waiting_offer",
    "waiting_offer_lapsed",
]
