"""Letters that come back: what a mail server's delivery status notification says (RFC 3464), and whose letter it was."""

import email
import email.policy
from collections.abc import Iterable
from datetime import datetime
from email.message import Message

from accounts.models import OutboundEmail
from accounts.senders import Return

FAILED = "failed"


def read_notification(raw: bytes) -> Return | None:
    """Return which letter came back, from whom and why; None for anything else: a delay, an answer, an advertisement."""
    # The lenient policy: what comes by mail is anybody's, and must not stop the reader.
    message = email.message_from_bytes(raw, policy=email.policy.compat32)
    fields = _failure(message)
    message_id = _id_of_original(message)
    if fields is None or not message_id:
        return None
    diagnosis = _plain(fields.get("Diagnostic-Code")) or _plain(fields.get("Status")) or "no reason given"
    return Return(message_id, _plain(fields.get("Final-Recipient")), f"{diagnosis}"[:300])


def mark(returned: Return, *, now: datetime) -> int:
    """Note on our letter that it came back, once; a second notification changes nothing. Return how many were noted."""
    ours = OutboundEmail.objects.filter(message_id=returned.message_id, bounced_at__isnull=True)
    letter = ours.only("to").first()
    if letter is None:
        return 0
    reason = returned.reason
    if returned.recipient and returned.recipient.lower() != letter.to.lower():
        # It may be the copy, or an address further on that the person's post is passed to.
        reason = f"from {returned.recipient}: {reason}"
    # Without our own mark the worker died after the server took it: it has been sent, as we now know.
    return ours.update(bounced_at=now, bounce_reason=reason[:300], **_sent(letter, now))


def mark_new(page: Iterable[Return], *, now: datetime) -> None:
    """The same for a list of which most are known already."""
    page = list(page)
    unmarked = OutboundEmail.objects.filter(
        message_id__in=[returned.message_id for returned in page], bounced_at__isnull=True
    )
    ids = set(unmarked.values_list("message_id", flat=True))
    for returned in page:
        if returned.message_id in ids:
            mark(returned, now=now)


def _sent(letter: OutboundEmail, now: datetime) -> dict:
    is_sent = OutboundEmail.objects.filter(pk=letter.pk, sent_at__isnull=False).exists()
    return {} if is_sent else {"sent_at": now, "given_up_at": None, "withheld_at": None}


def _failure(message: Message) -> Message | None:
    """The fields of the first recipient for whom delivery failed for good."""
    for part in message.walk():
        if part.get_content_type() != "message/delivery-status":
            continue
        for fields in _parts_of(part):
            if _plain(fields.get("Action")).lower() == FAILED and not _plain(fields.get("Status")).startswith("4"):
                return fields
    return None


def _id_of_original(message: Message) -> str:
    """The Message-ID of our letter, from the copy of it, or of its headers, that the notification returns."""
    for part in message.walk():
        if part.get_content_type() == "message/rfc822" and _parts_of(part):
            return _plain(_parts_of(part)[0].get("Message-ID"))
        if part.get_content_type() == "text/rfc822-headers":
            content = part.get_payload(decode=True)
            headers = email.message_from_bytes(content if isinstance(content, bytes) else b"")
            return _plain(headers.get("Message-ID"))
    return ""


def _parts_of(part: Message) -> list[Message]:
    inside = part.get_payload()
    return [one for one in inside if isinstance(one, Message)] if isinstance(inside, list) else []


def _plain(value: object) -> str:
    """A field's value on one line, without its kind: `rfc822; amina@example.org`, `smtp; 550 no such person`."""
    text = " ".join(str(value or "").replace("\0", "").split())
    kind, separator, rest = text.partition(";")
    return rest.strip() if separator and kind.strip().lower() in {"rfc822", "smtp", "x-unix", "utf-8"} else text
