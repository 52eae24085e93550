"""A letter that no longer holds is held back when it is about to leave, and not one that does."""

from datetime import timedelta

import pytest

from accounts import post
from accounts.correspondence import withhold_unsent
from accounts.models import OutboundEmail
from bookings import emails
from bookings.actions import places, requests
from bookings.models import Booking, EventChange
from bookings.models.booking import State
from courses.models import Event, Session
from tests import cast
from tests.accounts.smtp_sink import smtp_sink
from tests.makers import NOW, make_booking, make_entry, make_event

pytestmark = pytest.mark.django_db

START = NOW + timedelta(days=30)


@pytest.fixture
def sink(settings):
    with smtp_sink(settings) as running:
        yield running


def deliver(now=NOW):
    """Send what is owed; return what became of each letter."""
    post.deliver(OutboundEmail.objects.order_by("pk").values_list("pk", flat=True), now=now)
    return [(letter.state, letter.withheld_reason) for letter in OutboundEmail.objects.order_by("pk")]


def placed(**changes):
    mode = changes.pop("mode", "in_person")
    return make_booking(make_event(starts_at=START, mode=mode), cast.amina(), **changes)


WRITE = {
    "confirmation": lambda booking: emails.confirmation(booking=booking, now=NOW),
    "reminder": lambda booking: emails.reminder(booking=booking, now=NOW),
    "joining_instructions": lambda booking: emails.joining_instructions(booking=booking, now=NOW),
    "online_link": lambda booking: emails.online_link(
        booking=booking, session=booking.event.sessions.get(), day=emails.EVE, now=NOW
    ),
    "moved": lambda booking: emails.moved(
        booking=booking,
        change=EventChange(event=booking.event, plan={"before": emails.event_facts(booking.event)}),
        now=NOW,
    ),
}
EVERY_LETTER = pytest.mark.parametrize("letter", WRITE)


@EVERY_LETTER
def test_a_letter_that_holds_is_sent(sink, letter):
    WRITE[letter](placed(mode="live_online"))
    assert deliver() == [("sent", "")]


@EVERY_LETTER
def test_nobody_who_gave_up_their_place_is_written_to(sink, letter):
    WRITE[letter](placed(mode="live_online"))
    Booking.objects.update(state=State.CANCELLED, cancelled_at=NOW)
    assert deliver() == [("held back", "The person no longer has this place.")]
    assert sink.letters == []


@pytest.mark.parametrize("letter", ["reminder", "joining_instructions", "moved"])
@pytest.mark.parametrize("late", [timedelta(0), timedelta(days=3)])
def test_nothing_about_the_day_is_sent_once_it_has_begun(sink, letter, late):
    WRITE[letter](placed())
    assert deliver(START + late) == [("held back", "The date has begun.")]


def test_a_reminder_waits_no_longer_than_half_of_its_days(sink):
    WRITE["reminder"](placed())
    assert deliver(START - timedelta(days=6)) == [("held back", "It is too late for a reminder.")]
    WRITE["joining_instructions"](Booking.objects.with_event_facts().get())
    assert deliver(START - timedelta(days=6))[1] == ("sent", "")


def test_the_link_is_sent_until_the_session_is_over(sink):
    WRITE["online_link"](placed(mode="live_online"))
    OutboundEmail.objects.update(send_at=NOW)
    ends_at = Session.objects.get().ends_at
    assert deliver(ends_at - timedelta(minutes=1)) == [("sent", "")]
    OutboundEmail.objects.update(sent_at=None)
    assert deliver(ends_at) == [("held back", "The session is over.")]


@pytest.mark.parametrize("letter", ["reminder", "joining_instructions", "online_link"])
def test_letters_of_the_old_day_are_held_back_when_a_date_moves(sink, letter):
    booking = placed(mode="live_online")
    WRITE[letter](booking)
    Session.objects.update(starts_at=START + timedelta(days=1), ends_at=START + timedelta(days=1, hours=6))
    booking = Booking.objects.with_event_facts().get()
    WRITE[letter](booking)  # a key of its own, with the new day
    assert deliver() == [("held back", "The date has been moved since this was written."), ("sent", "")]


@pytest.mark.parametrize("letter", ["reminder", "joining_instructions", "online_link"])
def test_letters_about_a_date_that_is_off_are_held_back(sink, letter):
    WRITE[letter](placed(mode="live_online"))
    Event.objects.update(state="POSTPONED")
    assert deliver() == [("held back", "The date does not take place.")]


def test_a_confirmation_with_an_older_calendar_is_held_back(sink):
    booking = placed()
    WRITE["confirmation"](booking)
    booking.calendar_sequence += 1
    booking.save(update_fields=["calendar_sequence"])
    WRITE["moved"](booking)
    assert [state for state, _ in deliver()] == ["held back", "sent"]


def test_an_absence_that_was_corrected_is_not_written_about(sink):
    booking = placed(state=State.DID_NOT_ATTEND)
    emails.absence(booking=booking, now=NOW)
    Booking.objects.update(state=State.ATTENDED)
    assert deliver() == [("held back", "The register no longer says that the person was absent.")]


def test_cancelling_holds_back_what_waits_and_tells_of_the_cancellation():
    booking = placed()
    waiting = [WRITE["confirmation"](booking), WRITE["reminder"](booking)]
    places.cancel(booking_id=booking.pk, by=cast.amina(), now=NOW)
    assert [letter.letter for letter in OutboundEmail.objects.unsent()] == ["bookings/cancellation"]
    for letter in waiting:
        letter.refresh_from_db()
        assert letter.withheld_reason == emails.GIVEN_UP


def test_deciding_a_request_holds_back_that_it_waits():
    booking = make_booking(make_event(starts_at=START), cast.amina(), state=State.REQUESTED)
    received = emails.request_received(booking=booking, now=NOW)
    requests.decline_locked(booking=requests.lock_request(booking.pk), by=cast.wendy(), now=NOW, reason="Full")
    received.refresh_from_db()
    assert (received.state, received.withheld_reason) == ("held back", emails.DECIDED)


def test_a_letter_in_a_workers_hands_is_left_to_it():
    booking = placed()
    letter = WRITE["confirmation"](booking)
    OutboundEmail.objects.filter(pk=letter.pk).update(claimed_at=NOW)
    assert withhold_unsent(about=f"booking:{booking.pk}", now=NOW, reason="x") == 0
    assert withhold_unsent(about=f"booking:{booking.pk}", now=NOW + timedelta(hours=1), reason="x") == 1


def test_a_booking_that_is_gone_leaves_its_letters_unsent(sink):
    letter = WRITE["confirmation"](placed())
    OutboundEmail.objects.filter(pk=letter.pk).update(about="booking:999999")
    assert deliver() == [("held back", "The booking is gone.")]


def offered():
    ends_at = NOW + timedelta(hours=48)
    event = make_event(starts_at=START)
    entry = make_entry(event, cast.amina(), state="OFFERED", offered_at=NOW, offer_ends_at=ends_at)
    emails.waiting_joined(entry=entry, place=1, now=NOW)
    emails.waiting_offer(entry=entry, now=NOW)
    return entry


@pytest.mark.parametrize(
    ("hours", "state", "states"),
    [
        (47, "OFFERED", ["sent", "sent"]),
        (48, "OFFERED", ["sent", "held back"]),
        (1, "WAITING", ["sent", "held back"]),
        (1, "WITHDRAWN", ["held back", "held back"]),
        (24 * 30, "OFFERED", ["held back", "held back"]),
    ],
)
def test_an_offer_is_written_of_only_while_it_can_be_taken(sink, hours, state, states):
    entry = offered()
    closed_at = NOW if state == "WITHDRAWN" else None
    type(entry).objects.filter(pk=entry.pk).update(state=state, closed_at=closed_at)
    assert [became for became, _ in deliver(NOW + timedelta(hours=hours))] == states
