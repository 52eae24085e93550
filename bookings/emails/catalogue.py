"""Every letter of the bookings app: what it is and when it goes out. The team's page of letters lists them."""

from collections.abc import Callable
from datetime import datetime

from accounts.wording import LetterKind
from bookings.emails.specimens import of_a_booking, of_a_certificate, of_a_change


def _letter(
    name: str,
    title: str,
    when: str,
    *,
    to: str = "the person",
    specimen: Callable[[datetime], dict] = of_a_booking,
) -> LetterKind:
    return LetterKind(name=f"bookings/{name}", title=title, when=when, to=to, specimen=specimen)


WITH_COPY = "the person; the manager where the offer says so"
CATALOGUE = [
    _letter("confirmation", "Your place is booked", "At once, with the calendar file", to=WITH_COPY),
    _letter("request_received", "We have your request", "At once, where somebody decides first"),
    _letter("request_declined", "We could not give you the place", "At once, with the reason"),
    _letter("request_lapsed", "Your request has lapsed", "When nobody has decided in time"),
    _letter("cancellation", "Your place is cancelled", "At once, and takes the date out of the calendar", to=WITH_COPY),
    _letter("reminder", "Coming up", "Two weeks before, from 8am (a setting)"),
    _letter("joining_instructions", "How to join", "Five working days before, from 8am (a setting)"),
    _letter("online_link", "Your link", "One working day before from 8am, and on the morning of each day from 7am"),
    _letter("moved", "The date has changed", "At once, when a date is moved", to=WITH_COPY, specimen=of_a_change),
    _letter(
        "days_dropped", "Fewer days", "At once, when a course of several days loses some of them", specimen=of_a_change
    ),
    _letter(
        "cancelled_by_us", "We have cancelled this date", "At once, with the reason and other dates", to=WITH_COPY,
        specimen=of_a_change,
    ),
    _letter("absence", "We missed you", "On the next working day", to=WITH_COPY),
    LetterKind(
        name="bookings/certificate",
        title="Your certificate",
        when="When it is made",
        placeholders=("name", "course", "team"),
        specimen=of_a_certificate,
    ),
]  # fmt: skip
