"""The form in which a meeting of the subgroup is noted."""

from django import forms


class MeetingForm(forms.Form):
    """The day on which it was held."""

    held_on = forms.DateField(
        label="When did the subgroup meet last?",
        help_text="This page counts from that day.",
        error_messages={
            "required": "Give the day of the meeting.",
            "invalid": "Give the day as a date, such as 14/10/2026.",
        },
    )
