"""Unmet demand (WLU): waits that ended without a place, by course and in all, with small counts hidden."""

from collections.abc import Mapping

from evaluation import suppression
from evaluation.reports import cells
from evaluation.reports.cells import Cell
from evaluation.reports.shield import ROOT, Key
from evaluation.suppression import Sum, is_small


class Demand:
    """One column of R2 and one headline, which protect each other. They are printed by course alone."""

    def __init__(self, courses: Mapping[int, int], threshold: int, unfiltered: Mapping[int, int] | None = None) -> None:
        """`unfiltered` is the same without the report's filters: what a filter leaves out must not be small either."""
        self.threshold = threshold
        self.courses = courses
        self.counts = _with_total(courses)
        everything = self.counts if unfiltered is None else _with_total(unfiltered)
        parts = tuple(key for key in self.counts if key != ROOT)
        also = [key for key, count in self.counts.items() if is_small(everything.get(key, count) - count, threshold)]
        sums = [Sum(ROOT, parts)] if parts else []
        self.hidden = suppression.protect(self.counts, sums, threshold, also)

    def cell(self, key: Key) -> Cell:
        """Print the count of a course, or of all."""
        if key in self.hidden:
            return cells.concealed(self.hidden[key], self.threshold)
        return cells.count(self.counts.get(key, 0))

    @property
    def in_all(self) -> Cell:
        return self.cell(ROOT)


def _with_total(courses: Mapping[int, int]) -> dict[Key, int]:
    return {ROOT: sum(courses.values()), **{("course", course): count for course, count in courses.items()}}
