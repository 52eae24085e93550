"""Sweeps over self-paced courses: remind twice before the day, and end what was not finished by it (rule B26)."""

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from celery import shared_task
from django.db.models import TextField, Value
from django.db.models.functions import Cast, TruncDate

from accounts import clock
from bookings import emails
from bookings.actions import self_paced
from bookings.emails.self_paced import FIRST, LAST
from bookings.models import SelfPacedEnrolment
from bookings.sweeps.letters import LETTERS_A_SWEEP, LETTERS_BEGIN_HOUR, day_begun, unwritten
from courses.working_days import BRITISH_TIME, start_of_day

# Of 28 days these are the fourteenth and the twenty-fifth; somebody who gets more time is reminded before the later day.
DAYS_BEFORE = {FIRST: 14, LAST: 3}


@shared_task(name="bookings.remind_self_paced")
def remind_self_paced(**kwargs: object) -> None:
    """Remind people of the self-paced course that they have not finished, twice before their day."""
    now = clock.now()
    for which in (LAST, FIRST):
        for enrolment in reminders_owed(now=now, which=which):
            emails.self_paced_reminder(enrolment=enrolment, which=which, now=now)


def reminders_owed(*, now: datetime, which: str) -> Iterable[SelfPacedEnrolment]:
    """Return who is to be reminded and has not been: not whoever has just been told their day, nor twice at once."""
    today = day_begun(now, LETTERS_BEGIN_HOUR)
    until = start_of_day(today + timedelta(days=DAYS_BEFORE[which] + 1))
    live = SelfPacedEnrolment.objects.live().with_facts().filter(due_at__gt=now, due_at__lt=until)
    if which == FIRST:
        live = live.filter(due_at__gte=start_of_day(today + timedelta(days=DAYS_BEFORE[LAST] + 1)))
    day = Cast(TruncDate("due_at", tzinfo=BRITISH_TIME), TextField())
    key = (Value("bookings.self_paced_reminder:"), Cast("pk", TextField()), Value(":"), day, Value(f":{which}"))
    for enrolment in unwritten(live, *key).order_by("due_at", "pk")[:LETTERS_A_SWEEP]:
        told_at = enrolment.extended_at or enrolment.enrolled_at
        if emails.local_date(told_at) < _reminded_on(enrolment, which):
            yield enrolment


def _reminded_on(enrolment: SelfPacedEnrolment, which: str) -> date:
    return emails.local_date(enrolment.due_at) - timedelta(days=DAYS_BEFORE[which])


@shared_task(name="bookings.lapse_self_paced")
def lapse_self_paced(**kwargs: object) -> None:
    """End the self-paced courses that were not finished by their day, each in a transaction of its own."""
    now = clock.now()
    overdue = SelfPacedEnrolment.objects.overdue(now).order_by("due_at", "pk").values_list("pk", flat=True)
    for enrolment_id in list(overdue):
        self_paced.lapse(enrolment_id=enrolment_id, now=now)
