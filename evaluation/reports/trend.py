"""R1b: quarter by quarter, up to the end of the period."""

from collections.abc import Sequence

from evaluation.reports import cells
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.headlines import INDICATORS, Totals
from evaluation.reports.periods import QUARTER_MONTHS, Period, later, latest_start, months_from
from evaluation.suppression import Hidden

QUARTERS = 8
# What is shown of each quarter, by the codes of the headlines.
SHOWN = {
    "E": Column("Dates delivered", code="E"),
    "TOT": Column("Attendances", code="TOT"),
    "OCC": Column("Occupancy", "rate", "OCC"),
    "ATR": Column("Attendance rate", "rate", "ATR"),
    "LC": Column("Cancelled late, %", "rate", "LC%"),
    "REC": Column("Would recommend", "rate", "REC"),
    "CHG SR2": Column("Confidence to act, change", "change", "CHG"),
}
# Quarters add up to years, which are printed elsewhere: one that is hidden could be worked out from the others.
ADDED_UP = ("TOT",)


def quarters_to(period: Period) -> list[Period]:
    """Return the quarters of the trend, the earliest first; the last is the one in which the period ends."""
    last = latest_start(period.ends_on, QUARTER_MONTHS)
    return [months_from(later(last, -3 * back), 3) for back in reversed(range(QUARTERS))]


def trend_table(quarters: Sequence[tuple[Period, Totals]]) -> Table:
    """Print the totals of each quarter; quarters before the first date are left out."""
    indicators = [indicator for indicator in INDICATORS if indicator.code in SHOWN]
    columns = [Column("Quarter", "text"), *[SHOWN[each.code] for each in indicators]]
    table = Table("R1b", "Quarter by quarter", "How much, how well, and with what difference?", columns)
    first = next((at for at, (_, totals) in enumerate(quarters) if totals.events.planned), len(quarters))
    shown = quarters[first:]
    printed = {each.code: [_plain(each.figure(totals).cell) for _, totals in shown] for each in indicators}
    for code in ADDED_UP:
        if any(cell["value"] is None for cell in printed[code]):
            printed[code] = [cells.concealed(Hidden.LINKED, totals.threshold) for _, totals in shown]
    for at, (period, _) in enumerate(shown):
        table.add("row", cells.text(period.name), *[column[at] for column in printed.values()])
    table.sentence = _sentence([period for period, _ in shown], printed["OCC"])
    return table


def _plain(cell: Cell) -> Cell:
    """Leave out the counts beside a rate."""
    return {**cell, "note": ""}


def _sentence(quarters: Sequence[Period], occupancy: Sequence[Cell]) -> str:
    known = [(cell, period) for cell, period in zip(occupancy, quarters, strict=True) if cell["value"] is not None]
    if len(known) < 2:
        return "There are too few quarters yet to see a trend."
    (first, began), (last, ended) = known[0], known[-1]
    return f"Occupancy was {first['text']} in {began.name}, and {last['text']} in {ended.name}."
