"""R15: what people did with it. Asked twelve weeks on, of them and of their managers."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation import figures
from evaluation.figures import Rate
from evaluation.reports import cells
from evaluation.reports.answers import DID, ImpactCounts, ResponseCounts
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.course_rows import IN_ALL, Row, hidden_in, in_order, kind_of, name_of, rows_of
from evaluation.suppression import Hidden

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


def impact_tables(
    impact: Impact, names: Mapping[int, str], threshold: int, also: frozenset[int] = frozenset()
) -> tuple[Table, Table]:
    """R15 and, too wide for one table, what people did in R15b. Courses with too few answers share one row.

    `also` names courses that may not stand alone because of a filter.
    """
    rows = rows_of(impact.responses, threshold, also)
    of_rows = {row: _Sums(impact, courses) for row, courses in rows.items()}
    lines = [(row, name_of(row, names)) for row in in_order(rows, names)]
    return _impact(of_rows, lines, threshold), _actions(of_rows, lines, impact.offered, threshold)


def _impact(of_rows: Mapping[Row, "_Sums"], lines: list[tuple[Row, str]], threshold: int) -> Table:
    answered = {row: each.responses.submitted for row, each in of_rows.items()}
    managers = {row: each.counts.managers for row, each in of_rows.items()}
    columns = [
        _counts({row: each.responses.opened for row, each in of_rows.items()}, threshold),
        _counts(answered, threshold),
        _rates({row: each.response_rate for row, each in of_rows.items()}, answered, threshold),
        _rates({row: each.used for row, each in of_rows.items()}, answered, threshold),
        _rates({row: each.used_of_asked for row, each in of_rows.items()}, answered, threshold),
        _counts({row: each.counts.obstacles for row, each in of_rows.items()}, threshold, of=answered),
        _counts(managers, threshold),
        _rates({row: each.managers_saw for row, each in of_rows.items()}, managers, threshold),
    ]
    table = Table("R15", "Impact at 12 weeks", QUESTION, COLUMNS)
    for row, name in lines:
        table.add(kind_of(row), cells.text(name), *[column[row] for column in columns])
    table.sentence = _sentence(columns[3][IN_ALL], columns[1][IN_ALL])
    return table


def _actions(
    of_rows: Mapping[Row, "_Sums"], lines: list[tuple[Row, str]], offered: Mapping[str, list[str]], threshold: int
) -> Table:
    answered = {row: each.responses.submitted for row, each in of_rows.items()}
    columns = [_counts(answered, threshold)]
    headings = [Column("Course", "text"), Column("Answered")]
    for code, choices in offered.items():
        for choice in choices:
            chosen = {row: each.chose(code, choice) for row, each in of_rows.items()}
            columns.append(_counts(chosen, threshold, of=answered if code == DID else None))
            label = choice[:1].upper() + choice[1:] if code == DID else f"Actions {choice}"
            headings.append(Column(label, hint=f"{DID_HINT}{choice}" if code == DID else ""))
    table = Table("R15b", "What people did since", QUESTION, headings)
    for row, name in lines:
        table.add(kind_of(row), cells.text(name), *[column[row] for column in columns])
    table.sentence = (
        "Asked twelve weeks on; people could tick several things. Actions are those they had named after the course."
    )
    return table


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


def _counts(counts: Mapping[Row, int], threshold: int, of: Mapping[Row, int] | None = None) -> dict[Row, Cell]:
    """A column of counts, with what they are of everybody who answered beside them."""
    hidden = hidden_in(counts, threshold)
    shown = {}
    for row, number in counts.items():
        share = figures.rate(number, of[row]) if of else None
        note = f"{share.whole_number}%" if share else ""
        shown[row] = cells.concealed(hidden[row], threshold) if row in hidden else cells.count(number, note)
    return shown


def _rates(rates: Mapping[Row, Rate | None], answers: Mapping[Row, int], threshold: int) -> dict[Row, Cell]:
    """A column of rates; hidden wherever the answers that they are made of are."""
    hidden = hidden_in(answers, threshold)
    return {
        row: cells.concealed(Hidden.LINKED, threshold) if row in hidden else cells.rate(figure)
        for row, figure in rates.items()
    }


def _sentence(used: Cell, answered: Cell) -> str:
    if used["hidden"] or used["value"] is None:
        return "Too few people have answered at twelve weeks to say what they did with it."
    return f"{used['text']} of {answered['text']} people who answered at twelve weeks have used what they learned."
