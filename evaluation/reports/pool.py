"""R7: the training pool: who lends trainers, what they gave, and how that stands against the places their people had."""

from collections.abc import Mapping
from dataclasses import dataclass

from evaluation import figures, suppression
from evaluation.reports import cells
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.counts import Trainers, TrainingGiven
from evaluation.suppression import Hidden, Sum, is_small

COLUMNS = [
    Column("Agency", "text"),
    Column("Active trainers", code="POOL"),
    Column("Days given", "mean", "DAYS"),
    Column("Co-delivered", "rate", "CO"),
    Column("Trained as trainers", code="T4T"),
    Column("Balance", "mean", "BAL"),
]
IN_ALL = 0


@dataclass(frozen=True)
class Pool:
    """What is counted of trainers, by their agency."""

    trainers: Mapping[int, Trainers]
    given: Mapping[int, TrainingGiven]
    in_all: TrainingGiven
    # Attendances that cost nothing, and all; None where the report covers a part of them only.
    attendances: Mapping[int, tuple[int, int]] | None
    # Agencies of which the table by agency hides an attendance: no balance may give it away.
    hidden: frozenset[int] = frozenset()

    @property
    def agencies(self) -> list[int]:
        return sorted({*self.trainers, *self.given})


def pool_table(pool: Pool, names: Mapping[int, str], threshold: int) -> Table:
    table = Table("R7", "Training pool", "How much did we do?", COLUMNS)
    people = {name: _column(pool, name, threshold) for name in ("active", "trained")}
    for agency in sorted(pool.agencies, key=lambda pk: names[pk]):
        shown = _cells(people, agency, pool.given.get(agency, TrainingGiven()), threshold)
        table.add("row", cells.text(names[agency]), *shown, _balance(pool, agency, threshold))
    # No balance in all: less those above, it would give the hidden ones away.
    table.add("total", cells.text("All agencies"), *_cells(people, IN_ALL, pool.in_all, threshold), cells.nothing())
    table.sentence = _sentence(pool)
    return table


def _column(pool: Pool, name: str, threshold: int) -> tuple[dict[int, int], dict[int, Hidden]]:
    counts = {agency: getattr(pool.trainers.get(agency, Trainers()), name) for agency in pool.agencies}
    parts = tuple(counts)
    counts[IN_ALL] = sum(counts.values())
    return counts, suppression.protect(counts, [Sum(IN_ALL, parts)] if parts else [], threshold)


def _cells(
    people: Mapping[str, tuple[dict[int, int], dict[int, Hidden]]], agency: int, given: TrainingGiven, threshold: int
) -> list[Cell]:
    def count(name: str) -> Cell:
        counts, hidden = people[name]
        why = hidden.get(agency)
        return cells.concealed(why, threshold) if why else cells.count(counts[agency])

    together = figures.co_delivered(together=given.together, sessions=given.sessions)
    return [count("active"), cells.hours(given.days), cells.rate(together), count("trained")]


def _balance(pool: Pool, agency: int, threshold: int) -> Cell:
    if pool.attendances is None:
        return cells.nothing("only in a report without filters")
    free, everybody = pool.attendances.get(agency, (0, 0))
    if agency in pool.hidden or is_small(free, threshold) or is_small(everybody - free, threshold):
        return cells.concealed(Hidden.LINKED, threshold)
    days = pool.given.get(agency, TrainingGiven()).days
    return cells.hours(figures.contribution(days=days, free_places=free))


def _sentence(pool: Pool) -> str:
    if not pool.in_all.sessions:
        return "Trainers of the pool held no session in this period."
    together = figures.co_delivered(together=pool.in_all.together, sessions=pool.in_all.sessions)
    days = cells.hours(pool.in_all.days)["text"]
    lent = sum(1 for given in pool.given.values() if given.days)
    agencies = "1 agency" if lent == 1 else f"{lent} agencies"
    percent = together.whole_number if together else 0
    return f"Trainers of {agencies} gave {days} days; {percent}% of their sessions had two trainers or more."
