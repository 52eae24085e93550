"""KnowledgeCheck: the questions at the end of a self-paced course (DOMAIN 12)."""

from math import ceil

from django.contrib.postgres.fields import ArrayField
from django.core.validators import MaxValueValidator, MinValueValidator
from django.db import models
from django.db.models import Q

FEWEST_WRONG, MOST_WRONG = 1, 5


class KnowledgeCheck(models.Model):
    """A course that has one, with a question in it, is finished by passing it and in no other way."""

    course = models.OneToOneField(
        "courses.Course",
        on_delete=models.CASCADE,
        related_name="knowledge_check",
        limit_choices_to={"learning_format": "self_paced"},
    )
    pass_mark = models.PositiveSmallIntegerField(
        default=80,
        validators=[MinValueValidator(1), MaxValueValidator(100)],
        help_text="Per cent of the questions that must be right.",
    )
    attempts_at_once = models.PositiveSmallIntegerField(
        default=3, validators=[MinValueValidator(1)], help_text="So many attempts, then a pause."
    )
    pause_hours = models.PositiveSmallIntegerField(default=24, help_text="How long the pause is.")

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(pass_mark__gte=1, pass_mark__lte=100), name="a_pass_mark_is_per_cent"),
            models.CheckConstraint(condition=Q(attempts_at_once__gte=1), name="a_knowledge_check_can_be_tried"),
        ]

    def __str__(self):
        return f"Knowledge check of {self.course}"

    def needed(self, questions: int) -> int:
        """Return how many of so many questions must be right."""
        return ceil(self.pass_mark * questions / 100)


class KnowledgeQuestion(models.Model):
    """One question with one right answer. Past attempts keep what was right then, so it may be put better."""

    check_asked_in = models.ForeignKey(KnowledgeCheck, on_delete=models.CASCADE, related_name="questions")
    position = models.PositiveSmallIntegerField(help_text="Questions are asked in this order.")
    words = models.CharField("question", max_length=300)
    right_answer = models.CharField(max_length=200)
    wrong_answers = ArrayField(
        models.CharField(max_length=200), help_text="One a line: answers that somebody might believe."
    )
    explanation = models.CharField(
        max_length=500, blank=True, help_text="Shown to whoever got it wrong: where to look again, not the answer."
    )

    class Meta:
        ordering = ["position", "pk"]
        constraints = [
            models.CheckConstraint(
                condition=Q(wrong_answers__len__gte=FEWEST_WRONG, wrong_answers__len__lte=MOST_WRONG),
                name="a_knowledge_question_has_answers_to_choose_from",
            ),
        ]

    def __str__(self):
        return self.words
