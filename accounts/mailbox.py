"""Local mailbox: outgoing mail kept as files and shown on a page, for runs on one's own computer only."""

import uuid
from pathlib import Path

from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend


class LocalMailboxBackend(BaseEmailBackend):
    """Write each message as one .eml file; its name begins with the time, so that files sort by age."""

    def send_messages(self, email_messages) -> int:
        folder = Path(settings.LOCAL_MAILBOX_DIR)
        folder.mkdir(parents=True, exist_ok=True)
        for message in email_messages:
            raw = message.message().as_bytes(linesep="\r\n")
            name = f"{uuid.uuid1().time:020d}-{uuid.uuid4().hex[:6]}"
            unfinished = folder / f"{name}.part"
            unfinished.write_bytes(raw)
            unfinished.rename(folder / f"{name}.eml")
        return len(email_messages)
