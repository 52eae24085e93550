"""Form of a person about one booking: what they need on the day."""

from django import forms


class NeedsForm(forms.Form):
    """What somebody needs on one date (rule B22)."""

    needs_access = forms.CharField(
        label="Is there anything you need so that you can take full part?",
        help_text="For example step-free access, a hearing loop, slides in advance or breaks.",
        max_length=500,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
    )
    needs_diet = forms.CharField(
        label="Anything we should know about food?",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
    )
