"""Links by which a manager, or whoever stands in for them, is asked about one request (rules B1 and B2).

Each link holds a secret of its own. The letter that carries it is the only place where it stands in full, and
its text is erased once it is sent; the row keeps a digest.
"""

import secrets
from datetime import datetime, timedelta

from bookings import emails
from bookings.actions.capacity import BookingRefused
from bookings.models import Approval, Booking
from bookings.models.approval import digest_of
from bookings.models.booking import State
from bookings.reasons import Reason
from courses.models import ApprovalMode

SECRET_BYTES = 32
# Nobody can use the portal to write to people by the hundred (BAR S5).
ASKED_AN_HOUR = 20


class AskedTooOften(BookingRefused):
    """So many letters have gone to managers in this person's name that the next must wait."""


def new_link() -> tuple[str, str]:
    """Draw the secret of a link; return it, and what is kept of it."""
    token = secrets.token_urlsafe(SECRET_BYTES)
    return token, digest_of(token)


def is_to_be_asked(*, booking: Booking) -> bool:
    """Whether this request waits for a manager whose address we have; nobody of the team has set that aside."""
    return (
        booking.state == State.REQUESTED
        and booking.offer.approval_mode == ApprovalMode.EXPLICIT
        and "approval" not in booking.overridden
        and bool(booking.manager_email)
        and not booking.has_no_manager
    )


def ask(*, booking: Booking, now: datetime, approval: Approval | None = None) -> Approval:
    """Ask the manager whose address is on the booking. With an approval: ask another one, and the old links are dead.

    Joins the caller's transaction. Raises AskedTooOften.
    """
    _refuse_too_many(booking, now)
    approval = approval or Approval(booking=booking)
    token, approval.token_digest = new_link()
    approval.approver_email, approval.asked_at = booking.manager_email, now
    approval.reminded_at = approval.reminder_token_digest = None
    approval.deputy_email, approval.deputy_asked_at, approval.deputy_token_digest = "", None, None
    approval.save()
    emails.approval_request(approval=approval, booking=booking, token=token, to=approval.approver_email, now=now)
    return approval


def ask_deputy(*, approval: Approval, booking: Booking, email: str, now: datetime, is_passed_on: bool) -> None:
    """Ask somebody beside the manager by a link of their own; whoever answers first has answered for both."""
    token, approval.deputy_token_digest = new_link()
    approval.deputy_email, approval.deputy_asked_at = email, now
    approval.save(update_fields=["deputy_email", "deputy_asked_at", "deputy_token_digest"])
    emails.approval_request(
        approval=approval, booking=booking, token=token, to=email, now=now, is_passed_on=is_passed_on
    )


def _refuse_too_many(booking: Booking, now: datetime) -> None:
    if emails.managers_asked_since(practitioner=booking.practitioner, moment=now - timedelta(hours=1)) < ASKED_AN_HOUR:
        return
    words = "Many managers have been asked in your name within the hour."
    raise AskedTooOften([Reason("asked_too_often", words, "Try again in an hour.")])
