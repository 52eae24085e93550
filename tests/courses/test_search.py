"""Search: words, topics, codes, mistakes, and whatever else people put into a search box."""

import pytest

from courses.models import Course
from courses.search import search_courses
from tests.makers import make_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def catalogue():
    make_course(
        "Working Together to Safeguard Children and Young People",
        code="M02",
        topics=["information sharing", "thresholds"],
    )
    make_course(
        "Neglect: Recognise, Name and Act",
        code="M05",
        summary="Spot the signs of neglect early.",
        audience="Practitioners",
        topics=["neglect"],
    )
    make_course(
        "Recording with Care",
        code="C15",
        summary="Write to and about children with respect.",
        audience="Social work staff",
        topics=["record keeping"],
    )


def found(query):
    return [course.code for course in search_courses(courses=Course.objects.published(), query=query)]


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("neglect", ["M05"]),
        ("neglected", ["M05"]),
        ("working together", ["M02"]),
        ("information sharing", ["M02"]),
        ("social work", ["C15"]),
        ("m05", ["M05"]),
        ("-neglect recording", ["C15"]),
        ('"name and act"', ["M05"]),
        ("  neglect  ", ["M05"]),
    ],
)
def test_search_finds_words_topics_audiences_and_codes(catalogue, query, codes):
    assert found(query) == codes


@pytest.mark.parametrize(
    ("query", "codes"),
    [
        ("negelct", ["M05"]),
        ("safegard children", ["M02"]),
        ("recordng", ["C15"]),
        ("informaton shareing", ["M02"]),
    ],
)
def test_search_finds_what_looks_alike_when_the_words_are_misspelt(catalogue, query, codes):
    assert found(query) == codes


def test_search_finds_safeguarding_behind_a_typing_mistake():
    make_course("Introduction to Safeguarding", code="M01")
    assert found("safegarding") == ["M01"]


@pytest.mark.parametrize("query", ["&|!():*<->'", "'; drop table courses_course; --", "😀", "%_\\", "x" * 200])
def test_search_finds_nothing_in_nonsense(catalogue, query):
    assert found(query) == []


def test_search_for_nothing_gives_everything_by_title(catalogue):
    assert found(" ") == ["M05", "C15", "M02"]


def test_search_puts_the_title_before_the_summary():
    make_course("Early Help", code="C08", summary="What comes before neglect.")
    make_course("Neglect", code="M05", summary="Spot it early.")
    assert found("neglect") == ["M05", "C08"]


def test_search_keeps_to_the_courses_it_is_given():
    make_course("Neglect", code="M05", state=Course.State.DRAFT)
    assert found("neglect") == []
