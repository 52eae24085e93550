"""Observations: plan one, write it up as one goes, share it, agree on what follows, close it (DOMAIN 9.5)."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from accounts.audit import record as note
from accounts.locking import locked
from accounts.models import User
from courses.models import Event, Trainer, TrainerAssignment
from evaluation import emails
from evaluation.actions import improvements
from evaluation.models import ImprovementAction, Observation, ObservationRating, TrainingStandard
from evaluation.models.observation import NEEDS_WORDS, OBSERVERS, ObservationState

Rating = ObservationRating.Rating


class ObservationRefused(Exception):
    """It cannot be done so; the words say why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Promise:
    """One action as it is agreed: what, by when, and by whom; nobody named is the trainer."""

    what: str
    due_on: date
    owner_words: str = ""


@transaction.atomic
def plan(*, trainer: Trainer, event: Event, day: date, observer: User, by: User, now: datetime) -> Observation:
    """Plan to watch a trainer on a day of a date, and tell both. Planned twice alike is once."""
    if observer.pk == trainer.practitioner.user_id:
        raise ObservationRefused("Nobody observes themselves. Choose somebody else.")
    if not observer.has_role(*OBSERVERS):
        raise ObservationRefused("Choose somebody who has the duty to observe.")
    if trainer.practitioner.user_id is None:
        raise ObservationRefused(
            "This trainer has no account yet, and could not read what was seen. Invite them first."
        )
    days = TrainerAssignment.objects.filter(trainer=trainer, session__event=event, session__starts_at__date=day)
    if not days.exists():
        raise ObservationRefused("This trainer does not train on that day any more. Choose another day.")
    # Whoever plans the same at the same moment waits here.
    Trainer.objects.select_for_update(no_key=True).get(pk=trainer.pk)
    planned = Observation.objects.live().filter(trainer=trainer, event=event, planned_for=day).first()
    if planned is not None:
        if planned.observer_id == observer.pk:
            return planned
        raise ObservationRefused("Somebody else observes this trainer on that day already.")
    observation = Observation.objects.create(
        trainer=trainer, event=event, planned_for=day, observer=observer, planned_at=now, planned_by=by
    )
    _note(observation, "plan", by, now)
    emails.observation_planned(observation=observation, now=now)
    return observation


@transaction.atomic
def call_off(*, observation_id: int, by: User, now: datetime) -> Observation:
    """Take a plan back, for a date that is cancelled or a trainer who is ill. Twice is once."""
    observation = _locked(observation_id)
    if observation.state != ObservationState.CALLED_OFF:
        _refuse_unless(observation, ObservationState.PLANNED, "called off")
        _move(observation, ObservationState.CALLED_OFF, by, now)
    return observation


@transaction.atomic
def record(
    *,
    observation_id: int,
    ratings: Mapping[TrainingStandard, str],
    strengths: str,
    to_develop: str,
    by: User,
    now: datetime,
) -> Observation:
    """Keep what was written so far; whatever is missing may follow. The first words make it “being written up”."""
    observation = _locked(observation_id)
    if observation.observer_id != by.pk:
        raise ObservationRefused("Only whoever observed writes it up.")
    if not observation.is_unshared:
        raise ObservationRefused(f"It is {observation.get_state_display()}, and stays as it is.")
    if timezone.localtime(now).date() < observation.planned_for:
        raise ObservationRefused("The day is still to come. Write down what you see from that day on.")
    fields = ["strengths", "to_develop"]
    observation.strengths, observation.to_develop = strengths.strip(), to_develop.strip()
    if observation.state == ObservationState.PLANNED:
        fields += observation.move_to(ObservationState.DONE, by=by, now=now)
        _note(observation, "record", by, now)
    observation.save(update_fields=fields)
    ObservationRating.objects.bulk_create(
        [ObservationRating(observation=observation, standard=each, rating=rating) for each, rating in ratings.items()],
        update_conflicts=True,
        unique_fields=["observation", "standard"],
        update_fields=["rating"],
    )
    return observation


@transaction.atomic
def add_action(*, observation_id: int, promise: Promise, by: User, now: datetime) -> ImprovementAction:
    """Put an action down; until both have agreed, the observer and the trainer may add more. Added twice alike is once."""
    observation = _locked(observation_id)
    trainer = observation.trainer.practitioner.user
    if observation.state not in (ObservationState.DONE, ObservationState.SHARED):
        raise ObservationRefused(f"It is {observation.get_state_display()}: actions are added before both have agreed.")
    if by.pk not in (observation.observer_id, trainer and trainer.pk):
        raise ObservationRefused("Actions are added by the observer and the trainer.")
    owner_words = promise.owner_words.strip()
    return improvements.agree(
        what=promise.what,
        source=ImprovementAction.Source.OBSERVATION,
        observation=observation,
        owner=None if owner_words else trainer,
        owner_words=owner_words,
        due_on=promise.due_on,
        by=by,
        now=now,
    )


@transaction.atomic
def share(*, observation_id: int, by: User, now: datetime) -> Observation:
    """Show it to the trainer as it is; from now on it stays. Anything not met is told to the officers, once."""
    observation = _locked(observation_id)
    if observation.observer_id != by.pk:
        raise ObservationRefused("Only whoever observed shares it.")
    if observation.state == ObservationState.SHARED:
        return observation
    _refuse_unless(observation, ObservationState.DONE, "shared")
    if missing := missing_of(observation=observation):
        raise ObservationRefused(" ".join(missing))
    _move(observation, ObservationState.SHARED, by, now)
    emails.observation_shared(observation=observation, now=now)
    if observation.ratings.filter(rating=Rating.NOT_MET).exists():
        emails.standard_not_met(observation=observation, now=now)
    return observation


def missing_of(*, observation: Observation) -> list[str]:
    """What is still to be written before the trainer may read it."""
    missing = []
    ratings = dict(observation.ratings.values_list("standard__number", "rating"))
    unrated = [each.number for each in TrainingStandard.objects.in_force() if each.number not in ratings]
    if unrated:
        numbers = ", ".join(map(str, unrated))
        missing.append(f"Rate standard {numbers}." if len(unrated) == 1 else f"Rate standards {numbers}.")
    if not observation.strengths:
        missing.append("Write what went well.")
    if set(ratings.values()) & set(NEEDS_WORDS) and not observation.to_develop:
        missing.append("Something is partly or not met: write what is to be developed.")
    return missing


@transaction.atomic
def agree(*, observation_id: int, comment: str, by: User, now: datetime, promise: Promise | None = None) -> Observation:
    """The trainer agrees, with a comment and perhaps an action of their own. Agreed twice is once."""
    observation = _locked(observation_id)
    if by.pk != observation.trainer.practitioner.user_id:
        raise ObservationRefused("Only the trainer agrees.")
    if observation.state == ObservationState.AGREED:
        return observation
    _refuse_unless(observation, ObservationState.SHARED, "agreed")
    if promise is not None:
        add_action(observation_id=observation.pk, promise=promise, by=by, now=now)
    if needs_action(observation=observation):
        raise ObservationRefused(
            "Something was partly or not met: agree on at least one action, and the day by which it is done."
        )
    observation.trainers_comment = comment.strip()
    _move(observation, ObservationState.AGREED, by, now, "trainers_comment")
    return observation


def needs_action(*, observation: Observation) -> bool:
    """Tell whether something is to be developed and nobody has promised anything."""
    if not observation.ratings.filter(rating__in=NEEDS_WORDS).exists():
        return False
    return not observation.actions.exclude(state=ImprovementAction.State.DROPPED).exists()


@transaction.atomic
def close(*, observation_id: int, by: User, now: datetime) -> Observation:
    """End it, once every action has ended. Closed twice is once."""
    observation = _locked(observation_id)
    if observation.state == ObservationState.CLOSED:
        return observation
    _refuse_unless(observation, ObservationState.AGREED, "closed")
    if observation.actions.outstanding().exists():
        raise ObservationRefused("An action is still open. Say what came of it first.")
    _move(observation, ObservationState.CLOSED, by, now)
    return observation


def _locked(observation_id: int) -> Observation:
    rows = Observation.objects.select_related(
        "trainer__practitioner__user", "observer__practitioner", "event__version__course"
    )
    return locked(rows.filter(pk=observation_id)).get()


def _refuse_unless(observation: Observation, state: ObservationState, verb: str) -> None:
    if observation.state != state:
        raise ObservationRefused(f"It cannot be {verb}: it is {observation.get_state_display()}.")


def _move(observation: Observation, state: ObservationState, by: User, now: datetime, *also: str) -> None:
    observation.save(update_fields=[*observation.move_to(state, by=by, now=now), *also])
    _note(observation, state.value.lower(), by, now)


def _note(observation: Observation, verb: str, by: User, now: datetime) -> None:
    note(by=by, verb=f"observation.{verb}", subject=f"observation:{observation.pk}", now=now)
