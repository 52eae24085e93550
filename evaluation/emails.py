"""Letters of the evaluation app: one function a letter, with whom it goes to, its facts and its key."""

from datetime import datetime

from accounts.correspondence import queue_email
from accounts.models import OutboundEmail
from bookings.emails import address_of
from bookings.models.booking import State
from evaluation.models import Response
from evaluation.models.questionnaire import Stage

LETTERS = {Stage.PRE: "before", Stage.POST: "after", Stage.FOLLOW_UP: "follow_up"}


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
