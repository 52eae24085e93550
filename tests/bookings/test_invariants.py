"""What must always be true: each rule is broken on purpose, as no action could, and found by its own name."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pgtrigger
import pytest
from django.core.management import call_command
from django.db import connection

from accounts.models import OutboundEmail
from bookings import invariants
from bookings.models import (
    AgencyShare,
    Approval,
    Booking,
    Certificate,
    ChargeNotice,
    EventChange,
    GroupBooking,
    WaitingListEntry,
)
from bookings.models.booking import State
from bookings.models.waiting_list import WaitingState
from courses.models import Event
from tests import cast
from tests.makers import (
    NOW,
    make_booking,
    make_course,
    make_enrolment,
    make_entry,
    make_event,
    make_policy,
    make_self_paced_course,
)

pytestmark = pytest.mark.django_db

PAST = NOW - timedelta(days=2)


def without(table, *constraints):
    """Take constraints away for the rest of the test: only the second look is left."""
    with connection.cursor() as cursor:
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for name in constraints:
            cursor.execute(f'ALTER TABLE {table} DROP CONSTRAINT IF EXISTS "{name}"')
            cursor.execute(f'DROP INDEX IF EXISTS "{name}"')


def set_state(booking, state, **fields):
    """As a trigger would refuse it."""
    with pgtrigger.ignore("bookings.Booking:booking_moves_by_the_rules"):
        Booking.objects.filter(pk=booking.pk).update(state=state, **fields)


def place(**fields):
    return make_booking(make_event(agency_cap=20), cast.amina(), now=PAST, **fields)


def over_capacity():
    without("courses_event", "places_taken_within_capacity")
    booking = place()
    Event.objects.filter(pk=booking.event_id).update(capacity=1, places_taken=2)
    make_more(booking)
    return {"over_capacity"}


def make_more(booking):
    """A second booking that is counted already."""
    event = Event.objects.get(pk=booking.event_id)
    make_booking(event, cast.ben(), now=PAST)
    Event.objects.filter(pk=event.pk).update(places_taken=2)


def places_counted():
    Event.objects.filter(pk=place().event_id).update(places_taken=3)
    return {"places_counted"}


def waiting_counted():
    Event.objects.filter(pk=place().event_id).update(people_waiting=1)
    return {"waiting_counted"}


def shares_counted():
    AgencyShare.objects.filter(event=place().event_id).update(places_taken=4)
    return {"shares_counted"}


def shares_capped():
    without("bookings_agencyshare", "an_agency_keeps_to_its_share")
    booking = place()
    make_more(booking)
    AgencyShare.objects.filter(event=booking.event_id).update(most_places=1)
    return {"shares_capped"}


def one_live_booking():
    without("bookings_booking", "one_live_booking_per_practitioner_per_event")
    booking = place()
    make_booking(Event.objects.get(pk=booking.event_id), cast.amina(), now=PAST)
    return {"one_live_booking"}


def requests_held():
    booking = place(state=State.REQUESTED)
    Booking.objects.filter(pk=booking.pk).update(hold_ends_at=NOW - timedelta(hours=1))
    return {"requests_held"}


def dates_changed():
    EventChange.objects.create(
        kind="GO_AHEAD", event=make_event(), asked_at=PAST, asked_by=cast.wendy(), affected_count=1
    )
    return {"dates_changed"}


def answers_due():
    booking = place()
    Booking.objects.filter(pk=booking.pk).update(answer_due_at=PAST)
    return {"answers_due"}


def cancelled_released():
    booking = place()
    Event.objects.filter(pk=booking.event_id).update(state="CANCELLED", cancelled_at=PAST, cancelled_by=cast.wendy())
    return {"cancelled_released"}


def changes_linked():
    booking = place()
    set_state(booking, State.TRANSFERRED)
    uncount(booking)
    return {"changes_linked"}


def uncount(booking):
    Event.objects.filter(pk=booking.event_id).update(places_taken=0)
    AgencyShare.objects.filter(event=booking.event_id).update(places_taken=0)


def changes_ended():
    booking = place()
    make_booking(make_event(), cast.ben(), now=PAST, replaces=booking)
    return {"changes_ended"}


def registers_marked():
    booking = past_place(state="LOCKED")
    assert booking.state == State.CONFIRMED
    return {"registers_marked"}


def past_place(*, state="DELIVERED", **fields):
    return make_booking(make_event(starts_at=NOW - timedelta(days=9), state=state), cast.amina(), now=PAST, **fields)


def delivered_closed():
    past_place(state="OPEN")
    return {"delivered_closed"}


def offered(event=None):
    event = event or make_event()
    entry = make_entry(
        event, cast.carol(), state=WaitingState.OFFERED, offered_at=PAST, offer_ends_at=NOW + timedelta(hours=5)
    )
    event.places_taken += 1
    event.save(update_fields=["places_taken"])
    AgencyShare.objects.create(event=event, organisation=entry.organisation, places_taken=1)
    return entry


def offers_ended():
    WaitingListEntry.objects.filter(pk=offered().pk).update(offer_ends_at=NOW - timedelta(hours=1))
    return {"offers_ended"}


def lists_closed():
    make_entry(make_event(starts_at=NOW - timedelta(days=9), state="DELIVERED"), cast.carol())
    return {"lists_closed"}


def offers_single():
    entry = offered()
    event = Event.objects.get(pk=entry.event_id)
    make_booking(event, cast.carol(), now=PAST)
    return {"offers_single"}


def offers_made():
    event = make_event()
    make_entry(event, cast.carol())
    Event.objects.filter(pk=event.pk).update(offers_owed_since=NOW - timedelta(hours=1))
    return {"offers_made"}


def names_given():
    event = make_event()
    GroupBooking.objects.create(
        reference="G-23456789",
        event=event,
        organisation=cast.make_organisation(),
        offer=event.offers.get(),
        policy=make_policy(),
        price=Decimal("0"),
        terms_accepted_at=PAST,
        free_cancel_until=PAST,
        places_booked=2,
        places_unnamed=2,
        name_by=NOW - timedelta(hours=1),
        contact=cast.carol().practitioner,
        booked_at=PAST,
    )
    Event.objects.filter(pk=event.pk).update(places_taken=2)
    AgencyShare.objects.create(event=event, organisation=cast.make_organisation(), places_taken=2)
    return {"names_given"}


def approvals_done():
    Approval.objects.create(
        booking=place(state=State.REQUESTED),
        approver_email="ben@example.org",
        token_digest="0" * 64,
        asked_at=PAST,
        decision="DECLINED",
        reason="Not this year",
        decided_at=PAST,
        decided_by_email="ben@example.org",
    )
    return {"approvals_done"}


def letters_sent():
    OutboundEmail.objects.create(
        key="old", letter="bookings/reminder", message_id="<old@example.org>", to="a@example.org", subject="Old",
        text="Old", created_at=PAST, send_at=PAST,
    )  # fmt: skip
    return {"letters_sent"}


def letters_written():
    make_booking(make_event(), cast.amina(), now=NOW - timedelta(hours=2))
    return {"letters_written"}


def certificates_earned():
    booking = past_place(state="DELIVERED")
    Certificate.objects.create(
        booking=booking, number="AIR-2026-1", code="0" * 20, state="ISSUED", practitioner_name="Amina", issuer="Us",
        course_title="Course", dates="Then", hours=6, outcomes=[], strand="core", earned_on=PAST.date(),
        requested_at=PAST, issued_at=PAST,
    )  # fmt: skip
    set_state(booking, State.DID_NOT_ATTEND)
    return {"certificates_earned"}


def charges_drafted():
    booking = place()
    Booking.objects.filter(pk=booking.pk).update(
        state=State.CANCELLED_LATE, cancelled_at=PAST, cancelled_reason="A cold"
    )
    uncount(booking)
    return {"charges_drafted"}


def charges_founded():
    booking = place()
    ChargeNotice.objects.create(
        booking=booking, kind="NON_ATTENDANCE", organisation=booking.organisation, policy=booking.policy,
        amount=Decimal("50"), drafted_at=PAST, review_from=PAST,
    )  # fmt: skip
    return {"charges_founded"}


def courses_ended():
    course = make_self_paced_course()
    make_enrolment(course, cast.amina(), now=NOW - timedelta(days=40), due_at=NOW - timedelta(hours=23))
    make_enrolment(course, cast.carol(), now=NOW - timedelta(days=40), due_at=NOW - timedelta(hours=25))
    return {"courses_ended"}


def courses_charged():
    make_enrolment(make_self_paced_course(), cast.amina(), state="LAPSED", now=NOW - timedelta(days=40))
    return {"courses_charged"}


FAULTS = [
    over_capacity, places_counted, waiting_counted, shares_counted, shares_capped, one_live_booking, requests_held,
    cancelled_released, dates_changed, answers_due,
    changes_linked, changes_ended, registers_marked, delivered_closed, offers_ended, lists_closed,
    offers_single, offers_made, names_given, approvals_done, letters_sent, letters_written, certificates_earned,
    charges_drafted, courses_ended, courses_charged, charges_founded,
]  # fmt: skip


def test_every_rule_has_its_fault():
    assert [fault.__name__ for fault in FAULTS] == [rule.code for rule in invariants.RULES]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_by_its_rule_and_no_other(fault):
    place()
    past_place(state="DELIVERED")
    make_entry(make_event(make_course("Another")), cast.ben())
    assert invariants.breaches(now=NOW) == []

    expected = fault()

    assert {breach.rule.code for breach in invariants.breaches(now=NOW)} == expected


def test_check_bookings_prints_json_and_fails_when_a_rule_is_broken():
    booking = place()
    whole, broken = StringIO(), StringIO()
    call_command("check_bookings", "--json", stdout=whole)
    Event.objects.filter(pk=booking.event_id).update(people_waiting=2)

    with pytest.raises(SystemExit) as end:
        call_command("check_bookings", "--json", stdout=broken)

    assert json.loads(whole.getvalue())["is_clean"] is True
    assert end.value.code == 2
    assert json.loads(broken.getvalue())["broken"] == [
        {
            "rule": "waiting_counted",
            "words": "A date's count of people waiting is its list.",
            "count": 1,
            "subjects": [f"event:{booking.event_id}"],
        }
    ]


def test_check_bookings_says_in_words_what_it_found():
    said = StringIO()
    call_command("check_bookings", stdout=said)

    assert "none broken" in said.getvalue()
