"""What the letters about places have in common: whom to write to, the facts of the booking, the calendar entry."""

from collections.abc import Sequence
from datetime import date, datetime
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.correspondence import Calendar, queue_email
from accounts.models import OutboundEmail, Partnership, Practitioner
from bookings.charging import late_charge
from bookings.models import Booking
from courses.calendars import calendar_text
from courses.models import ApprovalMode, Event, Session, Strand


def managers_copy(booking: Booking) -> str:
    """Return the manager's address where they are copied in: by the offer's mode, or multi-agency (rule B1)."""
    is_copied = booking.offer.approval_mode == ApprovalMode.NOTIFY or booking.offer.strand == Strand.MULTI_AGENCY
    return booking.manager_email if is_copied else ""


def address_of(practitioner: Practitioner) -> str:
    """Return where letters for this person go: their own address, else the account's; empty when there is none.

    Nobody is written to who has been made anonymous.
    """
    if practitioner.anonymised_at:
        return ""
    return practitioner.email or (practitioner.user.email if practitioner.user else "")


def calendar_uid(booking: Booking) -> str:
    """Name the booking's entry for as long as it lives; each sitting has its own behind it."""
    return f"booking-{booking.reference}@{urlsplit(settings.SITE_URL).hostname}"


def booking_calendar(booking: Booking, *, method: str, sessions: Sequence[Session] | None = None) -> str:
    """Return the calendar file of one booking; the same uid in every letter, so that a later one replaces it.

    `sessions` are others than the date has now: those that it no longer has, to be taken out of calendars.
    """
    event = booking.event
    partnership = Partnership.objects.current()
    path = reverse("bookings:booking_detail", args=[booking.reference])
    return calendar_text(
        uid=calendar_uid(booking),
        sequence=booking.calendar_sequence,
        method=method,
        summary=event.version.course.title,
        description=f"Your booking {booking.reference}: {settings.SITE_URL}{path}",
        location=place_of(event),
        url=f"{settings.SITE_URL}{path}",
        sessions=sessions_of(event) if sessions is None else sessions,
        organiser_email=settings.CALENDAR_ORGANISER,
        organiser_name=partnership.team_name,
        attendee_email=address_of(booking.practitioner),
    )


def place_of(event: Event) -> str:
    """Say in one line where people meet."""
    if event.venue:
        return ", ".join(filter(None, [event.venue.name, *event.venue.address.splitlines(), event.venue.postcode]))
    return event.get_mode_display()


def sessions_of(event: Event) -> list[Session]:
    """Return the sittings in order, from what is loaded already where it is."""
    return sorted(event.sessions.all(), key=lambda session: session.position)


def local_date(moment: datetime) -> date:
    return timezone.localtime(moment).date()


def start_date(event: Event) -> str:
    return local_date(event.starts_at).isoformat() if event.starts_at else ""


def queue(
    letter: str,
    booking: Booking,
    *,
    now: datetime,
    version: str = "",
    copy_to: str = "",
    calendar: Calendar | None = None,
    urgency: int = OutboundEmail.Urgency.USUAL,
    **facts: object,
) -> OutboundEmail | None:
    """Queue one letter about one booking; somebody without an address of any kind gets none."""
    return queue_to(
        booking.practitioner,
        letter,
        key=(booking.pk, version),
        about=f"booking:{booking.pk}",
        context={**context_of(booking, now=now), **facts},
        now=now,
        copy_to=copy_to,
        calendar=calendar,
        urgency=urgency,
    )


def queue_to(
    practitioner: Practitioner | None,
    letter: str,
    *,
    key: Sequence[object],
    about: str,
    context: dict,
    now: datetime,
    copy_to: str = "",
    calendar: Calendar | None = None,
    urgency: int = OutboundEmail.Urgency.USUAL,
) -> OutboundEmail | None:
    """Queue a letter to somebody, once for this key; nobody, or somebody without an address of any kind, gets none."""
    to = address_of(practitioner) if practitioner else ""
    if practitioner is None or not to:
        return None
    return queue_email(
        key=":".join(str(part) for part in (letter.replace("/", "."), *key) if part),
        to=to,
        letter=letter,
        context={"practitioner": practitioner, **context},
        now=now,
        about=about,
        practitioner=practitioner,
        copy_to=copy_to,
        calendar=calendar,
        urgency=urgency,
    )


def context_of(booking: Booking, *, now: datetime, sessions: Sequence[Session] | None = None) -> dict:
    """Return the facts that every letter about a booking is written from."""
    return {
        **facts_of_date(booking.event, now=now, sessions=sessions),
        "booking": booking,
        "practitioner": booking.practitioner,
        "late_charge": late_charge(booking),
    }


def facts_of_date(event: Event, *, now: datetime, sessions: Sequence[Session] | None = None) -> dict:
    """Return what every letter about a date says of it."""
    return {
        "event": event,
        "course": event.version.course,
        "sessions": sessions_of(event) if sessions is None else sessions,
        "place": place_of(event),
        "now": now,
    }
