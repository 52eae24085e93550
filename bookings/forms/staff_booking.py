"""Forms by which the team books for somebody on the telephone, and looks after one booking."""

from django import forms

from accounts.links import refuse_links
from accounts.models import Organisation
from bookings.forms.places import BookingForm
from bookings.models import CancelReason
from bookings.reasons import MAY_BE_OVERRIDDEN
from courses.forms.fields import sentences


class PersonSearch(forms.Form):
    """Whom is the place for?"""

    q = forms.CharField(label="Name or email address", max_length=100, required=False)


class NewPersonForm(forms.Form):
    """Somebody whom the portal does not know yet."""

    full_name = forms.CharField(
        label="Full name",
        max_length=150,
        validators=[refuse_links],
        error_messages={"required": "Write the person's full name."},
    )
    email = forms.EmailField(
        label="Email address",
        max_length=254,
        error_messages={
            "required": "Write the person's email address.",
            "invalid": "Write the address in full, like name@example.org.",
        },
    )
    organisation = forms.ModelChoiceField(
        label="Where do they work or volunteer?",
        queryset=Organisation.objects.listed().order_by("name"),
        empty_label="Choose one",
        error_messages={"required": "Choose where the person works or volunteers."},
    )


class StaffBookForm(BookingForm):
    """What the person says on the telephone; and why the rules are set aside, where they are."""

    needs_access = None
    needs_diet = None
    set_aside = forms.MultipleChoiceField(
        choices=[(code, code) for code in sorted(MAY_BE_OVERRIDDEN)],
        widget=forms.MultipleHiddenInput,
        required=False,
        error_messages={"invalid_choice": "This page was out of date. Look at the reasons and press the button again."},
    )
    has_managers_agreement = forms.BooleanField(label="They say that their manager agrees", required=False)
    manager_email = forms.EmailField(
        label="Their manager's email address",
        max_length=254,
        required=False,
        error_messages={"invalid": "Write the address in full, like name@example.org."},
    )
    has_no_manager = forms.BooleanField(label="They have no manager", required=False)
    is_manager_not_asked = forms.BooleanField(
        label="Give the place without asking the manager",
        help_text="Say below why. Otherwise the place is held, and theirs when the manager agrees.",
        required=False,
    )
    prerequisite_declared = forms.CharField(
        label="What they did first, and when (if they said)", max_length=120, required=False
    )
    has_accepted_terms = forms.BooleanField(
        label="I have told them the price, the last free day to cancel and the charge after it, and they agree",
        error_messages={"required": "Tell them the terms and tick that they agree."},
    )
    reason = forms.CharField(
        label="Why is the place given all the same?",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept on record with your name.",
    )

    def __init__(self, *args, has_reasons, **kwargs):
        super().__init__(*args, **kwargs)
        self.has_reasons = has_reasons

    def clean(self):
        """Whatever is set aside needs a reason, the manager's answer like every other."""
        said = super().clean()
        if (self.has_reasons or said.get("is_manager_not_asked")) and not said.get("reason") and "reason" in said:
            self.add_error("reason", "Say why the place is given all the same. It is kept on record.")
        return said

    @property
    def codes(self) -> frozenset[str]:
        """Which reasons are set aside."""
        said = self.cleaned_data
        return frozenset([*said["set_aside"], *(["approval"] if said["is_manager_not_asked"] else [])])


class StaffCancelForm(forms.Form):
    """Cancelling for somebody who has called."""

    cancelled_for = forms.ChoiceField(
        label="Why do they cancel?",
        choices=sentences(CancelReason),
        widget=forms.RadioSelect,
        error_messages={"required": "Choose why they cancel."},
    )
    reason = forms.CharField(
        label="In their words (you need not say more)",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Do not name a child or a family.",
    )


class UrgentForm(forms.Form):
    """Why somebody goes first."""

    reason = forms.CharField(
        label="Why do they go first?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="For example a new designated lead, or a court that waits. Kept on record with your name.",
        error_messages={"required": "Say why they go first. It is kept on record."},
    )
