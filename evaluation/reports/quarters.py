"""The annual report is made of four quarters: what officers wrote in the report of each, once it was approved."""

from typing import Any

from evaluation.models import QualityReport
from evaluation.reports.periods import Period, later, months_from
from evaluation.reports.selection import Selection


def quarters_of(selection: Selection) -> list[dict[str, Any]]:
    """Return the quarters of a year, each with what was written about it; nothing for other periods, or with filters.

    Of several approved reports of a quarter the one approved last counts. The figures of the quarters stand in R1b.
    """
    if selection.period.months != 12 or selection.is_narrowed:
        return []
    first = selection.period.starts_on
    periods = [months_from(later(first, 3 * number), 3) for number in range(4)]
    reports = QualityReport.objects.filter(
        strands=sorted(selection.strands),
        filters={},
        approved_at__isnull=False,
        starts_on__in=[period.starts_on for period in periods],
    )
    reports = reports.without_documents().prefetch_related("recommendations", "you_said").order_by("approved_at", "pk")
    latest = {Period(report.starts_on, report.ends_on): report for report in reports}
    return [_quarter(period, latest.get(period)) for period in periods]


def _quarter(period: Period, report: QualityReport | None) -> dict[str, Any]:
    written: dict[str, Any] = {"commentary": "", "recommendations": [], "you_said": []}
    if report is not None:
        written = {
            "commentary": report.commentary,
            "recommendations": sorted(each.what for each in report.recommendations.all()),
            "you_said": sorted([each.said, each.did] for each in report.you_said.all()),
        }
    return {"name": period.name, "is_approved": report is not None, **written}
