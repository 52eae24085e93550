"""R18: what agencies say of their own training, and how they stand against Section 11, as their latest returns have it."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from accounts.models import ReportingGroup, Sector
from accounts.models.organisation import GROUP_OF_SECTOR
from courses.models import Strand
from evaluation import figures
from evaluation.models import AgencyReturn
from evaluation.models.agency_return import YEAR_BEGINS_IN, HowEvaluated, Rag, TrainingLevel
from evaluation.reports import cells
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.periods import latest_start
from evaluation.reports.selection import Selection
from evaluation.suppression import Hidden, is_small

COLUMNS = [
    Column("Agency", "text"),
    Column("Year", "text"),
    Column("Agency and level", "text"),
    Column("Need it", code="NEED", hint="Staff who need it"),
    Column("Trained", code="TRN"),
    Column("Trained, %", "rate", "TRN%"),
    Column("How evaluated", "text"),
    Column("Section 11", "mean", "S11", hint="Section 11 score"),
    Column("Colour", "text", "RAG", hint="Red, amber or green"),
]


@dataclass(frozen=True)
class Level:
    """Of one level: who needs it, who has had it, and how it was evaluated."""

    need: int = 0
    trained: int = 0
    evaluated: frozenset[str] = frozenset()

    def __add__(self, other: "Level") -> "Level":
        return Level(self.need + other.need, self.trained + other.trained, self.evaluated | other.evaluated)


@dataclass(frozen=True)
class OwnTraining:
    """What one agency said of one year; or several small ones, together."""

    name: str
    sector: str
    year: str
    headcount: int
    levels: Mapping[str, Level]
    scores: tuple[int, ...]

    @property
    def is_charity(self) -> bool:
        return GROUP_OF_SECTOR.get(self.sector) == ReportingGroup.THIRD_SECTOR


@dataclass(frozen=True)
class Returns:
    """The accepted returns that a report tells of, and how many agencies were asked and have none."""

    accepted: list[OwnTraining]
    awaited: int


def returns_of(selection: Selection) -> Returns:
    """The latest accepted return of each agency, of a financial year that has a day in the period.

    They are the partnership's: a report without its courses has none.
    """
    if Strand.MULTI_AGENCY not in selection.strands:
        return Returns([], 0)
    period = selection.period
    first, last = (latest_start(day, (YEAR_BEGINS_IN,)).year for day in (period.starts_on, period.ends_on))
    asked = AgencyReturn.objects.filter(year__range=(first, last))
    if selection.sector:
        asked = asked.filter(organisation__sector__in=selection.sectors)
    if selection.cluster:
        asked = asked.filter(organisation__cluster=selection.cluster)
    latest = asked.accepted().order_by("organisation", "-year").distinct("organisation")
    accepted = AgencyReturn.objects.filter(pk__in=latest.values("pk")).select_related("organisation")
    rows = [_own(each) for each in accepted.prefetch_related("levels", "results").order_by("organisation__name", "pk")]
    return Returns(rows, asked.values("organisation").distinct().count() - len(rows))


def _own(agency_return: AgencyReturn) -> OwnTraining:
    return OwnTraining(
        name=agency_return.organisation.name,
        sector=agency_return.organisation.sector,
        year=agency_return.year_name,
        headcount=agency_return.headcount or 0,
        levels={
            row.level: Level(row.need or 0, row.trained or 0, frozenset(row.evaluated))
            for row in agency_return.levels.all()
        },
        scores=tuple(row.score for row in agency_return.results.all() if row.score is not None),
    )


def own_training_table(returns: Returns, threshold: int, *, is_narrowed: bool = False) -> Table:
    """Agencies by name; very small charities only together, sector by sector, and in reports without filters alone.

    There is no row of all: less the agencies shown, it would tell of those that are not.
    """
    table = Table("R18", "Agencies’ own training", "What next?", COLUMNS, lead=2)
    named = [each for each in returns.accepted if not _is_tiny(each, threshold)]
    for each in named:
        _add(table, each, threshold)
    if not is_narrowed:
        for together in _together([each for each in returns.accepted if _is_tiny(each, threshold)]):
            _add(table, together, threshold, is_hidden=together.headcount < threshold)
    table.sentence = _sentence(named, returns.awaited)
    return table


def _is_tiny(own: OwnTraining, threshold: int) -> bool:
    return own.is_charity and own.headcount < threshold


def _together(tiny: Sequence[OwnTraining]) -> list[OwnTraining]:
    rows = []
    for sector in Sector:
        those = [each for each in tiny if each.sector == sector]
        if those:
            years = {each.year for each in those}
            rows.append(
                OwnTraining(
                    name=f"{sector.label}: agencies too small to be named",
                    sector=sector,
                    year=years.pop() if len(years) == 1 else "",
                    headcount=sum(each.headcount for each in those),
                    levels={
                        level: sum((each.levels.get(level, Level()) for each in those), Level())
                        for level in TrainingLevel.values
                    },
                    scores=tuple(score for each in those for score in each.scores),
                )
            )
    return rows


def _add(table: Table, own: OwnTraining, threshold: int, *, is_hidden: bool = False) -> None:
    """A row with the agency's year and score, and below it one for each level."""
    name, year, empty = cells.text(own.name), cells.text(own.year), cells.text("")
    score = figures.section_11_score(own.scores)
    colour = figures.rag(score)
    standing = [cells.mean(score), cells.text(colour.label) if colour else cells.nothing()]
    if is_hidden:
        standing = [cells.concealed(Hidden.LINKED, threshold)] * 2
    table.add("group", name, year, name, *[empty] * 4, *standing)
    for level in TrainingLevel:
        said = _cells(own.levels.get(level, Level()), threshold, is_hidden)
        table.add("part", name, year, cells.text(level.label), *said, empty, empty)


def _cells(level: Level, threshold: int, is_hidden: bool) -> list[Cell]:
    if is_hidden:
        return [cells.concealed(Hidden.LINKED, threshold)] * 4
    counts = [
        cells.concealed(Hidden.SMALL, threshold) if is_small(count, threshold) else cells.count(count)
        for count in (level.need, level.trained)
    ]
    rate = cells.rate(figures.trained_of_those_who_need(trained=level.trained, need=level.need))
    if any(cell["hidden"] for cell in counts):
        rate = cells.concealed(Hidden.LINKED, threshold)
    ways = ", ".join(each.label for each in HowEvaluated if each.value in level.evaluated)
    return [*counts, rate, cells.text(ways.capitalize()) if ways else cells.nothing()]


def _sentence(named: Sequence[OwnTraining], awaited: int) -> str:
    missing = f" {awaited} of those that were asked had no return accepted." if awaited else ""
    if not named:
        return f"No training return of an agency can be shown for this period.{missing}"
    colours = [figures.rag(figures.section_11_score(each.scores)) for each in named]
    counted = ", ".join(f"{colour.label.lower()} {colours.count(colour)}" for colour in Rag)
    agencies = "1 agency" if len(named) == 1 else f"{len(named)} agencies"
    years = " or ".join(sorted({each.year for each in named}))
    return f"{agencies} by name, as each says of itself for {years}. Training under Section 11: {counted}.{missing}"
