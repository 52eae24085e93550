"""The sweeps about places: what falls due when, once, and never too late. Register and certificate sweeps have theirs."""

from datetime import UTC, date, datetime, timedelta
from uuid import uuid4

import pytest
import time_machine

from accounts import clock
from accounts.models import OutboundEmail
from bookings import sweeps
from bookings.actions import capacity, certificates, event_changes, move_answers, training_records
from bookings.models import Booking, BookingNeeds, TrainingRecordFile, WaitingListEntry
from bookings.models.booking import State
from bookings.models.certificate import CLAIM_LEASE
from bookings.models.event_change import ChangeKind
from bookings.tasks import build_certificate
from courses.actions.events import Sitting
from courses.models import Event, Session
from tests import cast
from tests.certificates import promised
from tests.makers import NOW, make_booking, make_course, make_event
from tests.queues import waiting

pytestmark = pytest.mark.django_db

START = datetime(2026, 12, 21, 9, 30, tzinfo=UTC)  # a Monday


def letters_at(moment):
    """Run the sweep at a moment and return the letters that are there, in the order of their names."""
    with time_machine.travel(moment, tick=False):
        sweeps.letters.queue_reminders()
    return sorted(OutboundEmail.objects.values_list("letter", flat=True))


def at(day, hour, minute=0, month=12):
    return datetime(2026, month, day, hour, minute, tzinfo=UTC)


def test_reminder_is_written_two_weeks_before_from_eight_in_the_morning():
    make_booking(make_event(starts_at=START), cast.amina())

    assert letters_at(at(7, 7, 59)) == []
    assert letters_at(at(7, 8)) == ["bookings/reminder"]
    assert letters_at(at(7, 9)) == ["bookings/reminder"]


def test_reminder_is_left_out_for_who_booked_later():
    event = make_event(starts_at=START)
    make_booking(event, cast.amina(), now=at(8, 12))
    early = make_booking(event, cast.carol(), now=at(1, 12))

    letters_at(at(9, 12))

    assert list(OutboundEmail.objects.values_list("about", flat=True)) == [f"booking:{early.pk}"]


def test_joining_instructions_come_five_working_days_before_and_to_late_bookers_at_once():
    event = make_event(starts_at=START)
    make_booking(event, cast.amina(), now=at(10, 12))

    assert letters_at(at(13, 12)) == []
    assert letters_at(at(14, 8)) == ["bookings/joining_instructions"]
    make_booking(event, cast.carol(), now=at(18, 12))
    assert letters_at(at(18, 12, 5)) == ["bookings/joining_instructions"] * 2


def test_nothing_is_written_once_the_date_has_begun_or_is_off():
    booking = make_booking(make_event(starts_at=START), cast.amina())
    gone = make_event(make_course("Cancelled"), starts_at=START + timedelta(hours=8))
    make_booking(gone, cast.carol())
    Event.objects.filter(pk=gone.pk).update(state="CANCELLED", cancelled_at=NOW, cancelled_by=cast.wendy())

    assert letters_at(START) == []
    assert letters_at(START - timedelta(minutes=1)) == ["bookings/joining_instructions"]
    assert set(OutboundEmail.objects.values_list("about", flat=True)) == {f"booking:{booking.pk}"}


@pytest.mark.parametrize("state", [State.REQUESTED, State.CANCELLED, State.DECLINED])
def test_only_confirmed_places_are_written_about(state):
    event = make_event(starts_at=START)
    make_booking(event, cast.amina(), state=state, cancelled_at=NOW, decided_reason="no")
    confirmed = make_booking(event, cast.carol())

    letters_at(at(15, 12))

    assert set(OutboundEmail.objects.values_list("about", flat=True)) == {f"booking:{confirmed.pk}"}


def test_a_moved_date_is_told_anew():
    event = make_event(starts_at=START)
    make_booking(event, cast.amina())
    letters_at(at(8, 12))

    Session.objects.filter(event=event).update(
        starts_at=START + timedelta(days=1), ends_at=START + timedelta(days=1, hours=6)
    )

    assert letters_at(at(8, 13)) == ["bookings/reminder"] * 2


def test_online_link_comes_on_the_working_day_before_and_on_the_morning():
    make_booking(make_event(starts_at=START, mode="live_online"), cast.amina())
    letters_at(at(17, 12))
    before = OutboundEmail.objects.count()

    def links(moment):
        letters_at(moment)
        return OutboundEmail.objects.count() - before

    # The working day before Monday 21 December is Friday 18 December.
    assert [links(at(18, 7, 59)), links(at(18, 8)), links(at(20, 12))] == [0, 1, 1]
    assert [links(at(21, 6, 59)), links(at(21, 7)), links(at(21, 9))] == [1, 2, 2]
    letter = OutboundEmail.objects.filter(letter="bookings/online_link").order_by("pk").last()
    assert "https://meet.example.org/room" in letter.text
    assert letter.subject.startswith("Your link for today: ")


def test_online_link_comes_on_the_morning_of_every_day():
    event = make_event(starts_at=START, days=2, mode="live_online")
    make_booking(event, cast.amina())

    for moment in (at(18, 12), at(21, 8), at(22, 8)):
        letters_at(moment)

    assert list(
        OutboundEmail.objects.filter(letter="bookings/online_link").order_by("pk").values_list("key", flat=True)
    ) == [
        f"bookings.online_link:{Booking.objects.get().pk}:{day}"
        for day in ("2026-12-21:eve", "2026-12-21:morning", "2026-12-22:morning")
    ]


def test_online_link_goes_once_to_who_books_on_the_morning():
    event = make_event(starts_at=START, mode="live_online")
    make_booking(event, cast.amina(), now=at(21, 8))

    assert letters_at(at(21, 8, 5)) == ["bookings/joining_instructions", "bookings/online_link"]


def test_reminders_keep_their_hour_when_the_clocks_change():
    """Summer time ends on 25 October 2026: eight in the morning is 7:00 UTC before it and 8:00 UTC after."""
    make_booking(make_event(starts_at=at(8, 10, month=11)), cast.amina(), now=at(1, 9, month=9))
    make_booking(make_event(make_course("Other"), starts_at=at(7, 10, month=11)), cast.carol(), now=at(1, 9, month=9))

    assert letters_at(at(24, 6, 59, month=10)) == []
    assert letters_at(at(24, 7, month=10)) == ["bookings/reminder"]
    assert letters_at(at(25, 7, 59, month=10)) == ["bookings/reminder"]
    assert letters_at(at(25, 8, month=10)) == ["bookings/reminder"] * 2


@pytest.mark.parametrize(
    ("today", "working_days", "expected"),
    [
        (date(2026, 12, 14), 5, date(2026, 12, 21)),
        (date(2026, 12, 18), 1, date(2026, 12, 21)),
        (date(2026, 12, 23), 5, date(2027, 1, 4)),
        (date(2027, 3, 22), 5, date(2027, 3, 31)),
    ],
)
def test_last_start_within_counts_as_the_notice_does(today, working_days, expected):
    """The worked dates of the charging policy, read the other way round: Christmas and Easter."""
    assert sweeps.letters.last_start_within(today, working_days) == expected


def test_queue_reminders_reads_as_often_for_one_booking_as_for_three(django_assert_max_num_queries):
    """The finding; each letter then costs its own rows."""
    event = make_event(starts_at=START)
    for name in ("Ann One", "Bea Two", "Cleo Three"):
        make_booking(event, cast.make_person(name, cast.social_work()))
        with django_assert_max_num_queries(2):
            list(sweeps.letters.reminders_owed(now=at(8, 12), days=14))


def test_lapse_requests_lets_go_what_nobody_decided():
    event = make_event()
    forgotten = make_booking(event, cast.amina(), state=State.REQUESTED)
    waiting = make_booking(event, cast.carol(), state=State.REQUESTED, now=NOW + timedelta(days=3))

    with time_machine.travel(NOW + timedelta(days=5), tick=False):
        sweeps.places.lapse_requests()
        sweeps.places.lapse_requests()

    states = {booking.pk: booking.state for booking in Booking.objects.all()}
    assert states == {forgotten.pk: State.LAPSED, waiting.pk: State.REQUESTED}
    event.refresh_from_db()
    assert event.places_taken == capacity.count_places(event_id=event.pk) == 1
    assert OutboundEmail.objects.count() == 1


def test_erase_expired_needs_leaves_the_booking_and_what_is_still_needed():
    event = make_event()
    expired = make_booking(event, cast.amina())
    kept = make_booking(event, cast.carol())
    for booking, day in ((expired, 20), (kept, 22)):
        BookingNeeds.objects.create(booking=booking, access="hearing loop", erase_on=date(2027, 1, day))

    with time_machine.travel(datetime(2027, 1, 21, 12, tzinfo=UTC), tick=False):
        sweeps.places.erase_expired_needs()

    assert list(BookingNeeds.objects.values_list("booking_id", flat=True)) == [kept.pk]
    assert Booking.objects.count() == 2


def test_check_bookings_reports_what_is_broken_once_a_night(caplog):
    event = make_event()
    night, morning = at(8, 3), at(8, 9)
    with time_machine.travel(night, tick=False):
        sweeps.places.check_bookings()
    clean = list(caplog.records)
    Event.objects.filter(pk=event.pk).update(places_taken=1)

    with time_machine.travel(morning, tick=False):
        sweeps.places.check_bookings()
    by_day = list(caplog.records)
    with time_machine.travel(night, tick=False):
        sweeps.places.check_bookings()

    assert (clean, by_day) == ([], [])
    assert f"event:{event.pk}" in caplog.text


# --- Certificates ----------------------------------------------------------------------------------------


def test_build_owed_certificates_calls_a_worker_while_any_is_promised_and_not_built():
    owed, held = promised(now=clock.now()), promised(cast.ben(), now=clock.now())
    certificates.claim(certificate_id=held.pk, now=clock.now())
    waiting("bookings.build_certificates")

    sweeps.documents.build_owed_certificates()
    assert len(waiting("bookings.build_certificates")) == 1

    build_certificate(certificate_id=owed.pk)
    sweeps.documents.build_owed_certificates()
    assert waiting("bookings.build_certificates") == []


def test_build_owed_certificates_finds_what_a_dead_worker_left():
    certificate = promised(now=clock.now())
    certificates.claim(certificate_id=certificate.pk, now=clock.now() - CLAIM_LEASE - timedelta(seconds=1))
    waiting("bookings.build_certificates")

    sweeps.documents.build_owed_certificates()

    assert len(waiting("bookings.build_certificates")) == 1


# --- Printed training records ---------------------------------------------------------------------------


def test_print_owed_training_records_hands_on_what_was_asked_for_and_not_made():
    owed, held = (
        training_records.ask_for_file(practitioner=user.practitioner, now=clock.now())
        for user in (cast.amina(), cast.ben())
    )
    training_records.claim(file_id=held.pk, now=clock.now())
    waiting("bookings.print_training_record")

    sweeps.documents.print_owed_training_records()

    assert waiting("bookings.print_training_record") == [{"file_id": owed.pk}]


def test_erase_training_record_files_erases_after_a_day():
    with time_machine.travel(NOW, tick=False):
        training_records.ask_for_file(practitioner=cast.amina().practitioner, now=NOW)
        sweeps.documents.erase_training_record_files()
        assert TrainingRecordFile.objects.count() == 1
    with time_machine.travel(NOW + timedelta(hours=25), tick=False):
        sweeps.documents.erase_training_record_files()
    assert TrainingRecordFile.objects.count() == 0


# --- Dates that changed -------------------------------------------------------------------------------------


def move_date(event, now=NOW):
    """A week later, and everybody is asked."""
    later = event.starts_at + timedelta(days=7)
    plan = event_changes.Plan(
        kind=ChangeKind.MOVE,
        sessions=[Sitting(starts_at=later, ends_at=later + timedelta(hours=6))],
        venue=event.venue,
        mode=event.mode,
    )
    return event_changes.begin(event_id=event.pk, plan=plan, by=cast.wendy(), now=now, idempotency_key=uuid4())


def test_carry_out_changes_hands_on_what_nobody_carries_out():
    change = move_date(make_event())
    with time_machine.travel(NOW, tick=False):
        sweeps.event_changes.carry_out_changes()
        assert waiting("bookings.carry_out_change") == [{"change_id": change.pk}]
        event_changes.claim(change_id=change.pk, now=NOW)
        sweeps.event_changes.carry_out_changes()
        assert waiting("bookings.carry_out_change") == []


def test_people_are_reminded_half_way_and_released_at_the_end():
    event = make_event()
    silent, answered = make_booking(event, cast.amina()), make_booking(event, cast.ben())
    change = move_date(event)
    event_changes.carry_out_within(change_id=change.pk, now=NOW)
    Booking.objects.filter(pk=answered.pk).update(answered_at=NOW)
    reminders = OutboundEmail.objects.filter(letter="bookings/move_reminder")
    half = move_answers.half_way(change=change)
    for moment, expected in ((half - timedelta(minutes=1), 0), (half, 1), (half + timedelta(hours=1), 1)):
        with time_machine.travel(moment, tick=False):
            sweeps.event_changes.remind_unanswered()
        assert reminders.count() == expected
    assert reminders.get().about == f"booking:{silent.pk}"
    for moment, state in (
        (change.answer_due_at - timedelta(minutes=1), State.CONFIRMED),
        (change.answer_due_at, State.CANCELLED_BY_PROVIDER),
    ):
        with time_machine.travel(moment, tick=False):
            sweeps.event_changes.release_unanswered()
        silent.refresh_from_db()
        assert silent.state == state
    answered.refresh_from_db()
    assert answered.state == State.CONFIRMED


def test_a_waiting_list_stays_open_while_its_date_is_put_off():
    postponed, begun = make_event(state=Event.State.POSTPONED), make_event()
    entries = []
    for event, user in ((postponed, cast.amina()), (begun, cast.ben())):
        entries.append(
            WaitingListEntry.objects.create(
                reference=f"W-{event.pk}",
                event=event,
                practitioner=user.practitioner,
                offer=event.offers.get(),
                organisation=cast.social_work(),
                joined_at=NOW,
                queued_at=NOW,
                idempotency_key=uuid4(),
            )
        )
    Event.objects.update(people_waiting=1)
    with time_machine.travel(begun.starts_at, tick=False):
        sweeps.waiting_list.close_waiting_lists()
    states = [WaitingListEntry.objects.get(pk=entry.pk).state for entry in entries]
    assert states == ["WAITING", "CLOSED"]
