"""R15: what people did with it. Asked twelve weeks on, of them and of their managers."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation import figures, suppression
from evaluation.figures import Rate
from evaluation.reports import cells
from evaluation.reports.answers import DID, ImpactCounts, ResponseCounts
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.course_rows import IN_ALL, Row, in_order, kind_of, name_of, rows_of
from evaluation.suppression import Hidden, Sum

# How exports name what people did; the chart finds these columns by it.
DID_HINT = "Did: "


@dataclass(frozen=True)
class Impact:
    """Everything that the table counts, by course; `offered` are the choices of what was done and what became of actions."""

    responses: Mapping[int, ResponseCounts]
    counts: Mapping[int, ImpactCounts]
    choices: Mapping[tuple[int, str, str], int]
    offered: Mapping[str, list[str]]


COLUMNS = [
    Column("Course", "text"),
    Column("Asked"),
    Column("Answered"),
    Column("Response rate", "rate", "RR"),
    Column("Used the learning", "rate", "USED"),
    Column("Used it, of all who were asked", "rate", "USED of asked"),
    Column("Something got in the way"),
    Column("Managers who answered"),
    Column("Managers who saw a change", "rate", "MGR"),
]
QUESTION = "What difference did it make?"
ASKED, ANSWERED, OBSTACLES, MANAGERS = "asked", "answered", "obstacles", "managers"


def impact_tables(
    impact: Impact, names: Mapping[int, str], threshold: int, *, is_narrowed: bool = False
) -> tuple[Table, Table]:
    """R15 and, too wide for one table, what people did in R15b. Courses with too few answers share one row.

    A report with a filter leaves both out: less that, the whole would tell. What was used is in its headlines.
    """
    headings = [Column("Course", "text"), Column("Answered"), *[column for _, column in _choices(impact.offered)]]
    tables = (
        Table("R15", "Impact at 12 weeks", QUESTION, COLUMNS),
        Table("R15b", "What people did since", QUESTION, headings),
    )
    if is_narrowed:
        for table in tables:
            table.sentence = "What people did with it is counted in reports without filters alone."
        return tables
    rows = rows_of(impact.responses, threshold)
    of_rows = {row: _Sums(impact, courses) for row, courses in rows.items()}
    columns = _columns(of_rows, impact.offered, threshold)
    for row in in_order(rows, names):
        name, shown = cells.text(name_of(row, names)), {code: column[row] for code, column in columns.items()}
        tables[0].add(kind_of(row), name, *_impact(of_rows[row], shown, threshold))
        tables[1].add(kind_of(row), name, shown[ANSWERED], *[shown[code] for code, _ in _choices(impact.offered)])
    tables[0].sentence = _sentence(*[tables[0].rows[-1][1][place] for place in (4, 2)])
    tables[
        1
    ].sentence = (
        "Asked twelve weeks on; people could tick several things. Actions are those they had named after the course."
    )
    return tables


def _choices(offered: Mapping[str, list[str]]) -> list[tuple[str, Column]]:
    """The columns of R15b: what people did, and what became of the actions that they had named."""
    found = []
    for code, choices in offered.items():
        for choice in choices:
            label = choice[:1].upper() + choice[1:] if code == DID else f"Actions {choice}"
            found.append((f"{code} {choice}", Column(label, hint=f"{DID_HINT}{choice}" if code == DID else "")))
    return found


def _columns(
    of_rows: Mapping[Row, "_Sums"], offered: Mapping[str, list[str]], threshold: int
) -> dict[str, dict[Row, Cell]]:
    """Every count of both tables, hidden together: of those who answered, so many said so."""
    counts = {
        ASKED: {row: each.responses.opened for row, each in of_rows.items()},
        ANSWERED: {row: each.responses.submitted for row, each in of_rows.items()},
        OBSTACLES: {row: each.counts.obstacles for row, each in of_rows.items()},
        MANAGERS: {row: each.counts.managers for row, each in of_rows.items()},
    }
    said = [OBSTACLES]
    for code, choices in offered.items():
        for choice in choices:
            counts[f"{code} {choice}"] = {row: each.chose(code, choice) for row, each in of_rows.items()}
            said += [f"{code} {choice}"] if code == DID else []
    parts = tuple(row for row in of_rows if row != IN_ALL)
    at_least = [((ASKED,), (ANSWERED,)), *[((ANSWERED,), (name,)) for name in said]]
    hidden = suppression.protect_together(counts, [Sum(IN_ALL, parts)] if parts else [], at_least, threshold)
    shown: dict[str, dict[Row, Cell]] = {}
    for name, numbers in counts.items():
        shown[name] = {}
        for row, number in numbers.items():
            share = (
                figures.rate(number, counts[ANSWERED][row]) if name in said and row not in hidden[ANSWERED] else None
            )
            note = f"{share.whole_number}%" if share else ""
            why = hidden[name].get(row)
            shown[name][row] = cells.concealed(why, threshold) if why else cells.count(number, note)
    return shown


def _impact(sums: "_Sums", shown: Mapping[str, Cell], threshold: int) -> list[Cell]:
    """A row of R15. Rates are hidden wherever the answers that they are made of are."""

    def unless(name: str, figure: Rate | None) -> Cell:
        return cells.concealed(Hidden.LINKED, threshold) if shown[name]["hidden"] else cells.rate(figure)

    back = sums.response_rate
    return [
        shown[ASKED],
        shown[ANSWERED],
        cells.concealed(Hidden.LINKED, threshold) if shown[ASKED]["hidden"] else unless(ANSWERED, back),
        unless(ANSWERED, sums.used),
        cells.concealed(Hidden.LINKED, threshold) if shown[ASKED]["hidden"] else unless(ANSWERED, sums.used_of_asked),
        shown[OBSTACLES],
        shown[MANAGERS],
        unless(MANAGERS, sums.managers_saw),
    ]


class _Sums:
    """The counts of the courses that one row stands for."""

    def __init__(self, impact: Impact, courses: list[int]) -> None:
        self.impact, self.courses = impact, courses
        self.responses = sum((impact.responses[each] for each in courses), ResponseCounts())
        self.counts = sum((impact.counts.get(each, ImpactCounts()) for each in courses), ImpactCounts())

    def chose(self, code: str, choice: str) -> int:
        return sum(self.impact.choices.get((course, code, choice), 0) for course in self.courses)

    @property
    def response_rate(self) -> Rate | None:
        return figures.response_rate(submitted=self.responses.submitted, opened=self.responses.opened)

    @property
    def used(self) -> Rate | None:
        return figures.used_the_learning(used=self.counts.used, answers=self.counts.answers)

    @property
    def used_of_asked(self) -> Rate | None:
        return figures.used_the_learning(used=self.counts.used, answers=self.responses.opened)

    @property
    def managers_saw(self) -> Rate | None:
        return figures.managers_saw_change(saw=self.counts.saw_change, managers=self.counts.managers)


def _sentence(used: Cell, answered: Cell) -> str:
    if used["hidden"] or used["value"] is None:
        return "Too few people have answered at twelve weeks to say what they did with it."
    return f"{used['text']} of {answered['text']} people who answered at twelve weeks have used what they learned."
