"""Sweeps of the evaluation app: find what is owed and hand each on. The timetable is in workforce_portal/celery.py."""

import logging
from collections.abc import Callable
from datetime import datetime

from celery import shared_task

from accounts import clock
from bookings.actions import certificates
from evaluation.actions import quality_reports, responses
from evaluation.models import QualityReport, Response
from evaluation.tasks import build_report

logger = logging.getLogger(__name__)

INVITATIONS_A_SWEEP = 1000
REPORTS_A_SWEEP = 20
# Hints older than that are dropped: the next sweep gives new ones.
REPORT_HINT_SECONDS = 55


@shared_task(name="evaluation.invite_due")
def invite_due(**kwargs: object) -> None:
    """Make the questionnaires that are missing, stop those no longer needed, and invite to those that have opened."""
    now = clock.now()
    responses.follow_bookings(now=now)
    responses.follow_dates(now=now)
    responses.schedule(now=now)
    due = Response.objects.due_to_invite(now).order_by("opens_at", "pk").values_list("pk", flat=True)
    for response_id in due[:INVITATIONS_A_SWEEP]:
        _pay(responses.invite, now=now, response_id=response_id)


@shared_task(name="evaluation.remind_outstanding")
def remind_outstanding(**kwargs: object) -> None:
    """Remind people whose questionnaire is still unanswered."""
    now = clock.now()
    for response_id in responses.due_to_remind(now=now):
        _pay(responses.remind, now=now, response_id=response_id)


@shared_task(name="evaluation.expire_closed")
def expire_closed(**kwargs: object) -> None:
    """Close the questionnaires whose time has passed."""
    responses.expire(now=clock.now())


@shared_task(name="evaluation.release_earned_certificates")
def release_earned_certificates(**kwargs: object) -> None:
    """Promise certificates whose register was completed or corrected after the feedback came in."""
    now = clock.now()
    for booking_id in responses.earned_without_certificate(now=now):
        _pay(certificates.release, now=now, booking_id=booking_id)


@shared_task(name="evaluation.build_owed_reports")
def build_owed_reports(**kwargs: object) -> None:
    """Hand on the quality reports that were asked for and not made, whatever became of the first hint."""
    now = clock.now()
    quality_reports.give_up_spent(now=now)
    owed = QualityReport.objects.owed(now).order_by("requested_at").values_list("pk", flat=True)
    for report_id in owed[:REPORTS_A_SWEEP]:
        build_report.apply_async(kwargs={"report_id": report_id}, expires=REPORT_HINT_SECONDS)


def _pay(action: Callable, *, now: datetime, **row: int) -> None:
    """Pay one owed thing; what is wrong with one row must not keep the others waiting."""
    try:
        action(now=now, **row)
    except Exception as error:
        logger.error("%s of %s is still owed: %s", action.__name__, row, type(error).__name__)
