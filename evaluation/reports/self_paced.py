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
COUNTED = ("started", "begun", "passed", "lapsed")
# Whoever passed has begun, and who lapsed has not passed.
AT_LEAST = ((("started",), ("begun",)), (("begun",), ("passed",)), (("started",), ("passed", "lapsed")))


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
    counts: Mapping[int, EnrolmentCounts], names: Mapping[int, str], threshold: int, *, is_narrowed: bool = False
) -> Table:
    """A course stands alone from twice the threshold on: of fewer, what is left over from those who passed would tell.

    Charges are told in all: beside those who lapsed, they would tell of one course by another. A report with a
    filter leaves the table out: less that, the whole would tell.
    """
    table = Table("R6", "Self-paced courses", "How much did we do?", COLUMNS)
    if is_narrowed:
        table.sentence = "Self-paced courses are counted in reports without filters alone."
        return table
    rows = _rows(counts, threshold)
    of_rows = {row: sum((counts[each] for each in courses), EnrolmentCounts()) for row, courses in rows.items()}
    columns = _columns(of_rows, threshold)
    for row in in_order(rows, names):
        days, charges = of_rows[row].days, of_rows[row].charges
        median = cells.count(median_high(days)) if len(days) >= threshold else cells.nothing()
        in_all = cells.concealed(Hidden.SMALL, threshold) if is_small(charges, threshold) else cells.count(charges)
        shown = {name: column[row] for name, column in columns.items()}
        table.add(
            kind_of(row),
            cells.text(name_of(row, names)),
            *shown.values(),
            cells.concealed(Hidden.LINKED, threshold) if shown["passed"]["hidden"] else median,
            in_all if row == IN_ALL else cells.nothing(),
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


def _columns(of_rows: Mapping[Row, EnrolmentCounts], threshold: int) -> dict[str, dict[Row, Cell]]:
    numbers = {name: {row: getattr(each, name) for row, each in of_rows.items()} for name in COUNTED}
    # With all the others known to have passed, how many lapsed could be worked out.
    also = {"passed": [row for row, each in of_rows.items() if is_small(each.lapsed, threshold)]}
    parts = tuple(row for row in of_rows if row != IN_ALL)
    sums = [Sum(IN_ALL, parts)] if parts else []
    hidden = suppression.protect_together(numbers, sums, AT_LEAST, threshold, also)
    return {
        name: {
            row: cells.concealed(hidden[name][row], threshold) if row in hidden[name] else cells.count(number)
            for row, number in column.items()
        }
        for name, column in numbers.items()
    }


def _sentence(started: Cell, passed: Cell) -> str:
    if started["value"] == 0:
        return "Nobody started a self-paced course in this period."
    return f"{started['text'].capitalize()} people started a self-paced course; {passed['text']} of them have passed."
