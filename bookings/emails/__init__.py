"""The letters about places, one function each: whom it goes to, its facts and its key. Callers say `emails.confirmation(…)`."""

from bookings.emails.approvals import (
    approval_over,
    approval_reminder,
    approval_request,
    managers_asked_since,
    withhold_links,
)
from bookings.emails.around import EVE, MORNING, absence, certificate, joining_instructions, online_link, reminder
from bookings.emails.catalogue import CATALOGUE
from bookings.emails.charges import charge_decided, charge_proposed, payer_of
from bookings.emails.event_changes import (
    before_of,
    cancelled_by_us,
    days_dropped,
    event_facts,
    goes_ahead,
    group_change,
    move_released,
    move_reminder,
    moved,
    postponed,
    trainer_change,
    waiting_change,
)
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
from bookings.emails.groups import contact_of, group_confirmation, group_released, names_needed
from bookings.emails.inactive_accounts import inactive_account
from bookings.emails.places import (
    cancellation,
    confirmation,
    place_given_up,
    request_declined,
    request_lapsed,
    request_received,
    substituted,
    transferred,
)
from bookings.emails.self_paced import (
    self_paced_extended,
    self_paced_lapsed,
    self_paced_reminder,
    self_paced_started,
)
from bookings.emails.standing import DECIDED, FINISHED, GIVEN_UP, TIME_OVER
from bookings.emails.terms import terms_to_accept
from bookings.emails.texts import text_reminder
from bookings.emails.trainers import trainer_dates
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
    "FINISHED",
    "GIVEN_UP",
    "MORNING",
    "TIME_OVER",
    "absence",
    "address_of",
    "approval_over",
    "approval_reminder",
    "approval_request",
    "before_of",
    "booking_calendar",
    "calendar_uid",
    "cancellation",
    "cancelled_by_us",
    "certificate",
    "charge_decided",
    "charge_proposed",
    "confirmation",
    "contact_of",
    "days_dropped",
    "event_facts",
    "goes_ahead",
    "group_change",
    "group_confirmation",
    "group_released",
    "inactive_account",
    "joining_instructions",
    "late_charge",
    "local_date",
    "managers_asked_since",
    "managers_copy",
    "move_released",
    "move_reminder",
    "moved",
    "names_needed",
    "online_link",
    "payer_of",
    "place_given_up",
    "place_of",
    "postponed",
    "reminder",
    "request_declined",
    "request_lapsed",
    "request_received",
    "self_paced_extended",
    "self_paced_lapsed",
    "self_paced_reminder",
    "self_paced_started",
    "sessions_of",
    "substituted",
    "terms_to_accept",
    "text_reminder",
    "trainer_change",
    "trainer_dates",
    "transferred",
    "waiting_change",
    "waiting_closed",
    "waiting_first_to_answer",
    "waiting_joined",
    "waiting_offer",
    "waiting_offer_lapsed",
    "withhold_links",
]
