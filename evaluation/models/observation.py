"""Observation: somebody watches a trainer against the standards, tells them, and agrees with them what follows."""

from datetime import date

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Exists, OuterRef, Q

from accounts.models import Role
from courses.models import TrainerAssignment
from courses.working_days import working_days_after

# Who may watch a trainer; and who plans, reads all and closes.
OBSERVERS = (Role.OBSERVER, Role.LSCP_OFFICER)
PLANNERS = (Role.LSCP_OFFICER,)


class TrainingStandardQuerySet(models.QuerySet):
    def in_force(self):
        return self.filter(is_active=True).order_by("number")


class TrainingStandard(models.Model):
    """One of the ten standards of multi-agency training, in short words (DOMAIN 9.5). Its number never changes."""

    number = models.PositiveSmallIntegerField(unique=True)
    words = models.CharField("the standard, in short", max_length=150)
    is_active = models.BooleanField("trainers are watched against it", default=True)

    objects = TrainingStandardQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(number__gte=1, number__lte=10), name="standards_are_1_to_10"),
            models.CheckConstraint(condition=~Q(words=""), name="a_standard_has_words"),
        ]

    def __str__(self):
        return f"{self.number}. {self.words}"


class ObservationState(models.TextChoices):
    """DOMAIN 9.5; and called off, for a date that is cancelled or a trainer who is ill."""

    PLANNED = "PLANNED", "planned"
    DONE = "DONE", "being written up"
    SHARED = "SHARED", "shared with the trainer"
    AGREED = "AGREED", "agreed"
    CLOSED = "CLOSED", "closed"
    CALLED_OFF = "CALLED_OFF", "called off"


# Which state may follow which. The database refuses everything else (trigger `observations_move_by_the_rules`).
OBSERVATION_TRANSITIONS: dict[ObservationState, tuple[ObservationState, ...]] = {
    ObservationState.PLANNED: (ObservationState.DONE, ObservationState.CALLED_OFF),
    ObservationState.DONE: (ObservationState.SHARED,),
    ObservationState.SHARED: (ObservationState.AGREED,),
    ObservationState.AGREED: (ObservationState.CLOSED,),
}
# Nobody but observer and officers knows what was written, and it may still change.
UNSHARED_STATES = (ObservationState.PLANNED, ObservationState.DONE)
SHARED_STATES = (ObservationState.SHARED, ObservationState.AGREED, ObservationState.CLOSED)
DONE_STATES = (ObservationState.DONE, *SHARED_STATES)


class ObservationQuerySet(models.QuerySet):
    def live(self):
        return self.exclude(state=ObservationState.CALLED_OFF)

    def shared(self):
        """What is said is said: the trainer knows it, and it counts."""
        return self.filter(state__in=SHARED_STATES)

    def done(self):
        return self.filter(state__in=DONE_STATES)

    def to_write_up(self, today):
        """The day has come, and the trainer has not been told yet."""
        return self.filter(state__in=UNSHARED_STATES, planned_for__lte=today)

    def to_come(self, today):
        return self.filter(state=ObservationState.PLANNED, planned_for__gt=today)

    def waiting_for_the_trainer(self):
        return self.filter(state=ObservationState.SHARED)

    def with_open_actions(self):
        return self.filter(Exists(self.model._base_manager.filter(pk=OuterRef("pk"), actions__state="OPEN")))

    def with_facts(self):
        """With trainer, date and observer, and whether the trainer still trains on that day."""
        still_on = TrainerAssignment.objects.filter(
            trainer=OuterRef("trainer"),
            session__event=OuterRef("event"),
            session__starts_at__date=OuterRef("planned_for"),
        )
        return self.select_related(
            "event__version__course",
            "event__venue",
            "trainer__practitioner",
            "trainer__organisation",
            "observer__practitioner",
        ).annotate(is_still_on=Exists(still_on))

    def written_by(self, user):
        """An observer's own, while they have the duty."""
        if not user.is_authenticated or not user.has_role(*OBSERVERS):
            return self.none()
        return self.filter(observer=user)

    def about(self, user):
        """Those of which this person is the trainer, from when they were shared."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        return self.shared().filter(trainer__practitioner__user=user)

    def visible_to(self, user):
        """Officers see all, an observer their own, the trainer what was shared with them; the subgroup counts alone."""
        if user.is_authenticated and user.has_role(*PLANNERS):
            return self
        return self.written_by(user) | self.about(user)


def _step(name: str, *states: ObservationState) -> models.CheckConstraint:
    """Whoever took a step, and when, is known in these states and in no others."""
    before = [str(state) for state in ObservationState if state not in states]
    since = [str(state) for state in states]
    return models.CheckConstraint(
        condition=Q(("state__in", before), (f"{name}_at__isnull", True), (f"{name}_by__isnull", True))
        | Q(("state__in", since), (f"{name}_at__isnull", False), (f"{name}_by__isnull", False)),
        name=f"an_observation_says_when_and_by_whom_it_was_{name}",
    )


REFUSE_ONESELF = """
    IF EXISTS (
        SELECT 1 FROM courses_trainer trainer
        JOIN accounts_practitioner person ON person.id = trainer.practitioner_id
        WHERE trainer.id = NEW.trainer_id AND person.user_id = NEW.observer_id
    ) THEN
        RAISE EXCEPTION 'nobody observes themselves' USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    RETURN NEW;
"""
REFUSE_UNFINISHED = """
    IF EXISTS (
        SELECT 1 FROM evaluation_trainingstandard standard
        WHERE standard.is_active AND NOT EXISTS (
            SELECT 1 FROM evaluation_observationrating rating
            WHERE rating.observation_id = NEW.id AND rating.standard_id = standard.id
        )
    ) THEN
        RAISE EXCEPTION 'observation % lacks the rating of a standard', NEW.id
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF EXISTS (
        SELECT 1 FROM evaluation_observationrating
        WHERE observation_id = NEW.id AND rating IN ('PARTLY', 'NOT_MET')
    ) THEN
        IF NEW.to_develop = '' THEN
            RAISE EXCEPTION 'observation % does not say what is to be developed', NEW.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
        IF NEW.state = 'AGREED' AND NOT EXISTS (
            SELECT 1 FROM evaluation_improvementaction
            WHERE observation_id = NEW.id AND state <> 'DROPPED'
        ) THEN
            RAISE EXCEPTION 'observation % has no action with a day', NEW.id
                USING ERRCODE = 'integrity_constraint_violation';
        END IF;
    END IF;
    RETURN NEW;
"""
REFUSE_CHANGE_OF_WORDS = """
    RAISE EXCEPTION 'observation % was shared with the trainer and stays as it is', OLD.id
        USING ERRCODE = 'integrity_constraint_violation';
"""
REFUSE_CHANGE_OF_RATING = """
    IF EXISTS (
        SELECT 1 FROM evaluation_observation
        WHERE state NOT IN ('PLANNED', 'DONE')
          AND id IN (
            CASE WHEN TG_OP = 'INSERT' THEN NEW.observation_id ELSE OLD.observation_id END,
            CASE WHEN TG_OP = 'DELETE' THEN OLD.observation_id ELSE NEW.observation_id END
          )
    ) THEN
        RAISE EXCEPTION 'the ratings of an observation that was shared stay as they are'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
"""


class Observation(models.Model):
    """One trainer on one day of a date, watched by somebody else. Names no learner."""

    event = models.ForeignKey("courses.Event", on_delete=models.PROTECT, related_name="observations")
    trainer = models.ForeignKey("courses.Trainer", on_delete=models.PROTECT, related_name="observations")
    observer = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="observations")
    planned_for = models.DateField("day")
    state = models.CharField(max_length=10, choices=ObservationState, default=ObservationState.PLANNED)
    strengths = models.TextField(max_length=1000, blank=True)
    to_develop = models.TextField("areas to develop", max_length=1000, blank=True)
    trainers_comment = models.TextField(max_length=1000, blank=True)

    planned_at = models.DateTimeField()
    planned_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    done_at = models.DateTimeField(null=True, blank=True)
    done_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    shared_at = models.DateTimeField(null=True, blank=True)
    shared_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    agreed_at = models.DateTimeField(null=True, blank=True)
    agreed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    closed_at = models.DateTimeField(null=True, blank=True)
    closed_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    called_off_at = models.DateTimeField(null=True, blank=True)
    called_off_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ObservationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(state__in=ObservationState.values), name="observation_state_is_known"),
            models.UniqueConstraint(
                fields=["trainer", "event", "planned_for"],
                condition=~Q(state="CALLED_OFF"),
                name="one_observation_per_trainer_and_day_of_a_date",
            ),
            _step("done", *DONE_STATES),
            _step("shared", *SHARED_STATES),
            _step("agreed", ObservationState.AGREED, ObservationState.CLOSED),
            _step("closed", ObservationState.CLOSED),
            _step("called_off", ObservationState.CALLED_OFF),
            models.CheckConstraint(
                condition=~Q(state__in=["SHARED", "AGREED", "CLOSED"]) | ~Q(strengths=""),
                name="a_shared_observation_names_strengths",
            ),
        ]
        indexes = [
            # For the list of what is due.
            models.Index(
                fields=["planned_for"], condition=Q(state__in=["PLANNED", "DONE"]), name="observations_to_write_up"
            ),
        ]
        triggers = [
            pgtrigger.FSM(
                name="observations_move_by_the_rules",
                field="state",
                transitions=[
                    (str(before), str(after)) for before, afters in OBSERVATION_TRANSITIONS.items() for after in afters
                ],
            ),
            pgtrigger.Trigger(
                name="nobody_observes_themselves",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("trainer_id", "observer_id"),
                func=REFUSE_ONESELF,
            ),
            pgtrigger.Trigger(
                name="an_observation_is_shared_whole",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("state"),
                condition=pgtrigger.Q(new__state__in=["SHARED", "AGREED"]),
                func=REFUSE_UNFINISHED,
            ),
            pgtrigger.Trigger(
                name="a_shared_observation_stays_as_it_is",
                when=pgtrigger.Before,
                operation=pgtrigger.UpdateOf("strengths", "to_develop", "trainer_id", "event_id", "observer_id"),
                condition=pgtrigger.Q(old__state__in=["SHARED", "AGREED", "CLOSED"]),
                func=REFUSE_CHANGE_OF_WORDS,
            ),
        ]

    def __str__(self):
        return f"{self.trainer}, {self.planned_for}"

    @property
    def is_unshared(self) -> bool:
        return self.state in UNSHARED_STATES

    def write_up_by(self, days: int) -> date:
        """The last day to tell the trainer, so many working days after the day itself."""
        return working_days_after(self.planned_for, days)

    def move_to(self, state: ObservationState, *, by, now) -> list[str]:
        """Set the state with who and when; return the fields to save."""
        step = state.value.lower()
        self.state = state
        setattr(self, f"{step}_at", now)
        setattr(self, f"{step}_by", by)
        return ["state", f"{step}_at", f"{step}_by"]


class ObservationRating(models.Model):
    """What was seen of one standard."""

    class Rating(models.TextChoices):
        MET = "MET", "met"
        PARTLY = "PARTLY", "partly met"
        NOT_MET = "NOT_MET", "not met"
        NOT_SEEN = "NOT_SEEN", "not seen"

    observation = models.ForeignKey(Observation, on_delete=models.CASCADE, related_name="ratings")
    standard = models.ForeignKey(TrainingStandard, on_delete=models.PROTECT, related_name="ratings")
    rating = models.CharField(max_length=8, choices=Rating)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["observation", "standard"], name="one_rating_per_standard"),
            models.CheckConstraint(
                condition=Q(rating__in=["MET", "PARTLY", "NOT_MET", "NOT_SEEN"]), name="observation_rating_is_known"
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="ratings_of_a_shared_observation_stay",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.Update | pgtrigger.Delete,
                func=REFUSE_CHANGE_OF_RATING,
            ),
        ]

    def __str__(self):
        return f"{self.standard_id}: {self.get_rating_display()}"


NEEDS_WORDS = (ObservationRating.Rating.PARTLY, ObservationRating.Rating.NOT_MET)
