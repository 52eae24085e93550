"""Random lives of places: whatever people, staff, clocks and power cuts do, in any order, every rule holds after it.

`make test` lives a few of them, `make soak` more than ten thousand steps.
"""

from collections import Counter
from datetime import timedelta

import pytest
from django.db import transaction
from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    precondition,
    rule,
    run_state_machine_as_test,
)

from bookings import invariants
from bookings.models.booking import State
from bookings.models.waiting_list import WaitingState
from tests.life.city import MARKS, City
from tests.sizes import IS_SOAK, size

LIVES, STEPS = size(14, 260), size(30, 50)
people, dates, which = st.integers(0, 8), st.integers(0, 3), st.integers(0, 50)
# Most deeds run through; some stop at one of their first questions to the database.
cuts = st.one_of(st.none(), st.none(), st.none(), st.integers(0, 40))
did: Counter = Counter()


class Life(RuleBasedStateMachine):
    """One life of the city, in a transaction that is rolled back at its end."""

    @initialize()
    def begin(self):
        self.frame = transaction.atomic()
        # As the frame of any test, so that durable transactions may begin inside.
        self.frame._from_testcase = True
        self.frame.__enter__()
        self.city = City()

    def teardown(self):
        if hasattr(self, "frame"):
            transaction.set_rollback(True)
            self.frame.__exit__(None, None, None)

    def do(self, name, deed, cut=None):
        did[f"{name}: {self.city.do(deed, cut_after=cut)}"] += 1

    def one_of(self, ids, number):
        return ids[number % len(ids)]

    def confirmed(self):
        return self.city.bookings(State.CONFIRMED)

    def undecided(self):
        return self.city.bookings(State.REQUESTED)

    def live(self):
        return self.city.bookings(State.REQUESTED, State.CONFIRMED)

    def waiting(self):
        return self.city.entries(WaitingState.WAITING)

    def offered(self):
        return self.city.entries(WaitingState.OFFERED)

    @rule(person=people, date=dates, cut=cuts)
    def book(self, person, date, cut):
        self.do("book", lambda: self.city.book(self.city.people[person], self.city.dates[date]), cut)

    @rule(person=people, date=dates)
    def book_against_the_rules(self, person, date):
        self.do("override", lambda: self.city.book(self.city.people[person], self.city.dates[date], by_team=True))

    @precondition(lambda self: self.live())
    @rule(number=which, cut=cuts)
    def cancel(self, number, cut):
        self.do("cancel", lambda: self.city.cancel(self.one_of(self.live(), number)), cut)

    @precondition(lambda self: self.undecided())
    @rule(number=which, is_yes=st.booleans(), cut=cuts)
    def decide(self, number, is_yes, cut):
        self.do("decide", lambda: self.city.decide(self.one_of(self.undecided(), number), is_yes=is_yes), cut)

    @precondition(lambda self: self.city.asked_of_managers())
    @rule(number=which, answer=st.sampled_from(["yes", "no", "deputy", "another@example.org"]), cut=cuts)
    def manager(self, number, answer, cut):
        booking_id = self.one_of(self.city.asked_of_managers(), number)
        self.do("manager", lambda: self.city.manager_answers(booking_id, answer=answer), cut)

    @precondition(lambda self: self.confirmed())
    @rule(number=which, person=people, cut=cuts)
    def substitute(self, number, person, cut):
        deed = lambda: self.city.substitute(self.one_of(self.confirmed(), number), self.city.people[person])  # noqa: E731
        self.do("substitute", deed, cut)

    @precondition(lambda self: self.confirmed())
    @rule(number=which, date=dates, cut=cuts)
    def transfer(self, number, date, cut):
        deed = lambda: self.city.transfer(self.one_of(self.confirmed(), number), self.city.dates[date])  # noqa: E731
        self.do("transfer", deed, cut)

    @rule(person=people, date=dates, cut=cuts)
    def join(self, person, date, cut):
        self.do("join", lambda: self.city.join(self.city.people[person], self.city.dates[date]), cut)

    @precondition(lambda self: self.waiting() or self.offered())
    @rule(number=which, cut=cuts)
    def leave(self, number, cut):
        self.do("leave", lambda: self.city.leave(self.one_of(self.waiting() + self.offered(), number)), cut)

    @precondition(lambda self: self.offered())
    @rule(number=which, is_yes=st.booleans(), cut=cuts)
    def answer_offer(self, number, is_yes, cut):
        self.do("answer", lambda: self.city.answer_offer(self.one_of(self.offered(), number), is_yes=is_yes), cut)

    @precondition(lambda self: self.waiting())
    @rule(number=which, is_offer=st.booleans())
    def help_somebody_who_waits(self, number, is_offer):
        help_them = self.city.offer_by_hand if is_offer else self.city.go_first
        self.do("help", lambda: help_them(self.one_of(self.waiting(), number)))

    @rule(date=dates, places_there=st.integers(1, 4))
    def change_capacity(self, date, places_there):
        self.do("capacity", lambda: self.city.change_capacity(self.city.dates[date], places_there))

    @rule(date=dates, marks=st.lists(st.sampled_from(MARKS), min_size=1, max_size=5), cut=cuts)
    def mark(self, date, marks, cut):
        self.do("mark", lambda: self.city.mark(self.city.dates[date], marks), cut)

    @rule(date=dates, person=people)
    def walk_in(self, date, person):
        self.do("walk in", lambda: self.city.walk_in(self.city.dates[date], self.city.people[person]))

    @rule(hours=st.sampled_from([1, 9, 26, 50, 24 * 6, 24 * 15]), cut=cuts)
    def let_time_pass(self, hours, cut):
        self.city.now += timedelta(hours=hours)
        self.do("sweep", self.city.sweep, cut)
        # What a power cut left undone, the next sweep does.
        self.do("sweep", self.city.sweep)

    @rule(marks=st.lists(st.sampled_from(MARKS), min_size=1, max_size=5), cut=cuts)
    def hold_the_next_date(self, marks, cut):
        """Its day comes, and its register is taken: by chance alone few lives last so long."""
        coming = [date for date in self.city.dates if date.starts_at > self.city.now]
        if coming:
            date = min(coming, key=lambda date: date.starts_at)
            self.city.now = date.starts_at + timedelta(hours=1)
            self.do("sweep", self.city.sweep)
            self.do("mark", lambda: self.city.mark(date, marks), cut)

    @invariant()
    def every_rule_holds(self):
        if hasattr(self, "city"):
            broken = [rule for rule in invariants.breaches(now=self.city.now) if rule.rule.code not in UNSENT]
            assert broken == []


# Nothing is sent in these lives, and time passes in leaps.
UNSENT = {"letters_sent"}


@pytest.mark.soak
@pytest.mark.django_db
def test_every_rule_holds_whatever_happens_in_any_order(figures):
    did.clear()
    run_state_machine_as_test(
        Life,
        settings=settings(
            max_examples=LIVES,
            stateful_step_count=STEPS,
            deadline=None,
            derandomize=True,
            database=None,
            suppress_health_check=list(HealthCheck),
        ),
    )

    figures(
        f"{sum(did.values()):,} deeds in {LIVES} lives: " + ", ".join(f"{name} {n}" for name, n in sorted(did.items()))
    )
    # So few lives as `make test` lives do not come by everything.
    seen = {name.split(":")[0] for name in did if name.endswith("done")}
    assert seen >= {"book", "cancel", "sweep"}
    assert not IS_SOAK or seen >= {
        "book", "override", "cancel", "decide", "manager", "substitute", "transfer", "join", "leave", "answer", "mark", "sweep",
    }  # fmt: skip
    assert any(name.endswith("cut off") for name in did)
