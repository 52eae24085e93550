"""Schedules: which report is made by itself, how often, and who gets a letter about it."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from courses.models import Strand
from evaluation.models.improvement import NEED_KEEPERS
from evaluation.models.quality_report import strands_open_to

# Officers for the partnership, the team for its own strands.
SCHEDULERS = NEED_KEEPERS


class ReportScheduleQuerySet(models.QuerySet):
    def live(self):
        return self.filter(ended_at__isnull=True)

    def visible_to(self, user):
        """Whoever may set one up for these strands; the subgroup gets letters, and sees no schedules."""
        if not user.is_authenticated or not user.has_role(*SCHEDULERS):
            return self.none()
        return self.filter(strands__contained_by=strands_open_to(user))


class ReportSchedule(models.Model):
    """A report over these strands, each time such a period is over, until somebody ends it."""

    class Every(models.TextChoices):
        QUARTER = "QUARTER", "quarter"
        YEAR = "YEAR", "financial year"

    every = models.CharField(max_length=8, choices=Every, default=Every.QUARTER)
    strands = ArrayField(models.CharField(max_length=15, choices=Strand))
    recipients = models.ManyToManyField(settings.AUTH_USER_MODEL, related_name="+")
    made_at = models.DateTimeField()
    made_by = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    ended_at = models.DateTimeField(null=True, blank=True)
    ended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, on_delete=models.PROTECT, null=True, blank=True, related_name="+"
    )

    objects = ReportScheduleQuerySet.as_manager()

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(strands__len__gt=0), name="a_schedule_is_about_some_strand"),
            models.CheckConstraint(condition=Q(every__in=["QUARTER", "YEAR"]), name="a_schedule_has_a_known_rhythm"),
            models.CheckConstraint(
                condition=Q(ended_at__isnull=True, ended_by__isnull=True)
                | Q(ended_at__isnull=False, ended_by__isnull=False),
                name="a_schedule_is_ended_by_somebody",
            ),
        ]

    def __str__(self):
        return f"Every {self.get_every_display()}: {', '.join(self.strands)}"

    @property
    def may_still_ask(self) -> bool:
        """Whether whoever set it up may still read these strands: the report is asked for in their name."""
        return set(self.strands) <= set(strands_open_to(self.made_by))


class ScheduledReportQuerySet(models.QuerySet):
    def to_tell(self):
        """Made, and nobody has been told yet."""
        return self.filter(told_at__isnull=True, report__state="READY")


class ScheduledReport(models.Model):
    """What a schedule asked for after one period. One per period, so that it happens once."""

    schedule = models.ForeignKey(ReportSchedule, on_delete=models.PROTECT, related_name="reports")
    starts_on = models.DateField()
    report = models.ForeignKey("evaluation.QualityReport", on_delete=models.PROTECT, related_name="+")
    asked_at = models.DateTimeField()
    told_at = models.DateTimeField(null=True, blank=True)

    objects = ScheduledReportQuerySet.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["schedule", "starts_on"], name="a_schedule_asks_once_a_period"),
        ]
        indexes = [
            # For the sweep evaluation.follow_schedules.
            models.Index(fields=["asked_at"], condition=Q(told_at__isnull=True), name="scheduled_reports_to_tell"),
        ]

    def __str__(self):
        return f"{self.schedule}, from {self.starts_on}"


class ScheduledLetter(models.Model):
    """Whether a recipient was told, by what they were allowed to read at that moment."""

    scheduled = models.ForeignKey(ScheduledReport, on_delete=models.CASCADE, related_name="letters")
    recipient = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.PROTECT, related_name="+")
    may_read = models.BooleanField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["scheduled", "recipient"], name="one_letter_per_recipient_and_report"),
        ]

    def __str__(self):
        return f"{self.recipient_id}: {'told' if self.may_read else 'not told'}"
