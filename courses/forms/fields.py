"""Days and times as people write them, and rows chosen from a list that is read once."""

import re
from collections.abc import Iterable
from datetime import time

from django import forms
from django.db.models import Model, TextChoices
from django.utils.text import capfirst

FIRST_YEAR, LAST_YEAR = 2020, 2099


def sentences(names: type[TextChoices]) -> list[tuple[str, str]]:
    """The choices as a list shows them: each begins with a capital letter."""
    return [(value, capfirst(label)) for value, label in names.choices]


class DayField(forms.DateField):
    """A day written as people write it, in a year that a course may be in."""

    default_error_messages = {"invalid": "Write the day as day, month and year: 8/12/2026."}

    def clean(self, value):
        day = super().clean(value)
        if day and not FIRST_YEAR <= day.year <= LAST_YEAR:
            raise forms.ValidationError(f"Write a year from {FIRST_YEAR} to {LAST_YEAR}.")
        return day


class ClockField(forms.TimeField):
    """A time of day as people write it: 9:30am, 9.30, 14:00."""

    widget = forms.TextInput
    default_error_messages = {"invalid": "Write the time as 9:30am or 14:00."}

    def to_python(self, value):
        if value in self.empty_values or isinstance(value, time):
            return value or None
        found = re.fullmatch(r"(\d{1,2})(?:[:.](\d{2}))?\s*(am|pm)?", str(value).strip().lower(), flags=re.ASCII)
        if not found:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        hour, minute, half = int(found[1]), int(found[2] or 0), found[3]
        if half and not 1 <= hour <= 12:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        if half:
            hour = hour % 12 + (12 if half == "pm" else 0)
        if hour > 23 or minute > 59:
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return time(hour, minute)

    def prepare_value(self, value):
        return value.strftime("%H:%M") if isinstance(value, time) else value


class OneOf(forms.ChoiceField):
    """One of a list of rows that is read once for all forms of the page."""

    def offer(self, rows: Iterable[Model], empty: str) -> None:
        self.rows = {str(row.pk): row for row in rows}
        self.choices = [("", empty), *((pk, str(row)) for pk, row in self.rows.items())]

    def clean(self, value):
        return self.rows.get(super().clean(value))
