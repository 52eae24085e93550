"""Forms about people and organisations."""

from django import forms


class SignupForm(forms.Form):
    """What allauth's sign-up form asks beside the address and the password."""

    full_name = forms.CharField(label="Your full name", max_length=150)

    def signup(self, request, user):
        """Called by allauth once the account is made."""
