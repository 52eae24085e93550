"""Local mailbox: outgoing mail kept as files and shown on a page, for runs on one's own computer only."""

import binascii
import email
import email.policy
import re
import time
import uuid
from dataclasses import dataclass
from datetime import datetime
from email.message import EmailMessage
from pathlib import Path

from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value
from allauth.mfa.utils import decrypt
from django.conf import settings
from django.core.mail.backends.base import BaseEmailBackend

NAME = re.compile(r"\d{20}-[0-9a-f]{6}")
# The page looks no further back than this many letters.
READ_AT_MOST = 2_000
CODE_SECONDS = 30


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


@dataclass(frozen=True)
class Letter:
    """One letter as its reader has it."""

    name: str
    to: str
    copy_to: str
    subject: str
    sent_at: datetime | None
    text: str
    calendar: str

    @classmethod
    def from_file(cls, path: Path) -> "Letter":
        message = email.message_from_bytes(path.read_bytes(), policy=email.policy.default)
        return cls(
            name=path.stem,
            to=str(message["To"] or ""),
            copy_to=str(message["Cc"] or ""),
            subject=str(message["Subject"] or "").strip(),
            sent_at=message["Date"].datetime if message["Date"] else None,
            text=part_of(message, "text/plain"),
            calendar=part_of(message, "text/calendar"),
        )


def part_of(message: EmailMessage, content_type: str) -> str:
    parts = (part.get_content() for part in message.walk() if part.get_content_type() == content_type)
    return next(parts, "")


def latest_letters(*, to: str = "", limit: int) -> list[Letter]:
    """The newest first; with an address, those to it or with a copy to it."""
    folder = Path(settings.LOCAL_MAILBOX_DIR)
    paths = sorted(folder.glob("*.eml"), reverse=True)[:READ_AT_MOST] if folder.exists() else []
    found: list[Letter] = []
    for path in paths:
        letter = Letter.from_file(path)
        if to.lower() in f"{letter.to} {letter.copy_to}".lower():
            found.append(letter)
        if len(found) == limit:
            break
    return found


def read_letter(name: str) -> Letter | None:
    path = Path(settings.LOCAL_MAILBOX_DIR) / f"{name}.eml"
    return Letter.from_file(path) if NAME.fullmatch(name) and path.exists() else None


def second_factor_codes() -> list[tuple[str, str]]:
    """What an authenticator app would show now for each account that has one: a visitor signs in as staff with it."""
    moment = int(time.time()) // CODE_SECONDS
    found = []
    for factor in Authenticator.objects.filter(type=Authenticator.Type.TOTP).select_related("user").order_by("pk")[:20]:
        try:
            code = format_hotp_value(hotp_value(decrypt(factor.data["secret"]), moment))
        except (KeyError, binascii.Error):
            continue
        found.append((factor.user.email, code))
    return found
