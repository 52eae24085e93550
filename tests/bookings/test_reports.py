"""The training record and the story of a booking."""

import csv
import io
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from accounts.models import OutboundEmail
from bookings import emails, reports
from bookings.actions import places, requests
from bookings.eligibility import Answers
from bookings.models.booking import State
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db


def took_part(user, title="Neglect", *, days_ago=30, state=State.ATTENDED, hours=6, **fields):
    event = make_event(
        make_course(title, **fields), starts_at=NOW - timedelta(days=days_ago), hours=hours, state="LOCKED"
    )
    return make_booking(event, user, state=state, now=NOW - timedelta(days=days_ago + 20))


def rows_of(text):
    return list(csv.reader(io.StringIO(text.removeprefix("\ufeff"))))


def test_training_record_lists_what_somebody_took_part_in_the_latest_first():
    amina = cast.amina()
    first = took_part(amina, days_ago=300)
    last = took_part(amina, "Domestic abuse", days_ago=10, state=State.PART_ATTENDED)
    took_part(amina, "Missed", state=State.DID_NOT_ATTEND)
    took_part(cast.ben(), "Of somebody else")

    assert reports.training_record(amina) == [last, first]


def test_training_record_reads_as_often_for_one_row_as_for_three(django_assert_num_queries):
    amina = cast.amina()
    for number in range(3):
        took_part(amina, f"Course {number}", days_ago=30 + number)
        with django_assert_num_queries(4):  # bookings, certificates, sittings; courses in their own time
            record = reports.training_record(amina)
            reports.training_record_csv(record)
            reports.learning_days(record, NOW)


def test_training_record_csv_runs_no_formula_and_keeps_words_whole():
    amina = cast.amina()
    took_part(amina, '=HYPERLINK("http://evil.example"), "Łukasz"')

    header, row = rows_of(reports.training_record_csv(reports.training_record(amina)))

    assert header == reports.RECORD_COLUMNS
    assert row[1] == "'" + '=HYPERLINK("http://evil.example"), "Łukasz"'
    assert (row[0], row[3], row[4]) == ("2026-10-22", "yes", "6.00")


@pytest.mark.parametrize(("hours", "expected"), [(4, "0.5"), (4.25, "1.0")])
def test_learning_days_count_half_up_to_four_hours(hours, expected):
    amina = cast.amina()
    took_part(amina, hours=hours)

    assert reports.learning_days(reports.training_record(amina), NOW) == Decimal(expected)


def test_learning_days_count_this_year_and_what_was_attended_in_full():
    amina = cast.amina()
    took_part(amina, "This year")
    took_part(amina, "Last year", days_ago=300)
    took_part(amina, "In part", state=State.PART_ATTENDED)

    assert reports.learning_days(reports.training_record(amina), NOW) == Decimal("1.0")


@pytest.mark.parametrize(
    ("now", "expected"),
    [
        (datetime(2027, 3, 31, 22, 59, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2027, 3, 31, 23, 0, tzinfo=UTC), date(2027, 4, 1)),  # midnight in British summer time
    ],
)
def test_learning_year_begins_in_april(now, expected):
    assert reports.learning_year_start(now) == expected


def titles(booking, now=NOW):
    booking.refresh_from_db()
    return [chapter.title for chapter in reports.story_of(booking, now)]


def test_story_tells_steps_letters_and_what_lies_ahead_in_time_order():
    amina, event = cast.amina(), make_event(days=2)
    booking = places.book(
        event=event,
        practitioner=amina.practitioner,
        organisation=cast.social_work(),
        by=amina,
        now=NOW,
        answers=Answers(has_managers_agreement=True),
    )

    assert titles(booking) == [
        "You booked this place",
        "Letter: Your place on Working Together to Safeguard Children and Young People, 21 Dec 2026",
        "Last day to cancel free of charge",
        "Day 1 of your course",
        "Day 2 of your course",
    ]
    OutboundEmail.objects.update(sent_at=NOW)
    emails.reminder(booking=booking, now=NOW)  # is held back by the cancellation, so it is no part of the story
    places.cancel(booking_id=booking.pk, by=amina, now=NOW + timedelta(hours=1), reason="ill")
    assert titles(booking) == [
        "You booked this place",
        "Letter: Your place on Working Together to Safeguard Children and Young People, 21 Dec 2026",
        "You cancelled your place",
        "Letter: Cancelled: your place on Working Together to Safeguard Children and Young People, 21 Dec 2026",
    ]


def test_story_tells_of_a_request_and_its_end():
    booking = make_booking(make_event(), cast.amina(), state=State.REQUESTED)
    asked = titles(booking)
    requests.decline(booking_id=booking.pk, by=cast.wendy(), now=NOW + timedelta(days=1), reason="It is full")

    assert asked == ["You asked for a place", "Last day that we hold the place for you", "The day of your course"]
    assert titles(booking) == [
        "You asked for a place",
        "Your request was declined",
        "Letter: About your request: Working Together to Safeguard Children and Young People, 21 Dec 2026",
    ]


def test_story_tells_no_letters_of_others():
    booking = make_booking(make_event(), cast.amina())
    other = make_booking(booking.event, cast.carol())
    places.cancel(booking_id=other.pk, by=cast.carol(), now=NOW)

    assert OutboundEmail.objects.count() == 1
    assert not any(title.startswith("Letter") for title in titles(booking))
