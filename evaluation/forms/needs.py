"""Forms of learning needs: what the list shows, and what is written down of one."""

from typing import Any

from django import forms
from django.db.models import QuerySet

from evaluation.actions.needs import Need
from evaluation.forms.improvements import capitalised
from evaluation.models import LearningNeed

Source, Priority = LearningNeed.Source, LearningNeed.Priority


class NeedFilter(forms.Form):
    """What the list shows; whatever cannot be read is left out."""

    state = forms.ChoiceField(label="Show", required=False, choices=[("", "Current"), ("closed", "Closed")])
    source = forms.ChoiceField(
        label="Seen in", required=False, choices=[("", "Everywhere"), *capitalised(Source.choices)]
    )

    @property
    def is_narrowed(self) -> bool:
        return any(self.data.get(name) for name in self.fields)

    def narrow(self, needs: QuerySet[LearningNeed]) -> QuerySet[LearningNeed]:
        """The most urgent first; of those that are closed the latest."""
        self.is_valid()
        if source := self.cleaned_data.get("source"):
            needs = needs.filter(source=source)
        if self.cleaned_data.get("state") == "closed":
            return needs.filter(closed_at__isnull=False).order_by("-closed_at", "-pk")
        return needs.current().in_order()


class NeedForm(forms.Form):
    """What is needed, where that was seen, how urgent it is, and what is planned."""

    need = forms.CharField(
        label="What is needed?",
        help_text="What should the workforce know, or be able to do? Name no learner, child or family.",
        max_length=300,
        error_messages={"required": "Write what is needed."},
    )
    source = forms.ChoiceField(
        label="Where was it seen?",
        choices=[("", "Choose"), *capitalised(Source.choices)],
        error_messages={"required": "Choose where it was seen.", "invalid_choice": "Choose from the list."},
    )
    priority = forms.TypedChoiceField(
        label="How urgent is it?",
        choices=capitalised(Priority.choices),
        coerce=int,
        initial=Priority.MEDIUM,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how urgent it is.", "invalid_choice": "Choose how urgent it is."},
    )
    response = forms.CharField(label="What is planned? (may follow)", required=False, max_length=300)
    owner_words = forms.CharField(
        label="Who sees to it?",
        help_text="A duty or an agency, for example “Workforce Development Team”.",
        max_length=120,
        error_messages={"required": "Write who sees to it."},
    )
    due_on = forms.DateField(
        label="By which day?",
        error_messages={"required": "Give the day.", "invalid": "Write the day as in 8/12/2026."},
    )

    @property
    def facts(self) -> Need:
        return Need(**self.cleaned_data)

    @classmethod
    def of(cls, need: LearningNeed, data: Any = None) -> "NeedForm":
        return cls(data, initial={name: getattr(need, name) for name in cls.base_fields})
