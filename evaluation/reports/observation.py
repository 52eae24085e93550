"""R11: what observers saw of each standard; and how many observations there were, and what is still open of them."""

from collections.abc import Mapping

from evaluation import suppression
from evaluation.models import ObservationRating
from evaluation.reports import cells
from evaluation.reports.cells import Cell, Column, Table
from evaluation.suppression import Hidden, Sum, is_small

RATINGS = ObservationRating.Rating
COLUMNS = [
    Column("Standard", "text"),
    *[Column(rating.label.capitalize()) for rating in RATINGS],
    Column("Number", code="OBS"),
]
IN_ALL = "all"
FIGURES = {
    "planned": "Observations planned",
    "done": "Observations done",
    "actions": "Actions still open",
}
ISSUES = {
    "problems": "Trainers told of problems with room, technology or access",
    "concerns": "Trainers passed a safeguarding concern on",
}
UNFILTERED = "only in a report without filters"


def observation_table(
    ratings: Mapping[int, Mapping[str, int]],
    numbers: Mapping[str, int],
    issues: Mapping[str, int],
    standards: Mapping[int, str],
    threshold: int,
    *,
    is_narrowed: bool = False,
) -> Table:
    """`numbers` says how many observations were planned, done and shared, and how many actions are open.

    `issues` says how often trainers themselves raised something; few of them are hidden, and all in a report with filters.

    How many observations there were is no secret, as how many dates there were is none; what was said in them is
    hidden where it is small. A report with filters says nothing of it: less that, the whole would.
    """
    table = Table("R11", "Observation", "How well did we do it?", COLUMNS)
    for number, words in sorted(standards.items()):
        rated = {rating: ratings.get(number, {}).get(rating, 0) for rating in RATINGS.values}
        shown = [cells.nothing(UNFILTERED)] * len(rated) if is_narrowed else _row(rated, threshold)
        in_all = cells.nothing() if is_narrowed else cells.count(sum(rated.values()))
        table.add("row", cells.text(f"{number}. {words}"), *shown, in_all)
    blank = [cells.nothing()] * len(RATINGS)
    for name, words in FIGURES.items():
        table.add("total", cells.text(words), *blank, cells.count(numbers[name]))
    for name, words in ISSUES.items():
        table.add("total", cells.text(words), *blank, _issue(issues[name], threshold, is_narrowed))
    table.sentence = _sentence(numbers)
    return table


def _row(rated: Mapping[str, int], threshold: int) -> list[Cell]:
    """One standard's ratings. Their sum is known, so where hiding it would be needed, all of them are hidden."""
    counts = {**rated, IN_ALL: sum(rated.values())}
    hidden = suppression.protect(counts, [Sum(IN_ALL, tuple(rated))], threshold)
    if IN_ALL in hidden:
        return [cells.concealed(Hidden.LINKED, threshold)] * len(rated)
    return [
        cells.concealed(hidden[rating], threshold) if rating in hidden else cells.count(times)
        for rating, times in rated.items()
    ]


def _issue(times: int, threshold: int, is_narrowed: bool) -> Cell:
    if is_narrowed:
        return cells.nothing(UNFILTERED)
    return cells.concealed(Hidden.SMALL, threshold) if is_small(times, threshold) else cells.count(times)


def _sentence(numbers: Mapping[str, int]) -> str:
    if not numbers["planned"]:
        return "No observation was planned on the dates of this period."
    done = f"{numbers['done']:,} of {numbers['planned']:,} planned observations were done"
    return f"{done}, and {numbers['shared']:,} have been shared with the trainer."
