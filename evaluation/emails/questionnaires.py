"""Letters that ask for feedback: whom each goes to, its facts and its key."""

from datetime import datetime, timedelta

from accounts.correspondence import queue_email
from accounts.models import OutboundEmail
from accounts.wording import LetterKind
from bookings.emails import address_of
from bookings.emails.specimens import specimen_booking
from bookings.models.booking import State
from evaluation.models import Response
from evaluation.models.questionnaire import Stage

LETTERS = {Stage.PRE: "before", Stage.POST: "after", Stage.FOLLOW_UP: "follow_up"}
PLACEHOLDERS = ("name", "course", "date", "reference", "organisation", "team")


def invitation(*, response: Response, now: datetime) -> OutboundEmail | None:
    """When a questionnaire opens: what it is for, how long it takes, until when."""
    return _queue(
        response,
        letter=f"evaluation/{LETTERS[Stage(response.stage)]}",
        key=f"evaluation.invite:{response.booking_id}:{response.stage}",
        now=now,
    )


def reminder(*, response: Response, number: int, now: datetime) -> OutboundEmail | None:
    """While it is unanswered: days after the invitation."""
    return _queue(
        response,
        letter="evaluation/reminder",
        key=f"evaluation.reminder:{response.booking_id}:{response.stage}:{number}",
        now=now,
    )


def _queue(response: Response, *, letter: str, key: str, now: datetime) -> OutboundEmail | None:
    practitioner = response.booking.practitioner
    to = address_of(practitioner)
    if not to:
        return None
    return queue_email(
        key=key,
        to=to,
        letter=letter,
        context={
            "response": response,
            "booking": response.booking,
            "practitioner": practitioner,
            "event": response.booking.event,
            "course": response.booking.event.version.course,
            "earns_certificate": response.stage == Stage.POST and response.booking.state == State.ATTENDED,
            "has_account": practitioner.user_id is not None,
        },
        now=now,
        about=f"booking:{response.booking_id}",
        practitioner=practitioner,
        urgency=OutboundEmail.Urgency.BULK,
    )


def why_not(email: OutboundEmail, *, now: datetime) -> str:
    """Whoever has answered, or can no longer answer, is not asked.."""
    # The key ends in booking and stage, and a reminder's in its number.
    _, booking, stage, *_ = [*email.key.partition("|")[0].split(":"), "", ""]
    response = Response.objects.filter(booking_id=int(booking), stage=stage).first() if booking.isdecimal() else None
    if response is None:
        return "The questionnaire is no longer asked."
    if response.state not in (Response.State.SCHEDULED, Response.State.OPEN):
        return f"The questionnaire is {response.get_state_display()}."
    return "The time to answer is over." if response.closes_at <= now else ""


def _specimen(now: datetime) -> dict:
    booking, _ = specimen_booking(now)
    return {
        "response": Response(pk=0, booking=booking, stage=Stage.POST, closes_at=now + timedelta(days=28)),
        "booking": booking,
        "practitioner": booking.practitioner,
        "event": booking.event,
        "course": booking.event.version.course,
        "earns_certificate": True,
        "has_account": True,
    }


def _letter(name: str, title: str, when: str) -> LetterKind:
    return LetterKind(name=f"evaluation/{name}", title=title, when=when, placeholders=PLACEHOLDERS, specimen=_specimen)


CATALOGUE = [
    _letter("before", "Before the course: two minutes", "When the questionnaire opens, before the date"),
    _letter("after", "Your feedback", "At the end of the last session"),
    _letter("follow_up", "Twelve weeks on", "84 days after the date"),
    _letter("reminder", "Still time to tell us", "While it is unanswered: after 3, 7 and 14 days"),
]
