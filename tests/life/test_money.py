"""Random lives of money: whatever buyers, cards, registers, finance, clocks and power cuts do, every sum agrees after it.

`make test` lives a few of them, `make soak` more than ten thousand steps.
"""

import random
from collections import Counter
from functools import partial

import pytest

from bookings import invariants, money_invariants
from tests.frames import undone
from tests.life.market import DEEDS, Market
from tests.sizes import IS_SOAK, size

LIVES, STEPS = size(6, 100), 120
did: Counter = Counter()
# What even a few lives come to.
OFTEN = {
    "add",
    "place",
    "order_by_card",
    "go_to_card_page",
    "end_at_card_page",
    "mark",
    "issue",
    "receive",
    "time_passes",
}

# Time passes in leaps here, and nothing sends letters; what only a sweep of places would do is not what is tried.
PLACES = {"over_capacity", "places_counted", "shares_counted", "one_live_booking", "changes_linked", "changes_ended"}


def rules_broken(market):
    money = [(each.rule.code, each.subjects) for each in money_invariants.breaches(now=market.now)]
    places = [(each.rule.code, each.subjects) for each in invariants.breaches(now=market.now)]
    return money + [each for each in places if each[0] in PLACES]


@pytest.mark.soak
@pytest.mark.django_db
def test_every_sum_agrees_whatever_happens_in_any_order(figures, pay):
    did.clear()
    for seed in range(LIVES):
        with undone():
            live(seed, Market(pay))

    figures(
        f"{sum(did.values()):,} deeds in {LIVES} lives: " + ", ".join(f"{name} {n}" for name, n in sorted(did.items()))
    )
    seen = {name.split(":")[0] for name in did if name.endswith("done")}
    assert seen >= OFTEN
    assert not IS_SOAK or seen >= set(DEEDS)


def live(seed, market):
    """One life of so many deeds; the same number gives the same life."""
    chance, story = random.Random(seed), []
    while len(story) < STEPS:
        name, a, b = chance.choice(DEEDS), chance.randrange(50), chance.randrange(50)
        # Most deeds run through; some stop at one of their first questions to the database.
        cut = chance.choice([None, None, None, chance.randrange(60)])
        ended = market.do(partial(getattr(market, name), a, b), cut_after=cut)
        if ended == "idle":
            continue  # there was nothing to do it to, so nothing was lived
        if name == "time_passes" and ended == "cut off":
            market.sweep(a, b)  # whatever a sweep did not come to, the next one does
        did[f"{name}: {ended}"] += 1
        story.append(f"{name}({a}, {b}) {ended}")
        assert rules_broken(market) == [], f"life {seed}: {'; '.join(story)}"
    market.time_passes(0, 3)
    assert rules_broken(market) == [], f"life {seed}: {'; '.join(story)}"
