"""Sweeps over questionnaires: ask, remind, close, and give the certificates that were earned by answering."""

from celery import shared_task

from accounts import clock
from bookings.actions import certificates
from evaluation.actions import responses
from evaluation.models import Response
from evaluation.sweeps.owed import pay

INVITATIONS_A_SWEEP = 1000


@shared_task(name="evaluation.invite_due")
def invite_due(**kwargs: object) -> None:
    """Make the questionnaires that are missing, stop those no longer needed, and invite to those that have opened."""
    now = clock.now()
    responses.follow_bookings(now=now)
    responses.follow_dates(now=now)
    responses.schedule(now=now)
    due = Response.objects.due_to_invite(now).order_by("opens_at", "pk").values_list("pk", flat=True)
    for response_id in due[:INVITATIONS_A_SWEEP]:
        pay(responses.invite, now=now, response_id=response_id)


@shared_task(name="evaluation.remind_outstanding")
def remind_outstanding(**kwargs: object) -> None:
    """Remind people whose questionnaire is still unanswered."""
    now = clock.now()
    for response_id in responses.due_to_remind(now=now):
        pay(responses.remind, now=now, response_id=response_id)


@shared_task(name="evaluation.expire_closed")
def expire_closed(**kwargs: object) -> None:
    """Close the questionnaires whose time has passed."""
    responses.expire(now=clock.now())


@shared_task(name="evaluation.release_earned_certificates")
def release_earned_certificates(**kwargs: object) -> None:
    """Promise certificates whose register was completed or corrected after the feedback came in."""
    now = clock.now()
    for booking_id in responses.earned_without_certificate(now=now):
        pay(certificates.release, now=now, booking_id=booking_id)
