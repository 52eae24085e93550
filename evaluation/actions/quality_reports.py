"""Quality reports: ask for one, hand it to one worker, keep its figures, say when it cannot be made."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from accounts.audit import record
from accounts.models import User
from accounts.wake import wake
from evaluation.figures import DEFINITIONS_VERSION
from evaluation.models import QualityReport
from evaluation.models.quality_report import MAX_ATTEMPTS, strands_open_to


class NotYourStrands(Exception):
    """Somebody asked for a report about strands that are not theirs to read."""


@transaction.atomic
def request_report(
    *, starts_on: date, ends_on: date, strands: Iterable[str], filters: Mapping[str, Any], by: User, now: datetime
) -> QualityReport:
    """Ask for a report about strands one may read (DOMAIN 3.1). Asking again while it is being made gives the same."""
    strands = sorted(strands)
    if not strands or not set(strands) <= set(strands_open_to(by)):
        raise NotYourStrands("Choose strands that you may read.")
    question = {"starts_on": starts_on, "ends_on": ends_on, "strands": strands, "filters": dict(filters)}
    # Whoever presses twice at once waits here, and then finds what they asked for.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    pending = QualityReport.objects.filter(**question, requested_by=by, state=QualityReport.State.PENDING).first()
    if pending:
        return pending
    report = QualityReport.objects.create(
        **question, requested_by=by, requested_at=now, definitions_version=DEFINITIONS_VERSION
    )
    asked = {"from": f"{starts_on}", "to": f"{ends_on}", "strands": strands, "filters": dict(filters)}
    record(by=by, verb="report.request", subject=f"report:{report.pk}", now=now, **asked)
    wake("evaluation.build_report", report_id=report.pk)
    return report


@transaction.atomic
def claim(*, report_id: int, now: datetime) -> QualityReport | None:
    """Take a report that is owed into this worker's hands; None when it is done, gone or in another's."""
    owed = QualityReport.objects.owed(now).filter(pk=report_id)
    if not owed.update(claimed_at=now, attempts=F("attempts") + 1):
        return None
    return QualityReport.objects.select_related("requested_by__practitioner", "approved_by__practitioner").get(
        pk=report_id
    )


@transaction.atomic
def publish(*, report: QualityReport, figures: Mapping[str, Any], pdf: bytes, snapshot_at: datetime) -> bool:
    """Keep the figures and the printed report, unless another worker was faster; tell whether they were kept."""
    mine = QualityReport.objects.filter(pk=report.pk, state=QualityReport.State.PENDING, claimed_at=report.claimed_at)
    return bool(
        mine.update(
            state=QualityReport.State.READY,
            snapshot_at=snapshot_at,
            figures=figures,
            suppressed_cells=figures["hidden_cells"],
            pdf=pdf,
        )
    )


@transaction.atomic
def circulate(*, report: QualityReport, pdf: bytes, now: datetime) -> bool:
    """Keep the paper with the officers' words in it: from now on the report is circulated. The figures stay."""
    mine = QualityReport.objects.filter(pk=report.pk, circulated_at__isnull=True, claimed_at=report.claimed_at)
    return bool(mine.filter(approved_at__isnull=False).update(pdf=pdf, circulated_at=now))


@transaction.atomic
def put_back(*, report: QualityReport) -> None:
    """Give a report that could not be made back at once, to be tried again; the last attempt ends it.

    One that is approved keeps its figures and its earlier paper: an officer may have it printed again.
    """
    mine = QualityReport.objects.filter(pk=report.pk, claimed_at=report.claimed_at)
    if report.attempts >= MAX_ATTEMPTS:
        mine.filter(state=QualityReport.State.PENDING).update(state=QualityReport.State.FAILED)
    else:
        mine.update(claimed_at=None)


@transaction.atomic
def give_up_spent(*, now: datetime) -> int:
    """End the reports whose workers died as often as we try; return how many."""
    return QualityReport.objects.spent(now).update(state=QualityReport.State.FAILED)


@transaction.atomic
def record_export(*, report: QualityReport, what: str, by: User, now: datetime) -> None:
    """Note who took a copy away. The figures are suppressed already, so there is nothing else to decide."""
    record(by=by, verb="report.export", subject=f"report:{report.pk}", now=now, what=what)
