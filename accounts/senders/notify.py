"""GOV.UK Notify: letters by email and text message over its web interface, with one template for each.

Notify cannot copy anybody in and cannot attach a calendar file: the copy goes as a message of its own, and the text
says where the file is. The templates hold nothing but the parts: `((subject))` and `((body))`.
"""

import base64
import hashlib
import hmac
import http.client
import json
import re
import time
from collections.abc import Iterator
from datetime import datetime
from urllib.parse import urlsplit

from django.conf import settings

from accounts.models import OutboundEmail
from accounts.senders import LetterPutOff, LetterRefused, Return, ServerAway

TIMEOUT_SECONDS = 10
# The key's name may be anything; the service's id and its secret stand at the end.
KEY = re.compile(r".*([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})-([0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12})")
ADDRESS_IN_CALENDAR = re.compile(r"^URL(?:;[^:]*)?:(\S+)", re.MULTILINE)
# Answers that have nothing to do with this one letter: the key, the template, the quota.
ABOUT_THE_SERVICE = {401, 403, 404, 429}
LONGEST_ANSWER = 2_000_000
# Everything that Notify gave up, of the days that it remembers; it lists 250 at a time.
FAILED = "/v2/notifications?status=failed"
MOST_PAGES = 40
WHY_NOT = {
    "permanent-failure": "the address or number does not exist",
    "temporary-failure": "the mailbox or telephone took nothing for three days",
    "technical-failure": "the message could not be handed on",
}


class NotifySender:
    """Hands messages to Notify, one request a message."""

    def __init__(self) -> None:
        found = KEY.fullmatch(settings.NOTIFY_API_KEY)
        if not found:
            raise ServerAway("NOTIFY_API_KEY is not a key of Notify.")
        self.service_id, self.secret = found.groups()
        address = urlsplit(settings.NOTIFY_API_URL)
        kind = http.client.HTTPSConnection if address.scheme == "https" else http.client.HTTPConnection
        self.connection = kind(address.hostname or "", address.port, timeout=TIMEOUT_SECONDS)

    def close(self) -> None:
        self.connection.close()

    def ask(self, path: str, message: dict) -> None:
        """Hand one message over, and turn every way to fail into one of three."""
        status, content = self.request("POST", path, json.dumps(message).encode())
        words = words_of(content)
        if status >= 500:
            raise LetterPutOff(f"{status} {words}")
        if status in ABOUT_THE_SERVICE or (status >= 400 and "emplate" in words):
            raise ServerAway(f"{status} {words}")
        if status >= 400:
            raise LetterRefused(f"{status} {words}")

    def failures(self) -> Iterator[list[Return]]:
        """What Notify could not deliver in the last days, the newest first, a page at a time. Raises ServerAway."""
        path = FAILED
        for _ in range(MOST_PAGES):
            status, content = self.request("GET", path)
            if status != http.client.OK:
                raise ServerAway(f"{status} {words_of(content)}")
            found = notifications_of(content)
            yield [returned_of(one) for one in found if one.get("reference")]
            if not found:
                return
            path = f"{FAILED}&older_than={found[-1].get('id')}"

    def request(self, method: str, path: str, body: bytes | None = None) -> tuple[int, bytes]:
        """Send one request; return the status and what was answered."""
        try:
            self.connection.connect()
        except OSError as error:
            raise ServerAway(f"{type(error).__name__}: {error}") from error
        headers = {"Content-Type": "application/json", "Authorization": f"Bearer {self.token()}"}
        try:
            self.connection.request(method, path, body, headers)
            answer = self.connection.getresponse()
            return answer.status, answer.read(LONGEST_ANSWER)
        except (OSError, http.client.HTTPException) as error:
            # Silent or hung up in the middle of this message, so the attempt counts.
            raise LetterPutOff(f"{type(error).__name__}: {error}") from error
        finally:
            self.connection.close()

    def token(self) -> str:
        """Show who asks: a token of this moment, signed with the service's key (JSON Web Token, HS256)."""
        parts = ({"typ": "JWT", "alg": "HS256"}, {"iss": self.service_id, "iat": int(time.time())})
        signed = ".".join(in_base64(json.dumps(part).encode()) for part in parts)
        signature = hmac.digest(self.secret.encode(), signed.encode(), hashlib.sha256)
        return f"{signed}.{in_base64(signature)}"


class NotifyEmailSender(NotifySender):
    """Letters by email."""

    def send(self, email: OutboundEmail, now: datetime) -> str:
        self.send_to(email.to, email)
        if not email.copy_to:
            return ""
        try:
            self.send_to(email.copy_to, email)
        except (LetterRefused, LetterPutOff, ServerAway) as failure:
            # The person has theirs. Trying again would send it to them twice.
            return f"The copy did not go: {failure}"
        return ""

    def send_to(self, address: str, email: OutboundEmail) -> None:
        message = {
            "email_address": address,
            "template_id": settings.NOTIFY_EMAIL_TEMPLATE_ID,
            "personalisation": {"subject": email.subject, "body": text_of(email)},
            "reference": email.message_id,
        }
        self.ask("/v2/notifications/email", message)


class NotifyTextSender(NotifySender):
    """Text messages."""

    def send(self, email: OutboundEmail, now: datetime) -> str:
        message = {
            "phone_number": email.to,
            "template_id": settings.NOTIFY_SMS_TEMPLATE_ID,
            "personalisation": {"body": email.text.strip()},
            "reference": email.message_id,
        }
        self.ask("/v2/notifications/sms", message)
        return ""


def in_base64(content: bytes) -> str:
    return base64.urlsafe_b64encode(content).rstrip(b"=").decode()


def text_of(email: OutboundEmail) -> str:
    """The text part, and the way to the calendar file that cannot come along."""
    place = ADDRESS_IN_CALENDAR.search(email.calendar.replace("\r\n ", "")) if email.calendar else None
    if place is None:
        return email.text
    return f"{email.text}\nNo file can come with this letter. You find the one for your calendar here:\n{place[1]}\n"


def notifications_of(answer: bytes) -> list[dict]:
    """The messages on a page of Notify's list."""
    try:
        found = json.loads(answer)["notifications"]
        return [one for one in found if isinstance(one, dict)]
    except (ValueError, KeyError, TypeError) as error:
        raise ServerAway("Notify answered with something else than a list of messages.") from error


def returned_of(one: dict) -> Return:
    """One message that did not arrive, as a letter that came back. Its reference is the letter's Message-ID."""
    status = str(one.get("status"))
    address = one.get("email_address") or one.get("phone_number") or ""
    reason = f"GOV.UK Notify: {WHY_NOT.get(status, status)}"
    return Return(message_id=str(one["reference"]), recipient=str(address), reason=reason)


def words_of(answer: bytes) -> str:
    """What Notify says is wrong; its answers are JSON with a list of errors."""
    try:
        errors = json.loads(answer)["errors"]
        return "; ".join(f"{error['error']}: {error['message']}" for error in errors)
    except (ValueError, KeyError, TypeError):
        return answer[:200].decode(errors="replace")
