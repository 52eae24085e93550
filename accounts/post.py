"""The way from the outbox to whoever sends letters: claim one, see that it still holds, send it, mark it.

A letter is marked after it is sent. If the worker dies in between, the letter goes out a second time with
the same Message-ID, which most mailboxes show once; marking first would lose it instead.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta

from django.core.cache import cache

from accounts.correspondence import why_not
from accounts.models import OutboundEmail
from accounts.models.email import MAX_ATTEMPTS, WAITS_IN_MINUTES
from accounts.senders import LetterPutOff, LetterRefused, Sender, ServerAway, sender_for

logger = logging.getLogger(__name__)

SERVER_AWAY_SECONDS = 60


def away_key(channel: str) -> str:
    """Under which it is remembered that a channel's server is away: text messages go on while email cannot."""
    return f"accounts.post.server_away.{channel}"


def deliver(email_ids: Iterable[int], *, now: datetime) -> int:
    """Send these letters, each channel's over one sender, and return how many went; those not owed are passed over.

    A channel stops at the first sign that its server is away: its letters stay owed, with no attempt counted.
    """
    ids = list(email_ids)
    channels = dict(OutboundEmail.objects.filter(pk__in=ids).values_list("pk", "channel"))
    sent = 0
    for channel in dict.fromkeys(channels[pk] for pk in ids if pk in channels):
        sent += _deliver_by(channel, [pk for pk in ids if channels.get(pk) == channel], now)
    return sent


def _deliver_by(channel: str, email_ids: list[int], now: datetime) -> int:
    if cache.get(away_key(channel)):
        return 0
    sent, mailbag = 0, Mailbag(channel)
    try:
        for email_id in email_ids:
            sent += deliver_one(email_id, mailbag, now)
    except ServerAway as reason:
        cache.set(away_key(channel), True, SERVER_AWAY_SECONDS)
        logger.error("nobody takes letters by %s just now: %s", channel, reason)
    finally:
        mailbag.close()
    return sent


class Mailbag:
    """The sender of one channel, made when the first letter needs it."""

    def __init__(self, channel: str) -> None:
        self.channel = channel
        self.sender: Sender | None = None

    def send(self, email: OutboundEmail, now: datetime) -> str:
        self.sender = self.sender or sender_for(self.channel)
        return self.sender.send(email, now)

    def close(self) -> None:
        if self.sender:
            self.sender.close()


def deliver_one(email_id: int, mailbag: Mailbag, now: datetime) -> bool:
    """Send one letter, if it is owed and what it says still holds."""
    email = OutboundEmail.objects.filter(pk=email_id).first()
    if email is None or not OutboundEmail.objects.claim(email_id, now):
        return False
    email.attempts += 1
    if out_of_date := why_not(email, now=now):
        withhold(email, out_of_date, now)
        return False
    try:
        note = mailbag.send(email, now)
    except LetterRefused as refusal:
        give_up(email, str(refusal), now)
    except LetterPutOff as pause:
        put_off(email, str(pause), now)
    except ServerAway as outage:
        release(email, str(outage), now)
        raise
    else:
        mark_sent(email, now, note)
        return True
    return False


# --- What becomes of the row ------------------------------------------------------------------------


def mark_sent(email: OutboundEmail, now: datetime, note: str = "") -> None:
    """It is sent, even if somebody has held it back in the meantime."""
    email.sent_at, email.claimed_at, email.last_error = now, None, note[:300]
    email.withheld_at, email.withheld_reason = None, ""
    close(email, "sent_at", "withheld_at", "withheld_reason")


def withhold(email: OutboundEmail, reason: str, now: datetime) -> None:
    """What it says no longer holds: it is never sent, and staff see why."""
    email.withheld_at, email.claimed_at, email.withheld_reason = now, None, reason[:200]
    close(email, "withheld_at", "withheld_reason")


def give_up(email: OutboundEmail, reason: str, now: datetime) -> None:
    logger.error("letter %s is given up", email.pk)
    email.given_up_at, email.claimed_at, email.last_error = now, None, reason[:300]
    close(email, "given_up_at")


def close(email: OutboundEmail, *moment: str) -> None:
    fields = [*moment, "claimed_at", "last_error"]
    if email.is_secret:
        email.text = email.html = ""
        fields += ["text", "html"]
    email.save(update_fields=fields)


def put_off(email: OutboundEmail, reason: str, now: datetime) -> None:
    """Try again after a pause that grows to ten minutes; give up after the last attempt."""
    if email.attempts >= MAX_ATTEMPTS:
        give_up(email, reason, now)
        return
    wait = WAITS_IN_MINUTES[min(email.attempts, len(WAITS_IN_MINUTES)) - 1]
    email.send_at, email.claimed_at, email.last_error = now + timedelta(minutes=wait), None, reason[:300]
    email.save(update_fields=["send_at", "claimed_at", "last_error"])


def release(email: OutboundEmail, reason: str, now: datetime) -> None:
    """Owed as before: an outage of the server is not the letter's fault."""
    email.attempts, email.claimed_at, email.last_error = email.attempts - 1, None, reason[:300]
    email.save(update_fields=["attempts", "claimed_at", "last_error"])
