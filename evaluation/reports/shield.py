"""Attendance counts behind their shield: which cells of R2, R3 and R5 are hidden, worked out for all of them at once.

They end in the same totals, so they are protected together, column by column. Only the counts of
`BASE` are protected by themselves. Sums of them (booked on the day, all attendances) are hidden wherever a
part of them is, so that they never add to what the parts give away.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from math import ceil, inf

from accounts.models import ReportingGroup
from courses.models import DeliveryMode
from evaluation import suppression
from evaluation.figures import Rate
from evaluation.reports import cells
from evaluation.reports.cells import Cell
from evaluation.reports.counts import BookingCounts, total
from evaluation.suppression import Hidden, Sum, is_small

BASE = ("attended", "walk_ins", "missed", "cancelled", "late")
ROOT = ("all",)
Key = tuple[str | int, ...]


@dataclass(frozen=True)
class Row:
    """The counts of one row, what is hidden of them, and how each is printed."""

    counts: BookingCounts
    people: int
    hidden: Mapping[str, Hidden]
    threshold: int

    def value(self, name: str) -> int:
        return self.people if name == "people" else getattr(self.counts, name)

    def why_hidden(self, *parts: str) -> Hidden | None:
        """Return why a count, or a sum of counts, is not printed.

        A sum is called small only where everybody can see that it is: one part is, and the others are nothing.
        To call it small where two parts are would say something about both.
        """
        reasons = [self.hidden[part] for part in parts if part in self.hidden]
        if not reasons:
            return None
        shown = sum(self.value(part) for part in parts if part not in self.hidden)
        return Hidden.SMALL if reasons == [Hidden.SMALL] and shown == 0 else Hidden.LINKED

    def count(self, *parts: str) -> Cell:
        """Print a count, or the sum of several."""
        why = self.why_hidden(*parts)
        return cells.concealed(why, self.threshold) if why else cells.count(sum(map(self.value, parts)))

    def rate(self, formula: Callable[..., Rate | None], *needs: str, tenth: bool = False, counts: bool = False) -> Cell:
        """Print a rate made of these counts; without its tenth, or not at all, where that would give one away."""
        values = {name: self.value(name) for name in needs}
        if not any(name in self.hidden for name in needs):
            return cells.rate(formula(**values), tenth=tenth, counts=counts)
        if suppression.is_steady(formula, values, self.hidden, self.threshold):
            return cells.whole_rate(formula(**values))
        return cells.concealed(Hidden.LINKED, self.threshold)

    def rate_of_places(self, formula: Callable[..., Rate | None], *needs: str, **options: bool) -> Cell:
        """Print a rate that divides by places, and so leaves out dates that have no limit on them."""
        outside = {name: self.value(name) - self.value(f"{name}_in_places") for name in needs}
        if any(is_small(number, self.threshold) for number in outside.values()):
            return cells.concealed(Hidden.LINKED, self.threshold)

        def inside(**values: int) -> Rate | None:
            return formula(**{name: number - outside[name] for name, number in values.items()})

        return self.rate(inside, *needs, **options)

    def roughly(self, *parts: str) -> Cell:
        """Print a headline count; where it is hidden because of a small part of it, to the nearest ten or more."""
        hidden = [self.hidden[part] for part in parts if part in self.hidden]
        if not hidden or (set(hidden) != {Hidden.SMALL} and parts != ("people",)):
            return self.count(*parts)
        doubt = 2 * self.threshold if parts == ("people",) else len(hidden) * (self.threshold - 2)
        rounded = suppression.rounded_beyond_doubt(sum(map(self.value, parts)), doubt)
        return cells.about(rounded) if rounded else self.count(*parts)


@dataclass(frozen=True)
class Attendance:
    """Every count of bookings that a report prints: by course, by agency and group, by mode, and in all."""

    courses: dict[int, BookingCounts]
    agencies: dict[tuple[str, int], BookingCounts]
    people_of_agencies: dict[tuple[str, int], int]
    people_of_groups: dict[str, int]
    people: int
    # What no table prints, and anybody knows who knows the programme: in which ways a course was held.
    courses_by_mode: dict[tuple[int, str], BookingCounts] = field(default_factory=dict)

    @property
    def rows(self) -> dict[Key, BookingCounts]:
        rows: dict[Key, BookingCounts] = {ROOT: total(self.courses.values())}
        rows |= {("course", course): counts for course, counts in self.courses.items()}
        rows |= {("agency", *agency): counts for agency, counts in self.agencies.items()}
        for group in self.groups:
            rows["group", group] = total(counts for (its, _), counts in self.agencies.items() if its == group)
        for mode in self.modes:
            rows["mode", mode] = total(counts for (_, its), counts in self.courses_by_mode.items() if its == mode)
        return rows

    @property
    def modes(self) -> list[str]:
        present = {mode for _, mode in self.courses_by_mode}
        return [mode for mode in DeliveryMode.values if mode in present]

    @property
    def groups(self) -> list[str]:
        present = {group for group, _ in self.agencies}
        return [group for group in ReportingGroup.values if group in present]

    def columns(self) -> dict[str, dict[Key, int]]:
        rows = self.rows
        columns = {name: {key: getattr(counts, name) for key, counts in rows.items()} for name in BASE}
        people: dict[Key, int] = {ROOT: self.people}
        people |= {("group", group): self.people_of_groups.get(group, 0) for group in self.groups}
        people |= {("agency", *agency): self.people_of_agencies.get(agency, 0) for agency in self.agencies}
        return {**columns, "people": people}

    def sums(self, counts: Mapping[Key, int]) -> list[Sum]:
        """Return how the cells of a column add up. Somebody in two agencies is counted in both: that is the overlap."""
        families = {
            ("group", group): [("agency", *agency) for agency in self.agencies if agency[0] == group]
            for group in self.groups
        }
        sums = [_sum(counts, total, parts) for total, parts in families.items()]
        sums.append(_sum(counts, ROOT, list(families)))
        if all(("course", course) in counts for course in self.courses):
            sums.append(_sum(counts, ROOT, [("course", course) for course in self.courses]))
            sums.append(_sum(counts, ROOT, [("mode", mode) for mode in self.modes]))
        return [each for each in sums if each.parts]


def _sum(counts: Mapping[Key, int], total: Key, parts: list) -> Sum:
    return Sum(total, tuple(parts), overlap=sum(counts[part] for part in parts) - counts[total])


class Shield:
    """The rows of a report's attendance tables, ready to print."""

    def __init__(
        self, attendance: Attendance, threshold: int, unfiltered: Attendance | None = None, is_all_of: Key = ROOT
    ) -> None:
        """`unfiltered` is the same without the report's filters: what a filter leaves out must not be small either.

        Nor may a filter tell what the report without one keeps back. `is_all_of` is the row of that report which
        is this report's total, where there is one.
        """
        self.threshold = threshold
        kept_back = Shield(unfiltered, threshold).hidden if unfiltered else {}
        self.attendance = attendance
        self.rows = attendance.rows
        everything = unfiltered.columns() if unfiltered else {}
        self.hidden: dict[str, dict[Key, Hidden]] = {}
        self.columns = attendance.columns()
        for name, counts in self.columns.items():
            others = everything.get(name, counts)
            also = [key for key in counts if is_small(others[key] - counts[key], threshold)]
            also += [key for key in counts if (is_all_of if key == ROOT else key) in kept_back.get(name, ())]
            if name == "people":
                also += [key for key in counts if self._people_tell(key)]
            self.hidden[name] = suppression.protect(counts, attendance.sums(counts), threshold, also)
            if name in BASE and self._modes_tell(name):
                # One mode less would leave the others to be looked through again: of few modes, none is told.
                self.hidden[name] |= {("mode", mode): Hidden.QUIET for mode in attendance.modes}
        while (telling := self._telling_people()) is not None:
            people = self.columns["people"]
            also = [key for key, why in self.hidden["people"].items() if why is Hidden.LINKED]
            self.hidden["people"] = suppression.protect(people, attendance.sums(people), threshold, [*also, telling])

    def _modes_tell(self, name: str) -> bool:
        """Tell whether modes and courses together give a small count away: of one course, or of one course in one mode.

        In which modes a course was held is known from the programme, so that each course and each mode is a sum
        of counts that no table prints.
        """
        counts, hidden = self.columns[name], self.hidden[name]
        inside = {cell: getattr(each, name) for cell, each in self.attendance.courses_by_mode.items()}
        sums = self.attendance.sums(counts)
        lines: list[Key] = [("course", course) for course in self.attendance.courses]
        lines += [("mode", mode) for mode in self.attendance.modes]
        for line in lines:
            parts = [cell for cell in inside if line in (("course", cell[0]), ("mode", cell[1]))]
            sums.append(Sum(line, tuple(("inside", *cell) for cell in parts)))
            rest = [cell for cell in parts if ("course", cell[0]) in hidden or ("mode", cell[1]) in hidden]
            if line not in hidden and is_small(sum(inside[cell] for cell in rest), self.threshold):
                return True
        known = suppression.at_first_sight(counts, hidden, self.threshold)
        known |= {("inside", *cell): (0, inf) for cell in inside}
        while suppression.narrow(known, sums):
            pass
        small = [(key, number) for key, number in counts.items() if is_small(number, self.threshold)]
        small += [(("inside", *cell), number) for cell, number in inside.items() if is_small(number, self.threshold)]
        return any(known[key] == (number, number) for key, number in small)

    def _people_tell(self, key: Key) -> bool:
        """Tell whether the number of people gives hidden attendances away: there are at least as many of those."""
        parts = ("attended", "walk_ins")
        counts = self.rows[key]
        hidden = [self.hidden[part][key] for part in parts if key in self.hidden[part]]
        shown = sum(getattr(counts, part) for part in parts if key not in self.hidden[part])
        least = sum(self.threshold if why is Hidden.LINKED else 1 for why in hidden)
        return bool(hidden) and self.columns["people"][key] - shown > least

    def _telling_people(self) -> Key | None:
        """Return a number of people to hide, because with it and “no more people than attendances” a small count comes out."""
        linked = {name: self.columns[name] for name in ("people", "attended", "walk_ins")}
        sums = {name: self.attendance.sums(counts) for name, counts in linked.items()}
        known = {
            name: suppression.at_first_sight(counts, self.hidden[name], self.threshold)
            for name, counts in linked.items()
        }
        is_moving = True
        while is_moving:
            moved = [suppression.narrow(known[name], sums[name]) for name in linked]
            is_moving = _no_more_people(known) or any(moved)
        for name in linked:
            for key, why in self.hidden[name].items():
                if why is Hidden.SMALL and known[name][key][0] == known[name][key][1]:
                    family = {cell for each in sums["people"] if key in each.cells for cell in each.cells}
                    # In the column's order, not a set's: of equals the same one is taken every time.
                    shown = [
                        cell
                        for cell, number in linked["people"].items()
                        if cell in family and cell not in self.hidden["people"] and number >= self.threshold
                    ]
                    if shown:
                        return min(shown, key=lambda cell: linked["people"][cell])
        return None

    def row(self, key: Key) -> Row:
        """The counts of a row; a course that nobody booked has none, and hides none."""
        hidden = {name: column[key] for name, column in self.hidden.items() if key in column}
        return Row(self.rows.get(key, BookingCounts()), self.columns["people"].get(key, 0), hidden, self.threshold)

    def hours(self, key: Key, hours_by_course: Mapping[int, Decimal]) -> Cell:
        """Print learning hours: hidden beside hidden attendances, and in all so roughly that they stay hidden."""
        course = key[-1]
        if isinstance(course, int):
            why = self.row(key).why_hidden("attended", "walk_ins")
            return (
                cells.concealed(Hidden.LINKED, self.threshold)
                if why
                else cells.hours(hours_by_course.get(course, Decimal()))
            )
        in_all = sum(hours_by_course.values(), Decimal())
        doubt = self._doubt_about_hours(hours_by_course)
        if not doubt:
            return cells.hours(in_all)
        rounded = suppression.rounded_beyond_doubt(int(in_all), doubt)
        return cells.about(rounded) if rounded else cells.concealed(Hidden.LINKED, self.threshold)

    def _doubt_about_hours(self, hours_by_course: Mapping[int, Decimal]) -> int:
        """Return how far the total may be from the printed one without any hidden attendance being settled by it.

        Moving one attendance from a hidden row to another changes the hours by the difference of the two
        courses' lengths.
        """
        lengths = []
        for course in self.attendance.courses:
            row = self.row(("course", course))
            attendances = row.counts.attended + row.counts.walk_ins
            if row.why_hidden("attended", "walk_ins") and attendances:
                lengths.append(hours_by_course.get(course, Decimal()) / attendances)
        if not lengths:
            return 0
        if self.row(ROOT).why_hidden("attended", "walk_ins"):
            return ceil(max(lengths) * 2 * (self.threshold - 1))
        return ceil(max(lengths) - min(lengths))


def _no_more_people(known: dict[str, dict[Key, suppression.Range]]) -> bool:
    """Tighten the ranges of each row by what is common knowledge; tell whether anything moved."""
    moved = False
    people, attended, walk_ins = (known[name] for name in ("people", "attended", "walk_ins"))
    for key, (low, high) in people.items():
        most = attended[key][1] + walk_ins[key][1]
        for column, narrowed in (
            (people, (low, min(high, most))),
            (attended, (max(attended[key][0], low - walk_ins[key][1]), attended[key][1])),
            (walk_ins, (max(walk_ins[key][0], low - attended[key][1]), walk_ins[key][1])),
        ):
            moved = moved or column[key] != narrowed
            column[key] = narrowed
    return moved
