"""Letters about observations: whom each goes to, its facts and its key."""

from datetime import datetime

from accounts.correspondence import queue_email
from accounts.models import OutboundEmail, Practitioner, Role, User
from accounts.wording import LetterKind
from bookings.emails import address_of
from bookings.emails.specimens import specimen_booking
from courses.models import Trainer
from courses.working_days import BRITISH_TIME
from evaluation.models import Observation
from evaluation.models.observation import ObservationState

PLANNED, SHARED, NOT_MET = (
    "evaluation/observation_planned",
    "evaluation/observation_shared",
    "evaluation/observation_not_met",
)
LETTERS = (PLANNED, SHARED, NOT_MET)
PLACEHOLDERS = ("name", "course", "date", "team")


def observation_planned(*, observation: Observation, now: datetime) -> None:
    """To the observer and to the trainer: who watches whom, when and against what."""
    trainer, observer = observation.trainer.practitioner, person_of(observation.observer)
    for reader in (trainer, observer):
        _queue(observation, PLANNED, to=reader, now=now)


def observation_shared(*, observation: Observation, now: datetime) -> None:
    """To the trainer: what was seen may be read, and is to be agreed."""
    _queue(observation, SHARED, to=observation.trainer.practitioner, now=now)


def standard_not_met(*, observation: Observation, now: datetime) -> None:
    """To every officer of the partnership, once: a standard was not met."""
    officers = User.objects.filter(roles__contains=[Role.LSCP_OFFICER], is_active=True).select_related("practitioner")
    for officer in officers.order_by("pk"):
        _queue(observation, NOT_MET, to=person_of(officer), now=now)


def person_of(user: User) -> Practitioner | None:
    """The person behind an account; an account set up by hand may have none."""
    return getattr(user, "practitioner", None)


def _queue(observation: Observation, letter: str, *, to: Practitioner | None, now: datetime) -> None:
    address = address_of(to) if to else ""
    if to is None or not address:
        return
    queue_email(
        key=f"{letter.replace('/', '.')}:{observation.pk}:{to.pk}",
        to=address,
        letter=letter,
        context=_facts(observation, to),
        now=now,
        about=f"observation:{observation.pk}",
        practitioner=to,
    )


def _facts(observation: Observation, reader: Practitioner) -> dict:
    observer = person_of(observation.observer)
    return {
        "observation": observation,
        "practitioner": reader,
        "is_for_trainer": reader.pk == observation.trainer.practitioner_id,
        "observer": observer.full_name if observer else "somebody of the partnership",
        "trainer": observation.trainer.practitioner,
        "event": observation.event,
        "course": observation.event.version.course,
    }


def why_not(email: OutboundEmail, *, now: datetime) -> str:
    """A plan that was called off is not announced; the other letters stay true."""
    if email.letter != PLANNED:
        return ""
    number = email.about.partition(":")[2]
    observation = Observation.objects.filter(pk=int(number)).first() if number.isdecimal() else None
    if observation is None or observation.state == ObservationState.CALLED_OFF:
        return "The observation was called off."
    return ""


def _specimen(now: datetime) -> dict:
    booking, _ = specimen_booking(now)
    observation = Observation(
        pk=0,
        event=booking.event,
        trainer=Trainer(pk=0, practitioner=booking.practitioner),
        observer=User(pk=0, email="observer@example.org"),
        planned_for=now.astimezone(BRITISH_TIME).date(),
    )
    return _facts(observation, booking.practitioner)


def _letter(letter: str, title: str, when: str, to: str) -> LetterKind:
    return LetterKind(name=letter, title=title, when=when, to=to, placeholders=PLACEHOLDERS, specimen=_specimen)


CATALOGUE = [
    _letter(PLANNED, "An observation is planned", "When an officer plans it", "the trainer and the observer"),
    _letter(SHARED, "What was seen", "When the observer shares what was written up", "the trainer"),
    _letter(NOT_MET, "A standard was not met", "When it is shared with the trainer", "the partnership’s officers"),
]
