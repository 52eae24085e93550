"""One order of eight places beside eight single bookings of the same people on the same kind of date: seconds, queries.

`python -m benchmarks.orders`. Both end with eight people who have a place that costs something, a line of an order each
and a letter each; the order writes one letter more, to whoever ordered. Both take turns in one run, because a machine's
speed drifts, so the ratio is what counts.
"""

import argparse
import json
import os
import statistics
from datetime import timedelta
from decimal import Decimal

from benchmarks.certificates import set_up_django
from benchmarks.changes import measured
from benchmarks.stage import stage

PLACES = 8
ROUNDS = 12


def people_of(number: int, kind: str) -> list:
    """Eight people of one academy, known to it by their address."""
    from tests import cast
    from tests.sales import school

    return [cast.make_person(f"{kind}{number}{letter} Orders", school()) for letter in "ABCDEFGH"[:PLACES]]


def dates_of(number: int, kind: str, now) -> list:
    """Two dates, of which four places each are bought."""
    from tests.sales import traded

    starts = now + timedelta(days=60)
    return [traded(f"{kind} course {number}x{half}", starts_at=starts + timedelta(days=7 * half)) for half in (0, 1)]


def order(number: int, now) -> dict:
    """A basket of four places on each of two dates is placed with one press."""
    from bookings.group_eligibility import Colleague
    from tests.sales import basket, place

    first, second = dates_of(number, "Ordered", now)
    people = [Colleague(full_name=one.practitioner.full_name, email=one.email) for one in people_of(number, "Ordered")]
    filled = basket((first, people[:4], 0), (second, people[4:], 0), now=now)
    return measured(lambda: place(filled, total=Decimal("760"), now=now))


def book_one_by_one(number: int, now) -> dict:
    """The same people book for themselves, one after the other."""
    from bookings.actions import places
    from bookings.eligibility import bookable_events
    from tests.sales import AGREED, school

    first, second = dates_of(number, "Single", now)
    people = people_of(number, "Single")

    def work():
        for position, person in enumerate(people):
            event = bookable_events().get(pk=(first if position < PLACES // 2 else second).pk)
            places.book(
                event=event,
                practitioner=person.practitioner,
                organisation=school(),
                by=person,
                now=now,
                answers=AGREED,
                price_shown=Decimal("95"),
            )

    return measured(work)


def run(rounds: int) -> dict:
    """Let both take turns, and say the median of each."""
    with stage() as built:
        os.environ.update(built.environment())
        set_up_django()
        from django.utils import timezone

        from bookings import money_invariants

        now = timezone.now()
        ours, singles = [], []
        for number in range(rounds):
            ours.append(order(number, now))
            singles.append(book_one_by_one(number, now))
        if broken := money_invariants.breaches(now=now):
            raise RuntimeError(f"{broken} after the measurement")
        return {"places": PLACES, "rounds": rounds, "order": middle(ours), "singles": middle(singles)}


def middle(measured_rounds: list[dict]) -> dict:
    return {name: statistics.median(one[name] for one in measured_rounds) for name in measured_rounds[0]}


def table(figures: dict) -> list[str]:
    order, singles = figures["order"], figures["singles"]
    lines = [
        f"{figures['places']} places, median of {figures['rounds']} rounds",
        f"{'':24}{'ms':>9}{'CPU ms':>9}{'queries':>9}",
    ]
    for name, one in (("one order", order), ("eight single bookings", singles)):
        lines.append(f"{name:24}{1000 * one['seconds']:9.1f}{1000 * one['cpu']:9.1f}{one['queries']:9.0f}")
    ratios = [order[name] / singles[name] for name in ("seconds", "cpu", "queries")]
    lines.append(f"{'ratio':24}" + "".join(f"{ratio:9.2f}" for ratio in ratios))
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--rounds", type=int, default=ROUNDS)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    figures = run(chosen.rounds)
    print(json.dumps(figures) if chosen.json else "\n".join(table(figures)))


if __name__ == "__main__":
    main()
