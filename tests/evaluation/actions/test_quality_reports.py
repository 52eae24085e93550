"""Asking for a report, and one worker making it."""

from datetime import date, timedelta

import pytest

from accounts.models import AuditEntry
from courses.models import Strand
from evaluation.actions import quality_reports
from evaluation.actions.quality_reports import NotYourStrands
from evaluation.models import QualityReport
from evaluation.models.quality_report import CLAIM_LEASE, MAX_ATTEMPTS
from tests import cast
from tests.makers import NOW

pytestmark = pytest.mark.django_db
FIGURES = {"hidden_cells": 3}


def ask(by, *, strands=(Strand.MULTI_AGENCY,), **filters):
    return quality_reports.request_report(
        starts_on=date(2026, 4, 1), ends_on=date(2026, 6, 30), strands=strands, filters=filters, by=by, now=NOW
    )


def test_request_report_is_recorded():
    report = ask(cast.lou(), sector="police")
    entry = AuditEntry.objects.get(verb="report.request")
    assert (entry.subject, entry.actor_id) == (f"report:{report.pk}", cast.lou().pk)
    assert entry.detail["filters"] == {"sector": "police"}


def test_request_report_twice_while_it_is_made_gives_the_same():
    first = ask(cast.lou())
    assert ask(cast.lou()) == first
    assert ask(cast.sal()) != first
    claimed = quality_reports.claim(report_id=first.pk, now=NOW)
    quality_reports.publish(report=claimed, figures=FIGURES, pdf=b"%PDF", snapshot_at=NOW)
    assert ask(cast.lou()) != first


@pytest.mark.parametrize(
    ("who", "allowed"),
    [
        ("lou", [Strand.MULTI_AGENCY]),
        ("sal", [Strand.MULTI_AGENCY]),
        ("wendy", [Strand.CORE, Strand.STATUTORY, Strand.TRADED]),
        ("amina", []),
        ("zed", []),
    ],
)
def test_request_report_refuses_strands_of_others(who, allowed):
    by = getattr(cast, who)()
    for strand in Strand.values:
        if strand in allowed:
            assert ask(by, strands=[strand]).strands == [strand]
        else:
            with pytest.raises(NotYourStrands):
                ask(by, strands=[strand])
    with pytest.raises(NotYourStrands):
        ask(by, strands=[])


def test_claim_gives_a_report_to_one_worker():
    report = ask(cast.lou())
    assert quality_reports.claim(report_id=report.pk, now=NOW) == report
    assert quality_reports.claim(report_id=report.pk, now=NOW + timedelta(minutes=1)) is None
    assert quality_reports.claim(report_id=report.pk + 1, now=NOW) is None
    later = quality_reports.claim(report_id=report.pk, now=NOW + CLAIM_LEASE + timedelta(seconds=1))
    assert later.attempts == 2


def test_publish_keeps_what_the_holder_made():
    report = ask(cast.lou())
    slow = quality_reports.claim(report_id=report.pk, now=NOW)
    quick = quality_reports.claim(report_id=report.pk, now=NOW + CLAIM_LEASE + timedelta(seconds=1))
    assert quality_reports.publish(report=quick, figures=FIGURES, pdf=b"quick", snapshot_at=NOW)
    assert not quality_reports.publish(report=slow, figures=FIGURES, pdf=b"slow", snapshot_at=NOW)
    report.refresh_from_db()
    assert (report.state, bytes(report.pdf), report.suppressed_cells) == (QualityReport.State.READY, b"quick", 3)


def test_put_back_gives_up_in_the_end():
    report = ask(cast.lou())
    for attempt in range(1, MAX_ATTEMPTS + 1):
        claimed = quality_reports.claim(report_id=report.pk, now=NOW)
        assert claimed.attempts == attempt
        quality_reports.put_back(report=claimed)
    report.refresh_from_db()
    assert report.state == QualityReport.State.FAILED
    assert quality_reports.claim(report_id=report.pk, now=NOW) is None


def test_give_up_spent_ends_reports_whose_workers_died():
    report = ask(cast.lou())
    now = NOW
    for _ in range(MAX_ATTEMPTS):
        quality_reports.claim(report_id=report.pk, now=now)
        assert quality_reports.give_up_spent(now=now) == 0
        now += CLAIM_LEASE + timedelta(seconds=1)
    assert quality_reports.give_up_spent(now=now) == 1
    report.refresh_from_db()
    assert report.state == QualityReport.State.FAILED
