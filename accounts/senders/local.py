"""Text messages on a local run: shown in the mailbox of this computer, beside the letters."""

from datetime import datetime

from django.conf import settings
from django.core.mail import EmailMessage

from accounts.mailbox import LocalMailboxBackend
from accounts.models import OutboundEmail


class LocalTextSender:
    """Keeps a text message as a file, addressed to the number."""

    def send(self, email: OutboundEmail, now: datetime) -> str:
        number = f'"Text message to {email.to}" <texts@localhost>'
        message = EmailMessage(email.subject, email.text, settings.DEFAULT_FROM_EMAIL, [number])
        LocalMailboxBackend().send_messages([message])
        return ""

    def close(self) -> None:
        pass
