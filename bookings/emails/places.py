"""Letters at once: a place booked, asked for, confirmed, declined, given up."""

from datetime import datetime

from accounts.correspondence import Calendar
from accounts.models import OutboundEmail, Partnership
from bookings.eligibility import undecided_until
from bookings.emails.facts import booking_calendar, managers_copy, queue
from bookings.models import Booking
from bookings.models.booking import State
from courses.calendars import CANCEL, REQUEST
from courses.models import ApprovalMode


def confirmation(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """At once, with the calendar file; the manager gets a copy where the offer says so."""
    return queue(
        "bookings/confirmation",
        booking,
        version=str(booking.calendar_sequence),
        now=now,
        copy_to=managers_copy(booking),
        manager_is_copied=bool(managers_copy(booking)),
        undecided_until=undecided_until(event=booking.event, partnership=Partnership.objects.current()),
        calendar=Calendar(text=booking_calendar(booking, method=REQUEST), method=REQUEST),
        urgency=OutboundEmail.Urgency.AT_ONCE,
    )


def request_received(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """At once, where somebody has to decide first: until when the place is held and what happens next."""
    return queue(
        "bookings/request_received",
        booking,
        now=now,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        is_new_organisation=not booking.charging_category,
        is_confirmed_one_by_one=booking.offer.approval_mode == ApprovalMode.EXPLICIT,
    )


def request_declined(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """At once, with the reason."""
    return queue("bookings/request_declined", booking, now=now)


def request_lapsed(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """When nobody decided in time."""
    return queue("bookings/request_lapsed", booking, now=now)


def cancellation(*, booking: Booking, was_confirmed: bool, now: datetime) -> OutboundEmail | None:
    """At once; takes the entry out of the calendar that the confirmation put it into."""
    calendar = Calendar(text=booking_calendar(booking, method=CANCEL), method=CANCEL) if was_confirmed else None
    return queue(
        "bookings/cancellation",
        booking,
        now=now,
        copy_to=managers_copy(booking) if was_confirmed else "",
        calendar=calendar,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        was_confirmed=was_confirmed,
        is_late=booking.state == State.CANCELLED_LATE,
    )
