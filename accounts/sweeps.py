"""Find the letters that are owed, and show that beat is alive."""

import logging

from celery import shared_task

from accounts import bounces, clock, heartbeats, senders
from accounts.models import OutboundEmail
from accounts.wake import wake

logger = logging.getLogger(__name__)

LETTERS_A_SWEEP = 500
LETTERS_A_CONNECTION = 50


@shared_task(name="accounts.deliver_owed_emails")
def deliver_owed_emails(**kwargs: object) -> None:
    """Hand owed letters on, the most urgent and longest owed first."""
    owed = OutboundEmail.objects.owed(clock.now()).order_by("urgency", "send_at", "pk")
    ids = list(owed.values_list("pk", flat=True)[:LETTERS_A_SWEEP])
    for start in range(0, len(ids), LETTERS_A_CONNECTION):
        wake("accounts.deliver_emails", email_ids=ids[start : start + LETTERS_A_CONNECTION])


@shared_task(name="accounts.read_failures")
def read_failures(**kwargs: object) -> None:
    """Ask a sender that knows it what it could not deliver, and mark those letters like ones that came back."""
    try:
        reporter = senders.reporter()
        # All pages, each time: what is given up after three days stands where it was sent, behind what is known already.
        for page in reporter.failures() if reporter else ():
            bounces.mark_new(page, now=clock.now())
    except (senders.ServerAway, senders.LetterPutOff) as reason:
        logger.warning("nobody says just now what was not delivered: %s", reason)


@shared_task(name="accounts.record_heartbeat")
def record_heartbeat(**kwargs: object) -> None:
    """Beat asked, so beat is alive; ask a worker to answer."""
    heartbeats.note("beat", clock.now())
    wake("accounts.answer_heartbeat")
