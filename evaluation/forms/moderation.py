"""Forms of the moderation queue: which words to show, and what is decided about one text."""

from django import forms
from django.db.models import QuerySet

from evaluation.models import Answer, Moderation
from evaluation.models.moderation import Theme
from evaluation.models.questionnaire import Stage

Decision = Moderation.Decision
LONGEST_WORDS = 1000


class ModerationFilter(forms.Form):
    """What the queue shows; whatever cannot be read is left out."""

    state = forms.ChoiceField(
        label="State", required=False, choices=[("", "To be read"), *Answer.Moderation.choices[2:]]
    )
    stage = forms.ChoiceField(
        label="Asked",
        required=False,
        choices=[("", "At any time"), *[(s.value, s.label) for s in (Stage.POST, Stage.FOLLOW_UP, Stage.MANAGER)]],
    )

    def narrow(self, answers: QuerySet[Answer]) -> QuerySet[Answer]:
        """To be read: the oldest first. Decided: the latest first."""
        chosen = self.cleaned_data if self.is_valid() else {}
        state = chosen.get("state") or Answer.Moderation.TO_REVIEW
        answers = answers.filter(moderation=state)
        if stage := chosen.get("stage"):
            answers = answers.filter(response__stage=stage)
        return answers.order_by("pk" if state == Answer.Moderation.TO_REVIEW else "-pk")


class DecisionForm(forms.Form):
    """What becomes of one text."""

    decision = forms.ChoiceField(
        label="What may be read outside the team?",
        choices=[
            (Decision.APPROVED, "These words, as they are"),
            (Decision.REDACTED, "Other words in their place"),
            (Decision.WITHHELD, "Nothing: withhold them"),
        ],
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what may be read outside the team."},
    )
    words = forms.CharField(
        label="Words in their place",
        help_text="Take out whatever could tell who a child or a colleague is. The original stays as it was written.",
        required=False,
        max_length=LONGEST_WORDS,
        widget=forms.Textarea(attrs={"rows": 5}),
    )
    theme = forms.ChoiceField(
        label="What it is about",
        required=False,
        choices=[("", "Choose"), *Theme.choices],
        help_text="The report puts quotes together by it.",
    )
    is_for_report = forms.BooleanField(label="Print it in the quality report", required=False)
    seen = forms.IntegerField(widget=forms.HiddenInput, min_value=0, max_value=10_000)

    def __init__(self, *args, may_be_quoted: bool, **kwargs):
        super().__init__(*args, **kwargs)
        if not may_be_quoted:
            del self.fields["is_for_report"]

    def clean(self):
        cleaned = super().clean()
        decision = cleaned.get("decision")
        if decision and decision != Decision.WITHHELD and not cleaned.get("theme") and "theme" not in self.errors:
            self.add_error("theme", "Choose what it is about, so that the report can put it in its place.")
        if decision == Decision.REDACTED and not cleaned.get("words") and "words" not in self.errors:
            self.add_error("words", "Write the words that may be read, or withhold the text.")
        return cleaned
