"""What officers write beside the figures of a report."""

from typing import Any

from django import forms

from evaluation.forms.improvements import OwnedPromiseForm
from evaluation.models.quality_report import LONGEST_COMMENTARY

NO_NAMES = "Name no learner, child or family."


class _OfThePage(forms.Form):
    """Part of the page's one form: lists with buttons of their own stand between its parts."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for field in self.fields.values():
            field.widget.attrs["form"] = "words"


class CommentaryForm(_OfThePage):
    """What the figures mean, in the officers' words."""

    commentary = forms.CharField(
        label="What do these figures tell the subgroup?",
        help_text=f"An empty line begins a paragraph. {NO_NAMES}",
        required=False,
        max_length=LONGEST_COMMENTARY,
        widget=forms.Textarea(attrs={"rows": 10}),
    )


class RecommendationForm(_OfThePage, OwnedPromiseForm):
    """One recommendation; with an owner and a day it becomes an action."""

    field_order = ("what", "owner_email", "owner_words", "due_on")

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        what, due_on = self.fields["what"], self.fields["due_on"]
        what.required, what.label = True, "What is recommended?"
        what.error_messages["required"] = "Write what is recommended."
        due_on.help_text = "With a day and somebody who does it, it becomes an action when the report is approved."

    def needs_day(self, cleaned: dict[str, Any]) -> bool:
        return bool(cleaned.get("owner_email") or cleaned.get("owner_words"))

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean()
        has_owner = self.owner or cleaned.get("owner_words")
        if cleaned.get("due_on") and not has_owner and not {"owner_email", "owner_words"} & set(self.errors):
            self.add_error("owner_email", "Say who does it by that day, or leave the day empty.")
        return cleaned


class YouSaidForm(_OfThePage):
    """What people said, and what was done."""

    said = forms.CharField(
        label="You said",
        help_text=f"What people asked for. {NO_NAMES}",
        max_length=300,
        error_messages={"required": "Write what people asked for."},
    )
    did = forms.CharField(label="We did", max_length=300, error_messages={"required": "Write what was done."})
