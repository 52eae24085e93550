"""Owing: what became of a place, and what is owed for it: one table that finance can read."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bookings.models import Booking, ChargeNotice, OrderLine
from bookings.models.booking import State
from bookings.owing import Verdict, last_booking, owing_for
from courses.models import Event
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_enrolment, make_event, make_self_paced_course
from tests.money import order_of
from tests.sales import finance

pytestmark = pytest.mark.django_db

OWED, WAIT, RELEASED, WAIVED = Verdict.OWED, Verdict.WAIT, Verdict.RELEASED, Verdict.WAIVED
OPEN, LOCKED = False, True
DECIDED = {"APPROVED": {"decided_at": NOW}, "WAIVED": {"decided_at": NOW, "waived_for": "SICKNESS"}}


def charge(booking=None, enrolment=None, *, state):
    claim = booking or enrolment
    facts = DECIDED.get(state, {}) | ({"decided_by": finance()} if state == "APPROVED" else {})
    return ChargeNotice.objects.create(
        booking=booking, enrolment=enrolment, kind="NON_ATTENDANCE" if booking else "NON_COMPLETION", state=state,
        organisation=claim.organisation, policy=claim.policy, amount=Decimal("95"), drafted_at=NOW, review_from=NOW,
        **facts,
    )  # fmt: skip


def sold_place(**fields):
    event = make_event(make_course(strands=["traded"]), starts_at=NOW + timedelta(days=30), **fields)
    return make_booking(event, cast.amina(), price=Decimal("95"))


def become(booking, state):
    booking.move_to(state, by=None, now=NOW, reason="Told us")
    if state.startswith("CANCELLED"):
        booking.cancelled_at, booking.cancelled_reason = NOW, "Told us"
    booking.save()


def line_of(booking):
    return OrderLine.objects.select_related("order", "event").get(pk=booking.order_line_id)


# What became of a place of £95, whether its register is locked, how its charge stands: what is owed, and the words for it.
PLACES = [
    (State.CONFIRMED, OPEN, None, WAIT, "Not delivered yet"),
    (State.CONFIRMED, LOCKED, None, WAIT, "Not delivered yet"),
    (State.ATTENDED, OPEN, None, WAIT, "Not delivered yet"),
    (State.ATTENDED, LOCKED, None, OWED, "Attended"),
    (State.PART_ATTENDED, OPEN, None, WAIT, "Not delivered yet"),
    (State.PART_ATTENDED, LOCKED, None, OWED, "Attended"),
    (State.DID_NOT_ATTEND, LOCKED, None, WAIT, "Not delivered yet"),
    (State.DID_NOT_ATTEND, LOCKED, "DRAFT", WAIT, "The charge is not decided yet"),
    (State.DID_NOT_ATTEND, LOCKED, "TO_REVIEW", WAIT, "The charge is not decided yet"),
    (State.DID_NOT_ATTEND, LOCKED, "APPROVED", OWED, "Did not attend"),
    (State.DID_NOT_ATTEND, LOCKED, "WAIVED", WAIVED, "Waived: sickness"),
    (State.DID_NOT_ATTEND, LOCKED, "WITHDRAWN", WAIT, "Not delivered yet"),
    (State.TURNED_AWAY, LOCKED, "APPROVED", OWED, "Did not attend"),
    (State.CANCELLED_LATE, OPEN, "APPROVED", OWED, "Did not attend"),
    (State.CANCELLED_LATE, OPEN, "WAIVED", WAIVED, "Waived: sickness"),
    (State.CANCELLED_LATE, OPEN, "DRAFT", WAIT, "The charge is not decided yet"),
    (State.CANCELLED, OPEN, None, RELEASED, "Cancelled"),
    (State.CANCELLED_BY_PROVIDER, OPEN, None, RELEASED, "Cancelled by us"),
]


@pytest.mark.parametrize(("state", "is_locked", "charged", "verdict", "words"), PLACES)
def test_what_became_of_a_place_decides_what_is_owed(state, is_locked, charged, verdict, words):
    booking = sold_place()
    if state != State.CONFIRMED:
        become(booking, state)
    if is_locked:
        Event.objects.update(state="LOCKED", register_locked_at=NOW)
    notice = charge(booking, state=charged) if charged else None

    owing = owing_for(line_of(booking))

    assert (owing.verdict, owing.reason) == (verdict, words)
    assert owing.charge == (notice if charged in ("DRAFT", "TO_REVIEW", "APPROVED", "WAIVED") else None)


def test_a_place_that_finance_has_let_go_is_waived_whatever_the_register_says():
    booking = sold_place()
    Event.objects.update(state="LOCKED", register_locked_at=NOW)
    line = line_of(booking)
    line.waived_reason = "The trainer was late"

    assert owing_for(line).verdict == WAIVED


# A place that nobody was named for, on a date in this state.
UNNAMED = [("OPEN", WAIT), ("DELIVERED", WAIT), ("LOCKED", WAIT), ("CANCELLED", RELEASED)]


@pytest.mark.parametrize(("state", "verdict"), UNNAMED)
def test_a_place_without_a_name_is_released_with_its_date_and_when_it_goes_back(state, verdict):
    booking = sold_place()
    line = line_of(booking)
    Booking.objects.filter(pk=booking.pk).update(order_line=None, price=0)
    line.event.state = state
    assert owing_for(line).verdict == verdict

    line.given_back_at = NOW
    assert owing_for(line).verdict == RELEASED


# A whole course or something else, by what became of its date: None is no date yet.
WHOLE = [
    ("CONTACT", None, OWED),
    ("QUOTE", None, WAIT),
    ("QUOTE", "OPEN", WAIT),
    ("QUOTE", "DELIVERED", OWED),
    ("QUOTE", "LOCKED", OWED),
    ("QUOTE", "CANCELLED", RELEASED),
]


@pytest.mark.parametrize(("source", "date_state", "verdict"), WHOLE)
def test_what_was_ordered_whole_is_owed_once_it_was_held(source, date_state, verdict):
    line = order_of(source=source).lines.get()
    if date_state:
        line.event = make_event()
        line.event.state = date_state
    assert owing_for(line).verdict == verdict

    line.order.state, line.order.cancelled_reason = "CANCELLED", "They changed their minds"
    assert owing_for(line).reason == "They changed their minds"


# A self-paced course: how it ended, whether its terms charge for not finishing, how the charge stands.
COURSES = [
    ("ENROLLED", True, None, WAIT),
    ("PASSED", True, None, OWED),
    ("LAPSED", False, None, RELEASED),
    ("LAPSED", True, None, WAIT),
    ("LAPSED", True, "TO_REVIEW", WAIT),
    ("LAPSED", True, "APPROVED", OWED),
    ("LAPSED", True, "WAIVED", WAIVED),
]


@pytest.mark.parametrize(("state", "charges", "charged", "verdict"), COURSES)
def test_a_self_paced_course_is_owed_when_finished_or_charged(state, charges, charged, verdict):
    line = order_of().lines.get()
    OrderLine.objects.filter(pk=line.pk).update(kind="SELF_PACED")
    enrolment = make_enrolment(
        make_self_paced_course(), cast.amina(), state=state, order_line=line, charges_non_completion=charges
    )
    if charged:
        charge(enrolment=enrolment, state=charged)

    assert owing_for(OrderLine.objects.select_related("order").get()).verdict == verdict


def test_the_last_of_those_who_took_a_place_over_stands_for_its_line():
    booking = sold_place()
    line = line_of(booking)
    become(booking, State.CANCELLED)
    event = Event.objects.get()
    instead = make_booking(event, cast.ben(), order_line=line, replaces=booking, price=Decimal("95"))

    assert last_booking(line) == instead
    assert owing_for(line).verdict == WAIT
