"""What officers write beside the figures of a report: recommendations, and what was done about what people said."""

import pgtrigger
from django.conf import settings
from django.db import models
from django.db.models import Q

from evaluation.models.improvement import Owned, OwnedQuerySet

KEEP = """
    IF EXISTS (
        SELECT 1 FROM evaluation_qualityreport
        WHERE approved_at IS NOT NULL AND id = (CASE WHEN TG_OP = 'DELETE' THEN OLD.report_id ELSE NEW.report_id END)
    ) THEN
        RAISE EXCEPTION 'the report is approved: what was written about it stays'
            USING ERRCODE = 'integrity_constraint_violation';
    END IF;
    IF TG_OP = 'DELETE' THEN
        RETURN OLD;
    END IF;
    RETURN NEW;
"""


def _kept(name: str, *fields: str) -> pgtrigger.Trigger:
    return pgtrigger.Trigger(
        name=name,
        when=pgtrigger.Before,
        operation=pgtrigger.Insert | pgtrigger.Delete | pgtrigger.UpdateOf("report_id", *fields),
        func=KEEP,
    )


class Recommendation(Owned, models.Model):
    """What a report recommends; with an owner and a day it becomes an action when the report is approved."""

    report = models.ForeignKey("evaluation.QualityReport", on_delete=models.CASCADE, related_name="recommendations")
    what = models.CharField(max_length=500)
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )
    owner_words = models.CharField(max_length=120, blank=True)
    due_on = models.DateField(null=True, blank=True)
    action = models.OneToOneField(
        "evaluation.ImprovementAction", on_delete=models.PROTECT, null=True, blank=True, related_name="recommendation"
    )
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    objects = OwnedQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(due_on__isnull=True, owner__isnull=True, owner_words="")
                | Q(due_on__isnull=False, owner__isnull=False, owner_words="")
                | Q(due_on__isnull=False, owner__isnull=True) & ~Q(owner_words=""),
                name="a_recommendation_has_an_owner_and_a_day_or_neither",
            ),
        ]
        triggers = [_kept("recommendations_of_an_approved_report_stay", "what", "owner_id", "owner_words", "due_on")]

    def __str__(self):
        return self.what[:60]


class YouSaid(models.Model):
    """What people asked for, and what was done about it; printed after the voices (R16)."""

    report = models.ForeignKey("evaluation.QualityReport", on_delete=models.CASCADE, related_name="you_said")
    said = models.CharField("what people said", max_length=300)
    did = models.CharField("what was done", max_length=300)
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")

    class Meta:
        triggers = [_kept("you_said_of_an_approved_report_stays", "said", "did")]

    def __str__(self):
        return self.said[:60]
