"""Counts of dates, bookings and hours, straight from the database: one query for each way of counting.

They come sorted: where a count is hidden to protect another, and several are equally small, the first is taken. In
the database's own order two copies of one report could hide different cells, and each give away the other's.
"""

from collections.abc import Iterable
from dataclasses import astuple, dataclass
from decimal import Decimal

from django.db.models import Case, CharField, Count, DurationField, ExpressionWrapper, F, Q, Sum, Value, When

from accounts.models.organisation import GROUP_OF_SECTOR, ReportingGroup
from bookings.models import Attendance, Booking
from bookings.models.booking import TOOK_PART_STATES, State
from courses.models import Event
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


def bookings_by_course(selection: Selection) -> dict[int, BookingCounts]:
    rows = selection.bookings().values_list("event__version__course").annotate(**BOOKING_COUNTS).order_by()
    return {course: BookingCounts(*numbers) for course, *numbers in sorted(rows)}


def bookings_by_agency(selection: Selection) -> dict[tuple[str, int], BookingCounts]:
    """By reporting group and organisation, as both stood when each booking was made."""
    rows = selection.bookings().values_list(GROUP, "organisation").annotate(**BOOKING_COUNTS).order_by()
    return {(group, agency): BookingCounts(*numbers) for group, agency, *numbers in sorted(rows)}


def hours_by_course(selection: Selection) -> dict[int, Decimal]:
    """Hours of the sessions that people who took part were present at."""
    present = Attendance.objects.filter(
        booking__in=selection.bookings().filter(TOOK_PART).values("pk"),
        mark__in=[Attendance.Mark.PRESENT, Attendance.Mark.LEFT_EARLY],
    )
    length = ExpressionWrapper(F("session__ends_at") - F("session__starts_at"), output_field=DurationField())
    rows = present.values_list("booking__event__version__course").annotate(length=Sum(length)).order_by()
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
