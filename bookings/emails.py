"""The letters about places: one function each, with whom it goes to, its facts and its key."""

from datetime import date, datetime
from decimal import Decimal
from urllib.parse import urlsplit

from django.conf import settings
from django.urls import reverse
from django.utils import timezone

from accounts.correspondence import Calendar, queue_email
from accounts.models import OutboundEmail, Partnership, Practitioner
from bookings.models import Booking, Certificate
from bookings.models.booking import State
from courses.calendars import CANCEL, REQUEST, calendar_text
from courses.models import ApprovalMode, DeliveryMode, Event, Session, Strand

EVE, MORNING = "eve", "morning"


def confirmation(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """At once, with the calendar file; the manager gets a copy where the offer says so."""
    return _queue(
        "bookings/confirmation",
        booking,
        version=str(booking.calendar_sequence),
        now=now,
        copy_to=managers_copy(booking),
        manager_is_copied=bool(managers_copy(booking)),
        calendar=Calendar(text=booking_calendar(booking, method=REQUEST), method=REQUEST),
        urgency=OutboundEmail.Urgency.AT_ONCE,
    )


def request_received(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """At once, where somebody has to decide first: until when the place is held and what happens next."""
    return _queue(
        "bookings/request_received",
        booking,
        now=now,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        is_new_organisation=not booking.charging_category,
        is_confirmed_one_by_one=booking.offer.approval_mode == ApprovalMode.EXPLICIT,
    )


def request_declined(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """At once, with the reason."""
    return _queue("bookings/request_declined", booking, now=now)


def request_lapsed(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """When nobody decided in time."""
    return _queue("bookings/request_lapsed", booking, now=now)


def cancellation(*, booking: Booking, was_confirmed: bool, now: datetime) -> OutboundEmail | None:
    """At once; takes the entry out of the calendar that the confirmation put it into."""
    calendar = Calendar(text=booking_calendar(booking, method=CANCEL), method=CANCEL) if was_confirmed else None
    return _queue(
        "bookings/cancellation",
        booking,
        now=now,
        copy_to=managers_copy(booking) if was_confirmed else "",
        calendar=calendar,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        was_confirmed=was_confirmed,
        is_late=booking.state == State.CANCELLED_LATE,
    )


def reminder(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """Two weeks before (a setting), while cancelling is still free for most."""
    return _queue("bookings/reminder", booking, version=_start_date(booking.event), now=now)


def joining_instructions(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """Some working days before: how to get there or get in, what to bring, what to do first."""
    partnership = Partnership.objects.current()
    minutes = partnership.late_arrival_minutes_in_person
    if booking.event.mode == DeliveryMode.LIVE_ONLINE:
        minutes = partnership.late_arrival_minutes_online
    return _queue(
        "bookings/joining_instructions",
        booking,
        version=_start_date(booking.event),
        now=now,
        late_minutes=minutes,
    )


def online_link(*, booking: Booking, session: Session, day: str, now: datetime) -> OutboundEmail | None:
    """The link to a live online session: the working day before the first (`eve`), the morning of each (`morning`)."""
    return _queue(
        "bookings/online_link",
        booking,
        version=f"{local_date(session.starts_at).isoformat()}:{day}",
        now=now,
        session=session,
        link=session.online_link or booking.event.online_link,
        is_today=day == MORNING,
        urgency=OutboundEmail.Urgency.AT_ONCE,
    )


def absence(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """The working day after, to somebody who did not attend: tell us why; the manager is copied where the offer says so."""
    return _queue(
        "bookings/absence",
        booking,
        now=now,
        copy_to=managers_copy(booking),
        was_turned_away=booking.state == State.TURNED_AWAY,
    )


def certificate(*, certificate: Certificate, now: datetime) -> OutboundEmail | None:
    """When it is made: that it is ready and where it is."""
    practitioner = certificate.booking.practitioner
    to = address_of(practitioner)
    if not to:
        return None
    return queue_email(
        key=f"bookings.certificate:{certificate.pk}",
        to=to,
        letter="bookings/certificate",
        context={"certificate": certificate, "practitioner": practitioner},
        now=now,
        about=f"booking:{certificate.booking_id}",
        practitioner=practitioner,
    )


def managers_copy(booking: Booking) -> str:
    """Return the manager's address where they are copied in: by the offer's mode, or multi-agency (rule B1)."""
    is_copied = booking.offer.approval_mode == ApprovalMode.NOTIFY or booking.offer.strand == Strand.MULTI_AGENCY
    return booking.manager_email if is_copied else ""


def address_of(practitioner: Practitioner) -> str:
    """Return where letters for this person go: their own address, else the account's; empty when there is none."""
    return practitioner.email or (practitioner.user.email if practitioner.user else "")


def late_charge(booking: Booking) -> Decimal:
    """Return what the agency is asked for when this place is given up too late, by the policy it was booked under."""
    course = booking.event.version.course
    return booking.policy.late_charge(is_half_day=course.is_half_day, price=booking.price)


def booking_calendar(booking: Booking, *, method: str) -> str:
    """Return the calendar file of one booking; the same uid in every letter, so that a later one replaces it."""
    event = booking.event
    partnership = Partnership.objects.current()
    path = reverse("bookings:booking_detail", args=[booking.reference])
    return calendar_text(
        uid=f"booking-{booking.reference}@{urlsplit(settings.SITE_URL).hostname}",
        sequence=booking.calendar_sequence,
        method=method,
        summary=event.version.course.title,
        description=f"Your booking {booking.reference}: {settings.SITE_URL}{path}",
        location=place_of(event),
        url=f"{settings.SITE_URL}{path}",
        sessions=sessions_of(event),
        organiser_email=partnership.contact_email,
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


def _start_date(event: Event) -> str:
    return local_date(event.starts_at).isoformat() if event.starts_at else ""


def _queue(
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
    to = address_of(booking.practitioner)
    if not to:
        return None
    event = booking.event
    return queue_email(
        key=":".join(filter(None, [letter.replace("/", "."), str(booking.pk), version])),
        to=to,
        letter=letter,
        context={
            "booking": booking,
            "practitioner": booking.practitioner,
            "event": event,
            "course": event.version.course,
            "sessions": sessions_of(event),
            "place": place_of(event),
            "late_charge": late_charge(booking),
            "now": now,
            **facts,
        },
        now=now,
        about=f"booking:{booking.pk}",
        practitioner=booking.practitioner,
        copy_to=copy_to,
        calendar=calendar,
        urgency=urgency,
    )
