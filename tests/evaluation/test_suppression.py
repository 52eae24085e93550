"""Small numbers stay hidden from somebody who has all our totals and can do sums."""

import random
from decimal import Decimal

import pytest

from accounts.models.organisation import ReportingGroup
from courses.models import DeliveryMode
from evaluation import figures, suppression
from evaluation.reports.agencies import Agency, agency_table
from evaluation.reports.counts import BookingCounts, EventCounts
from evaluation.reports.delivery import delivery_table
from evaluation.reports.demand import Demand
from evaluation.reports.modes import mode_table
from evaluation.reports.shield import BASE, Attendance, Shield
from evaluation.suppression import Hidden, Sum
from tests.evaluation import attacker
from tests.evaluation.attacker import THRESHOLD
from tests.sizes import size

SMALL, LINKED = Hidden.SMALL, Hidden.LINKED


@pytest.mark.parametrize(
    ("counts", "hidden"),
    [
        # Nothing small: nothing hidden. A zero is no secret.
        ({"a": 9, "b": 0, "all": 9}, {}),
        # One small count: the next smallest goes too, or the total gives it away.
        ({"a": 3, "b": 12, "c": 20, "all": 35}, {"a": SMALL, "b": LINKED}),
        # Two small counts that make five or more hide one another.
        ({"a": 3, "b": 4, "c": 20, "all": 27}, {"a": SMALL, "b": SMALL}),
        # Two small counts that make fewer: what is left of the total is itself small.
        ({"a": 1, "b": 1, "c": 20, "all": 22}, {"a": SMALL, "b": SMALL, "c": LINKED}),
        # Small counts at the edge: five of four can only be four each if their total is known.
        ({"a": 4, "b": 4, "c": 9, "all": 17}, {"a": SMALL, "b": SMALL, "c": LINKED}),
        # A small count beside a count that is exactly the threshold.
        ({"a": 1, "b": 5, "all": 6}, {"a": SMALL, "b": LINKED, "all": LINKED}),
        # All there is is small.
        ({"a": 3, "b": 0, "all": 3}, {"a": SMALL, "all": SMALL}),
    ],
)
def test_protect_hides_small_counts_and_what_gives_them_away(counts, hidden):
    parts = tuple(key for key in counts if key != "all")
    assert suppression.protect(counts, [Sum("all", parts)], THRESHOLD) == hidden


def test_protect_hides_through_groups():
    counts = {
        "all": 50,
        "health": 3,
        "council": 20,
        "police": 27,
        "gp": 3,
        "social work": 20,
        "force": 12,
        "custody": 15,
    }
    sums = [
        Sum("all", ("health", "council", "police")),
        Sum("health", ("gp",)),
        Sum("council", ("social work",)),
        Sum("police", ("force", "custody")),
    ]
    assert suppression.protect(counts, sums, THRESHOLD) == {
        "health": SMALL, "gp": SMALL, "council": LINKED, "social work": LINKED,
    }  # fmt: skip


def test_protect_follows_the_setting():
    counts = {"a": 7, "b": 12, "c": 30, "all": 49}
    sums = [Sum("all", ("a", "b", "c"))]
    assert suppression.protect(counts, sums, 5) == {}
    assert suppression.protect(counts, sums, 10) == {"a": SMALL, "b": LINKED}


def test_protect_hides_what_a_filter_leaves_out():
    counts = {"a": 9, "b": 12, "c": 30, "all": 51}
    assert suppression.protect(counts, [Sum("all", ("a", "b", "c"))], THRESHOLD, also=["a"]) == {
        "a": LINKED,
        "b": LINKED,
    }


@pytest.mark.parametrize(
    ("sizes", "merged"),
    [
        ({"a": 3, "b": 20, "c": 9}, ["a", "c"]),  # three answers alone would still be three answers
        ({"a": 3, "b": 4, "c": 9}, ["a", "b"]),
        ({"a": 9, "b": 0}, []),
        ({"a": 3}, ["a"]),
    ],
)
def test_together_joins_rows_until_there_are_enough(sizes, merged):
    assert suppression.together(sizes, THRESHOLD) == merged


@pytest.mark.parametrize(
    ("missed", "attended", "is_steady"),
    [(2, 40, False), (2, 900, True), (4, 44, False)],
)
def test_a_rate_is_steady_only_if_no_small_count_would_change_it(missed, attended, is_steady):
    counts = {"attended": attended, "missed": missed}
    steady = suppression.is_steady(figures.attendance_rate, counts, {"missed": SMALL}, THRESHOLD)
    assert steady is is_steady


def test_a_rate_beside_a_linked_count_is_never_steady():
    counts = {"attended": 900, "missed": 2}
    hidden = {"missed": SMALL, "attended": LINKED}
    assert not suppression.is_steady(figures.attendance_rate, counts, hidden, THRESHOLD)


@pytest.mark.parametrize(
    ("number", "doubt", "rounded"),
    [(304, 3, 300), (304, 4, 300), (305, 3, 300), (7, 3, None), (1824, 12, 1800), (99, 1, 100)],
)
def test_rounding_leaves_no_doubt_out(number, doubt, rounded):
    shown = suppression.rounded_beyond_doubt(number, doubt)
    assert shown == rounded


# --- The attack ---------------------------------------------------------------------------------------

COUNTS = [0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 2, 3, 4, 5, 9, 30]
HOURS = [Decimal(1), Decimal("1.5"), Decimal(3), Decimal(6), Decimal(12)]


def random_attendance(dice: random.Random) -> tuple[Attendance, dict[int, Decimal]]:
    """Bookings at random, each with a course and an agency, so that both tables tell of the same people."""
    courses = range(1, dice.randint(1, 6) + 1)
    groups = dice.sample(list(ReportingGroup.values), dice.randint(1, 4))
    agencies = [(group, 10 * place + n) for place, group in enumerate(groups) for n in range(dice.randint(1, 3))]
    ways = {course: dice.sample(DeliveryMode.values[:3], dice.choice([1, 1, 2])) for course in courses}
    by_way = {(course, mode): BookingCounts() for course, modes in ways.items() for mode in modes}
    by_course = {course: BookingCounts() for course in courses}
    by_agency = {agency: BookingCounts() for agency in agencies}
    people = dict.fromkeys(agencies, 0)
    for course in courses:
        for agency in agencies:
            some = {name: dice.choice(COUNTS) for name in BASE}
            inside = {f"{name}_in_places": some[name] for name in ("attended", "walk_ins", "missed")}
            counts = BookingCounts(**some, **inside)
            by_course[course] += counts
            by_way[course, dice.choice(ways[course])] += counts
            by_agency[agency] += counts
    for agency, counts in by_agency.items():
        attendances = counts.attended + counts.walk_ins
        people[agency] = dice.randint((attendances + 1) // 2, attendances)
    of_groups = {group: sum(n for (its, _), n in people.items() if its == group) for group in groups}
    hours = {course: dice.choice(HOURS) for course in courses}
    attendance = Attendance(by_course, by_agency, people, of_groups, sum(of_groups.values()), by_way)
    return attendance, hours


def printed_tables(attendance, hours_of_course):
    shield = Shield(attendance, THRESHOLD)
    hours = {
        course: hours_of_course[course] * (counts.attended + counts.walk_ins)
        for course, counts in attendance.courses.items()
    }
    events = {
        course: EventCounts(1, 1, 0, counts.attended + counts.missed + 7)
        for course, counts in attendance.courses.items()
    }
    names = {course: f"Course {course}" for course in attendance.courses}
    agencies = {agency: Agency(f"Agency {agency:03}", 40) for _, agency in attendance.agencies}
    held = {
        mode: EventCounts(1, 1, 0, attendance.rows["mode", mode].attended + attendance.rows["mode", mode].missed + 7)
        for mode in attendance.modes
    }
    return (
        delivery_table(shield, events, hours, names, Demand({}, shield.threshold)),
        agency_table(shield, agencies),
        mode_table(shield, held, None),
    )


def attack(seed: int) -> list:
    """Return the small counts that the attacker recovers from one random set of tables, printed or in between.

    Once taking every cell “not shown” to be at least the threshold, which nearly all are, and once not.
    """
    attendance, hours = random_attendance(random.Random(seed))
    tables = printed_tables(attendance, hours)
    found = []
    for least in (1, THRESHOLD):
        known = attacker.read_tables(attendance, *tables, hours, least)
        ranges = attacker.follow(known)
        if any(low > high for low, high in ranges.values()):
            continue  # taken for more than it is: the attacker notices the contradiction and has learnt nothing
        solved = attacker.eliminate(known)
        found += [(seed, name) for name in known.small if name in solved or ranges[name][0] == ranges[name][1]]
        found += [
            (seed, (name, cell))
            for cell, counts in attendance.courses_by_mode.items()
            for name in attacker.BY_MODE[:3]
            if suppression.is_small(number := getattr(counts, name), THRESHOLD)
            and ((name, ("cell", *cell)) in solved or ranges[name, ("cell", *cell)] == (number, number))
        ]
    return found


@pytest.mark.soak
def test_an_attacker_recovers_no_small_count():
    assert [found for seed in range(size(60, 1000)) for found in attack(seed)] == []


def test_the_attacker_is_able(monkeypatch):
    """Without the second step, hiding only what is small, the same attacker recovers a good part of it."""
    monkeypatch.setattr(
        suppression,
        "protect",
        lambda counts, sums, threshold, also=(): {
            k: SMALL for k, n in counts.items() if suppression.is_small(n, threshold)
        },
    )
    monkeypatch.setattr(Shield, "_telling_people", lambda self: None)
    assert len([found for seed in range(20) for found in attack(seed)]) > 20
