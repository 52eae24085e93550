"""Sweep over improvement actions: remind whoever promised something, once before the day and once after it."""

from datetime import datetime, timedelta

from celery import shared_task
from django.db.models import F, QuerySet, TextField, Value
from django.db.models.functions import Cast
from django.utils import timezone

from accounts import clock
from accounts.models import Partnership
from bookings.sweeps.letters import LETTERS_A_SWEEP, LETTERS_BEGIN_HOUR, day_begun, unwritten
from evaluation.actions import improvements
from evaluation.emails.improvements import OVERDUE, REMINDER, key_of
from evaluation.models import ImprovementAction
from evaluation.sweeps.owed import pay

# What has been overdue for longer was written about, or is older than these letters.
OVERDUE_LETTER_WINDOW = timedelta(days=30)


@shared_task(name="evaluation.remind_of_actions")
def remind_of_actions(**kwargs: object) -> None:
    """Write the reminders that have fallen due."""
    now = clock.now()
    for actions in (_coming(now), _overdue(now)):
        for action_id in actions.order_by("due_on", "pk").values_list("pk", flat=True)[:LETTERS_A_SWEEP]:
            pay(improvements.remind, now=now, action_id=action_id)


def _coming(now: datetime) -> QuerySet[ImprovementAction]:
    """Those whose day is near; not those written down so late that their owner has just heard of them."""
    notice = timedelta(days=Partnership.objects.current().action_reminder_days)
    return _unwritten(REMINDER).filter(
        due_on__gte=timezone.localtime(now).date(),
        due_on__lte=day_begun(now, LETTERS_BEGIN_HOUR) + notice,
        made_at__date__lt=F("due_on") - notice,
    )


def _overdue(now: datetime) -> QuerySet[ImprovementAction]:
    last = day_begun(now, LETTERS_BEGIN_HOUR) - timedelta(days=Partnership.objects.current().action_overdue_days)
    return _unwritten(OVERDUE).filter(due_on__lte=last, due_on__gt=last - OVERDUE_LETTER_WINDOW)


def _unwritten(letter: str) -> QuerySet[ImprovementAction]:
    owned = ImprovementAction.objects.outstanding().known_to_owner().filter(owner__isnull=False)
    return unwritten(owned, Value(key_of(letter)), Cast("pk", TextField()))
