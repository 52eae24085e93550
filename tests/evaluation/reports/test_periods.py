"""Periods: quarters, years, other dates, and what each compares with."""

from datetime import UTC, date, datetime

import pytest

from evaluation.reports import periods
from evaluation.reports.periods import Period


@pytest.mark.parametrize(
    ("period", "previous", "last_year", "name"),
    [
        (
            Period(date(2026, 4, 1), date(2026, 6, 30)),
            Period(date(2026, 1, 1), date(2026, 3, 31)),
            Period(date(2025, 4, 1), date(2025, 6, 30)),
            "April to June 2026",
        ),
        (
            Period(date(2025, 4, 1), date(2026, 3, 31)),
            Period(date(2024, 4, 1), date(2025, 3, 31)),
            Period(date(2024, 4, 1), date(2025, 3, 31)),
            "April 2025 to March 2026",
        ),
        (
            Period(date(2025, 9, 1), date(2026, 8, 31)),
            Period(date(2024, 9, 1), date(2025, 8, 31)),
            Period(date(2024, 9, 1), date(2025, 8, 31)),
            "September 2025 to August 2026",
        ),
        (
            Period(date(2024, 2, 20), date(2024, 2, 29)),
            Period(date(2024, 2, 10), date(2024, 2, 19)),
            Period(date(2023, 2, 20), date(2023, 2, 28)),
            "20 February 2024 to 29 February 2024",
        ),
    ],
)
def test_a_period_knows_what_it_compares_with(period, previous, last_year, name):
    assert (period.previous, period.last_year, period.name) == (previous, last_year, name)


def test_a_period_ends_at_midnight_by_british_time():
    summer = Period(date(2026, 4, 1), date(2026, 6, 30))
    assert (summer.starts_at, summer.ends_before) == (
        datetime(2026, 3, 31, 23, tzinfo=UTC),
        datetime(2026, 6, 30, 23, tzinfo=UTC),
    )


@pytest.mark.parametrize(
    ("today", "usual", "financial", "academic"),
    [
        (date(2026, 11, 21), date(2026, 7, 1), date(2026, 4, 1), date(2026, 9, 1)),
        (date(2026, 4, 1), date(2026, 1, 1), date(2026, 4, 1), date(2025, 9, 1)),
        (date(2026, 1, 31), date(2025, 10, 1), date(2025, 4, 1), date(2025, 9, 1)),
    ],
)
def test_periods_on_offer_follow_the_day(today, usual, financial, academic):
    assert periods.usual(today).starts_on == usual
    assert periods.financial_years(today)[0].starts_on == financial
    assert periods.academic_years(today)[0].starts_on == academic
