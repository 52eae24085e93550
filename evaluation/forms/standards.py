"""Form of the standards."""

from collections.abc import Sequence
from typing import Any

from django import forms

from evaluation.models import Section11Standard, TrainingStandard


class StandardsForm(forms.Form):
    """The short words of each standard, and whether it is in force; `active` says what that means."""

    def __init__(
        self, *args: Any, standards: Sequence[TrainingStandard | Section11Standard], active: str, **kwargs: Any
    ):
        super().__init__(*args, **kwargs)
        self.standards = standards
        for each in standards:
            self.fields[f"words_{each.number}"] = forms.CharField(
                label=f"Standard {each.number}",
                initial=each.words,
                max_length=each._meta.get_field("words").max_length,
                error_messages={"required": f"Write the words of standard {each.number}."},
            )
            self.fields[f"active_{each.number}"] = forms.BooleanField(
                label=f"{active} {each.number}", initial=each.is_active, required=False
            )

    @property
    def pairs(self) -> list[tuple[forms.BoundField, forms.BoundField]]:
        return [(self[f"words_{each.number}"], self[f"active_{each.number}"]) for each in self.standards]

    @property
    def given(self) -> dict[int, tuple[str, bool]]:
        chosen = self.cleaned_data
        return {
            each.number: (chosen[f"words_{each.number}"], chosen[f"active_{each.number}"]) for each in self.standards
        }
