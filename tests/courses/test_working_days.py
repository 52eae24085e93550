"""Working days: the worked dates of DOMAIN 5.3, weekends, bank holidays, and the end of a British day."""

from datetime import UTC, date, datetime

import pytest

from courses.working_days import end_of_day, is_working_day, working_days_after, working_days_before

AFTER_NEW_YEAR = date(2027, 1, 4)
AFTER_EASTER = date(2027, 3, 31)


@pytest.mark.parametrize(
    ("first_session", "notice", "last_day"),
    [
        (AFTER_NEW_YEAR, 2, date(2026, 12, 30)),
        (AFTER_NEW_YEAR, 3, date(2026, 12, 29)),
        (AFTER_NEW_YEAR, 5, date(2026, 12, 23)),
        (AFTER_NEW_YEAR, 10, date(2026, 12, 16)),
        (AFTER_EASTER, 2, date(2027, 3, 25)),
        (AFTER_EASTER, 3, date(2027, 3, 24)),
        (AFTER_EASTER, 5, date(2027, 3, 22)),
        (AFTER_EASTER, 10, date(2027, 3, 15)),
    ],
)
def test_working_days_before_counts_back_over_bank_holidays(first_session, notice, last_day):
    assert working_days_before(first_session, notice) == last_day


@pytest.mark.parametrize(
    ("day", "expected"),
    [
        (date(2026, 12, 24), True),
        (date(2026, 12, 25), False),
        (date(2026, 12, 28), False),  # Boxing Day falls on a Saturday, so the Monday is given instead
        (date(2027, 1, 1), False),
        (date(2027, 3, 26), False),  # Good Friday
        (date(2027, 3, 29), False),  # Easter Monday
        (date(2027, 3, 17), True),  # St Patrick's Day is a holiday in Northern Ireland alone
        (date(2026, 11, 21), False),  # a Saturday
        (date(2026, 11, 23), True),
    ],
)
def test_is_working_day_knows_weekends_and_englands_bank_holidays(day, expected):
    assert is_working_day(day) is expected


def test_working_days_after_counts_forward_over_christmas():
    assert working_days_after(date(2026, 12, 23), 3) == date(2026, 12, 30)


def test_no_days_of_notice_is_the_day_itself():
    assert working_days_before(AFTER_NEW_YEAR, 0) == AFTER_NEW_YEAR


def test_end_of_day_is_2359_in_british_time_in_winter_and_summer():
    assert end_of_day(date(2026, 12, 23)).astimezone(UTC) == datetime(2026, 12, 23, 23, 59, tzinfo=UTC)
    assert end_of_day(date(2027, 6, 1)).astimezone(UTC) == datetime(2027, 6, 1, 22, 59, tzinfo=UTC)
