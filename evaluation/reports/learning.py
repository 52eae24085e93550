"""R14: how people rate themselves before, after and at twelve weeks. Only people who answered each time are compared."""

from collections.abc import Mapping
from dataclasses import dataclass
from fractions import Fraction

from evaluation import figures, suppression
from evaluation.reports import cells
from evaluation.reports.answers import PER_OUTCOME, SELF_RATINGS, RatingCounts
from evaluation.reports.cells import Cell, Column, Table
from evaluation.reports.course_rows import FEW, IN_ALL, TOGETHER
from evaluation.suppression import Hidden, Sum, is_small

ITEMS = {
    "SR1": "Knowledge of the subject",
    "SR2": "Confidence to act on a worry",
    "SR3": "What other agencies do and when to involve them",
}
OUTCOMES_TOGETHER = "Learning outcomes, taken together"
COLUMNS = [
    Column("Course", "text"),
    Column("What people rated", "text"),
    Column("Pairs", hint="People who rated before and after"),
    Column("Before", "mean", "PRE"),
    Column("After", "mean", "POST"),
    Column("Change", "mean", "CHG"),
    Column("Improved", "rate", "IMP%"),
    Column("Triples", hint="People who also rated at twelve weeks"),
    Column("Twelve weeks on", "mean", "FU"),
    Column("Kept", "rate", "KEEP"),
]
Place = tuple[int | str, str, int | None]


@dataclass(frozen=True)
class Words:
    """Names of courses, and of learning outcomes: version, position, text."""

    courses: Mapping[int, str]
    outcomes: Mapping[int, tuple[int, int, str]]


def learning_table(
    ratings: Mapping[tuple[int, str, int | None], RatingCounts],
    words: Words,
    threshold: int,
    also: frozenset[int] = frozenset(),
) -> Table:
    """Courses with too few pairs share rows. `also` names courses that may not stand alone because of a filter."""
    table = Table("R14", "Learning change", "What difference did it make?", COLUMNS)
    rows = _rows(ratings, threshold, also)
    pairs_hidden = _hidden(rows, "pairs", threshold)
    triples_hidden = _hidden(rows, "triples", threshold)
    previous = None
    for place in sorted(rows, key=lambda place: _order(place, words)):
        kind = "total" if place[0] == IN_ALL else "again" if place[0] == previous else "first"
        previous = place[0]
        shown = _cells(rows[place], pairs_hidden.get(place), triples_hidden.get(place), threshold)
        table.add(kind, cells.text(_course(place, words)), cells.text(_item(place, words)), *shown)
    table.sentence = _sentence(rows, pairs_hidden)
    return table


def _rows(
    ratings: Mapping[tuple[int, str, int | None], RatingCounts], threshold: int, also: frozenset[int]
) -> dict[Place, RatingCounts]:
    """Return every row: courses that stand alone with each of their items, and the sums."""
    merged = courses_with_few_pairs(ratings, threshold, also)
    rows: dict[Place, RatingCounts] = {}
    for (course, code, outcome), counts in ratings.items():
        place: Place = (TOGETHER, code, None) if course in merged else (course, code, outcome)
        for each in (place, (IN_ALL, code, None)):
            rows[each] = rows.get(each, RatingCounts()) + counts
    return rows


def courses_with_few_pairs(
    ratings: Mapping[tuple[int, str, int | None], RatingCounts], threshold: int, also: frozenset[int] = frozenset()
) -> frozenset[int]:
    """The courses that share rows."""
    sizes: dict[int, int] = {}
    for (course, _, _), counts in ratings.items():
        sizes[course] = max(sizes.get(course, 0), counts.pairs)
    return frozenset(suppression.together(sizes, threshold, also))


def _hidden(rows: Mapping[Place, RatingCounts], name: str, threshold: int) -> dict[Place, Hidden]:
    """Protect one column. Outcomes taken together have several ratings of one person: there people count, not ratings."""
    counts = {place: getattr(each, name) for place, each in rows.items()}
    people: dict[Place, int] = {}
    for (course, code, _), number in counts.items():
        if code != PER_OUTCOME:
            people[course, PER_OUTCOME, None] = max(people.get((course, PER_OUTCOME, None), 0), number)
    few = [place for place in counts if place in people and is_small(people[place], threshold)]
    return suppression.protect(counts, _sums(rows), threshold, also=few)


def _sums(rows: Mapping[Place, RatingCounts]) -> list[Sum]:
    codes = {code for _, code, _ in rows}
    return [
        Sum((IN_ALL, code, None), tuple(place for place in rows if place[1] == code and place[0] != IN_ALL))
        for code in sorted(codes)
    ]


def _order(place: Place, words: Words) -> tuple:
    """All courses first: it is what most people read; then by name, and in the order of the questionnaire."""
    course, code, outcome = place
    rank = 1 if isinstance(course, int) else (IN_ALL, "", TOGETHER).index(course)
    item = (*SELF_RATINGS, PER_OUTCOME).index(code)
    return rank, _course(place, words), course, item, words.outcomes[outcome] if outcome else (0, 0, "")


def _course(place: Place, words: Words) -> str:
    course = place[0]
    if isinstance(course, int):
        return words.courses[course]
    return FEW if course == TOGETHER else "All courses"


def _item(place: Place, words: Words) -> str:
    _, code, outcome = place
    if code != PER_OUTCOME:
        return ITEMS[code]
    return f"I can {words.outcomes[outcome][2]}" if outcome else OUTCOMES_TOGETHER


def _cells(counts: RatingCounts, few_pairs: Hidden | None, few_triples: Hidden | None, threshold: int) -> list[Cell]:
    def unless(why: Hidden | None, *shown: Cell) -> list[Cell]:
        return [cells.concealed(Hidden.LINKED, threshold)] * len(shown) if why else list(shown)

    change = figures.change(total_before=counts.before, total_after=counts.after, pairs=counts.pairs)
    better = figures.improved(better=counts.better, pairs=counts.pairs)
    kept = figures.kept(
        total_before=counts.before_of_triples,
        total_after=counts.after_of_triples,
        total_later=counts.later_of_triples,
        triples=counts.triples,
    )
    return [
        cells.concealed(few_pairs, threshold) if few_pairs else cells.count(counts.pairs),
        *unless(
            few_pairs,
            cells.mean(figures.mean(counts.before, counts.pairs)),
            cells.mean(figures.mean(counts.after, counts.pairs)),
            _change(change),
            cells.rate(better, note=_same_and_lower(counts)),
        ),
        cells.concealed(few_triples, threshold) if few_triples else cells.count(counts.triples),
        *unless(
            few_triples or few_pairs,
            cells.mean(figures.mean(counts.later_of_triples, counts.triples)),
            cells.rate(kept),
        ),
    ]


def _change(change: Fraction | None) -> Cell:
    cell = cells.mean(change)
    if change is not None and change > 0 and cell["value"]:
        cell["text"] = f"+{cell['text']}"
    return cell


def _same_and_lower(counts: RatingCounts) -> str:
    """The rest of “improved”, in whole percentages."""
    same = figures.rate(counts.same, counts.pairs)
    lower = figures.rate(counts.pairs - counts.better - counts.same, counts.pairs)
    return f"same {same.whole_number}%, lower {lower.whole_number}%" if same and lower else ""


def _sentence(rows: Mapping[Place, RatingCounts], hidden: Mapping[Place, Hidden]) -> str:
    place = (IN_ALL, "SR2", None)
    counts = rows.get(place)
    if counts is None or not counts.pairs or place in hidden:
        return "Too few people rated themselves both before and after to show a change."
    before, after = (figures.to_one_place(figures.mean(each, counts.pairs)) for each in (counts.before, counts.after))
    better = figures.improved(better=counts.better, pairs=counts.pairs)
    return (
        f"Confidence to act on a worry about a child went from {before} to {after} out of 10; "
        f"{better.whole_number if better else 0}% of {counts.pairs:,} people rate themselves higher than before."
    )
