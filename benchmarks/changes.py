"""A capacity change that lets 200 waiting people in, and a date with 150 bookings that is moved: seconds and queries.

`python -m benchmarks.changes`. Both end when the last letter is in the outbox; sending is other work. Beside each stands
the floor: the same letters alone, rendered and written into the outbox one by one, with nothing decided, locked or
counted. The ratio says what the deciding, locking and counting add. Both take turns, because a machine's speed drifts.
"""

import argparse
import json
import os
import time
from datetime import timedelta
from uuid import uuid4

from benchmarks.certificates import set_up_django
from benchmarks.stage import stage

WAITING, BOOKED = 200, 150
ROUNDS = 3


def make_people(count: int, kind: str) -> list:
    """People of agencies of their own, so that no cap is in anybody's way."""
    from tests import cast

    return [
        cast.make_person(
            f"{kind}{number} Changes",
            cast.make_organisation(f"{kind} agency {number}", charging_category="partner_free"),
        )
        for number in range(count)
    ]


def measured(work) -> dict[str, float]:
    """Seconds, CPU seconds of this process, and queries."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext

    began, cpu = time.perf_counter(), time.process_time()
    with CaptureQueriesContext(connection) as queries:
        work()
    return {
        "seconds": time.perf_counter() - began,
        "cpu": time.process_time() - cpu,
        "queries": len(queries),
    }


def written_alone(letters, letter) -> dict[str, float]:
    """Render and store the same letters again, under keys of their own, and nothing else."""
    from accounts.models import OutboundEmail

    written = list(letters)
    OutboundEmail.objects.filter(pk__in=[one.pk for one in written]).delete()
    return measured(lambda: [letter(one) for one in written])


def promote(number: int, waiting: int) -> tuple[dict, dict]:
    """A full date is given as many places as people wait for."""
    from django.utils import timezone

    from accounts.models import OutboundEmail
    from bookings import emails
    from bookings.actions import event_changes, waiting_list
    from bookings.actions.event_changes import Plan
    from bookings.models import WaitingListEntry
    from bookings.models.event_change import ChangeKind
    from tests import cast, makers

    now = timezone.now()
    event = makers.make_event(starts_at=now + timedelta(days=60), capacity=1)
    people = make_people(waiting, f"Promoted{number}x")
    makers.make_booking(event, cast.amina(), now=now)
    offer = event.offers.get()
    WaitingListEntry.objects.bulk_create(
        WaitingListEntry(
            reference=f"W-{number}{position:07d}", event=event, practitioner=person.practitioner, offer=offer,
            organisation=person.practitioner.memberships.get().organisation, joined_at=now, queued_at=now,
            idempotency_key=uuid4(),
        )
        for position, person in enumerate(people)
    )  # fmt: skip
    type(event).objects.filter(pk=event.pk).update(people_waiting=waiting)

    def work():
        plan = Plan(kind=ChangeKind.CAPACITY, facts={"capacity": waiting + 1})
        change = event_changes.start(event_id=event.pk, plan=plan, by=cast.wendy(), now=now, idempotency_key=uuid4())
        while event_changes.carry_out_portion(change_id=change.pk, now=now):
            pass
        waiting_list.offer_free_places(event_id=event.pk, now=now)

    ours = measured(work)
    letters = OutboundEmail.objects.filter(letter="bookings/waiting_offer")
    if letters.count() != waiting:
        raise RuntimeError(f"{letters.count()} of {waiting} have an offer")
    facts = WaitingListEntry.objects.with_event_facts().prefetch_related("event__sessions__venue")
    entries = {entry.pk: entry for entry in facts.filter(event=event)}
    alone = written_alone(
        letters.order_by("pk"),
        lambda one: emails.waiting_offer(entry=entries[int(one.about.split(":")[1])], now=now),
    )
    OutboundEmail.objects.all().delete()
    return ours, alone


def move(number: int, booked: int) -> tuple[dict, dict]:
    """A date with so many bookings has another day, and everybody is asked."""
    from django.utils import timezone

    from accounts.models import OutboundEmail
    from bookings import emails
    from bookings.actions import event_changes
    from bookings.actions.event_changes import Plan
    from bookings.models import Booking
    from bookings.models.event_change import ChangeKind
    from courses.actions.events import Sitting
    from tests import cast, makers

    now = timezone.now()
    event = makers.make_event(starts_at=now + timedelta(days=60), capacity=booked)
    for person in make_people(booked, f"Moved{number}x"):
        makers.make_booking(event, person, now=now)
    later = event.starts_at + timedelta(days=7)
    plan = Plan(
        kind=ChangeKind.MOVE,
        sessions=[Sitting(starts_at=later, ends_at=later + timedelta(hours=6))],
        venue=event.venue,
        mode=event.mode,
    )
    changes = []

    def work():
        change = event_changes.start(event_id=event.pk, plan=plan, by=cast.wendy(), now=now, idempotency_key=uuid4())
        while event_changes.carry_out_portion(change_id=change.pk, now=now):
            pass
        changes.append(change)

    ours = measured(work)
    letters = OutboundEmail.objects.filter(letter="bookings/moved")
    if letters.count() != booked:
        raise RuntimeError(f"{letters.count()} of {booked} are told")
    facts = Booking.objects.with_event_facts().select_related("policy", "practitioner__user")
    bookings = {one.pk: one for one in facts.prefetch_related("event__sessions__venue").filter(event=event)}
    alone = written_alone(
        letters.order_by("pk"),
        lambda one: emails.moved(booking=bookings[int(one.about.split(":")[1])], change=changes[0], now=now),
    )
    OutboundEmail.objects.all().delete()
    return ours, alone


def run(waiting: int = WAITING, booked: int = BOOKED) -> dict:
    """Measure both some times, the first of each to warm up, and keep the quickest of the rest."""
    with stage() as built:
        os.environ.update(built.environment())
        set_up_django()
        figures = {}
        for name, scene, people in (("promoted", promote, waiting), ("moved", move, booked)):
            scene(0, min(people, 10))
            rounds = [scene(number, people) for number in range(1, ROUNDS + 1)]
            ours, alone = min(rounds, key=lambda pair: pair[0]["cpu"] / pair[1]["cpu"])
            figures[name] = {"people": people, "ours": ours, "alone": alone}
    return figures


def table(figures: dict) -> list[str]:
    lines = [
        "A date changes, until the last letter is in the outbox; beside it the same letters alone",
        f"{'':10}{'people':>8}{'seconds':>10}{'alone':>8}{'ratio':>8}{'CPU s':>8}{'alone':>8}{'ratio':>8}"
        f"{'queries':>10}{'a person':>10}",
    ]
    for name, one in figures.items():
        ours, alone, people = one["ours"], one["alone"], one["people"]
        lines.append(
            f"{name:10}{people:8}{ours['seconds']:10.2f}{alone['seconds']:8.2f}{ours['seconds'] / alone['seconds']:8.2f}"
            f"{ours['cpu']:8.2f}{alone['cpu']:8.2f}{ours['cpu'] / alone['cpu']:8.2f}"
            f"{ours['queries']:10.0f}{ours['queries'] / people:10.1f}"
        )
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--waiting", type=int, default=WAITING)
    options.add_argument("--booked", type=int, default=BOOKED)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    figures = run(chosen.waiting, chosen.booked)
    print(json.dumps(figures) if chosen.json else "\n".join(table(figures)))


if __name__ == "__main__":
    main()
