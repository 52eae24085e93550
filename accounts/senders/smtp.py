"""Letters by email to a mail server, all over one connection."""

from datetime import datetime
from email.utils import format_datetime, formataddr
from smtplib import SMTPNotSupportedError, SMTPRecipientsRefused, SMTPResponseException, SMTPSenderRefused

from django.conf import settings
from django.core.mail import EmailAlternative, EmailAttachment, EmailMultiAlternatives, get_connection

from accounts.models import OutboundEmail, Partnership
from accounts.senders import LetterPutOff, LetterRefused, ServerAway

PERMANENT = 500


class SmtpSender:
    """Hands letters to the mail server of the settings (EMAIL_HOST and its companions)."""

    def __init__(self) -> None:
        self.connection = get_connection()

    def send(self, email: OutboundEmail, now: datetime) -> str:
        """Send over the open connection, and turn every way to fail into one of three."""
        try:
            message = message_of(email, now)
            message.message()
        except ValueError as error:
            raise LetterRefused(f"The letter cannot be written: {error}") from error
        try:
            self.connection.open()
        except OSError as error:
            raise ServerAway(words_of(error)) from error
        try:
            self.connection.send_messages([message])
        except (SMTPSenderRefused, SMTPNotSupportedError) as error:
            raise ServerAway(words_of(error)) from error
        except OSError as error:
            if code_of(error) >= PERMANENT:
                raise LetterRefused(words_of(error)) from error
            # Not now, or hung up, or silent: in the middle of this letter and perhaps its fault, so the attempt counts.
            self.connection.close()
            raise LetterPutOff(words_of(error)) from error
        return ""

    def close(self) -> None:
        self.connection.close()


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
