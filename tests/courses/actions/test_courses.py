"""Verbs for courses: versions follow their outcomes, offers follow their strands, and nothing is deleted."""

from datetime import timedelta
from decimal import Decimal

import pytest

from courses.actions import courses
from courses.actions.courses import OfferTerms
from courses.models import ApprovalMode, Course, Event, Strand
from tests import cast
from tests.makers import NOW, make_band, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db

FACTS = {
    "code": "C16",
    "title": "Life Story Work",
    "summary": "Help a child in care to know their own story.",
    "audience": "Social workers and carers",
    "duration_hours": Decimal("3.5"),
    "days": Decimal("0.5"),
}


def terms(strand=Strand.CORE, approval_mode=ApprovalMode.EXPLICIT, **fields):
    return OfferTerms(strand=strand, approval_mode=approval_mode, price_band=make_band(), **fields)


def create(outcomes=("plan a life story book",), offers=None, **facts):
    offers = [terms()] if offers is None else offers
    return courses.create(facts={**FACTS, **facts}, outcomes=outcomes, offers=offers, by=cast.wendy(), now=NOW)


def amend(course, outcomes, offers=None, **facts):
    offers = [terms()] if offers is None else offers
    return courses.amend(
        course=course, facts=facts or FACTS, outcomes=outcomes, offers=offers, by=cast.wendy(), now=NOW
    )


def outcomes_of(version):
    return list(version.outcomes.order_by("position").values_list("text", flat=True))


def test_create_makes_a_draft_with_outcomes_and_offers():
    course = create(["plan a life story book", "talk about a hard memory"])
    assert (course.state, course.slug) == (Course.State.DRAFT, "life-story-work")
    assert outcomes_of(course.versions.get()) == ["plan a life story book", "talk about a hard memory"]
    assert [offer.strand for offer in course.offers.all()] == [Strand.CORE]


def test_create_gives_the_second_course_of_a_title_an_address_of_its_own():
    create()
    assert create(code="C17").slug == "life-story-work-c17"


def test_create_finds_an_address_for_a_title_without_letters():
    assert create(title="💬💬💬").slug == "c16"


def test_publish_shows_the_course_and_dates_its_version():
    course = courses.publish(course=create(), by=cast.wendy(), now=NOW)
    assert course.state == Course.State.PUBLISHED
    assert course.versions.get().published_at == NOW


def test_publish_names_everything_that_is_missing():
    with pytest.raises(courses.CannotPublish) as refused:
        courses.publish(course=create(outcomes=[], offers=[], summary="", audience=""), by=cast.wendy(), now=NOW)
    assert refused.value.reasons == [
        "Write a summary.",
        "Say who the course is for.",
        "Write at least one learning outcome.",
        "Choose at least one strand.",
    ]
    assert Course.objects.get().state == Course.State.DRAFT


def test_amend_rewrites_outcomes_while_nothing_was_published_with_them():
    course = create()
    make_event(course, state=Event.State.DRAFT)
    amend(course, ["write a later-life letter"])
    assert outcomes_of(course.versions.get()) == ["write a later-life letter"]


def test_amend_makes_a_new_version_when_outcomes_change_after_a_delivered_date():
    course = create()
    delivered = make_event(course, starts_at=NOW - timedelta(days=60), state=Event.State.DELIVERED)
    amend(course, ["write a later-life letter"])
    first, second = course.versions.order_by("number")
    assert outcomes_of(first) == ["plan a life story book"]
    assert outcomes_of(second) == ["write a later-life letter"]
    delivered.refresh_from_db()
    assert delivered.version == first


def test_amend_keeps_the_promise_made_to_people_who_booked():
    course = create()
    booked, empty = make_event(course), make_event(course, starts_at=NOW + timedelta(days=60))
    make_booking(booked, cast.amina())
    amend(course, ["write a later-life letter"])
    first, second = course.versions.order_by("number")
    booked.refresh_from_db()
    empty.refresh_from_db()
    assert (booked.version, empty.version) == (first, second)


def test_amend_keeps_the_version_when_outcomes_stay():
    course = create()
    make_event(course, state=Event.State.OPEN)
    changed = amend(course, ["plan a life story book"], **FACTS, what_to_bring="A notebook")
    assert changed.what_to_bring == "A notebook"
    assert course.versions.count() == 1


def test_amend_withdraws_a_strand_without_losing_its_offer():
    course = create(offers=[terms(), terms(Strand.MULTI_AGENCY, ApprovalMode.ATTEST)])
    amend(course, ["plan a life story book"], offers=[terms(Strand.MULTI_AGENCY, ApprovalMode.NOTIFY)])
    assert [(offer.strand, offer.is_active) for offer in course.offers.order_by("strand")] == [
        (Strand.CORE, False),
        (Strand.MULTI_AGENCY, True),
    ]
    assert course.offers.get(strand=Strand.MULTI_AGENCY).approval_mode == ApprovalMode.NOTIFY


def test_amend_keeps_the_address_when_the_title_changes():
    course = create()
    assert amend(course, ["plan a life story book"], title="Life Story Work with Care").slug == "life-story-work"


def test_pause_hides_a_course():
    course = courses.pause(course=make_course(), by=cast.wendy(), now=NOW)
    assert list(Course.objects.published()) == []
    assert course.state == Course.State.PAUSED


def test_retire_is_refused_while_dates_are_coming():
    course = make_course()
    event = make_event(course)
    with pytest.raises(courses.CannotRetire, match="This course has a coming date"):
        courses.retire(course=course, by=cast.wendy(), now=NOW)
    assert courses.retire(course=course, by=cast.wendy(), now=event.ends_at).state == Course.State.ARCHIVED
