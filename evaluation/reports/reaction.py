"""R10: what people thought of the courses, from the questionnaire after them."""

from collections.abc import Mapping

from evaluation import figures
from evaluation.figures import Rate
from evaluation.reports import cells
from evaluation.reports.answers import RECOMMEND, AnswerCounts, ResponseCounts
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.course_rows import IN_ALL, Row, hidden_in, in_order, kind_of, name_of, rows_of
from evaluation.suppression import Hidden

STATEMENTS = {
    "RE1": "As described",
    "RE2": "Right for my role",
    "RE3": "Trainers knew the subject",
    "RE4": "Group involved and safe",
    "RE5": "Children’s voices central",
    "RE6": "Respected difference",
    "RE7": "Other agencies added value",
    "RE8": "Venue or online set-up",
}
CODES = (*STATEMENTS, RECOMMEND)
TOO_FEW = "Too few people have answered to say what they thought."
COLUMNS = [
    Column("Course", "text"),
    Column("Answers"),
    Column("Response rate", "rate", "RR"),
    *[Column(label, "rate", f"AGR {code}") for code, label in STATEMENTS.items()],
    Column("Would recommend", "rate", "REC"),
]


def reaction_table(
    responses: Mapping[int, ResponseCounts],
    reactions: Mapping[tuple[int, str], AnswerCounts],
    names: Mapping[int, str],
    threshold: int,
    also: frozenset[int] = frozenset(),
    *,
    is_told: bool = True,
) -> Table:
    """Courses with too few answers share one row. `also` names courses that may not stand alone because of a filter.

    `is_told` is False in a report on such a course.
    """
    table = Table("R10", "Reaction", "How well did we do it?", COLUMNS)
    if not is_told:
        table.sentence = TOO_FEW
        return table
    rows = rows_of(responses, threshold, also)
    opened, opened_hidden = _column(
        {row: sum(responses[c].opened for c in courses) for row, courses in rows.items()}, threshold
    )
    submitted, hidden = _column(
        {row: sum(responses[c].submitted for c in courses) for row, courses in rows.items()}, threshold
    )
    items = {}
    for code in CODES:
        counts = {row: _together(reactions, courses, code) for row, courses in rows.items()}
        _, why = _column({row: each.answers for row, each in counts.items()}, threshold)
        items[code] = (counts, why)

    for row in in_order(rows, names):
        answered = _count(submitted[row], hidden.get(row), threshold)
        back = figures.response_rate(submitted=submitted[row], opened=opened[row])
        rate = _rate(back, hidden.get(row) or opened_hidden.get(row), threshold, counts=True)
        shown = [_item(*items[code], row, code, threshold) for code in CODES]
        table.add(kind_of(row), cells.text(name_of(row, names)), answered, rate, *shown)
    table.sentence = _sentence(items, hidden, submitted)
    return table


def _together(reactions: Mapping[tuple[int, str], AnswerCounts], courses: list[int], code: str) -> AnswerCounts:
    return sum((reactions.get((course, code), AnswerCounts()) for course in courses), AnswerCounts())


def _column(counts: dict[Row, int], threshold: int) -> tuple[dict[Row, int], dict[Row, Hidden]]:
    return counts, hidden_in(counts, threshold)


def _count(number: int, why: Hidden | None, threshold: int) -> Cell:
    return cells.concealed(why, threshold) if why else cells.count(number)


def _rate(figure: Rate | None, why: Hidden | None, threshold: int, counts: bool = False) -> Cell:
    return cells.concealed(Hidden.LINKED, threshold) if why else cells.rate(figure, counts=counts)


def _item(counts: Mapping[Row, AnswerCounts], why: Mapping[Row, Hidden], row: Row, code: str, threshold: int) -> Cell:
    answers = counts[row]
    if code == RECOMMEND:
        figure = figures.recommendation(yes=answers.favourable, answers=answers.answers)
    else:
        figure = figures.agreement(agree=answers.favourable, answers=answers.answers)
    return _rate(figure, why.get(row), threshold)


def _sentence(items: Mapping[str, tuple], hidden: Mapping[Row, Hidden], submitted: Mapping[Row, int]) -> str:
    counts, why = items[RECOMMEND]
    recommended = figures.recommendation(yes=counts[IN_ALL].favourable, answers=counts[IN_ALL].answers)
    if IN_ALL in hidden or IN_ALL in why or recommended is None:
        return TOO_FEW
    return f"{recommended.whole_number}% would recommend their course, of {submitted[IN_ALL]:,} people who answered."
