"""A date was moved: people say whether they can come, are reminded half way, and are released if they do not answer."""

from datetime import datetime

from django.db import transaction
from django.db.models import Prefetch

from accounts.correspondence import withhold_unsent
from accounts.models import User
from bookings import emails
from bookings.actions.change_steps import end_by_provider, give_back_places
from bookings.actions.places import lock_booking
from bookings.eligibility import sessions_overlap
from bookings.models import Booking, EventChange
from bookings.models.booking import State
from courses.models import Session

CANNOT_COME = "Cannot come on the new day."
NO_ANSWER = "Did not say whether they can come on the new day."
GIVEN_BACK = "The place was given back."


class CannotAnswer(Exception):
    """Nothing is asked any more, or the answer contradicts another booking; the words say which."""


@transaction.atomic(durable=True)
def answer(*, booking_id: int, is_coming: bool, by: User | None, now: datetime) -> Booking:
    """Keep the place for the new day, or give it back without a charge. The same answer twice is the same as once.

    Raises CannotAnswer when the place is gone, or when somebody wants to be in two places at once (rule B3).
    """
    booking = lock_booking(booking_id)
    if is_coming and booking.state == State.CONFIRMED and booking.answered_at:
        return booking
    if not is_coming and booking.state == State.CANCELLED_BY_PROVIDER and booking.state_reason == CANNOT_COME:
        return booking
    if not booking.is_asked or booking.event.has_begun(now):
        raise CannotAnswer("This is settled already, so there is nothing to answer any more.")
    if not is_coming:
        return _give_back(booking, by, now, CANNOT_COME)
    clash = next(iter(clashes_of(booking=booking)), None)
    if clash:
        raise CannotAnswer(
            f"You have a place on “{clash.event.version.course.title}” at the same time. Cancel one of the two."
        )
    booking.answered_at = now
    booking.save(update_fields=["answered_at"])
    return booking


def clashes_of(*, booking: Booking) -> list[Booking]:
    """Find the person's other places at the time of this one: a date may be moved onto another."""
    others = Booking.objects.live().filter(practitioner=booking.practitioner_id).exclude(pk=booking.pk)
    starts_at, ends_at = booking.event.starts_at, booking.event.ends_at
    if starts_at is None or ends_at is None:
        return []
    near = others.filter(event__starts_at__lt=ends_at, event__ends_at__gt=starts_at)
    near = near.select_related("event__version__course").prefetch_related(
        Prefetch("event__sessions", Session.objects.order_by("position"))
    )
    return [other for other in near.order_by("pk") if sessions_overlap(other.event, booking.event)]


@transaction.atomic(durable=True)
def release(*, booking_id: int, now: datetime) -> Booking | None:
    """Give back the place of somebody who did not answer in time; answered or gone meanwhile is not an error."""
    booking = lock_booking(booking_id)
    if not booking.is_asked or booking.answer_due_at is None or booking.answer_due_at > now:
        return None
    return _give_back(booking, None, now, NO_ANSWER)


def _give_back(booking: Booking, by: User | None, now: datetime, reason: str) -> Booking:
    end_by_provider(booking=booking, by=by, now=now, reason=reason)
    withhold_unsent(about=f"booking:{booking.pk}", now=now, reason=GIVEN_BACK)
    emails.move_released(booking=booking, was_asked=reason == NO_ANSWER, now=now)
    give_back_places(bookings=[booking], now=now)
    return booking


@transaction.atomic(durable=True)
def remind(*, booking_id: int, now: datetime) -> bool:
    """Ask once more; False where the answer has come meanwhile."""
    booking = lock_booking(booking_id)
    if not booking.is_asked or booking.answer_due_at is None or booking.answer_due_at <= now:
        return False
    return emails.move_reminder(booking=booking, now=now) is not None


def half_way(*, change: EventChange) -> datetime:
    """Return the moment from which those who have not answered are reminded."""
    due = change.answer_due_at or change.asked_at
    return change.asked_at + (due - change.asked_at) / 2
