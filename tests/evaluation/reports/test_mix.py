"""R8: how mixed multi-agency dates were, on dates typed in by hand."""

from datetime import date, timedelta
from fractions import Fraction

import pytest

from accounts.models import Sector
from bookings.models import Booking
from courses.models import DeliveryMode, Strand
from evaluation import figures
from evaluation.reports.compiling import compile_figures
from evaluation.reports.mix import mix_table
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from tests.evaluation import city
from tests.evaluation.city import SPRING, Run

QUARTER = Period(date(2026, 4, 1), date(2026, 6, 30))
MIXED, ONE_LARGE, TWO_GROUPS = (12, 6, 2), (13, 5, 2), (10, 10)


def rows(*courses, threshold=5, **options):
    dates = {(course, number): date for course, dates in enumerate(courses) for number, date in enumerate(dates)}
    table = mix_table(dates, {0: "Neglect", 1: "Self-harm", 2: "Trauma"}, threshold, **{"is_narrowed": False} | options)
    return {row[0]["text"]: [cell["text"] for cell in row[1:]] for _, row in table.rows}


def test_a_date_is_mixed_with_three_groups_none_above_sixty_per_cent():
    assert figures.is_mixed((12, 6, 2))
    assert not figures.is_mixed((13, 5, 2))
    assert not figures.is_mixed((10, 10))


def test_mix_prints_means_over_dates():
    dates = [MIXED, MIXED, ONE_LARGE, TWO_GROUPS, (4, 4, 4, 4)]
    share = Fraction(100 * (12 + 12 + 13 + 10), 20 * 5) + Fraction(25, 5)
    assert rows(dates) == {
        "Neglect": ["5", "about 3", f"{int(share + Fraction(1, 2))}%", "3", "60%"],
        "All courses": ["5", "about 3", "52%", "3", "60%"],
    }


def test_mix_tells_an_exact_mean_where_there_are_many_dates():
    assert rows([MIXED] * 20 + [TWO_GROUPS] * 5)["Neglect"][1] == "2.8"
    assert rows([MIXED] * 20 + [TWO_GROUPS] * 4)["Neglect"][1] == "about 3"


def test_mix_puts_courses_with_few_dates_together():
    assert list(rows([MIXED] * 6, [MIXED] * 4, [TWO_GROUPS])) == [
        "Neglect", "Courses with few dates, together", "All courses",
    ]  # fmt: skip
    # Four dates alone would be the rest of the total, so a fifth and all that belong to it go with them.
    assert list(rows([MIXED] * 6, [MIXED] * 4)) == ["Courses with few dates, together", "All courses"]


def test_mix_says_nothing_of_fewer_dates_or_in_reports_with_filters():
    assert rows([MIXED] * 4)["All courses"] == ["4", "not shown", "not shown", "not shown", "not shown"]
    assert rows([MIXED] * 9, is_narrowed=True) == {}


def printed(strands=(Strand.MULTI_AGENCY,), **filters):
    found = compile_figures(Selection(QUARTER, strands, **filters), threshold=5, now=city.AFTER)
    tables = [table for table in found["tables"] if table["code"] == "R8"]
    return (
        {row["cells"][0]["text"]: [cell["text"] for cell in row["cells"][1:]] for row in tables[0]["rows"]}
        if tables
        else None
    )


@pytest.mark.django_db
def test_mix_counts_multi_agency_places_of_dates_that_somebody_came_to():
    for number in range(6):
        city.deliver(Run("Neglect", 30, 20, walk_ins=2, starts_at=SPRING + timedelta(days=number)), seed=number)
    city.deliver(Run("Neglect", 30, 0, missed=4, starts_at=SPRING + timedelta(days=8)))
    alone = city.deliver(Run("Neglect", 30, 5, starts_at=SPRING + timedelta(days=9)))
    Booking.objects.filter(event=alone).update(sector=Sector.POLICE)
    city.deliver(Run("Supervision", 30, 20), strand=Strand.CORE)
    found = printed((Strand.CORE, Strand.MULTI_AGENCY))
    assert list(found) == ["Neglect", "All courses"]
    assert found["Neglect"][0] == "7"
    assert found["Neglect"][3:] == ["6", "86%"]


@pytest.mark.django_db
def test_mix_is_about_multi_agency_dates_alone():
    city.deliver(Run("Supervision", 30, 20), strand=Strand.CORE)
    assert printed((Strand.CORE,)) is None
    assert printed((Strand.MULTI_AGENCY,), mode=DeliveryMode.IN_PERSON) == {}
