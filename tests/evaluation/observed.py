"""Observations for tests, taken through their own actions as far as a test wants them."""

from datetime import date, timedelta

from django.utils import timezone

from courses.models import Event, Trainer
from evaluation.actions import observations
from evaluation.actions.observations import Promise
from evaluation.models import Observation, ObservationRating, TrainingStandard
from evaluation.models.observation import ObservationState
from tests import cast
from tests.makers import NOW, make_event

Rating = ObservationRating.Rating
A_YEAR_ON = date(2027, 11, 1)


def make_standards() -> list[TrainingStandard]:
    """The ten that a fresh database knows, and that tests which empty theirs have lost."""
    rows = [TrainingStandard(number=number, words=f"Standard {number} in short") for number in range(1, 11)]
    TrainingStandard.objects.bulk_create(rows, ignore_conflicts=True)
    return list(TrainingStandard.objects.in_force())


def planned(event: Event | None = None, *, trainer=None, observer=None, days_ago: int = 2) -> Observation:
    """Dev is to be watched by Olive on a date that was two days ago, planned a month before."""
    trainer = trainer or cast.dev()
    event = event or make_event(trainer=trainer, starts_at=NOW - timedelta(days=days_ago), state=Event.State.DELIVERED)
    return observations.plan(
        trainer=Trainer.objects.get(practitioner__user=trainer),
        event=event,
        day=timezone.localtime(event.starts_at).date(),
        observer=observer or cast.olive(),
        by=cast.lou(),
        now=NOW - timedelta(days=30),
    )


def done(observation: Observation | None = None, *, to_develop: str = "", **ratings: str) -> Observation:
    """Every standard met but for those named: `s3="NOT_MET"`."""
    observation = observation or planned()
    given = {each: ratings.get(f"s{each.number}", Rating.MET) for each in make_standards()}
    return observations.record(
        observation_id=observation.pk,
        ratings=given,
        strengths="Everybody spoke.",
        to_develop=to_develop,
        by=observation.observer,
        now=NOW,
    )


def shared(observation: Observation | None = None, **ratings: str) -> Observation:
    words = "Bring the new protocol." if {"PARTLY", "NOT_MET"} & set(ratings.values()) else ""
    observation = done(observation, to_develop=words, **ratings)
    return observations.share(observation_id=observation.pk, by=observation.observer, now=NOW)


def agreed(observation: Observation | None = None, **ratings: str) -> Observation:
    observation = shared(observation, **ratings)
    return observations.agree(
        observation_id=observation.pk,
        comment="Fair, thank you.",
        promise=Promise(what="Add the bruising protocol", due_on=A_YEAR_ON),
        by=observation.trainer.practitioner.user,
        now=NOW,
    )


def at(state: str) -> Observation:
    """One in the state named."""
    make = {
        ObservationState.PLANNED: planned,
        ObservationState.DONE: done,
        ObservationState.SHARED: shared,
        ObservationState.AGREED: agreed,
    }
    return make[ObservationState(state)]()
