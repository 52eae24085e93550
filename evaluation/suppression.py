"""Small numbers hidden: first the small counts themselves, then as many others as keep them from being worked out.

Think of one column of a table: counts of people in rows, rows that add up to groups, groups to a total. A
count from 1 to one less than the threshold is hidden as SMALL. That alone hides nothing, since the total
less the rows that are left gives it away; so further counts are hidden as LINKED until a reader with
pencil, paper and all our totals can pin no small count down.

The reader is taken to know the most: which counts are small (they print differently), that a linked count
is at least the threshold, and that nothing is negative. `ranges` is that reader's reasoning: what each
hidden count can still be. Sums in one column form a tree, and on a tree narrowing ranges sum by sum finds
everything that can be found.
"""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from enum import StrEnum
from itertools import product
from math import inf
from typing import Generic, TypeVar

from evaluation.figures import Rate

Key = TypeVar("Key", bound=Hashable)
Range = tuple[float, float]


class Hidden(StrEnum):
    """Why a cell prints no number, and what it prints."""

    SMALL = "small"
    LINKED = "linked"
    # A small total that is not called small, because with that word its parts could be worked out.
    QUIET = "quiet"


@dataclass(frozen=True)
class Sum(Generic[Key]):
    """The total's count is the sum of the parts' counts, less what is counted in two parts (`overlap`)."""

    total: Key
    parts: tuple[Key, ...]
    overlap: int = 0

    @property
    def cells(self) -> tuple[Key, ...]:
        return (*self.parts, self.total)


def is_small(count: int, threshold: int) -> bool:
    return 0 < count < threshold


def words(threshold: int) -> dict[Hidden, str]:
    """Return what hidden cells print."""
    return {Hidden.SMALL: f"fewer than {threshold}", Hidden.LINKED: "not shown", Hidden.QUIET: "not shown"}


def protect(
    counts: Mapping[Key, int], sums: Sequence[Sum[Key]], threshold: int, also: Iterable[Key] = ()
) -> dict[Key, Hidden]:
    """Return the cells of a column to hide, and why. `also` names cells that must be hidden for another reason."""
    hidden = {key: Hidden.SMALL for key, count in counts.items() if is_small(count, threshold)}
    hidden |= {key: Hidden.LINKED for key in also if counts[key] >= threshold}
    while leak := _leaking_sum(counts, sums, hidden, threshold):
        partner = _partner(counts, leak, hidden, threshold)
        if partner is None:
            break
        hidden[partner] = Hidden.QUIET if partner in hidden else Hidden.LINKED
    return hidden


def protect_together(
    columns: Mapping[str, Mapping[Key, int]],
    sums: Sequence[Sum[Key]],
    at_least: Sequence[tuple[tuple[str, ...], tuple[str, ...]]],
    threshold: int,
    also: Mapping[str, Iterable[Key]] | None = None,
) -> dict[str, dict[Key, Hidden]]:
    """Return the cells to hide of columns that speak of the same people.

    In every row the columns named first add up to at least those named second: nobody passes without having
    begun. Where a small count comes out by that, nothing of its column is shown.
    """
    hidden = {name: protect(counts, sums, threshold, (also or {}).get(name, ())) for name, counts in columns.items()}
    while told := _told_by_others(columns, sums, at_least, hidden, threshold):
        beside = [name for more, fewer in at_least for name in (*more, *fewer) if told in (*more, *fewer)]
        shown = [
            name for name in (told, *beside) if any(n and key not in hidden[name] for key, n in columns[name].items())
        ]
        if not shown:
            break
        hidden[shown[0]] = {key: Hidden.QUIET for key, count in columns[shown[0]].items() if count}
    return hidden


def _told_by_others(
    columns: Mapping[str, Mapping[Key, int]],
    sums: Sequence[Sum[Key]],
    at_least: Sequence[tuple[tuple[str, ...], tuple[str, ...]]],
    hidden: Mapping[str, Mapping[Key, Hidden]],
    threshold: int,
) -> str | None:
    """Return a column of which somebody who looks at all of them can work out a small count."""
    known = {name: at_first_sight(counts, hidden[name], threshold) for name, counts in columns.items()}
    is_moving = True
    while is_moving:
        moved = [narrow(ranges, sums) for ranges in known.values()]
        is_moving = _narrow_rows(known, at_least) or any(moved)
    for name, ranges in known.items():
        if any(ranges[key][0] == ranges[key][1] and is_small(columns[name][key], threshold) for key in hidden[name]):
            return name
    return None


def _narrow_rows(
    known: Mapping[str, dict[Key, Range]], at_least: Sequence[tuple[tuple[str, ...], tuple[str, ...]]]
) -> bool:
    """Tighten the ranges of each row by what the columns have to do with one another; tell whether anything moved."""
    moved = False
    for more, fewer in at_least:
        for key in known[more[0]]:
            most = sum(known[name][key][1] for name in more)
            least = sum(known[name][key][0] for name in fewer)
            for name in more:
                low, high = known[name][key]
                others = sum(known[other][key][1] for other in more if other != name)
                if least - others > low:
                    known[name][key], moved = (least - others, high), True
            for name in fewer:
                low, high = known[name][key]
                if most - (least - low) < high:
                    known[name][key], moved = (low, most - (least - low)), True
    return moved


def ranges(
    counts: Mapping[Key, int], sums: Sequence[Sum[Key]], hidden: Mapping[Key, Hidden], threshold: int
) -> dict[Key, Range]:
    """Return the least and most each cell can be, as far as somebody can tell from what is shown."""
    known = at_first_sight(counts, hidden, threshold)
    while narrow(known, sums):
        pass
    return known


def at_first_sight(counts: Mapping[Key, int], hidden: Mapping[Key, Hidden], threshold: int) -> dict[Key, Range]:
    """Return what each cell can be as far as the cell alone tells."""
    may_be: dict[Hidden, Range] = {
        Hidden.SMALL: (1, threshold - 1),
        Hidden.LINKED: (threshold, inf),
        Hidden.QUIET: (1, inf),
    }
    return {key: may_be[hidden[key]] if key in hidden else (count, count) for key, count in counts.items()}


def narrow(known: dict[Key, Range], sums: Sequence[Sum[Key]]) -> bool:
    """Tighten the ranges of a column by each of its sums; tell whether anything moved."""
    moved = [_narrow(known, each) for each in sums]
    return any(moved)


def _narrow(known: dict[Key, Range], each: Sum[Key]) -> bool:
    """Tighten the ranges of one sum's cells; tell whether anything moved."""
    before = [known[cell] for cell in each.cells]
    least = sum(known[part][0] for part in each.parts) - each.overlap
    unbounded = sum(known[part][1] == inf for part in each.parts)
    finite_most = sum(known[part][1] for part in each.parts if known[part][1] != inf) - each.overlap
    low, high = known[each.total]
    total = (max(low, least), min(high, finite_most if not unbounded else inf))
    known[each.total] = total
    for part in each.parts:
        low, high = known[part]
        others_unbounded = unbounded - (high == inf)
        others_most = inf if others_unbounded else finite_most - (0 if high == inf else high)
        known[part] = (max(low, total[0] - others_most), min(high, total[1] - (least - low)))
    return before != [known[cell] for cell in each.cells]


def _leaking_sum(
    counts: Mapping[Key, int], sums: Sequence[Sum[Key]], hidden: Mapping[Key, Hidden], threshold: int
) -> Sum[Key] | None:
    """Return a sum through which a hidden count can be worked out, or the small rest of a total can be."""
    for each in sums:
        rest = sum(counts[part] for part in each.parts if part in hidden)
        if each.total not in hidden and (is_small(rest, threshold) or is_small(rest - each.overlap, threshold)):
            return each
    known = ranges(counts, sums, hidden, threshold)
    pinned = {key for key in hidden if known[key][0] == known[key][1]}
    touched = [
        each
        for each in sums
        if pinned.intersection(each.cells) and _partner(counts, each, hidden, threshold) is not None
    ]
    # The sum with the fewest hidden cells is the one that gives the count away.
    return min(touched, key=lambda each: sum(cell in hidden for cell in each.cells), default=None)


def _partner(counts: Mapping[Key, int], each: Sum[Key], hidden: Mapping[Key, Hidden], threshold: int) -> Key | None:
    """Return the next cell to hide in a sum: the smallest part still shown, the total only when no part is left.

    A zero is never hidden: it could only hide a count from somebody who did not know that it is not small.
    With everything hidden, and a total called small, that word is what gives the parts away.
    """
    shown = [part for part in each.parts if part not in hidden and counts[part] >= threshold]
    if shown:
        return min(shown, key=lambda part: counts[part])
    if hidden.get(each.total, Hidden.SMALL) is Hidden.SMALL and counts[each.total]:
        return each.total
    return None


def candidates(counts: Mapping[str, int], hidden: Mapping[str, Hidden], threshold: int) -> list[dict[str, int]] | None:
    """Return everything that a row's counts might be to a reader; None where one of them could be anything."""
    if any(why is not Hidden.SMALL for key, why in hidden.items() if key in counts):
        return None
    choices = [range(1, threshold) if key in hidden else (count,) for key, count in counts.items()]
    return [dict(zip(counts, values, strict=True)) for values in product(*choices)]


def is_steady(
    rate: Callable[..., Rate | None], counts: Mapping[str, int], hidden: Mapping[str, Hidden], threshold: int
) -> bool:
    """Tell whether the whole percentage is the same for every value the hidden counts may have, and so gives none away."""
    possible = candidates(counts, hidden, threshold)
    if possible is None:
        return False
    printed = {each.whole_number if (each := rate(**values)) else None for values in possible}
    return len(printed) == 1


def rounded_beyond_doubt(number: int, doubt: int) -> int | None:
    """Round to the nearest 10, 50, 100… at which the number and all others within `doubt` of it look the same."""
    for step in (10, 50, 100, 500, 1000):
        nearest = {(each + step // 2) // step * step for each in (number - doubt, number, number + doubt)}
        if len(nearest) == 1 and nearest != {0}:
            return nearest.pop()
    return None


def together(sizes: Mapping[Key, int], threshold: int, also: Iterable[Key] = ()) -> list[Key]:
    """Return the rows to show only as one: those with too few answers, and the next smallest until there are enough.

    Rows without any answer have nothing to hide and stay. `also` names rows that may not stand alone for
    another reason.
    """
    merged = [key for key, size in sizes.items() if is_small(size, threshold)]
    merged += [key for key in also if sizes.get(key, 0) >= threshold]
    rest = sorted((key for key in sizes if sizes[key] >= threshold and key not in merged), key=lambda key: sizes[key])
    while merged and rest and sum(sizes[key] for key in merged) < threshold:
        merged.append(rest.pop(0))
    return merged
