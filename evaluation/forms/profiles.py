"""What a format is asked, as staff set it."""

from django import forms

from evaluation.models import EvaluationProfile, Question


class ProfileForm(forms.ModelForm):
    """Codes that no version of the stage knows are slips of the pen."""

    class Meta:
        model = EvaluationProfile
        fields = ("learning_format", "stage", "asks", "codes")

    def clean(self):
        cleaned = super().clean()
        codes, stage = cleaned.get("codes") or [], cleaned.get("stage")
        known = set(Question.objects.filter(questionnaire__stage=stage).values_list("code", flat=True))
        unknown = sorted({code for code in codes if code not in known})
        if stage and unknown:
            self.add_error(
                "codes", f"This stage has no item {', '.join(unknown)}. Its items: {', '.join(sorted(known))}."
            )
        return cleaned
