"""Self-paced courses, lost places and what people did since: no small count follows from the columns beside it."""

import random

import pytest

from bookings.models import CancelReason
from evaluation import suppression
from evaluation.reports.answers import DID, ImpactCounts, ResponseCounts
from evaluation.reports.course_rows import FEW
from evaluation.reports.impact import Impact, impact_tables
from evaluation.reports.lost_places import LostCounts, lost_places_table
from evaluation.reports.self_paced import EnrolmentCounts, self_paced_table
from evaluation.suppression import Hidden
from tests.evaluation import attacker
from tests.evaluation.attacker import THRESHOLD
from tests.sizes import size

ALL = {"All courses", "All reasons"}
NUMBERS = [0, 0, 0, 1, 1, 2, 3, 4, 5, 6, 9, 14, 30]
CHOICES = ["shared it", "raised it"]
NAMES = {number: f"Course {number}" for number in range(5)}
REASONS = CancelReason.values
REASON_NAMES = {number: CancelReason(reason).label.capitalize() for number, reason in enumerate(REASONS)}


class SelfPaced:
    """R6."""

    columns = ("Started", "Opened it", "Passed", "Lapsed")
    # Who passed has opened it, and who lapsed has not passed.
    known = (({"Started"}, {"Passed", "Lapsed"}), ({"Opened it"}, {"Passed"}), ({"Started"}, {"Opened it"}))

    def some(self, dice):
        passed, lapsed, going, waiting = (dice.choice(NUMBERS) for _ in range(4))
        begun = passed + going
        return dict(zip(self.columns, (begun + lapsed + waiting, begun, passed, lapsed), strict=True))

    def tables(self, counts):
        counts = {course: EnrolmentCounts(*its.values()) for course, its in counts.items() if its["Started"]}
        return [self_paced_table(counts, NAMES, THRESHOLD)]


class Lost:
    """R9."""

    columns = ("Cancelled late", "Did not attend", "Together", "Taken by somebody else")
    known = (
        ({"Together"}, {"Cancelled late", "Did not attend"}),
        ({"Cancelled late", "Did not attend"}, {"Together"}),
        ({"Cancelled late"}, {"Taken by somebody else"}),
    )

    def some(self, dice):
        late, missed = dice.choice(NUMBERS), dice.choice(NUMBERS)
        return dict(zip(self.columns, (late, missed, late + missed, min(late, dice.choice(NUMBERS))), strict=True))

    def tables(self, counts):
        lost = {
            REASONS[number]: LostCounts(its["Cancelled late"], its["Did not attend"], its["Taken by somebody else"])
            for number, its in counts.items()
        }
        return [lost_places_table(lost, 400, THRESHOLD)]


class Since:
    """R15 and R15b."""

    columns = ("Asked", "Answered", "Something got in the way", "Managers who answered", "Shared it", "Raised it")
    known = (
        ({"Asked"}, {"Answered"}),
        *(({"Answered"}, {column}) for column in ("Something got in the way", "Shared it", "Raised it")),
    )

    def some(self, dice):
        answered = dice.choice(NUMBERS)
        stopped, shared, raised = (min(answered, dice.choice(NUMBERS)) for _ in range(3))
        asked = answered + dice.choice(NUMBERS)
        managers = dice.choice(NUMBERS) if asked else 0
        numbers = (asked, answered, stopped, managers, shared, raised)
        return dict(zip(self.columns, numbers, strict=True))

    def tables(self, counts):
        asked = {course: its for course, its in counts.items() if its["Asked"]}
        responses = {course: ResponseCounts(its["Asked"], its["Answered"]) for course, its in asked.items()}
        said = {
            course: ImpactCounts(obstacles=its["Something got in the way"], managers=its["Managers who answered"])
            for course, its in asked.items()
        }
        chosen = {(course, DID, each): its[each.capitalize()] for course, its in asked.items() for each in CHOICES}
        return impact_tables(Impact(responses, said, chosen, {DID: CHOICES}), NAMES, THRESHOLD)


def printed_rows(tables):
    """Every cell of a row, by the words over its column; two tables with the same rows side by side."""
    rows = {}
    for table in tables:
        for _, row in table.rows:
            labels = [column.label for column in table.columns]
            rows.setdefault(row[0]["text"], {}).update(zip(labels, row, strict=True))
    return rows


def members_of(rows, counts, names):
    """Which courses or reasons a row stands for; those without a row of their own share one."""
    shared = [number for number in counts if names[number] not in rows]
    alone = {names[number]: [number] for number in counts}
    return {row: list(counts) if row in ALL else shared if row == FEW else alone.get(row, []) for row in rows}


def attack(thing, seed, least):
    """Return the small counts that follow, taking “not shown” for at least so many."""
    dice = random.Random(seed)
    counts = {number: thing.some(dice) for number in range(dice.randint(1, 5))}
    printed = printed_rows(thing.tables(counts))
    rows = members_of(printed, counts, REASON_NAMES if isinstance(thing, Lost) else NAMES)
    known = attacker.Knowledge(least)
    attacker.read_columns(known, thing.columns, rows, printed)
    for more, fewer in thing.known:
        for place in [*[(number,) for number in counts], *[("row", row) for row in rows]]:
            known.at_least({(column, *place): 1 if column in more else -1 for column in more | fewer})
    truth = {(column, number): its[column] for number, its in counts.items() for column in thing.columns}
    truth |= {
        (column, "row", row): sum(counts[member][column] for member in members)
        for row, members in rows.items()
        for column in thing.columns
    }
    return [(seed, *name) for name in attacker.recovered(known, truth)]


THINGS = [SelfPaced(), Lost(), Since()]


@pytest.mark.soak
@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: type(thing).__name__)
def test_an_attacker_recovers_no_small_count_from_the_columns_beside_it(thing):
    assert [
        each for seed in range(size(60, 1000)) for least in (0, THRESHOLD) for each in attack(thing, seed, least)
    ] == []


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: type(thing).__name__)
def test_the_attacker_of_columns_is_able(thing, monkeypatch):
    """Without the second step, hiding only what is small, the same attacker recovers a good part of it."""

    def small_alone(columns, sums, at_least, threshold, also=None):
        return {
            name: {key: Hidden.SMALL for key, number in counts.items() if suppression.is_small(number, threshold)}
            for name, counts in columns.items()
        }

    monkeypatch.setattr(suppression, "protect_together", small_alone)
    assert len([each for seed in range(20) for each in attack(thing, seed, THRESHOLD)]) > 20


@pytest.mark.parametrize("thing", THINGS, ids=lambda thing: type(thing).__name__)
def test_columns_are_not_enough_to_be_protected_one_by_one(thing, monkeypatch):
    """What each column gives away by itself is hidden; what it tells of the one beside it is not."""
    monkeypatch.setattr(suppression, "_told_by_others", lambda *columns: None)
    assert [each for seed in range(150) for each in attack(thing, seed, THRESHOLD)]
