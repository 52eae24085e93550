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
from django.utils.module_loading import import_string

from accounts import wording
from accounts.models import LetterWording, OutboundEmail, Partnership, Practitioner
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
    is_secret: bool = False,
) -> OutboundEmail:
    """Render a letter and keep it until it is sent. A known key keeps its first letter, and its row's id is returned.

    `letter` names the templates: `bookings/confirmation` is rendered from
    `templates/bookings/emails/confirmation.subject.txt`, `.txt` and `.html`. `send_at` defaults to at
    once. A secret letter holds a link that opens something, and loses its text once it is sent. Nothing is
    sent before the surrounding transaction commits.
    """
    rendered = render_letter(letter=letter, context=context, words=LetterWording.objects.current(letter))
    email = OutboundEmail(
        key=key,
        letter=letter,
        about=about,
        practitioner=practitioner,
        message_id=new_message_id(),
        to=to,
        copy_to=copy_to if copy_to.lower() != to.lower() else "",
        subject=rendered.subject,
        text=rendered.text,
        html=rendered.html,
        calendar=calendar.text if calendar else "",
        calendar_method=calendar.method if calendar else "",
        is_secret=is_secret,
        urgency=urgency,
        created_at=now,
        send_at=send_at or now,
    )
    return _keep(email, now)


def queue_text(
    *, key: str, number: str, letter: str, text: str, now: datetime, about: str, practitioner: Practitioner
) -> OutboundEmail:
    """Keep a text message until it is sent, by the same rules as a letter."""
    email = OutboundEmail(
        key=key,
        letter=letter,
        about=about,
        practitioner=practitioner,
        message_id=new_message_id(),
        channel=OutboundEmail.Channel.SMS,
        to=number,
        subject="Text message",
        text=text,
        created_at=now,
        send_at=now,
    )
    return _keep(email, now)


def _keep(email: OutboundEmail, now: datetime) -> OutboundEmail:
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


@dataclass(frozen=True, kw_only=True)
class Rendered:
    """A letter as it will be read."""

    subject: str
    text: str
    html: str


def render_letter(*, letter: str, context: dict, words: LetterWording | None) -> Rendered:
    """Write the letter out: the portal's templates, with the team's own subject, opening and closing where it has any."""
    app, _, name = letter.partition("/")
    context = {**context, "partnership": Partnership.objects.current(), "site_url": settings.SITE_URL}
    parts = wording.fill(words, context) if words else {}
    context["wording"] = parts
    subject = parts.get("subject") or render_to_string(f"{app}/emails/{name}.subject.txt", context)
    return Rendered(
        subject=" ".join(subject.split())[:200],
        text=render_to_string(f"{app}/emails/{name}.txt", context).strip() + "\n",
        html=render_to_string(f"{app}/emails/{name}.html", context),
    )


def why_not(email: OutboundEmail, *, now: datetime) -> str:
    """Say why this letter must not be sent any more, in words for the team; empty while what it says still holds.

    The settings name the rule of each app's letters (LETTER_RULES), because a letter is about things that only
    upper apps know.
    """
    rule = settings.LETTER_RULES.get(email.letter.partition("/")[0])
    return import_string(rule)(email, now=now) if rule else ""


def withhold_unsent(*, about: str, now: datetime, reason: str, letters: Iterable[str] | None = None) -> int:
    """Hold back the letters about something that have not left yet, all of them or those of these names.

    For an action that makes them untrue: a place is given up, a date moves. A letter that a worker has in hand
    goes out. Return how many were held back.
    """
    unsent = OutboundEmail.objects.about(about).unsent().in_nobodys_hands(now)
    if letters is not None:
        unsent = unsent.filter(letter__in=letters)
    return unsent.update(withheld_at=now, withheld_reason=reason[:200], claimed_at=None)


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
