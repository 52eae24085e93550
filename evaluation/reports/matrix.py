"""R4: which group came to which course."""

from collections.abc import Mapping

from accounts.models.organisation import ReportingGroup
from evaluation import crossed
from evaluation.reports import cells
from evaluation.reports.cells import Column, Table
from evaluation.reports.shield import ROOT, Shield
from evaluation.suppression import is_small

Counts = Mapping[tuple[int, str], int]
COUNTED = "attended"


def matrix_table(shield: Shield, attended: Counts, names: Mapping[int, str], unfiltered: Counts | None = None) -> Table:
    """Print who had booked and came, course by group.

    The totals are those of R2 and R3, and hidden where they are hidden there. People added on the day are
    left out: there are so few of them that their column hides most totals that they are part of.
    """
    groups = shield.attendance.groups
    courses = sorted(shield.attendance.courses, key=lambda course: (names[course], course))
    columns = [
        Column("Course", "text"),
        *[Column(ReportingGroup(each).label) for each in groups],
        Column("All groups", code="AT"),
    ]
    table = Table("R4", "Course by group", "How much did we do?", columns)
    counts = {(course, group): attended.get((course, group), 0) for course in courses for group in groups}
    everybody = unfiltered if unfiltered is not None else attended
    hidden = crossed.protect(
        counts,
        shield.threshold,
        hidden_rows=[course for course in courses if _is_hidden(shield, ("course", course))],
        hidden_columns=[group for group in groups if _is_hidden(shield, ("group", group))],
        also=[cell for cell in counts if is_small(everybody.get(cell, 0) - counts[cell], shield.threshold)],
        is_sum_hidden=_is_hidden(shield, ROOT),
    )
    for course in courses:
        line = [(course, group) for group in groups]
        table.add(
            "row",
            cells.text(names[course]),
            *[
                cells.concealed(hidden[cell], shield.threshold) if cell in hidden else cells.count(counts[cell])
                for cell in line
            ],
            shield.row(("course", course)).count(COUNTED),
        )
    in_all = [shield.row(("group", group)).count(COUNTED) for group in groups]
    table.add("total", cells.text("All courses"), *in_all, shield.row(ROOT).count(COUNTED))
    table.sentence = _sentence(table, groups)
    return table


def _is_hidden(shield: Shield, key: tuple) -> bool:
    return shield.row(key).why_hidden(COUNTED) is not None


def _sentence(table: Table, groups: list[str]) -> str:
    """Say where most of those came from who are shown, course and group together."""
    shown = [
        (cell["value"], row[0]["text"], ReportingGroup(group).label)
        for kind, row in table.rows
        for group, cell in zip(groups, row[1:], strict=False)
        if kind == "row" and cell["value"]
    ]
    if len(table.rows) == 1:
        return "Nobody took part in this period."
    if not shown:
        return "Too few came to each course to show which groups they were from."
    number, course, group = max(shown, key=lambda each: each[0])
    return f"Most from one group to one course: {number:,} from {group} to {course}. Courses that nobody came to are left out."
