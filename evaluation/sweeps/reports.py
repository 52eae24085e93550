"""Sweep over quality reports that were asked for and not made."""

from celery import shared_task

from accounts import clock
from evaluation.actions import quality_reports
from evaluation.models import QualityReport
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
