"""Forms about certificates: check one, find one, decide what becomes of one."""

from django import forms

from bookings.actions import certificates


class CertificateCodeForm(forms.Form):
    """The code printed on a certificate, however it was typed."""

    code = forms.CharField(
        label="Code",
        max_length=60,
        help_text="Four groups of five letters and digits, beside the square code at the bottom of the certificate.",
        error_messages={"required": "Type the code that is printed on the certificate."},
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
    )

    def clean_code(self):
        code = certificates.code_as_typed(self.cleaned_data["code"])
        if len(code) != certificates.CODE_LENGTH:
            raise forms.ValidationError(
                f"A code has {certificates.CODE_LENGTH} letters and digits. What you typed has {len(code)}: "
                "compare it with the certificate."
            )
        return code


class CertificateSearchForm(forms.Form):
    q = forms.CharField(label="Number of the certificate, or name of the person", max_length=100, required=False)


class CertificateDecisionForm(forms.Form):
    """What is to become of a certificate; what changes it for others has a reason."""

    REISSUE, REVOKE, RETRY = "reissue", "revoke", "retry"
    CHANGES = ((REISSUE, "Replace it by a new one with today's facts"), (REVOKE, "Revoke it"))

    decision = forms.ChoiceField(
        label="What do you want to do?",
        widget=forms.RadioSelect,
        error_messages={"required": "Choose what you want to do with this certificate."},
    )
    reason = forms.CharField(
        label="Why?",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="Kept with the record. Not needed for trying again.",
    )

    def __init__(self, *args, is_given_up=False, **kwargs):
        super().__init__(*args, **kwargs)
        again = [(self.RETRY, "Try again to make it")] if is_given_up else []
        self.fields["decision"].choices = [*again, *self.CHANGES]

    def clean(self):
        cleaned = super().clean()
        if cleaned.get("decision") in (self.REISSUE, self.REVOKE) and not cleaned.get("reason"):
            self.add_error("reason", "Write why. The reason is kept with the record of the certificate.")
        return cleaned
