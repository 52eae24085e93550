"""Every figure of every table, on cities thrown together by dice, beside a second count in plain Python."""

from datetime import date
from itertools import zip_longest

import pytest
from django.utils import timezone

from accounts.models import Cluster
from courses.models import Course, DeliveryMode, Strand
from evaluation.reports.compiling import compile_figures
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from tests.evaluation.jumble import AFTER, Jumble
from tests.evaluation.raw import City
from tests.evaluation.recount_answers import Recount

pytestmark = pytest.mark.django_db

QUARTER = (date(2026, 4, 1), date(2026, 6, 30))
BEFORE = (date(2026, 1, 1), date(2026, 3, 31))
A_YEAR_AGO = (date(2025, 4, 1), date(2025, 6, 30))
# With this threshold no count is small, so that every cell is printed.
NOTHING_IS_SMALL = 1


def printed(strands, **filters):
    """What the report prints, table by table."""
    selection = Selection(Period(*QUARTER), strands, **filters)
    figures = compile_figures(selection, threshold=NOTHING_IS_SMALL, now=AFTER)
    return {
        table["code"]: [[(cell["text"], cell["value"]) for cell in row["cells"]] for row in table["rows"]]
        for table in figures["tables"]
    }


def recounted(strands, **filters):
    """The same from the rows."""
    mine = Recount(City(), *QUARTER, strands, **filters)
    headlines = mine.r1(mine.at(*BEFORE), mine.at(*A_YEAR_AGO))
    tables = {
        "R1": headlines,
        "R1b": mine.r1b(),
        "R2": mine.r2(),
        "R3": mine.r3(),
        "R4": mine.r4(),
        "R5": mine.r5(),
        "R6": mine.r6(),
        "R7": mine.r7(),
        "R8": mine.r8(),
        "R9": mine.r9(),
        "R9b": mine.r9b(),
        "R10": mine.r10(),
        "R11": mine.r11(),
        "R12": mine.r12(timezone.localtime(AFTER).date()),
        "R14": mine.r14(),
        "R15": mine.r15(),
        "R15b": mine.r15b(),
        "R16": mine.r16(),
        # Lists of what was written, which tests of their own type in by hand.
        "R18": [],
        "R19": [],
        "R20": [],
    }
    if filters:
        del tables["R1b"]
    if Strand.MULTI_AGENCY not in strands:
        del tables["R8"]
    return tables


def asked(seed):
    """The multi-agency report as it is and with filters; and the workforce team's own."""
    multi_agency, course = (Strand.MULTI_AGENCY,), Course.objects.get(title="Neglect").pk
    cluster = Cluster.objects.order_by("name").first().pk
    filters = [
        {"mode": DeliveryMode.LIVE_ONLINE, "cluster": cluster},
        {"sector": "group:education"},
        {"course": course, "sector": "police"},
    ]
    yield multi_agency, {}
    yield multi_agency, filters[seed]
    yield (Strand.CORE, Strand.TRADED), {}


@pytest.mark.parametrize("seed", range(3))
def test_every_figure_is_what_the_rows_say(seed):
    Jumble(seed)
    for strands, filters in asked(seed):
        tables, expected = printed(strands, **filters), recounted(strands, **filters)
        # The first column of R1 is words alone.
        tables["R1"] = [row[1:] for row in tables["R1"]]
        assert list(tables) == list(expected)
        differing = [
            (code, mine, theirs)
            for code in tables
            for mine, theirs in zip_longest(tables[code], expected[code])
            if mine != theirs
        ]
        assert (strands, filters, differing) == (strands, filters, [])
