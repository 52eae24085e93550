"""R1: the headlines, this period beside the one before and the same period last year."""

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from fractions import Fraction
from typing import Any

from evaluation import figures
from evaluation.figures import Rate
from evaluation.models.questionnaire import Stage
from evaluation.reports import cells
from evaluation.reports.answers import AnswerCounts, RatingCounts, ResponseCounts
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.counts import EventCounts
from evaluation.reports.delivery import late_cancellation, occupancy
from evaluation.reports.shield import Row
from evaluation.suppression import Hidden, is_small


@dataclass(frozen=True)
class Totals:
    """Everything the headlines of one period are made of."""

    events: EventCounts
    row: Row
    hours: Cell
    responses: Mapping[str, ResponseCounts]
    recommend: AnswerCounts
    used: AnswerCounts
    confidence: RatingCounts
    unmet: Cell
    has_places: bool = True
    # False in a report on one course whose answers are told with those of others alone.
    tells_answers: bool = True

    @property
    def threshold(self) -> int:
        return self.row.threshold


@dataclass(frozen=True)
class Figure:
    """A printed cell, and the exact number for comparing it; None where it is hidden or rounded."""

    cell: Cell
    exact: Fraction | None = None


@dataclass(frozen=True)
class Indicator:
    """One line of the headlines. `sentence` is filled with the counts beside the figure."""

    code: str
    label: str
    unit: str
    figure: Callable[[Totals], Figure]
    sentence: str
    has_card: bool = True


def _count(number: int) -> Figure:
    return Figure(cells.count(number), Fraction(number))


def _hidden(totals: Totals) -> Figure:
    return Figure(cells.concealed(Hidden.LINKED, totals.threshold))


def _headcount(*parts: str) -> Callable[[Totals], Figure]:
    def figure(totals: Totals) -> Figure:
        if totals.row.why_hidden(*parts):
            return Figure(totals.row.roughly(*parts))
        return _count(sum(map(totals.row.value, parts)))

    return figure


def _rate_of_row(formula: Callable[..., Rate | None], *needs: str) -> Callable[[Totals], Figure]:
    def figure(totals: Totals) -> Figure:
        return _compared(totals.row.rate(formula, *needs, tenth=True, counts=True))

    return figure


def _compared(cell: Cell) -> Figure:
    """Take the exact rate back from the counts beside it: where those are not shown there is nothing to compare."""
    if " of " not in cell["note"]:
        return Figure(cell)
    part, whole = (int(number.replace(",", "")) for number in cell["note"].split(" of "))
    return Figure(cell, Fraction(100 * part, whole))


def _occupancy(totals: Totals) -> Figure:
    if not totals.has_places:
        return Figure(cells.nothing())
    formula = occupancy(totals.events.places)
    return _compared(totals.row.rate_of_places(formula, "attended", "walk_ins", tenth=True, counts=True))


def _hours(totals: Totals) -> Figure:
    return _as_printed(totals.hours)


def _as_printed(cell: Cell) -> Figure:
    """What is hidden already is compared with nothing."""
    return Figure(cell, None if cell["value"] is None else Fraction(str(cell["value"])))


def _cancelled_events(totals: Totals) -> Figure:
    events = totals.events
    figure = figures.event_cancellation_rate(cancelled=events.cancelled, delivered=events.delivered)
    return _compared(cells.rate(figure, tenth=True, counts=True))


def _of_answers(
    formula: Callable[[AnswerCounts], Rate | None], answers: Callable[[Totals], AnswerCounts]
) -> Callable[[Totals], Figure]:
    def figure(totals: Totals) -> Figure:
        counts = answers(totals)
        if is_small(counts.answers, totals.threshold) or not totals.tells_answers:
            return _hidden(totals)
        return _compared(cells.rate(formula(counts), tenth=True, counts=True))

    return figure


def _response_rate(stage: Stage) -> Callable[[Totals], Figure]:
    def figure(totals: Totals) -> Figure:
        counts = totals.responses.get(stage, ResponseCounts())
        if (
            any(is_small(each, totals.threshold) for each in (counts.submitted, counts.opened))
            or not totals.tells_answers
        ):
            return _hidden(totals)
        back = figures.response_rate(submitted=counts.submitted, opened=counts.opened)
        return _compared(cells.rate(back, tenth=True, counts=True))

    return figure


def _confidence(totals: Totals) -> Figure:
    counts = totals.confidence
    if is_small(counts.pairs, totals.threshold) or not totals.tells_answers:
        return _hidden(totals)
    change = figures.change(total_before=counts.before, total_after=counts.after, pairs=counts.pairs)
    if change is None:
        return Figure(cells.nothing())
    before, after = (figures.to_one_place(figures.mean(each, counts.pairs)) for each in (counts.before, counts.after))
    shown = figures.half_up(change, places=1)
    cell = cells.moved(shown)
    cell["note"] = f"from {before} to {after}, {counts.pairs:,} people"
    return Figure(cell, change)


INDICATORS = (
    Indicator("E", "Dates delivered", "", lambda totals: _count(totals.events.delivered), "Dates that took place."),
    Indicator(
        "CAP",
        "Places offered",
        "",
        lambda totals: _count(totals.events.places) if totals.has_places else Figure(cells.nothing()),
        "Places on the dates that took place.",
        has_card=False,
    ),
    Indicator("TOT", "Attendances", "", _headcount("attended", "walk_ins"), "One person on two courses counts twice."),
    Indicator("PPL", "People", "", _headcount("people"), "Different people who came at least once."),
    Indicator("LH", "Learning hours", "", _hours, "Hours of the sessions people came to."),
    Indicator("OCC", "Occupancy", " points", _occupancy, "{} places were used."),
    Indicator(
        "ATR",
        "Attendance rate",
        " points",
        _rate_of_row(figures.attendance_rate, "attended", "missed"),
        "{} people still booked on the day came.",
    ),
    Indicator(
        "DNA",
        "Did not attend",
        " points",
        _rate_of_row(figures.did_not_attend_rate, "attended", "missed"),
        "{} people still booked on the day did not come.",
    ),
    Indicator(
        "LC",
        "Cancelled late",
        " points",
        _rate_of_row(late_cancellation, "late", "attended", "missed"),
        "{} places were given up after the deadline.",
    ),
    Indicator("EC", "Dates cancelled", " points", _cancelled_events, "{} dates were cancelled.", has_card=False),
    Indicator(
        "WLU",
        "Unmet demand",
        "",
        lambda totals: _as_printed(totals.unmet),
        "Places that people waited for and did not get.",
        has_card=False,
    ),
    Indicator(
        "REC",
        "Would recommend their course",
        " points",
        _of_answers(
            lambda counts: figures.recommendation(yes=counts.favourable, answers=counts.answers),
            lambda totals: totals.recommend,
        ),
        "{} people who answered.",
    ),
    Indicator(
        "CHG SR2",
        "Confidence to act, change after the course",
        "",
        _confidence,
        "On a scale of 10, {} who rated both times.",
    ),
    Indicator(
        "USED",
        "Used the learning at twelve weeks",
        " points",
        _of_answers(
            lambda counts: figures.used_the_learning(used=counts.favourable, answers=counts.answers),
            lambda totals: totals.used,
        ),
        "{} people who answered twelve weeks on.",
    ),
    Indicator("RR pre", "Answered before the course", " points", _response_rate(Stage.PRE), "", has_card=False),
    Indicator(
        "RR post",
        "Answered after the course",
        " points",
        _response_rate(Stage.POST),
        "{} questionnaires came back.",
        has_card=True,
    ),
    Indicator(
        "RR follow_up", "Answered at twelve weeks", " points", _response_rate(Stage.FOLLOW_UP), "", has_card=False
    ),
    Indicator("RR manager", "Managers who answered", " points", _response_rate(Stage.MANAGER), "", has_card=False),
)


def headline_table(now: Totals, before: Totals, last_year: Totals, names: tuple[str, str, str]) -> Table:
    """`names` are those of the three periods."""
    columns = [
        Column("Indicator", "text"),
        Column(names[0], "rate", "this period"),
        Column(f"Before: {names[1]}", "rate", "previous"),
        Column(f"A year ago: {names[2]}", "rate", "same period last year"),
        Column("Change on the period before", "change"),
    ]
    table = Table("R1", "Headlines", "How much, how well, and with what difference?", columns)
    for indicator in INDICATORS:
        this, previous, year_ago = (indicator.figure(totals) for totals in (now, before, last_year))
        change = cells.moved(_change(this, previous), indicator.unit)
        table.add("row", cells.text(indicator.label), this.cell, previous.cell, year_ago.cell, change)
    return table


def _change(this: Figure, previous: Figure) -> Decimal | int | None:
    if this.exact is None or previous.exact is None:
        return None
    moved = figures.half_up(this.exact - previous.exact, places=1)
    return int(moved) if moved == int(moved) else moved


def headline_cards(now: Totals, before: Totals, name_before: str) -> list[dict[str, Any]]:
    """Return the figures at the top of the page and of the PDF: value, label, a sentence, and the change."""
    cards = []
    for indicator in INDICATORS:
        if not indicator.has_card:
            continue
        this, previous = indicator.figure(now), indicator.figure(before)
        cards.append(
            {
                "code": indicator.code,
                "label": indicator.label,
                "value": this.cell["text"],
                "sentence": _sentence(indicator, this.cell),
                "change": _change_in_words(_change(this, previous), indicator.unit, name_before),
            }
        )
    return cards


def _sentence(indicator: Indicator, cell: Cell) -> str:
    if "{}" not in indicator.sentence:
        return indicator.sentence
    if cell["note"]:
        return indicator.sentence.format(cell["note"])
    return "Nothing to show yet." if cell["text"] == cells.NOTHING else "The counts are too small to show."


def _change_in_words(moved: Decimal | int | None, unit: str, name_before: str) -> str:
    if moved is None:
        return ""
    if moved == 0:
        return f"the same as in {name_before}"
    return f"{'up' if moved > 0 else 'down'} {abs(moved):,}{unit} on {name_before}"
