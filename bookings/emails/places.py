"""Letters at once: a place booked, asked for, confirmed, declined, given up."""

from datetime import datetime

from accounts.correspondence import Calendar
from accounts.models import Membership, OutboundEmail, Partnership, Practitioner
from bookings.eligibility import undecided_until
from bookings.emails.facts import address_of, booking_calendar, context_of, managers_copy, queue, queue_to
from bookings.models import Booking, ChargeNotice
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
        manager_has_agreed=_manager_has_agreed(booking),
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
        asked_manager=booking.manager_email if booking.offer.approval_mode == ApprovalMode.EXPLICIT else "",
    )


def request_declined(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """At once, with the reason; nobody of the team decided where the manager did, by their link."""
    return queue("bookings/request_declined", booking, now=now, is_managers_answer=booking.decided_by_id is None)


def request_lapsed(*, booking: Booking, now: datetime, manager_was_asked: bool = False) -> OutboundEmail | None:
    """When nobody decided in time."""
    return queue("bookings/request_lapsed", booking, now=now, manager_was_asked=manager_was_asked)


def substituted(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """At once, to whoever had the place: a colleague comes instead; takes the entry out of the calendar."""
    return _ended("bookings/substituted", booking, now)


def transferred(*, booking: Booking, now: datetime) -> OutboundEmail | None:
    """At once: the old date is given up for another; takes its entry out of the calendar."""
    return _ended("bookings/transferred", booking, now, is_late=booking.state == State.CANCELLED_LATE)


def _ended(letter: str, booking: Booking, now: datetime, *, is_late: bool = False) -> OutboundEmail | None:
    return queue(
        letter,
        booking,
        now=now,
        copy_to=managers_copy(booking),
        calendar=Calendar(text=booking_calendar(booking, method=CANCEL), method=CANCEL),
        urgency=OutboundEmail.Urgency.AT_ONCE,
        is_late=is_late,
    )


def cancellation(
    *, booking: Booking, was_confirmed: bool, now: datetime, charge: ChargeNotice | None = None
) -> OutboundEmail | None:
    """At once; takes the entry out of the calendar that the confirmation put it into; says what is asked of the agency."""
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
        charge=charge,
        given_up_by=contact.full_name if (contact := _contact_who_gave_up(booking)) else "",
    )


def place_given_up(*, booking: Booking, now: datetime, charge: ChargeNotice | None = None) -> OutboundEmail | None:
    """At once, to the booking contact who gave a colleague's place up: whose it was, and what it costs.

    Where the colleague's letters come to the contact, the cancellation has told them already.
    """
    contact = _contact_who_gave_up(booking)
    if contact is None or address_of(contact) == address_of(booking.practitioner):
        return None
    is_late = booking.state == State.CANCELLED_LATE
    facts = {"practitioner": contact, "person": booking.practitioner, "charge": charge, "is_late": is_late}
    return queue_to(
        contact,
        "bookings/place_given_up",
        key=(booking.pk,),
        about=f"booking:{booking.pk}",
        context=context_of(booking, now=now) | facts,
        now=now,
        urgency=OutboundEmail.Urgency.AT_ONCE,
    )


def _contact_who_gave_up(booking: Booking) -> Practitioner | None:
    """The booking contact who gave a colleague's place up; nobody where the person did, or the team for them."""
    giver = booking.cancelled_by
    if giver is None or giver.pk == booking.practitioner.user_id:
        return None
    own = Membership.objects.as_contact().filter(organisation=booking.organisation_id, practitioner__user=giver)
    membership = own.select_related("practitioner__user").first()
    return membership.practitioner if membership else None


def _manager_has_agreed(booking: Booking) -> bool:
    """A request that nobody of the team confirmed or let pass was confirmed by the manager's link."""
    return (
        booking.offer.approval_mode == ApprovalMode.EXPLICIT
        and booking.hold_ends_at is not None
        and booking.decided_by_id is None
    )
