"""R7: the training pool, on dates typed in by hand."""

from datetime import date, timedelta
from decimal import Decimal

import pytest

from bookings.models import Booking
from courses.models import DeliveryMode, Event, Strand, Trainer
from evaluation.reports.compiling import compile_figures
from evaluation.reports.counts import Trainers, TrainingGiven
from evaluation.reports.periods import Period
from evaluation.reports.pool import Pool, pool_table
from evaluation.reports.selection import Selection
from tests import cast
from tests.evaluation import city
from tests.evaluation.city import SPRING, Run
from tests.makers import assign_trainer, make_course, make_event

pytestmark = pytest.mark.django_db

QUARTER = Period(date(2026, 4, 1), date(2026, 6, 30))


def printed(**filters):
    """What R7 prints, by agency."""
    figures = compile_figures(Selection(QUARTER, (Strand.MULTI_AGENCY,), **filters), threshold=5, now=city.AFTER)
    table = next(table for table in figures["tables"] if table["code"] == "R7")
    return {row["cells"][0]["text"]: [cell["text"] for cell in row["cells"][1:]] for row in table["rows"]}


def trainers(organisation, number, **facts):
    return [
        Trainer.objects.create(
            practitioner=cast.make_person(f"{organisation.name[:4]}{each} Trainer", organisation).practitioner,
            organisation=organisation,
            **facts,
        )
        for each in range(number)
    ]


def held(starts_at, hours, *who, state=Event.State.LOCKED, **fields):
    """A date of one session that these trainers held."""
    event = make_event(make_course(), starts_at=starts_at, hours=hours, state=state, **fields)
    for trainer in who:
        assign_trainer(event.sessions.get(), trainer.practitioner.user)
    return event


def test_pool_counts_days_by_the_half_day_rule_and_who_held_them_together():
    police, council = trainers(cast.police(), 6), trainers(cast.social_work(), 5)
    for number, trainer in enumerate(police[:5]):
        Trainer.objects.filter(pk=trainer.pk).update(trained_on=QUARTER.starts_on + timedelta(days=number))
    Trainer.objects.filter(pk=police[5].pk).update(trained_on=QUARTER.starts_on - timedelta(days=1))
    held(SPRING, 6, police[0], council[0])  # a day each, together
    held(SPRING + timedelta(days=1), 4, police[0])  # half a day: four hours are still a half
    held(SPRING + timedelta(days=2), 4.5, police[1], police[2])  # a day each, together, of one agency
    held(SPRING + timedelta(days=3), 3, council[1], mode=DeliveryMode.LIVE_ONLINE)  # half a day
    held(SPRING + timedelta(days=4), 6, police[0], state=Event.State.OPEN)  # not delivered
    held(SPRING - timedelta(days=90), 6, police[0])  # before the period

    table = printed()

    # Police: 1 + 0.5 + 2 days in 3 sessions, 2 of them together; nobody of theirs took part: 35 places to the good.
    assert table["Northern Ridings Police"] == ["6", "3.5", "67%", "5", "35"]
    # The council: 1 + 0.5 days in 2 sessions, 1 together. Nobody of theirs was trained in the period.
    assert table["Airedon City Council: Children's Social Work"] == ["5", "1.5", "50%", "0", "15"]
    assert table["All agencies"] == ["11", "5", "50%", "5", "-"]
    assert printed(mode=DeliveryMode.LIVE_ONLINE)["Airedon City Council: Children's Social Work"][1:] == [
        "0.5", "0%", "0", "-",
    ]  # fmt: skip


def test_pool_hides_few_trainers_so_that_the_total_does_not_give_them_away():
    trainers(cast.police(), 6)
    trainers(cast.social_work(), 2)

    table = printed()

    hidden = [row[0] for name, row in table.items() if name != "All agencies"]
    # 8 in all, less 6 shown, would be 2.
    assert sorted(hidden) == ["fewer than 5", "not shown"]
    assert table["All agencies"][0] == "8"


def test_pool_takes_the_free_places_off_the_balance():
    city.deliver(Run("Neglect", 60, 50))
    council = city.agencies()[0]
    [trainer] = trainers(council, 1)
    held(SPRING + timedelta(days=1), 6, trainer)
    taken = [each for each in Booking.objects.took_part() if each.organisation_id == council.pk]

    assert len(taken) >= 5
    assert printed()[council.name][4] == str(10 - len(taken))


def test_pool_gives_no_hidden_attendance_away():
    given = {1: TrainingGiven(Decimal(2), 2, 0), 2: TrainingGiven(Decimal(3), 3, 3), 3: TrainingGiven(Decimal(1), 1, 0)}
    pool = Pool(
        trainers={1: Trainers(9, 0), 2: Trainers(9, 0), 3: Trainers(9, 0)},
        given=given,
        in_all=TrainingGiven(Decimal(6), 6, 3),
        attendances={1: (12, 12), 2: (3, 30), 3: (20, 22)},
        hidden=frozenset({1}),
    )
    names = {1: "A", 2: "B", 3: "C", 4: "D"}

    def balances(pool):
        return [cells[5]["text"] for _, cells in pool_table(pool, names, 5).rows]

    # A: its attendances are hidden elsewhere. B: 3 free places are few. C: so are 2 that were paid for.
    assert balances(pool) == ["not shown", "not shown", "not shown", "-"]
    shown = Pool(pool.trainers, given, pool.in_all, {1: (12, 12), 2: (30, 30), 3: (20, 30)})
    assert balances(shown) == ["8", "0", "-10", "-"]
