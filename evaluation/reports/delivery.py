"""R2: what was delivered, course by course."""

from collections.abc import Callable, Mapping
from decimal import Decimal

from evaluation import figures
from evaluation.figures import Rate
from evaluation.reports import cells
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.counts import EventCounts, total_events
from evaluation.reports.demand import Demand
from evaluation.reports.shield import ROOT, Key, Row, Shield

COLUMNS = [
    Column("Course", "text"),
    Column("Dates planned"),
    Column("Dates delivered", code="E"),
    Column("Dates cancelled"),
    Column("Places offered", code="CAP"),
    Column("Booked on the day", code="BK"),
    Column("Attended (booked)", code="AT"),
    Column("Added on the day", code="WI"),
    Column("Attendances", code="TOT"),
    Column("Fill rate", "rate", "FILL"),
    Column("Occupancy", "rate", "OCC"),
    Column("Attendance rate", "rate", "ATR"),
    Column("Did not attend", code="DNA"),
    Column("Did not attend, %", "rate", "DNA%"),
    Column("Cancelled late", code="LC"),
    Column("Cancelled late, %", "rate", "LC%"),
    Column("Waiting at close", code="WLU"),
    Column("Learning hours", code="LH"),
]


def fill_rate(places: int) -> Callable[..., Rate | None]:
    def formula(*, attended: int, missed: int) -> Rate | None:
        return figures.fill_rate(booked=figures.booked_on_the_day(attended=attended, missed=missed), places=places)

    return formula


def occupancy(places: int) -> Callable[..., Rate | None]:
    def formula(*, attended: int, walk_ins: int) -> Rate | None:
        attendances = figures.all_attendances(attended=attended, walk_ins=walk_ins)
        return figures.occupancy(attendances=attendances, places=places)

    return formula


def late_cancellation(*, late: int, attended: int, missed: int) -> Rate | None:
    booked = figures.booked_on_the_day(attended=attended, missed=missed)
    return figures.late_cancellation_rate(late=late, booked=booked)


def delivery_table(
    shield: Shield,
    events: Mapping[int, EventCounts],
    hours: Mapping[int, Decimal],
    names: Mapping[int, str],
    demand: Demand,
    has_places: bool = True,
) -> Table:
    """`has_places` is False in a report on some agencies alone: places belong to none of them."""
    table = Table("R2", "Delivery by course", "How much did we do?", COLUMNS)
    courses = events.keys() | shield.attendance.courses.keys() | demand.courses.keys()
    for course in sorted(courses, key=lambda course: names[course]):
        key = ("course", course)
        cells_of_row = _cells(shield, key, events.get(course), hours, demand.cell(key), has_places)
        table.add("row", cells.text(names[course]), *cells_of_row)
    in_all = total_events(events.values())
    total = _cells(shield, ROOT, in_all, hours, demand.in_all, has_places)
    table.add("total", cells.text("All courses"), *total)
    table.sentence = _sentence(shield.row(ROOT), in_all, has_places)
    return table


def _cells(
    shield: Shield,
    key: Key,
    events: EventCounts | None,
    hours: Mapping[int, Decimal],
    waits: Cell,
    has_places: bool,
) -> list[Cell]:
    row, events = shield.row(key), events or EventCounts()
    planned = [cells.count(events.planned), cells.count(events.delivered), cells.count(events.cancelled)]
    offered = cells.count(events.places) if has_places and events.places else cells.nothing()
    return [
        *planned,
        offered,
        row.count("attended", "missed"),
        row.count("attended"),
        row.count("walk_ins"),
        row.count("attended", "walk_ins"),
        row.rate_of_places(fill_rate(events.places), "attended", "missed") if has_places else cells.nothing(),
        row.rate_of_places(occupancy(events.places), "attended", "walk_ins") if has_places else cells.nothing(),
        row.rate(figures.attendance_rate, "attended", "missed"),
        row.count("missed"),
        row.rate(figures.did_not_attend_rate, "attended", "missed"),
        row.count("late"),
        row.rate(late_cancellation, "late", "attended", "missed"),
        waits,
        shield.hours(key, hours),
    ]


def _sentence(row: Row, events: EventCounts, has_places: bool) -> str:
    attendances = row.roughly("attended", "walk_ins")["text"]
    dates = f"{events.delivered:,} {'date' if events.delivered == 1 else 'dates'} took place"
    cancelled = (
        f" and {events.cancelled:,} {'was' if events.cancelled == 1 else 'were'} cancelled" if events.cancelled else ""
    )
    places = f" for {events.places:,} places" if has_places and events.places else ""
    return f"{dates}{cancelled}, with {attendances} attendances{places}."
