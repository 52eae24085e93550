"""Forms of improvement actions: what the list shows, one from a meeting, what came of one."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import Q, QuerySet

from accounts.models import User
from evaluation.forms.observations import PromiseForm
from evaluation.models import ImprovementAction

State, Source = ImprovementAction.State, ImprovementAction.Source
OVERDUE, ALL = "overdue", "all"


def capitalised(choices: list[tuple[Any, str]]) -> list[tuple[Any, str]]:
    return [(value, f"{label[0].upper()}{label[1:]}") for value, label in choices]


class ActionFilter(forms.Form):
    """What the list shows; whatever cannot be read is left out."""

    state = forms.ChoiceField(
        label="State",
        required=False,
        choices=[
            ("", "To do"),
            (OVERDUE, "Overdue"),
            (State.DONE, "Done"),
            (State.DROPPED, "Dropped"),
            (ALL, "All"),
        ],
    )
    source = forms.ChoiceField(
        label="Comes from", required=False, choices=[("", "Everywhere"), *capitalised(Source.choices)]
    )
    owner = forms.CharField(label="Who does it", required=False, max_length=120)

    def __init__(self, *args: Any, names_owners: bool, **kwargs: Any):
        super().__init__(*args, **kwargs)
        if not names_owners:
            # Whoever reads no names cannot look for one either.
            del self.fields["owner"]

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    def narrow(self, actions: QuerySet[ImprovementAction], *, today: date) -> QuerySet[ImprovementAction]:
        """What is to be done comes by its day, what has ended with the latest first."""
        self.is_valid()
        chosen = self.cleaned_data
        if source := chosen.get("source"):
            actions = actions.filter(source=source)
        if owner := chosen.get("owner"):
            actions = actions.filter(
                Q(owner__practitioner__full_name__icontains=owner) | Q(owner_words__icontains=owner)
            )
        match chosen.get("state"):
            case "overdue":
                return actions.overdue(today).order_by("due_on", "pk")
            case State.DONE | State.DROPPED as state:
                return actions.filter(state=state).order_by("-ended_at", "-pk")
            case "all":
                return actions.order_by("-due_on", "-pk")
        return actions.outstanding().order_by("due_on", "pk")


class OwnedPromiseForm(PromiseForm):
    """Something to be done by a day, by somebody with an account or somebody named in words."""

    owner_email = forms.EmailField(
        label="Who does it?",
        help_text="The email address of somebody with an account. They get a letter, and are reminded.",
        required=False,
        error_messages={"invalid": "Write the address as in name@example.org."},
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.owner: User | None = None
        self.fields["owner_words"].label = "Or who does it, without an account"
        self.fields["what"].help_text = "Name no learner, child or family."

    def clean_owner_email(self) -> str:
        address = self.cleaned_data["owner_email"]
        if address:
            self.owner = User.objects.filter(email__iexact=address, is_active=True).first()
            if self.owner is None:
                raise forms.ValidationError("Nobody with this address has an account. Write who it is below instead.")
        return address

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if cleaned.get("owner_email") and cleaned.get("owner_words"):
            self.add_error("owner_words", "Give one of the two: an address, or who it is in words.")
        return cleaned

    @property
    def owning(self) -> dict[str, Any]:
        """Who does it, as the actions take it."""
        return {"owner": self.owner, "owner_words": self.cleaned_data["owner_words"]}


class MeetingForm(OwnedPromiseForm):
    """An action that a meeting of the subgroup agreed on: everything is needed."""

    field_order = ("what", "owner_email", "owner_words", "due_on")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, words in (
            ("what", "Write what is to be done."),
            ("due_on", "Give the day by which it is done."),
        ):
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = words

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        if not {"owner_email", "owner_words"} & set(self.errors) and not (self.owner or cleaned.get("owner_words")):
            self.add_error("owner_email", "Say who does it: give an address, or write who it is below.")
        return cleaned


class OutcomeForm(forms.Form):
    """What came of it, in the owner's own words."""

    outcome = forms.CharField(
        label="What came of it?",
        help_text="The next report shows it beside the action. Name no learner, child or family.",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": "Say what came of it."},
    )


class EndForm(OutcomeForm):
    """Done or dropped, and what came of it."""

    field_order = ("state", "outcome")
    state = forms.ChoiceField(
        label="How does it end?",
        choices=[(State.DONE, "It is done"), (State.DROPPED, "It is dropped")],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how it ends.", "invalid_choice": "Choose how it ends."},
    )
