"""Text messages: one message long, on the working day before, to people who agreed."""

from datetime import UTC, datetime, timedelta

import pytest
import time_machine

from accounts.models import OutboundEmail, Partnership, Practitioner
from bookings import emails, sweeps
from bookings.emails.texts import ALPHABET, LONGEST, reminder_words
from bookings.models import Booking
from courses.models import Venue
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db

START = datetime(2026, 12, 21, 9, 30, tzinfo=UTC)  # a Monday


def booked(title="Neglect", **profile):
    booking = make_booking(make_event(make_course(title), starts_at=START), cast.amina())
    Practitioner.objects.filter(pk=booking.practitioner_id).update(
        **{"phone": "07700 900123", "sms_agreed_at": NOW, **profile}
    )
    return Booking.objects.with_event_facts().get(pk=booking.pk)


def texts_at(moment):
    with time_machine.travel(moment, tick=False):
        sweeps.letters.queue_reminders()
    return list(OutboundEmail.objects.filter(channel="SMS").values_list("to", flat=True))


def test_words_say_what_when_where_and_where_to_read_more(settings):
    settings.SITE_URL = "https://learning.airedon.gov.uk"
    booking = booked()
    words = reminder_words(booking)
    partnership = Partnership.objects.current().short_name
    page = f"https://learning.airedon.gov.uk/my/bookings/{booking.reference}/"
    assert words == f"{partnership}: Neglect on Mon 21 Dec, 9:30am, Weavers Hall. {page}"


@pytest.mark.parametrize(
    "title",
    [
        "Understanding and Responding to Children Who Display Harmful Sexual Behaviour: a Whole-Family Approach for All",
        "“Łódź” – Ẹniọlá’s {course}… \n https://x",
        "Été",
    ],
)
@pytest.mark.parametrize(
    "venue", ["Hall", "The Very Long Name of a Community Centre and Library on the Hill, Upper Floor, Room Four"]
)
def test_words_fit_one_message_and_keep_the_way_to_the_page(settings, title, venue):
    settings.SITE_URL = "https://learning.airedon.gov.uk"
    booking = booked(title[:150])
    Venue.objects.update(name=venue)
    words = reminder_words(Booking.objects.with_event_facts().get(pk=booking.pk))
    assert len(words) <= LONGEST
    assert set(words) <= ALPHABET
    assert words.endswith(f"https://learning.airedon.gov.uk/my/bookings/{booking.reference}/")
    assert "Mon 21 Dec, 9:30am" in words


def test_text_comes_once_on_the_working_day_before():
    booked()
    # The working day before Monday 21 December is Friday 18 December.
    assert texts_at(datetime(2026, 12, 18, 7, 59, tzinfo=UTC)) == []
    assert texts_at(datetime(2026, 12, 18, 8, 0, tzinfo=UTC)) == ["+447700900123"]
    assert texts_at(datetime(2026, 12, 20, 8, 0, tzinfo=UTC)) == ["+447700900123"]


@pytest.mark.parametrize("profile", [{"sms_agreed_at": None}, {"phone": ""}, {"phone": "0113 496 0000"}])
def test_nobody_is_texted_who_did_not_agree_or_has_no_mobile(profile):
    booked(**profile)
    assert texts_at(START - timedelta(days=1)) == []
    Practitioner.objects.update(phone="07700 900123", sms_agreed_at=NOW)
    assert texts_at(START - timedelta(days=1)) == ["+447700900123"]


def test_nobody_is_texted_where_nobody_sends_texts(settings):
    booked()
    settings.LETTER_SENDERS = {**settings.LETTER_SENDERS, "SMS": ""}
    assert texts_at(START - timedelta(days=1)) == []


def test_text_is_about_the_booking():
    booking = booked()
    letter = emails.text_reminder(booking=booking, now=NOW)
    assert (letter.about, letter.practitioner) == (f"booking:{booking.pk}", booking.practitioner)
