"""Counts of dates, bookings and hours, straight from the database: one query for each way of counting.

They come sorted: where a count is hidden to protect another, and several are equally small, the first is taken. In
the database's own order two copies of one report could hide different cells, and each give away the other's.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from datetime import timedelta
from decimal import Decimal

from django.db.models import (
    Case,
    CharField,
    Count,
    DecimalField,
    DurationField,
    Exists,
    ExpressionWrapper,
    F,
    OuterRef,
    Q,
    QuerySet,
    Sum,
    Value,
    When,
)

from accounts.models.organisation import GROUP_OF_SECTOR, ReportingGroup
from bookings.models import Attendance, Booking
from bookings.models.booking import TOOK_PART_STATES, State
from bookings.reports import FULL_DAY, HALF_DAY
from courses.models import Event, Trainer, TrainerAssignment
from courses.models.course import HALF_DAY_HOURS
from evaluation.models import Answer, ImprovementAction, Observation, ObservationRating, Response
from evaluation.models.observation import DONE_STATES, SHARED_STATES
from evaluation.models.questionnaire import Stage
from evaluation.reports.selection import DELIVERED_STATES, Selection

WALK_IN = Q(source=Booking.Source.WALK_IN)
TOOK_PART = Q(state__in=TOOK_PART_STATES)
MISSED = Q(state__in=[State.DID_NOT_ATTEND, State.TURNED_AWAY]) & ~WALK_IN
HAS_PLACES = Q(event__capacity_at_start__isnull=False) | Q(event__capacity__isnull=False)

BOOKING_COUNTS = {
    "attended": Count("pk", filter=TOOK_PART & ~WALK_IN),
    "walk_ins": Count("pk", filter=TOOK_PART & WALK_IN),
    "missed": Count("pk", filter=MISSED),
    "cancelled": Count("pk", filter=Q(state=State.CANCELLED, confirmed_at__isnull=False)),
    "late": Count("pk", filter=Q(state=State.CANCELLED_LATE)),
    "attended_in_places": Count("pk", filter=TOOK_PART & ~WALK_IN & HAS_PLACES),
    "walk_ins_in_places": Count("pk", filter=TOOK_PART & WALK_IN & HAS_PLACES),
    "missed_in_places": Count("pk", filter=MISSED & HAS_PLACES),
}
EVENT_COUNTS = {
    "planned": Count("pk"),
    "delivered": Count("pk", filter=Q(state__in=DELIVERED_STATES)),
    "cancelled": Count("pk", filter=Q(state=Event.State.CANCELLED)),
    "places": Sum("places", filter=Q(state__in=DELIVERED_STATES), default=0),
}
GROUP = Case(
    *[When(sector=sector, then=Value(str(group))) for sector, group in GROUP_OF_SECTOR.items()],
    default=Value(str(ReportingGroup.PRIVATE_AND_OTHER)),
    output_field=CharField(),
)


# The length of a session: for hours that people were there, and days that trainers gave.
LENGTH = ExpressionWrapper(F("session__ends_at") - F("session__starts_at"), output_field=DurationField())


@dataclass(frozen=True)
class BookingCounts:
    """Of bookings. The last three leave out dates that have no limit on places, for the rates that divide by places."""

    attended: int = 0
    walk_ins: int = 0
    missed: int = 0
    cancelled: int = 0
    late: int = 0
    attended_in_places: int = 0
    walk_ins_in_places: int = 0
    missed_in_places: int = 0

    def __add__(self, other: "BookingCounts") -> "BookingCounts":
        return BookingCounts(*[a + b for a, b in zip(astuple(self), astuple(other), strict=True)])


@dataclass(frozen=True)
class EventCounts:
    """Of dates."""

    planned: int = 0
    delivered: int = 0
    cancelled: int = 0
    places: int = 0

    def __add__(self, other: "EventCounts") -> "EventCounts":
        return EventCounts(*[a + b for a, b in zip(astuple(self), astuple(other), strict=True)])


def total(counts: Iterable[BookingCounts]) -> BookingCounts:
    return sum(counts, BookingCounts())


def total_events(counts: Iterable[EventCounts]) -> EventCounts:
    return sum(counts, EventCounts())


def events_by_course(selection: Selection) -> dict[int, EventCounts]:
    rows = selection.planned_events().values_list("version__course").annotate(**EVENT_COUNTS).order_by()
    return {course: EventCounts(*numbers) for course, *numbers in sorted(rows)}


def events_by_mode(selection: Selection) -> dict[str, EventCounts]:
    rows = selection.planned_events().values_list("mode").annotate(**EVENT_COUNTS).order_by()
    return {mode: EventCounts(*numbers) for mode, *numbers in sorted(rows)}


def bookings_by_course(selection: Selection) -> dict[int, BookingCounts]:
    rows = selection.bookings().values_list("event__version__course").annotate(**BOOKING_COUNTS).order_by()
    return {course: BookingCounts(*numbers) for course, *numbers in sorted(rows)}


def bookings_by_course_and_mode(selection: Selection) -> dict[tuple[int, str], BookingCounts]:
    """A course may have been held in several ways."""
    rows = selection.bookings().values_list("event__version__course", "event__mode")
    counted = rows.annotate(**BOOKING_COUNTS).order_by()
    return {(course, mode): BookingCounts(*numbers) for course, mode, *numbers in sorted(counted)}


def bookings_by_agency(selection: Selection) -> dict[tuple[str, int], BookingCounts]:
    """By reporting group and organisation, as both stood when each booking was made."""
    rows = selection.bookings().values_list(GROUP, "organisation").annotate(**BOOKING_COUNTS).order_by()
    return {(group, agency): BookingCounts(*numbers) for group, agency, *numbers in sorted(rows)}


def attended_by_course_and_group(selection: Selection) -> dict[tuple[int, str], int]:
    """People who had booked and came."""
    rows = selection.bookings().filter(TOOK_PART & ~WALK_IN).values_list("event__version__course", GROUP)
    counted = rows.annotate(attended=Count("pk")).order_by()
    return {(course, group): attended for course, group, attended in sorted(counted)}


def groups_by_date(selection: Selection) -> dict[tuple[int, int], list[int]]:
    """By course and date: how many took part of each reporting group that was there at all."""
    rows = selection.bookings().filter(TOOK_PART).values_list("event__version__course", "event", GROUP)
    found: dict[tuple[int, int], list[int]] = {}
    for course, event, _, came in sorted(rows.annotate(came=Count("pk")).order_by()):
        found.setdefault((course, event), []).append(came)
    return found


def hours_by_course(selection: Selection) -> dict[int, Decimal]:
    """Hours of the sessions that people who took part were present at."""
    present = Attendance.objects.filter(
        booking__in=selection.bookings().filter(TOOK_PART).values("pk"),
        mark__in=[Attendance.Mark.PRESENT, Attendance.Mark.LEFT_EARLY],
    )
    rows = present.values_list("booking__event__version__course").annotate(length=Sum(LENGTH)).order_by()
    return {course: Decimal(int(length.total_seconds())) / 3600 for course, length in sorted(rows)}


def unmet_by_course(selection: Selection) -> dict[int, int]:
    """Places that people waited for and did not get; a group counts each of the places it wanted."""
    rows = selection.unmet_waits().values_list("event__version__course")
    return dict(sorted(rows.annotate(places=Sum("places_wanted")).order_by()))


def people(selection: Selection) -> int:
    return selection.bookings().filter(TOOK_PART).aggregate(people=Count("practitioner", distinct=True))["people"]


def people_by_group(selection: Selection) -> dict[str, int]:
    rows = selection.bookings().filter(TOOK_PART).values_list(GROUP)
    return dict(sorted(rows.annotate(people=Count("practitioner", distinct=True)).order_by()))


def people_by_agency(selection: Selection) -> dict[tuple[str, int], int]:
    """Different people of each agency; somebody with two agencies is in both."""
    rows = selection.bookings().filter(TOOK_PART).values_list(GROUP, "organisation")
    rows = rows.annotate(people=Count("practitioner", distinct=True)).order_by()
    return {(group, agency): people for group, agency, people in sorted(rows)}


@dataclass(frozen=True)
class TrainingGiven:
    """What trainers gave: days, sessions, and how many of these had another trainer in them."""

    days: Decimal = Decimal()
    sessions: int = 0
    together: int = 0


@dataclass(frozen=True)
class Trainers:
    """Of the pool: active now, and trained as trainers in the period."""

    active: int = 0
    trained: int = 0


def training_given(selection: Selection) -> tuple[dict[int, TrainingGiven], TrainingGiven]:
    """By the trainers' agency, and in all: a session that two agencies held counts for each, and once in all."""
    others = TrainerAssignment.objects.filter(session=OuterRef("session")).exclude(pk=OuterRef("pk"))
    half_day = Q(length__lte=timedelta(hours=float(HALF_DAY_HOURS)))
    held = (
        TrainerAssignment.objects.filter(session__event__in=_delivered(selection))
        .annotate(length=LENGTH, has_others=Exists(others))
        .annotate(day=Case(When(half_day, then=HALF_DAY), default=FULL_DAY, output_field=DecimalField()))
    )
    counted = {
        "days": Sum("day", default=Decimal()),
        "sessions": Count("session", distinct=True),
        "together": Count("session", distinct=True, filter=Q(has_others=True)),
    }
    rows = held.values_list("trainer__organisation").annotate(**counted).order_by()
    return {agency: TrainingGiven(*numbers) for agency, *numbers in sorted(rows)}, TrainingGiven(
        **held.aggregate(**counted)
    )


def trainers_by_agency(selection: Selection) -> dict[int, Trainers]:
    """Of agencies that lend any trainer who is active or was trained in the period."""
    period = selection.period
    active = Q(pool_state=Trainer.PoolState.ACTIVE)
    trained = Q(trained_on__range=(period.starts_on, period.ends_on))
    rows = Trainer.objects.filter(active | trained).values_list("organisation")
    counted = rows.annotate(active=Count("pk", filter=active), trained=Count("pk", filter=trained)).order_by()
    return {agency: Trainers(lent, newly) for agency, lent, newly in sorted(counted)}


def free_attendances_by_agency(selection: Selection) -> dict[int, tuple[int, int]]:
    """Attendances that cost nothing, and all attendances, by organisation."""
    rows = selection.bookings().filter(TOOK_PART).values_list("organisation")
    counted = rows.annotate(free=Count("pk", filter=Q(price=0)), everybody=Count("pk")).order_by()
    return {agency: (free, everybody) for agency, free, everybody in sorted(counted)}


def ratings_by_standard(selection: Selection) -> dict[int, dict[str, int]]:
    """How often each standard was rated how, in observations that were shared with the trainer."""
    rows = ObservationRating.objects.filter(observation__in=_observations(selection).filter(state__in=SHARED_STATES))
    counted = rows.values_list("standard__number", "rating").annotate(times=Count("pk")).order_by()
    found: dict[int, dict[str, int]] = {}
    for number, rating, times in sorted(counted):
        found.setdefault(number, {})[rating] = times
    return found


def observation_counts(selection: Selection) -> dict[str, int]:
    """Observations planned, done and shared, and actions that came of them and are still open."""
    counted = _observations(selection).aggregate(
        planned=Count("pk"),
        done=Count("pk", filter=Q(state__in=DONE_STATES)),
        shared=Count("pk", filter=Q(state__in=SHARED_STATES)),
    )
    actions = ImprovementAction.objects.outstanding().filter(observation__in=_observations(selection))
    return counted | {"actions": actions.count()}


def issues_raised(selection: Selection) -> dict[str, int]:
    """Trainers' own reviews that name a problem with room, technology or access, and that tell of a concern passed on."""
    reviews = Answer.objects.filter(
        response__stage=Stage.TRAINER,
        response__state=Response.State.SUBMITTED,
        response__event__in=selection.planned_events().values("pk"),
    )
    return reviews.aggregate(
        problems=Count("pk", filter=Q(question__code="TR3")),
        concerns=Count("pk", filter=Q(question__code="TR5", choices__contains=["yes"])),
    )


def _observations(selection: Selection) -> QuerySet[Observation]:
    return Observation.objects.live().filter(event__in=selection.planned_events().values("pk"))


def _delivered(selection: Selection) -> QuerySet[Event]:
    return selection.planned_events().filter(state__in=DELIVERED_STATES)
