"""Verbs about letters in the outbox."""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.models import OutboundEmail, User
from accounts.wake import wake


class CannotSendAgain(Exception):
    """The letter cannot be sent again; the words say what to do."""


@transaction.atomic
def send_again(*, email: OutboundEmail, by: User, now: datetime) -> OutboundEmail:
    """Put a letter that was given up back into the post, with all its attempts before it."""
    if email.is_secret and not email.text:
        raise CannotSendAgain(
            "Its link is not kept. Ask the person to ask for a new one: on the sign-in page, or for a manager on the page of the request."
        )
    email.given_up_at = email.claimed_at = None
    email.attempts, email.send_at, email.last_error = 0, now, ""
    email.save(update_fields=["given_up_at", "claimed_at", "attempts", "send_at", "last_error"])
    audit.record(by=by, verb="letter.send_again", subject=f"letter:{email.pk}", now=now)
    wake("accounts.deliver_email", email_id=email.pk)
    return email
