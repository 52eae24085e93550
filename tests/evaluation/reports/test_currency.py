"""R12: what needs to be looked at comes first."""

from datetime import date, timedelta

import pytest

from courses.models import Course, Strand
from evaluation.reports.currency import Content, contents_of, currency_table
from evaluation.reports.periods import Period
from evaluation.reports.selection import Selection
from tests.makers import make_course

TODAY = date(2026, 11, 21)
REVIEWED = date(2026, 1, 5)


def content(title, due_in_days=None, reviewed_on=REVIEWED, owner="Jo Reed"):
    return Content(title, owner, reviewed_on, TODAY + timedelta(days=due_in_days) if due_in_days is not None else None)


@pytest.mark.parametrize(
    ("known", "state"),
    [
        (content("A", -1), "overdue"),
        (content("A", 0), "due within three months"),
        (content("A", 91), "due within three months"),
        (content("A", 92), "current"),
        (content("A"), "current"),
        (content("A", 10, reviewed_on=None), "never reviewed"),
    ],
)
def test_what_a_course_is(known, state):
    assert known.state(TODAY) == state


def test_the_table_begins_with_what_is_overdue():
    table = currency_table(
        [content("Current", 200), content("Late", -9, owner=""), content("Never", reviewed_on=None)], TODAY
    )

    assert [[cell["text"] for cell in cells] for _, cells in table.rows] == [
        ["Late", "-", "5 January 2026", "12 November 2026", "Overdue"],
        ["Never", "Jo Reed", "-", "-", "Never reviewed"],
        ["Current", "Jo Reed", "5 January 2026", "9 June 2027", "Current"],
    ]
    assert table.sentence.startswith("Courses on offer: 3. Overdue for a review: 1. Without one on record: 1.")


@pytest.mark.django_db
def test_courses_on_offer_in_the_strands_each_once():
    make_course("Both", strands=(Strand.MULTI_AGENCY, Strand.STATUTORY), content_owner="Jo Reed")
    only = make_course("Only ours", strands=(Strand.MULTI_AGENCY,))
    make_course("Theirs", strands=(Strand.CORE,))
    make_course("Draft", state=Course.State.DRAFT)
    period = Period(TODAY, TODAY)

    both_strands = Selection(period, (Strand.MULTI_AGENCY, Strand.STATUTORY))
    assert [each.title for each in contents_of(both_strands)] == ["Both", "Only ours"]
    assert [each.title for each in contents_of(Selection(period, (Strand.MULTI_AGENCY,), course=only.pk))] == [
        "Only ours"
    ]
