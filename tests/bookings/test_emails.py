"""The letters about places: to whom, what they say, and that nothing typed into a name can steer them."""

from datetime import timedelta
from decimal import Decimal

import pytest
from icalendar import Calendar

from accounts.models import OutboundEmail
from bookings import emails
from bookings.models import Booking, EventChange
from courses.models import ApprovalMode, Event, Offer, Strand, Venue
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db


def change_of(booking):
    """A change of the booking's date, as whoever asked for it left it."""
    return EventChange(
        event=booking.event, kind="MOVE", reason="WEATHER", plan={"before": emails.event_facts(booking.event)}
    )


LETTERS = {
    "confirmation": lambda booking: emails.confirmation(booking=booking, now=NOW),
    "request_received": lambda booking: emails.request_received(booking=booking, now=NOW),
    "request_declined": lambda booking: emails.request_declined(booking=booking, now=NOW),
    "request_lapsed": lambda booking: emails.request_lapsed(booking=booking, now=NOW),
    "cancellation": lambda booking: emails.cancellation(booking=booking, was_confirmed=True, now=NOW),
    "moved": lambda booking: emails.moved(booking=booking, change=change_of(booking), now=NOW),
    "days_dropped": lambda booking: emails.days_dropped(
        booking=booking, sessions=emails.sessions_of(booking.event)[1:], now=NOW
    ),
    "cancelled_by_us": lambda booking: emails.cancelled_by_us(
        booking=booking, change=change_of(booking), entry=None, now=NOW
    ),
    "reminder": lambda booking: emails.reminder(booking=booking, now=NOW),
    "joining_instructions": lambda booking: emails.joining_instructions(booking=booking, now=NOW),
    "terms_to_accept": lambda booking: emails.terms_to_accept(booking=booking, now=NOW),
    "online_link": lambda booking: emails.online_link(
        booking=booking, session=booking.event.sessions.get(position=1), day=emails.EVE, now=NOW
    ),
}
LONG_TITLE = "Understanding and Responding to Children Who Display Harmful Sexual Behaviour: a Whole-Family Approach"


def booking_in_every_state():
    """One row that every letter can be written about."""
    event = make_event(
        make_course(LONG_TITLE, what_to_bring="A laptop", pre_course_task="Read the guide", is_sensitive=True), days=2
    )
    Venue.objects.update(room_notes="Loom Room, first floor, by the lift", parking="At the door", is_step_free=True)
    booking = make_booking(
        event,
        cast.carol(),
        price=Decimal("47.50"),
        manager_email="head@example.org",
    )
    Event.objects.update(online_link="https://meet.example.org/room")
    Booking.objects.update(hold_ends_at=NOW + timedelta(days=5), decided_reason="It is for managers.")
    return Booking.objects.with_event_facts().get(pk=booking.pk)


def one_line(text):
    return " ".join(text.split())


@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_has_short_lines_and_says_the_same_in_both_parts(name):
    booking = booking_in_every_state()

    letter = LETTERS[name](booking)

    assert max(len(line) for line in letter.text.splitlines()) <= 78
    assert f"Hello {booking.practitioner.full_name}," in letter.text
    assert booking.practitioner.full_name in letter.html
    assert LONG_TITLE in one_line(letter.text)
    assert LONG_TITLE in letter.html
    assert "\n\n\n" not in letter.text
    assert (letter.to, letter.about) == ("carol@example.org", f"booking:{booking.pk}")


@pytest.mark.parametrize("name", LETTERS)
def test_every_letter_is_written_once_however_often_it_is_asked_for(name):
    booking = booking_in_every_state()

    assert LETTERS[name](booking).pk == LETTERS[name](booking).pk
    assert OutboundEmail.objects.count() == 1


@pytest.mark.parametrize("name", LETTERS)
@pytest.mark.parametrize(
    ("typed", "greeting"),
    [("Visit evil.example now", "Hello Visit now,"), ("http://evil.example/win", "Hello there,")],
)
def test_no_letter_carries_an_address_that_stands_in_a_name(name, typed, greeting):
    booking = booking_in_every_state()
    booking.practitioner.full_name = typed
    booking.organisation.name = "Win a prize: www.evil.example"
    booking.charging_category = ""

    letter = LETTERS[name](booking)

    assert greeting in letter.text
    assert greeting in letter.html
    assert "evil" not in letter.subject + letter.text + letter.html + letter.calendar


@pytest.mark.parametrize("name", LETTERS)
def test_no_letter_lets_a_name_steer_it(name):
    booking = booking_in_every_state()
    booking.practitioner.full_name = "Eve <b>Bold</b>\r\nBcc: everybody@example.org"
    booking.event.version.course.title = "Title\nBcc: everybody@example.org\r\n{{ secret }}"
    booking.decided_reason = "<script>alert(1)</script>"

    letter = LETTERS[name](booking)

    assert "\n" not in letter.subject
    assert "\r" not in letter.subject
    assert "<b>" not in letter.html
    assert "<script>" not in letter.html
    assert "<b>Bold</b>" in letter.text
    assert "\r\nBCC" not in letter.calendar.upper()


def test_confirmation_tells_the_facts_and_brings_the_calendar():
    booking = booking_in_every_state()

    letter = LETTERS["confirmation"](booking)

    text = one_line(letter.text)
    assert "Day 1: Monday 21 December 2026, 10am to 4pm" in text
    assert "Day 2: Tuesday 22 December 2026, 10am to 4pm" in text
    assert "Cost: £47.50" in text
    assert "free of charge until the end of Monday 14 December 2026" in text
    assert f"/my/bookings/{booking.reference}/" in text
    calendar = Calendar.from_ical(letter.calendar)
    assert (calendar["METHOD"], len(calendar.walk("VEVENT"))) == ("REQUEST", 2)
    assert letter.calendar_method == "REQUEST"


def test_confirmation_and_cancellation_speak_of_the_same_calendar_entry():
    booking = booking_in_every_state()
    first = Calendar.from_ical(LETTERS["confirmation"](booking).calendar).walk("VEVENT")
    booking.calendar_sequence += 1
    last = Calendar.from_ical(LETTERS["cancellation"](booking).calendar).walk("VEVENT")

    assert [entry["UID"] for entry in first] == [entry["UID"] for entry in last]
    assert [(entry["SEQUENCE"], entry["STATUS"]) for entry in last] == [(1, "CANCELLED")] * 2


@pytest.mark.parametrize(
    ("strand", "mode", "copied"),
    [
        (Strand.MULTI_AGENCY, ApprovalMode.ATTEST, "head@example.org"),
        (Strand.TRADED, ApprovalMode.NOTIFY, "head@example.org"),
        (Strand.TRADED, ApprovalMode.ATTEST, ""),
    ],
)
def test_confirmation_copies_the_manager_where_the_offer_says_so(strand, mode, copied):
    event = make_event(make_course(strands=[strand], approval_mode=mode))
    booking = make_booking(event, cast.carol(), manager_email="head@example.org")

    letter = emails.confirmation(booking=booking, now=NOW)

    assert letter.copy_to == copied
    assert ("Your manager gets a copy" in letter.text) == bool(copied)


def test_confirmation_says_so_when_the_free_days_are_over():
    booking = make_booking(make_event(), cast.amina(), free_cancel_until=NOW - timedelta(days=1))

    letter = emails.confirmation(booking=booking, now=NOW)

    assert "The last day to cancel free of charge has passed." in one_line(letter.text)


def test_cancellation_names_the_charge_only_when_it_was_late():
    booking = booking_in_every_state()
    booking.state = Booking.State.CANCELLED_LATE
    late = LETTERS["cancellation"](booking)
    OutboundEmail.objects.all().delete()
    booking.state = Booking.State.CANCELLED
    in_time = LETTERS["cancellation"](booking)

    assert "your organisation is asked for £47.50" in one_line(late.text)
    assert "There is nothing to pay." in in_time.text
    assert "£" not in in_time.text


def test_late_charge_of_a_free_place_follows_the_length_of_the_course():
    half, full = make_event(make_course(hours="4.0")), make_event(make_course(hours="4.25"))

    assert emails.late_charge(make_booking(half, cast.amina())) == Decimal("25")
    assert emails.late_charge(make_booking(full, cast.amina())) == Decimal("50")


def test_joining_instructions_tell_the_way_and_not_the_link():
    event = make_event(mode="live_online")
    online = emails.joining_instructions(booking=make_booking(event, cast.amina()), now=NOW)
    in_person = LETTERS["joining_instructions"](booking_in_every_state())

    assert "We send you the link one working day before" in one_line(online.text)
    assert event.online_link not in online.text
    assert "more than 10 minutes late" in one_line(online.text)
    assert "Loom Room" in in_person.text
    assert "more than 20 minutes late" in one_line(in_person.text)


def test_somebody_without_any_address_gets_no_letter():
    event = make_event()
    booking = make_booking(event, cast.amina())
    booking.practitioner.email = ""
    reached_by_account = emails.confirmation(booking=booking, now=NOW)
    booking.practitioner.user = None
    OutboundEmail.objects.all().delete()

    assert reached_by_account.to == "amina@example.org"
    assert emails.confirmation(booking=booking, now=NOW) is None
    assert OutboundEmail.objects.count() == 0


def test_request_received_says_what_happens_next():
    booking = booking_in_every_state()
    Offer.objects.update(approval_mode=ApprovalMode.EXPLICIT)
    booking = Booking.objects.with_event_facts().get(pk=booking.pk)

    letter = LETTERS["request_received"](booking)
    OutboundEmail.objects.all().delete()
    booking.manager_email = ""
    text = one_line(LETTERS["request_received"](booking).text)

    assert "We have asked head@example.org, and write to you when they have answered." in one_line(letter.text)
    assert "Places on this course are confirmed one by one." in text
    assert "We hold a place for you until the end of Thursday 26 November 2026." in text
