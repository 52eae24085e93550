"""The sweep that takes old words out of feedback (DOMAIN 11.2). By night, in portions."""

from celery import shared_task
from django.utils import timezone

from accounts import clock
from accounts.models import Partnership
from bookings.sweeps.places import CHECKED_AT_HOUR
from courses.working_days import months_before
from evaluation.actions import moderation

# A portal that begins with years of history forgets so much a night, and the rest in the nights after.
PORTION, PORTIONS_A_NIGHT = 1_000, 20


@shared_task(name="evaluation.forget_words", soft_time_limit=600, time_limit=660)
def forget_words(**kwargs: object) -> None:
    """Take the words out of answers once their time is over; what was approved to be quoted stays."""
    now = clock.now()
    if timezone.localtime(now).hour != CHECKED_AT_HOUR:
        return
    written_before = months_before(now, Partnership.objects.current().feedback_words_months)
    for _ in range(PORTIONS_A_NIGHT):
        if moderation.forget_words(written_before=written_before, at_most=PORTION) < PORTION:
            return
