"""Forms of the person who learns: book a place, give it up."""

from dataclasses import fields

from django import forms

from bookings.eligibility import Answers, reasons_unsaid
from bookings.models.booking import CancelReason
from courses.forms.fields import sentences

STALE_PAGE = {
    "required": "This page was out of date. Check your answers and press the button again.",
    "invalid": "This page was out of date. Check your answers and press the button again.",
}


class BookingForm(forms.Form):
    """What a person says when they book. Which questions are asked depends on the offer; places.book decides."""

    # Which of the action's reasons belongs beside which question.
    FIELD_OF_REASON = {
        "no_agreement": "has_managers_agreement",
        "no_managers_email": "manager_email",
        "own_address": "manager_email",
        "prerequisite": "prerequisite_declared",
    }
    # Where the action's words are not those for whoever fills the form in.
    WORDS_OF_REASON: dict[str, str] = {}

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, error_messages=STALE_PAGE)
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
    has_no_manager = forms.BooleanField(label="I have no manager", required=False)
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
        said = {name: self.cleaned_data[name] for name in kept if name in self.cleaned_data}
        if said.get("has_no_manager"):
            # The address came from the profile, and nobody emptied the box.
            said["manager_email"] = ""
        return Answers(**said)

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
            if field is None:
                rest.append(reason)
            elif not self.has_error(field):
                self.add_error(field, self.WORDS_OF_REASON.get(reason.code, reason.words))
        return rest


class CancelForm(forms.Form):
    """Why somebody gives their place up; after the deadline a reason is needed (rule B9)."""

    cancelled_for = forms.ChoiceField(
        label="Why are you cancelling?",
        choices=sentences(CancelReason),
        required=False,
        widget=forms.RadioSelect,
        error_messages={"invalid_choice": "Choose one of the reasons shown."},
    )
    reason = forms.CharField(
        label="In your own words",
        max_length=300,
        required=False,
        widget=forms.Textarea,
        help_text="A few words are enough. Do not name a child or a family.",
        error_messages={"max_length": "Keep the reason under 300 characters."},
    )

    def __init__(self, *args, is_late=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.is_late = is_late

    def clean(self):
        """Words of one's own are a reason as good as any; only saying nothing is not enough after the deadline."""
        cleaned = super().clean()
        kind, words = cleaned.get("cancelled_for"), cleaned.get("reason")
        if words and not kind and "cancelled_for" in cleaned:
            cleaned["cancelled_for"] = CancelReason.OTHER
        if self.is_late and not words and kind == CancelReason.OTHER:
            self.add_error("reason", "Say in a few words what the reason is.")
        if self.is_late and not words and not kind and "cancelled_for" in cleaned:
            self.add_error("cancelled_for", "Say why you are cancelling. Choose the reason that fits best.")
        return cleaned
