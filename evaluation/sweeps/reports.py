"""Sweeps over quality reports: what was asked for and not made, and what schedules ask for."""

from celery import shared_task

from accounts import clock
from evaluation.actions import quality_reports, schedules
from evaluation.models import QualityReport, ReportSchedule, ScheduledReport
from evaluation.sweeps.owed import pay
from evaluation.tasks import build_report

REPORTS_A_SWEEP = 20
# Hints older than that are dropped: the next sweep gives new ones.
REPORT_HINT_SECONDS = 55


@shared_task(name="evaluation.build_owed_reports")
def build_owed_reports(**kwargs: object) -> None:
    """Hand on the quality reports that were asked for and not made, whatever became of the first hint."""
    now = clock.now()
    quality_reports.give_up_spent(now=now)
    owed = QualityReport.objects.owed(now).order_by("requested_at").values_list("pk", flat=True)
    for report_id in owed[:REPORTS_A_SWEEP]:
        build_report.apply_async(kwargs={"report_id": report_id}, expires=REPORT_HINT_SECONDS)


@shared_task(name="evaluation.follow_schedules")
def follow_schedules(**kwargs: object) -> None:
    """Ask for the reports of periods that are over, and tell the recipients of those that are made."""
    now = clock.now()
    for schedule_id in ReportSchedule.objects.live().order_by("pk").values_list("pk", flat=True):
        pay(schedules.ask, now=now, schedule_id=schedule_id)
    for scheduled_id in ScheduledReport.objects.to_tell().order_by("asked_at", "pk").values_list("pk", flat=True):
        pay(schedules.tell, now=now, scheduled_id=scheduled_id)
