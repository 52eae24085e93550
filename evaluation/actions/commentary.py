"""What officers write beside the figures of a report, until one of them approves it; from then on it stays."""

from datetime import date, datetime

from django.db import transaction

from accounts.audit import record
from accounts.locking import locked
from accounts.models import User
from accounts.wake import wake
from bookings.reports import name_of
from evaluation.actions import improvements
from evaluation.models import ImprovementAction, QualityReport, Recommendation, YouSaid


class WordsRefused(Exception):
    """It cannot be written so; the words say why."""


@transaction.atomic
def write(*, report_id: int, commentary: str, by: User, now: datetime) -> QualityReport:
    """Keep the commentary as it is now."""
    report = _to_write(report_id)
    if report.commentary != commentary.strip():
        report.commentary = commentary.strip()
        report.save(update_fields=["commentary"])
        _note("write", report, by, now)
    return report


@transaction.atomic
def recommend(
    *,
    report_id: int,
    what: str,
    by: User,
    now: datetime,
    owner: User | None = None,
    owner_words: str = "",
    due_on: date | None = None,
) -> Recommendation:
    """Add a recommendation; with an owner and a day it becomes an action later. Added twice alike is once."""
    report = _to_write(report_id)
    facts = {"what": what.strip(), "owner": owner, "owner_words": owner_words.strip(), "due_on": due_on}
    if (due_on is None) != (owner is None and not facts["owner_words"]):
        raise WordsRefused("Give both, who does it and by which day, or neither.")
    same = report.recommendations.filter(**facts).first()
    if same:
        return same
    _note("recommend", report, by, now)
    return Recommendation.objects.create(report=report, **facts, made_at=now, made_by=by)


@transaction.atomic
def answer(*, report_id: int, said: str, did: str, by: User, now: datetime) -> YouSaid:
    """Add what people said and what was done. Added twice alike is once."""
    report = _to_write(report_id)
    facts = {"said": said.strip(), "did": did.strip()}
    same = report.you_said.filter(**facts).first()
    if same:
        return same
    _note("answer", report, by, now)
    return YouSaid.objects.create(report=report, **facts, made_at=now, made_by=by)


@transaction.atomic
def take_out(*, line: Recommendation | YouSaid, by: User, now: datetime) -> None:
    """Take a recommendation, or what was done, out again. Twice is once."""
    report = _to_write(line.report_id)
    rows = report.recommendations if isinstance(line, Recommendation) else report.you_said
    if rows.filter(pk=line.pk).delete()[0]:
        _note("take_out", report, by, now)


@transaction.atomic
def approve(*, report_id: int, by: User, now: datetime) -> QualityReport:
    """Let a report go out: its words stay from now on, recommendations with an owner become actions, it is printed anew.

    Approved twice by the same officer is once; a second officer is told that somebody was first.
    """
    report = _locked(report_id)
    if report.is_approved and report.approved_by_id != by.pk and not report.waits_for_paper:
        raise WordsRefused(_told(report))
    if not report.is_approved:
        _refuse_unless_ready(report)
        _make_actions(report, by, now)
        QualityReport.objects.filter(pk=report.pk).update(approved_at=now, approved_by=by, claimed_at=None, attempts=0)
        _note("approve", report, by, now)
    elif report.waits_for_paper:
        QualityReport.objects.filter(pk=report.pk).update(claimed_at=None, attempts=0)
    wake("evaluation.build_report", report_id=report.pk)
    return _locked(report_id)


def _make_actions(report: QualityReport, by: User, now: datetime) -> None:
    for each in report.recommendations.filter(action__isnull=True).select_related("owner").order_by("pk"):
        if each.due_on is None:
            continue
        each.action = improvements.agree(
            what=each.what,
            source=ImprovementAction.Source.REPORT,
            report=report,
            owner=each.owner,
            owner_words=each.owner_words,
            due_on=each.due_on,
            by=by,
            now=now,
        )
        each.save(update_fields=["action"])


def _locked(report_id: int) -> QualityReport:
    reports = QualityReport.objects.without_documents().select_related("approved_by__practitioner")
    return locked(reports.filter(pk=report_id)).get()


def _to_write(report_id: int) -> QualityReport:
    report = _locked(report_id)
    if report.is_approved:
        raise WordsRefused(_told(report))
    _refuse_unless_ready(report)
    return report


def _refuse_unless_ready(report: QualityReport) -> None:
    if report.state != QualityReport.State.READY:
        raise WordsRefused(f"This report is {report.get_state_display()}.")


def _told(report: QualityReport) -> str:
    return f"{name_of(report.approved_by)} has approved this report. What was written about it stays as it is."


def _note(verb: str, report: QualityReport, by: User, now: datetime) -> None:
    record(by=by, verb=f"report.{verb}", subject=f"report:{report.pk}", now=now)
