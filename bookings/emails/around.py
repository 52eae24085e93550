"""Letters before and after a date: reminder, how to join, the link, the absence, the certificate."""

from datetime import datetime

from accounts.models import OutboundEmail, Partnership
from bookings.charging import sickness_rule
from bookings.emails.facts import local_date, managers_copy, queue, queue_to, start_date
from bookings.models import Booking, Certificate
from bookings.models.booking import State
from courses.models import DeliveryMode, Session

EVE, MORNING = "eve", "morning"


def reminder(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """Two weeks before (a setting), while cancelling is still free for most."""
    return queue("bookings/reminder", booking, version=start_date(booking.event), now=now)


def joining_instructions(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """Some working days before: how to get there or get in, what to bring, what to do first."""
    partnership = Partnership.objects.current()
    minutes = partnership.late_arrival_minutes_in_person
    if booking.event.mode == DeliveryMode.LIVE_ONLINE:
        minutes = partnership.late_arrival_minutes_online
    return queue(
        "bookings/joining_instructions",
        booking,
        version=start_date(booking.event),
        now=now,
        late_minutes=minutes,
    )


def online_link(*, booking: Booking, session: Session, day: str, now: datetime) -> OutboundEmail | None:
    """The link to a live online session: the working day before the first (`eve`), the morning of each (`morning`)."""
    return queue(
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
    charge = booking.charge_notices.open().first()
    return queue(
        "bookings/absence",
        booking,
        now=now,
        copy_to=managers_copy(booking),
        was_turned_away=booking.state == State.TURNED_AWAY,
        charge=charge,
        sickness=sickness_rule(event=booking.event, partnership=Partnership.objects.current()),
    )


def certificate(*, certificate: Certificate, now: datetime) -> OutboundEmail | None:
    """When it is made: that it is ready and where it is."""
    return queue_to(
        certificate.booking.practitioner,
        "bookings/certificate",
        key=(certificate.pk,),
        about=f"booking:{certificate.booking_id}",
        context={"certificate": certificate},
        now=now,
    )
