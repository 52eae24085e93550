"""A reader with pencil, paper and time: everything that a printed report says, as linear statements, and what follows.

Each printed cell fixes a count or bounds it; sums, rates, hours and “no more people than attendances” tie
counts together. `follow` narrows every count as far as these statements allow, and `eliminate` solves the
sums as equations.
"""

from dataclasses import dataclass, field
from fractions import Fraction
from math import inf, lcm

from evaluation.reports.shield import BASE, ROOT
from evaluation.suppression import Hidden, words

THRESHOLD = 5
WORDS = words(THRESHOLD)
BY_MODE = ("attended", "walk_ins", "missed", "all")
SUMS = ("booked", "all")  # not shown wherever a part is hidden, however large they are
Statement = tuple[dict, int]  # the sum of coefficient times count is at least the number


@dataclass
class Knowledge:
    """What the reader holds to be true. `least` is what they take every cell “not shown” to be at the least."""

    least: int = 1
    ranges: dict = field(default_factory=dict)
    equations: list[tuple[dict, int]] = field(default_factory=list)
    statements: list[Statement] = field(default_factory=list)
    small: set = field(default_factory=set)

    def cell(self, name, cell):
        """Read one printed count."""
        if cell["value"] is not None:
            self.ranges[name] = (cell["value"], cell["value"])
        elif cell["text"] == WORDS[Hidden.SMALL]:
            self.ranges[name] = (1, THRESHOLD - 1)
            self.small.add(name)
        elif cell["text"] == WORDS[Hidden.LINKED]:
            self.ranges[name] = (1 if name[0] in SUMS else self.least, inf)
        else:
            self.ranges[name] = (0, inf)

    def equals(self, coefficients, number=0):
        self.equations.append((coefficients, number))
        self.at_least(coefficients, number)
        self.at_least({name: -c for name, c in coefficients.items()}, -number)

    def at_least(self, coefficients, number=0):
        numbers = [Fraction(each) for each in (*coefficients.values(), number)]
        scale = lcm(*(each.denominator for each in numbers))
        whole = [int(each * scale) for each in numbers]
        self.statements.append((dict(zip(coefficients, whole[:-1], strict=True)), whole[-1]))

    def rate(self, cell, part, whole, fixed_whole=None):
        """A printed whole percentage bounds its part between half a point below and above."""
        if cell["value"] is None:
            return
        for sign, edge in ((1, -Fraction(1, 2)), (-1, Fraction(1, 2))):
            share = Fraction(int(cell["text"].rstrip("%"))) + edge
            terms = {name: sign * 100 * c for name, c in part.items()}
            if fixed_whole is not None:
                self.at_least(terms, sign * share * fixed_whole)
                continue
            for name, c in whole.items():
                terms[name] = terms.get(name, 0) - sign * share * c
            self.at_least(terms, 0)


def read_tables(attendance, delivery, agencies, modes, hours_of_course, least=1):
    """Return everything that R2, R3 and R5 say; `hours_of_course` is what the catalogue says of each course's length."""
    known = Knowledge(least)
    codes = [column.code or column.label for column in delivery.columns]
    keys = [("course", course) for course in sorted(attendance.courses, key=str)] + [ROOT]
    for key, (_, row) in zip(keys, delivery.rows, strict=True):
        _read_delivery(known, key, dict(zip(codes, row, strict=True)), hours_of_course)
    codes = [column.code or column.label for column in agencies.columns]
    for key, (_, row) in zip(_agency_keys(attendance), agencies.rows, strict=True):
        _read_agency(known, key, dict(zip(codes, row, strict=True)))
    codes = [column.code or column.label for column in modes.columns]
    for key, (_, row) in zip([*[("mode", mode) for mode in attendance.modes], ROOT], modes.rows, strict=True):
        _read_mode(known, key, dict(zip(codes, row, strict=True)))
    _read_sums(known, attendance, hours_of_course)
    return known


def _agency_keys(attendance):
    for group in attendance.groups:
        yield "group", group
        yield from (("agency", *agency) for agency in sorted(attendance.agencies) if agency[0] == group)
    yield ROOT


def _names(known, key, row, columns):
    for name, code in columns.items():
        known.cell((name, key), row[code])
        known.ranges.setdefault((name, key), (0, inf))


def _read_delivery(known, key, row, hours):
    _names(
        known,
        key,
        row,
        {"attended": "AT", "walk_ins": "WI", "missed": "DNA", "late": "LC", "booked": "BK", "all": "TOT"},
    )
    if key == ROOT:
        known.ranges["hours"] = _hours(row["LH"])
    known.equals({("attended", key): 1, ("missed", key): 1, ("booked", key): -1})
    known.equals({("attended", key): 1, ("walk_ins", key): 1, ("all", key): -1})
    known.rate(row["FILL"], {("booked", key): 1}, {}, row["CAP"]["value"])
    known.rate(row["OCC"], {("all", key): 1}, {}, row["CAP"]["value"])
    known.rate(row["ATR"], {("attended", key): 1}, {("booked", key): 1})
    known.rate(row["DNA%"], {("missed", key): 1}, {("booked", key): 1})
    known.rate(row["LC%"], {("late", key): 1}, {("late", key): 1, ("booked", key): 1})
    if key != ROOT and row["LH"]["value"] is not None:
        known.equals({("all", key): hours[key[1]]}, row["LH"]["value"])


def _hours(cell):
    """Hours, in tenths. Told roughly they may be anything that rounds so, at the widest step that fits the number."""
    if cell["value"] is not None:
        return round(10 * cell["value"]), round(10 * cell["value"])
    if not cell["text"].startswith("about "):
        return 0, inf
    number = int(cell["text"].removeprefix("about ").replace(",", ""))
    step = max(each for each in (10, 50, 100, 500, 1000) if number % each == 0)
    return 10 * number - 5 * step, 10 * number + 5 * step


def _read_agency(known, key, row):
    columns = {"attended": "AT", "walk_ins": "WI", "missed": "DNA", "late": "LC", "booked": "BK", "people": "PPL"}
    _names(known, key, row, {**columns, "cancelled": "Cancelled in time"})
    known.ranges.setdefault(("all", key), (0, inf))
    known.equals({("attended", key): 1, ("missed", key): 1, ("booked", key): -1})
    known.equals({("attended", key): 1, ("walk_ins", key): 1, ("all", key): -1})
    known.at_least({("all", key): 1, ("people", key): -1})
    known.rate(row["DNA%"], {("missed", key): 1}, {("booked", key): 1})
    if key != ROOT:
        known.rate(row["SH"], {("all", key): 1}, {("all", ROOT): 1})
    if row["Headcount"]["value"]:
        known.rate(row["REACH"], {("people", key): 1}, {}, row["Headcount"]["value"])


def _read_mode(known, key, row):
    """Attendances alone are printed; what they are made of can be anything that fits."""
    if key != ROOT:
        known.cell(("all", key), row["TOT"])
        for name in ("attended", "walk_ins", "missed", "late", "cancelled", "booked"):
            known.ranges.setdefault((name, key), (0, inf))
        known.equals({("attended", key): 1, ("missed", key): 1, ("booked", key): -1})
        known.equals({("attended", key): 1, ("walk_ins", key): 1, ("all", key): -1})
    known.rate(row["OCC"], {("all", key): 1}, {}, row["CAP"]["value"])
    known.rate(row["DNA%"], {("missed", key): 1}, {("booked", key): 1})


def _read_cells(known, attendance):
    """Which courses were held in which way is no secret: each is the sum of its ways, and each way of its courses."""
    for name in BY_MODE:
        names = {cell: (name, ("cell", *cell)) for cell in attendance.courses_by_mode}
        for each in names.values():
            known.ranges[each] = (0, inf)
        for course in attendance.courses:
            known.equals({(name, ("course", course)): -1, **{names[cell]: 1 for cell in names if cell[0] == course}})
        for mode in attendance.modes:
            known.equals({(name, ("mode", mode)): -1, **{names[cell]: 1 for cell in names if cell[1] == mode}})
    for cell in attendance.courses_by_mode:
        known.equals({("attended", ("cell", *cell)): 1, ("walk_ins", ("cell", *cell)): 1, ("all", ("cell", *cell)): -1})


def _read_sums(known, attendance, hours):
    families = {("group", g): [("agency", *a) for a in attendance.agencies if a[0] == g] for g in attendance.groups}
    courses = [("course", course) for course in attendance.courses]
    for name in (*BASE, "booked", "all"):
        parts = [*families.items(), (ROOT, list(families))]
        parts += [(ROOT, courses)] if name != "cancelled" else []
        parts += [(ROOT, [("mode", mode) for mode in attendance.modes])]
        for total, members in parts:
            known.equals({(name, total): -1, **{(name, member): 1 for member in members}})
    for total, members in [*families.items(), (ROOT, list(families))]:
        # Nobody is told how many people are in two agencies; the reader takes it that nobody is.
        overlap = _people(attendance, members) - _people(attendance, [total])
        known.equals({("people", total): -1, **{("people", member): 1 for member in members}}, overlap)
    known.equals({"hours": -1, **{("all", key): 10 * hours[key[1]] for key in courses}})

    _read_cells(known, attendance)


def _people(attendance, keys):
    columns = attendance.columns()["people"]
    return sum(columns[key] for key in keys)


def follow(known):
    """Narrow every range by every statement until nothing moves."""
    ranges = dict(known.ranges)
    for _ in range(60):
        before = dict(ranges)
        for coefficients, number in known.statements:
            _narrow(ranges, coefficients, number)
        if ranges == before:
            break
    return ranges


def _narrow(ranges, coefficients, number):
    """In `sum of c times x >= number` each x is bounded by the most the others can be."""
    most = {name: c * (ranges[name][1] if c > 0 else ranges[name][0]) for name, c in coefficients.items()}
    unbounded = [name for name, value in most.items() if value == inf]
    if len(unbounded) > 1:
        return
    finite = sum(value for value in most.values() if value != inf)
    for name in unbounded or list(coefficients):
        others = finite - (0 if name in unbounded else most[name])
        low, high = ranges[name]
        if coefficients[name] > 0:
            ranges[name] = (max(low, -((others - number) // coefficients[name])), high)
        else:
            ranges[name] = (low, min(high, (number - others) // coefficients[name]))


def eliminate(known):
    """Solve the sums as equations; return the names of counts that come out with one value only."""
    pivots = {}
    for coefficients, _ in known.equations:
        row = {name: Fraction(c) for name, c in coefficients.items() if known.ranges[name][0] != known.ranges[name][1]}
        for pivot in [name for name in row if name in pivots]:
            row = _less(row, pivots[pivot], row[pivot])
        if not row:
            continue
        pivot, lead = next(iter(row.items()))
        row = {name: c / lead for name, c in row.items()}
        pivots = {name: _less(other, row, other[pivot]) if pivot in other else other for name, other in pivots.items()}
        pivots[pivot] = row
    return {pivot for pivot, row in pivots.items() if len(row) == 1}


def _less(row, other, times):
    """Subtract so many times the other row; cells that vanish are left out."""
    names = {**row, **other}
    result = {name: row.get(name, 0) - times * other.get(name, 0) for name in names}
    return {name: c for name, c in result.items() if c}


# --- Tables of several columns about the same people ---------------------------------------------------


def read_columns(known, columns, rows, printed):
    """Take in what a table prints of its columns. `rows` says which members (courses, reasons) each row stands for."""
    for column in columns:
        for member in {member for members in rows.values() for member in members}:
            known.ranges[column, member] = (0, inf)
        for row, members in rows.items():
            name = (column, "row", row)
            known.cell(name, printed[row][column])
            known.equals({name: -1, **{(column, member): 1 for member in members}})


def recovered(known, truth):
    """Return the small counts that come out with one value only; none where the reader has taken something wrongly."""
    ranges, solved = follow(known), eliminate(known)
    if any(low > high for low, high in ranges.values()):
        return []
    return [
        name
        for name, number in truth.items()
        if 0 < number < THRESHOLD and (name in solved or ranges[name] == (number, number))
    ]
