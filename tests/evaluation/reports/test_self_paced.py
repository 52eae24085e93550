"""R6: self-paced courses, counted from rows a second time, and what their small numbers must not tell."""

import random
from datetime import timedelta

import pytest

from bookings.models import SelfPacedEnrolment
from bookings.models.self_paced import EnrolmentState
from courses.models import Strand
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from evaluation.reports.self_paced import EnrolmentCounts, enrolments_by_course, self_paced_table
from tests import cast
from tests.makers import NOW, make_enrolment, make_self_paced_course

PERIOD = Period(NOW.date() - timedelta(days=90), NOW.date())
NAMES = {1: "Neglect online", 2: "Prevent", 3: "Small"}


def printed(counts, **how):
    table = self_paced_table(counts, NAMES, 5, **how)
    return {cells[0]["text"]: [cell["text"] for cell in cells[1:]] for _, cells in table.rows}


def test_figures_are_printed_by_course_and_in_all():
    counts = {
        1: EnrolmentCounts(20, 18, 10, 5, 5, (3, 9, 4, 4, 30, 8, 8, 1, 2, 12)),
        2: EnrolmentCounts(12, 9, 6, 0, 0, (7,) * 6),
    }

    assert printed(counts) == {
        "Neglect online": ["20", "18", "10", "5", "8", "-"],
        "Prevent": ["12", "9", "6", "0", "7", "-"],
        "All courses": ["32", "27", "16", "5", "7", "5"],
    }


def test_courses_that_few_started_are_told_together():
    rows = printed({1: EnrolmentCounts(20, 18, 10, 5), 3: EnrolmentCounts(6, 6, 6, 0)})

    assert "Small" not in rows
    assert set(rows) == {"Courses with too few answers to show alone", "All courses"}


@pytest.mark.parametrize("lapsed", range(1, 5))
def test_who_lapsed_cannot_be_worked_out_from_who_passed(lapsed):
    rows = printed({1: EnrolmentCounts(12, 12, 12 - lapsed, lapsed), 2: EnrolmentCounts(30, 30, 20, 8)})

    assert rows["Neglect online"][2:4] == ["not shown", "fewer than 5"]
    # Nor from the total.
    assert rows["Prevent"][3] == "not shown"
    assert rows["Neglect online"][4] == "not shown"


def test_a_report_with_a_filter_leaves_the_table_out():
    """What it tells less than the whole would be what the filter leaves out."""
    assert printed({1: EnrolmentCounts(20, 20, 12, 6)}, is_narrowed=True) == {}


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.django_db
def test_the_counts_agree_with_the_rows(seed):
    chance = random.Random(seed)
    courses = [make_self_paced_course(title) for title in ("Neglect online", "Prevent")]
    for number in range(14):
        person = cast.make_person("Ada Learner", cast.social_work(), email=f"a{number}@example.org")
        enrolment = make_enrolment(chance.choice(courses), person, state=chance.choice(EnrolmentState.values))
        started = NOW - timedelta(days=chance.randrange(200))
        SelfPacedEnrolment.objects.filter(pk=enrolment.pk).update(enrolled_at=started)

    found = enrolments_by_course(Selection(PERIOD, tuple(Strand.values)))

    rows = [row for row in SelfPacedEnrolment.objects.all() if PERIOD.starts_at <= row.enrolled_at < PERIOD.ends_before]
    assert 0 < len(rows) < 14
    for course in {row.course_id for row in rows}:
        mine = [row for row in rows if row.course_id == course]
        assert found[course] == EnrolmentCounts(
            started=len(mine),
            begun=sum(row.begun_at is not None for row in mine),
            passed=sum(row.state == "PASSED" for row in mine),
            lapsed=sum(row.state == "LAPSED" for row in mine),
            days=tuple(
                (row.passed_at - row.enrolled_at).days for row in sorted(mine, key=lambda r: r.pk) if row.passed_at
            ),
        )
    assert set(found) == {row.course_id for row in rows}
