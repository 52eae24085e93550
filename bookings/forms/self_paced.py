"""Forms about self-paced courses: start one, say that it is finished; for the team: find them, give more time."""

from django import forms

from bookings.forms.places import BookingForm
from bookings.models.self_paced import EnrolmentState
from courses.forms.fields import DayField, sentences


class StartForm(BookingForm):
    """What a person says when they start: as for a place on a date, without what belongs to a room."""

    idempotency_key = needs_access = needs_diet = None


class FinishForm(forms.Form):
    """The person's own declaration."""

    has_finished = forms.BooleanField(
        label="I have worked through the whole course myself",
        error_messages={"required": "Tick that you have worked through the whole course yourself."},
    )


class SelfPacedFilter(forms.Form):
    """The team's list, by course, person and state; what makes no sense is passed over."""

    course = forms.CharField(label="Course", max_length=100, required=False)
    person = forms.CharField(label="Person", max_length=100, required=False)
    state = forms.ChoiceField(label="State", choices=[("", "Any"), *sentences(EnrolmentState)], required=False)

    def narrow(self, enrolments):
        self.is_valid()
        wanted = self.cleaned_data
        if wanted.get("course"):
            enrolments = enrolments.on_course(wanted["course"])
        if wanted.get("person"):
            enrolments = enrolments.filter(practitioner__full_name__icontains=wanted["person"])
        return enrolments.filter(state=wanted["state"]) if wanted.get("state") else enrolments


class MoreTimeForm(forms.Form):
    """A later day, and why."""

    until = DayField(
        label="By when are they to finish?",
        help_text="Day, month and year, such as 8/12/2026. They have the whole of that day.",
        error_messages={"required": "Write the day by which they are to finish."},
    )
    reason = forms.CharField(
        label="Why do they get more time?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept on record, and not sent to them. Nothing about anybody's health.",
        error_messages={
            "required": "Say why they get more time.",
            "max_length": "Keep it under 300 characters.",
        },
    )
