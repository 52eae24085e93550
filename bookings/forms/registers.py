"""Forms of the register: marks, people added on the day, codes to check in with, and decisions about outcomes."""

from datetime import datetime, timedelta
from uuid import uuid4

from django import forms
from django.utils import timezone

from accounts.clock import time_in_words
from bookings.actions.registers import Given
from bookings.forms.staff_booking import NewPersonForm
from bookings.models import Attendance
from bookings.models.attendance import LATE, version_of
from bookings.reports import CHOICE_WORDS, who_marked, words_of

Mark = Attendance.Mark
# Of these the register asks the time: of coming late always, of leaving early where it is known.
TIMED = (LATE, Mark.LEFT_EARLY)
TIME_FORMATS = ["%H:%M", "%H.%M", "%H:%M:%S", "%I:%M%p", "%I.%M%p", "%I%p"]


class RegisterForm(forms.Form):
    """One choice a person, with its time and what the page showed: the fields are made from the bookings."""

    key = forms.UUIDField(required=False)
    reason = forms.CharField(
        label="Why is the locked register corrected?",
        max_length=300,
        required=False,
        error_messages={"required": "Say why the register is corrected. The reason is kept with the change."},
    )

    def __init__(self, *args, session, bookings, is_locked=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.session, self.bookings = session, bookings
        self.fields["reason"].required = is_locked
        if not is_locked:
            del self.fields["reason"]
        for booking in bookings:
            self.fields[f"mark_{booking.pk}"] = forms.ChoiceField(
                choices=[("", "not marked"), *CHOICE_WORDS.items()],
                required=False,
                error_messages={"invalid_choice": "Choose one of the marks shown."},
            )
            self.fields[f"time_{booking.pk}"] = forms.TimeField(
                required=False,
                input_formats=TIME_FORMATS,
                error_messages={"invalid": f"Write a time for {booking.practitioner}, for example 09:50."},
            )
            self.fields[f"seen_{booking.pk}"] = forms.CharField(required=False, max_length=30)

    def clean(self):
        said = super().clean()
        self.given = {}
        self._errors.pop("key", None)
        for booking in self.bookings:
            # What a page sends unasked is no mistake of the reader's.
            self._errors.pop(f"seen_{booking.pk}", None)
            choice, seen = said.get(f"mark_{booking.pk}"), said.get(f"seen_{booking.pk}", "")
            name = f"time_{booking.pk}"
            at = self._moment(said.get(name)) if choice in TIMED else None
            if choice not in TIMED:
                self._errors.pop(name, None)
            elif version_of(choice, at) != seen and name not in self._errors:
                self._check_time(name, booking, choice, at)
            if choice and name not in self._errors:
                self.given[booking.pk] = Given(choice=choice, at=at, seen=seen)
        return said

    def _moment(self, time_of_day) -> datetime | None:
        """The time on the day of the session; a session that runs past midnight has the small hours too."""
        if time_of_day is None:
            return None
        start = timezone.localtime(self.session.starts_at)
        moment = start.replace(hour=time_of_day.hour, minute=time_of_day.minute, second=0, microsecond=0)
        after = moment + timedelta(days=1)
        return after if moment < start and after <= self.session.ends_at else moment

    def _check_time(self, name, booking, choice, at):
        person = booking.practitioner
        if at is None and choice == LATE:
            self.add_error(name, f"Write at what time {person} came, for example 09:50.")
        elif at and not self.session.starts_at <= at <= self.session.ends_at:
            start, end = (timezone.localtime(one) for one in (self.session.starts_at, self.session.ends_at))
            self.add_error(
                name,
                f"Write a time for {person} between {time_in_words(start)} and {time_in_words(end)}, for example {start:%H:%M}.",
            )

    @property
    def new_key(self):
        return uuid4()

    def rows(self, standing, notes=None):
        """What the page shows of everybody: the mark in force, or what was typed where it has a mistake in it."""
        for booking in self.bookings:
            attendance = standing.get(booking.pk)
            names = f"mark_{booking.pk}", f"time_{booking.pk}"
            wrong = [error for name in names for error in self.errors.get(name, [])] if self.is_bound else []
            choice = attendance.choice if attendance else ""
            at = attendance.at if attendance else None
            shown = f"{timezone.localtime(at):%H:%M}" if at else ""
            if wrong:
                choice, shown = (self.data.get(name, "") for name in names)
            yield {
                "booking": booking,
                "choices": [(mark, words, mark == choice) for mark, words in CHOICE_WORDS.items()],
                "choice": choice,
                "time": shown,
                "version": attendance.version if attendance else "",
                "words": words_of(attendance.choice, attendance.at) if attendance else "",
                "who": who_marked(attendance, self.session) if attendance else "",
                "note": (notes or {}).get(booking.pk, "") or " ".join(wrong),
            }


class WalkInForm(NewPersonForm):
    """Somebody who came without a booking."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, required=False)
    email = forms.EmailField(
        label="Email address",
        max_length=254,
        required=False,
        help_text="So that they can accept the terms and get their certificate. Leave empty if they have none.",
    )


class CheckInForm(forms.Form):
    """The code on the screen of the room."""

    code = forms.CharField(
        label="Code",
        max_length=20,
        help_text="Six letters and digits, on the trainer's screen.",
        error_messages={"required": "Write the code from the trainer's screen."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "autocapitalize": "characters", "spellcheck": "false"}),
    )


class OutcomeForm(forms.Form):
    """Why an outcome is not what the marks say."""

    reason = forms.CharField(
        label="Why?",
        max_length=300,
        help_text="The reason is kept with the booking. Write nothing about health here.",
        error_messages={"required": "Say why. The reason is kept with the booking."},
    )
