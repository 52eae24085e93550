"""Forms about places and registers: input in, clean values out."""

from dataclasses import fields

from django import forms

from accounts.links import refuse_links
from accounts.models import Organisation
from bookings.actions import certificates
from bookings.eligibility import Answers, reasons_unsaid
from bookings.models import Attendance
from bookings.models.booking import State
from courses.forms.fields import sentences

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


class CertificateCodeForm(forms.Form):
    """The code printed on a certificate, however it was typed."""

    code = forms.CharField(
        label="Code",
        max_length=60,
        help_text="Four groups of five letters and digits, beside the square code at the bottom of the certificate.",
        error_messages={"required": "Type the code that is printed on the certificate."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_code(self):
        code = certificates.code_as_typed(self.cleaned_data["code"])
        if len(code) != certificates.CODE_LENGTH:
            raise forms.ValidationError(
                f"A code has {certificates.CODE_LENGTH} letters and digits. What you typed has {len(code)}: "
                "compare it with the certificate."
            )
        return code


class CertificateSearchForm(forms.Form):
    q = forms.CharField(label="Number of the certificate, or name of the person", max_length=100, required=False)


class CertificateDecisionForm(forms.Form):
    """What is to become of a certificate; what changes it for others has a reason."""

    REISSUE, REVOKE, RETRY = "reissue", "revoke", "retry"
    CHANGES = ((REISSUE, "Replace it by a new one with today's facts"), (REVOKE, "Revoke it"))

    decision = forms.ChoiceField(
        label="What do you want to do?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you want to do with this certificate."},
    )
    reason = forms.CharField(
        label="Why?",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept with the record. Not needed for trying again.",
    )

    def __init__(self, *args, is_given_up=False, **kwargs):
        super().__init__(*args, **kwargs)
        again = [(self.RETRY, "Try again to make it")] if is_given_up else []
        self.fields["decision"].choices = [*again, *self.CHANGES]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("decision") in (self.REISSUE, self.REVOKE) and not cleaned.get("reason"):
            self.add_error("reason", "Write why. The reason is kept with the record of the certificate.")
        return cleaned


class BookingForm(forms.Form):
    """What a person says when they book. Which questions are asked depends on the offer; places.book decides."""

    # Which of the action's reasons belongs beside which question.
    FIELD_OF_REASON = {
        "no_agreement": "has_managers_agreement",
        "no_managers_email": "manager_email",
        "prerequisite": "prerequisite_declared",
    }

    idempotency_key = forms.UUIDField(
        widget=forms.HiddenInput,
        error_messages={
            "required": "This page was out of date. Check your answers and press the button again.",
            "invalid": "This page was out of date. Check your answers and press the button again.",
        },
    )
    price_shown = forms.DecimalField(widget=forms.HiddenInput, required=False, max_digits=8, decimal_places=2)
    has_managers_agreement = forms.BooleanField(
        label="My manager agrees that I take part, or I have no manager", required=False
    )
    manager_email = forms.EmailField(
        label="Your manager's email address",
        max_length=254,
        required=False,
        error_messages={"invalid": "Write the address in full, like name@example.org."},
    )
    prerequisite_declared = forms.CharField(
        label="When did you do it?",
        help_text="Month and year, and where. For example: March 2025, in my induction.",
        max_length=120,
        required=False,
    )
    needs_access = forms.CharField(
        label="Is there anything you need so that you can take full part?",
        help_text="For example step-free access, a hearing loop, slides in advance or breaks.",
        max_length=500,
        required=False,
        widget=forms.Textarea,
    )
    needs_diet = forms.CharField(
        label="Anything we should know about food?", max_length=300, required=False, widget=forms.Textarea
    )
    has_accepted_terms = forms.BooleanField(
        label="I accept the booking terms",
        error_messages={"required": "Read the booking terms and tick that you accept them."},
    )

    @property
    def answers(self) -> Answers:
        """What the booking keeps; a question that was answered wrongly counts as not answered."""
        kept = [field.name for field in fields(Answers)]
        return Answers(**{name: self.cleaned_data[name] for name in kept if name in self.cleaned_data})

    def show_unsaid(self, decision) -> None:
        """Say everything that is missing at once, when the form was wrong already and the action not asked."""
        for reason in reasons_unsaid(decision, self.answers):
            if not self.has_error(self.FIELD_OF_REASON[reason.code]):
                self.add_error(self.FIELD_OF_REASON[reason.code], reason.words)

    def show_reasons(self, reasons) -> list:
        """Put the action's reasons beside their questions; return those that belong to no question."""
        rest = []
        for reason in reasons:
            field = self.FIELD_OF_REASON.get(reason.code)
            if field:
                self.add_error(field, reason.words)
            else:
                rest.append(reason)
        return rest


class CancelForm(forms.Form):
    """Why somebody gives their place up; after the deadline a reason is needed."""

    reason = forms.CharField(
        label="Why are you cancelling?",
        max_length=300,
        required=False,
        widget=forms.Textarea,
        error_messages={
            "required": "Say why you are cancelling. A few words are enough.",
            "max_length": "Keep the reason under 300 characters.",
        },
    )

    def __init__(self, *args, is_late=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["reason"].required = is_late
