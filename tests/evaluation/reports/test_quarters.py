"""The annual report: what was written about each of its quarters."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from courses.models import DeliveryMode, Strand
from evaluation.actions import commentary
from evaluation.reports.periods import Period
from evaluation.reports.quarters import quarters_of
from evaluation.reports.selection import Selection
from tests import cast
from tests.evaluation.reported import ready_report
from tests.makers import NOW

pytestmark = pytest.mark.django_db

YEAR = Selection(Period(date(2026, 4, 1), date(2027, 3, 31)), (Strand.MULTI_AGENCY,))
QUIET = {"is_approved": False, "commentary": "", "recommendations": [], "you_said": []}


def approved(words, *, after=timedelta(), **how):
    """A report of the spring quarter, with something written beside it."""
    report = ready_report(**how)
    facts = {"report_id": report.pk, "by": cast.lou(), "now": NOW + after}
    commentary.write(commentary=words, **facts)
    commentary.recommend(what="Two more dates", **facts)
    commentary.answer(said="More time", did="Half a day was added.", **facts)
    return commentary.approve(**facts)


def test_a_year_has_the_words_of_its_four_quarters():
    approved("Fewer came.")
    assert quarters_of(YEAR) == [
        {
            "name": "April to June 2026",
            "is_approved": True,
            "commentary": "Fewer came.",
            "recommendations": ["Two more dates"],
            "you_said": [["More time", "Half a day was added."]],
        },
        {"name": "July to September 2026", **QUIET},
        {"name": "October to December 2026", **QUIET},
        {"name": "January to March 2027", **QUIET},
    ]


def test_of_several_reports_of_a_quarter_the_one_approved_last_counts():
    approved("Second thoughts.", after=timedelta(hours=2))
    approved("First thoughts.", after=timedelta(hours=1))
    ready_report()
    assert quarters_of(YEAR)[0]["commentary"] == "Second thoughts."


def test_drafts_and_reports_of_other_strands_say_nothing():
    ready_report()
    assert [quarter["is_approved"] for quarter in quarters_of(YEAR)] == [False] * 4
    approved("Fewer came.")
    assert quarters_of(YEAR)[0]["is_approved"]
    assert not quarters_of(replace(YEAR, strands=(Strand.CORE,)))[0]["is_approved"]


@pytest.mark.parametrize(
    "other",
    [
        replace(YEAR, period=Period(date(2026, 4, 1), date(2026, 6, 30))),
        replace(YEAR, period=Period(date(2026, 4, 2), date(2027, 3, 31))),
        replace(YEAR, mode=DeliveryMode.IN_PERSON),
    ],
)
def test_other_periods_and_reports_with_filters_have_no_quarters(other):
    approved("Fewer came.")
    assert quarters_of(other) == []
