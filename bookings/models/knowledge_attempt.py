"""KnowledgeAttempt: one try at the questions of a self-paced course."""

from datetime import datetime, timedelta

from django.db import models
from django.db.models import F, Q


class KnowledgeAttemptQuerySet(models.QuerySet):
    def failed(self):
        return self.filter(is_passed=False)

    def latest_first(self):
        return self.order_by("-number")


class KnowledgeAttempt(models.Model):
    """Kept as it was marked. Attempts are added, never changed."""

    enrolment = models.ForeignKey(
        "bookings.SelfPacedEnrolment", on_delete=models.CASCADE, related_name="knowledge_attempts"
    )
    number = models.PositiveSmallIntegerField(help_text="1 for the first.")
    answered_at = models.DateTimeField()
    asked = models.PositiveSmallIntegerField()
    right = models.PositiveSmallIntegerField()
    needed = models.PositiveSmallIntegerField(help_text="So many had to be right, by the pass mark of that day.")
    is_passed = models.BooleanField()
    wrong_questions = models.JSONField(default=list, help_text="Numbers of the questions that were answered wrongly.")

    objects = KnowledgeAttemptQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["enrolment", "number"], name="one_attempt_of_each_number"),
            models.UniqueConstraint(
                fields=["enrolment"], condition=Q(is_passed=True), name="a_knowledge_check_is_passed_once"
            ),
            models.CheckConstraint(condition=Q(asked__gt=0, right__lte=F("asked")), name="an_attempt_was_asked_enough"),
            models.CheckConstraint(
                condition=Q(is_passed=True, right__gte=F("needed")) | Q(is_passed=False, right__lt=F("needed")),
                name="an_attempt_is_passed_by_its_mark",
            ),
        ]

    def __str__(self):
        return f"{self.enrolment_id}, attempt {self.number}"


def next_attempt_at(attempts: list[KnowledgeAttempt], *, at_once: int, pause: timedelta) -> datetime | None:
    """Return from when the next attempt may be made; None where nothing stands against it.

    After every so many failed attempts there is a pause, counted from the last of them.
    """
    failed = [attempt for attempt in attempts if not attempt.is_passed]
    if not failed or len(failed) % at_once:
        return None
    return max(attempt.answered_at for attempt in failed) + pause
