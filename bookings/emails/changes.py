"""Letters at once when we change a date: it was moved, it lost a day, it is cancelled."""

from collections.abc import Sequence
from datetime import datetime

from accounts.correspondence import Calendar
from accounts.models import OutboundEmail
from bookings.emails.facts import booking_calendar, managers_copy, place_of, queue, sessions_of
from bookings.models import Booking
from courses.calendars import CANCEL, REQUEST
from courses.models import Event, Session

OTHER_DATES_SHOWN = 5


def moved(
    *, booking: Booking, old_sessions: Sequence[Session], old_place: str, now: datetime, reason: str = ""
) -> OutboundEmail | None:
    """At once, to everybody who has a place: what was, what is now, and until when they say whether they come.

    The action that moves the date has raised `calendar_sequence` and set `answer_due_at`. Days that the date no
    longer has go out of calendars by a letter of their own, because one file asks for one thing only.
    """
    positions = {session.position for session in sessions_of(booking.event)}
    dropped = [session for session in old_sessions if session.position not in positions]
    if dropped:
        days_dropped(booking=booking, sessions=dropped, now=now)
    return queue(
        "bookings/moved",
        booking,
        version=str(booking.calendar_sequence),
        now=now,
        copy_to=managers_copy(booking),
        calendar=Calendar(text=booking_calendar(booking, method=REQUEST), method=REQUEST),
        urgency=OutboundEmail.Urgency.AT_ONCE,
        old_sessions=list(old_sessions),
        old_place=old_place if old_place != place_of(booking.event) else "",
        reason=reason,
    )


def days_dropped(*, booking: Booking, sessions: Sequence[Session], now: datetime) -> OutboundEmail | None:
    """At once, beside the letter about the move: the days that fall away, so that calendars forget them."""
    return queue(
        "bookings/days_dropped",
        booking,
        version=str(booking.calendar_sequence),
        now=now,
        calendar=Calendar(text=booking_calendar(booking, method=CANCEL, sessions=sessions), method=CANCEL),
        urgency=OutboundEmail.Urgency.AT_ONCE,
        dropped=list(sessions),
    )


def cancelled_by_us(
    *, booking: Booking, now: datetime, other_dates: Sequence[Event] | None = None
) -> OutboundEmail | None:
    """At once, when we cancel the date: why, that nothing is charged, and the other dates of the course.

    `other_dates` saves whoever writes to a hundred people from asking for them a hundred times.
    """
    was_confirmed = booking.confirmed_at is not None
    calendar = Calendar(text=booking_calendar(booking, method=CANCEL), method=CANCEL) if was_confirmed else None
    return queue(
        "bookings/cancelled_by_us",
        booking,
        now=now,
        copy_to=managers_copy(booking) if was_confirmed else "",
        calendar=calendar,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        was_confirmed=was_confirmed,
        reason=booking.cancelled_reason or booking.event.cancelled_reason,
        other_dates=dates_instead_of(booking.event, now=now) if other_dates is None else other_dates,
    )


def dates_instead_of(event: Event, *, now: datetime) -> list[Event]:
    """Return the next dates of the same course that take bookings and have places."""
    others = Event.objects.open_for_booking(now).with_places_left().select_related("version__course", "venue")
    return list(
        others.filter(version__course_id=event.version.course_id)
        .exclude(pk=event.pk)
        .order_by("starts_at", "pk")[:OTHER_DATES_SHOWN]
    )
