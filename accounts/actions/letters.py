"""Verbs about letters: send one again, hold one back, put one in the team's own words."""

from datetime import datetime

from django.db import transaction
from django.db.models import F, QuerySet

from accounts import audit
from accounts.correspondence import new_message_id, why_not
from accounts.models import LetterWording, OutboundEmail, User
from accounts.models.practitioner import REMOVED
from accounts.wake import wake

COPIED = ("letter", "about", "practitioner", "channel", "subject", "text", "html", "calendar", "calendar_method")


LINK_NOT_KEPT = (
    "Its link is not kept. Ask the person to ask for a new one: on the sign-in page, or for a manager on the page of "
    "the request."
)


class CannotSendAgain(Exception):
    """The letter cannot be sent again; the words say what to do."""


class CannotHoldBack(Exception):
    """The letter is out of our hands; the words say so."""


@transaction.atomic
def send_again(*, email: OutboundEmail, by: User, now: datetime, number: int = 1, to: str = "") -> OutboundEmail:
    """Send a letter once more, if what it says still holds: to the same address, or to the one given.

    One that never left goes back into the post, with all its attempts before it. One that did is written anew and
    `resends` the old one; the same `number` gives the same new letter however often the button is pressed.
    """
    to = to or email.to
    email.refresh_from_db(from_queryset=OutboundEmail.objects.select_for_update(of=("self",)))
    if email.is_secret and (not email.text or to != email.to):
        raise CannotSendAgain(LINK_NOT_KEPT)
    if email.is_unsent:
        raise CannotSendAgain("This letter has not left yet.")
    if reason := why_not(email, now=now):
        raise CannotSendAgain(f"This letter would no longer be true. {reason}")
    is_new = True
    if email.given_up_at and to == email.to:
        again = _back_into_the_post(email, now)
    elif email.is_secret:
        raise CannotSendAgain(LINK_NOT_KEPT)
    else:
        again, is_new = _write_anew(email, to, number, now)
    if is_new:
        audit.record(by=by, verb="letter.send_again", subject=f"letter:{email.pk}", now=now, letter=again.pk)
    wake("accounts.deliver_email", email_id=again.pk)
    return again


def _back_into_the_post(email: OutboundEmail, now: datetime) -> OutboundEmail:
    email.given_up_at = email.claimed_at = None
    email.attempts, email.send_at, email.last_error = 0, now, ""
    email.save(update_fields=["given_up_at", "claimed_at", "attempts", "send_at", "last_error"])
    return email


def _write_anew(email: OutboundEmail, to: str, number: int, now: datetime) -> tuple[OutboundEmail, bool]:
    """The part of the key before the stroke says which letter it is, so that its rule is asked again when it leaves."""
    return OutboundEmail.objects.get_or_create(
        key=f"{email.key.partition('|')[0][:90]}|{email.pk}:{number}",
        defaults={name: getattr(email, name) for name in COPIED}
        | {
            "to": to,
            "resends": email,
            "message_id": new_message_id(),
            "urgency": OutboundEmail.Urgency.AT_ONCE,
            "created_at": now,
            "send_at": now,
        },
    )


@transaction.atomic
def hold_back(*, email: OutboundEmail, by: User, now: datetime, reason: str) -> OutboundEmail:
    """Keep a letter from being sent, for a reason that stays with it. One that a worker has in hand goes out."""
    waiting = OutboundEmail.objects.unsent().in_nobodys_hands(now).filter(pk=email.pk)
    erased = {"text": "", "html": ""} if email.is_secret else {}
    if not waiting.update(withheld_at=now, withheld_reason=reason.strip()[:200], claimed_at=None, **erased):
        raise CannotHoldBack("This letter has left in the meantime, or is leaving just now.")
    audit.record(by=by, verb="letter.hold_back", subject=f"letter:{email.pk}", now=now, reason=reason.strip())
    email.refresh_from_db()
    return email


def forget(*, emails: QuerySet[OutboundEmail]) -> None:
    """Take away to whom letters went and what they said; that they went stays."""
    # Nobody of the team need look after one that came back or could not be delivered.
    emails.filter(given_up_at__isnull=False).update(
        withheld_at=F("given_up_at"), withheld_reason=REMOVED, given_up_at=None
    )
    emails.update(
        to="", copy_to="", subject=REMOVED, text="", html="", calendar="",
        last_error="", bounce_reason="", bounced_at=None,
        # Without words it can never go again.
        is_secret=True,
    )  # fmt: skip


@transaction.atomic
def reword(*, letter: str, subject: str, opening: str, closing: str, by: User, now: datetime) -> LetterWording:
    """Put a letter in the team's own words; empty parts keep the portal's. Letters already written stay as they are."""
    written = {"subject": subject, "opening": opening, "closing": closing, "changed_at": now, "changed_by": by}
    words, is_new = LetterWording.objects.select_for_update().get_or_create(letter=letter, defaults=written)
    if not is_new:
        if (words.subject, words.opening, words.closing) == (subject, opening, closing):
            return words
        for name, value in written.items():
            setattr(words, name, value)
        words.save(update_fields=list(written))
    audit.record(by=by, verb="letter.reword", subject=f"wording:{letter}", now=now)
    return words
