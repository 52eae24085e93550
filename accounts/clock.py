"""The one clock: everything that asks what time it is asks here, so that days can pass in a demonstration."""

import re
from datetime import datetime, time, timedelta

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.utils import timezone

UNITS = {"d": "days", "h": "hours", "m": "minutes"}


def offset() -> timedelta:
    """Return how far the portal's clock is moved from the real one.

    Reads PORTAL_CLOCK_OFFSET: a whole number and a unit, "12d", "-3h" or "90m"; several may be
    joined ("12d3h"). Settings refuse it outside local runs.
    """
    text = settings.PORTAL_CLOCK_OFFSET.strip()
    if not text:
        return timedelta()
    if not re.fullmatch(r"[+-]?(\d+[dhm])+", text):
        raise ImproperlyConfigured(f"PORTAL_CLOCK_OFFSET is {text!r}. Write days, hours or minutes: 12d, -3h, 12d3h.")
    moved = sum(
        (timedelta(**{UNITS[unit]: int(number)}) for number, unit in re.findall(r"(\d+)([dhm])", text)),
        timedelta(),
    )
    return -moved if text.startswith("-") else moved


def now() -> datetime:
    """Return the portal's present moment, aware, in UTC."""
    return timezone.now() + offset()


def time_in_words(local: datetime | time) -> str:
    """Return a time on the wall as people say it: "9:30am", "5pm", "midday"."""
    if (local.hour, local.minute) in {(0, 0), (12, 0)}:
        return "midday" if local.hour else "midnight"
    minutes = f":{local.minute:02}" if local.minute else ""
    return f"{local.hour % 12 or 12}{minutes}{'am' if local.hour < 12 else 'pm'}"
