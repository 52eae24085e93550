"""Items of a questionnaire's next version, and how somebody would see it."""

from django import forms

from courses.models import LearningFormat, Strand
from evaluation.models import Question
from evaluation.models.questionnaire import OUTCOME_PLACEHOLDER, AnswerKind

CHOSEN_FROM = (AnswerKind.CHOICE, AnswerKind.MULTIPLE, AnswerKind.SCALE_5)
DEGREES = 5


class QuestionForm(forms.ModelForm):
    """One item. What it is called and how it is answered are settled when it is added: figures of years hang on them."""

    options = forms.CharField(
        label="Answers to choose from",
        help_text="One a line. Needed where one or several are chosen, and for five degrees.",
        required=False,
        max_length=2000,
        widget=forms.Textarea,
    )

    class Meta:
        model = Question
        fields = ("code", "kind", "wording", "hint", "required")
        labels = {"code": "Code", "kind": "How it is answered", "wording": "Question", "required": "Must be answered"}
        help_texts = {"code": "Two capital letters and a number, for example OP4. Reports know the item by it."}

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["code"], self.fields["kind"], self.fields["options"]

    def clean_code(self):
        """Two versions may share a code, one may not ask it twice."""
        code = self.cleaned_data["code"].strip()
        if not (len(code) > 2 and code[:2].isalpha() and code[:2].isupper() and code[2:].isdecimal()):
            raise forms.ValidationError("Write two capital letters and a number, for example OP4.")
        if self.instance.questionnaire.questions.filter(code=code).exists():
            raise forms.ValidationError(f"This version asks {code} already. Choose another number.")
        return code

    def clean_wording(self):
        """An item that is asked for each learning outcome has to say where the outcome's words go."""
        wording = self.cleaned_data["wording"]
        if self.instance.is_per_outcome and OUTCOME_PLACEHOLDER not in wording:
            raise forms.ValidationError(
                f"Keep {OUTCOME_PLACEHOLDER} in the question: each outcome's words stand there."
            )
        return wording

    def clean(self):
        cleaned = super().clean()
        kind = cleaned.get("kind")
        choices = list(dict.fromkeys(line.strip() for line in cleaned.get("options", "").splitlines() if line.strip()))
        if kind in CHOSEN_FROM and not choices:
            self.add_error("options", "Write the answers to choose from, one a line.")
        elif kind == AnswerKind.SCALE_5 and len(choices) != DEGREES:
            self.add_error("options", "Write five answers, from the least to the most.")
        elif any(len(choice) > Question._meta.get_field("choices").base_field.max_length for choice in choices):
            self.add_error("options", "Shorten each answer to 120 characters.")
        elif kind in CHOSEN_FROM:
            self.instance.choices = choices
        return cleaned


class PreviewForm(forms.Form):
    """For whom."""

    learning_format = forms.ChoiceField(label="Format of the course", choices=LearningFormat.choices)
    strand = forms.ChoiceField(label="Strand", choices=Strand.choices)
