"""The letter to somebody who has not used their account for long (rule B27)."""

from datetime import datetime

from accounts.correspondence import queue_email
from accounts.models import OutboundEmail, Partnership, Practitioner
from bookings.emails.facts import address_of
from bookings.inactivity import answer_by, token_for


def inactive_account(*, practitioner: Practitioner, now: datetime, send_at: datetime) -> OutboundEmail | None:
    """Once for each question: what becomes of the account, by when, and two ways to keep it."""
    to = address_of(practitioner)
    if not to:
        return None
    return queue_email(
        key=f"bookings.inactive_account:{practitioner.pk}:{now.isoformat()}",
        to=to,
        letter="bookings/inactive_account",
        context={
            "practitioner": practitioner,
            "token": token_for(practitioner, now),
            "answer_by": answer_by(asked_at=now, partnership=Partnership.objects.current()),
        },
        now=now,
        send_at=send_at,
        about=f"practitioner:{practitioner.pk}",
        practitioner=practitioner,
        is_secret=True,
    )
