"""R5: in which ways people took part."""

from collections.abc import Mapping

from courses.models import DeliveryMode
from evaluation import figures, suppression
from evaluation.reports import cells
from evaluation.reports.answers import AnswerCounts
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.counts import EventCounts, total_events
from evaluation.reports.delivery import occupancy
from evaluation.reports.shield import ROOT, Key, Shield
from evaluation.suppression import Hidden, Sum

COLUMNS = [
    Column("Way of taking part", "text"),
    Column("Dates delivered", code="E"),
    Column("Places offered", code="CAP"),
    Column("Attendances", code="TOT"),
    Column("Occupancy", "rate", "OCC"),
    Column("Did not attend, %", "rate", "DNA%"),
    Column("Would recommend", "rate", "REC"),
]
IN_ALL = "all"


def mode_table(
    shield: Shield,
    events: Mapping[str, EventCounts],
    recommended: Mapping[str, AnswerCounts] | None,
    *,
    has_places: bool = True,
) -> Table:
    """`recommended` is None in a report with filters: less that, the whole would tell. Its headlines have the answer."""
    table = Table("R5", "Way of taking part", "How much did we do?", COLUMNS)
    said = _recommended(recommended, shield.threshold) if recommended is not None else {}
    modes = [mode for mode in DeliveryMode.values if mode in events or mode in shield.attendance.modes]
    for mode in modes:
        label, its = DeliveryMode(mode).label, events.get(mode, EventCounts())
        table.add("row", cells.text(label), *_cells(shield, ("mode", mode), its, said.get(mode), has_places))
    in_all = total_events(events.values())
    table.add("total", cells.text("All"), *_cells(shield, ROOT, in_all, said.get(IN_ALL), has_places))
    table.sentence = _sentence(shield, modes)
    return table


def _cells(shield: Shield, key: Key, events: EventCounts, recommended: Cell | None, has_places: bool) -> list[Cell]:
    row = shield.row(key)
    return [
        cells.count(events.delivered),
        cells.count(events.places) if has_places and events.places else cells.nothing(),
        row.count("attended", "walk_ins"),
        row.rate_of_places(occupancy(events.places), "attended", "walk_ins") if has_places else cells.nothing(),
        row.rate(figures.did_not_attend_rate, "attended", "missed"),
        recommended or cells.nothing(),
    ]


def _recommended(recommended: Mapping[str, AnswerCounts], threshold: int) -> dict[str, Cell]:
    """Print how many would recommend their course; hidden wherever the answers that it is made of are."""
    everybody = {**recommended, IN_ALL: sum(recommended.values(), AnswerCounts())}
    answers = {mode: each.answers for mode, each in everybody.items()}
    hidden = suppression.protect(answers, [Sum(IN_ALL, tuple(recommended))] if recommended else [], threshold)
    return {
        mode: cells.concealed(Hidden.LINKED, threshold)
        if mode in hidden
        else cells.rate(figures.recommendation(yes=each.favourable, answers=each.answers))
        for mode, each in everybody.items()
    }


def _sentence(shield: Shield, modes: list[str]) -> str:
    shown = {mode: shield.row(("mode", mode)).count("attended", "walk_ins") for mode in modes}
    told = {mode: cell["value"] for mode, cell in shown.items() if cell["value"]}
    if not told:
        return "Nobody took part in this period, or too few to show how."
    mode = max(told, key=lambda each: told[each])
    return f"Most took part in this way: {DeliveryMode(mode).label.lower()}, {shown[mode]['text']} attendances."
