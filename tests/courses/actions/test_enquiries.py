"""Enquiries: made once, answered, quoted and accepted from elsewhere, given a date of their own, held, or lost."""

from datetime import timedelta
from functools import partial
from uuid import uuid4

import pytest

from accounts.models import OutboundEmail
from courses.actions import enquiries, events
from courses.actions.enquiries import EnquiryHasMovedOn, NotKnownYet
from courses.models import Course, DeliveryMode, Enquiry, Event, Strand
from tests import cast
from tests.makers import NOW, make_course, make_enquiry, make_event
from tests.threads import at_once

pytestmark = pytest.mark.django_db

State = Enquiry.State
FACTS = {
    "contact_name": "Carol Hughes",
    "email": "carol@example.org",
    "subject": "Restorative practice",
    "audience": "All staff",
    "headcount": 46,
    "outcomes": "Know whom to tell.",
    "dates_wanted": "In January",
    "place": "Our hall",
}
START = NOW + timedelta(days=40)


def enquire(**fields):
    given = {"organisation": None, "organisation_name": "Fellside", "by": None, "idempotency_key": uuid4()}
    return enquiries.enquire(facts=FACTS, now=NOW, **(given | fields))


def accepted(**fields):
    course = fields.pop("course", None) or make_course("Whole-School Safeguarding", strands=[Strand.TRADED])
    return make_enquiry(organisation=cast.make_organisation(), course=course, state=State.ACCEPTED, **fields)


def plan(course, **fields):
    sitting = events.Sitting(starts_at=START, ends_at=START + timedelta(hours=3))
    given = {"mode": DeliveryMode.AT_YOUR_SETTING, "sessions": [sitting], "capacity": 46}
    return {"offers": list(course.offers.all()), **given, **fields}


def schedule(enquiry, **fields):
    return enquiries.schedule(enquiry_id=enquiry.pk, by=cast.wendy(), now=NOW, **plan(enquiry.course, **fields))


def follow(enquiry, state):
    return enquiries.follow(enquiry_id=enquiry.pk, state=state, by=cast.wendy(), now=NOW)


def test_enquire_keeps_one_row_and_one_letter_however_often_it_is_sent():
    key = uuid4()
    first, again = enquire(idempotency_key=key), enquire(idempotency_key=key)
    assert first == again
    assert first.reference.startswith("N-")
    assert len(first.reference) == 10
    letter = OutboundEmail.objects.get(about=f"enquiry:{first.pk}")
    assert letter.to == "carol@example.org"
    assert first.reference in letter.subject
    # What somebody typed into a public form is not posted on to the address they typed.
    assert "Restorative" not in letter.text + letter.html
    assert "Know whom to tell" not in letter.text + letter.html


def test_ask_back_writes_one_letter_and_waits_for_them():
    enquiry, wendy = make_enquiry(), cast.wendy()
    for _ in range(2):
        enquiries.ask_back(enquiry_id=enquiry.pk, question="Is <b>1pm</b> right?", by=wendy, now=NOW)
    enquiry.refresh_from_db()
    assert (enquiry.state, enquiry.owner, enquiry.asked_at) == (State.ASKED, wendy, NOW)
    letter = OutboundEmail.objects.get(letter="courses/enquiry_question")
    assert "Is <b>1pm</b> right?" in letter.text
    assert "Is &lt;b&gt;1pm&lt;/b&gt; right?" in letter.html

    assert enquiries.note_answer(enquiry_id=enquiry.pk, by=wendy, now=NOW).state == State.NEW
    later = NOW + timedelta(hours=1)
    enquiries.ask_back(enquiry_id=enquiry.pk, question="Is <b>1pm</b> right?", by=wendy, now=later)
    assert OutboundEmail.objects.filter(letter="courses/enquiry_question").count() == 2


@pytest.mark.parametrize("state", [State.QUOTED, State.ACCEPTED, State.SCHEDULED, State.DELIVERED, State.LOST])
def test_ask_back_and_note_answer_refuse_what_has_moved_on(state):
    enquiry = make_enquiry(organisation=cast.make_organisation(), course=make_course(), state=state)
    with pytest.raises(EnquiryHasMovedOn):
        enquiries.ask_back(enquiry_id=enquiry.pk, question="When?", by=cast.wendy(), now=NOW)
    with pytest.raises(EnquiryHasMovedOn):
        enquiries.note_answer(enquiry_id=enquiry.pk, by=cast.wendy(), now=NOW)
    assert not OutboundEmail.objects.exists()


def test_say_what_it_is_names_organisation_and_course_until_it_is_accepted():
    enquiry, course, school = make_enquiry(), make_course(), cast.make_organisation()
    told = enquiries.say_what_it_is(enquiry_id=enquiry.pk, organisation=school, course=course, by=cast.wendy(), now=NOW)
    assert (told.asker, told.about, told.organisation_name) == (school.name, course.title, "Fellside Summer Camps")
    follow(enquiry, State.QUOTED)
    with pytest.raises(EnquiryHasMovedOn, match="have a quote"):
        enquiries.say_what_it_is(
            enquiry_id=enquiry.pk, organisation=cast.police(), course=course, by=cast.wendy(), now=NOW
        )
    follow(enquiry, State.ACCEPTED)
    other = make_course("Another")
    enquiries.say_what_it_is(enquiry_id=enquiry.pk, organisation=school, course=other, by=cast.wendy(), now=NOW)
    enquiry.refresh_from_db()
    schedule(enquiry)
    with pytest.raises(EnquiryHasMovedOn):
        enquiries.say_what_it_is(enquiry_id=enquiry.pk, organisation=school, course=None, by=cast.wendy(), now=NOW)


def test_say_what_it_is_leaves_nobodys_enquiry_about_nothing():
    enquiry = make_enquiry(organisation=cast.make_organisation(), course=make_course())
    with pytest.raises(NotKnownYet):
        enquiries.say_what_it_is(enquiry_id=enquiry.pk, organisation=None, course=None, by=cast.wendy(), now=NOW)


def test_lose_says_why_and_reopen_takes_it_up_again():
    enquiry = make_enquiry()
    lost = enquiries.lose(enquiry_id=enquiry.pk, lost_for="PRICE", reason="Too dear", by=cast.wendy(), now=NOW)
    assert (lost.state, lost.lost_for, lost.lost_reason) == (State.LOST, "PRICE", "Too dear")
    assert enquiries.lose(enquiry_id=enquiry.pk, lost_for="DATES", by=cast.wendy(), now=NOW).lost_for == "PRICE"
    reopened = enquiries.reopen(enquiry_id=enquiry.pk, by=cast.wendy(), now=NOW)
    assert (reopened.state, reopened.lost_for, reopened.lost_reason) == (State.NEW, "", "")


@pytest.mark.parametrize("state", [State.SCHEDULED, State.DELIVERED, State.INVOICED])
def test_lose_refuses_what_has_a_date(state):
    enquiry = make_enquiry(organisation=cast.make_organisation(), course=make_course(), state=state)
    with pytest.raises(EnquiryHasMovedOn):
        enquiries.lose(enquiry_id=enquiry.pk, lost_for="PRICE", by=cast.wendy(), now=NOW)


def test_follow_brings_it_from_quote_to_invoice_and_back_where_the_rules_know_a_way():
    enquiry = make_enquiry(organisation=cast.make_organisation())
    for state in (State.QUOTED, State.QUOTED, State.NEW, State.QUOTED, State.ACCEPTED):
        assert follow(enquiry, state).state == state
    with pytest.raises(EnquiryHasMovedOn):
        follow(enquiry, State.QUOTED)
    held = make_enquiry(organisation=cast.make_organisation(), course=make_course(), state=State.DELIVERED)
    for state in (State.INVOICED, State.DELIVERED):
        assert follow(held, state).state == state


def test_follow_needs_an_organisation_and_never_schedules_or_loses():
    visitors = make_enquiry()
    with pytest.raises(NotKnownYet):
        follow(visitors, State.QUOTED)
    with pytest.raises(EnquiryHasMovedOn):
        follow(visitors, State.LOST)
    with pytest.raises(EnquiryHasMovedOn):
        follow(accepted(), State.SCHEDULED)
    lost = make_enquiry(state=State.LOST)
    with pytest.raises(EnquiryHasMovedOn):
        follow(lost, State.NEW)


def test_schedule_opens_a_date_that_is_the_organisations_alone():
    enquiry = accepted()
    event = schedule(enquiry)
    enquiry.refresh_from_db()
    assert (enquiry.state, enquiry.date) == (State.SCHEDULED, event)
    assert (event.state, event.commissioned_by, event.capacity) == (Event.State.OPEN, enquiry.organisation, 46)
    assert not Event.objects.public().filter(pk=event.pk).exists()
    assert not Event.objects.open_for_booking(NOW).filter(pk=event.pk).exists()
    letter = OutboundEmail.objects.get(letter="courses/enquiry_scheduled")
    assert "Thursday 31 December 2026" in letter.text
    assert event.reference in letter.text
    with pytest.raises(EnquiryHasMovedOn):
        schedule(enquiry)
    assert Event.objects.count() == 1


@pytest.mark.parametrize("state", [State.NEW, State.QUOTED, State.LOST])
def test_schedule_waits_until_the_quote_is_accepted(state):
    enquiry = make_enquiry(organisation=cast.make_organisation(), course=make_course(), state=state)
    with pytest.raises(EnquiryHasMovedOn):
        schedule(enquiry)


def test_schedule_writes_nothing_where_the_date_cannot_be():
    enquiry = accepted()
    with pytest.raises(events.CannotPublish):
        schedule(enquiry, mode=DeliveryMode.IN_PERSON)
    enquiry.refresh_from_db()
    assert (enquiry.state, Event.objects.count(), OutboundEmail.objects.count()) == (State.ACCEPTED, 0, 0)
    without_course = make_enquiry(organisation=cast.make_organisation(), state=State.ACCEPTED)
    with pytest.raises(NotKnownYet):
        enquiries.schedule(enquiry_id=without_course.pk, by=cast.wendy(), now=NOW)


def test_schedule_takes_a_resting_course_but_no_draft():
    resting = make_course("Made for Beckside", strands=[Strand.TRADED], state=Course.State.PAUSED)
    assert schedule(accepted(course=resting)).state == Event.State.OPEN
    draft = make_course("Not written yet", strands=[Strand.TRADED], state=Course.State.DRAFT)
    with pytest.raises(events.CannotPublish):
        schedule(accepted(course=draft))


def test_follow_date_counts_it_as_held_once_it_is_over_and_people_are_counted_then():
    enquiry = accepted()
    event = schedule(enquiry)
    enquiries.follow_date(enquiry_id=enquiry.pk, now=event.ends_at - timedelta(minutes=1))
    enquiry.refresh_from_db()
    assert enquiry.state == State.SCHEDULED
    with pytest.raises(EnquiryHasMovedOn):
        enquiries.count_people(enquiry_id=enquiry.pk, people=41, by=cast.wendy(), now=event.starts_at)
    enquiries.follow_date(enquiry_id=enquiry.pk, now=event.ends_at)
    counted = enquiries.count_people(enquiry_id=enquiry.pk, people=41, by=cast.wendy(), now=event.ends_at)
    assert (counted.state, counted.people_counted) == (State.DELIVERED, 41)
    assert (
        enquiries.count_people(enquiry_id=enquiry.pk, people=None, by=cast.wendy(), now=event.ends_at).people_counted
        is None
    )


def test_follow_date_makes_room_for_another_when_the_first_is_cancelled():
    enquiry = accepted()
    event = schedule(enquiry)
    events.cancel_catalogue_side(event=event, reason="Snow", by=cast.wendy(), now=NOW)
    enquiries.follow_date(enquiry_id=enquiry.pk, now=NOW)
    enquiry.refresh_from_db()
    event.refresh_from_db()
    assert (enquiry.state, event.enquiry, event.commissioned_by) == (State.ACCEPTED, None, enquiry.organisation)
    assert schedule(enquiry).enquiry_id == enquiry.pk
    assert OutboundEmail.objects.filter(letter="courses/enquiry_scheduled").count() == 2


def test_follow_date_leaves_a_postponed_date_alone():
    enquiry = make_enquiry(organisation=cast.make_organisation(), course=make_course(), state=State.SCHEDULED)
    event = make_event(
        enquiry.course, enquiry=enquiry, commissioned_by=enquiry.organisation, state=Event.State.POSTPONED
    )
    enquiries.follow_date(enquiry_id=enquiry.pk, now=event.ends_at + timedelta(days=1))
    enquiry.refresh_from_db()
    assert enquiry.state == State.SCHEDULED


# --- At the same moment -----------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_same_form_sent_four_times_at_once_is_one_enquiry_with_one_letter():
    key = uuid4()
    found = at_once(*[partial(enquire, idempotency_key=key)] * 4)
    assert {type(one) for one in found} == {Enquiry}
    assert len({one.pk for one in found}) == Enquiry.objects.count() == OutboundEmail.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_two_colleagues_who_schedule_at_once_make_one_date():
    enquiry = accepted()
    cast.wendy()
    found = at_once(*[partial(schedule, enquiry)] * 2)
    assert sorted(type(one).__name__ for one in found) == ["EnquiryHasMovedOn", "Event"]
    assert Event.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_losing_and_accepting_at_once_ends_in_one_of_the_two():
    enquiry = make_enquiry(organisation=cast.make_organisation(), state=State.QUOTED)
    wendy = cast.wendy()
    lose = partial(enquiries.lose, enquiry_id=enquiry.pk, lost_for="DATES", by=wendy, now=NOW)
    found = at_once(lose, partial(follow, enquiry, State.ACCEPTED))
    enquiry.refresh_from_db()
    # Accepted first and lost after is a way that there is; lost first leaves nothing to accept.
    assert enquiry.state == State.LOST
    assert next(type(one).__name__ for one in found) == "Enquiry"
    assert type(found[1]).__name__ in ("Enquiry", "EnquiryHasMovedOn")
