"""The page of the questions at the end of a self-paced course."""

import re
from datetime import timedelta

import pytest
import time_machine

from bookings.models import KnowledgeAttempt, SelfPacedEnrolment
from courses.models import KnowledgeCheck, KnowledgeQuestion
from tests import cast
from tests.makers import NOW, make_enrolment, make_knowledge_check, make_self_paced_course

pytestmark = pytest.mark.django_db


@pytest.fixture
def enrolment(client):
    course = make_self_paced_course()
    make_knowledge_check(course)
    client.force_login(cast.carol())
    with time_machine.travel(NOW, tick=True):
        yield make_enrolment(course, cast.carol(), state="IN_PROGRESS")


def page_of(enrolment, words="questions/"):
    return f"/my/self-paced/{enrolment.reference}/{words}"


def sent(number, right):
    return {"number": number} | {
        f"question_{question.pk}": question.right_answer if at < right else question.wrong_answers[0]
        for at, question in enumerate(KnowledgeQuestion.objects.all())
    }


def test_passing_says_well_done_and_leads_back_to_the_course(client, enrolment):
    assert "Answer the questions" in client.get(page_of(enrolment, "")).content.decode()
    answer = client.post(page_of(enrolment), sent(1, 5), follow=True)
    page = answer.content.decode()
    assert answer.redirect_chain[-1][0] == page_of(enrolment, "")
    assert "Well done: 5 of 5 answers were right." in page
    assert "You finished it on" in page


def test_not_passing_says_what_to_look_at_again(client, enrolment):
    page = client.post(page_of(enrolment), sent(1, 3), follow=True).content.decode()
    assert "Not yet: 3 of 5 answers were right, and it takes 4." in page
    assert ["Look again at part 4." in page, "Look again at part 3." in page] == [True, False]
    assert 'name="number" value="2"' in page
    assert "right 4</" not in page.split("Your last attempt")[1].split("<form")[0]


def test_a_question_without_an_answer_is_asked_for_and_the_rest_is_kept(client, enrolment):
    data = sent(1, 5)
    last = list(data)[-1]
    del data[last]
    answer = client.post(page_of(enrolment), data)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert "Choose an answer to question 5." in page
    assert len(re.findall(r'type="radio"[^>]*checked', page)) == 4
    assert not KnowledgeAttempt.objects.exists()


def test_an_answer_that_is_none_of_them_is_refused(client, enrolment):
    data = sent(1, 5)
    data[list(data)[-1]] = "anything"
    assert client.post(page_of(enrolment), data).status_code == 422
    for number in ("", "0", "x", "99999999999"):
        assert client.post(page_of(enrolment), sent(1, 5) | {"number": number}).status_code == 422


def test_the_answers_stand_in_another_order_at_the_next_attempt(client, enrolment):
    def order(page):
        return re.findall(r'type="radio"[^>]*value="([^"]+)"', page)

    first = order(client.get(page_of(enrolment)).content.decode())
    assert order(client.get(page_of(enrolment)).content.decode()) == first
    second = order(client.post(page_of(enrolment), sent(1, 0), follow=True).content.decode())
    assert second != first
    assert sorted(second) == sorted(first)


def test_in_the_pause_there_is_no_form(client, enrolment):
    for number in (1, 2, 3):
        client.post(page_of(enrolment), sent(number, 0))
    page = client.get(page_of(enrolment)).content.decode()
    assert ["Take a break first" in page, "Send my answers" in page] == [True, False]
    answer = client.post(page_of(enrolment), sent(4, 5), follow=True)
    assert "You can try again from" in answer.content.decode()
    with time_machine.travel(NOW + timedelta(hours=25), tick=True):
        assert "Send my answers" in client.get(page_of(enrolment)).content.decode()


def test_courses_without_questions_have_no_such_page(client, enrolment):
    KnowledgeCheck.objects.all().delete()
    answer = client.get(page_of(enrolment), follow=True)
    assert answer.redirect_chain[-1][0] == page_of(enrolment, "")
    assert "I have finished" in answer.content.decode()
    SelfPacedEnrolment.objects.update(state="IN_PROGRESS")
    client.force_login(cast.amina())
    assert client.get(page_of(enrolment)).status_code == 404


def test_the_team_writes_the_questions(client):
    course = make_self_paced_course()
    wendy = cast.wendy()
    client.force_login(wendy)
    rows = {f"questions-0-{name}": value for name, value in {
        "position": 1, "words": "Whom do you tell?", "right_answer": "The lead",
        "wrong_answers": "Nobody\r\nA neighbour", "explanation": "", "id": "", "check_asked_in": "",
    }.items()}  # fmt: skip
    formset = {f"questions-{name}": value for name, value in {
        "TOTAL_FORMS": 1, "INITIAL_FORMS": 0, "MIN_NUM_FORMS": 0, "MAX_NUM_FORMS": 1000,
    }.items()}  # fmt: skip
    facts = {"course": course.pk, "pass_mark": 80, "attempts_at_once": 3, "pause_hours": 24}
    twice = rows | {"questions-0-wrong_answers": "Nobody\r\nThe lead"}
    page = client.post("/admin/courses/knowledgecheck/add/", facts | formset | twice)
    assert "Every answer must be another one." in page.content.decode()
    assert client.post("/admin/courses/knowledgecheck/add/", facts | formset | rows).status_code == 302
    assert KnowledgeQuestion.objects.get().wrong_answers == ["Nobody", "A neighbour"]
