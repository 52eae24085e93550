"""Forms of agencies' training returns: an agency writes one; officers open, list, ask and raise concerns."""

from collections.abc import Iterator
from datetime import date
from typing import Any

from django import forms
from django.db.models import Exists, OuterRef, Q, QuerySet

from accounts.models import Membership, Organisation
from evaluation.actions.agency_returns import LevelGiven, ResultGiven
from evaluation.forms.observations import PromiseForm
from evaluation.models import AgencyReturn, Section11Result, Section11Standard
from evaluation.models.agency_return import LEVEL_HINTS, YEAR_BEGINS_IN, HowEvaluated, TrainingLevel
from evaluation.reports.periods import a_year_before, latest_start

LONGEST_TEXT = 1000
MOST_STAFF = 200_000
YEARS_BACK = 2


class Number(forms.IntegerField):
    """A count of people or courses, which may be left for later."""

    def __init__(self, label: str, noun: str, **kwargs: Any):
        messages = {
            "invalid": f"Write the number of {noun} in figures, such as 12.",
            "min_value": f"The number of {noun} cannot be less than nought.",
            "max_value": f"Check the number of {noun}: it is more than a city has.",
        }
        super().__init__(
            label=label, required=False, min_value=0, max_value=MOST_STAFF, error_messages=messages, **kwargs
        )


class TrainingForm(forms.Form):
    """Staff and training, level by level. Everything may be left for later: what is there is kept."""

    headcount = Number("How many of your staff and volunteers work with children or families?", "staff and volunteers")
    headcount_on = forms.DateField(
        label="On which day did you count them?",
        required=False,
        error_messages={"invalid": "Write the day as in 8/12/2026."},
    )

    def __init__(self, *args: Any, agency_return: AgencyReturn, today: date, **kwargs: Any):
        kept = {each.level: each for each in agency_return.levels.all()}
        super().__init__(*args, initial=self._initial(agency_return, kept), **kwargs)
        self.today = today
        for level in TrainingLevel:
            self.fields[f"need_{level}"] = Number("How many people need it?", "people who need it")
            self.fields[f"trained_{level}"] = Number("How many of them have had it?", "people who have had it")
            self.fields[f"courses_{level}"] = Number("How many courses did you hold yourselves?", "courses")
            self.fields[f"evaluated_{level}"] = forms.MultipleChoiceField(
                label="How did you find out what people learned?",
                required=False,
                choices=[(each.value, each.label.capitalize()) for each in HowEvaluated],
                widget=forms.CheckboxSelectMultiple,
                error_messages={"invalid_choice": "Choose from the list."},
            )

    @staticmethod
    def _initial(agency_return: AgencyReturn, kept: dict) -> dict[str, Any]:
        """What was saved; before that, the headcount the partnership knows."""
        organisation = agency_return.organisation
        is_new = agency_return.headcount is None
        initial: dict[str, Any] = {
            "headcount": organisation.child_facing_headcount if is_new else agency_return.headcount,
            "headcount_on": organisation.headcount_on if is_new else agency_return.headcount_on,
        }
        for level, row in kept.items():
            initial |= {
                f"need_{level}": row.need,
                f"trained_{level}": row.trained,
                f"courses_{level}": row.courses_held,
                f"evaluated_{level}": row.evaluated,
            }
        return initial

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        if (counted_on := cleaned.get("headcount_on")) and counted_on > self.today:
            self.add_error("headcount_on", "Give a day that has been.")
        for level in TrainingLevel:
            self._check(level, cleaned)
        return cleaned

    def _check(self, level: str, cleaned: dict[str, Any]) -> None:
        need, trained = cleaned.get(f"need_{level}"), cleaned.get(f"trained_{level}")
        if trained is not None and need is None and f"need_{level}" not in self.errors:
            self.add_error(f"need_{level}", "Say how many people need it, as you say how many have had it.")
        if need is not None and trained is not None and trained > need:
            self.add_error(f"trained_{level}", f"That is more than the {need:,} who need it. Count only those of them.")
        evaluated = cleaned.get(f"evaluated_{level}") or []
        if HowEvaluated.NOT in evaluated and len(evaluated) > 1:
            self.add_error(f"evaluated_{level}", "Choose “not yet” alone, or leave it out.")
        if evaluated and cleaned.get(f"courses_{level}") == 0:
            self.add_error(f"evaluated_{level}", "You held no course at this level: leave these empty.")

    @property
    def by_level(self) -> Iterator[tuple[TrainingLevel, str, list[forms.BoundField]]]:
        for level in TrainingLevel:
            names = ("need", "trained", "courses", "evaluated")
            yield level, LEVEL_HINTS[level], [self[f"{name}_{level}"] for name in names]

    @property
    def levels(self) -> dict[str, LevelGiven]:
        chosen = self.cleaned_data
        return {
            level.value: LevelGiven(
                need=chosen[f"need_{level}"],
                trained=chosen[f"trained_{level}"],
                courses_held=chosen[f"courses_{level}"],
                evaluated=tuple(chosen[f"evaluated_{level}"]),
            )
            for level in TrainingLevel
        }


class Section11Form(forms.Form):
    """A score, what shows it and what is planned, standard by standard. Everything may be left for later."""

    def __init__(self, *args: Any, agency_return: AgencyReturn, standards: list[Section11Standard], **kwargs: Any):
        initial: dict[str, Any] = {}
        for row in agency_return.results.select_related("standard"):
            number = row.standard.number
            initial |= {f"score_{number}": row.score, f"evidence_{number}": row.evidence, f"plan_{number}": row.plan}
        super().__init__(*args, initial=initial, **kwargs)
        self.standards = standards
        for each in standards:
            self.fields[f"score_{each.number}"] = forms.TypedChoiceField(
                label="Where are you?",
                required=False,
                coerce=int,
                empty_value=None,
                choices=[(value, f"{value}: {label}") for value, label in Section11Result.Score.choices],
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": "Choose a score from 0 to 3."},
            )
            for name, label, hint in (
                ("evidence", "What shows it?", "In your own words. Name no child, family or member of staff."),
                ("plan", "What do you plan?", "What you will do, and by when. Needed below 3."),
            ):
                self.fields[f"{name}_{each.number}"] = forms.CharField(
                    label=label,
                    help_text=hint,
                    required=False,
                    max_length=LONGEST_TEXT,
                    widget=forms.Textarea(attrs={"rows": 3}),
                )

    @property
    def by_standard(self) -> Iterator[tuple[Section11Standard, list[forms.BoundField]]]:
        for each in self.standards:
            yield each, [self[f"{name}_{each.number}"] for name in ("score", "evidence", "plan")]

    @property
    def results(self) -> dict[Section11Standard, ResultGiven]:
        chosen = self.cleaned_data
        return {
            each: ResultGiven(
                score=chosen[f"score_{each.number}"],
                evidence=chosen[f"evidence_{each.number}"],
                plan=chosen[f"plan_{each.number}"],
            )
            for each in self.standards
        }


class AnswerForm(forms.Form):
    """What the agency answers to one question."""

    answer = forms.CharField(
        label="Your answer",
        help_text="Name no child, family or member of staff.",
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": "Write your answer."},
    )


class ReturnFilter(forms.Form):
    """What the officer's list shows; whatever cannot be read is left out."""

    year = forms.TypedChoiceField(label="Year", required=False, coerce=int, empty_value=None)
    show = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[
            ("", "All"),
            ("waiting", "Not answered"),
            ("late", "Late"),
            ("read", "To read"),
            ("accepted", "Accepted"),
        ],
    )

    def __init__(self, *args: Any, years: list[int], **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.fields["year"].choices = [("", "All years"), *[(year, year_in_words(year)) for year in years]]

    def narrow(self, returns: QuerySet[AgencyReturn], *, today: date) -> QuerySet[AgencyReturn]:
        """The latest year first; within it what is due soonest, by the name of the agency."""
        self.is_valid()
        chosen = self.cleaned_data
        if chosen.get("year"):
            returns = returns.filter(year=chosen["year"])
        match chosen.get("show"):
            case "waiting":
                returns = returns.waiting_for_the_agency()
            case "late":
                returns = returns.late(today)
            case "read":
                returns = returns.to_read()
            case "accepted":
                returns = returns.accepted()
        return returns.order_by("-year", "due_on", "organisation__name", "pk")


def year_in_words(year: int) -> str:
    return AgencyReturn(year=year).year_name


class OpenReturnsForm(forms.Form):
    """For which year, by when, and of which agencies."""

    year = forms.TypedChoiceField(label="Which financial year?", coerce=int, widget=forms.RadioSelect)
    due_on = forms.DateField(
        label="By which day are they due?",
        error_messages={"required": "Give the day by which they are due.", "invalid": "Write the day as in 8/12/2026."},
    )
    organisations = forms.ModelMultipleChoiceField(
        Organisation.objects.none(),
        label="Which agencies?",
        help_text="Safeguarding partners are ticked. An agency that was asked for this year already is not asked again.",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "Tick at least one agency.", "invalid_choice": "Choose agencies from the list."},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.today = today
        latest = latest_start(today, (YEAR_BEGINS_IN,)).year
        years = range(latest, latest - YEARS_BACK, -1)
        self.fields["year"].choices = [(year, year_in_words(year)) for year in years]
        self.fields["year"].initial = latest
        agencies = self.fields["organisations"]
        led = Membership.objects.as_lead().filter(organisation=OuterRef("pk"))
        agencies.queryset = Organisation.objects.agencies().annotate(has_lead=Exists(led)).order_by("name", "pk")
        agencies.label_from_instance = lambda each: each.name if each.has_lead else f"{each.name} (no lead yet)"
        agencies.initial = list(agencies.queryset.filter(is_partner=True).values_list("pk", flat=True))

    def clean_due_on(self) -> date:
        if self.cleaned_data["due_on"] <= self.today:
            raise forms.ValidationError("Choose a day that is still to come.")
        return self.cleaned_data["due_on"]


class HeadcountFilter(forms.Form):
    """Which headcounts to show; whatever cannot be read is left out."""

    show = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[("", "All"), ("unknown", "Not known"), ("old", "Older than a year")],
    )

    def narrow(self, agencies: QuerySet[Organisation], *, today: date) -> QuerySet[Organisation]:
        """By name."""
        match self.cleaned_data.get("show") if self.is_valid() else "":
            case "unknown":
                agencies = agencies.filter(child_facing_headcount__isnull=True)
            case "old":
                agencies = older_than_a_year(agencies, today)
        return agencies.order_by("name", "pk")


def older_than_a_year(agencies: QuerySet[Organisation], today: date) -> QuerySet[Organisation]:
    """A number without a day is as old."""
    known = agencies.filter(child_facing_headcount__isnull=False)
    return known.filter(Q(headcount_on__lt=a_year_before(today)) | Q(headcount_on__isnull=True))


class AskForm(forms.Form):
    """A question about what was sent; with a day, the agency may change what it wrote."""

    question = forms.CharField(
        label="What do you want to know?",
        max_length=500,
        widget=forms.Textarea(attrs={"rows": 3}),
        error_messages={"required": "Write the question."},
    )
    back_by = forms.DateField(
        label="Send it back, to be changed by",
        help_text="Leave this empty to ask only: then what was sent stays as it is. For example, 8/12/2026",
        required=False,
        error_messages={"invalid": "Write the day as in 8/12/2026."},
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.today = today

    def clean_back_by(self) -> date | None:
        back_by = self.cleaned_data["back_by"]
        if back_by is not None and back_by <= self.today:
            raise forms.ValidationError("Choose a day that is still to come.")
        return back_by


class ConcernForm(PromiseForm):
    """A concern, as the action that answers it."""

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        for name, words in (("what", "Write what is to be done."), ("due_on", "Give the day by which it is done.")):
            self.fields[name].required = True
            self.fields[name].error_messages["required"] = words
        self.fields["owner_words"].label = "Who does it, if not whoever sent this return?"
