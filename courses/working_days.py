"""Working days in England: Monday to Friday without bank holidays, counted back from a date (rule B8)."""

from calendar import monthrange
from datetime import date, datetime, time, timedelta
from functools import cache
from zoneinfo import ZoneInfo

import holidays

BRITISH_TIME = ZoneInfo("Europe/London")
SATURDAY = 5


@cache
def bank_holidays(year: int) -> frozenset[date]:
    return frozenset(holidays.country_holidays("GB", subdiv="ENG", years=year))


def is_working_day(day: date) -> bool:
    return day.weekday() < SATURDAY and day not in bank_holidays(day.year)


def working_days_before(day: date, count: int) -> date:
    """Return the day that lies this many working days before; the day itself is not counted."""
    return _walk(day, count, timedelta(days=-1))


def working_days_after(day: date, count: int) -> date:
    """Return the day that lies this many working days after; the day itself is not counted."""
    return _walk(day, count, timedelta(days=1))


def end_of_day(day: date) -> datetime:
    """Return 23:59 of the day in British time: the last moment of every deadline that is a date."""
    return datetime.combine(day, time(23, 59), tzinfo=BRITISH_TIME)


def start_of_day(day: date) -> datetime:
    """Return midnight at the beginning of the day in British time."""
    return datetime.combine(day, time(0), tzinfo=BRITISH_TIME)


def months_before(moment: datetime, months: int) -> datetime:
    """Return the same day and hour so many months earlier; the last day of a month that is too short for it."""
    local = moment.astimezone(BRITISH_TIME)
    years, month = divmod(local.month - 1 - months, 12)
    year, month = local.year + years, month + 1
    return local.replace(year=year, month=month, day=min(local.day, monthrange(year, month)[1]))


def _walk(day: date, count: int, step: timedelta) -> date:
    while count > 0:
        day += step
        if is_working_day(day):
            count -= 1
    return day
