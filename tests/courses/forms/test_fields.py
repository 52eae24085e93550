"""Days and times as people write them."""

from datetime import date, time

import pytest
from django import forms

from courses.forms.fields import ClockField, DayField


@pytest.mark.parametrize(
    ("typed", "expected"),
    [
        ("9:30am", time(9, 30)),
        ("9.30", time(9, 30)),
        ("09:30", time(9, 30)),
        ("9 AM", time(9)),
        ("12pm", time(12)),
        ("12:15am", time(0, 15)),
        ("4:30 pm", time(16, 30)),
        ("16:30", time(16, 30)),
        ("14", time(14)),
    ],
)
def test_clock_field_reads_times_as_people_write_them(typed, expected):
    assert ClockField().clean(typed) == expected


@pytest.mark.parametrize("typed", ["half nine", "25:00", "9:75", "13pm", "0am", "9:3", "٩:٣٠", "-1", "9:30am; drop"])
def test_clock_field_refuses_what_is_no_time(typed):
    with pytest.raises(forms.ValidationError, match="Write the time as 9:30am or 14:00"):
        ClockField().clean(typed)


def test_day_field_reads_british_days():
    assert DayField().clean("8/12/2026") == date(2026, 12, 8)


@pytest.mark.parametrize("typed", ["31/02/2027", "12/31/2026", "tomorrow", "8-12-26x", "😀"])
def test_day_field_refuses_what_is_no_day(typed):
    with pytest.raises(forms.ValidationError, match="Write the day as day, month and year"):
        DayField().clean(typed)


@pytest.mark.parametrize("typed", ["1/1/9999", "1/1/1999"])
def test_day_field_refuses_years_without_courses(typed):
    with pytest.raises(forms.ValidationError, match="Write a year from 2020 to 2099"):
        DayField().clean(typed)
