"""R3: who took part, by agency and by the eight groups of sectors."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date

from accounts.models.organisation import ReportingGroup
from evaluation import figures, suppression
from evaluation.figures import Rate
from evaluation.reports import cells
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.shield import ROOT, Row, Shield
from evaluation.suppression import Hidden

COLUMNS = [
    Column("Group", "text"),
    Column("Group and agency", "text"),
    Column("Booked on the day", code="BK"),
    Column("Attended (booked)", code="AT"),
    Column("Added on the day", code="WI"),
    Column("Cancelled in time"),
    Column("Cancelled late", code="LC"),
    Column("Did not attend", code="DNA"),
    Column("Did not attend, %", "rate", "DNA%"),
    Column("Share of attendances", "rate", "SH"),
    Column("People", code="PPL"),
    Column("Headcount"),
    Column("Reach", "rate", "REACH"),
]


@dataclass(frozen=True)
class Agency:
    """What the table says of an agency beside its bookings."""

    name: str
    headcount: int | None = None
    headcount_on: date | None = None


def agency_table(shield: Shield, agencies: Mapping[int, Agency]) -> Table:
    table = Table("R3", "By agency and sector", "How much did we do?", COLUMNS, lead=1)
    attendance = shield.attendance
    in_all = shield.row(ROOT)
    for group in attendance.groups:
        label = ReportingGroup(group).label
        members = sorted((each for its, each in attendance.agencies if its == group), key=lambda pk: agencies[pk].name)
        headcounts = [agencies[each].headcount for each in members]
        known = [headcount for headcount in headcounts if headcount is not None]
        whole = Agency("", sum(known) if len(known) == len(members) else None)
        row = shield.row(("group", group))
        table.add("group", cells.text(label), cells.text(f"{label}: all"), *_cells(row, in_all, whole))
        for each in members:
            row = shield.row(("agency", group, each))
            agency = agencies[each]
            table.add("part", cells.text(label), cells.text(agency.name), *_cells(row, in_all, agency))
    table.add("total", cells.text("All"), cells.text("All groups"), *_cells(in_all, in_all, Agency("")))
    table.sentence = _sentence(shield, in_all)
    return table


def share(row: Row, in_all: Row) -> tuple[Rate | None, Hidden | None, bool]:
    """Return the row's part of all attendances, why it is hidden, and whether it may show its tenth."""
    names = ("attended", "walk_ins")
    counts = {name: row.value(name) for name in names} | {f"all_{name}": in_all.value(name) for name in names}
    hidden = {name: row.hidden[name] for name in names if name in row.hidden}
    hidden |= {f"all_{name}": in_all.hidden[name] for name in names if name in in_all.hidden}

    def formula(*, attended: int, walk_ins: int, all_attended: int, all_walk_ins: int) -> Rate | None:
        return figures.agency_share(attendances=attended + walk_ins, all_attendances=all_attended + all_walk_ins)

    if hidden and not suppression.is_steady(formula, counts, hidden, row.threshold):
        return None, Hidden.LINKED, False
    return formula(**counts), None, not hidden


def _cells(row: Row, in_all: Row, agency: Agency) -> list[Cell]:
    figure, why, is_exact = share(row, in_all)
    shown = cells.rate(figure) if is_exact else cells.whole_rate(figure)
    return [
        row.count("attended", "missed"),
        row.count("attended"),
        row.count("walk_ins"),
        row.count("cancelled"),
        row.count("late"),
        row.count("missed"),
        row.rate(figures.did_not_attend_rate, "attended", "missed"),
        cells.concealed(why, row.threshold) if why else shown,
        row.count("people"),
        cells.count(agency.headcount, f"as at {agency.headcount_on:%B %Y}" if agency.headcount_on else ""),
        _reach(row, agency),
    ]


def _reach(row: Row, agency: Agency) -> Cell:
    def formula(*, people: int) -> Rate | None:
        return figures.reach(people=people, headcount=agency.headcount)

    return row.rate(formula, "people")


def _sentence(shield: Shield, in_all: Row) -> str:
    shares = []
    for group in shield.attendance.groups:
        figure, why, _ = share(shield.row(("group", group)), in_all)
        if figure and not why:
            shares.append((figure.part, figure, ReportingGroup(group).label))
    if not shares:
        attended = [
            (row.counts.attended, ReportingGroup(group).label)
            for group in shield.attendance.groups
            if not (row := shield.row(("group", group))).why_hidden("attended")
        ]
        if not any(number for number, _ in attended):
            return "Nobody took part in this period, or too few to show."
        number, label = max(attended)
        return f"The largest group was {label}: {number:,} people with a booking came."
    _, figure, label = max(shares, key=lambda each: each[:1])
    return f"The largest group was {label}, with {figure.whole_number}% of all attendances."
