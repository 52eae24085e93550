"""Small numbers hidden in a table whose rows and columns both have totals.

The rule is the one of `suppression`: a count from 1 to one less than the threshold is hidden, and so many
others with it that no small count can be worked out. Sums in both directions are no tree, so narrowing
ranges sum by sum would miss what follows from several of them together. But such a table is a network: a
count may be one more if others may be one less and one more in turn, round a circle that leaves every
total as it is. Whoever reads the table can pin a hidden count exactly where it lies on no such circle; so
each small count is put on one, at the cost of hiding the smallest others that close it.

Totals may be hidden already, by the tables that print them. Everything in their row or column is then
hidden without a word about its size (`Hidden.QUIET`): whatever such totals may be, some counts fit them,
so this table tells nothing about them.
"""

import heapq
from collections.abc import Collection, Hashable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, TypeAlias

from evaluation.suppression import Hidden, is_small

Cell: TypeAlias = tuple[Any, Any]
# A row, or a column, on the way round a circle.
Place: TypeAlias = tuple[str, Hashable]
# To hide a nought helps against nobody who knows that it is not small, so it comes last.
COST_OF_NOTHING = 1000


def protect(
    counts: Mapping[Cell, int],
    threshold: int,
    *,
    hidden_rows: Collection[Hashable] = (),
    hidden_columns: Collection[Hashable] = (),
    also: Iterable[Cell] = (),
    is_sum_hidden: bool = False,
) -> dict[Cell, Hidden]:
    """Return the cells to hide, and why.

    `counts` has every cell of the table, by row and column. The totals of `hidden_rows` and `hidden_columns`
    are printed nowhere; `is_sum_hidden` says so of the sum of everything, and then nothing can be shown.
    `also` names cells that must be hidden for another reason.
    """
    if is_sum_hidden:
        return dict.fromkeys(counts, Hidden.QUIET)
    crossing = Crossing(counts, threshold, frozenset(hidden_rows), frozenset(hidden_columns))
    for cell in also:
        if counts[cell] >= threshold:
            crossing.hidden.setdefault(cell, Hidden.LINKED)
            crossing.delicate.add(cell)
    while (cell := crossing.leaking()) is not None:
        partners = crossing.partners(cell)
        if not partners:
            return dict.fromkeys(counts, Hidden.QUIET)
        crossing.hidden |= partners
    return crossing.hidden


@dataclass
class Crossing:
    """A table with totals both ways, and what is hidden of it so far."""

    counts: Mapping[Cell, int]
    threshold: int
    hidden_rows: frozenset[Hashable]
    hidden_columns: frozenset[Hashable]
    hidden: dict[Cell, Hidden] = field(init=False)
    # What nobody may work out: small counts, and those that must be hidden for another reason.
    delicate: set[Cell] = field(init=False)
    # Those of them that lie on a circle. They stay on it: what is hidden only becomes more.
    safe: set[Cell] = field(init=False, default_factory=set)

    def __post_init__(self) -> None:
        self.hidden = {}
        self.delicate = {cell for cell, count in self.counts.items() if is_small(count, self.threshold)}
        for cell in self.counts:
            if cell[0] in self.hidden_rows or cell[1] in self.hidden_columns:
                self.hidden[cell] = Hidden.QUIET
            elif cell in self.delicate:
                self.hidden[cell] = Hidden.SMALL
        self.rows = list(dict.fromkeys(row for row, _ in self.counts))
        self.columns = list(dict.fromkeys(column for _, column in self.counts))
        self.totals: dict[Place, int] = {}
        for (row, column), count in self.counts.items():
            for place in (("row", row), ("column", column)):
                self.totals[place] = self.totals.get(place, 0) + count

    def leaking(self) -> Cell | None:
        """Return a count that can be worked out, or a cell of a line whose hidden counts are few together."""
        for line in self._lines():
            hidden = [cell for cell in line if cell in self.hidden]
            if is_small(sum(self.counts[cell] for cell in hidden), self.threshold):
                return next(cell for cell in hidden if self.counts[cell])
        for cell in self.counts:  # in the table's order, not a set's
            if cell in self.delicate and cell not in self.safe:
                if self._circle(cell, may_hide=False) is None:
                    return cell
                self.safe.add(cell)
        return None

    def partners(self, cell: Cell) -> dict[Cell, Hidden]:
        """Return what to hide beside a cell that leaks; nothing where nothing helps."""
        for line in self._lines():
            rest = sum(self.counts[each] for each in line if each in self.hidden)
            shown = [each for each in line if each not in self.hidden and self.counts[each]]
            if cell in line and is_small(rest, self.threshold) and shown:
                return {min(shown, key=lambda each: self.counts[each]): Hidden.LINKED}
        circle = self._circle(cell, may_hide=True) or []
        return {
            each: Hidden.LINKED if self.counts[each] else Hidden.QUIET for each in circle if each not in self.hidden
        }

    def _lines(self) -> Iterator[list[Cell]]:
        """Rows and columns whose total is printed: what is hidden in them adds up to a number that anybody can tell."""
        for row in self.rows:
            if row not in self.hidden_rows:
                yield [(row, column) for column in self.columns]
        for column in self.columns:
            if column not in self.hidden_columns:
                yield [(row, column) for row in self.rows]

    def _circle(self, cell: Cell, *, may_hide: bool) -> list[Cell] | None:
        """Return the cells of the cheapest circle through this one, on which it may be one more or one less."""
        row, column = ("row", cell[0]), ("column", cell[1])
        ways = []
        if self._may_grow(cell):
            ways.append(self._way(column, row, cell, may_hide))
        if self._may_shrink(cell):
            ways.append(self._way(row, column, cell, may_hide))
        found = [way for way in ways if way is not None]
        return min(found, key=lambda way: way[0])[1] if found else None

    def _way(self, start: Place, end: Place, but: Cell, may_hide: bool) -> tuple[int, list[Cell]] | None:
        """Return the cheapest way from one to the other: a column that has one too many, a row that has one too few."""
        best: dict[Place, int] = {start: 0}
        # Cost first; then the order of finding, so that of equally cheap ways the same one is taken every time.
        waiting: list[tuple[int, int, Place, list[Cell]]] = [(0, 0, start, [])]
        found = 0
        while waiting:
            cost, _, place, cells = heapq.heappop(waiting)
            if place == end:
                return cost, cells
            for step, next_place, cell in self._steps(place, but, may_hide):
                if cost + step < best.get(next_place, cost + step + 1):
                    best[next_place] = cost + step
                    found += 1
                    heapq.heappush(waiting, (cost + step, found, next_place, [*cells, cell] if cell else cells))
        return None

    def _steps(self, place: Place, but: Cell, may_hide: bool) -> Iterator[tuple[int, Place, Cell | None]]:
        """A column with one too many takes it from a row; a row with one too few gets it from a column."""
        kind, name = place
        if kind == "column":
            cells: list[Cell] = [(row, name) for row in self.rows]
            may_change, hidden_totals, lines = self._may_shrink, self.hidden_columns, self.columns
        else:
            cells = [(name, column) for column in self.columns]
            may_change, hidden_totals, lines = self._may_grow, self.hidden_rows, self.rows
        for cell in cells:
            if cell != but and (may_hide or cell in self.hidden) and may_change(cell):
                yield self._cost(cell), ("row", cell[0]) if kind == "column" else ("column", cell[1]), cell
        if name in hidden_totals:
            # The total itself may be another, at the cost of another total that nobody knows.
            for other in lines:
                shrinking = (kind, other if kind == "column" else name)
                if other in hidden_totals and other != name and self.totals[shrinking]:
                    yield 0, (kind, other), None

    def _cost(self, cell: Cell) -> int:
        return 0 if cell in self.hidden else self.counts[cell] or COST_OF_NOTHING

    def _may_grow(self, cell: Cell) -> bool:
        return self.hidden.get(cell) is not Hidden.SMALL or self.counts[cell] < self.threshold - 1

    def _may_shrink(self, cell: Cell) -> bool:
        why = self.hidden.get(cell, Hidden.LINKED)
        least = {Hidden.SMALL: 1, Hidden.LINKED: self.threshold, Hidden.QUIET: 0}[why]
        return self.counts[cell] > least
