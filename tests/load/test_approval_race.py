"""Two answers to one request at the same moment, and an answer against the end of the hold: one outcome.

The control takes away the lock, the trigger that keeps states to the rules, and nothing else, in a database of
its own; there both answers are carried out.
"""

import os
import threading
from datetime import timedelta

import pytest
from django.db import connection

from accounts.models import OutboundEmail
from bookings import invariants
from bookings.actions import approvals, places, requests
from bookings.models import Approval, Booking
from bookings.models.booking import State
from tests import cast
from tests.load.live import own_database
from tests.makers import NOW
from tests.managers import DEPUTY, HOLD_ENDS, MANAGER, ask_for_place, explicit_event, link_to
from tests.sizes import size
from tests.threads import at_once

pytestmark = pytest.mark.soak

ROUNDS = size(5, 50)
ANSWERS = ["bookings/confirmation", "bookings/request_declined", "bookings/request_lapsed", "bookings/cancellation"]


@pytest.fixture
def database(django_db_blocker):
    name = f"answers_{os.getpid()}"
    with own_database(django_db_blocker, name):
        yield name


def answered_by(work):
    """Do it; what came too late is told as such."""

    def run():
        try:
            work()
        except requests.AlreadyDecided:
            return "too late"
        return "done"

    return run


def two_who_were_asked(number, event):
    booking = ask_for_place(cast.make_person(f"Person{number} Asking", cast.social_work()), event)
    approvals.pass_on(token=link_to(MANAGER), now=NOW, email=DEPUTY)
    return booking, link_to(MANAGER), link_to(DEPUTY)


def letters_about(booking):
    return OutboundEmail.objects.about(f"booking:{booking.pk}").filter(letter__in=ANSWERS).count()


def test_both_answers_are_carried_out_without_the_lock_and_the_trigger(database, monkeypatch):
    booking, manager, deputy = two_who_were_asked(0, explicit_event())
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE bookings_booking DISABLE TRIGGER USER")
    both_have_looked = threading.Barrier(2)

    def look_without_waiting(token, now):
        approval = Approval.objects.with_link(token).get()
        found = Booking.objects.with_event_facts().select_related("policy").get(pk=approval.booking_id)
        both_have_looked.wait()
        return approval, found

    monkeypatch.setattr(approvals, "_open_question", look_without_waiting)
    said = at_once(
        answered_by(lambda: approvals.approve(token=manager, now=NOW)),
        answered_by(lambda: approvals.decline(token=deputy, now=NOW, reason="No")),
    )

    assert said == ["done", "done"]
    assert letters_about(booking) == 2


def test_two_answers_at_once_have_one_outcome(database):
    event = explicit_event(capacity=None)
    for number in range(ROUNDS):
        booking, manager, deputy = two_who_were_asked(number, event)
        said = at_once(
            answered_by(lambda token=manager: approvals.approve(token=token, now=NOW)),
            answered_by(lambda token=deputy: approvals.decline(token=token, now=NOW, reason="No")),
        )

        assert sorted(said) == ["done", "too late"]
        booking = Booking.objects.with_approval().get(pk=booking.pk)
        who = MANAGER if said[0] == "done" else DEPUTY
        assert booking.approval.decided_by_email == who
        assert booking.state == (State.CONFIRMED if who == MANAGER else State.DECLINED)
        assert letters_about(booking) == 1
    assert invariants.breaches(now=NOW) == []


@pytest.mark.parametrize("other", ["lapse", "withdraw", "the team", "another manager"])
def test_an_answer_against_another_end_has_one_outcome(database, other):
    event, wendy, moment = explicit_event(capacity=None), cast.wendy(), HOLD_ENDS - timedelta(seconds=1)
    for number in range(ROUNDS):
        booking, manager, _ = two_who_were_asked(number, event)
        person = booking.practitioner.user
        ends = {
            "lapse": lambda pk=booking.pk: requests.lapse(booking_id=pk, now=HOLD_ENDS),
            "withdraw": lambda pk=booking.pk, by=person: places.cancel(booking_id=pk, by=by, now=moment),
            "the team": lambda pk=booking.pk: requests.decline(booking_id=pk, by=wendy, now=moment, reason="No"),
            "another manager": lambda pk=booking.pk, by=person: approvals.ask_manager(
                booking_id=pk, manager_email="new@example.org", by=by, now=moment
            ),
        }
        at_once(answered_by(_answer_if_the_link_holds(manager, moment)), answered_by(ends[other]))

        booking = Booking.objects.with_approval().get(pk=booking.pk)
        has_agreed = booking.approval.decided_by_email == MANAGER
        if other == "another manager":
            assert (booking.state == State.CONFIRMED) == has_agreed
            assert has_agreed or booking.approval.approver_email == "new@example.org"
        elif other == "withdraw":
            # Whoever withdraws after the answer gives up a place.
            assert booking.state == State.CANCELLED
            assert letters_about(booking) == (2 if has_agreed else 1)
        else:
            assert (booking.state == State.CONFIRMED) == has_agreed
            assert letters_about(booking) == 1
    assert invariants.breaches(now=NOW) == []


def _answer_if_the_link_holds(token, now):
    def answer():
        try:
            approvals.approve(token=token, now=now)
        except approvals.NoSuchLink:
            assert not Approval.objects.with_link(token).exists()

    return answer
