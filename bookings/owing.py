"""Owing: what is owed for a line that was sold, from what became of the place. Reads only; the one home of the rule.

Owed once somebody took part and the register is locked, or a charge for not using the place was approved. Nothing is
owed for a place that was given up in time or that we cancelled, nor for a charge that was waived. Until one of these
is known, the line waits.
"""

from dataclasses import dataclass
from enum import Enum

from bookings.models import Booking, ChargeNotice, Order, OrderLine, SelfPacedEnrolment
from bookings.models.booking import TOOK_PART_STATES, UNUSED_STATES, State
from bookings.models.charge import ChargeState
from bookings.models.order import OrderState
from bookings.models.self_paced import LIVE_ENROLMENT_STATES, EnrolmentState
from courses.models import Event

ENDED_FOR_NOTHING = (
    State.CANCELLED,
    State.CANCELLED_BY_PROVIDER,
    State.DECLINED,
    State.LAPSED,
)


class Verdict(Enum):
    """What is owed for one line."""

    WAIT = "not known yet"
    OWED = "owed"
    RELEASED = "given up in time"
    WAIVED = "waived"


@dataclass(frozen=True)
class Owing:
    """The verdict, why, and the charge that it rests on, if it is one."""

    verdict: Verdict
    reason: str
    charge: ChargeNotice | None = None


TOOK_PART = Owing(Verdict.OWED, "Attended")
NOT_YET = Owing(Verdict.WAIT, "Not delivered yet")


def owing_for(line: OrderLine) -> Owing:
    """Return what is owed for a sold line as things stand now."""
    if line.waived_reason:
        return Owing(Verdict.WAIVED, line.waived_reason)
    if line.given_back_at:
        return Owing(Verdict.RELEASED, "The place never had a name and went back")
    if line.kind == OrderLine.Kind.SELF_PACED:
        return _for_enrolment(SelfPacedEnrolment.objects.filter(order_line=line).first())
    if line.kind != OrderLine.Kind.PLACE:
        return _for_whole(line)
    return _for_booking(line, last_booking(line))


def last_booking(line: OrderLine) -> Booking | None:
    """The booking that goes on with this line: the last of those that took it over from one another."""
    # One that was moved late is followed by a booking with a line of its own.
    return (
        line.bookings.select_related("event", "practitioner")
        .exclude(replaced_by__order_line=line)
        .order_by("-pk")
        .first()
    )


def _for_booking(line: OrderLine, booking: Booking | None) -> Owing:
    if booking is None:
        return _for_no_name(line)
    state = State(booking.state)
    if state in TOOK_PART_STATES:
        return TOOK_PART if booking.event.register_locked_at else NOT_YET
    if state in UNUSED_STATES:
        return _for_unused(ChargeNotice.objects.filter(booking=booking).shown_to_agencies().first())
    if state in ENDED_FOR_NOTHING:
        return Owing(Verdict.RELEASED, booking.get_state_display().capitalize())
    return NOT_YET


def _for_no_name(line: OrderLine) -> Owing:
    """A place that nobody was named for waits, unless its date does not take place."""
    is_off = line.event is not None and line.event.state == Event.State.CANCELLED
    return Owing(Verdict.RELEASED, "Cancelled by us") if is_off else NOT_YET


def _for_unused(charge: ChargeNotice | None) -> Owing:
    """A place that was not used is owed through its charge: once approved, and not at all once waived."""
    if charge is None:
        return NOT_YET
    if charge.state == ChargeState.APPROVED:
        return Owing(Verdict.OWED, charge.get_kind_display().capitalize(), charge)
    if charge.state == ChargeState.WAIVED:
        return Owing(Verdict.WAIVED, f"Waived: {charge.get_waived_for_display()}", charge)
    return Owing(Verdict.WAIT, "The charge is not decided yet", charge)


def _for_enrolment(enrolment: SelfPacedEnrolment | None) -> Owing:
    if enrolment is None or enrolment.state in LIVE_ENROLMENT_STATES:
        return NOT_YET
    if enrolment.state == EnrolmentState.PASSED:
        return Owing(Verdict.OWED, "Finished")
    charge = ChargeNotice.objects.filter(enrolment=enrolment).shown_to_agencies().first()
    if charge is None and not enrolment.charges_non_completion:
        return Owing(Verdict.RELEASED, "Not finished, and not charged")
    return _for_unused(charge)


def _for_whole(line: OrderLine) -> Owing:
    """A package is owed when it is bought; a whole course once its date is over, whoever came."""
    if line.order.state == OrderState.CANCELLED:
        return Owing(Verdict.RELEASED, line.order.cancelled_reason)
    event = line.event
    if event is None:
        # What was ordered by a quote gets its date afterwards.
        return NOT_YET if line.order.source == Order.Source.QUOTE else Owing(Verdict.OWED, "Delivered")
    if event.state == Event.State.CANCELLED:
        return Owing(Verdict.RELEASED, "Cancelled by us")
    is_over = event.state in (Event.State.DELIVERED, Event.State.LOCKED)
    return Owing(Verdict.OWED, "Delivered") if is_over else NOT_YET
