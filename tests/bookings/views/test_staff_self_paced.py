"""The team's list of self-paced courses, and more time for somebody."""

from datetime import timedelta
from html import unescape

import pytest
import time_machine

from bookings.actions import charges
from bookings.models import SelfPacedEnrolment
from tests import cast
from tests.makers import NOW, make_enrolment, make_self_paced_course

pytestmark = pytest.mark.django_db

State = SelfPacedEnrolment.State


@pytest.fixture(autouse=True)
def _stand_in_november():
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def wendy(client):
    client.force_login(cast.wendy())
    return client


def people(answer):
    return [enrolment.practitioner.full_name for enrolment in answer.context["page"]]


def test_list_puts_first_who_is_to_finish_first_and_finds_by_course_person_and_state(wendy):
    basics, other = make_self_paced_course("Basics"), make_self_paced_course("Other")
    make_enrolment(basics, cast.carol(), due_at=NOW + timedelta(days=9))
    make_enrolment(other, cast.amina(), due_at=NOW + timedelta(days=2))
    make_enrolment(basics, cast.ben(), state=State.LAPSED, due_at=NOW + timedelta(days=1))

    assert people(wendy.get("/staff/self-paced/")) == ["Amina Yusuf", "Carol Hughes", "Ben Clarke"]
    assert people(wendy.get(f"/staff/self-paced/?course={basics.code}")) == ["Carol Hughes", "Ben Clarke"]
    assert people(wendy.get("/staff/self-paced/?person=amina")) == ["Amina Yusuf"]
    assert people(wendy.get("/staff/self-paced/?state=LAPSED")) == ["Ben Clarke"]
    assert people(wendy.get("/staff/self-paced/?state=NONE&page=99999999999&course=%00")) != []


def test_list_says_what_it_is_for_when_it_is_empty(wendy):
    assert "Nobody matches" in wendy.get("/staff/self-paced/").content.decode()


def test_list_asks_as_often_for_one_row_as_for_three(wendy, django_assert_max_num_queries):
    course, counts = make_self_paced_course(), []
    wendy.get("/staff/self-paced/")
    for user in (cast.carol(), cast.amina(), cast.ben()):
        make_enrolment(course, user)
        with django_assert_max_num_queries(30) as captured:
            wendy.get("/staff/self-paced/")
        counts.append(len(captured))
    assert len(set(counts)) == 1


def test_more_time_is_given_with_a_reason_and_refused_beside_the_field(wendy):
    enrolment = make_enrolment(make_self_paced_course(), cast.carol())
    address = f"/staff/self-paced/{enrolment.reference}/extend/"
    early = wendy.post(address, {"until": "1/12/2026", "reason": "Jury service"})
    assert early.status_code == 422
    assert "Choose a day after 19 December 2026" in early.content.decode()
    assert "Jury service" in early.content.decode()
    assert wendy.post(address, {"until": "8/1/2027"}).status_code == 422

    assert wendy.post(address, {"until": "8/1/2027", "reason": "Jury service"}).url == "/staff/self-paced/"
    enrolment.refresh_from_db()
    assert (enrolment.due_at.date().isoformat(), enrolment.extended_reason) == ("2027-01-08", "Jury service")


def test_more_time_has_no_form_once_it_has_ended(wendy):
    enrolment = make_enrolment(make_self_paced_course(), cast.carol(), state=State.LAPSED)
    page = wendy.get(f"/staff/self-paced/{enrolment.reference}/extend/").content.decode()
    assert ("There is no day to move" in page, 'name="until"' in page) == (True, False)


def test_charge_for_a_course_is_listed_opened_decided_and_exported(wendy):
    course = make_self_paced_course()
    enrolment = make_enrolment(course, cast.carol(), state=State.LAPSED)
    notice = charges.draft_for_enrolment(enrolment=enrolment, now=NOW - timedelta(days=30))
    charges.put_up_for_review(now=NOW)
    listed = unescape(wendy.get(f"/staff/charges/?course={course.code}").content.decode())
    assert "Carol Hughes" in listed
    page = unescape(wendy.get(f"/staff/charges/{notice.pk}/").content.decode())
    assert ("£25 for Carol Hughes" in page, "to be finished by Saturday 19 December 2026" in page) == (True, True)
    wendy.post(f"/staff/charges/{notice.pk}/decide/", {"decision": "APPROVED"})
    notice.refresh_from_db()
    assert notice.state == "APPROVED"
    header, row = b"".join(wendy.get("/staff/charges/approved.csv")).decode("utf-8-sig").splitlines()
    cells = dict(zip(header.split(","), row.split(","), strict=True))
    assert (cells["person"], cells["booking"], cells["course code"], cells["date reference"], cells["amount"]) == (
        "Carol Hughes", enrolment.reference, course.code, "", "25.00",
    )  # fmt: skip
