"""Sweeps of charges: what is due, once, and what is not yet or no longer."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import OutboundEmail
from bookings import sweeps
from bookings.actions import charges, places, registers
from bookings.models import Attendance, ChargeNotice
from bookings.models.booking import State
from courses.models import Event
from tests import cast
from tests.makers import NOW, make_booking, make_event

pytestmark = pytest.mark.django_db

# A Tuesday afternoon before Christmas: the next working day is Wednesday, five working days end on New Year's Eve.
ENDS = datetime(2026, 12, 22, 16, tzinfo=UTC)


def absence(user=None):
    event = make_event(starts_at=ENDS - timedelta(hours=6))
    booking = make_booking(event, user or cast.make_person("Tess Teacher", cast.make_organisation()))
    session = event.sessions.get()
    registers.mark(session=session, marks={booking.pk: Attendance.Mark.ABSENT}, by=cast.dev(), now=ENDS)
    return booking.charge_notices.get()


def sweep_at(moment, sweep):
    with time_machine.travel(moment, tick=False):
        sweep()
        sweep()


def written():
    return list(OutboundEmail.objects.filter(letter="bookings/charge_proposed").values_list("to", flat=True))


@pytest.mark.parametrize(
    ("moment", "letters"),
    [
        (ENDS + timedelta(hours=1), []),
        (datetime(2026, 12, 23, 7, 30, tzinfo=UTC), []),
        (datetime(2026, 12, 23, 8, 0, tzinfo=UTC), ["carol@example.org"]),
        (ENDS + timedelta(days=20), ["carol@example.org"]),
        (ENDS + timedelta(days=22), []),
    ],
)
def test_agency_hears_of_an_absence_the_next_working_day_once(moment, letters):
    cast.carol()
    absence()
    sweep_at(moment, sweeps.charges.queue_charge_letters)
    assert written() == letters


def test_agency_hears_nothing_of_what_was_corrected_or_decided_meanwhile():
    cast.carol()
    withdrawn, waived, stands = (
        absence(),
        absence(cast.make_person("Wes Waived", cast.make_organisation())),
        absence(cast.amina()),
    )
    ChargeNotice.objects.filter(pk=withdrawn.pk).update(state="WITHDRAWN")
    charges.waive(notice_id=waived.pk, by=cast.wendy(), now=ENDS, waived_for="SICKNESS")
    sweep_at(ENDS + timedelta(days=2), sweeps.charges.queue_charge_letters)
    assert written() == []  # Amina's agency has nobody to write to
    assert stands.state == "DRAFT"


def test_agency_that_gets_a_contact_in_time_is_told():
    absence()
    sweep_at(ENDS + timedelta(days=2), sweeps.charges.queue_charge_letters)
    assert written() == []
    cast.carol()
    sweep_at(ENDS + timedelta(days=3), sweeps.charges.queue_charge_letters)
    assert written() == ["carol@example.org"]


@pytest.mark.parametrize(
    ("moment", "state"),
    [
        (datetime(2026, 12, 31, 23, 58, tzinfo=UTC), "DRAFT"),
        (datetime(2026, 12, 31, 23, 59, tzinfo=UTC), "TO_REVIEW"),
    ],
)
def test_draft_goes_up_for_review_after_five_working_days_over_christmas(moment, state):
    notice = absence()
    sweep_at(moment, sweeps.charges.put_charges_up_for_review)
    notice.refresh_from_db()
    assert notice.state == state


def test_review_leaves_decided_ones_alone():
    notice = absence()
    charges.waive(notice_id=notice.pk, by=cast.wendy(), now=ENDS, waived_for="SICKNESS")
    sweep_at(ENDS + timedelta(days=30), sweeps.charges.put_charges_up_for_review)
    notice.refresh_from_db()
    assert notice.state == "WAIVED"


def test_review_waives_refilled_places_and_dates_that_did_not_take_place_first():
    refilled, gone = make_event(capacity=1), make_event()
    for event in (refilled, gone):
        booking = make_booking(event, cast.carol() if event is refilled else cast.amina())
        when = event.starts_at - timedelta(days=2)
        places.cancel(booking_id=booking.pk, by=None, now=when, cancelled_for="OTHER", reason="Another appointment")
        event.refresh_from_db()
    make_booking(refilled, cast.ben(), now=refilled.starts_at - timedelta(days=1))
    Event.objects.filter(pk=gone.pk).update(state=Event.State.CANCELLED, cancelled_at=NOW, cancelled_by=cast.wendy())

    sweep_at(refilled.starts_at + timedelta(days=30), sweeps.charges.put_charges_up_for_review)

    assert dict(ChargeNotice.objects.values_list("booking__event", "waived_for")) == {
        refilled.pk: "REFILLED", gone.pk: "PROVIDER_FAULT",
    }  # fmt: skip
    assert set(ChargeNotice.objects.values_list("state", "booking__state")) == {("WAIVED", State.CANCELLED_LATE)}
