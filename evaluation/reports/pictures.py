"""Which chart goes with which table. They are drawn from printed cells, so a hidden figure is hidden here too."""

from collections.abc import Callable
from typing import Any

from evaluation import charts
from evaluation.models.agency_return import TrainingLevel
from evaluation.reports.cells import Cell
from evaluation.reports.impact import DID_HINT

COURSES_DRAWN = 15
LABELS = 48
Table = dict[str, Any]
Picture = tuple[str, charts.Chart]


def illustrate(figures: dict[str, Any]) -> None:
    """Give every table of a compiled report its chart, with a title; none where there is nothing to draw."""
    pictures = [_picture(table) for table in figures["tables"]]
    svgs = iter(charts.drawn([picture[1] for picture in pictures if picture]))
    for table, picture in zip(figures["tables"], pictures, strict=True):
        table["chart"] = picture and {"title": picture[0], "svg": next(svgs)}


def _picture(table: Table) -> Picture | None:
    draw = PICTURES.get(table["code"])
    return draw(table) if draw else None


def _headlines(table: Table) -> Picture | None:
    wanted = ("Occupancy", "Attendance rate", "Did not attend", "Cancelled late")
    names = [column["label"] for column in table["columns"][1:4]]
    rows = [
        {"name": cells[0]["text"], "series": name, "value": cell["value"], "words": cell["text"]}
        for cells in _rows(table)
        if cells[0]["text"] in wanted
        for name, cell in zip(names, cells[1:4], strict=True)
        if _is_drawable(cell)
    ]
    if not rows:
        return None
    shown = [name for name in names if any(row["series"] == name for row in rows)]
    chart = charts.grouped_bars(rows, series=shown, title="per cent", most=_most(rows))
    return "Places and attendance beside earlier periods", chart


def _delivery(table: Table) -> Picture | None:
    rows = _bars(table, "row", value=8, name=0)
    rows.sort(key=lambda row: -row["value"])
    if not rows:
        return None
    some = f"the {COURSES_DRAWN} courses with most" if len(rows) > COURSES_DRAWN else "by course"
    return f"Attendances, {some}", charts.bars(rows[:COURSES_DRAWN], title="attendances")


def _agencies(table: Table) -> Picture | None:
    """Attendances beside headcount where agencies have told theirs; else what each group's share is."""
    return _beside_headcount(table) or _shares_of_groups(table)


def _beside_headcount(table: Table) -> Picture | None:
    parts = [cells for cells in _rows(table, "part") if _is_drawable(cells[3]) and cells[11]["value"]]
    parts.sort(key=lambda cells: -(cells[11]["value"] or 0))
    parts = parts[:COURSES_DRAWN]
    columns = {"of those who came with a booking": 3, "of all staff who work with children": 11}
    sums = {name: sum(cells[at]["value"] or 0 for cells in parts) for name, at in columns.items()}
    if len(parts) < 2 or not all(sums.values()):
        return None
    rows: list[dict[str, Any]] = []
    for cells in parts:
        for name, at in columns.items():
            share = 100 * (cells[at]["value"] or 0) / sums[name]
            rows.append({"name": _short(cells[1]["text"]), "series": name, "value": share, "words": f"{share:.0f}%"})
    some = f"the {COURSES_DRAWN} largest agencies" if len(parts) == COURSES_DRAWN else "agencies that told theirs"
    chart = charts.grouped_bars(rows, series=list(columns), title="per cent of these agencies together")
    return f"Attendance beside headcount, {some}", chart


def _shares_of_groups(table: Table) -> Picture | None:
    rows = _bars(table, "group", value=9, name=0)
    if not rows:
        return None
    rows.sort(key=lambda row: -row["value"])
    return "Share of attendances, by group", charts.bars(rows, title="per cent of all attendances")


def _trend(table: Table) -> Picture | None:
    names = {"OCC": "Occupancy", "ATR": "Attendance rate", "REC": "Would recommend"}
    places = [(at, names[column["code"]]) for at, column in enumerate(table["columns"]) if column["code"] in names]
    rows = [
        {"name": _quarter(cells[0]["text"]), "series": name, "value": cells[at]["value"]}
        for cells in _rows(table)
        for at, name in places
        if _is_drawable(cells[at])
    ]
    if len({row["name"] for row in rows}) < 2:
        return None
    shown = [name for _, name in places if any(row["series"] == name for row in rows)]
    return "Quarter by quarter", charts.lines(rows, series=shown, title="per cent")


def _matrix(table: Table) -> Picture | None:
    """The larger courses; what is hidden is an empty field."""
    courses = sorted(_rows(table, "row"), key=lambda cells: -(cells[-1]["value"] or 0))[:COURSES_DRAWN]
    columns = [column["label"] for column in table["columns"][1:-1]]
    rows = [
        {
            "name": _short(cells[0]["text"]),
            "column": name,
            "value": cell["value"],
            "words": cell["text"] if _is_drawable(cell) else "",
        }
        for cells in courses
        for name, cell in zip(columns, cells[1:-1], strict=True)
    ]
    if not any(row["value"] for row in rows):
        return None
    some = f"the {COURSES_DRAWN} courses with most people" if len(_rows(table, "row")) > COURSES_DRAWN else "by course"
    return f"Who learned together, {some}; empty where it is too few to show", charts.squares(rows, columns=columns)


def _lost_places(table: Table) -> Picture | None:
    rows = [row for row in _bars(table, "row", value=3, name=0) if row["value"]]
    rows.sort(key=lambda row: -row["value"])
    return ("Places given up late or left unused, by reason", charts.bars(rows, title="places")) if rows else None


def _reaction(table: Table) -> Picture | None:
    total = next(iter(_rows(table, "total")), None)
    rows = [
        {"name": _short(column["label"]), "value": cell["value"], "words": cell["text"]}
        for column, cell in zip(table["columns"][3:], (total or [])[3:], strict=False)
        if _is_drawable(cell)
    ]
    return ("People who agree, all courses", charts.bars(rows, title="per cent", most=100)) if rows else None


def _learning(table: Table) -> Picture | None:
    rows = [
        {
            "name": _short(cells[1]["text"]),
            "before": cells[3]["value"],
            "after": cells[4]["value"],
            "later": cells[8]["value"],
        }
        for cells in _rows(table, "total")
        if _is_drawable(cells[3]) and _is_drawable(cells[4])
    ]
    if not rows:
        return None
    has_later = any(row["later"] is not None for row in rows)
    words = (
        "before (open), after (filled) and twelve weeks on (gold)" if has_later else "before (open) and after (filled)"
    )
    return f"Mean rating {words}, all courses", charts.before_and_after(rows, title="from 1 to 10")


def _actions(table: Table) -> Picture | None:
    total = next(iter(_rows(table, "total")), None)
    rows: list[dict[str, Any]] = [
        {"name": _short(column["label"]), "value": cell["value"], "words": cell["text"]}
        for column, cell in zip(table["columns"], total or [], strict=False)
        if column["hint"].startswith(DID_HINT) and _is_drawable(cell)
    ]
    rows.sort(key=lambda row: -row["value"])
    return ("What people have done since, all courses", charts.bars(rows, title="people")) if rows else None


def _pool(table: Table) -> Picture | None:
    rows = [row for row in _bars(table, "row", value=2, name=0) if row["value"]]
    rows.sort(key=lambda row: -row["value"])
    if not rows:
        return None
    some = f"the {COURSES_DRAWN} agencies with most" if len(rows) > COURSES_DRAWN else "by agency"
    return f"Days given, {some}", charts.bars(rows[:COURSES_DRAWN], title="days")


def _observation(table: Table) -> Picture | None:
    """Standards of which everything is told: a bar that is missing would look like none."""
    names = [column["label"] for column in table["columns"][1:4]]
    rows = [
        {"name": _short(cells[0]["text"]), "series": name, "value": cell["value"], "words": cell["text"]}
        for cells in _rows(table, "row")
        if all(_is_drawable(cell) for cell in cells[1:4])
        for name, cell in zip(names, cells[1:4], strict=True)
    ]
    if not any(row["value"] for row in rows):
        return None
    some = "" if len(rows) == len(names) * len(_rows(table, "row")) else ", where all of them may be shown"
    return f"Ratings by standard{some}", charts.grouped_bars(rows, series=names, title="observations")


def _own_training(table: Table) -> Picture | None:
    """Those that are furthest behind: they are what is talked about."""
    everybody = TrainingLevel.EVERYBODY.label
    rows: list[dict[str, Any]] = [
        {"name": _short(cells[0]["text"]), "value": cells[5]["value"], "words": cells[5]["text"]}
        for cells in _rows(table, "part")
        if cells[2]["text"] == everybody and _is_drawable(cells[5])
    ]
    if not rows:
        return None
    rows.sort(key=lambda row: row["value"])
    some = f"the {COURSES_DRAWN} agencies with the lowest share" if len(rows) > COURSES_DRAWN else "by agency"
    chart = charts.bars(rows[:COURSES_DRAWN], title="per cent of those who need it", most=100)
    return f"Trained at the level that everybody needs, {some}", chart


PICTURES: dict[str, Callable[[Table], Picture | None]] = {
    "R1": _headlines,
    "R1b": _trend,
    "R2": _delivery,
    "R3": _agencies,
    "R4": _matrix,
    "R7": _pool,
    "R9": _lost_places,
    "R10": _reaction,
    "R11": _observation,
    "R14": _learning,
    "R15b": _actions,
    "R18": _own_training,
}


def _bars(table: Table, kind: str, *, value: int, name: int) -> list[dict[str, Any]]:
    return [
        {"name": _short(cells[name]["text"]), "value": cells[value]["value"], "words": cells[value]["text"]}
        for cells in _rows(table, kind)
        if _is_drawable(cells[value])
    ]


def _quarter(name: str) -> str:
    """“April to June 2026” as it fits below a chart."""
    first, _, last = name.split(" ", 2)
    return f"{first[:3]} to {last[:3]} {last[-4:]}"


def _rows(table: Table, kind: str = "") -> list[list[Cell]]:
    return [row["cells"] for row in table["rows"] if kind in ("", row["kind"])]


def _is_drawable(cell: Cell) -> bool:
    return cell["value"] is not None


def _most(rows: list[dict[str, Any]]) -> float:
    """Per cent end at 100, unless something is above it."""
    return max(100, *[row["value"] for row in rows])


def _short(name: str) -> str:
    return name if len(name) <= LABELS else f"{name[: LABELS - 1].rstrip()}…"
