"""What an unused place costs, until when reasons are heard over bank holidays, and which place was refilled."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import Partnership
from bookings.actions import charges
from bookings.charging import GivenUp, kind_of, late_charge, reasons_heard_until, refilled, sickness_rule
from bookings.models import Booking, ChargeNotice
from bookings.models.booking import State
from courses.models import ChargingPolicy
from courses.working_days import end_of_day
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

Kind = ChargeNotice.Kind
CHARGED = {
    State.CANCELLED_LATE: Kind.LATE_CANCELLATION,
    State.DID_NOT_ATTEND: Kind.NON_ATTENDANCE,
    State.TURNED_AWAY: Kind.NON_ATTENDANCE,
}


@pytest.mark.parametrize("state", State.values)
def test_kind_of_names_what_is_charged_and_nothing_for_all_else(state):
    booked, walked_in = Booking(state=state), Booking(state=state, source=Booking.Source.WALK_IN)
    assert (kind_of(booked), kind_of(walked_in)) == (CHARGED.get(state), None)


@pytest.mark.django_db
@pytest.mark.parametrize(("hours", "price", "asked"), [("4.0", 0, 25), ("4.25", 0, 50), ("4.0", 95, 95), ("6", 95, 95)])
def test_late_charge_is_the_price_or_the_policys_amount_by_length(hours, price, asked):
    booking = make_booking(make_event(make_course(hours=hours)), cast.amina(), price=Decimal(price))
    assert late_charge(booking) == Decimal(asked)


@pytest.mark.django_db
def test_late_charge_stays_that_of_the_accepted_policy_when_a_newer_one_is_in_force():
    booking = make_booking(make_event(), cast.amina())
    ChargingPolicy.objects.create(
        version="2026-11", effective_from=date(2026, 11, 1), late_charge_half_day=60, late_charge_full_day=120, terms="New"
    )  # fmt: skip
    booking.refresh_from_db()
    assert late_charge(booking) == Decimal("50")


# Five working days, as DOMAIN 6.3 has it; the days in between that do not count are Christmas, Boxing Day (given on
# Monday 28 December), New Year, Good Friday and Easter Monday.
@pytest.mark.django_db
@pytest.mark.parametrize(
    ("drafted_at", "last_day"),
    [
        (datetime(2026, 11, 23, 16, tzinfo=UTC), date(2026, 11, 30)),
        (datetime(2026, 11, 21, 10, tzinfo=UTC), date(2026, 11, 27)),
        (datetime(2026, 12, 22, 16, tzinfo=UTC), date(2026, 12, 31)),
        (datetime(2026, 12, 24, 9, tzinfo=UTC), date(2027, 1, 5)),
        (datetime(2027, 3, 24, 12, tzinfo=UTC), date(2027, 4, 2)),
        # Half past eleven at night in London is the next day's half past ten in the evening of UTC no longer.
        (datetime(2027, 6, 1, 23, 30, tzinfo=UTC), date(2027, 6, 9)),
    ],
)
def test_reasons_are_heard_for_five_working_days(drafted_at, last_day):
    assert reasons_heard_until(since=drafted_at, partnership=Partnership.objects.current()) == end_of_day(last_day)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("starts_at", "told_by", "written_on"),
    [
        (datetime(2026, 12, 23, 9, tzinfo=UTC), datetime(2026, 12, 23, 10, tzinfo=UTC), date(2026, 12, 29)),
        (datetime(2027, 3, 25, 9, tzinfo=UTC), datetime(2027, 3, 25, 10, tzinfo=UTC), date(2027, 3, 31)),
        # British Summer Time: ten in the morning is nine by UTC.
        (datetime(2027, 3, 31, 9, tzinfo=UTC), datetime(2027, 3, 31, 9, tzinfo=UTC), date(2027, 4, 2)),
    ],
)
def test_sickness_is_told_by_ten_and_written_within_two_working_days(starts_at, told_by, written_on):
    event = make_event(starts_at=starts_at)
    rule = sickness_rule(event=event, partnership=Partnership.objects.current())
    assert (rule.told_by, rule.written_by) == (told_by, end_of_day(written_on))


# --- Refilled -------------------------------------------------------------------------------------------


def at(hours):
    return NOW + timedelta(hours=hours)


def places(*hours, settled=()):
    return [GivenUp(key=hour, at=at(hour), is_settled=hour in settled) for hour in hours]


@pytest.mark.parametrize(
    ("given_up", "newcomers", "free_places", "others", "found"),
    [
        (places(1), [2], 0, 0, [1]),
        (places(1), [], 0, 0, []),  # full because somebody came earlier
        (places(2), [1], 0, 0, []),  # came before the place was given up
        (places(1), [2], 1, 0, []),  # room to spare: the newcomer took nobody's place
        (places(1, 2), [3], 1, 0, [1]),  # one newcomer, one charge: the earliest
        (places(1, 2), [3, 4], 0, 0, [1, 2]),
        (places(1, 3), [2, 4], 0, 0, [1, 3]),
        (places(1, 3), [2], 0, 0, [1]),  # nobody came after the second
        (places(1, 2, settled={1}), [3], 1, 0, []),  # the newcomer was counted already
        (places(1, 2, settled={1}), [3, 4], 0, 0, [2]),
        (places(2), [3], 1, 1, [2]),  # the other place given up late is the one that is free
        (places(1), [2], None, 0, []),  # no limit: nobody needed the place
    ],
)
def test_refilled_counts_one_newcomer_for_one_place_the_earliest_first(given_up, newcomers, free_places, others, found):
    taken_at = [at(hours) for hours in newcomers]
    assert refilled(given_up=given_up, taken_at=taken_at, free_places=free_places, others=others) == found


@pytest.mark.django_db
def test_unused_place_on_a_date_that_was_ordered_whole_costs_nothing():
    public, ordered = make_event(), make_event(commissioned_by=cast.make_organisation())
    carol = cast.carol()
    unused = [make_booking(event, carol, state=State.DID_NOT_ATTEND) for event in (public, ordered)]
    assert [late_charge(booking) for booking in unused] == [Decimal(50), Decimal(0)]
    assert [bool(charges.draft(booking=booking, kind="NON_ATTENDANCE", now=NOW)) for booking in unused] == [True, False]
    assert list(Booking.objects.chargeable()) == [unused[0]]
