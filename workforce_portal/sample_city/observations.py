"""Observations: a year of them, closed but for the latest; one to agree, one with a standard not met, two to write up."""

from datetime import datetime, timedelta

from django.utils import timezone

from accounts.models import OutboundEmail, User
from courses.models import Strand, TrainerAssignment
from courses.working_days import months_before
from evaluation.actions import improvements, observations
from evaluation.actions.observations import Promise
from evaluation.emails.observations import NOT_MET, SHARED
from evaluation.models import Observation, ObservationRating, TrainingStandard

Rating = ObservationRating.Rating
YEAR_MONTHS, CLOSED = 12, 12
# What was not simply met, by the number of the observation's story: standard and rating.
SEEN = ({}, {6: Rating.PARTLY}, {9: Rating.NOT_SEEN}, {2: Rating.PARTLY, 10: Rating.NOT_SEEN}, {})
STRENGTHS = "Warm from the first minute. The group worked on a real case, and everybody spoke."
TO_DEVELOP = "The children’s own words came late. Bring them to the beginning, and leave time for the local protocol."
WHAT_TO_DO = "Begin with the children’s words, and put the local protocol on the table."


def observe(*, now: datetime, as_of: datetime, officer: int, observer: int, trainer: int) -> None:
    """Watch trainers through the portal's own actions, each at its own moment; letters of long ago are not sent now."""
    people = User.objects.in_bulk([officer, observer])
    story = _Story(as_of=as_of, officer=people[officer], observer=people[observer])
    own, others = story.days_of(trainer), story.days_of(trainer, is_others=True)
    if own:
        story.share(story.plan(own[0]), {2: Rating.PARTLY})
    for seen, assignment in zip(({4: Rating.NOT_MET}, {6: Rating.PARTLY}), others[2:4], strict=False):
        shared = story.share(story.plan(assignment), seen)
        if Rating.PARTLY in seen.values():
            story.agree(shared)
    for number, assignment in enumerate(others[4 : 4 + CLOSED]):
        story.close(story.agree(story.share(story.plan(assignment), SEEN[number % len(SEEN)])))
    for assignment in others[:2]:
        story.plan(assignment)
    kept = [f"observation:{pk}" for pk in Observation.objects.filter(state="SHARED").values_list("pk", flat=True)]
    letters = OutboundEmail.objects.filter(letter__startswith="evaluation/observation_")
    letters.exclude(letter__in=[SHARED, NOT_MET], about__in=kept).delete()
    letters.update(send_at=now)


class _Story:
    """Who does what, one working week after the other."""

    def __init__(self, *, as_of: datetime, officer: User, observer: User) -> None:
        self.as_of, self.officer, self.observer = as_of, officer, observer
        self.standards = list(TrainingStandard.objects.in_force())

    def days_of(self, user: int, *, is_others: bool = False) -> list[TrainerAssignment]:
        """The latest training day in the past year of one trainer, or of each of the others, the latest first."""
        held = (
            TrainerAssignment.objects.filter(
                session__starts_at__range=(months_before(self.as_of, YEAR_MONTHS), self.as_of - timedelta(days=1)),
                session__event__state__in=["DELIVERED", "LOCKED"],
                session__event__offers__strand=Strand.MULTI_AGENCY,
                trainer__practitioner__user__isnull=False,
            )
            .select_related("trainer__practitioner", "session__event")
            .order_by("trainer", "-session__starts_at", "pk")
            .distinct("trainer")
        )
        held = (
            held.exclude(trainer__practitioner__user=user)
            if is_others
            else held.filter(trainer__practitioner__user=user)
        )
        return sorted(held, key=lambda each: each.session.starts_at, reverse=True)

    def plan(self, assignment: TrainerAssignment) -> Observation:
        session = assignment.session
        return observations.plan(
            trainer=assignment.trainer,
            event=session.event,
            day=timezone.localtime(session.starts_at).date(),
            observer=self.observer,
            by=self.officer,
            now=session.starts_at - timedelta(days=20),
        )

    def share(self, observation: Observation, seen: dict[int, str]) -> Observation:
        who = {"observation_id": observation.pk, "by": self.observer, "now": self.after(observation, 2)}
        needs_words = {Rating.PARTLY, Rating.NOT_MET} & set(seen.values())
        observations.record(
            ratings={each: seen.get(each.number, Rating.MET) for each in self.standards},
            strengths=STRENGTHS,
            to_develop=TO_DEVELOP if needs_words else "",
            **who,
        )
        if needs_words:
            due_on = observation.planned_for + timedelta(days=90)
            observations.add_action(promise=Promise(what=WHAT_TO_DO, due_on=due_on), **who)
        return observations.share(**who)

    def agree(self, observation: Observation) -> Observation:
        return observations.agree(
            observation_id=observation.pk,
            comment="Thank you, that is fair.",
            by=observation.trainer.practitioner.user,
            now=self.after(observation, 5),
        )

    def close(self, observation: Observation) -> Observation:
        now = self.after(observation, 60)
        for action in observation.actions.outstanding():
            improvements.end(action_id=action.pk, state="DONE", outcome="It is in the plan.", by=self.officer, now=now)
        return observations.close(observation_id=observation.pk, by=self.officer, now=now)

    def after(self, observation: Observation, days: int) -> datetime:
        """So many days after the day itself, and never after today."""
        noon = datetime.combine(observation.planned_for, self.as_of.time(), tzinfo=self.as_of.tzinfo)
        return min(noon + timedelta(days=days, hours=12), self.as_of)
