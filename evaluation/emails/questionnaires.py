"""Letters that ask for feedback: whom each goes to, its facts and its key."""

from datetime import datetime, timedelta
from typing import cast

from django.conf import settings
from django.urls import reverse

from accounts.correspondence import queue_email
from accounts.models import OutboundEmail, Partnership
from accounts.wording import LetterKind
from bookings.emails import address_of
from bookings.emails.specimens import specimen_booking
from bookings.models import Booking
from bookings.models.booking import State
from courses.models import Event, Trainer
from evaluation.answer_links import link_to
from evaluation.models import Response
from evaluation.models.questionnaire import Stage

LETTERS = {Stage.PRE: "before", Stage.POST: "after", Stage.FOLLOW_UP: "follow_up", Stage.MANAGER: "manager"}
REVIEW_KEY = "evaluation.review"
PLACEHOLDERS = ("name", "course", "date", "reference", "organisation", "team")


def invitation(*, response: Response, now: datetime) -> OutboundEmail | None:
    """When a questionnaire opens: what it is for, how long it takes, until when."""
    if response.stage == Stage.TRAINER:
        return _ask_trainer(response, letter="evaluation/review", number=0, now=now)
    return _queue(
        response,
        letter=f"evaluation/{LETTERS[Stage(response.stage)]}",
        key=f"evaluation.invite:{response.booking_id}:{response.stage}",
        now=now,
    )


def reminder(*, response: Response, number: int, now: datetime) -> OutboundEmail | None:
    """While it is unanswered: days after the invitation."""
    if response.stage == Stage.TRAINER:
        return _ask_trainer(response, letter="evaluation/review_reminder", number=number, now=now)
    return _queue(
        response,
        letter="evaluation/manager_reminder" if response.stage == Stage.MANAGER else "evaluation/reminder",
        key=f"evaluation.reminder:{response.booking_id}:{response.stage}:{number}",
        now=now,
    )


def _ask_trainer(response: Response, *, letter: str, number: int, now: datetime) -> OutboundEmail | None:
    """For their own review of a date: they sign in to write it, as for the register."""
    held, trainer = cast(Event, response.event), cast(Trainer, response.trainer).practitioner
    to = address_of(trainer)
    if not to:
        return None
    return queue_email(
        key=f"{REVIEW_KEY}:{response.pk}:{number}",
        to=to,
        letter=letter,
        context={
            "response": response,
            "practitioner": trainer,
            "event": held,
            "course": held.version.course,
        },
        now=now,
        about=f"event:{response.event_id}",
        practitioner=trainer,
        urgency=OutboundEmail.Urgency.BULK,
    )


def _queue(response: Response, *, letter: str, key: str, now: datetime) -> OutboundEmail | None:
    booking = cast(Booking, response.booking)
    practitioner = booking.practitioner
    to = _address(response)
    if not to:
        return None
    until = _answers_until(response, now)
    return queue_email(
        key=key,
        to=to,
        letter=letter,
        context={
            "response": response,
            "booking": booking,
            "practitioner": practitioner,
            "event": booking.event,
            "course": booking.event.version.course,
            "earns_certificate": response.stage == Stage.POST and booking.state == State.ATTENDED,
            "until": until,
            "link": link_to(response=response, until=until if response.stage == Stage.MANAGER else None),
        },
        now=now,
        about=f"booking:{response.booking_id}",
        practitioner=practitioner,
        urgency=OutboundEmail.Urgency.BULK,
        is_secret=True,
    )


def _address(response: Response) -> str:
    """Whoever answers: the manager who was named, or the person. Nobody is asked about themselves as their manager."""
    booking = cast(Booking, response.booking)
    practitioner = booking.practitioner
    if response.stage != Stage.MANAGER:
        return address_of(practitioner)
    named = booking.manager_email
    return "" if practitioner.owns_address(named) else named


def _answers_until(response: Response, now: datetime) -> datetime:
    """Until the questionnaire closes; a manager's link ends some days after its letter (a setting)."""
    if response.stage != Stage.MANAGER:
        return response.closes_at
    return min(now + timedelta(days=Partnership.objects.current().manager_link_days), response.closes_at)


def why_not(email: OutboundEmail, *, now: datetime) -> str:
    """Whoever has answered, or can no longer answer, is not asked. The settings name this rule (LETTER_RULES)."""
    response = _asked_in(email.key.partition("|")[0])
    if response is None:
        return "The questionnaire is no longer asked."
    if response.state not in (Response.State.SCHEDULED, Response.State.OPEN):
        return f"The questionnaire is {response.get_state_display()}."
    return "The time to answer is over." if response.closes_at <= now else ""


def _asked_in(key: str) -> Response | None:
    """Read a letter's key: a review by its number, the others by booking and stage, with a reminder's number last."""
    what, number, stage, *_ = [*key.split(":"), "", ""]
    if not number.isdecimal():
        return None
    about = {"pk": int(number)} if what == REVIEW_KEY else {"booking": int(number), "stage": stage}
    return Response.objects.filter(**about).first()


def _specimen(now: datetime) -> dict:
    booking, _ = specimen_booking(now)
    until = now + timedelta(days=28)
    return {
        "response": Response(pk=0, booking=booking, stage=Stage.POST, closes_at=until),
        "booking": booking,
        "practitioner": booking.practitioner,
        "event": booking.event,
        "course": booking.event.version.course,
        "earns_certificate": True,
        "until": until,
        "link": settings.SITE_URL + reverse("evaluation:respond_by_link", args=["made-up"]),
    }


def _letter(name: str, title: str, when: str) -> LetterKind:
    return LetterKind(name=f"evaluation/{name}", title=title, when=when, placeholders=PLACEHOLDERS, specimen=_specimen)


CATALOGUE = [
    _letter("before", "Before the course: two minutes", "When the questionnaire opens, before the date"),
    _letter("after", "Your feedback", "At the end of the last session"),
    _letter("follow_up", "Twelve weeks on", "84 days after the date"),
    _letter("manager", "To the manager: what have you seen?", "With “Twelve weeks on”, where a manager was named"),
    _letter("manager_reminder", "To the manager, once more", "While they have not answered: after 10 days"),
    _letter("review", "To the trainer: your own review", "At the end of the last session"),
    _letter("review_reminder", "To the trainer, once more", "While it is not written: after 3 days"),
    _letter("reminder", "Still time to tell us", "While it is unanswered: after 3, 7 and 14 days"),
]
