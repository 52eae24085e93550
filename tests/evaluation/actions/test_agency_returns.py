"""agency_returns: opened, written, sent whole, asked about, sent back, accepted; and what the database refuses."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import MembershipRole, Organisation, OutboundEmail, Partnership
from evaluation.actions import agency_returns
from evaluation.actions.agency_returns import LevelGiven, ResultGiven, ReturnRefused
from evaluation.actions.observations import Promise
from evaluation.models import AgencyReturn, ImprovementAction, ReturnLevel, Section11Result
from evaluation.models.agency_return import ReturnState
from tests import cast
from tests.evaluation.returned import DUE, WHOLE, YEAR, accepted, filled, make_section_11, opened, sent
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db

State = ReturnState


def letters(name):
    return sorted(OutboundEmail.objects.filter(letter=f"evaluation/{name}").values_list("to", flat=True))


def ask(agency_return, question="How do you train those who work nights?", **facts):
    return agency_returns.ask(return_id=agency_return.pk, question=question, by=cast.lou(), now=NOW, **facts)


def test_open_asks_the_leads_once_and_nobody_twice():
    cast.lea(), cast.carol()
    police = cast.police()

    def open_all(by):
        return agency_returns.open_returns(
            organisations=[cast.make_organisation(), police], year=YEAR, due_on=DUE, by=by, now=NOW
        )

    assert [each.organisation.name for each in open_all(cast.lou())] == [
        "Beckside Primary School",
        "Northern Ridings Police",
    ]
    assert open_all(cast.lou()) == []
    # The booking contact of the same school is not asked, and the police have no lead yet.
    assert letters("return_opened") == ["lea@example.org"]


def test_a_lead_who_is_appointed_later_is_told_once():
    agency_return = opened()
    new = cast.make_person("Nora Newlead", agency_return.organisation, membership=MembershipRole.AGENCY_LEAD)

    for _ in range(2):
        agency_returns.tell(return_id=agency_return.pk, now=NOW)

    assert letters("return_opened") == ["lea@example.org", new.email]
    sent(agency_return)
    cast.make_person("Otto Toolate", agency_return.organisation, membership=MembershipRole.AGENCY_LEAD)
    assert not agency_returns.tell(return_id=agency_return.pk, now=NOW)


def test_submit_wants_everything_and_keeps_it():
    agency_return, lea = filled(score=2, everybody=LevelGiven(need=40, trained=36, courses_held=1)), cast.lea()
    who = {"return_id": agency_return.pk, "by": lea, "now": NOW}

    with pytest.raises(ReturnRefused, match="how you evaluated the courses of “Everybody”"):
        agency_returns.submit(**who)
    filled(agency_return)
    first = agency_returns.submit(**who)
    again = agency_returns.submit(**who | {"now": NOW + timedelta(days=1)})

    assert (first.state, again.submitted_at, first.submitted_by) == (State.SUBMITTED, NOW, lea)
    with pytest.raises(ReturnRefused, match="It is sent, and stays as it is"):
        filled(agency_return, headcount=1)
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        ReturnLevel.objects.update(trained=1)
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        Section11Result.objects.all().delete()


def test_what_is_missing_is_said_one_by_one():
    agency_return = opened()

    def missing():
        agency_return.refresh_from_db()
        return agency_returns.missing_of(agency_return=agency_return)

    assert len(missing()) == 1 + 4 + 6
    filled(agency_return, regular=LevelGiven(need=3, courses_held=0), score=3)
    assert missing() == ["Fill in the numbers of “Regular contact with children”; a nought where there is nobody."]
    filled(agency_return)
    one, two, *_ = make_section_11()
    agency_returns.save_section_11(
        return_id=agency_return.pk,
        results={one: ResultGiven(score=0, plan="Begin."), two: ResultGiven(score=2, plan="More.")},
        by=cast.lea(),
        now=NOW,
    )
    assert missing() == ["Write what shows your score of standard 2."]
    agency_returns.save_section_11(
        return_id=agency_return.pk, results={two: ResultGiven(score=2, evidence="A list.")}, by=cast.lea(), now=NOW
    )
    assert missing() == ["Write what you plan for standard 2."]


def test_submit_keeps_what_the_registers_say_of_that_year():
    agency_return = opened()
    staff = [cast.make_person(f"Staff{number} Person", agency_return.organisation) for number in range(6)]
    in_year = make_event(make_course("Neglect"), starts_at=NOW.replace(month=3, day=30), state="DELIVERED")
    other_course = make_event(
        make_course("Restorative practice"), starts_at=NOW.replace(year=2025, month=4, day=2), state="LOCKED"
    )
    too_late = make_event(starts_at=NOW.replace(month=4, day=2), state="DELIVERED")
    for event in (in_year, too_late):
        for person in staff:
            make_booking(event, person, state="ATTENDED")
    make_booking(other_course, staff[0], state="PART_ATTENDED")
    make_booking(other_course, staff[1], state="DID_NOT_ATTEND")
    make_booking(in_year, cast.amina(), state="ATTENDED")

    agency_return = sent(agency_return)
    make_booking(other_course, staff[2], state="ATTENDED")

    agency_return.refresh_from_db()
    assert (agency_return.people, agency_return.attendances, agency_return.courses) == (6, 7, 2)


def test_ask_leaves_what_was_sent_and_send_back_opens_it():
    agency_return = sent()

    asked = ask(agency_return)
    assert ask(agency_return) == asked
    with pytest.raises(ReturnRefused, match="A question is still open"):
        agency_returns.accept(return_id=agency_return.pk, by=cast.lou(), now=NOW)
    agency_return.refresh_from_db()
    assert (agency_return.state, letters("return_question")) == (State.SUBMITTED, ["lea@example.org"])

    again = ask(agency_return, "And the volunteers?", back_by=date(2027, 1, 31))
    agency_return.refresh_from_db()
    assert (agency_return.state, agency_return.due_on) == (State.SENT_BACK, date(2027, 1, 31))
    with pytest.raises(ReturnRefused, match="Answer the question that was asked"):
        agency_returns.submit(return_id=agency_return.pk, by=cast.lea(), now=NOW)
    for question in (asked, again):
        agency_returns.answer(question_id=question.pk, answer=" At seven. ", by=cast.lea(), now=NOW)
    agency_returns.answer(question_id=asked.pk, answer="At seven.", by=cast.lea(), now=NOW)
    with pytest.raises(ReturnRefused, match="answered this question already"):
        agency_returns.answer(question_id=asked.pk, answer="At eight.", by=cast.lea(), now=NOW)
    filled(agency_return, headcount=48)
    assert accepted(agency_return, headcount=49).headcount == 49


def test_accept_gives_the_agency_its_headcount_unless_a_later_one_is_known():
    def headcount():
        return Organisation.objects.values_list("child_facing_headcount", "headcount_on").get(
            name="Beckside Primary School"
        )

    lou = cast.lou()
    agency_return = sent(headcount=46)
    assert headcount() == (None, None)
    for _ in range(2):
        agency_returns.accept(return_id=agency_return.pk, by=lou, now=NOW)
    assert headcount() == (46, date(2026, 11, 1))
    assert letters("return_accepted") == ["lea@example.org"]
    Organisation.objects.update(child_facing_headcount=50, headcount_on=date(2026, 11, 2))
    accepted(opened(year=YEAR - 1), headcount=40)
    assert headcount() == (50, date(2026, 11, 2))


def test_a_concern_becomes_an_action_of_whoever_sent_it():
    agency_return, lou = sent(), cast.lou()
    promise = Promise(what="Train the night staff", due_on=date(2027, 3, 31))

    def raise_concern(promise):
        return agency_returns.raise_concern(return_id=agency_return.pk, promise=promise, by=lou, now=NOW)

    first, again = raise_concern(promise), raise_concern(promise)
    other = raise_concern(Promise(what="Ask trustees", due_on=DUE, owner_words="Chair of trustees"))

    assert first == again
    assert (first.source, first.owner, first.agency_return) == ("AGENCY", cast.lea(), agency_return)
    assert (other.owner, other.owner_words) == (None, "Chair of trustees")
    with pytest.raises(IntegrityError, match="only_an_action_of_an_agency_names_its_return"), transaction.atomic():
        ImprovementAction.objects.update(source="MEETING")
    with pytest.raises(ReturnRefused, match="not sent yet"):
        agency_returns.raise_concern(return_id=opened(year=YEAR - 1).pk, promise=promise, by=lou, now=NOW)


def test_reminders_come_before_the_day_and_while_it_is_late():
    Partnership.objects.update(agency_return_reminder_days=14, agency_return_late_days=7)
    agency_return = opened(due_on=DUE)

    def remind(day):
        now = NOW.replace(year=day.year, month=day.month, day=day.day)
        due = agency_returns.due_to_remind(now=now)
        return [agency_returns.remind(return_id=pk, now=now) for pk in due for _ in range(2)]

    days = [DUE + timedelta(days=after) for after in (-15, -14, -13, 0, 6, 7, 13, 21, 28, 100)]
    said = [remind(day) for day in days]

    assert said == [[], [True, False], [], [], [], [True, False], [], [True, False], [], []]
    assert letters("return_reminder") == ["lea@example.org"] * 3
    # Two fell due together at 21 days: one letter; and nothing of what was sent.
    AgencyReturn.objects.update(reminders_sent=0)
    sent(agency_return)
    assert remind(DUE) == []


def test_what_is_due_shortly_is_not_reminded_of_at_once():
    agency_return = opened(due_on=NOW.date() + timedelta(days=5))
    assert agency_returns.due_to_remind(now=NOW) == []
    ask(sent(agency_return), back_by=NOW.date() + timedelta(days=3))
    assert agency_returns.due_to_remind(now=NOW) == []
    assert agency_returns.due_to_remind(now=NOW + timedelta(days=10)) == [agency_return.pk]


@pytest.mark.parametrize(
    ("facts", "rule"),
    [
        ({"state": State.ACCEPTED}, "transition"),
        ({"state": State.SUBMITTED}, "a_return_says_when_and_by_whom_it_was_sent"),
        ({"submitted_at": NOW}, "a_return_says_when_and_by_whom_it_was_sent"),
        ({"accepted_at": NOW}, "a_return_says_when_and_by_whom_it_was_accepted"),
    ],
)
def test_the_database_refuses_a_return(facts, rule):
    opened()
    with pytest.raises(Exception, match=rule), transaction.atomic():
        AgencyReturn.objects.update(**facts)


def test_the_database_refuses_more_trained_than_need_it_and_scores_above_three():
    filled()
    with pytest.raises(IntegrityError, match="no_more_are_trained_than_need_it"), transaction.atomic():
        ReturnLevel.objects.update(trained=WHOLE.need + 1)
    with pytest.raises(IntegrityError, match="a_section_11_score_is_0_to_3"), transaction.atomic():
        Section11Result.objects.update(score=4)


def test_a_lead_sees_their_own_agency_alone_and_loses_it_with_the_duty():
    mine = opened()
    cop = cast.make_person("Lena Lawful", cast.police(), membership=MembershipRole.AGENCY_LEAD)
    theirs = opened(cop)
    lea = cast.lea()

    def seen(user):
        return set(AgencyReturn.objects.visible_to(user))

    assert (seen(lea), seen(cop), seen(cast.lou())) == ({mine}, {theirs}, {mine, theirs})
    assert [seen(user) for user in (cast.carol(), cast.sal(), cast.wendy())] == [set()] * 3
    lea.practitioner.memberships.update(ended_on=NOW.date())
    assert seen(lea) == set()
