"""Letters about people and organisations, one function each."""

from datetime import datetime, timedelta

from django.conf import settings

from accounts.correspondence import queue_email
from accounts.models import Invitation, Organisation, OutboundEmail, Practitioner
from accounts.wording import FixedLetter, LetterKind


def organisation_settled(
    *, practitioner: Practitioner, name_typed: str, proposed: Organisation, organisation: Organisation, now: datetime
) -> OutboundEmail | None:
    """Tell somebody that the employer they typed in is now in the list; none to people without an address."""
    if not practitioner.email:
        return None
    return queue_email(
        key=f"accounts.organisation_settled:{proposed.pk}:{practitioner.pk}",
        to=practitioner.email,
        letter="accounts/organisation_settled",
        context={"practitioner": practitioner, "organisation": organisation, "name_typed": name_typed},
        practitioner=practitioner,
        about=f"organisation:{organisation.pk}",
        now=now,
    )


def invitation(*, invitation: Invitation, token: str, now: datetime) -> OutboundEmail:
    """At once, to somebody who was named by a booking contact: who named them, and how to make an account."""
    inviter = getattr(invitation.invited_by, "practitioner", None)
    return queue_email(
        key=f"accounts.invitation:{invitation.pk}",
        to=invitation.email,
        letter="accounts/invitation",
        context={
            "practitioner": invitation.practitioner,
            "invitation": invitation,
            "inviter": inviter,
            "token": token,
        },
        practitioner=invitation.practitioner,
        about=f"invitation:{invitation.pk}",
        is_secret=True,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        now=now,
    )


def why_not(email: OutboundEmail, *, now: datetime) -> str:
    """A link to a new password that no longer works helps nobody. The settings name this rule (LETTER_RULES)."""
    if not email.letter.endswith("password_reset_key"):
        return ""
    lapsed = now > email.created_at + timedelta(seconds=settings.PASSWORD_RESET_TIMEOUT)
    return "Its link no longer works. Ask the person to ask for a new one." if lapsed else ""


def _specimen(now: datetime) -> dict:
    return {
        "practitioner": Practitioner(pk=0, full_name="Amina Yusuf"),
        "organisation": Organisation(pk=0, name="Beckside Primary School"),
        "name_typed": "Beckside School",
        "inviter": Practitioner(pk=0, full_name="Carol Hughes"),
        "invitation": Invitation(
            organisation=Organisation(pk=0, name="Beckside Primary School"), expires_at=now + timedelta(days=7)
        ),
        "token": "made-up",
    }


CATALOGUE = [
    LetterKind(
        name="accounts/organisation_settled",
        title="Your organisation is in our list",
        when="When you have placed an employer that somebody typed in",
        placeholders=("name", "organisation", "team"),
        specimen=_specimen,
    ),
    LetterKind(
        name="accounts/invitation",
        title="An account for a colleague",
        when="At once, when a booking contact names them",
        to="somebody without an account",
        placeholders=("name", "organisation", "team"),
        specimen=_specimen,
    ),
]
FIXED = [
    FixedLetter(title="Confirm your address", when="When somebody signs up or changes their address"),
    FixedLetter(title="A new password", when="When somebody asks for one"),
    FixedLetter(title="There is an account already", when="When somebody signs up a second time"),
    FixedLetter(title="There is no account", when="When somebody asks for a new password for an unknown address"),
    FixedLetter(title="Your password has changed", when="At once"),
    FixedLetter(title="Your address has changed", when="At once, to the old address"),
    FixedLetter(title="Your second step has changed", when="At once, each time one is added, removed or renewed"),
]
