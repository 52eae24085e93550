"""The way from the outbox to the mail server: claim a letter, send it, mark it.

A letter is marked after it is sent. If the worker dies in between, the letter goes out a second time with
the same Message-ID, which most mailboxes show once; marking first would lose it instead.
"""

import logging
from collections.abc import Iterable
from datetime import datetime, timedelta
from email.utils import format_datetime, formataddr
from smtplib import SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused

from django.conf import settings
from django.core.cache import cache
from django.core.mail import EmailAlternative, EmailAttachment, EmailMultiAlternatives, get_connection
from django.core.mail.backends.base import BaseEmailBackend

from accounts.models import OutboundEmail, Partnership
from accounts.models.email import MAX_ATTEMPTS, WAITS_IN_MINUTES

logger = logging.getLogger(__name__)

SERVER_AWAY = "accounts.post.server_away"
SERVER_AWAY_SECONDS = 60
PERMANENT = 500


class LetterRefused(Exception):
    """The mail server, or the letter itself, says that it can never be sent."""


class LetterPutOff(Exception):
    """Not now. The server may take this letter later."""


class ServerAway(Exception):
    """The server takes no letters at all just now, whichever they are."""


def deliver(email_ids: Iterable[int], *, now: datetime) -> int:
    """Send these letters over one connection and return how many went; those not owed any more are passed over.

    Stops at the first sign that the server is away: the rest stay owed, with no attempt counted.
    """
    if cache.get(SERVER_AWAY):
        return 0
    sent = 0
    connection = get_connection()
    try:
        for email_id in email_ids:
            sent += deliver_one(email_id, connection, now)
    except ServerAway as reason:
        cache.set(SERVER_AWAY, True, SERVER_AWAY_SECONDS)
        logger.error("the mail server is away: %s", reason)
    finally:
        connection.close()
    return sent


def deliver_one(email_id: int, connection: BaseEmailBackend, now: datetime) -> bool:
    email = OutboundEmail.objects.filter(pk=email_id).first()
    if email is None or not OutboundEmail.objects.claim(email_id, now):
        return False
    email.attempts += 1
    try:
        hand_over(email, connection, now)
    except LetterRefused as refusal:
        give_up(email, str(refusal), now)
    except LetterPutOff as reason:
        put_off(email, str(reason), now)
    except ServerAway as reason:
        release(email, str(reason), now)
        raise
    else:
        mark_sent(email, now)
        return True
    return False


def hand_over(email: OutboundEmail, connection: BaseEmailBackend, now: datetime) -> None:
    """Send over the open connection, and turn every way to fail into one of three."""
    try:
        message = message_of(email, now)
        message.message()
    except ValueError as error:
        raise LetterRefused(f"The letter cannot be written: {error}") from error
    try:
        connection.open()
    except OSError as error:
        raise ServerAway(words_of(error)) from error
    try:
        connection.send_messages([message])
    except (SMTPSenderRefused, SMTPNotSupportedError) as error:
        raise ServerAway(words_of(error)) from error
    except OSError as error:
        if code_of(error) >= PERMANENT:
            raise LetterRefused(words_of(error)) from error
        # Not now, or hung up, or silent: all in the middle of this letter and perhaps its fault, so the attempt counts.
        connection.close()
        raise LetterPutOff(words_of(error)) from error


def answer_to(error: SMTPRecipientsRefused) -> tuple[int, bytes]:
    """For the addressee and the copy together: the milder answer, because the server would take one of them later."""
    return min(error.recipients.values())


def code_of(error: OSError) -> int:
    if isinstance(error, SMTPRecipientsRefused):
        return answer_to(error)[0]
    return getattr(error, "smtp_code", 0)


def words_of(error: OSError) -> str:
    code: int
    words: bytes | str
    if isinstance(error, SMTPRecipientsRefused):
        code, words = answer_to(error)
    elif isinstance(error, SMTPResponseException):
        code, words = error.smtp_code, error.smtp_error
    else:
        return f"{type(error).__name__}: {error}"
    return f"{code} {words.decode(errors='replace') if isinstance(words, bytes) else words}"


# --- What becomes of the row ------------------------------------------------------------------------


def mark_sent(email: OutboundEmail, now: datetime) -> None:
    email.sent_at, email.claimed_at, email.last_error = now, None, ""
    close(email, "sent_at")


def give_up(email: OutboundEmail, reason: str, now: datetime) -> None:
    logger.error("letter %s is given up", email.pk)
    email.given_up_at, email.claimed_at, email.last_error = now, None, reason[:300]
    close(email, "given_up_at")


def close(email: OutboundEmail, moment: str) -> None:
    fields = [moment, "claimed_at", "last_error"]
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


# --- The letter as the mail server gets it ----------------------------------------------------------


def message_of(email: OutboundEmail, now: datetime) -> EmailMultiAlternatives:
    """Text, HTML and, where there is one, the calendar part: shown in the letter and attached for those who cannot."""
    partnership = Partnership.objects.current()
    message = EmailMultiAlternatives(
        subject=email.subject,
        body=email.text,
        from_email=formataddr((partnership.team_name, settings.DEFAULT_FROM_EMAIL)),
        to=[email.to],
        cc=[email.copy_to] if email.copy_to else [],
        reply_to=[partnership.contact_email],
        headers={
            "Message-ID": email.message_id,
            "Date": format_datetime(now),
            "Auto-Submitted": "auto-generated",
        },
    )
    if email.html:
        message.alternatives.append(EmailAlternative(email.html, "text/html"))
    if email.calendar:
        kind = f"text/calendar; method={email.calendar_method}"
        message.alternatives.append(EmailAlternative(email.calendar, kind))
        message.attachments.append(EmailAttachment("invite.ics", email.calendar, kind))
    return message
