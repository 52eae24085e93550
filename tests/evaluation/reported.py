"""A quality report for tests that is ready, with as little in it as its page needs."""

from datetime import date

from courses.models import Strand
from evaluation.actions import quality_reports
from evaluation.models import QualityReport
from tests import cast
from tests.makers import NOW

FIGURES = {
    "period": "April to June 2026",
    "cards": [],
    "notes": [],
    "hidden_cells": 0,
    "threshold": 5,
    "definitions": [],
    "tables": [],
}
PAPER = b"%PDF-1.7 of a report"


def ready_report(by=None, strand=Strand.MULTI_AGENCY) -> QualityReport:
    asked = quality_reports.request_report(
        starts_on=date(2026, 4, 1),
        ends_on=date(2026, 6, 30),
        strands=[strand],
        filters={},
        by=by or cast.lou(),
        now=NOW,
    )
    report = quality_reports.claim(report_id=asked.pk, now=NOW)
    quality_reports.publish(report=report, figures=FIGURES, pdf=PAPER, snapshot_at=NOW)
    report.refresh_from_db()
    return report
