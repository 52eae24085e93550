"""Sweeps of the bookings app: find what is owed and hand each on. The timetable is in workforce_portal/celery.py."""

import logging
from collections.abc import Iterable
from datetime import date, datetime, timedelta

from celery import shared_task
from django.db.models import Exists, F, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat, TruncDate
from django.utils import timezone

from accounts import clock
from accounts.models import OutboundEmail, Partnership
from bookings import emails
from bookings.actions import certificates, places, registers, training_records
from bookings.models import Booking, BookingNeeds
from bookings.tasks import build_certificates, print_training_record
from courses.models import DeliveryMode, Event, Session
from courses.working_days import BRITISH_TIME, working_days_after, working_days_before

logger = logging.getLogger(__name__)

# A register marked later than this brings no letter: nobody remembers why they were away.
ABSENCE_LETTER_WINDOW = timedelta(days=21)

# What is owed is found again in the minute's next sweep; hints older than that are dropped.
HINT_SECONDS = 55


@shared_task(name="bookings.build_owed_certificates")
def build_owed_certificates(**kwargs: object) -> None:
    """Call a worker while certificates are promised and not built, whatever became of the first call."""
    if certificates.are_owed(now=clock.now()):
        build_certificates.apply_async(expires=HINT_SECONDS)


@shared_task(name="bookings.print_owed_training_records")
def print_owed_training_records(**kwargs: object) -> None:
    """Hand on the training records that were asked for and not printed."""
    for file_id in training_records.owed_ids(now=clock.now()):
        print_training_record.apply_async(kwargs={"file_id": file_id}, expires=HINT_SECONDS)


@shared_task(name="bookings.erase_training_record_files")
def erase_training_record_files(**kwargs: object) -> None:
    """Erase printed training records after a day: whoever wanted one has it, and it can be made again."""
    training_records.erase_expired(now=clock.now())


@shared_task(name="bookings.close_delivered_events")
def close_delivered_events(**kwargs: object) -> None:
    """Mark the events whose last session has ended as delivered."""
    registers.close_delivered(now=clock.now())


@shared_task(name="bookings.lock_registers")
def lock_registers(**kwargs: object) -> None:
    """Lock the registers whose time for changes is over (rule B17)."""
    now = clock.now()
    for event in Event.objects.filter(state=Event.State.DELIVERED).ended(now).order_by("pk"):
        registers.lock(event=event, now=now)


@shared_task(name="bookings.queue_absence_letters")
def queue_absence_letters(**kwargs: object) -> None:
    """Ask people who did not attend to tell us why, from the working day after the event."""
    now = clock.now()
    asked = OutboundEmail.objects.filter(key=Concat(Value("bookings.absence:"), Cast(OuterRef("pk"), TextField())))
    absent = Booking.objects.absent_since(now - ABSENCE_LETTER_WINDOW).filter(~Exists(asked)).with_event_facts()
    today = timezone.localtime(now).date()
    for booking in absent.order_by("pk"):
        if working_days_after(timezone.localtime(booking.event.ends_at).date(), 1) <= today:
            emails.absence(booking=booking, now=now)


# Nobody wants to hear from us in the night: a letter that falls due on a day is written from this hour on.
LETTERS_BEGIN_HOUR = 8
MORNING_BEGINS_HOUR = 7
LETTERS_A_SWEEP = 500
LINK_MODES = (DeliveryMode.LIVE_ONLINE, DeliveryMode.BLENDED)


@shared_task(name="bookings.queue_reminders")
def queue_reminders(**kwargs: object) -> None:
    """Write the letters before an event that have fallen due: reminder, joining instructions, online link."""
    now = clock.now()
    partnership = Partnership.objects.current()
    for booking in reminders_owed(now=now, days=partnership.reminder_days):
        emails.reminder(booking=booking, now=now)
    for booking in joining_instructions_owed(now=now, working_days=partnership.joining_instructions_days):
        emails.joining_instructions(booking=booking, now=now)
    for session, day in sessions_needing_a_link(now=now):
        for booking in links_owed(session=session, day=day):
            emails.online_link(booking=booking, session=session, day=day, now=now)


def reminders_owed(*, now: datetime, days: int) -> Iterable[Booking]:
    """Return who is to be reminded; whoever booked later than the reminder's day needs none."""
    today = day_begun(now, LETTERS_BEGIN_HOUR)
    booked_before = _starting_until(today + timedelta(days=days), now).filter(
        confirmed_at__lt=F("event__starts_at") - timedelta(days=days)
    )
    return _without_letter(booked_before, "reminder")[:LETTERS_A_SWEEP]


def joining_instructions_owed(*, now: datetime, working_days: int) -> Iterable[Booking]:
    """Return who is to be told how to join, late bookers included."""
    last_day = last_start_within(day_begun(now, LETTERS_BEGIN_HOUR), working_days)
    starting = _starting_until(last_day, now)
    return _without_letter(starting, "joining_instructions")[:LETTERS_A_SWEEP]


def sessions_needing_a_link(*, now: datetime) -> list[tuple[Session, str]]:
    """Return the online sessions whose link is due: the first on the working day before, each on its own morning."""
    eve, morning = day_begun(now, LETTERS_BEGIN_HOUR), day_begun(now, MORNING_BEGINS_HOUR)
    last_day = last_start_within(eve, 1)
    due = []
    for session in (
        Session.objects.filter(event__state=Event.State.OPEN, event__mode__in=LINK_MODES)
        .filter(starts_at__gt=now, starts_at__lt=_midnight_after(last_day))
        .select_related("event")
        .order_by("starts_at", "pk")
    ):
        if not (session.online_link or session.event.online_link):
            continue
        if emails.local_date(session.starts_at) == morning:
            due.append((session, emails.MORNING))
        elif session.position == 1 and emails.local_date(session.starts_at) > eve:
            due.append((session, emails.EVE))
    return due


def links_owed(*, session: Session, day: str) -> Iterable[Booking]:
    """Return who has a place in this session and has not been sent this letter."""
    on = emails.local_date(session.starts_at).isoformat()
    confirmed = _who_can_be_written_to().filter(event=session.event_id)
    return _unwritten(confirmed, Value("bookings.online_link:"), Cast("pk", TextField()), Value(f":{on}:{day}"))


def day_begun(now: datetime, hour: int) -> date:
    """Return today from this hour on by the clock on the wall, and before it yesterday."""
    local = timezone.localtime(now)
    return local.date() if local.hour >= hour else local.date() - timedelta(days=1)


def last_start_within(today: date, working_days: int) -> date:
    """Return the latest day that lies no more than this many working days ahead."""
    day = today
    while working_days_before(day + timedelta(days=1), working_days) <= today:
        day += timedelta(days=1)
    return day


def _starting_until(last_day: date, now: datetime) -> QuerySet[Booking]:
    """Confirmed places on dates that take place, have not begun, and start on this day or earlier."""
    return _who_can_be_written_to().filter(
        event__state=Event.State.OPEN, event__starts_at__gt=now, event__starts_at__lt=_midnight_after(last_day)
    )


def _who_can_be_written_to() -> QuerySet[Booking]:
    return (
        Booking.objects.confirmed()
        .exclude(practitioner__email="", practitioner__user__isnull=True)
        .with_event_facts()
        .select_related("policy", "practitioner__user")
        .prefetch_related("event__sessions")
        .order_by("event__starts_at", "pk")
    )


def _without_letter(bookings: QuerySet[Booking], letter: str) -> QuerySet[Booking]:
    """Those for whom no letter exists under the key that emails.py gives it; a moved event makes a new key."""
    day = Cast(TruncDate("event__starts_at", tzinfo=BRITISH_TIME), TextField())
    return _unwritten(bookings, Value(f"bookings.{letter}:"), Cast("pk", TextField()), Value(":"), day)


def _unwritten(bookings: QuerySet[Booking], *parts_of_key: Value | Cast) -> QuerySet[Booking]:
    key = Concat(*parts_of_key, output_field=TextField())
    return bookings.annotate(owed_key=key).filter(~Exists(OutboundEmail.objects.filter(key=OuterRef("owed_key"))))


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=BRITISH_TIME)


@shared_task(name="bookings.lapse_requests")
def lapse_requests(**kwargs: object) -> None:
    """Let go the requests that nobody decided in time, each in a transaction of its own (rule B2)."""
    now = clock.now()
    due = Booking.objects.requests_past_their_hold(now).order_by("hold_ends_at", "pk").values_list("pk", flat=True)
    for booking_id in list(due):
        places.lapse_request(booking_id=booking_id, now=now)


@shared_task(name="bookings.erase_expired_needs")
def erase_expired_needs(**kwargs: object) -> None:
    """Erase access and diet needs whose day has come (rule B22)."""
    BookingNeeds.objects.expired(emails.local_date(clock.now())).delete()


@shared_task(name="bookings.check_place_counts")
def check_place_counts(**kwargs: object) -> None:
    """Compare every event's counter with its bookings; a difference is a fault that somebody must look at."""
    for event_id in places.miscounted_events():
        logger.error("event %s: its count of places differs from its bookings", event_id)
