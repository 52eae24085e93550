"""Every letter of the bookings app: what it is and when it goes out. The team's page of letters lists them."""

from collections.abc import Callable
from datetime import datetime
from functools import partial

from accounts.wording import ABOUT_A_BOOKING, LetterKind
from bookings.emails.order_specimens import of_a_package, of_an_order
from bookings.emails.quotes import of_a_quote
from bookings.emails.specimens import (
    of_a_booking,
    of_a_certificate,
    of_a_change,
    of_a_charge,
    of_a_group,
    of_a_self_paced_course,
    of_a_wait,
    of_a_waiting_change,
    of_an_approval,
    of_an_invoice,
    of_an_unused_account,
)


def _letter(
    name: str,
    title: str,
    when: str,
    *,
    to: str = "the person",
    placeholders: tuple[str, ...] = ABOUT_A_BOOKING,
    specimen: Callable[[datetime], dict] = of_a_booking,
) -> LetterKind:
    return LetterKind(
        name=f"bookings/{name}", title=title, when=when, to=to, placeholders=placeholders, specimen=specimen
    )


_waiting = partial(_letter, to="the person who waits", specimen=of_a_wait)
_manager = partial(_letter, to="the manager", specimen=of_an_approval)
_contact = partial(_letter, to="the booking contact", specimen=of_a_group)
# Where no contact is known it goes to the address for invoices, so it greets nobody by name.
_charge = partial(
    _letter,
    to="the agency's contact",
    placeholders=("course", "date", "reference", "organisation", "team"),
    specimen=of_a_charge,
)
_order = partial(
    _letter, to="the contact who ordered", placeholders=("organisation", "reference", "team"), specimen=of_an_order
)
_package = partial(
    _letter, to="the agency's contact", placeholders=("organisation", "reference", "team"), specimen=of_a_package
)
_money = partial(
    _letter, to="the contact who ordered", placeholders=("organisation", "reference", "team"), specimen=of_an_invoice
)
_self_paced = partial(_letter, placeholders=("name", "course", "organisation", "team"), specimen=of_a_self_paced_course)
_trainer = partial(
    _letter,
    to="whoever trains it",
    placeholders=("name", "course", "date", "place", "team"),
    specimen=of_a_change,
)


_quote = partial(_letter, to="the booking contact", placeholders=("organisation", "team"), specimen=of_a_quote)
WITH_COPY = "the person; the manager where the offer says so"
CATALOGUE = [
    _letter("confirmation", "Your place is booked", "At once, with the calendar file", to=WITH_COPY),
    _letter("request_received", "We have your request", "At once, where somebody decides first"),
    _letter("request_declined", "We could not give you the place", "At once, with the reason"),
    _letter("request_lapsed", "Your request has lapsed", "When nobody has decided in time"),
    _letter("cancellation", "Your place is cancelled", "At once, and takes the date out of the calendar", to=WITH_COPY),
    _letter("place_given_up", "You have given a colleague's place up", "At once", to="the booking contact who did it"),
    _letter("substituted", "A colleague comes instead", "At once, to whose place it was", to=WITH_COPY),
    _letter("transferred", "Given up for another date", "At once, beside the confirmation of the new date", to=WITH_COPY),
    _waiting("waiting_joined", "You are on the waiting list", "At once"),
    _waiting("waiting_offer", "A place is yours to take", "When a place is free and it is the person's turn"),
    _waiting("waiting_offer_lapsed", "Your offer has ended", "When nobody answered an offer in time"),
    _waiting("waiting_first_to_answer", "A place is free, first to book has it", "In the last hours before a date"),
    _waiting("waiting_closed", "The waiting list has closed", "When the date has begun"),
    _letter("reminder", "Coming up", "Two weeks before, from 8am (a setting)"),
    _letter("joining_instructions", "How to join", "Five working days before, from 8am (a setting)"),
    _letter("online_link", "Your link", "One working day before from 8am, and on the morning of each day from 7am"),
    _letter("moved", "The date has changed", "At once, when a date is moved", to=WITH_COPY, specimen=of_a_change),
    _letter(
        "days_dropped", "Fewer days", "At once, when a course of several days loses some of them", specimen=of_a_change
    ),
    _letter(
        "cancelled_by_us", "We have cancelled this date", "At once, with the reason", to=WITH_COPY,
        specimen=of_a_change,
    ),
    _letter("move_reminder", "Can you come?", "Half way to the day by which people answer", specimen=of_a_change),
    _letter("move_released", "Your place is given back", "When somebody cannot come on a new day", specimen=of_a_change),
    _letter("postponed", "Your date is put off", "At once", to=WITH_COPY, specimen=of_a_change),
    _letter("goes_ahead", "Your date goes ahead", "When it was decided with few people", specimen=of_a_change),
    _letter("absence", "We missed you", "On the next working day", to=WITH_COPY),
    _self_paced("self_paced_started", "You have started a self-paced course", "At once"),
    _self_paced(
        "self_paced_reminder", "Your self-paced course", "Two weeks and three days before it is to be finished, from 8am"
    ),
    _self_paced("self_paced_extended", "You have more time", "At once, when you give somebody more time"),
    _self_paced("self_paced_lapsed", "The time for your course is over", "When it was not finished in time"),
    _letter(
        "certificate", "Your certificate", "When it is made", placeholders=("name", "course", "team"),
        specimen=of_a_certificate,
    ),
    _letter("terms_to_accept", "Please accept the terms", "After somebody was added on the day or named by a colleague"),
    _manager("approval_request", "Somebody asks for a place", "At once, with a link"),
    _manager("approval_reminder", "Somebody still asks for a place", "Two working days later (a setting), with a link"),
    _manager("approval_over", "There is nothing left to decide", "When the manager did not answer in time"),
    _contact("group_confirmation", "Your colleagues' places", "At once"),
    _contact("names_needed", "Who is coming?", "10 and 6 working days before (settings)"),
    _contact("group_released", "Places without a name were given back", "On the day by which they needed one"),
    _contact("group_change", "A date of yours has changed", "At once"),
    _order("order_confirmed", "Your order is placed", "At once"),
    _order(
        "purchase_order_needed", "We still need your purchase order", "15 working days before the first date (a setting)"
    ),
    _order("purchase_order_missed", "Your places were given back", "When no purchase order came in time"),
    _order("paid_back", "Your card payment goes back", "When a payment came and the places were gone"),
    _package("package_granted", "Your package is ready", "At once"),
    _package("package_ending", "Your package is coming to its end", "60 days before its last day (a setting)"),
    _charge("charge_proposed", "A charge is proposed", "When a place was not used"),
    _charge("charge_decided", "A charge was decided", "At once, to whoever heard of it"),
    _money("invoice_issued", "Your invoice", "When finance has approved it, with the link to the document"),
    _money("credit_note_issued", "We have credited something", "When finance has approved it, with the link"),
    _money("invoice_disputed", "We look at your invoice", "At once, when they say that something is not right"),
    _money("dispute_answered", "Our answer about your invoice", "When finance has answered"),
    _letter(
        "waiting_change", "A date you wait for has changed", "At once", to="the person who waits",
        specimen=of_a_waiting_change,
    ),
    _letter(
        "inactive_account", "Do you still need your account?",
        "After 24 months without a sign of life (a setting), with a link",
        placeholders=("name", "team"), specimen=of_an_unused_account,
    ),
    _quote("quote_sent", "Our quote", "At once, when you send it, or a contact makes one of a basket"),
    _quote("quote_ending", "Our quote ends soon", "Five days before its last, if nobody has answered"),
    _quote("quote_accepted", "Your order is placed", "At once, when a quote for a whole course is accepted"),
    _quote("quote_withdrawn", "Our quote no longer stands", "At once, when you withdraw it or its enquiry is given up"),
    _quote(
        "quote_accepted_team", "A quote is accepted", "At once, when a contact accepts one themselves", to="the team"
    ),
    _trainer("trainer_date", "You train this date", "Within minutes, with the calendar file"),
    _trainer("trainer_change", "A date you train has changed", "At once, with the calendar file"),
]  # fmt: skip
