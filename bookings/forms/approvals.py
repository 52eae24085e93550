"""Forms about a manager's answer: the manager's own, and the person's who asks another one."""

from django import forms


class AnswerForm(forms.Form):
    """Approve, decline for a reason, or pass it on. Which of them is said by the button that was pressed."""

    APPROVE, DECLINE, PASS_ON = "approve", "decline", "pass_on"
    WRONG_ADDRESS = "Write the address in full, like name@example.org."

    answer = forms.CharField(required=False)
    reason = forms.CharField(
        label="Why do you decline?",
        help_text="They read it in their letter. Leave out anything about children or families.",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"max_length": "Keep the reason under 300 characters."},
    )
    email = forms.EmailField(
        label="Email address of who answers for you",
        help_text="We send them a link of their own. Yours goes on working; the first answer counts.",
        max_length=254,
        required=False,
        error_messages={"invalid": WRONG_ADDRESS},
        widget=forms.EmailInput(attrs={"autocomplete": "off"}),
    )

    def clean(self):
        cleaned = super().clean()
        answer = cleaned.get("answer")
        if answer not in (self.APPROVE, self.DECLINE, self.PASS_ON):
            raise forms.ValidationError("Choose whether you approve or decline this request.")
        if answer == self.DECLINE and not cleaned.get("reason") and "reason" not in self.errors:
            self.add_error("reason", "Write why you decline. They read it in their letter.")
        if answer == self.PASS_ON and not cleaned.get("email") and "email" not in self.errors:
            self.add_error("email", "Write the email address of who answers for you.")
        return cleaned


class ManagerForm(forms.Form):
    """Whom to ask instead."""

    manager_email = forms.EmailField(
        label="Your manager's email address",
        max_length=254,
        error_messages={
            "required": "Write the email address of your manager.",
            "invalid": AnswerForm.WRONG_ADDRESS,
        },
    )
