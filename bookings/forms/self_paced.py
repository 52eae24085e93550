"""Forms about self-paced courses: start one, say that it is finished; for the team: find them, give more time."""

import random
from collections.abc import Sequence

from django import forms

from bookings.forms.places import BookingForm
from bookings.models.self_paced import EnrolmentState
from courses.forms.fields import DayField, sentences
from courses.models import KnowledgeQuestion


class StartForm(BookingForm):
    """What a person says when they start: as for a place on a date, without what belongs to a room."""

    idempotency_key = needs_access = needs_diet = None


class FinishForm(forms.Form):
    """The person's own declaration."""

    has_finished = forms.BooleanField(
        label="I have worked through the whole course myself",
        error_messages={"required": "Tick that you have worked through the whole course yourself."},
    )


class QuestionsForm(forms.Form):
    """The questions at the end of a course, for one attempt. Answers stand in another order each time."""

    number = forms.IntegerField(widget=forms.HiddenInput, min_value=1, max_value=32767)

    def __init__(self, data=None, *, questions: Sequence[KnowledgeQuestion], number: int, seed: str) -> None:
        super().__init__(data, initial={"number": number})
        for at, question in enumerate(questions, start=1):
            answers = [question.right_answer, *question.wrong_answers]
            random.Random(f"{seed}:{number}:{question.pk}").shuffle(answers)  # an order, not a secret
            self.fields[f"question_{question.pk}"] = forms.ChoiceField(
                label=f"{at}. {question.words}",
                choices=[(answer, answer) for answer in answers],
                widget=forms.RadioSelect,
                error_messages={
                    "required": f"Choose an answer to question {at}.",
                    "invalid_choice": f"Choose one of the answers to question {at}.",
                },
            )

    @property
    def questions(self) -> list[forms.BoundField]:
        return [field for field in self if field.name != "number"]

    @property
    def chosen(self) -> dict[int, str]:
        """What was chosen, by question."""
        return {
            int(name.removeprefix("question_")): answer
            for name, answer in self.cleaned_data.items()
            if name != "number"
        }


class SelfPacedFilter(forms.Form):
    """The team's list, by course, person and state; what makes no sense is passed over."""

    course = forms.CharField(label="Course", max_length=100, required=False)
    person = forms.CharField(label="Person", max_length=100, required=False)
    state = forms.ChoiceField(label="State", choices=[("", "Any"), *sentences(EnrolmentState)], required=False)

    def narrow(self, enrolments):
        self.is_valid()
        wanted = self.cleaned_data
        if wanted.get("course"):
            enrolments = enrolments.on_course(wanted["course"])
        if wanted.get("person"):
            enrolments = enrolments.filter(practitioner__full_name__icontains=wanted["person"])
        return enrolments.filter(state=wanted["state"]) if wanted.get("state") else enrolments


class MoreTimeForm(forms.Form):
    """A later day, and why."""

    until = DayField(
        label="By when are they to finish?",
        help_text="Day, month and year, such as 8/12/2026. They have the whole of that day.",
        error_messages={"required": "Write the day by which they are to finish."},
    )
    reason = forms.CharField(
        label="Why do they get more time?",
        max_length=300,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text="Kept on record, and not sent to them. Nothing about anybody's health.",
        error_messages={
            "required": "Say why they get more time.",
            "max_length": "Keep it under 300 characters.",
        },
    )
