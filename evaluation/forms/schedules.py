"""What a schedule asks for, how often, and who gets a letter."""

from typing import Any

from django import forms

from accounts.models import Role, User
from bookings.reports import name_of
from courses.models import Strand
from evaluation.models import ReportSchedule
from evaluation.models.quality_report import strands_open_to


class ScheduleForm(forms.Form):
    """Rhythm, strands, recipients."""

    every = forms.ChoiceField(
        label="How often?",
        choices=[("QUARTER", "Every quarter"), ("YEAR", "Every financial year")],
        initial=ReportSchedule.Every.QUARTER,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose how often.", "invalid_choice": "Choose how often."},
    )
    strands = forms.MultipleChoiceField(
        label="Which strands?",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one strand.",
            "invalid_choice": "Choose strands that you may read.",
        },
    )
    recipients = forms.ModelMultipleChoiceField(
        User.objects.none(),
        label="Who gets a letter?",
        help_text="A link to the report, and nothing attached. Whoever may no longer read it then gets nothing.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose who gets a letter.",
            "invalid_choice": "Choose people from the list.",
            "invalid_pk_value": "Choose people from the list.",
        },
    )

    def __init__(self, *args: Any, by: User, **kwargs: Any):
        super().__init__(*args, **kwargs)
        mine = strands_open_to(by)
        self.fields["strands"].choices = [(strand, Strand(strand).label) for strand in mine]
        self.fields["strands"].initial = mine
        if len(mine) == 1:
            # Nothing to choose: the page says which strand it is.
            self.fields["strands"].widget = forms.MultipleHiddenInput()
        recipients = self.fields["recipients"]
        recipients.queryset = _readers_of(mine)
        recipients.label_from_instance = name_of


def _readers_of(strands: list[str]) -> Any:
    """Whoever has the duty to read reports of any of these strands."""
    roles = [Role.LSCP_OFFICER, Role.SUBGROUP_MEMBER] if Strand.MULTI_AGENCY in strands else []
    if set(strands) - {Strand.MULTI_AGENCY}:
        roles.append(Role.WORKFORCE_TEAM)
    return (
        User.objects.filter(roles__overlap=roles, is_active=True, practitioner__isnull=False)
        .select_related("practitioner")
        .order_by("practitioner__full_name", "pk")
    )
