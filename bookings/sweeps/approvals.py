"""Sweep over requests whose manager has not answered yet."""

from datetime import datetime

from celery import shared_task

from accounts import clock
from accounts.models import Partnership
from bookings import emails
from bookings.actions import approvals
from bookings.models import Approval
from bookings.sweeps.letters import LETTERS_BEGIN_HOUR, day_begun
from courses.working_days import working_days_after


@shared_task(name="bookings.remind_approvers")
def remind_approvers(**kwargs: object) -> None:
    """Remind each manager once, some working days after they were asked (rule B2)."""
    now = clock.now()
    for approval_id in reminders_due(now=now):
        approvals.remind(approval_id=approval_id, now=now)


def reminders_due(*, now: datetime) -> list[int]:
    """Return the open questions whose day to be reminded has come, the oldest first."""
    days = Partnership.objects.current().request_reminder_days
    today = day_begun(now, LETTERS_BEGIN_HOUR)
    waiting = Approval.objects.to_be_reminded(now).order_by("asked_at", "pk").values_list("pk", "asked_at")
    return [pk for pk, asked_at in waiting if working_days_after(emails.local_date(asked_at), days) <= today]
