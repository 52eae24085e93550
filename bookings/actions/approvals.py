"""Approvals: a manager answers by their link, passes it on, is reminded; the person asks another (rules B1 and B2).

Every one of them takes the booking's row first, so of two answers at once, or of an answer and the end of the
hold, one finds the request open and the other finds it settled.
"""

from datetime import datetime, timedelta

from django.db import transaction

from accounts.models import User
from bookings import emails
from bookings.actions import approval_links, requests
from bookings.actions.capacity import BookingRefused
from bookings.actions.places import lock_booking
from bookings.actions.requests import AlreadyDecided
from bookings.eligibility import reasons_for_the_team
from bookings.models import Approval, Booking
from bookings.models.booking import State
from bookings.reasons import OWN_ADDRESS, Reason
from courses.models import ApprovalMode

# Within this time the same address is the same form sent again; after it, a letter that got lost.
SAME_FORM_AGAIN = timedelta(minutes=10)
ANSWERED = Reason("answered", "This request has been answered already.")
TIME_IS_OVER = Reason("time_is_over", "The time to answer is over: the place is no longer held.")


class NoSuchLink(Exception):
    """Nothing belongs to this link: it was mistyped, or a newer one has taken its place."""


class CannotAsk(BookingRefused):
    """This address cannot be asked; the words say why."""


@transaction.atomic(durable=True)
def approve(*, token: str, now: datetime) -> Approval:
    """The manager agrees: the place is the person's, unless the team has something to decide as well.

    Raises NoSuchLink, AlreadyDecided, or BookingRefused when the date is lost.
    """
    approval, booking = _open_question(token, now)
    _write_answer(approval, Approval.Decision.APPROVED, token, now)
    if not reasons_for_the_team(booking=booking, now=now):
        requests.confirm_locked(booking=booking, by=None, now=now, reason="The manager agreed.")
    return approval


@transaction.atomic(durable=True)
def decline(*, token: str, now: datetime, reason: str) -> Approval:
    """The manager declines, for a reason that the person reads; the place goes back. Raises as `approve` does."""
    approval, booking = _open_question(token, now)
    reason = reason.strip()
    if not reason:
        raise BookingRefused([Reason("no_reason", "Write why you decline. The person reads it.")])
    _write_answer(approval, Approval.Decision.DECLINED, token, now, reason)
    requests.decline_locked(booking=booking, by=None, now=now, reason=reason)
    return approval


@transaction.atomic(durable=True)
def pass_on(*, token: str, now: datetime, email: str) -> Approval:
    """The manager asks somebody else to answer, once; their own link goes on working. Raises CannotAsk too."""
    approval, booking = _open_question(token, now)
    if not may_pass_on(approval=approval, token=token):
        raise CannotAsk([Reason("passed_on", "This request has been passed on already, and can be only once.")])
    if email.lower() == approval.approver_email.lower():
        raise CannotAsk([Reason("own_address", "This is your own address. Give somebody else's.")])
    if booking.practitioner.owns_address(email):
        raise CannotAsk([Reason("persons_address", f"This is {booking.practitioner}'s own address.")])
    approval_links.ask_deputy(approval=approval, booking=booking, email=email, now=now, is_passed_on=True)
    return approval


def may_pass_on(*, approval: Approval, token: str) -> bool:
    """The manager may, whoever stands in for them may not; and once, so that no letter wanders on."""
    return not approval.deputy_email and approval.address_of(token) == approval.approver_email


@transaction.atomic(durable=True)
def ask_manager(*, booking_id: int, manager_email: str, by: User, now: datetime) -> Approval:
    """The person gives another address for their manager, or the first one: a new link; those before it are dead.

    The place is held no longer for that. The same address a moment later changes nothing, so that a form sent
    twice is harmless; the next day it brings the manager a new letter. Raises AlreadyDecided, CannotAsk or AskedTooOften.
    """
    booking = requests.lock_request(booking_id)
    approval = Approval.objects.select_for_update(of=("self",)).filter(booking=booking).first()
    refuse_settled(booking=booking, approval=approval, now=now)
    if booking.offer.approval_mode != ApprovalMode.EXPLICIT:
        raise CannotAsk([Reason("nobody_asked", "This request does not wait for a manager.")])
    if booking.practitioner.owns_address(manager_email):
        raise CannotAsk([OWN_ADDRESS])
    is_same = approval is not None and approval.approver_email.lower() == manager_email.lower()
    if approval and is_same and now < approval.asked_at + SAME_FORM_AGAIN:
        return approval
    booking.manager_email, booking.has_no_manager = manager_email, False
    booking.save(update_fields=["manager_email", "has_no_manager"])
    emails.withhold_links(booking=booking, now=now)
    return approval_links.ask(booking=booking, now=now, approval=approval)


def may_ask_manager(*, booking: Booking, now: datetime) -> bool:
    """Whether the person may name a manager, or another one. Read it of bookings fetched `with_approval`."""
    return (
        booking.offer.approval_mode == ApprovalMode.EXPLICIT
        and "approval" not in booking.overridden
        and booking.state == State.REQUESTED
        and booking.hold_ends_at is not None
        and booking.hold_ends_at > now
        and (booking.manager_is_asked or getattr(booking, "approval", None) is None)
    )


@transaction.atomic(durable=True)
def remind(*, approval_id: int, now: datetime) -> Approval | None:
    """Write once more to a manager who has not answered, and to the deputy on the person's profile.

    Answered, reminded or over in the meantime is not an error.
    """
    booking = lock_booking(Approval.objects.values_list("booking", flat=True).get(pk=approval_id))
    approval = Approval.objects.to_be_reminded(now).select_for_update(of=("self",)).filter(pk=approval_id).first()
    if approval is None:
        return None
    token, approval.reminder_token_digest = approval_links.new_link()
    approval.reminded_at = now
    approval.save(update_fields=["reminded_at", "reminder_token_digest"])
    emails.approval_reminder(approval=approval, booking=booking, token=token, now=now)
    deputy = booking.practitioner.manager_deputy_email
    is_somebody_else = deputy.lower() != approval.approver_email.lower() and not booking.practitioner.owns_address(
        deputy
    )
    if deputy and not approval.deputy_email and is_somebody_else:
        approval_links.ask_deputy(approval=approval, booking=booking, email=deputy, now=now, is_passed_on=False)
    return approval


def refuse_settled(*, booking: Booking, approval: Approval | None, now: datetime) -> None:
    """Raise AlreadyDecided where an answer comes too late."""
    if approval and approval.decision:
        raise AlreadyDecided([ANSWERED])
    if booking.state == State.REQUESTED and booking.hold_ends_at is not None and booking.hold_ends_at <= now:
        raise AlreadyDecided([TIME_IS_OVER])


def _open_question(token: str, now: datetime) -> tuple[Approval, Booking]:
    """Fetch what the link asks about, for oneself alone, while it can be answered."""
    booking_id = Approval.objects.with_link(token).values_list("booking", flat=True).first()
    if booking_id is None:
        raise NoSuchLink
    booking = requests.lock_request(booking_id)
    # The link may have been replaced while we waited.
    approval = Approval.objects.with_link(token).select_for_update(of=("self",)).first()
    if approval is None:
        raise NoSuchLink
    refuse_settled(booking=booking, approval=approval, now=now)
    return approval, booking


def _write_answer(approval: Approval, decision: Approval.Decision, token: str, now: datetime, reason: str = "") -> None:
    approval.decision, approval.decided_at, approval.reason = decision, now, reason
    approval.decided_by_email = approval.address_of(token)
    approval.save(update_fields=["decision", "decided_at", "decided_by_email", "reason"])
