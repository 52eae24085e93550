"""Charging: what an unused place costs its agency, until when reasons are heard, which place was refilled. Reads only."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.utils import timezone
from django.utils.dateformat import format as format_date

from accounts.models import Partnership
from bookings.models import Booking, ChargeNotice
from bookings.models.booking import State
from courses.models import ChargingPolicy, Course, Event
from courses.working_days import BRITISH_TIME, end_of_day, working_days_after

Kind = ChargeNotice.Kind

# Every other state costs nothing: what we cancelled ourselves, what was given up in time or to a colleague, and
# who came, even if they left early (rule B15). Turned away at the door counts as absent (rule B14).
KIND_OF_STATE: dict[State, Kind] = {
    State.CANCELLED_LATE: Kind.LATE_CANCELLATION,
    State.DID_NOT_ATTEND: Kind.NON_ATTENDANCE,
    State.TURNED_AWAY: Kind.NON_ATTENDANCE,
}


def kind_of(booking: Booking) -> Kind | None:
    """Return what this booking is charged for as it stands; people added on the day never are (rule B19)."""
    return None if booking.is_walk_in else KIND_OF_STATE.get(State(booking.state))


def late_charge(booking: Booking) -> Decimal:
    """Return what the agency is asked for when this place is not used, by the policy it was booked under (rule B23)."""
    return late_charge_on(event=booking.event, policy=booking.policy, price=booking.price)


def late_charge_on(*, event: Event, policy: ChargingPolicy, price: Decimal | None) -> Decimal:
    """The same for any place on a date. A whole course that was ordered is paid for, whoever comes to it."""
    if event.commissioned_by_id:
        return Decimal(0)
    return policy.late_charge(is_half_day=event.version.course.is_half_day, price=price)


def charge_for_not_finishing(*, policy: ChargingPolicy, course: Course, price: Decimal | None) -> Decimal:
    """Return what the agency is asked for a self-paced course that was not finished (rule B26): as for a place not used."""
    return policy.late_charge(is_half_day=course.is_half_day, price=price)


def reasons_heard_until(*, since: datetime, partnership: Partnership) -> datetime:
    """Return the last moment before a charge is reviewed (DOMAIN 6.3): some working days for reasons."""
    drafted_on = timezone.localtime(since).date()
    return end_of_day(working_days_after(drafted_on, partnership.charge_review_days))


def day_in_words(moment: datetime) -> str:
    return format_date(timezone.localtime(moment), "l j F Y")


@dataclass(frozen=True, kw_only=True)
class SicknessRule:
    """Rule B11: by when a manager tells us of sickness on the day, and by when it is there in writing."""

    told_by: datetime
    written_by: datetime


def sickness_rule(*, event: Event, partnership: Partnership) -> SicknessRule:
    """Return the two deadlines for the day on which this event begins."""
    day = timezone.localtime(event.starts_at).date()
    return SicknessRule(
        told_by=datetime.combine(day, partnership.sickness_told_by, tzinfo=BRITISH_TIME),
        written_by=end_of_day(working_days_after(day, partnership.sickness_confirmed_days)),
    )


@dataclass(frozen=True, kw_only=True)
class GivenUp:
    """A place given up late, as the refilling sees it."""

    key: int
    at: datetime
    is_settled: bool = False


def refilled(
    *, given_up: Sequence[GivenUp], taken_at: Iterable[datetime], free_places: int | None, others: int = 0
) -> list[int]:
    """Return the keys of the places given up late that somebody else has taken, the earliest first (rule B10).

    Of all places given up late, as many were needed again as are not free now: whoever comes to a date with
    room to spare takes nobody's place. `others` are those given up late that are not up for this (their charge
    was settled otherwise); they count towards the places that could be free. Each newcomer, by the moment of
    their confirmation, fills one place that was given up before. What is settled keeps its newcomer.
    """
    if free_places is None:
        return []
    left = len(given_up) + others - free_places
    newcomers = sorted(taken_at)
    found = []
    for place in sorted(given_up, key=lambda place: (not place.is_settled, place.at, place.key)):
        newcomer = next((at for at in newcomers if at > place.at), None)
        if left <= 0 or newcomer is None:
            continue
        newcomers.remove(newcomer)
        left -= 1
        if not place.is_settled:
            found.append(place.key)
    return found
