"""The worker makes a report: claim, count, draw, print, keep."""

import io
from datetime import date

import pypdf
import pytest

from courses.models import Strand
from evaluation import pdfs
from evaluation.actions import commentary, quality_reports
from evaluation.models import QualityReport
from evaluation.sweeps.reports import build_owed_reports
from evaluation.tasks import build_report
from tests import cast
from tests.evaluation import city


def asked():
    return quality_reports.request_report(
        starts_on=date(2026, 4, 1), ends_on=date(2026, 6, 30), strands=[Strand.MULTI_AGENCY], filters={},
        by=cast.lou(), now=city.AFTER,
    )  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_build_report_makes_it_once():
    city.deliver(city.Run("Neglect", 40, 30, missed=6, answered=24))
    report = asked()
    build_report(report_id=report.pk)
    report.refresh_from_db()
    assert (report.state, report.attempts, bytes(report.pdf[:5])) == (QualityReport.State.READY, 1, b"%PDF-")
    assert report.snapshot_at is not None
    assert [table["code"] for table in report.figures["tables"] if table["chart"]] == [
        "R1", "R2", "R3", "R4", "R9", "R10", "R14",
    ]  # fmt: skip
    made = bytes(report.pdf)
    build_report(report_id=report.pk, something_newer=True)
    report.refresh_from_db()
    assert (report.attempts, bytes(report.pdf)) == (1, made)


@pytest.mark.django_db
def test_build_report_prints_an_approved_one_anew_with_its_figures_as_they_were():
    report = asked()
    build_report(report_id=report.pk)
    report.refresh_from_db()
    first = (report.figures, report.snapshot_at, bytes(report.pdf))
    who = {"report_id": report.pk, "by": cast.lou(), "now": city.AFTER}
    commentary.write(commentary="Nobody came.", **who)
    commentary.recommend(what="Ask every school", owner=cast.lou(), due_on=date(2027, 3, 31), **who)
    commentary.answer(said="More practice", did="Half a day was added.", **who)
    city.deliver(city.Run("Neglect", 40, 30))
    commentary.approve(**who)

    build_report(report_id=report.pk)
    build_report(report_id=report.pk)

    report.refresh_from_db()
    assert report.circulated_at is not None
    assert (report.figures, report.snapshot_at) == first[:2]
    assert bytes(report.pdf) != first[2]
    text = " ".join(page.extract_text() for page in pypdf.PdfReader(io.BytesIO(bytes(report.pdf))).pages)
    for words in (
        "Nobody came.",
        "Ask every school",
        "LSCP officer, by Wednesday 31 March 2027",
        "Half a day was added.",
    ):
        assert words in " ".join(text.split())


@pytest.mark.django_db
def test_build_report_that_fails_can_be_tried_again(monkeypatch):
    def broken(**kwargs):
        raise ValueError("no paper")

    report = asked()
    with monkeypatch.context() as patch:
        patch.setattr(pdfs, "quality_report", broken)
        build_report(report_id=report.pk)
    report.refresh_from_db()
    assert (report.state, report.attempts, report.claimed_at) == (QualityReport.State.PENDING, 1, None)
    build_report(report_id=report.pk)
    report.refresh_from_db()
    assert report.state == QualityReport.State.READY


@pytest.mark.django_db
def test_build_report_of_a_report_that_is_gone_is_no_error():
    build_report(report_id=999)


@pytest.mark.django_db
def test_sweep_hands_on_what_is_owed(monkeypatch):
    report = asked()
    handed = []
    monkeypatch.setattr(build_report, "apply_async", lambda kwargs, expires: handed.append(kwargs))
    build_owed_reports()
    quality_reports.claim(report_id=report.pk, now=city.AFTER)
    assert handed == [{"report_id": report.pk}]
