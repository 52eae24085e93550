"""Forms of the team: decide a request, find a booking."""

from django import forms

from bookings.models.booking import State
from courses.forms.fields import sentences


class DecisionForm(forms.Form):
    """The team's answer to a request; a refusal has a reason, which the person reads."""

    CONFIRM = "confirm"
    DECLINE = "decline"

    decision = forms.ChoiceField(
        label="What is your decision?",
        choices=[(CONFIRM, "Confirm the place"), (DECLINE, "Decline the request")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose whether to confirm or decline the request."},
    )
    reason = forms.CharField(
        label="If you decline, why?",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="The person reads this in their letter.",
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("decision") == self.DECLINE and not cleaned.get("reason"):
            self.add_error("reason", "Write why the request is declined. The person reads this in their letter.")
        return cleaned


class StaffBookingFilter(forms.Form):
    """Search and filter of the team's list of bookings."""

    q = forms.CharField(label="Name, email, reference, course or agency", max_length=100, required=False)
    state = forms.ChoiceField(label="State", choices=[("", "Any"), *sentences(State)], required=False)

    def narrow(self, bookings):
        """Return the bookings that match."""
        words = self.cleaned_data["q"].strip()
        if words:
            bookings = bookings.found_by(words)
        if self.cleaned_data["state"]:
            bookings = bookings.filter(state=self.cleaned_data["state"])
        return bookings
