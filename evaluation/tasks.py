"""Tasks of the evaluation app: each does one owed thing for one row. A row that is gone or done is not an error."""

import logging
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial

from celery import shared_task
from django.db import connection, transaction

from accounts import clock
from accounts.models import Partnership
from evaluation import pdfs
from evaluation.actions import quality_reports
from evaluation.models import QualityReport
from evaluation.reports import pictures
from evaluation.reports.commentary import words_of
from evaluation.reports.compiling import compile_figures
from evaluation.reports.facts import facts_of, period_of, title_of
from evaluation.reports.selection import Selection

logger = logging.getLogger(__name__)

# Counting a year of a large city takes longer than any page may.
LONGEST_QUERY = "120s"


@shared_task(name="evaluation.build_report", acks_late=True, soft_time_limit=300, time_limit=360)
def build_report(*, report_id: int, **kwargs: object) -> None:
    """Make one quality report: claim it, count, draw, print, keep it; once it is approved, print it anew.

    What goes wrong is logged and tried again, a few times; then the page says that it could not be made.
    """
    report = quality_reports.claim(report_id=report_id, now=clock.now())
    if report is None:
        return
    try:
        keep = _printed_anew(report) if report.is_approved else _compiled(report)
    except Exception as error:
        logger.error(
            "quality report %s, attempt %s: %s", report_id, report.attempts, type(error).__name__, exc_info=True
        )
        quality_reports.put_back(report=report)
        return
    keep()


def _compiled(report: QualityReport) -> Callable[[], bool]:
    """Count, draw and print; return what keeps it."""
    period, snapshot_at = period_of(report), clock.now()
    threshold = Partnership.objects.current().small_number_threshold
    with one_moment():
        selection = Selection.of(period, tuple(report.strands), report.filters)
        figures = compile_figures(selection, threshold=threshold, now=snapshot_at)
    pictures.illustrate(figures)
    report.snapshot_at, report.suppressed_cells = snapshot_at, figures["hidden_cells"]
    pdf = pdfs.quality_report(title=title_of(report), facts=facts_of(report), figures=figures)
    return partial(quality_reports.publish, report=report, figures=figures, pdf=pdf, snapshot_at=snapshot_at)


def _printed_anew(report: QualityReport) -> Callable[[], bool]:
    """Print the kept figures with what the officers wrote; return what keeps it."""
    pdf = pdfs.quality_report(
        title=title_of(report), facts=facts_of(report), figures=report.figures, words=words_of(report)
    )
    return partial(quality_reports.circulate, report=report, pdf=pdf, now=clock.now())


@contextmanager
def one_moment() -> Iterator[None]:
    """Let every query see the database as it is at the first of them, so that all tables tell of the same moment.

    Inside a transaction that has begun already, that one decides.
    """
    has_begun = connection.in_atomic_block
    with transaction.atomic(), connection.cursor() as cursor:
        if not has_begun:
            cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ, READ ONLY")
        cursor.execute(f"SET LOCAL statement_timeout = '{LONGEST_QUERY}'")
        yield
