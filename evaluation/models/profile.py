"""EvaluationProfile: what the questionnaires of one stage ask about courses of one format (DOMAIN 9.2)."""

from django.contrib.postgres.fields import ArrayField
from django.db import models

from courses.models import LearningFormat
from evaluation.models.questionnaire import Stage


class EvaluationProfile(models.Model):
    """A format without one is asked everything."""

    class Asks(models.TextChoices):
        ONLY = "ONLY", "these items alone"
        ALL_BUT = "ALL_BUT", "everything but these items"

    learning_format = models.CharField("courses of this format", max_length=20, choices=LearningFormat)
    stage = models.CharField("are asked at this stage", max_length=10, choices=Stage)
    asks = models.CharField("for", max_length=8, choices=Asks)
    codes = ArrayField(
        models.CharField(max_length=6),
        verbose_name="items",
        default=list,
        blank=True,
        help_text="Their codes with commas between, for example SR1,SR2,RE1. These alone, and none: nobody is asked.",
    )

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["learning_format", "stage"], name="one_profile_per_format_and_stage"),
        ]

    def __str__(self):
        return f"{self.get_learning_format_display()}, {self.get_stage_display()}"

    def includes(self, code: str) -> bool:
        """Tell whether this item is asked."""
        return (code in self.codes) == (self.asks == self.Asks.ONLY)
