"""Offer: a course in a strand, on that strand's terms. Strand is fixed, because rules hang on it."""

import pghistory
from django.db import models


class Strand(models.TextChoices):
    CORE = "core", "Core offer"
    STATUTORY = "statutory", "Statutory"
    TRADED = "traded", "Traded offer"
    MULTI_AGENCY = "multi_agency", "Multi-agency safeguarding"


class ApprovalMode(models.TextChoices):
    """Rule B1: how we know that the person's manager agrees."""

    ATTEST = "attest", "the person confirms they have agreement"
    NOTIFY = "notify", "the manager is copied in"
    EXPLICIT = "explicit", "somebody confirms each request"


# What a new offer starts with, by strand (rule B1).
USUAL_APPROVAL: dict[str, ApprovalMode] = {
    Strand.CORE: ApprovalMode.EXPLICIT,
    Strand.STATUTORY: ApprovalMode.EXPLICIT,
    Strand.TRADED: ApprovalMode.ATTEST,
    Strand.MULTI_AGENCY: ApprovalMode.ATTEST,
}


class OfferQuerySet(models.QuerySet):
    def active(self):
        return self.filter(is_active=True)


@pghistory.track(model_name="OfferHistory")
class Offer(models.Model):
    """Who may book a course in this strand, how it is approved, and what it costs whom."""

    course = models.ForeignKey("courses.Course", on_delete=models.PROTECT, related_name="offers")
    strand = models.CharField(max_length=15, choices=Strand)
    audience = models.CharField("who may book", max_length=300, blank=True, help_text="Empty: as the course says.")
    approval_mode = models.CharField(max_length=10, choices=ApprovalMode)
    price_band = models.ForeignKey("courses.PriceBand", on_delete=models.PROTECT, related_name="offers")
    free_cancel_working_days = models.PositiveSmallIntegerField(
        null=True, blank=True, help_text="Empty: the partnership's setting for the strand (rule B7)."
    )
    is_area_only = models.BooleanField(
        "free places only for people who work with the city's children", default=False, help_text="Rule B5"
    )
    charges_non_completion = models.BooleanField(
        "a self-paced course that is not finished in time is charged",
        default=False,
        db_default=False,
        help_text="Rule B26",
    )
    is_active = models.BooleanField(default=True)

    objects = OfferQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["course", "strand"], name="one_offer_per_course_and_strand"),
        ]

    def __str__(self):
        return f"{self.course}: {self.get_strand_display()}"
