"""R1b: quarter by quarter, on dates typed in by hand."""

from datetime import UTC, date, datetime

import pytest

from courses.models import DeliveryMode, Strand
from evaluation.reports.compiling import compile_figures
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from evaluation.reports.trend import quarters_to
from tests.evaluation import city
from tests.evaluation.city import Run

YEAR = Period(date(2025, 7, 1), date(2026, 6, 30))
AUTUMN, WINTER, SPRING = (datetime(*day, 8, 30, tzinfo=UTC) for day in ((2025, 11, 4), (2026, 2, 3), (2026, 5, 12)))


def tables(period=YEAR, **filters):
    figures = compile_figures(Selection(period, (Strand.MULTI_AGENCY,), **filters), threshold=5, now=city.AFTER)
    return {table["code"]: table for table in figures["tables"]}


def printed(table):
    return {row["cells"][0]["text"]: [cell["text"] for cell in row["cells"][1:]] for row in table["rows"]}


def test_quarters_end_with_the_one_in_which_the_period_ends():
    eight = quarters_to(YEAR)
    assert [period.starts_on for period in eight][-2:] == [date(2026, 1, 1), date(2026, 4, 1)]
    assert (len(eight), eight[0].starts_on) == (8, date(2024, 7, 1))
    assert quarters_to(Period(date(2026, 5, 3), date(2026, 5, 9)))[-1].name == "April to June 2026"


@pytest.mark.django_db
def test_trend_begins_with_the_first_date_and_counts_each_quarter_by_itself():
    city.deliver(Run("Neglect", 50, 30, missed=10, starts_at=AUTUMN, answered=20))
    city.deliver(Run("Neglect", 50, 45, missed=5, late=10, starts_at=SPRING))
    table = tables()["R1b"]
    assert printed(table) == {
        "October to December 2025": [
            "1",
            "30",
            "60.0%",
            "75.0%",
            "0.0%",
            *printed(table)["October to December 2025"][5:],
        ],
        "January to March 2026": ["0", "0", "-", "-", "-", "-", "-"],
        "April to June 2026": ["1", "45", "90.0%", "90.0%", "16.7%", "-", "-"],
    }
    assert printed(table)["October to December 2025"][6].startswith("+")
    assert table["sentence"] == "Occupancy was 60.0% in October to December 2025, and 90.0% in April to June 2026."


@pytest.mark.django_db
def test_trend_agrees_with_the_headlines_of_each_quarter():
    city.lively_quarter()
    quarter = tables(Period(date(2026, 4, 1), date(2026, 6, 30)))
    headlines = {row["cells"][0]["text"]: row["cells"][1]["text"] for row in quarter["R1"]["rows"]}
    assert printed(quarter["R1b"])["April to June 2026"] == [
        headlines[name]
        for name in (
            "Dates delivered", "Attendances", "Occupancy", "Attendance rate", "Cancelled late",
            "Would recommend their course", "Confidence to act, change after the course",
        )
    ]  # fmt: skip


@pytest.mark.django_db
def test_a_hidden_quarter_does_not_follow_from_the_year():
    city.deliver(Run("Neglect", 50, 30, starts_at=AUTUMN))
    city.deliver(Run("Neglect", 50, 3, starts_at=WINTER))
    city.deliver(Run("Neglect", 50, 45, starts_at=SPRING))
    found = printed(tables()["R1b"])
    assert {row[1] for row in found.values()} == {"not shown"}
    assert found["January to March 2026"][2] == "not shown"


@pytest.mark.django_db
def test_trend_is_left_out_of_reports_with_filters():
    city.deliver(Run("Neglect", 50, 30))
    assert "R1b" not in tables(mode=DeliveryMode.IN_PERSON)
