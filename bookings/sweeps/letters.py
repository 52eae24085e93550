"""Sweeps that write the letters before an event when they fall due."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from celery import shared_task
from django.db.models import Exists, F, OuterRef, QuerySet, TextField, Value
from django.db.models.functions import Cast, Concat, TruncDate
from django.utils import timezone

from accounts import clock
from accounts.models import OutboundEmail, Partnership
from accounts.senders import has_sender
from bookings import emails
from bookings.models import Booking
from courses.models import DeliveryMode, Event, Session
from courses.working_days import BRITISH_TIME, start_of_day, working_days_before

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
    if has_sender(OutboundEmail.Channel.SMS):
        for booking in text_reminders_owed(now=now):
            emails.text_reminder(booking=booking, now=now)


def text_reminders_owed(*, now: datetime) -> Iterable[Booking]:
    """Return who is to be reminded by text message, on the working day before: those who agreed to it."""
    agreed = _starting_until(last_start_within(day_begun(now, LETTERS_BEGIN_HOUR), 1), now).filter(
        practitioner__sms_agreed_at__isnull=False
    )
    return _without_letter(agreed.exclude(practitioner__phone=""), "text_reminder")[:LETTERS_A_SWEEP]


def reminders_owed(*, now: datetime, days: int) -> Iterable[Booking]:
    """Return who is to be reminded; whoever booked later than the reminder's day needs none.

    Nor does anybody once half of the time is over: what was missed so long is not made good by a late reminder.
    """
    today = day_begun(now, LETTERS_BEGIN_HOUR)
    booked_before = _starting_until(today + timedelta(days=days), now).filter(
        confirmed_at__lt=F("event__starts_at") - timedelta(days=days),
        event__starts_at__gte=start_of_day(today + timedelta(days=days // 2)),
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
    return unwritten(confirmed, Value("bookings.online_link:"), Cast("pk", TextField()), Value(f":{on}:{day}"))


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
    return unwritten(bookings, Value(f"bookings.{letter}:"), Cast("pk", TextField()), Value(":"), day)


def unwritten(bookings: QuerySet, *parts_of_key: Value | Cast) -> QuerySet:
    key = Concat(*parts_of_key, output_field=TextField())
    return bookings.annotate(owed_key=key).filter(~Exists(OutboundEmail.objects.filter(key=OuterRef("owed_key"))))


def _midnight_after(day: date) -> datetime:
    return datetime.combine(day + timedelta(days=1), datetime.min.time(), tzinfo=BRITISH_TIME)
