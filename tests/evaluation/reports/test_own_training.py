"""R18: agencies' own training, as their latest accepted returns say, with very small charities only together."""

from datetime import date

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Cluster, MembershipRole, Organisation, Sector
from courses.models import Strand
from evaluation.actions.agency_returns import LevelGiven
from evaluation.models.agency_return import TrainingLevel
from evaluation.reports import pictures
from evaluation.reports.own_training import Level, OwnTraining, Returns, own_training_table, returns_of
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from tests import cast
from tests.evaluation.returned import accepted, opened, sent

pytestmark = pytest.mark.django_db

IN_YEAR = Period(date(2025, 10, 1), date(2025, 12, 31))
NAMELESS = "Third sector: agencies too small to be named"


def lead(name, sector=Sector.POLICE, **fields):
    organisation = cast.make_organisation(name, sector=sector, **fields)
    return cast.make_person(f"{name.replace(' ', '')} Lead", organisation, membership=MembershipRole.AGENCY_LEAD)


def said(need, trained, *ways, courses=1):
    return LevelGiven(need=need, trained=trained, courses_held=courses if ways else 0, evaluated=ways)


def table_of(period=IN_YEAR, strands=(Strand.MULTI_AGENCY,), **filters):
    selection = Selection(period, strands, **filters)
    return own_training_table(returns_of(selection), 5, is_narrowed=selection.is_narrowed)


def printed(**chosen):
    """What the table prints, by agency and level; the agency's own row under its name."""
    return {
        (cells[0]["text"], "" if kind == "group" else cells[2]["text"]): [
            cell["text"] for cell in (cells[1], *cells[3:])
        ]
        for kind, cells in table_of(**chosen).rows
    }


def test_it_prints_what_an_agency_says_with_score_and_colour():
    accepted(
        opened(lead("Ridge Police")),
        score=3,
        everybody=said(40, 33, "later", "form"),
        regular=said(20, 4),
        planning=said(4, 4, "check"),
        leads=said(0, 0),
    )
    rows, year = printed(), "April 2025 to March 2026"

    assert rows["Ridge Police", ""] == [year, "", "", "", "", "3.0", "Green"]
    assert rows["Ridge Police", "Everybody"] == [
        year, "40", "33", "83%", "Form on the day, asked again weeks later", "", "",
    ]  # fmt: skip
    assert rows["Ridge Police", "Regular contact with children"][1:4] == ["20", "fewer than 5", "not shown"]
    assert rows["Ridge Police", "Part in plans for a child"][1:4] == ["fewer than 5", "fewer than 5", "not shown"]
    assert rows["Ridge Police", "Safeguarding leads and managers"][1:5] == ["0", "0", "-", "-"]


@pytest.mark.parametrize(("score", "words"), [(0, "Red"), (1, "Red"), (2, "Amber"), (3, "Green")])
def test_the_colour_follows_from_the_score(score, words):
    accepted(opened(lead("Ridge Police")), score=score)
    assert printed()["Ridge Police", ""][-1] == words


def test_it_takes_the_latest_accepted_return_of_a_year_in_the_period():
    ash = lead("Ash School", Sector.SCHOOL_MAINTAINED)
    accepted(opened(ash, year=2024), everybody=said(10, 8))
    accepted(opened(ash, year=2025), everybody=said(20, 16))
    sent(opened(ash, year=2026), everybody=said(30, 30))
    sent(opened(lead("Birch School", Sector.SCHOOL_MAINTAINED), year=2025))

    def need(starts_on, ends_on):
        return [cells[3]["text"] for _, cells in table_of(Period(starts_on, ends_on)).rows if cells[3]["value"]][:1]

    assert need(date(2025, 1, 1), date(2025, 3, 31)) == ["10"]
    assert need(date(2025, 3, 31), date(2025, 4, 1)) == ["20"]
    assert need(date(2026, 3, 1), date(2026, 4, 30)) == ["20"]
    assert need(date(2026, 4, 1), date(2026, 6, 30)) == []
    assert table_of().sentence.endswith("1 of those that were asked had no return accepted.")
    # What the partnership is told stands in its own reports alone.
    assert table_of(strands=(Strand.CORE,)).rows == []
    assert table_of(strands=(Strand.CORE, Strand.MULTI_AGENCY)).rows


def test_very_small_charities_stand_together_and_only_where_they_are_enough():
    for name, headcount in (("Acorn Trust", 3), ("Bridge Trust", 4), ("Cedar Trust", 30)):
        charity = opened(lead(name, Sector.THIRD_SECTOR))
        accepted(charity, headcount=headcount, score=headcount % 4, everybody=said(headcount, headcount - 1))
    accepted(opened(lead("Dove Chapel", Sector.FAITH)), headcount=4, everybody=said(4, 4))
    accepted(opened(lead("Elm Nursery", Sector.EARLY_YEARS_PVI)), headcount=4, everybody=said(4, 4))
    rows = printed()

    assert {name for name, level in rows if not level} == {
        "Cedar Trust", "Elm Nursery", NAMELESS, "Faith: agencies too small to be named",
    }  # fmt: skip
    # Acorn scores 3 and Bridge 0, six times each.
    assert rows[NAMELESS, ""][-2:] == ["1.5", "Amber"]
    assert rows[NAMELESS, "Everybody"][1:4] == ["7", "5", "71%"]
    assert rows["Faith: agencies too small to be named", ""][-2:] == ["not shown", "not shown"]
    assert rows["Faith: agencies too small to be named", "Everybody"][1:5] == ["not shown"] * 4
    # Not a charity: named, with its small counts hidden.
    assert rows["Elm Nursery", "Everybody"][1:4] == ["fewer than 5", "fewer than 5", "not shown"]
    # The small ones are in no count of the sentence: with it one of them could be worked out.
    assert table_of().sentence.startswith(
        "2 agencies by name, as each says of itself for April 2025 to March 2026. Training"
    )


def test_a_filter_leaves_out_those_that_stand_together():
    east = Cluster.objects.create(name="Eastgate")
    for name, headcount in (("Acorn Trust", 3), ("Bridge Trust", 4), ("Cedar Trust", 30)):
        accepted(opened(lead(name, Sector.THIRD_SECTOR)), headcount=headcount)
    Organisation.objects.filter(name__in=["Acorn Trust", "Cedar Trust"]).update(cluster=east)
    accepted(opened(lead("Ridge Police")))

    def names(**filters):
        return {name for name, _ in printed(**filters)}

    assert names() == {"Cedar Trust", NAMELESS, "Ridge Police"}
    assert names(cluster=east.pk) == {"Cedar Trust"}
    assert names(sector=Sector.THIRD_SECTOR) == {"Cedar Trust"}
    assert names(sector="group:police_and_justice") == {"Ridge Police"}


def test_the_chart_shows_those_furthest_behind():
    def force(name, need, trained):
        return OwnTraining(name, Sector.POLICE, "", need, {TrainingLevel.EVERYBODY: Level(need, trained)}, (2,))

    forces = [force(f"Force {number:02d}", 100, 99 - number) for number in range(17)]
    table = own_training_table(Returns([*forces, force("Little Force", 4, 1)], 0), 5)
    figures = {"tables": [table.stored()]}

    pictures.illustrate(figures)

    chart = figures["tables"][0]["chart"]
    assert chart["title"] == "Trained at the level that everybody needs, the 15 agencies with the lowest share"
    assert "Force 16" in chart["svg"]
    assert "Force 01" not in chart["svg"]
    assert "Little Force" not in chart["svg"]


def test_it_asks_the_same_however_many_agencies_answered():
    accepted(opened(lead("Force one")))
    with CaptureQueriesContext(connection) as one:
        table_of()
    for name in ("two", "three", "four"):
        accepted(opened(lead(f"Force {name}")))
    with CaptureQueriesContext(connection) as four:
        table_of()
    assert len(four) == len(one)
