"""R8: how far people of different agencies learned together on multi-agency dates."""

from collections.abc import Mapping, Sequence
from fractions import Fraction

from evaluation import figures, suppression
from evaluation.reports import cells
from evaluation.reports.cells import Cell, Column, Table
from evaluation.suppression import Hidden

COLUMNS = [
    Column("Course", "text"),
    Column("Dates with people"),
    Column("Groups on a date, mean", "mean", hint="to a whole number where there are few dates"),
    Column("Largest group, mean share", "rate"),
    Column("Mixed dates", "count", "MIX"),
    Column("Mixed dates, %", "rate", "MIX%"),
]
# The people of one date, by reporting group.
Date = Sequence[int]
# Of fewer dates, times the threshold, an exact mean would tell on how many of them each small group was.
EXACT_FROM = 5


def mix_table(
    dates: Mapping[tuple[int, int], Date], names: Mapping[int, str], threshold: int, *, is_narrowed: bool
) -> Table:
    """Print one row for each course with so many dates as a count must have people, and one for all others.

    What is said of a single date would tell how its people divide into groups, so nothing is said of fewer
    dates, nor in reports with filters, which could be taken from one without.
    """
    table = Table("R8", "Mix of agencies", "How well did we do it?", COLUMNS)
    if is_narrowed:
        table.sentence = "Shown in reports without filters alone."
        return table
    by_course: dict[int, list[Date]] = {}
    for (course, _), people in dates.items():
        by_course.setdefault(course, []).append(people)
    merged = suppression.together({course: len(its) for course, its in by_course.items()}, threshold)
    for course in sorted(by_course, key=lambda course: (names[course], course)):
        if course not in merged:
            table.add("row", cells.text(names[course]), *_cells(by_course[course], threshold))
    if merged:
        others = [date for course in merged for date in by_course[course]]
        table.add("row", cells.text("Courses with few dates, together"), *_cells(others, threshold))
    everything = list(dates.values())
    table.add("total", cells.text("All courses"), *_cells(everything, threshold))
    table.sentence = _sentence(everything, threshold)
    return table


def _cells(dates: Sequence[Date], threshold: int) -> list[Cell]:
    number = cells.count(len(dates))
    if not dates:
        return [number, *[cells.nothing()] * 4]
    if suppression.is_small(len(dates), threshold):
        return [number, *[cells.concealed(Hidden.LINKED, threshold)] * 4]
    mixed = sum(figures.is_mixed(date) for date in dates)
    return [
        number,
        _groups(dates, threshold),
        cells.whole_rate(figures.mean_share([Fraction(max(date), sum(date)) for date in dates])),
        cells.count(mixed),
        cells.rate(figures.mix(mixed=mixed, dates=len(dates))),
    ]


def _groups(dates: Sequence[Date], threshold: int) -> Cell:
    mean = figures.mean(sum(map(len, dates)), len(dates))
    if mean is None or len(dates) >= EXACT_FROM * threshold:
        return cells.mean(mean)
    return cells.about(int(figures.half_up(mean, places=0)))


def _sentence(dates: Sequence[Date], threshold: int) -> str:
    if len(dates) < threshold:
        return "There were too few multi-agency dates to say how mixed they were."
    mixed = sum(figures.is_mixed(date) for date in dates)
    return (
        f"{mixed:,} of {len(dates):,} multi-agency dates were mixed: people of {figures.MIX_NEEDS_GROUPS} groups or "
        f"more, and none of them above {figures.MIX_LARGEST_SHARE}%."
    )
