"""R16: what people said, in words that somebody has read first and that they gave leave to print."""

from collections.abc import Iterable, Mapping

from accounts.models import ReportingGroup
from evaluation.models.moderation import Theme
from evaluation.models.questionnaire import Stage
from evaluation.reports import cells
from evaluation.reports.answers import Voice
from evaluation.reports.cells import Column, Table

COLUMNS = [
    Column("Theme", "text"),
    Column("Words", "text"),
    Column("Course", "text"),
    Column("Group", "text"),
    Column("Asked", "text"),
]
# So few answered that the course, or the group, would say who it was.
NOT_SAID = "not shown"
STAGES = {Stage.POST: "after", Stage.FOLLOW_UP: "twelve weeks on", Stage.MANAGER: "the manager, twelve weeks on"}


def voices_table(
    voices: Iterable[Voice],
    respondents: Mapping[tuple[int, str, str], int],
    names: Mapping[int, str],
    threshold: int,
    also: frozenset[int] = frozenset(),
) -> Table:
    """By theme. `respondents` answered, by course, group and stage; `also` names courses that may not stand alone."""
    table = Table("R16", "Voices", "What difference did it make?", COLUMNS)
    of_course: dict[tuple[int, str], int] = {}
    for (course, _, stage), number in respondents.items():
        of_course[course, stage] = of_course.get((course, stage), 0) + number
    rows = []
    for voice in voices:
        may_name = of_course.get((voice.course, voice.stage), 0) >= threshold and voice.course not in also
        in_group = respondents.get((voice.course, voice.group, voice.stage), 0) >= threshold
        rows.append(
            (
                Theme(voice.theme).label.capitalize(),
                voice.words,
                names[voice.course] if may_name else NOT_SAID,
                ReportingGroup(voice.group).label if may_name and in_group else NOT_SAID,
                STAGES[Stage(voice.stage)],
            )
        )
    previous = ""
    # In the order of their words, so that the order tells nothing about whose they are.
    for row in sorted(set(rows)):
        table.add("first" if row[0] != previous else "again", *[cells.text(each) for each in row])
        previous = row[0]
    table.sentence = _sentence(len(table.rows))
    return table


def _sentence(quotes: int) -> str:
    if not quotes:
        return "No words have been chosen for this report yet."
    count = "One person’s words" if quotes == 1 else f"The words of {quotes:,} people"
    return f"{count}, read by the team first and printed with their leave."
