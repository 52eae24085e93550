"""Trainer: who delivers, from which agency; and which sessions they hold. Nobody is in two places at once."""

import pghistory
import pgtrigger
from django.contrib.postgres.constraints import ExclusionConstraint
from django.contrib.postgres.fields import ArrayField, DateTimeRangeField, RangeOperators
from django.db import models

from accounts.models import Role


class TrainerQuerySet(models.QuerySet):
    def active(self):
        return self.filter(pool_state=Trainer.PoolState.ACTIVE)

    def of(self, user):
        """The trainer that this signed-in person is, if any."""
        return self.filter(practitioner__user=user)


@pghistory.track(model_name="TrainerHistory")
class Trainer(models.Model):
    """A person in the training pool, often lent in kind by a partner agency."""

    class PoolState(models.TextChoices):
        NOMINATED = "NOMINATED", "nominated"
        TRAINING = "TRAINING", "in training"
        SHADOWING = "SHADOWING", "shadowing"
        ACTIVE = "ACTIVE", "active"
        PAUSED = "PAUSED", "paused"
        LEFT = "LEFT", "left"

    practitioner = models.OneToOneField("accounts.Practitioner", on_delete=models.PROTECT, related_name="trainer")
    organisation = models.ForeignKey("accounts.Organisation", on_delete=models.PROTECT, related_name="trainers")
    pool_state = models.CharField(max_length=10, choices=PoolState, default=PoolState.ACTIVE)
    topics = ArrayField(models.CharField(max_length=60), default=list, blank=True)
    trained_on = models.DateField("training for trainers completed on", null=True, blank=True)
    trained_by = models.CharField("training for trainers provider", max_length=120, blank=True)

    objects = TrainerQuerySet.as_manager()

    def __str__(self):
        return self.practitioner.full_name


class TrainerAssignmentQuerySet(models.QuerySet):
    def visible_to(self, user):
        """A trainer's own assignments; the workforce team and LSCP officers see all."""
        if not user.is_authenticated or not user.is_active:
            return self.none()
        if user.has_role(Role.WORKFORCE_TEAM, Role.LSCP_OFFICER, Role.SYSTEM_OWNER):
            return self
        return self.filter(trainer__practitioner__user=user)


# The range is the session's own; nobody writes it by hand.
COPY_SESSION_TIMES = """
    NEW.during := (SELECT tstzrange(starts_at, ends_at) FROM courses_session WHERE id = NEW.session_id);
    RETURN NEW;
"""


@pghistory.track(model_name="TrainerAssignmentHistory")
class TrainerAssignment(models.Model):
    """One trainer in one session. Its time range is kept equal to the session's by trigger."""

    class Part(models.TextChoices):
        LEAD = "LEAD", "lead trainer"
        CO_TRAINER = "CO_TRAINER", "co-trainer"

    trainer = models.ForeignKey(Trainer, on_delete=models.PROTECT, related_name="assignments")
    session = models.ForeignKey("courses.Session", on_delete=models.CASCADE, related_name="trainer_assignments")
    part = models.CharField(max_length=10, choices=Part, default=Part.LEAD)
    during = DateTimeRangeField(null=True, editable=False)

    objects = TrainerAssignmentQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["trainer", "session"], name="one_assignment_per_trainer_and_session"),
            ExclusionConstraint(
                name="a_trainer_is_in_one_place_at_a_time",
                expressions=[("trainer", RangeOperators.EQUAL), ("during", RangeOperators.OVERLAPS)],
            ),
        ]
        triggers = [
            pgtrigger.Trigger(
                name="assignment_copies_session_times",
                when=pgtrigger.Before,
                operation=pgtrigger.Insert | pgtrigger.UpdateOf("session_id"),
                func=COPY_SESSION_TIMES,
            ),
        ]

    def __str__(self):
        return f"{self.trainer} in {self.session}"
