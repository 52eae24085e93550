"""Sweeps over accounts that nobody uses: ask, and make anonymous whoever has not answered (rule B27). By night, in portions."""

from datetime import datetime, time
from typing import Any

from celery import shared_task
from django.utils import timezone

from accounts import clock
from accounts.models import Partnership
from bookings import inactivity
from bookings.actions import inactive_accounts
from bookings.sweeps.letters import LETTERS_BEGIN_HOUR
from bookings.sweeps.places import CHECKED_AT_HOUR
from courses.working_days import BRITISH_TIME

# A portal that begins with years of history asks this many a night, and the others in the nights after.
PEOPLE_A_NIGHT = 200


@shared_task(name="bookings.ask_inactive_accounts")
def ask_inactive_accounts(**kwargs: object) -> None:
    """Ask people who have not been here for long whether they still need their account; the letter leaves in the morning."""
    now = clock.now()
    local = timezone.localtime(now)
    if local.hour != CHECKED_AT_HOUR:
        return
    send_at = datetime.combine(local.date(), time(LETTERS_BEGIN_HOUR), tzinfo=BRITISH_TIME)
    owed: Any = inactivity.to_be_asked(now, Partnership.objects.current())
    for practitioner_id in list(owed.order_by("last_active_at", "pk").values_list("pk", flat=True)[:PEOPLE_A_NIGHT]):
        inactive_accounts.ask(practitioner_id=practitioner_id, now=now, send_at=send_at)


@shared_task(name="bookings.anonymise_inactive_accounts", soft_time_limit=600, time_limit=660)
def anonymise_inactive_accounts(**kwargs: object) -> None:
    """Take away who they were of people who did not answer, each in a transaction of its own: what is done is done."""
    now = clock.now()
    if timezone.localtime(now).hour != CHECKED_AT_HOUR:
        return
    due: Any = inactivity.to_be_anonymised(now, Partnership.objects.current()).order_by("inactive_asked_at", "pk")
    for practitioner_id in list(due.values_list("pk", flat=True)[:PEOPLE_A_NIGHT]):
        inactive_accounts.anonymise(practitioner_id=practitioner_id, now=now)
