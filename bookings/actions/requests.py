"""Requests: confirm, decline or let go what somebody must decide first (rules B1, B2)."""

from datetime import datetime

from django.db import transaction

from accounts.correspondence import withhold_unsent
from accounts.locking import locked
from accounts.models import Organisation, Partnership, User
from bookings import emails
from bookings.actions import capacity, sales
from bookings.actions.capacity import BookingRefused
from bookings.actions.places import lock_booking
from bookings.eligibility import reasons_of_date
from bookings.models import Approval, Booking
from bookings.models.booking import STATE_FIELDS, State
from bookings.reasons import Reason
from bookings.terms import free_cancel_until, terms_for
from courses.models import Event


class AlreadyDecided(BookingRefused):
    """The request is no longer open."""


@transaction.atomic(durable=True)
def confirm(*, booking_id: int, by: User, now: datetime) -> Booking:
    """Turn a request into a place, on the terms of this day; the person gets the confirmation."""
    return confirm_locked(booking=lock_request(booking_id), by=by, now=now)


def confirm_locked(*, booking: Booking, by: User | None, now: datetime, reason: str = "") -> Booking:
    """Turn a request that is in hand into a place, on the terms of this day; the person gets the confirmation.

    An organisation that was new when the person asked must have its charging category by now. `by` is nobody
    where a manager decided by link; `reason` then says so.
    """
    _refuse_lost_date(booking.event, now)
    before = (booking.organisation, booking.offer)
    _settle_terms(booking, now)
    sales.sell_place(booking=booking, by=by, now=now, is_confirmed=True)
    booking.move_to(State.CONFIRMED, by=by, now=now, reason=reason)
    booking.confirmed_at = now
    decided = _decided(booking, by, now)
    _answer_for_manager(booking, Approval.Decision.APPROVED, by, now)
    booking.save(
        update_fields=[
            *STATE_FIELDS,
            *decided,
            *("confirmed_at", "free_cancel_until", "offer", "sector", "charging_category", "price", "order_line"),
        ]
    )
    withhold_unsent(about=f"booking:{booking.pk}", now=now, reason=emails.DECIDED)
    emails.confirmation(booking=booking, now=now)
    capacity.move_share(event_id=booking.event_id, before=before, after=(booking.organisation, booking.offer))
    return booking


@transaction.atomic(durable=True)
def decline(*, booking_id: int, by: User, now: datetime, reason: str) -> Booking:
    """Decline a request for a reason that the person reads; the place goes back."""
    return decline_locked(booking=lock_request(booking_id), by=by, now=now, reason=reason)


def decline_locked(*, booking: Booking, by: User | None, now: datetime, reason: str) -> Booking:
    """Decline a request that is in hand, for a reason that the person reads; the place goes back."""
    reason = reason.strip()
    if not reason:
        raise BookingRefused([Reason("no_reason", "Write why the request is declined. The person reads it.")])
    booking.move_to(State.DECLINED, by=by, now=now, reason=reason)
    booking.decided_reason = reason
    _answer_for_manager(booking, Approval.Decision.DECLINED, by, now, reason)
    booking.save(update_fields=[*STATE_FIELDS, *_decided(booking, by, now), "decided_reason"])
    withhold_unsent(about=f"booking:{booking.pk}", now=now, reason=emails.DECIDED)
    emails.request_declined(booking=booking, now=now)
    capacity.give_back(event_id=booking.event_id, organisation=booking.organisation, offer=booking.offer, now=now)
    return booking


@transaction.atomic(durable=True)
def lapse(*, booking_id: int, now: datetime) -> Booking | None:
    """Let a request go that nobody decided in time (rule B2); decided meanwhile is not an error."""
    request = Booking.objects.requests_past_their_hold(now).filter(pk=booking_id)
    booking = locked(request.with_event_facts()).first()
    if booking is None:
        return None
    booking.move_to(State.LAPSED, by=None, now=now, reason="Nobody decided in time.")
    booking.save(update_fields=STATE_FIELDS)
    withhold_unsent(about=f"booking:{booking.pk}", now=now, reason=emails.DECIDED)
    approval = Approval.objects.unanswered().filter(booking=booking).first()
    emails.request_lapsed(booking=booking, now=now, manager_was_asked=approval is not None)
    if approval:
        emails.approval_over(approval=approval, booking=booking, now=now)
    capacity.give_back(event_id=booking.event_id, organisation=booking.organisation, offer=booking.offer, now=now)
    return booking


def lock_request(booking_id: int) -> Booking:
    """Fetch an open request for oneself alone. Raises AlreadyDecided."""
    booking = lock_booking(booking_id)
    if booking.state != State.REQUESTED:
        raise AlreadyDecided(
            [Reason("decided", f"This request has been settled already: it is {booking.get_state_display()}.")]
        )
    return booking


def _decided(booking: Booking, by: User | None, now: datetime) -> tuple[str, ...]:
    """Name the member of the team who decided; a manager's answer stands in the approval."""
    if by is None:
        return ()
    booking.decided_at, booking.decided_by = now, by
    return ("decided_at", "decided_by")


def _answer_for_manager(
    booking: Booking, decision: Approval.Decision, by: User | None, now: datetime, reason: str = ""
) -> None:
    """Close the question to a manager who has not answered: the team has decided, and the link says so."""
    if by is not None:
        open_question = Approval.objects.unanswered().filter(booking=booking)
        open_question.update(decision=decision, decided_at=now, decided_by=by, reason=reason)


def _refuse_lost_date(event: Event, now: datetime) -> None:
    """A request may be confirmed after booking has closed, but not for a date that is off or has begun."""
    if event.state == Event.State.CANCELLED or event.has_begun(now):
        raise BookingRefused(reasons_of_date(event, now))


def _settle_terms(booking: Booking, now: datetime) -> None:
    """Fix what the place costs and until when it can be given up, now that it becomes one."""
    organisation, event, partnership = booking.organisation, booking.event, Partnership.objects.current()
    if booking.price is None:
        terms = terms_for(organisation=organisation, event=event, now=now, partnership=partnership)
        if terms.offer is None or terms.price is None:
            raise BookingRefused([_no_price_yet(organisation)])
        booking.offer = terms.offer
        booking.price = terms.price
        booking.sector = organisation.sector
        booking.charging_category = organisation.charging_category
    booking.free_cancel_until = free_cancel_until(offer=booking.offer, event=event, partnership=partnership)


def _no_price_yet(organisation: Organisation) -> Reason:
    if organisation.charging_category:
        return Reason(
            "not_offered", f"This date has no price for {organisation.name}: decline the request, or set one."
        )
    return Reason("organisation_undecided", f"Decide first what {organisation.name} pays: set its charging category.")
