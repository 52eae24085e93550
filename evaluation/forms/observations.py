"""Forms of observations: what the list shows, the plan, the write-up, the trainer's answer, the standards."""

from datetime import date
from typing import Any

from django import forms
from django.db.models import QuerySet
from django.utils import timezone

from accounts.models import User
from bookings.reports import name_of
from courses.models import Trainer, TrainerAssignment
from evaluation.actions.observations import Promise
from evaluation.models import Observation, ObservationRating, TrainingStandard
from evaluation.models.observation import OBSERVERS

LONGEST_TEXT = 1000
DAYS_OFFERED = 60


class ObservationFilter(forms.Form):
    """What the list shows; whatever cannot be read is left out."""

    show = forms.ChoiceField(
        label="Show",
        required=False,
        choices=[
            ("", "All"),
            ("due", "To be written up"),
            ("planned", "Planned"),
            ("shared", "Waiting for the trainer"),
            ("actions", "With open actions"),
        ],
    )

    def narrow(self, observations: QuerySet[Observation], *, today: date) -> QuerySet[Observation]:
        """What is due comes with the oldest first, everything else with the latest first."""
        match self.cleaned_data.get("show") if self.is_valid() else "":
            case "due":
                return observations.to_write_up(today).order_by("planned_for", "pk")
            case "planned":
                return observations.to_come(today).order_by("planned_for", "pk")
            case "shared":
                return observations.waiting_for_the_trainer().order_by("shared_at", "pk")
            case "actions":
                return observations.with_open_actions().order_by("-planned_for", "-pk")
        return observations.order_by("-planned_for", "-pk")


class PlanForm(forms.Form):
    """On which of the trainer's coming days, and by whom."""

    assignment = forms.ModelChoiceField(
        TrainerAssignment.objects.none(),
        label="Which day?",
        empty_label=None,
        widget=forms.RadioSelect,
        error_messages={"required": "Choose a day.", "invalid_choice": "Choose a day from the list."},
    )
    observer = forms.ModelChoiceField(
        User.objects.none(),
        label="Who observes?",
        empty_label="Choose",
        error_messages={"required": "Choose who observes.", "invalid_choice": "Choose somebody from the list."},
    )

    def __init__(self, *args: Any, trainer: Trainer, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        coming = (
            trainer.assignments.filter(
                session__starts_at__date__gte=today, session__event__state__in=["OPEN", "DELIVERED"]
            )
            .select_related("session__event__version__course")
            .order_by("session__starts_at", "pk")
        )
        days = self.fields["assignment"]
        days.queryset = coming.filter(pk__in=coming.values("pk")[:DAYS_OFFERED])
        days.label_from_instance = _day_in_words
        observers = self.fields["observer"]
        observers.queryset = (
            User.objects.filter(roles__overlap=list(OBSERVERS), is_active=True)
            .exclude(pk=trainer.practitioner.user_id)
            .select_related("practitioner")
            .order_by("practitioner__full_name", "email")
        )
        observers.label_from_instance = name_of


def _day_in_words(assignment: TrainerAssignment) -> str:
    day = timezone.localtime(assignment.session.starts_at)
    return f"{day:%A} {day.day} {day:%B %Y}: {assignment.session.event.version.course.title}"


class PromiseForm(forms.Form):
    """An action with its day; left empty, none."""

    what = forms.CharField(label="What is to be done?", required=False, max_length=500)
    due_on = forms.DateField(
        label="By which day?",
        required=False,
        error_messages={"invalid": "Write the day as in 8/12/2026."},
    )
    owner_words = forms.CharField(
        label="Who does it, if not the trainer?",
        required=False,
        max_length=120,
        help_text="For example “Police, learning lead”.",
    )

    def __init__(self, *args: Any, today: date, **kwargs: Any):
        super().__init__(*args, **kwargs)
        self.today = today

    def clean(self) -> dict[str, Any]:
        cleaned = super().clean() or self.cleaned_data
        what, due_on = cleaned.get("what"), cleaned.get("due_on")
        if what and not due_on and self.needs_day(cleaned) and "due_on" not in self.errors:
            self.add_error("due_on", "Give the day by which it is done.")
        if due_on and not what and "what" not in self.errors:
            self.add_error("what", "Write what is to be done by that day.")
        if due_on and due_on < self.today:
            self.add_error("due_on", "Choose a day that is still to come.")
        return cleaned

    def needs_day(self, cleaned: dict[str, Any]) -> bool:
        """Whatever is promised is promised by a day."""
        return True

    @property
    def promise(self) -> Promise | None:
        chosen = self.cleaned_data
        if not chosen.get("what"):
            return None
        owner = chosen.get("owner_words", "")
        return Promise(what=chosen["what"], due_on=chosen["due_on"], owner_words=owner)


class WriteUpForm(PromiseForm):
    """Everything may be left for later: what is there is kept."""

    strengths = forms.CharField(
        label="What went well?", required=False, max_length=LONGEST_TEXT, widget=forms.Textarea(attrs={"rows": 5})
    )
    to_develop = forms.CharField(
        label="What is to be developed?",
        help_text="Needed where something is partly or not met. Name no learner, child or family.",
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, observation: Observation, standards: list[TrainingStandard], **kwargs: Any):
        given = dict(observation.ratings.values_list("standard__number", "rating"))
        initial = {"strengths": observation.strengths, "to_develop": observation.to_develop}
        initial |= {f"standard_{number}": rating for number, rating in given.items()}
        super().__init__(*args, initial=initial, **kwargs)
        self.standards = standards
        for standard in standards:
            self.fields[f"standard_{standard.number}"] = forms.ChoiceField(
                label=str(standard),
                required=False,
                choices=[(value, label.capitalize()) for value, label in ObservationRating.Rating.choices],
                widget=forms.RadioSelect,
                error_messages={"invalid_choice": "Choose one of the four."},
            )

    @property
    def rated(self) -> list[forms.BoundField]:
        return [self[f"standard_{standard.number}"] for standard in self.standards]

    @property
    def ratings(self) -> dict[TrainingStandard, str]:
        chosen = {each: self.cleaned_data[f"standard_{each.number}"] for each in self.standards}
        return {standard: rating for standard, rating in chosen.items() if rating}


class AgreeForm(PromiseForm):
    """The trainer's own words, and an action of their own if they like."""

    comment = forms.CharField(
        label="What would you like to say?",
        help_text="The observer and the partnership’s officers read it.",
        required=False,
        max_length=LONGEST_TEXT,
        widget=forms.Textarea(attrs={"rows": 5}),
    )

    def __init__(self, *args: Any, **kwargs: Any):
        super().__init__(*args, **kwargs)
        del self.fields["owner_words"]
        self.fields["what"].label = "Something you will do (leave empty if the actions above are enough)"
