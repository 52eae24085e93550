"""Random lives of places: whatever people, staff, clocks and power cuts do, in any order, every rule holds after it.

`make test` lives a few of them, `make soak` more than ten thousand steps.
"""

from collections import Counter
from datetime import timedelta

import pytest
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
from bookings.models.event_change import CLAIM_LEASE
from bookings.models.waiting_list import WaitingState
from tests.frames import undone
from tests.life.city import MARKS, City
from tests.life.office import CHOICES
from tests.sizes import IS_SOAK, size

LIVES, STEPS = size(10, 260), size(30, 50)
# So many dates there may come to be, by splitting.
MOST_DATES = 8
people, dates, which = st.integers(0, 8), st.integers(0, MOST_DATES - 1), st.integers(0, 50)
contacts, trainers, days_ahead = st.integers(0, 1), st.integers(0, 1), st.integers(2, 40)
# Most deeds run through; some stop at one of their first questions to the database.
cuts = st.one_of(st.none(), st.none(), st.none(), st.integers(0, 40))
did: Counter = Counter()


class Life(RuleBasedStateMachine):
    """One life of the city, in a transaction that is rolled back at its end."""

    @initialize()
    def begin(self):
        self.frame = undone()
        self.frame.__enter__()
        self.city = City()

    def teardown(self):
        if hasattr(self, "frame"):
            self.frame.__exit__(None, None, None)

    def do(self, name, deed, cut=None):
        did[f"{name}: {self.city.do(deed, cut_after=cut)}"] += 1

    def one_of(self, ids, number):
        return ids[number % len(ids)]

    def date(self, number):
        return self.one_of(self.city.dates, number)

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
        self.do("book", lambda: self.city.book(self.city.people[person], self.date(date)), cut)

    @rule(person=people, date=dates)
    def book_against_the_rules(self, person, date):
        self.do("override", lambda: self.city.book(self.city.people[person], self.date(date), by_team=True))

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
        deed = lambda: self.city.transfer(self.one_of(self.confirmed(), number), self.date(date))  # noqa: E731
        self.do("transfer", deed, cut)

    @rule(person=people, date=dates, cut=cuts)
    def join(self, person, date, cut):
        self.do("join", lambda: self.city.join(self.city.people[person], self.date(date)), cut)

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

    # --- Dates change ---------------------------------------------------------------------------------------

    @rule(date=dates, days=days_ahead, is_asking=st.booleans(), cut=cuts)
    def move(self, date, days, is_asking, cut):
        self.do("move", lambda: self.city.move(self.date(date), days, is_asking=is_asking), cut)

    @rule(date=dates, cut=cuts)
    def postpone(self, date, cut):
        self.do("postpone", lambda: self.city.postpone(self.date(date)), cut)

    @rule(date=dates, other=st.one_of(st.none(), dates), cut=cuts)
    def call_off(self, date, other, cut):
        self.do(
            "call off", lambda: self.city.call_off(self.date(date), None if other is None else self.date(other)), cut
        )

    @precondition(lambda self: len(self.city.dates) < MOST_DATES)
    @rule(
        date=dates, days=days_ahead, here=st.none() | st.integers(1, 4), there=st.none() | st.integers(1, 4), cut=cuts
    )
    def split(self, date, days, here, there, cut):
        self.do("split", lambda: self.city.split(self.date(date), days, places_here=here, places_there=there), cut)

    @rule(date=dates, places=st.integers(1, 5), cut=cuts)
    def change_capacity(self, date, places, cut):
        self.do("capacity", lambda: self.city.change_capacity(self.date(date), places), cut)

    @precondition(lambda self: self.city.dates_with_few())
    @rule(number=which, cut=cuts)
    def go_ahead(self, number, cut):
        self.do("go ahead", lambda: self.city.go_ahead(self.one_of(self.city.dates_with_few(), number)), cut)

    @precondition(lambda self: self.city.changes_to_carry_out())
    @rule(number=which, portions=st.one_of(st.none(), st.integers(1, 2)), cut=cuts)
    def carry_out(self, number, portions, cut):
        change_id = self.one_of(self.city.changes_to_carry_out(), number)
        self.do("carry out", lambda: self.city.carry_out(change_id, portions), cut)

    @precondition(lambda self: self.city.asked_about_a_new_day())
    @rule(number=which, is_coming=st.booleans(), cut=cuts)
    def answer_about_the_day(self, number, is_coming, cut):
        booking_id = self.one_of(self.city.asked_about_a_new_day(), number)
        self.do("new day", lambda: self.city.answer_about_the_day(booking_id, is_coming=is_coming), cut)

    # --- Groups ---------------------------------------------------------------------------------------------

    @rule(
        contact=contacts, date=dates, named=st.integers(0, 2), unnamed=st.integers(0, 3), is_new=st.booleans(), cut=cuts
    )
    def book_group(self, contact, date, named, unnamed, is_new, cut):
        who = self.city.contacts[contact]
        deed = lambda: self.city.book_group(who, self.date(date), named=named, unnamed=unnamed, is_new=is_new)  # noqa: E731
        self.do("book group", deed, cut)

    @precondition(lambda self: self.city.groups_to_name())
    @rule(number=which, person=people, cut=cuts)
    def name(self, number, person, cut):
        group_id = self.one_of(self.city.groups_to_name(), number)
        self.do("name", lambda: self.city.name(group_id, self.city.people[person]), cut)

    @precondition(lambda self: self.city.groups_to_name())
    @rule(number=which, count=st.integers(1, 3), cut=cuts)
    def give_unnamed_back(self, number, count, cut):
        group_id = self.one_of(self.city.groups_to_name(), number)
        self.do("give back", lambda: self.city.give_unnamed_back(group_id, count), cut)

    @rule(contact=contacts, date=dates, places=st.integers(1, 3), cut=cuts)
    def wait_together(self, contact, date, places, cut):
        self.do(
            "wait together", lambda: self.city.wait_together(self.city.contacts[contact], self.date(date), places), cut
        )

    # --- Registers, outcomes and charges --------------------------------------------------------------------

    @rule(trainer=trainers, date=dates)
    def open_register(self, trainer, date):
        self.do("open register", lambda: self.city.open_register(trainer, self.date(date)))

    @precondition(lambda self: self.city.pages)
    @rule(trainer=trainers, choices=st.lists(st.sampled_from(CHOICES), min_size=1, max_size=5), cut=cuts)
    def send_register(self, trainer, choices, cut):
        trainer = trainer if trainer in self.city.pages else 1 - trainer
        self.do("send register", lambda: self.city.send_register(trainer, choices), cut)

    @precondition(lambda self: self.city.outcomes_to_doubt())
    @rule(number=which, as_attended=st.booleans(), cut=cuts)
    def count_outcome(self, number, as_attended, cut):
        booking_id = self.one_of(self.city.outcomes_to_doubt(), number)
        self.do("outcome", lambda: self.city.count_outcome(booking_id, as_attended=as_attended), cut)

    @precondition(lambda self: self.city.charges())
    @rule(number=which, how=st.sampled_from(["waive", "approve", "reopen", "explain"]), cut=cuts)
    def decide_charge(self, number, how, cut):
        notice_id = self.one_of(self.city.charges(), number)
        self.do(how, lambda: self.city.decide_charge(notice_id, how=how), cut)

    @rule(date=dates, marks=st.lists(st.sampled_from(MARKS), min_size=1, max_size=5), cut=cuts)
    def mark(self, date, marks, cut):
        self.do("mark", lambda: self.city.mark(self.date(date), marks), cut)

    @rule(date=dates, person=people)
    def walk_in(self, date, person):
        self.do("walk in", lambda: self.city.walk_in(self.date(date), self.city.people[person]))

    # --- Time -----------------------------------------------------------------------------------------------

    @rule(hours=st.sampled_from([1, 9, 26, 50, 24 * 6, 24 * 15]), cut=cuts)
    def let_time_pass(self, hours, cut):
        self.city.now += timedelta(hours=hours)
        self.do("sweep", self.city.sweep, cut)
        # What a power cut left undone, the next sweep does, as soon as the claim of whoever began it has run out.
        self.city.now += CLAIM_LEASE + timedelta(seconds=1)
        self.do("sweep", self.city.sweep)
        assert self.city.forgotten() == []

    @rule(choices=st.lists(st.sampled_from(CHOICES), min_size=1, max_size=5), later=st.booleans(), cut=cuts)
    def hold_the_next_date(self, choices, later, cut):
        """Its day comes, and both trainers open its register: by chance alone few lives last so long."""
        date = self.city.next_date()
        if date is not None:
            self.city.now = date.ends_at if later else date.starts_at + timedelta(hours=1)
            self.do("sweep", self.city.sweep)
            for trainer in range(2):
                self.do(
                    "open register", lambda trainer=trainer: self.city.open_register(trainer, self.city.again(date))
                )
            self.do("send register", lambda: self.city.send_register(0, choices), cut)

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
        "book", "override", "cancel", "decide", "manager", "substitute", "transfer", "join", "leave", "answer", "mark",
        "sweep", "move", "postpone", "call off", "split", "capacity", "go ahead", "carry out", "new day", "book group",
        "name", "give back", "wait together", "send register", "outcome", "waive", "approve", "reopen", "explain",
    }  # fmt: skip
    assert any(name.endswith("cut off") for name in did)
