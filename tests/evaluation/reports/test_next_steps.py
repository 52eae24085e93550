"""R19 and R20: the list of needs, and what was promised since the period began, as every reader may read them."""

from datetime import date, timedelta

import pytest

from courses.models import Strand
from evaluation.actions import improvements, needs
from evaluation.models import ImprovementAction
from evaluation.reports.compiling import compile_figures
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from tests import cast
from tests.evaluation.needs import make_need
from tests.evaluation.observed import agreed
from tests.makers import NOW

pytestmark = pytest.mark.django_db
PERIOD = Period(date(2026, 10, 1), date(2026, 12, 31))
TODAY = NOW.date()


def tables(strands=(Strand.MULTI_AGENCY,), **filters):
    figures = compile_figures(Selection(PERIOD, strands, **filters), threshold=5, now=NOW)
    return {table["code"]: table for table in figures["tables"] if table["code"] in ("R19", "R20")}


def rows(table):
    return [[cell["text"] for cell in row["cells"]] for row in table["rows"]]


def promise(what, *, days=30, ended=None, state="DONE", **owner):
    action = improvements.agree(
        what=what,
        source=ImprovementAction.Source.MEETING,
        due_on=TODAY + timedelta(days=days),
        by=cast.lou(),
        now=NOW - timedelta(days=200),
        **owner or {"owner_words": "Police, learning lead"},
    )
    if ended:
        improvements.end(action_id=action.pk, state=state, outcome="They all came.", by=cast.lou(), now=ended)


def test_needs_are_the_current_ones_the_most_urgent_first():
    make_need("Low", priority=3, due_on=date(2026, 1, 1))
    make_need("High", priority=1, source="WAITING_LIST", response="Two more dates", owner_words="Team")
    closed = make_need("Closed")
    needs.close(need_id=closed.pk, by=cast.lou(), now=NOW)

    for strands in ((Strand.MULTI_AGENCY,), (Strand.CORE,)):
        table = tables(strands)["R19"]
        assert rows(table) == [
            ["High", "Waiting lists", "High", "Two more dates", "Team", "31 March 2027"],
            ["Low", "Learning from a review", "Low", "-", "Workforce Development Team", "1 January 2026"],
        ]
        assert table["sentence"].startswith("Needs on the list: 2. With a plan: 1. Past their day: 1.")


def test_actions_are_those_to_do_at_any_time_since_the_period_began():
    promise("Late", days=-3)
    promise("Coming", owner=cast.dev())
    promise("Ended in the period", ended=PERIOD.starts_at)
    promise("Given up", ended=NOW, state="DROPPED", days=31)
    promise("Ended before", ended=PERIOD.starts_at - timedelta(minutes=1))
    agency = cast.dev().practitioner.memberships.get().organisation.name

    table = tables()["R20"]

    police, meeting = "Police, learning lead", "A meeting of the subgroup"
    due = "21 December 2026"
    assert rows(table) == [
        ["Late", meeting, police, "18 November 2026", "Overdue", "-"],
        ["Coming", meeting, f"Somebody of {agency}", due, "To do", "-"],
        ["Ended in the period", meeting, police, due, "Done", "They all came."],
        ["Given up", meeting, police, "22 December 2026", "Dropped", "They all came."],
    ]
    assert table["sentence"].startswith("Actions to do: 2. Overdue: 1. Done since 1 October 2026: 1. Dropped: 1.")


def test_actions_of_observations_and_of_other_strands_are_nobody_elses_to_read():
    agreed(s2="PARTLY")
    promise("Of the partnership")

    assert [row[0] for row in rows(tables()["R20"])] == ["Of the partnership"]
    assert [row[0] for row in rows(tables((Strand.CORE, Strand.MULTI_AGENCY))["R20"])] == ["Of the partnership"]
    council = tables((Strand.CORE,))["R20"]
    assert (council["rows"], council["sentence"].split(",")[0]) == ([], "Actions are the multi-agency partnership’s")


def test_nothing_of_it_stands_in_reports_with_filters():
    make_need()
    promise("Ask every school")

    assert {code: table["rows"] for code, table in tables(mode="virtual").items()} == {"R19": [], "R20": []}
