"""R6: courses that people do by themselves, counted in the period in which they started."""

from collections.abc import Mapping
from dataclasses import astuple, dataclass
from statistics import median_high

from django.db.models import Count, F, Q, QuerySet

from bookings.models import ChargeNotice, SelfPacedEnrolment
from bookings.models.self_paced import EnrolmentState
from evaluation import suppression
from evaluation.reports import cells
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.course_rows import IN_ALL, TOGETHER, Row, in_order, kind_of, name_of
from evaluation.reports.selection import Selection
from evaluation.suppression import Hidden, Sum, is_small

COLUMNS = [
    Column("Course", "text"),
    Column("Started"),
    Column("Opened it"),
    Column("Passed"),
    Column("Lapsed"),
    Column("Median days to pass", "count"),
    Column("Charges"),
]
COUNTED = ("started", "begun", "passed", "lapsed", "charges")


@dataclass(frozen=True)
class EnrolmentCounts:
    """Of people who started a self-paced course."""

    started: int = 0
    begun: int = 0
    passed: int = 0
    lapsed: int = 0
    charges: int = 0
    days: tuple[int, ...] = ()

    def __add__(self, other: "EnrolmentCounts") -> "EnrolmentCounts":
        return EnrolmentCounts(*[a + b for a, b in zip(astuple(self), astuple(other), strict=True)])


def enrolments_by_course(selection: Selection) -> dict[int, EnrolmentCounts]:
    enrolments = _enrolments(selection)
    charged = ChargeNotice.objects.filter(enrolment__in=enrolments.values("pk")).shown_to_agencies()
    charges = dict(charged.values_list("enrolment__course").annotate(Count("pk")).order_by())
    days: dict[int, list[int]] = {}
    finished = enrolments.filter(passed_at__isnull=False)
    for course, took in finished.values_list("course", F("passed_at") - F("enrolled_at")).order_by("course", "pk"):
        days.setdefault(course, []).append(took.days)
    rows = enrolments.values_list("course").annotate(
        started=Count("pk"),
        begun=Count("pk", filter=Q(begun_at__isnull=False)),
        passed=Count("pk", filter=Q(state=EnrolmentState.PASSED)),
        lapsed=Count("pk", filter=Q(state=EnrolmentState.LAPSED)),
    )
    return {
        course: EnrolmentCounts(started, begun, passed, lapsed, charges.get(course, 0), tuple(days.get(course, ())))
        for course, started, begun, passed, lapsed in sorted(rows.order_by())
    }


def _enrolments(selection: Selection) -> QuerySet[SelfPacedEnrolment]:
    enrolments = SelfPacedEnrolment.objects.filter(
        enrolled_at__gte=selection.period.starts_at,
        enrolled_at__lt=selection.period.ends_before,
        offer__strand__in=selection.strands,
    )
    if selection.course:
        enrolments = enrolments.filter(course=selection.course)
    if selection.sector:
        enrolments = enrolments.filter(sector__in=selection.sectors)
    if selection.cluster:
        enrolments = enrolments.filter(organisation__cluster=selection.cluster)
    # Nobody comes to a self-paced course in any way but one.
    return enrolments.none() if selection.mode else enrolments


def self_paced_table(
    counts: Mapping[int, EnrolmentCounts],
    names: Mapping[int, str],
    threshold: int,
    unfiltered: Mapping[int, EnrolmentCounts] | None = None,
) -> Table:
    """A course stands alone from twice the threshold on: of fewer, what is left over from those who passed would tell.

    `unfiltered` is the same without the report's filters: what a filter leaves out must not be small either.
    """
    table = Table("R6", "Self-paced courses", "How much did we do?", COLUMNS)
    rows = _rows(counts, threshold)
    of_rows = {row: sum((counts[each] for each in courses), EnrolmentCounts()) for row, courses in rows.items()}
    columns = {name: _column(name, rows, of_rows, threshold, unfiltered) for name in COUNTED}
    for row in in_order(rows, names):
        days = of_rows[row].days
        median = cells.count(median_high(days)) if len(days) >= threshold else cells.nothing()
        shown = {name: column[row] for name, column in columns.items()}
        table.add(
            kind_of(row),
            cells.text(name_of(row, names)),
            *(shown["started"], shown["begun"], shown["passed"], shown["lapsed"]),
            cells.concealed(Hidden.LINKED, threshold) if shown["passed"]["hidden"] else median,
            shown["charges"],
        )
    table.sentence = _sentence(columns["started"][IN_ALL], columns["passed"][IN_ALL])
    return table


def _rows(counts: Mapping[int, EnrolmentCounts], threshold: int) -> dict[Row, list[int]]:
    few = suppression.together({course: each.started for course, each in counts.items()}, 2 * threshold)
    rows: dict[Row, list[int]] = {course: [course] for course in counts if course not in few}
    if few:
        rows[TOGETHER] = few
    rows[IN_ALL] = list(counts)
    return rows


def _column(
    name: str,
    rows: Mapping[Row, list[int]],
    of_rows: Mapping[Row, EnrolmentCounts],
    threshold: int,
    unfiltered: Mapping[int, EnrolmentCounts] | None,
) -> dict[Row, Cell]:
    numbers = {row: getattr(each, name) for row, each in of_rows.items()}
    also = [
        row for row, courses in rows.items() if is_small(_left_out(name, courses, of_rows[row], unfiltered), threshold)
    ]
    if name == "passed":
        # With all the others known to have passed, how many lapsed could be worked out.
        also += [row for row, each in of_rows.items() if is_small(each.lapsed, threshold)]
    parts = tuple(row for row in numbers if row != IN_ALL)
    hidden = suppression.protect(numbers, [Sum(IN_ALL, parts)] if parts else [], threshold, also)
    return {
        row: cells.concealed(hidden[row], threshold) if row in hidden else cells.count(number)
        for row, number in numbers.items()
    }


def _left_out(
    name: str, courses: list[int], mine: EnrolmentCounts, unfiltered: Mapping[int, EnrolmentCounts] | None
) -> int:
    if unfiltered is None:
        return 0
    everything = sum((unfiltered[course] for course in courses), EnrolmentCounts())
    return getattr(everything, name) - getattr(mine, name)


def _sentence(started: Cell, passed: Cell) -> str:
    if started["value"] == 0:
        return "Nobody started a self-paced course in this period."
    return f"{started['text'].capitalize()} people started a self-paced course; {passed['text']} of them have passed."
