"""Letters about improvement actions, to whoever promised them: whom each goes to, its facts and its key."""

from datetime import datetime

from django.utils import timezone

from accounts.correspondence import queue_email
from accounts.models import OutboundEmail, Practitioner, User
from accounts.wording import LetterKind
from bookings.emails import address_of
from bookings.emails.specimens import specimen_booking
from evaluation.emails.observations import person_of
from evaluation.models import ImprovementAction

AGREED, REMINDER, OVERDUE = "evaluation/action_agreed", "evaluation/action_reminder", "evaluation/action_overdue"
LETTERS = (AGREED, REMINDER, OVERDUE)


def key_of(letter: str) -> str:
    """What a letter's key begins with; the number of the action follows."""
    return f"{letter.replace('/', '.')}:"


def action_agreed(*, action: ImprovementAction, now: datetime) -> None:
    """To the owner: what is down in their name. Not to who wrote it, nor of an observation, which is agreed on its page."""
    if action.owner_id != action.made_by_id and action.observation_id is None:
        _queue(action, AGREED, now)


def action_due(*, action: ImprovementAction, now: datetime) -> None:
    """To the owner, once before the day and once after it."""
    is_late = action.due_on < timezone.localtime(now).date()
    _queue(action, OVERDUE if is_late else REMINDER, now)


def _queue(action: ImprovementAction, letter: str, now: datetime) -> None:
    owner = person_of(action.owner) if action.owner else None
    address = address_of(owner) if owner else ""
    if owner is None or not address:
        return
    queue_email(
        key=f"{key_of(letter)}{action.pk}",
        to=address,
        letter=letter,
        context=_facts(action, owner),
        now=now,
        about=f"improvement:{action.pk}",
        practitioner=owner,
    )


def _facts(action: ImprovementAction, owner: Practitioner) -> dict:
    return {"action": action, "practitioner": owner}


def why_not(email: OutboundEmail, *, now: datetime) -> str:
    """What has ended is not asked for."""
    number = email.about.partition(":")[2]
    actions = ImprovementAction.objects.outstanding()
    is_open = number.isdecimal() and actions.filter(pk=int(number)).exists()
    return "" if is_open else "The action has ended."


def _specimen(now: datetime) -> dict:
    booking, _ = specimen_booking(now)
    action = ImprovementAction(
        pk=0,
        what="Put the new protocol into the slides of every course on neglect",
        source=ImprovementAction.Source.MEETING,
        owner=User(pk=0, email="owner@example.org"),
        due_on=timezone.localtime(now).date(),
    )
    return _facts(action, booking.practitioner)


def _letter(letter: str, title: str, when: str) -> LetterKind:
    return LetterKind(
        name=letter, title=title, when=when, to="the owner", placeholders=("name", "team"), specimen=_specimen
    )


CATALOGUE = [
    _letter(AGREED, "An action is yours", "When an officer writes it down"),
    _letter(REMINDER, "Your action is due soon", "Some days before its day"),
    _letter(OVERDUE, "Your action is overdue", "Once, when its day has passed"),
]
