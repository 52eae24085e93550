"""Forms that change a place without cancelling it: who comes instead, or which other date."""

from django import forms
from django.utils.dateformat import format as format_date
from django.utils.timezone import localtime

from accounts.links import refuse_links
from bookings.forms.places import STALE_PAGE


def _hint(event):
    place = event.venue.name if event.venue else event.get_mode_display()
    return f"From {format_date(localtime(event.starts_at), 'H:i')}, {place}"


class ColleagueForm(forms.Form):
    """Who comes instead."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, error_messages=STALE_PAGE)
    full_name = forms.CharField(
        label="Your colleague's full name",
        max_length=150,
        validators=[refuse_links],
        help_text="As it should appear on the certificate.",
        error_messages={"required": "Write your colleague's full name."},
    )
    email = forms.EmailField(
        label="Their work email address",
        max_length=254,
        help_text="We write to them with everything they need, and ask them to accept the booking terms.",
        error_messages={
            "required": "Write your colleague's email address.",
            "invalid": "Write the address in full, like name@example.org.",
        },
    )


class MoveForm(forms.Form):
    """To which other date; why, where it is late; and the team's reason for what the rules would refuse."""

    idempotency_key = forms.UUIDField(widget=forms.HiddenInput, error_messages=STALE_PAGE)
    date = forms.ChoiceField(
        label="Which date do you want instead?",
        widget=forms.RadioSelect,
        error_messages={
            "required": "Choose the date that you want instead.",
            "invalid_choice": "Choose one of the dates shown.",
        },
    )
    reason = forms.CharField(
        label="Why are you moving?",
        max_length=300,
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text="A few words are enough. Do not name a child or a family.",
        error_messages={"required": "Say why you are moving. A few words are enough."},
    )

    def __init__(self, *args, dates, is_late=False, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["date"].choices = [
            (event.reference, format_date(localtime(event.starts_at), "l j F Y")) for event in dates
        ]
        self.fields["date"].choice_hints = {event.reference: _hint(event) for event in dates}
        self.fields["reason"].required = is_late
        if not is_late:
            del self.fields["reason"]
