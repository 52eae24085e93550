"""R15, worked out a second time from the rows themselves, with nothing but Python."""

import random
from collections import Counter
from datetime import timedelta

import pytest

from bookings.models.booking import State
from courses.models import Event, Strand
from evaluation.models import Answer, Question, Response
from evaluation.models.questionnaire import Stage
from evaluation.reports.compiling import compile_figures
from evaluation.reports.course_rows import FEW
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event
from tests.questionnaires import make_questionnaires

pytestmark = pytest.mark.django_db

DELIVERED_AT = NOW - timedelta(days=200)
PERIOD = Period(DELIVERED_AT.date() - timedelta(days=30), DELIVERED_AT.date() + timedelta(days=30))
# How many took part in each course, answered at twelve weeks, and whose managers answered.
COURSES = {"Neglect": (14, 9, 6), "Domestic Abuse": (11, 7, 2), "Bruising": (9, 3, 0), "Exploitation": (6, 0, 0)}


@pytest.fixture
def questions():
    versions = make_questionnaires()
    rows = Question.objects.filter(questionnaire__in=[versions[Stage.FOLLOW_UP], versions[Stage.MANAGER]])
    return {row.code: row for row in rows}


def people_and_answers(chance, questions):
    """Make the rows; return what was said, course by course: one dictionary of choices a person."""
    said = {}
    for title, (took_part, answered, managers) in COURSES.items():
        event = make_event(make_course(title), starts_at=DELIVERED_AT, state=Event.State.DELIVERED, capacity=None)
        said[title] = []
        for number in range(took_part):
            person = cast.make_person(f"{title} {number}", cast.social_work(), email=f"{event.pk}.{number}@example.org")
            booking = make_booking(event, person, state=State.ATTENDED)
            theirs = {}
            for stage, answers in ((Stage.FOLLOW_UP, number < answered), (Stage.MANAGER, number < managers)):
                response = Response.objects.create(
                    booking=booking,
                    questionnaire=questions["IM1" if stage == Stage.FOLLOW_UP else "MG2"].questionnaire,
                    stage=stage,
                    state=Response.State.SUBMITTED if answers else Response.State.EXPIRED,
                    opens_at=DELIVERED_AT,
                    closes_at=NOW,
                    submitted_at=NOW if answers else None,
                )
                if answers:
                    theirs |= answer(chance, questions, response)
            said[title].append(theirs)
    return said


def answer(chance, questions, response):
    if response.stage == Stage.MANAGER:
        rating = chance.randint(1, 5)
        Answer.objects.create(response=response, question=questions["MG2"], rating=rating)
        return {"MG2": rating}
    given = {
        "IM1": [chance.choice(questions["IM1"].choices)],
        "IM2": chance.sample(questions["IM2"].choices, chance.randint(1, 4)),
        "IM3": [chance.choice([*questions["IM3"].choices, ""]) for _ in range(3)],
        "IM5": chance.choice([["nothing"], ["time"], ["time", "caseload"], []]),
    }
    for code, choices in given.items():
        Answer.objects.create(response=response, question=questions[code], choices=choices)
    return given


def tables_of(figures):
    return {table["code"]: table for table in figures["tables"]}


def half_up(part, whole):
    return (200 * part + whole) // (2 * whole)


def expected(people, questions, shows):
    """The cells of one row as they ought to be; `shows` says whether a count may be printed."""
    asked, answers = len(people), [each for each in people if "IM1" in each]
    managers = [each["MG2"] for each in people if "MG2" in each]
    used = sum(each["IM1"][0] in ("often", "sometimes", "once") for each in answers)
    did = Counter(choice for each in answers for choice in each["IM2"])
    became = Counter(choice for each in answers for choice in each["IM3"])
    obstacles = sum(any(choice != "nothing" for choice in each["IM5"]) for each in answers)
    actions = [
        *[did[choice] for choice in questions["IM2"].choices],
        *[became[choice] for choice in questions["IM3"].choices],
    ]
    rates = [
        f"{half_up(len(answers), asked)}%",
        f"{half_up(used, len(answers))}%" if answers else "-",
        f"{half_up(used, asked)}%",
    ]
    saw = f"{half_up(sum(rating >= 3 for rating in managers), len(managers))}%" if shows(len(managers)) else None
    return [asked, len(answers), *rates, obstacles, len(managers), saw], [len(answers), *actions]


@pytest.mark.parametrize("seed", range(4))
def test_every_figure_agrees_with_the_rows(seed, questions):
    said = people_and_answers(random.Random(seed), questions)

    figures = compile_figures(Selection(PERIOD, (Strand.MULTI_AGENCY,)), threshold=5, now=NOW)

    tables = [tables_of(figures)[code] for code in ("R15", "R15b")]
    rows = [{row["cells"][0]["text"]: row["cells"][1:] for row in table["rows"]} for table in tables]
    # Three answers are not told alone, and take the next few with them; where nobody answered nothing is to be hidden.
    groups = {
        "Neglect": ["Neglect"],
        "Exploitation": ["Exploitation"],
        "All courses": list(COURSES),
    }
    for its in rows:
        assert set(its) == {*groups, FEW}
        assert "Bruising" not in its
    seen = 0
    for name, courses in groups.items():
        people = [person for course in courses for person in said[course]]
        for its, values in zip(rows, expected(people, questions, lambda n: n >= 5), strict=True):
            for cell, value in zip(its[name], values, strict=True):
                if cell["hidden"]:
                    continue
                seen += 1
                shown = f"{value:,}" if isinstance(value, int) else value
                assert cell["text"] == (shown or "-"), (name, cell, value)
    assert seen > 30


@pytest.mark.parametrize("seed", range(4))
def test_no_small_count_is_printed_or_can_be_taken_from_the_total(seed, questions):
    people_and_answers(random.Random(seed), questions)

    figures = compile_figures(Selection(PERIOD, (Strand.MULTI_AGENCY,)), threshold=5, now=NOW)

    columns = [
        (column, [row["cells"][number] for row in table["rows"]])
        for table in (tables_of(figures)[code] for code in ("R15", "R15b"))
        for number, column in enumerate(table["columns"])
        if column["kind"] == "count"
    ]
    for column, (*parts, total) in columns:
        assert not any(cell["value"] in range(1, 5) for cell in (*parts, total)), column
        if not total["hidden"]:
            rest = total["value"] - sum(cell["value"] for cell in parts if not cell["hidden"])
            hidden = [cell for cell in parts if cell["hidden"]]
            # What is left of the total is either nothing, or too much to be a small count alone.
            assert len(hidden) != 1, column
            assert rest == 0 or rest >= 5, column
