"""Moderation: what somebody decided about words that a report may quote (DOMAIN 9.3). Decisions are added, never changed."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from accounts.models import Role
from courses.models import Strand


def strands_moderated_by(user) -> list[str]:
    """The strands whose free text this user reads first: multi-agency, or those of the workforce team."""
    strands: list[str] = []
    if user.is_authenticated and user.is_active:
        if user.has_role(Role.WORKFORCE_TEAM):
            strands += [Strand.CORE, Strand.STATUTORY, Strand.TRADED]
        if user.has_role(Role.LSCP_OFFICER):
            strands.append(Strand.MULTI_AGENCY)
    return strands


class Theme(models.TextChoices):
    """What a quote is about; the report puts them together by it."""

    CHILDREN = "CHILDREN", "children's voice and lives"
    CONFIDENCE = "CONFIDENCE", "knowledge and confidence"
    PRACTICE = "PRACTICE", "practice"
    TOGETHER = "TOGETHER", "working together"
    TRAINERS = "TRAINERS", "trainers and how it was taught"
    CONTENT = "CONTENT", "content and materials"
    SETTING = "SETTING", "venue, technology and access"
    OBSTACLES = "OBSTACLES", "what gets in the way"


class ModerationQuerySet(models.QuerySet):
    def in_force(self):
        """The latest decision about each answer."""
        return self.order_by("answer_id", "-pk").distinct("answer_id")


class Moderation(models.Model):
    """The words that may be read outside the team, as they were approved; kept when the original has gone."""

    append_only = True

    class Decision(models.TextChoices):
        APPROVED = "APPROVED", "approved as written"
        REDACTED = "REDACTED", "approved in other words"
        WITHHELD = "WITHHELD", "withheld"

    answer = models.ForeignKey("evaluation.Answer", on_delete=models.CASCADE, related_name="moderations")
    decision = models.CharField(max_length=10, choices=Decision)
    words = models.TextField(blank=True)
    theme = models.CharField(max_length=12, choices=Theme, blank=True)
    is_for_report = models.BooleanField("print it in the report", default=False)
    decided_at = models.DateTimeField()
    decided_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = ModerationQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(decision="WITHHELD", words="", is_for_report=False)
                | ~Q(decision="WITHHELD") & ~Q(words="") & ~Q(theme=""),
                name="withheld_words_are_not_kept_and_others_have_a_theme",
            ),
        ]

    def __str__(self):
        return f"{self.get_decision_display()}: answer {self.answer_id}"
