"""Periods a report may cover: quarters from April, financial and academic years, or any dates; and what each compares with."""

from dataclasses import dataclass
from datetime import date, datetime, time, timedelta

from django.utils import timezone

QUARTER_MONTHS = (1, 4, 7, 10)
FINANCIAL_YEAR_MONTH = 4
ACADEMIC_YEAR_MONTH = 9
QUARTERS_OFFERED = 10
YEARS_OFFERED = 3
LONGEST = timedelta(days=366)


@dataclass(frozen=True)
class Period:
    """From the first day to the last, both counted."""

    starts_on: date
    ends_on: date

    @property
    def starts_at(self) -> datetime:
        return midnight(self.starts_on)

    @property
    def ends_before(self) -> datetime:
        """The first moment that no longer counts."""
        return midnight(self.ends_on + timedelta(days=1))

    @property
    def months(self) -> int | None:
        """3 for a calendar quarter, 12 for a year of whole months; None for other dates."""
        for months in (3, 12):
            if self.starts_on.day == 1 and months_from(self.starts_on, months).ends_on == self.ends_on:
                return months
        return None

    @property
    def previous(self) -> "Period":
        """The same length of time just before."""
        if self.months:
            return months_from(later(self.starts_on, -self.months), self.months)
        ends_on = self.starts_on - timedelta(days=1)
        return Period(ends_on - (self.ends_on - self.starts_on), ends_on)

    @property
    def last_year(self) -> "Period":
        """The same period a year earlier."""
        if self.months:
            return months_from(later(self.starts_on, -12), self.months)
        return Period(a_year_before(self.starts_on), a_year_before(self.ends_on))

    @property
    def name(self) -> str:
        """What it says on the cover: "April to June 2026", "April 2025 to March 2026"."""
        if self.months == 3:
            return f"{self.starts_on:%B} to {self.ends_on:%B %Y}"
        if self.months == 12:
            return f"{self.starts_on:%B %Y} to {self.ends_on:%B %Y}"
        return f"{day_in_words(self.starts_on)} to {day_in_words(self.ends_on)}"

    @property
    def value(self) -> str:
        """How a form names it."""
        return f"{self.starts_on:%Y-%m-%d}_{self.ends_on:%Y-%m-%d}"


def midnight(day: date) -> datetime:
    return timezone.make_aware(datetime.combine(day, time()))


def day_in_words(day: date) -> str:
    return f"{day.day} {day:%B %Y}"


def later(first: date, months: int) -> date:
    """Return the first day of a month so many months later (or earlier)."""
    number = first.year * 12 + first.month - 1 + months
    return date(number // 12, number % 12 + 1, 1)


def a_year_before(day: date) -> date:
    return day.replace(year=day.year - 1, day=28 if (day.month, day.day) == (2, 29) else day.day)


def months_from(start: date, months: int) -> Period:
    return Period(start, later(start, months) - timedelta(days=1))


def latest_start(today: date, months: tuple[int, ...]) -> date:
    """Return the latest day at or before today on which one of the months began."""
    start = today.replace(day=1)
    while start.month not in months:
        start = later(start, -1)
    return start


def quarters(today: date) -> list[Period]:
    """Return the quarters on offer, the one in progress first."""
    start = latest_start(today, QUARTER_MONTHS)
    return [months_from(later(start, -3 * back), 3) for back in range(QUARTERS_OFFERED)]


def years(today: date, first_month: int) -> list[Period]:
    start = latest_start(today, (first_month,))
    return [months_from(later(start, -12 * back), 12) for back in range(YEARS_OFFERED)]


def financial_years(today: date) -> list[Period]:
    return years(today, FINANCIAL_YEAR_MONTH)


def academic_years(today: date) -> list[Period]:
    return years(today, ACADEMIC_YEAR_MONTH)


def usual(today: date) -> Period:
    """Return the period most often wanted: the last quarter that has ended."""
    return quarters(today)[1]
