"""The living style guide: every component with real words. Served on local portals only."""

from datetime import datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from django import forms
from django.core.paginator import Paginator
from django.http import JsonResponse
from django.shortcuts import render

from courses.models import Strand

LONDON = ZoneInfo("Europe/London")


class SampleForm(forms.Form):
    """One field of every kind that the form renderer draws."""

    full_name = forms.CharField(label="Full name", help_text="As it should stand on your certificate.")
    email = forms.EmailField(label="Work email address")
    password = forms.CharField(
        label="Choose a password", widget=forms.PasswordInput, help_text="At least 10 characters."
    )
    sector = forms.ChoiceField(
        label="Where do you work?",
        choices=[("", "Choose one"), ("school", "School or academy"), ("health", "Health"), ("police", "Police")],
    )
    mode = forms.ChoiceField(
        label="How would you like to learn?",
        widget=forms.RadioSelect,
        choices=[("in_person", "In person"), ("online", "Live online"), ("other", "Another way")],
        error_messages={"required": "Choose how you would like to learn."},
    )
    mode_other = forms.CharField(label="Which way?", required=False)
    needs = forms.MultipleChoiceField(
        label="What would help you on the day?",
        widget=forms.CheckboxSelectMultiple,
        required=False,
        choices=[
            ("step_free", "Step-free access"),
            ("bsl", "A British Sign Language interpreter"),
            ("captions", "Captions"),
        ],
    )
    starts_on = forms.DateField(label="From which date?")
    born_on = forms.DateField(label="Date of birth", widget=forms.SelectDateWidget, help_text="For example, 27 3 1987")
    places = forms.IntegerField(label="How many places?", min_value=1)
    reason = forms.CharField(label="What do you hope to learn?", widget=forms.Textarea, max_length=400)
    evidence = forms.FileField(
        label="Your list of names", required=False, help_text="A spreadsheet with one person a row."
    )
    agreed = forms.BooleanField(
        label="My manager agrees that I take part",
        error_messages={"required": "Confirm that your manager agrees, or ask them first."},
    )


def style_guide(request):
    answers = {
        "email": "amina at school",
        "starts_on": "31/2/2027",
        "born_on_day": "31",
        "born_on_month": "2",
        "places": "0",
    }
    wrong = SampleForm({f"wrong-{name}": answer for name, answer in answers.items()}, prefix="wrong")
    context = {
        "form": SampleForm(),
        "wrong_form": wrong,
        "every_strand": Strand.values,
        "day_starts_at": datetime(2026, 12, 8, 9, 30, tzinfo=LONDON),
        "day_ends_at": datetime(2026, 12, 8, 12, 30, tzinfo=LONDON),
        "last_ends_at": datetime(2026, 12, 10, 16, tzinfo=LONDON),
        "prices": [Decimal("50"), Decimal("47.50"), Decimal("1250"), Decimal("0")],
        "chips": [("Live online", "?"), ("Multi-agency safeguarding", "?"), ("Has places left", "?")],
        "names": ["Amina Khan", "Ben Łukasik", "Carol Ẹniọlá"],
        "page": Paginator(range(200), 10).page(4),
    }
    return render(request, "workforce_portal/public/style_guide.html", context)


def style_guide_progress(request):
    """What a progress panel is told while its work goes on."""
    return JsonResponse({"state": "working", "message": "We are drawing your certificate.", "url": "", "link": ""})
