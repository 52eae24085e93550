"""What a quality report is to cover: period, strands and filters."""

from datetime import date

from django import forms

from accounts.models import Cluster, ReportingGroup, Sector
from accounts.models.organisation import GROUP_OF_SECTOR
from courses.models import Course, DeliveryMode, Strand
from evaluation.reports import periods
from evaluation.reports.periods import LONGEST, Period
from evaluation.reports.selection import GROUP_PREFIX

OTHER_DATES = "dates"
EARLIEST = date(2000, 1, 1)


class ReportForm(forms.Form):
    """Period, strands and filters of a quality report."""

    period = forms.ChoiceField(label="Period")
    starts_on = forms.DateField(label="First day", required=False)
    ends_on = forms.DateField(label="Last day", required=False)
    strands = forms.MultipleChoiceField(
        label="Strands",
        widget=forms.CheckboxSelectMultiple,
        error_messages={
            "required": "Choose at least one strand.",
            "invalid_choice": "Choose strands that you may read.",
        },
    )
    course = forms.ModelChoiceField(
        Course.objects.none(),
        label="Course",
        required=False,
        empty_label="All courses",
        error_messages={"invalid_choice": "Choose a course from the list."},
    )
    mode = forms.ChoiceField(
        label="Way of taking part", required=False, choices=[("", "All ways of taking part"), *DeliveryMode.choices]
    )
    sector = forms.ChoiceField(label="Sector", required=False)
    cluster = forms.ModelChoiceField(
        Cluster.objects.none(),
        label="Cluster",
        required=False,
        empty_label="All clusters",
        error_messages={"invalid_choice": "Choose a cluster from the list."},
    )

    def __init__(self, data=None, *, strands: list[str], today: date):
        super().__init__(data)
        self.fields["period"].choices = _periods(today)
        self.fields["period"].initial = periods.usual(today).value
        self.fields["strands"].choices = [(strand, Strand(strand).label) for strand in strands]
        self.fields["strands"].initial = strands
        self.fields["course"].queryset = (
            Course.objects.filter(offers__strand__in=strands).distinct().only("title").order_by("title", "pk")
        )
        self.fields["sector"].choices = _sectors()
        self.fields["cluster"].queryset = Cluster.objects.order_by("name")
        if len(strands) == 1:
            # Nothing to choose: the page says which strand it is.
            self.fields["strands"].widget = forms.MultipleHiddenInput()

    def clean(self):
        """Other dates need both days, in order, and no more than a year."""
        if self.cleaned_data.get("period") != OTHER_DATES:
            return
        starts_on, ends_on = self.cleaned_data.get("starts_on"), self.cleaned_data.get("ends_on")
        for name, day in (("starts_on", starts_on), ("ends_on", ends_on)):
            if day is None and name not in self.errors:
                which = self.fields[name].label.lower()
                self.add_error(name, f"Give the {which} to count, or choose a period from the list.")
            elif day is not None and day < EARLIEST:
                self.add_error(name, "Choose a day from 2000 on.")
        if starts_on and ends_on and not self.errors:
            if ends_on < starts_on:
                self.add_error("ends_on", "The last day is before the first. Swap them, or correct one.")
            elif ends_on - starts_on >= LONGEST:
                self.add_error("ends_on", "A report covers a year at most. Choose an earlier last day.")

    @property
    def chosen_period(self) -> Period:
        chosen = self.cleaned_data["period"]
        if chosen == OTHER_DATES:
            return Period(self.cleaned_data["starts_on"], self.cleaned_data["ends_on"])
        return Period(*map(date.fromisoformat, chosen.split("_")))

    @property
    def filters(self) -> dict[str, str | int]:
        """What narrows the report, as its row stores it; nothing where nothing was chosen."""
        chosen = {name: self.cleaned_data[name] for name in ("course", "mode", "sector", "cluster")}
        return {name: getattr(value, "pk", value) for name, value in chosen.items() if value}


def _periods(today: date) -> list:
    def named(some: list[Period]) -> list[tuple[str, str]]:
        return [(period.value, f"{period.name}{' (so far)' if period.ends_on >= today else ''}") for period in some]

    return [
        ("Quarters", named(periods.quarters(today))),
        ("Financial years", named(periods.financial_years(today))),
        ("Academic years", named(periods.academic_years(today))),
        ("Other", [(OTHER_DATES, "Other dates, given below")]),
    ]


def _sectors() -> list:
    """All sectors, under their groups; a group may be chosen as a whole."""
    groups = []
    for group in ReportingGroup:
        members = [(sector.value, sector.label) for sector in Sector if GROUP_OF_SECTOR[sector] == group]
        groups.append((group.label, [(f"{GROUP_PREFIX}{group.value}", f"{group.label}: all"), *members]))
    return [("", "All sectors"), *groups]
