"""R9: why places were lost, who took them, and what became of the charges."""

import random
from datetime import timedelta
from decimal import Decimal

import pytest

from bookings.models import Booking, CancelReason, ChargeNotice
from bookings.models.booking import State
from courses.models import Event, Strand
from evaluation.reports.lost_places import (
    ChargeCounts,
    LostCounts,
    charges_by_end,
    charges_table,
    lost_by_reason,
    lost_places_table,
)
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

WaivedFor = ChargeNotice.WaivedFor
DAY = NOW - timedelta(days=20)
SELECTION = Selection(Period(DAY.date(), NOW.date()), (Strand.MULTI_AGENCY,))


def made(event, person, state, *, given="", at=NOW, confirmed_at=NOW - timedelta(days=60)):
    """Make a booking; where its state says that it was cancelled, at that moment and for that reason."""
    facts = {}
    if state in (State.CANCELLED, State.CANCELLED_LATE):
        facts |= {"cancelled_at": at, "cancelled_by": person, "cancelled_reason": "Words", "cancelled_for": given}
    booking = make_booking(event, person, state=state, **facts)
    Booking.objects.filter(pk=booking.pk).update(confirmed_at=confirmed_at)


def printed(table):
    return {cells[0]["text"]: [cell["text"] for cell in cells[1:]] for _, cells in table.rows}


def test_reasons_are_counted_and_shared_out():
    lost = {"SICKNESS": LostCounts(6, 9, 5), "FORGOT": LostCounts(0, 15), "": LostCounts(10, 10)}

    table = lost_places_table(lost, 200, 5)

    rows = printed(table)
    assert rows["Sickness"] == ["6", "9", "15", "30%", "5"]
    assert rows["Forgot"] == ["0", "15", "15", "30%", "0"]
    assert rows["Not known"] == ["10", "10", "20", "40%", "0"]
    assert rows["All reasons"] == ["16", "34", "50", "100%", "5"]
    assert rows["Left the role"] == ["0", "0", "0", "0%", "0"]
    assert "45 were lost, 23% of the places offered" in table.sentence


def test_few_of_one_reason_are_hidden_and_cannot_be_taken_from_the_total():
    lost = {"SICKNESS": LostCounts(6, 9), "FORGOT": LostCounts(2, 15), "TRAVEL": LostCounts(8, 7)}

    rows = printed(lost_places_table(lost, 200, 5))

    assert [row[0] for row in (rows["Forgot"], rows["Sickness"], rows["Travel or weather"], rows["All reasons"])] == [
        "fewer than 5",
        "not shown",
        "8",
        "16",
    ]
    # Nor from the sum of the row, or its share.
    assert rows["Forgot"][2:4] == ["not shown", "not shown"]


def test_what_other_tables_hide_is_hidden_here_and_a_report_with_a_filter_leaves_it_all_out():
    lost = {"SICKNESS": LostCounts(6, 9)}

    assert printed(lost_places_table(lost, 200, 5))["All reasons"][:2] == ["6", "9"]
    assert printed(lost_places_table(lost, 200, 5, frozenset({"missed"})))["All reasons"][1] == "not shown"
    assert printed(lost_places_table(lost, 200, 5, is_narrowed=True)) == {}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.django_db
def test_the_counts_agree_with_the_rows(seed):
    chance = random.Random(seed)
    event = make_event(make_course("Neglect"), starts_at=DAY, state=Event.State.DELIVERED, capacity=30)
    states = [State.CANCELLED_LATE, State.DID_NOT_ATTEND, State.TURNED_AWAY, State.ATTENDED, State.CANCELLED]
    expected = {}
    for number in range(25):
        state, given = chance.choice(states), chance.choice([*CancelReason.values, ""])
        person = cast.make_person("Ada Learner", cast.social_work(), email=f"a{number}@example.org")
        made(event, person, state, given=given)
        if state in states[:3]:
            reason = given if state == State.CANCELLED_LATE else ""
            expected.setdefault(reason, []).append(state)

    found = lost_by_reason(SELECTION)

    assert found == {
        reason: LostCounts(its.count(State.CANCELLED_LATE), len(its) - its.count(State.CANCELLED_LATE))
        for reason, its in expected.items()
    }


@pytest.mark.django_db
def test_a_place_that_somebody_else_took_was_not_lost():
    event = make_event(make_course("Neglect"), starts_at=DAY, state=Event.State.DELIVERED, capacity=2)
    people = {name: cast.make_person(name, cast.social_work()) for name in ("Gone Away", "Came Later", "Was There")}
    made(event, people["Gone Away"], State.CANCELLED_LATE, at=DAY - timedelta(days=5))
    made(event, people["Came Later"], State.ATTENDED, confirmed_at=DAY - timedelta(days=2))
    made(event, people["Was There"], State.ATTENDED)
    Event.objects.filter(pk=event.pk).update(places_taken=2)

    assert lost_by_reason(SELECTION)[""] == LostCounts(late=1, refilled=1)
    Event.objects.filter(pk=event.pk).update(capacity=3)
    assert lost_by_reason(SELECTION)[""] == LostCounts(late=1)


def test_charges_are_told_by_what_became_of_them():
    charges = {
        WaivedFor.SICKNESS: ChargeCounts(6, Decimal(300)),
        "paid": ChargeCounts(10, Decimal(500)),
        "raised": ChargeCounts(3, Decimal(150)),
        "open": ChargeCounts(7, Decimal(350)),
    }

    rows = printed(charges_table(charges, 5))

    assert rows["Waived: sickness"] == ["not shown", "not shown"]
    assert rows["Raised, not paid yet"] == ["fewer than 5", "not shown"]
    assert rows["Raised, and paid"] == ["10", "£500.00"]
    assert rows["All charges"] == ["26", "£1,300.00"]
    assert printed(charges_table(charges, 5, is_narrowed=True)) == {}


@pytest.mark.django_db
def test_no_charges_is_a_table_too():
    assert charges_by_end(SELECTION) == {}
    assert charges_table({}, 5).sentence == "No charges were drafted."
