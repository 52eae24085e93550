"""R12: whose content each course is, when it was last looked at, and when that is due again. It counts no people."""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, timedelta

from courses.models import Course
from evaluation.reports import cells
from evaluation.reports.cells import Column, Table
from evaluation.reports.periods import day_in_words
from evaluation.reports.selection import Selection

COLUMNS = [
    Column("Course", "text"),
    Column("Content owner", "text"),
    Column("Last reviewed", "text"),
    Column("Next review due", "text"),
    Column("State", "text"),
]
DUE_SOON = timedelta(days=91)
NEVER, OVERDUE, SOON, CURRENT = "never reviewed", "overdue", "due within three months", "current"
# What needs to be seen comes first.
ORDER = (OVERDUE, NEVER, SOON, CURRENT)


@dataclass(frozen=True)
class Content:
    """What is known of one course's content."""

    title: str
    owner: str
    reviewed_on: date | None
    due_on: date | None

    def state(self, today: date) -> str:
        if self.reviewed_on is None:
            return NEVER
        if self.due_on and self.due_on < today:
            return OVERDUE
        return SOON if self.due_on and self.due_on <= today + DUE_SOON else CURRENT


def contents_of(selection: Selection) -> list[Content]:
    """The published courses of the strands, and of the filter on a course."""
    courses = Course.objects.filter(state=Course.State.PUBLISHED, offers__strand__in=selection.strands).distinct()
    if selection.course:
        courses = courses.filter(pk=selection.course)
    rows = courses.order_by("title", "pk").values_list("title", "content_owner", "content_reviewed_on", "review_due_on")
    return [Content(*row) for row in rows]


def currency_table(contents: Iterable[Content], today: date) -> Table:
    """As it stands on the day on which the report is made; a review in between is in the next report."""
    table = Table("R12", "Content currency", "How well did we do it?", COLUMNS)
    states = [(each.state(today), each) for each in contents]
    for state, each in sorted(states, key=lambda item: (ORDER.index(item[0]), item[1].title)):
        table.add(
            "row",
            cells.text(each.title),
            cells.text(each.owner or cells.NOTHING),
            cells.text(day_in_words(each.reviewed_on) if each.reviewed_on else cells.NOTHING),
            cells.text(day_in_words(each.due_on) if each.due_on else cells.NOTHING),
            cells.text(state.capitalize()),
        )
    table.sentence = _sentence([state for state, _ in states])
    return table


def _sentence(states: list[str]) -> str:
    if not states:
        return "No course is on offer in these strands."
    late, never = states.count(OVERDUE), states.count(NEVER)
    return (
        f"Courses on offer: {len(states):,}. Overdue for a review: {late:,}. Without one on record: {never:,}. "
        "Which edition of the guidance a course reflects is not kept yet."
    )
