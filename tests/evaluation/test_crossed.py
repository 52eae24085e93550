"""Hidden cells of tables with totals both ways, against a reader who tries every table that could have been printed."""

import random
from itertools import product

import pytest

from evaluation import crossed
from evaluation.suppression import Hidden

THRESHOLD = 3
# So large is the largest count that the reader thinks of for a cell of which nothing is said.
MOST = 7
MAY_BE = {
    Hidden.SMALL: range(1, THRESHOLD),
    Hidden.LINKED: range(THRESHOLD, MOST + 1),
    Hidden.QUIET: range(MOST + 1),
}


def totals(counts):
    rows, columns = {}, {}
    for (row, column), count in counts.items():
        rows[row] = rows.get(row, 0) + count
        columns[column] = columns.get(column, 0) + count
    return rows, columns


def possible(counts, hidden, hidden_rows=(), hidden_columns=()):
    """Every table that agrees with what is printed."""
    rows, columns = totals(counts)
    left = {column: number for column, number in columns.items() if column not in hidden_columns}
    sums = {row: number for row, number in rows.items() if row not in hidden_rows}
    yield from filled(list(rows), list(columns), counts, hidden, sums, left)


def filled(rows, columns, counts, hidden, sums, left):
    """Row after row: each way to fill the first that leaves every column enough, and no more than it has."""
    if not rows:
        if not any(left.values()):
            yield {}
        return
    first, *others = rows
    choices = [
        MAY_BE[hidden[first, column]] if (first, column) in hidden else (counts[first, column],) for column in columns
    ]
    for values in product(*choices):
        line = dict(zip(columns, values, strict=True))
        if sum(values) != sums.get(first, sum(values)) or any(line[column] > most for column, most in left.items()):
            continue
        rest = {column: most - line[column] for column, most in left.items()}
        for table in filled(others, columns, counts, hidden, sums, rest):
            yield {(first, column): value for column, value in line.items()} | table


def pinned(counts, hidden, also=(), **totals_hidden):
    """Small counts, and others to be hidden, that are the same in every table that could have been printed."""
    seen = {cell: set() for cell in hidden if 0 < counts[cell] < THRESHOLD or cell in also}
    for table in possible(counts, hidden, **totals_hidden):
        for cell, values in seen.items():
            values.add(table[cell])
    return {cell for cell, values in seen.items() if len(values) == 1}


def table(*rows):
    return {(row, "abcdef"[column]): count for row, counts in enumerate(rows) for column, count in enumerate(counts)}


def test_nothing_is_hidden_where_nothing_is_small():
    assert crossed.protect(table((5, 0), (4, 6)), THRESHOLD) == {}


def test_a_small_count_takes_three_others_with_it():
    counts = table((1, 6, 9), (6, 4, 9), (9, 9, 9))
    hidden = crossed.protect(counts, THRESHOLD)
    assert hidden == {
        (0, "a"): Hidden.SMALL,
        (0, "b"): Hidden.LINKED,
        (1, "a"): Hidden.LINKED,
        (1, "b"): Hidden.LINKED,
    }
    assert pinned(counts, hidden) == set()


def test_two_small_counts_in_a_line_are_not_enough_where_their_sum_is_small():
    counts = table((1, 1, 6, 5), (5, 5, 5, 5))
    hidden = crossed.protect(counts, THRESHOLD)
    assert sum(counts[cell] for cell in hidden if cell[0] == 0) >= THRESHOLD


def test_the_control_small_counts_alone_are_worked_out():
    counts = table((1, 6, 9), (6, 4, 9), (9, 9, 9))
    assert pinned(counts, {(0, "a"): Hidden.SMALL}) == {(0, "a")}


def test_rows_whose_total_is_hidden_say_nothing_at_all():
    counts = table((1, 2, 2), (2, 2, 1), (4, 4, 5))
    hidden = crossed.protect(counts, THRESHOLD, hidden_rows={0, 1})
    assert {cell for cell, why in hidden.items() if why is Hidden.QUIET} == {
        (row, column) for row in (0, 1) for column in "abc"
    }
    sums = {sum(each[0, column] for column in "abc") for each in possible(counts, hidden, hidden_rows={0, 1})}
    assert sums == set(range(11))  # anything that both totals could be together


def test_what_a_filter_leaves_out_is_hidden_as_well():
    counts = table((5, 5, 5), (5, 5, 5), (5, 5, 6))
    hidden = crossed.protect(counts, THRESHOLD, also=[(1, "b")])
    assert hidden[1, "b"] is Hidden.LINKED


def test_where_nothing_helps_the_whole_table_is_silent():
    counts = table((1, 3), (3, 0))
    hidden = crossed.protect(counts, THRESHOLD)
    assert pinned(counts, hidden) == set()


@pytest.mark.parametrize("seed", range(60))
def test_no_small_count_can_be_worked_out(seed):
    chance = random.Random(seed)
    rows, columns = chance.choice([(2, 2), (2, 3), (3, 2), (3, 3)])
    counts = table(*[[chance.choice((0, 0, 1, 1, 2, 3, 4, 5, 6)) for _ in range(columns)] for _ in range(rows)])
    row_totals, column_totals = totals(counts)
    hide = {
        "hidden_rows": {row for row, number in row_totals.items() if 0 < number < THRESHOLD},
        "hidden_columns": {column for column, number in column_totals.items() if 0 < number < THRESHOLD},
    }
    # Never one hidden total alone: whoever prints them takes care of that.
    for name, sums in (("hidden_rows", row_totals), ("hidden_columns", column_totals)):
        if len(hide[name]) == 1:
            hide[name].add(max((key for key in sums if key not in hide[name]), key=lambda key: sums[key]))
    also = [cell for cell, count in counts.items() if count >= THRESHOLD and chance.random() < 0.2]
    hidden = crossed.protect(counts, THRESHOLD, also=also, **hide)
    assert pinned(counts, hidden, also, **hide) == set(), (counts, hidden)
