"""The whole report on typed-in quarters."""

from datetime import date

import pytest

from courses.models import Strand
from evaluation.reports.compiling import compile_figures
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from tests.evaluation import city

pytestmark = pytest.mark.django_db

QUARTER = Period(date(2026, 4, 1), date(2026, 6, 30))


def compiled(**filters):
    selection = Selection(QUARTER, (Strand.MULTI_AGENCY,), **filters)
    return compile_figures(selection, threshold=5, now=city.AFTER)


def table_of(figures, code):
    return next(table for table in figures["tables"] if table["code"] == code)


def row_of(table, name):
    lead = table["lead"]
    cells = next(row["cells"] for row in table["rows"] if row["cells"][lead]["text"] == name)
    names = [column["code"] or column["label"] for column in table["columns"]]
    return dict(zip(names, cells, strict=True))


def printed(row, *names):
    return [row[name]["text"] for name in names]


def test_compile_gives_the_figures_of_the_real_quarter():
    city.llr_quarter()
    figures = compiled()
    headlines = {row["cells"][0]["text"]: row["cells"][1] for row in table_of(figures, "R1")["rows"]}
    assert [(headlines[name]["text"], headlines[name]["note"]) for name in ("Occupancy", "Attendance rate", "Did not attend")] == [
        ("77.4%", "304 of 393"),
        ("93.1%", "269 of 289"),
        ("6.9%", "20 of 289"),
    ]
    total = row_of(table_of(figures, "R2"), "All courses")
    assert printed(total, "E", "CAP", "BK", "AT", "WI", "TOT", "OCC", "ATR", "DNA", "DNA%") == [
        "7", "393", "289", "269", "35", "304", "77%", "93%", "20", "7%",
    ]  # fmt: skip
