"""Pages of the person who does a self-paced course."""

from datetime import timedelta
from html import unescape

import pytest
import time_machine

from bookings.actions import charges
from bookings.models import SelfPacedEnrolment
from courses.models import Course
from tests import cast
from tests.makers import NOW, make_course, make_enrolment, make_self_paced_course

pytestmark = pytest.mark.django_db

State = SelfPacedEnrolment.State
SAID = {"has_managers_agreement": "on", "has_accepted_terms": "on", "price_shown": "0.00"}


@pytest.fixture(autouse=True)
def _stand_in_november():
    with time_machine.travel(NOW, tick=False):
        yield


def text_of(answer):
    return " ".join(unescape(answer.content.decode()).split())


def test_course_page_offers_to_start_and_shows_the_link_to_nobody(client):
    course = make_self_paced_course()
    page = text_of(client.get(f"/courses/{course.slug}/"))
    assert f'href="/courses/{course.slug}/start/"' in page
    assert "within 28 days" in page
    assert "your organisation is asked for £25 for a course that was free" in page
    assert "No date is planned yet" not in page
    assert course.learning_link not in page

    Course.objects.update(learning_link="")
    page = text_of(client.get(f"/courses/{course.slug}/"))
    assert "/start/" not in page
    assert "It cannot be started here at present" in page


def test_self_paced_start_shows_what_it_takes_and_starts_it_once(client):
    course = make_self_paced_course()
    client.force_login(cast.carol())
    page = text_of(client.get(f"/courses/{course.slug}/start/"))
    assert "The end of Saturday 19 December 2026" in page
    assert "Beckside Primary School is asked for <strong>£25</strong>" in page

    first = client.post(f"/courses/{course.slug}/start/", SAID)
    again = client.post(f"/courses/{course.slug}/start/", SAID)

    enrolment = SelfPacedEnrolment.objects.get()
    assert first.url == again.url == f"/my/self-paced/{enrolment.reference}/"
    assert client.get(f"/courses/{course.slug}/start/").url == first.url


def test_self_paced_start_names_everything_that_is_missing_and_keeps_the_rest(client):
    course = make_self_paced_course(prerequisite_mode="DECLARED", prerequisites="The basics")
    client.force_login(cast.carol())
    answer = client.post(f"/courses/{course.slug}/start/", {"prerequisite_declared": "May 2025"})
    page = text_of(answer)
    assert answer.status_code == 422
    assert "Confirm that your manager agrees." in page
    assert "Read the booking terms and tick that you accept them." in page
    assert 'value="May 2025"' in page
    assert SelfPacedEnrolment.objects.count() == 0


def test_self_paced_start_asks_who_has_several_employers_and_sends_others_to_name_one(client):
    course, carol = make_self_paced_course(), cast.carol()
    cast.join(carol.practitioner, cast.police())
    client.force_login(carol)
    assert "Which organisation are you booking for?" in text_of(client.get(f"/courses/{course.slug}/start/"))
    chosen = text_of(client.get(f"/courses/{course.slug}/start/?organisation={cast.police().pk}"))
    assert "Northern Ridings Police" in chosen
    client.force_login(cast.zed())
    assert "First, tell us where you work" in text_of(client.get(f"/courses/{course.slug}/start/"))


def test_self_paced_start_is_for_self_paced_courses_that_can_be_seen(client):
    client.force_login(cast.carol())
    assert client.get(f"/courses/{make_course('Classroom').slug}/start/").status_code == 404
    draft = make_self_paced_course("Draft", state=Course.State.DRAFT)
    assert client.get(f"/courses/{draft.slug}/start/").status_code == 404
    paused = make_self_paced_course("Paused", state=Course.State.PAUSED)
    assert "not taking new bookings" in text_of(client.get(f"/courses/{paused.slug}/start/"))


def test_the_link_is_shown_from_the_beginning_to_the_end_of_ones_own_course(client):
    course, carol = make_self_paced_course(), cast.carol()
    enrolment = make_enrolment(course, carol)
    address = f"/my/self-paced/{enrolment.reference}/"
    client.force_login(carol)
    assert course.learning_link not in text_of(client.get(address))

    client.post(f"{address}begin/")
    assert course.learning_link in text_of(client.get(address))
    client.force_login(cast.amina())
    assert client.get(address).status_code == client.post(f"{address}begin/").status_code == 404

    client.force_login(carol)
    assert client.post(f"{address}finish/", {}).status_code == 422
    client.post(f"{address}finish/", {"has_finished": "on"})
    page = text_of(client.get(address))
    assert "You finished it on Saturday 21 November 2026" in page
    assert course.learning_link not in page


def test_finishing_what_has_lapsed_says_so_and_changes_nothing(client):
    carol = cast.carol()
    enrolment = make_enrolment(make_self_paced_course(), carol, state=State.LAPSED)
    client.force_login(carol)
    answer = client.post(f"/my/self-paced/{enrolment.reference}/finish/", {"has_finished": "on"}, follow=True)
    assert "The time for this course is over. You can start it again." in text_of(answer)
    enrolment.refresh_from_db()
    assert enrolment.state == State.LAPSED


def test_self_paced_reason_is_taken_from_the_person_while_the_charge_is_open(client):
    carol = cast.carol()
    enrolment = make_enrolment(make_self_paced_course(), carol, state=State.LAPSED)
    notice = charges.draft_for_enrolment(enrolment=enrolment, now=NOW)
    client.force_login(carol)
    address = f"/my/self-paced/{enrolment.reference}/why/"
    page = text_of(client.get(address))
    assert "You did not finish this course in time. A charge of £25 to Beckside Primary School is proposed." in page
    assert "a place that somebody else took" not in page
    client.post(address, {"reason_for": "SICKNESS"})
    notice.refresh_from_db()
    assert (notice.reason_given_for, notice.reason_given_by) == ("SICKNESS", carol)
    client.force_login(cast.amina())
    assert client.get(address).status_code == 404


def test_my_learning_shows_what_is_under_way_with_its_day_and_what_has_ended(client):
    carol = cast.carol()
    under_way = make_enrolment(make_self_paced_course("Basics"), carol, state=State.IN_PROGRESS)
    make_enrolment(make_self_paced_course("Other"), carol, state=State.PASSED)
    make_enrolment(make_self_paced_course("Somebody else's"), cast.amina())
    client.force_login(carol)
    page = text_of(client.get("/my/"))
    assert "Finish by the end of Saturday 19 December 2026" in page
    assert f'class="govuk-button" href="/my/self-paced/{under_way.reference}/"' in page
    assert "On Saturday 21 November 2026" in page
    assert "Somebody else's" not in page


def test_my_learning_asks_as_often_for_one_course_as_for_three(client, django_assert_max_num_queries):
    carol = cast.carol()
    client.force_login(carol)
    client.get("/my/")
    counts = []
    for number in range(3):
        make_enrolment(make_self_paced_course(f"Course {number}"), carol)
        with django_assert_max_num_queries(40) as captured:
            client.get("/my/")
        counts.append(len(captured))
    assert len(set(counts)) == 1


def test_training_record_lists_what_was_finished_and_counts_its_hours(client):
    carol = cast.carol()
    done = make_enrolment(make_self_paced_course(), carol, state=State.PASSED)
    make_enrolment(make_self_paced_course("Not finished"), carol, state=State.LAPSED)
    client.force_login(carol)
    answer = client.get("/my/training-record/")
    assert answer.context["rows"] == [done]
    assert answer.context["learning_days"] == pytest.approx(0.25)
    assert f"/my/self-paced/{done.reference}/" in text_of(answer)
    csv = client.get("/my/training-record/training-record.csv").content.decode("utf-8-sig").splitlines()
    assert csv[1:] == ["2026-11-21,Introduction to Safeguarding,Self-paced,yes,1.50,Beckside Primary School,"]


def test_the_agencys_contact_sees_the_charge_for_a_course(client):
    carol = cast.carol()
    enrolment = make_enrolment(make_self_paced_course(), carol, state=State.LAPSED, due_at=NOW + timedelta(days=1))
    notice = charges.draft_for_enrolment(enrolment=enrolment, now=NOW)
    client.force_login(carol)
    assert "Not completed in time" in text_of(client.get("/organisation/"))
    page = text_of(client.get(f"/organisation/charges/{notice.pk}/"))
    assert ("To be finished by" in page, "Sunday 22 November 2026" in page, enrolment.reference in page) == (
        True, True, True,
    )  # fmt: skip
