"""Forms of the register: marks, and people added on the day."""

from django import forms

from accounts.links import refuse_links
from accounts.models import Organisation
from bookings.models import Attendance

MARK_WORDS = {
    Attendance.Mark.PRESENT: "Here",
    Attendance.Mark.LEFT_EARLY: "Left early",
    Attendance.Mark.ABSENT: "Not here",
    Attendance.Mark.TURNED_AWAY: "Too late to join",
}


class RegisterForm(forms.Form):
    """One choice a person: the fields are made from the bookings on the register."""

    reason = forms.CharField(
        label="Why is the locked register corrected?",
        max_length=300,
        required=False,
        error_messages={"required": "Say why the register is corrected. The reason is kept with the change."},
    )

    def __init__(self, *args, bookings, marks, is_locked=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.bookings = bookings
        self.fields["reason"].required = is_locked
        if not is_locked:
            del self.fields["reason"]
        for booking in bookings:
            self.fields[f"mark_{booking.pk}"] = forms.ChoiceField(
                choices=[("", "not marked"), *MARK_WORDS.items()],
                required=False,
                initial=marks.get(booking.pk, ""),
                error_messages={"invalid_choice": "Choose one of the marks shown."},
            )

    def people(self):
        """Rows for the page: the booking, its field, and the choices with the one in force."""
        for booking in self.bookings:
            field = self[f"mark_{booking.pk}"]
            chosen = field.value() or ""
            yield {
                "booking": booking,
                "field": field,
                "choices": [(mark, words, mark == chosen) for mark, words in MARK_WORDS.items()],
                "words": MARK_WORDS.get(chosen, ""),
            }

    @property
    def marks(self) -> dict[int, str]:
        """Booking ids to marks, of everybody who was given one."""
        return {
            booking.pk: self.cleaned_data[f"mark_{booking.pk}"]
            for booking in self.bookings
            if self.cleaned_data.get(f"mark_{booking.pk}")
        }


class WalkInForm(forms.Form):
    """Somebody who came without a booking."""

    full_name = forms.CharField(
        label="Full name",
        max_length=150,
        validators=[refuse_links],
        error_messages={"required": "Write the person's full name."},
    )
    email = forms.EmailField(
        label="Email address",
        max_length=254,
        required=False,
        help_text="So that they can get their certificate. Leave empty if they have none.",
    )
    organisation = forms.ModelChoiceField(
        label="Where do they work or volunteer?",
        queryset=Organisation.objects.listed().order_by("name"),
        empty_label="Choose one",
        error_messages={"required": "Choose where the person works or volunteers."},
    )
