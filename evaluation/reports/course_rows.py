"""Rows of tables about answers: a course each, those with too few answers in one, and all together."""

from collections.abc import Mapping

from evaluation import suppression
from evaluation.reports.answers import ResponseCounts
from evaluation.suppression import Hidden, Sum

TOGETHER = "others"
IN_ALL = "all"
FEW = "Courses with too few answers to show alone"
Row = int | str


def rows_of(
    responses: Mapping[int, ResponseCounts], threshold: int, also: frozenset[int] = frozenset()
) -> dict[Row, list[int]]:
    """Return which courses each row stands for. `also` names courses that may not stand alone because of a filter."""
    sizes = {course: counts.submitted for course, counts in responses.items()}
    merged = suppression.together(sizes, threshold, also)
    rows: dict[Row, list[int]] = {course: [course] for course in responses if course not in merged}
    if merged:
        rows[TOGETHER] = merged
    rows[IN_ALL] = list(responses)
    return rows


def hidden_in(counts: Mapping[Row, int], threshold: int) -> dict[Row, Hidden]:
    """Return which counts of a column to hide, whose last row is the sum of the others."""
    parts = tuple(row for row in counts if row != IN_ALL)
    return suppression.protect(counts, [Sum(IN_ALL, parts)] if parts else [], threshold)


def in_order(rows: Mapping[Row, list[int]], names: Mapping[int, str]) -> list[Row]:
    alone = sorted((row for row in rows if isinstance(row, int)), key=lambda row: names[row])
    return [*alone, *[row for row in (TOGETHER, IN_ALL) if row in rows]]


def kind_of(row: Row) -> str:
    return "total" if row == IN_ALL else "row"


def name_of(row: Row, names: Mapping[int, str]) -> str:
    if isinstance(row, int):
        return names[row]
    return FEW if row == TOGETHER else "All courses"
