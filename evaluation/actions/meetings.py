"""Meetings of the subgroup: note that one was held."""

from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import User
from evaluation.models import Meeting


class MeetingRefused(Exception):
    """The meeting cannot be noted so; the words say why."""


@transaction.atomic
def note(*, held_on: date, by: User, now: datetime) -> Meeting:
    """Note the day of a meeting. Noted twice it is there once.

    Raises MeetingRefused for a day that has not come yet.
    """
    if held_on > timezone.localtime(now).date():
        raise MeetingRefused("That day has not come yet. Note the meeting once it has been held.")
    meeting, is_new = Meeting.objects.get_or_create(held_on=held_on, defaults={"noted_at": now, "noted_by": by})
    if is_new:
        record(by=by, verb="meeting.note", subject=f"meeting:{meeting.pk}", now=now, held_on=f"{held_on}")
    return meeting
