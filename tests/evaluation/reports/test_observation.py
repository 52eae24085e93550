"""R11: what observers saw, on observations typed in by hand."""

from datetime import date, timedelta

import pytest

from courses.models import DeliveryMode, Event, Strand, Trainer
from evaluation.models import Answer, Response
from evaluation.models.questionnaire import Stage
from evaluation.reports.compiling import compile_figures
from evaluation.reports.observation import observation_table
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from tests import cast
from tests.evaluation import city
from tests.evaluation.observed import agreed, done, planned, shared
from tests.makers import NOW, make_course, make_event
from tests.questionnaires import make_questionnaires

pytestmark = pytest.mark.django_db

AUTUMN = Period(date(2026, 10, 1), date(2026, 12, 31))
NAMES = {1: "Knows current practice", 2: "Children first"}
ISSUES = {"problems": 0, "concerns": 0}
NUMBERS = {"planned": 9, "done": 9, "shared": 8, "actions": 0}


def printed(period=AUTUMN, strand=Strand.MULTI_AGENCY, **filters):
    """What R11 prints, by standard or figure."""
    figures = compile_figures(Selection(period, (strand,), **filters), threshold=5, now=city.AFTER)
    table = next(table for table in figures["tables"] if table["code"] == "R11")
    rows = {row["cells"][0]["text"]: [cell["text"] for cell in row["cells"][1:]] for row in table["rows"]}
    return rows, table["sentence"]


def standard(rows, number):
    return next(row for name, row in rows.items() if name.startswith(f"{number}. "))


def test_observation_counts_what_was_shared():
    for days in range(2, 9):
        shared(planned(days_ago=days))  # seven, everything met
    for days in range(10, 15):
        agreed(planned(days_ago=days), s3="PARTLY", s4="NOT_SEEN")  # five, each with an action
    done(planned(days_ago=20), s1="NOT_MET", to_develop="Not told to anybody yet.")
    planned(make_event(trainer=cast.dev(), starts_at=NOW + timedelta(days=9)))

    rows, sentence = printed()

    assert standard(rows, 1) == ["12", "0", "0", "0", "12"]
    assert standard(rows, 3) == ["7", "5", "0", "0", "12"]
    assert standard(rows, 4) == ["7", "0", "0", "5", "12"]
    assert [rows[name][4] for name in ("Observations planned", "Observations done", "Actions still open")] == [
        "14", "13", "5",
    ]  # fmt: skip
    assert sentence == "13 of 14 planned observations were done, and 12 have been shared with the trainer."


def test_observation_belongs_to_the_quarter_strand_and_filter_of_its_date():
    other = make_course("Restorative practice", strands=(Strand.CORE,))
    dev = cast.dev()
    for days in (2, 3):
        shared(planned(make_event(other, trainer=dev, starts_at=NOW - timedelta(days=days), state=Event.State.LOCKED)))
    shared(planned(days_ago=5))
    online = make_event(
        trainer=dev, starts_at=NOW - timedelta(days=9), state=Event.State.LOCKED, mode=DeliveryMode.LIVE_ONLINE
    )
    shared(planned(online))

    def done_in(**which):
        return printed(**which)[0]["Observations done"][4]

    assert (done_in(), done_in(strand=Strand.CORE), done_in(mode=DeliveryMode.LIVE_ONLINE)) == ("2", "2", "1")
    assert done_in(period=Period(date(2026, 7, 1), date(2026, 9, 30))) == "0"
    assert standard(printed(mode=DeliveryMode.LIVE_ONLINE)[0], 1) == ["-", "-", "-", "-", "-"]
    assert Trainer.objects.count() == 1


def test_observation_counts_what_trainers_raise():
    questionnaire = make_questionnaires()[Stage.TRAINER]
    asked = {each.code: each for each in questionnaire.questions.all()}
    cast.dev()
    for days in range(2, 9):
        event = make_event(starts_at=NOW - timedelta(days=days), state=Event.State.LOCKED)
        review = Response.objects.create(
            event=event, trainer=Trainer.objects.get(), questionnaire=questionnaire, stage=Stage.TRAINER,
            state=Response.State.SUBMITTED, opens_at=NOW - timedelta(days=1), closes_at=NOW, submitted_at=NOW,
        )  # fmt: skip
        Answer.objects.create(response=review, question=asked["TR5"], choices=["yes" if days < 6 else "no"])
        if days < 8:
            Answer.objects.create(response=review, question=asked["TR3"], texts=["No projector"])

    rows, _ = printed()

    # Six of seven tell of a problem, four of a concern.
    assert rows["Trainers told of problems with room, technology or access"][4] == "6"
    assert rows["Trainers passed a safeguarding concern on"][4] == "fewer than 5"
    narrowed, _ = printed(mode=DeliveryMode.IN_PERSON)
    assert narrowed["Trainers told of problems with room, technology or access"][4] == "-"


@pytest.mark.parametrize(
    ("rated", "cells"),
    [
        # Few in all: nothing is said.
        ({"MET": 3, "NOT_MET": 1}, ["not shown", "not shown", "not shown", "not shown"]),
        # One small count: the next is hidden with it, for all are known together.
        ({"MET": 7, "PARTLY": 6, "NOT_MET": 1}, ["7", "not shown", "fewer than 5", "0"]),
        # Twice the most that is few can be nothing else: all are hidden.
        ({"MET": 4, "PARTLY": 4}, ["not shown", "not shown", "not shown", "not shown"]),
        ({"MET": 5, "PARTLY": 5}, ["5", "5", "0", "0"]),
        ({}, ["0", "0", "0", "0"]),
    ],
)
def test_observation_hides_what_few_were_rated(rated, cells):
    table = observation_table({1: rated}, NUMBERS, ISSUES, NAMES, 5)

    assert [cell["text"] for cell in table.rows[0][1][1:5]] == cells
    assert table.rows[0][1][5]["text"] == str(sum(rated.values()))


def test_observation_hides_all_where_the_sum_would_tell():
    """Whoever knows how many there were can work no hidden rating out, whatever the ratings are."""
    for met in range(10):
        for partly in range(10 - met):
            rated = {"MET": met, "PARTLY": partly, "NOT_MET": 9 - met - partly}
            cells = observation_table({1: rated}, NUMBERS, ISSUES, NAMES, 5).rows[0][1][1:5]
            hidden = [cell for cell in cells if cell["hidden"]]
            assert len(hidden) != 1, rated
            assert all(not 0 < cell["value"] < 5 for cell in cells if cell["value"] is not None), rated
