"""Sweeps over places without a name: ask for names in time, and give back what nobody named."""

from collections.abc import Iterable
from datetime import date, datetime

from celery import shared_task
from django.db.models import TextField, Value
from django.db.models.functions import Cast, TruncDate
from django.utils import timezone

from accounts import clock
from accounts.models import Partnership
from bookings import emails
from bookings.actions import group_bookings
from bookings.emails.groups import FIRST, LAST
from bookings.models import GroupBooking
from bookings.sweeps.letters import LETTERS_A_SWEEP, LETTERS_BEGIN_HOUR, day_begun, last_start_within, unwritten
from courses.models import Event
from courses.working_days import BRITISH_TIME, start_of_day, working_days_before


@shared_task(name="bookings.ask_for_names")
def ask_for_names(**kwargs: object) -> None:
    """Write to contacts whose places have no name yet: some working days before the date, and once more."""
    now = clock.now()
    partnership = Partnership.objects.current()
    for group in names_owed(now=now, days=partnership.name_last_reminder_days, which=LAST):
        emails.names_needed(group=group, which=LAST, now=now)
    for group in names_owed(now=now, days=partnership.name_reminder_days, which=FIRST):
        if not _is_due(group, partnership.name_last_reminder_days, day_begun(now, LETTERS_BEGIN_HOUR)):
            emails.names_needed(group=group, which=FIRST, now=now)


def names_owed(*, now: datetime, days: int, which: str) -> Iterable[GroupBooking]:
    """Return whose contact is to be asked, and has not been; whoever booked on the day or later has just been told."""
    last_day = last_start_within(day_begun(now, LETTERS_BEGIN_HOUR), days)
    facts = GroupBooking.objects.with_unnamed_places().with_event_facts().select_related("policy")
    held = facts.prefetch_related("event__sessions__venue").filter(
        name_by__gt=now,
        event__state=Event.State.OPEN,
        event__starts_at__gt=now,
        event__starts_at__lt=start_of_day(date.fromordinal(last_day.toordinal() + 1)),
    )
    day = Cast(TruncDate("event__starts_at", tzinfo=BRITISH_TIME), TextField())
    owed = unwritten(
        held, Value("bookings.names_needed:"), Cast("pk", TextField()), Value(":"), day, Value(f":{which}")
    )
    for group in owed.order_by("event__starts_at", "pk")[:LETTERS_A_SWEEP]:
        if timezone.localtime(group.booked_at).date() < _due_on(group, days):
            yield group


def _due_on(group: GroupBooking, days: int) -> date:
    return working_days_before(timezone.localtime(group.event.starts_at).date(), days)


def _is_due(group: GroupBooking, days: int, today: date) -> bool:
    return _due_on(group, days) <= today


@shared_task(name="bookings.release_unnamed")
def release_unnamed(**kwargs: object) -> None:
    """Give back the places that nobody named in time, each group in a transaction of its own."""
    now = clock.now()
    overdue = GroupBooking.objects.past_their_day(now)
    for group_id in list(overdue.order_by("name_by", "pk").values_list("pk", flat=True)):
        group_bookings.release_overdue(group_id=group_id, now=now)
