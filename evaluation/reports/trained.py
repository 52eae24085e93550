"""What people thought of the dates that one trainer held: tables R10 and R14 of those dates, in part, for the trainer alone."""

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.db.models import Count, Q
from django.utils import timezone

from courses.models import Course, Event, Strand, Trainer
from evaluation.models import Response
from evaluation.models.questionnaire import Stage
from evaluation.reports import answers
from evaluation.reports.cells import Table
from evaluation.reports.learning import Words, learning_table
from evaluation.reports.periods import Period
from evaluation.reports.reaction import CODES, reaction_table
from evaluation.reports.selection import DELIVERED_STATES, Selection

# A trainer is told of what they answer for: the training itself, and the room or platform it took place in.
REACTIONS = ("Course", "Answers", "AGR RE3", "AGR RE4", "AGR RE5", "AGR RE6", "AGR RE8", "REC")
LEARNING = ("Course", "Pairs", "PRE", "POST", "CHG")
LONG_AGO = date(2000, 1, 1)


@dataclass(frozen=True)
class Feedback:
    """Tables as they are printed, none where there is nothing to tell; how many dates are in them, and how many wait."""

    tables: list[dict[str, Any]]
    dates: int
    waiting: int


def feedback_of(trainer: Trainer, *, now: datetime, threshold: int) -> Feedback:
    """A date counts once nobody can answer any more, and only if enough people have.

    Whoever looks every day would otherwise see each answer come in, and by what it changes, what it says.
    """
    asked = Q(bookings__responses__stage=Stage.POST)
    open_states = [Response.State.SCHEDULED, Response.State.OPEN]
    held = Event.objects.filter(
        pk__in=trainer.assignments.values("session__event"), state__in=DELIVERED_STATES, ends_at__lte=now
    ).annotate(
        answered=Count("pk", filter=asked & Q(bookings__responses__state=Response.State.SUBMITTED)),
        awaited=Count("pk", filter=asked & Q(bookings__responses__state__in=open_states)),
    )
    dates = list(held.order_by("pk").values_list("pk", "version__course", "answered", "awaited"))
    counted = {pk: course for pk, course, answered, awaited in dates if not awaited and answered >= threshold}
    waiting = sum(bool(awaited) for *_, awaited in dates)
    if not counted:
        return Feedback([], 0, waiting)
    period = Period(LONG_AGO, timezone.localtime(now).date())
    selection = Selection(period, tuple(Strand.values), dates=tuple(counted))
    names = dict(Course.objects.filter(pk__in=set(counted.values())).values_list("pk", "title"))
    responses = answers.responses_by_course(selection)
    reaction = reaction_table(
        {course: each for (course, stage), each in responses.items() if stage == Stage.POST},
        answers.reactions_by_course(selection, CODES),
        names,
        threshold,
    )
    learning = learning_table(answers.ratings_by_course(selection, [answers.CONFIDENCE]), Words(names, {}), threshold)
    return Feedback(
        [
            _only(reaction, REACTIONS, "What they said"),
            _only(learning, LEARNING, "How confident they are to act on a worry"),
        ],
        len(counted),
        waiting,
    )


def _only(table: Table, wanted: tuple[str, ...], title: str) -> dict[str, Any]:
    """The table with these columns alone, as pages draw it."""
    places = [place for place, column in enumerate(table.columns) if (column.code or column.label) in wanted]
    table.columns = [table.columns[place] for place in places]
    table.rows = [(kind, [cells[place] for place in places]) for kind, cells in table.rows]
    table.title = title
    return table.stored()
