"""R19 and R20: what the workforce needs to learn, and what was promised and came of it. They count no people."""

from collections.abc import Iterable
from datetime import date

from courses.models import Strand
from evaluation.models import ImprovementAction, LearningNeed
from evaluation.reports import cells
from evaluation.reports.cells import Column, Table
from evaluation.reports.periods import day_in_words
from evaluation.reports.selection import Selection

QUESTION = "What next?"
NEED_COLUMNS = [
    Column("Need", "text"),
    Column("Seen in", "text"),
    Column("Priority", "text"),
    Column("What is planned", "text"),
    Column("Who sees to it", "text"),
    Column("By", "text"),
]
ACTION_COLUMNS = [
    Column("Action", "text"),
    Column("Comes from", "text"),
    Column("Who does it", "text"),
    Column("By", "text"),
    Column("State", "text"),
    Column("What came of it", "text"),
]
WITHOUT_FILTERS = "Printed in reports without filters alone: it is about all courses and agencies together."
OTHER_STRANDS = "Actions are the multi-agency partnership’s, and printed in its reports."
State = ImprovementAction.State


def needs_of(selection: Selection) -> list[LearningNeed]:
    """Every need that is on the list: whoever may ask for a report may read them all."""
    return [] if selection.is_narrowed else list(LearningNeed.objects.current().in_order())


def actions_of(selection: Selection) -> list[ImprovementAction]:
    """Those that were to be done at any time since the period began. Readers of other strands' reports may read none."""
    if selection.is_narrowed or Strand.MULTI_AGENCY not in selection.strands:
        return []
    actions = ImprovementAction.objects.for_reports().since(selection.period.starts_at)
    return list(actions.with_owners().order_by("due_on", "pk"))


def needs_table(needs: Iterable[LearningNeed], today: date, *, is_narrowed: bool) -> Table:
    """The list as it stands when the report is made, the most urgent first."""
    table = Table("R19", "Needs", QUESTION, NEED_COLUMNS)
    late = 0
    for need in needs:
        late += need.due_on < today
        table.add(
            "row",
            cells.text(need.need),
            cells.text(_capital(need.get_source_display())),
            cells.text(_capital(need.get_priority_display())),
            cells.text(need.response or cells.NOTHING),
            cells.text(need.owner_words),
            cells.text(day_in_words(need.due_on)),
        )
    planned = sum(1 for _, row in table.rows if row[3]["text"] != cells.NOTHING)
    if is_narrowed:
        table.sentence = WITHOUT_FILTERS
    elif not table.rows:
        table.sentence = "No need is on the list."
    else:
        table.sentence = (
            f"Needs on the list: {len(table.rows):,}. With a plan: {planned:,}. Past their day: {late:,}. "
            "As the list stands on the day on which the report is made."
        )
    return table


def actions_table(
    actions: Iterable[ImprovementAction], today: date, since: date, *, is_narrowed: bool, is_of_partnership: bool
) -> Table:
    """What is to do comes first, by its day; then what has ended since the period began."""
    table = Table("R20", "Actions", QUESTION, ACTION_COLUMNS)
    states = []
    for action in sorted(actions, key=lambda each: each.state != State.OPEN):
        is_overdue = action.state == State.OPEN and action.due_on < today
        states.append("OVERDUE" if is_overdue else action.state)
        table.add(
            "row",
            cells.text(action.what),
            cells.text(_capital(action.get_source_display())),
            cells.text(action.owner_in_role),
            cells.text(day_in_words(action.due_on)),
            cells.text("Overdue" if is_overdue else _capital(action.get_state_display())),
            cells.text(action.outcome or cells.NOTHING),
        )
    if is_narrowed:
        table.sentence = WITHOUT_FILTERS
    elif not is_of_partnership:
        table.sentence = OTHER_STRANDS
    elif not states:
        table.sentence = "No action is to do, and none has ended in this time."
    else:
        overdue = states.count("OVERDUE")
        table.sentence = (
            f"Actions to do: {states.count(State.OPEN) + overdue:,}. Overdue: {overdue:,}. "
            f"Done since {day_in_words(since)}: {states.count(State.DONE):,}. Dropped: {states.count(State.DROPPED):,}. "
            "Those of observations are counted in R11."
        )
    return table


def _capital(words: str) -> str:
    return f"{words[0].upper()}{words[1:]}"
