"""Forms about charges: say why a place was not used, find charges, decide one or several."""

from django import forms

from bookings.models import ChargeNotice
from bookings.models.booking import CancelReason
from courses.forms.fields import DayField, sentences

State, WaivedFor = ChargeNotice.State, ChargeNotice.WaivedFor
# A page of the list holds fewer; somebody who sends more was not on our page.
CHOSEN_AT_MOST = 200
# The largest number that a row of ours can have, in digits.
DIGITS_AT_MOST = 18


class WhyForm(forms.Form):
    """Why a place was not used. Most reasons speak for themselves; another one needs a few words."""

    reason_for = forms.ChoiceField(
        label="What was the reason?",
        choices=sentences(CancelReason),
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the reason that fits best.",
            "invalid_choice": "Choose one of the reasons shown.",
        },
    )
    words = forms.CharField(
        label="Is there anything we should know?",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A few words are enough. Do not name a child or a family.",
        error_messages={"max_length": "Keep it under 500 characters."},
    )

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("reason_for") == CancelReason.OTHER and not cleaned.get("words"):
            self.add_error("words", "Say in a few words what the reason was.")
        return cleaned


class ChargeFilter(forms.Form):
    """Search and filter of the list of charges; what makes no sense is named, and the rest still works."""

    STATES = (
        ("", "Any"),
        (State.TO_REVIEW, "To be reviewed"),
        (State.DRAFT, "Waiting for reasons"),
        (State.APPROVED, "Approved"),
        (State.WAIVED, "Waived"),
        (State.WITHDRAWN, "Withdrawn"),
    )
    state = forms.ChoiceField(label="State", choices=STATES, required=False)
    agency = forms.CharField(label="Agency", max_length=100, required=False)
    course = forms.CharField(label="Course or date", max_length=100, required=False)
    has_reason = forms.BooleanField(label="With a reason given", required=False)

    def __init__(self, data=None):
        """Whoever comes without a question sees what is to be done."""
        asked = data.dict() if data else {}
        super().__init__({"state": State.TO_REVIEW, **asked})

    @property
    def wanted(self) -> dict:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}

    def narrow(self, notices):
        """Return the charges that match, in the order in which they are worked off."""
        wanted = self.wanted
        if "state" in wanted:
            notices = notices.filter(state=wanted["state"])
        if "agency" in wanted:
            notices = notices.from_agency(wanted["agency"].strip())
        if "course" in wanted:
            notices = notices.on_course(wanted["course"].strip())
        if "has_reason" in wanted:
            notices = notices.explained()
        if wanted.get("state") in (State.DRAFT, State.TO_REVIEW):
            return notices.order_by("review_from", "pk")
        return notices.order_by("-pk")


class ChargeDecisionForm(forms.Form):
    """Waive or approve; a waiver has one of the reasons of rule B10."""

    decision = forms.ChoiceField(
        label="What is your decision?",
        choices=[
            (State.WAIVED, "Waive it: the agency pays nothing"),
            (State.APPROVED, "Approve it: finance raises it"),
        ],
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose whether to waive or to approve.",
            "invalid_choice": "Choose whether to waive or to approve.",
        },
    )
    waived_for = forms.ChoiceField(
        label="If you waive it, what for?",
        choices=[("", "Choose a reason"), *sentences(WaivedFor)],
        required=False,
        error_messages={"invalid_choice": "Choose one of the reasons shown."},
    )
    reason = forms.CharField(
        label="What should the agency know?",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Goes into their letter and stays with the charge. Nothing about anybody's health. "
        "Needed only for a decision of the team.",
        error_messages={"max_length": "Keep it under 300 characters."},
    )

    def __init__(self, *args, may_approve=True, **kwargs):
        super().__init__(*args, **kwargs)
        if not may_approve:
            self.fields["decision"].choices = self.fields["decision"].choices[:1]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("decision") == State.WAIVED and "waived_for" in cleaned:
            if not cleaned["waived_for"]:
                self.add_error("waived_for", "Choose what the charge is waived for.")
            elif cleaned["waived_for"] == WaivedFor.DECISION and not cleaned.get("reason"):
                self.add_error("reason", "Write why the team waives this charge.")
        return cleaned


class BulkDecisionForm(ChargeDecisionForm):
    """One decision about all charges that are ticked."""

    def chosen(self) -> list[int]:
        """The numbers that were ticked; whatever is none is left out."""
        given = self.data.getlist("notice")[:CHOSEN_AT_MOST] if self.is_bound else []
        return [int(pk) for pk in given if pk.isascii() and pk.isdigit() and len(pk) <= DIGITS_AT_MOST]

    def clean(self):
        cleaned = super().clean()
        if not self.chosen():
            self.add_error(None, "Tick the charges that you want to decide.")
        return cleaned


class TakeBackForm(forms.Form):
    """A decision is taken back. The form says so itself: a decision that is sent twice must not take itself back."""

    take_back = forms.BooleanField(widget=forms.HiddenInput, initial=True)
    reason = forms.CharField(
        label="Why is the decision taken back?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept with the charge. Nothing about anybody's health.",
        error_messages={
            "required": "Write why the decision is taken back.",
            "max_length": "Keep it under 300 characters.",
        },
    )


class ApprovedBetweenForm(forms.Form):
    """Which approved charges finance wants: all, or those of some days."""

    approved_from = DayField(label="Approved from", required=False)
    approved_to = DayField(label="to", required=False)

    @property
    def wanted(self) -> dict:
        self.is_valid()
        return {name: value for name, value in self.cleaned_data.items() if value}
