"""What a trainer reads of their own dates: closed feedback, enough of it, and nobody else's."""

from dataclasses import replace
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from courses.models import Event, Trainer
from evaluation.models import Answer, Response
from evaluation.reports.trained import feedback_of
from tests import cast
from tests.evaluation import city
from tests.evaluation.city import SPRING, Run
from tests.makers import assign_trainer

pytestmark = pytest.mark.django_db


def trained(run, *, by=None):
    # A day for each: nobody is in two places at once.
    event = city.deliver(replace(run, starts_at=SPRING + timedelta(days=Event.objects.count())))
    assign_trainer(event.sessions.get(), by or cast.dev())
    return event


def read(user=None):
    cast.dev()
    trainer = Trainer.objects.get(practitioner__user=user or cast.dev())
    return feedback_of(trainer, now=city.AFTER, threshold=5)


def rows(feedback, place=0):
    table = feedback.tables[place]
    names = [column["code"] or column["label"] for column in table["columns"]]
    return {
        row["cells"][0]["text"]: dict(zip(names, [cell["text"] for cell in row["cells"]], strict=True))
        for row in table["rows"]
    }


def share_of(code, event):
    """How many agree with a statement, counted from the answers themselves."""
    given = Answer.objects.filter(
        response__booking__event=event, response__stage="post", question__code=code, is_not_applicable=False
    )
    ratings = list(given.values_list("rating", flat=True))
    return f"{int(100 * sum(each >= 4 for each in ratings) / len(ratings) + 0.5)}%"


def test_a_trainer_reads_their_own_dates_by_course():
    neglect = trained(Run("Neglect", 40, 30, answered=24))
    trained(Run("Domestic Abuse", 40, 30, answered=12))
    somebody = cast.make_person("Tam Trainer", cast.police())
    Trainer.objects.create(practitioner=somebody.practitioner, organisation=cast.police())
    trained(Run("Neglect", 40, 30, answered=20), by=somebody)

    feedback = read()

    assert (feedback.dates, feedback.waiting) == (2, 0)
    table = rows(feedback)
    assert [(name, row["Answers"]) for name, row in table.items()] == [
        ("Domestic Abuse", "12"), ("Neglect", "24"), ("All courses", "36"),
    ]  # fmt: skip
    assert [table["Neglect"][f"AGR {code}"] for code in ("RE3", "RE4", "RE5", "RE6", "RE8")] == [
        share_of(code, neglect) for code in ("RE3", "RE4", "RE5", "RE6", "RE8")
    ]
    assert set(table["Neglect"]) == {
        "Course", "Answers", "AGR RE3", "AGR RE4", "AGR RE5", "AGR RE6", "AGR RE8", "REC",
    }  # fmt: skip
    change = rows(feedback, 1)["Neglect"]
    assert change["Pairs"] == "24"
    assert round(float(change["POST"]) - float(change["PRE"]), 1) == pytest.approx(float(change["CHG"]), abs=0.11)


def test_a_date_with_few_answers_or_open_feedback_is_not_told():
    trained(Run("Neglect", 40, 30, answered=24))
    trained(Run("Domestic Abuse", 40, 30, answered=4))
    still_open = trained(Run("Parental Mental Health", 40, 30, answered=12))
    waiting = Response.objects.filter(booking__event=still_open, stage="post").first()
    Response.objects.filter(pk=waiting.pk).update(state=Response.State.OPEN, submitted_at=None)

    feedback = read()

    assert (feedback.dates, feedback.waiting) == (1, 1)
    assert list(rows(feedback)) == ["Neglect", "All courses"]
    Response.objects.filter(pk=waiting.pk).update(state=Response.State.EXPIRED)
    assert list(rows(read())) == ["Neglect", "Parental Mental Health", "All courses"]


def test_there_is_nothing_to_tell_of_nothing():
    assert read().tables == []


def test_it_asks_the_same_however_many_dates_there_are():
    trained(Run("Neglect", 40, 12, answered=10))
    read()
    with CaptureQueriesContext(connection) as one:
        read()
    for course in ("Domestic Abuse", "Parental Mental Health", "Neglect"):
        trained(Run(course, 40, 12, answered=10))
    with CaptureQueriesContext(connection) as four:
        read()
    assert len(four) == len(one)
