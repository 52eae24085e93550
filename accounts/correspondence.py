"""Write letters into the outbox: rendered once, under a key that makes asking twice harmless."""

import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import datetime
from email.utils import make_msgid
from urllib.parse import urlsplit

from django.conf import settings
from django.template.loader import render_to_string

from accounts.models import OutboundEmail, Partnership, Practitioner
from accounts.wake import wake

# The letters queued inside `posted_together`; None outside of it.
_together: ContextVar[list[int] | None] = ContextVar("together", default=None)


@dataclass(frozen=True, kw_only=True)
class Calendar:
    """The calendar part of a letter: the file's text and what it asks of the reader's calendar."""

    text: str
    method: str = "REQUEST"


def queue_account_letter(
    *, letter: str, to: str, subject: str, text: str, html: str, now: datetime, practitioner: Practitioner | None = None
) -> OutboundEmail:
    """Keep a letter about an account, which django-allauth has rendered, until it is sent, and its text no longer.

    It holds a link that opens the account. Asking twice sends twice: each link is another.
    """
    email = OutboundEmail.objects.create(
        key=f"{letter}:{uuid.uuid4().hex}",
        letter=letter,
        practitioner=practitioner,
        message_id=new_message_id(),
        to=to,
        subject=" ".join(subject.split())[:200],
        text=text,
        html=html,
        is_secret=True,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        created_at=now,
        send_at=now,
    )
    wake("accounts.deliver_email", email_id=email.pk)
    return email


def new_message_id() -> str:
    return make_msgid(domain=urlsplit(settings.SITE_URL).hostname)


def queue_email(
    *,
    key: str,
    to: str,
    letter: str,
    context: dict,
    now: datetime,
    about: str = "",
    practitioner: Practitioner | None = None,
    copy_to: str = "",
    calendar: Calendar | None = None,
    send_at: datetime | None = None,
    urgency: int = OutboundEmail.Urgency.USUAL,
) -> OutboundEmail:
    """Render a letter and keep it until it is sent. A known key keeps its first letter, and its row's id is returned.

    `letter` names the templates: `bookings/confirmation` is rendered from
    `templates/bookings/emails/confirmation.subject.txt`, `.txt` and `.html`. `send_at` defaults to at
    once. Nothing is sent before the surrounding transaction commits.
    """
    app, _, name = letter.partition("/")
    context = {**context, "partnership": Partnership.objects.current(), "site_url": settings.SITE_URL}
    subject = render_to_string(f"{app}/emails/{name}.subject.txt", context)
    email = OutboundEmail(
        key=key,
        letter=letter,
        about=about,
        practitioner=practitioner,
        message_id=new_message_id(),
        to=to,
        copy_to=copy_to if copy_to.lower() != to.lower() else "",
        subject=" ".join(subject.split())[:200],
        text=render_to_string(f"{app}/emails/{name}.txt", context).strip() + "\n",
        html=render_to_string(f"{app}/emails/{name}.html", context),
        calendar=calendar.text if calendar else "",
        calendar_method=calendar.method if calendar else "",
        urgency=urgency,
        created_at=now,
        send_at=send_at or now,
    )
    # One statement, and no savepoint: whoever asks at the same moment keeps the first one's letter and gets its row.
    OutboundEmail.objects.bulk_create([email], update_conflicts=True, unique_fields=["key"], update_fields=["key"])
    if email.send_at <= now:
        _have_sent(email)
    return email


def _have_sent(email: OutboundEmail) -> None:
    together = _together.get()
    if together is None:
        wake("accounts.deliver_email", email_id=email.pk)
    else:
        together.append(email.pk)


def withhold_unsent(*, about: str, now: datetime, reason: str, letters: Iterable[str] | None = None) -> int:
    """Hold back the letters about something that have not left yet, all of them or those of these names.

    For an action that makes them untrue: a place is given up, a date moves. A letter that a worker has in hand
    goes out. Return how many were held back.
    """
    unsent = OutboundEmail.objects.about(about).unsent().in_nobodys_hands(now)
    if letters is not None:
        unsent = unsent.filter(letter__in=letters)
    return unsent.update(withheld_at=now, last_error=reason[:300], claimed_at=None)


@contextmanager
def posted_together() -> Iterator[None]:
    """Have the letters that are queued inside sent at its end, over one connection to the mail server."""
    letters: list[int] = []
    before = _together.set(letters)
    try:
        yield
    finally:
        _together.reset(before)
        if letters:
            wake("accounts.deliver_emails", email_ids=letters)
