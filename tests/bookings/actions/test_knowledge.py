"""Knowledge checks: marked once, passed by the mark, paused after three attempts, and the only way to finish their course."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from bookings.actions import knowledge, self_paced
from bookings.actions.self_paced import CannotGoOn
from bookings.models import KnowledgeAttempt, SelfPacedEnrolment
from courses.models import KnowledgeQuestion
from tests import cast
from tests.makers import NOW, make_enrolment, make_knowledge_check, make_self_paced_course
from tests.threads import at_once

State = SelfPacedEnrolment.State
HOUR = timedelta(hours=1)


@pytest.fixture
def enrolment(db):
    course = make_self_paced_course()
    make_knowledge_check(course)
    return make_enrolment(course, cast.carol(), state=State.IN_PROGRESS)


def answers(enrolment, right):
    """So many right answers, from the first question on."""
    questions = KnowledgeQuestion.objects.filter(check_asked_in__course=enrolment.course)
    return {
        question.pk: question.right_answer if at < right else question.wrong_answers[0]
        for at, question in enumerate(questions)
    }


def answer(enrolment, right, *, number=1, now=NOW):
    return knowledge.answer(
        enrolment_id=enrolment.pk, number=number, chosen=answers(enrolment, right), by=cast.carol(), now=now
    )


def test_four_of_five_pass_and_finish_the_course(enrolment):
    attempt = answer(enrolment, 4)
    assert (attempt.asked, attempt.right, attempt.needed, attempt.is_passed) == (5, 4, 4, True)
    enrolment.refresh_from_db()
    assert (enrolment.state, enrolment.passed_at) == (State.PASSED, NOW)


def test_three_of_five_are_not_enough(enrolment):
    attempt = answer(enrolment, 3)
    questions = list(KnowledgeQuestion.objects.values_list("pk", flat=True))
    assert (attempt.right, attempt.is_passed, attempt.wrong_questions) == (3, False, questions[3:])
    enrolment.refresh_from_db()
    assert enrolment.state == State.IN_PROGRESS


def test_a_question_left_out_is_wrong(enrolment):
    chosen = answers(enrolment, 5)
    chosen.pop(next(iter(chosen)))
    attempt = knowledge.answer(enrolment_id=enrolment.pk, number=1, chosen=chosen, by=cast.carol(), now=NOW)
    assert attempt.right == 4


@pytest.mark.parametrize(("mark", "needed"), [(100, 5), (80, 4), (81, 5), (61, 4), (60, 3), (1, 1)])
def test_the_mark_is_rounded_up_to_whole_questions(enrolment, mark, needed):
    check = enrolment.course.knowledge_check
    check.pass_mark = mark
    check.save()
    assert not answer(enrolment, needed - 1).is_passed
    assert answer(enrolment, needed, number=2).is_passed


def test_the_same_attempt_sent_twice_counts_once(enrolment):
    first = answer(enrolment, 2)
    assert answer(enrolment, 5) == first
    assert KnowledgeAttempt.objects.count() == 1
    passed = answer(enrolment, 5, number=2)
    assert answer(enrolment, 5, number=2) == passed
    assert KnowledgeAttempt.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_the_same_attempt_sent_at_once_counts_once():
    course = make_self_paced_course()
    make_knowledge_check(course)
    enrolment = make_enrolment(course, cast.carol(), state=State.IN_PROGRESS)
    chosen, by = answers(enrolment, 5), cast.carol()

    def send():
        return knowledge.answer(enrolment_id=enrolment.pk, number=1, chosen=chosen, by=by, now=NOW).pk

    assert len(set(at_once(send, send, send))) == 1
    assert KnowledgeAttempt.objects.count() == 1


def test_after_three_attempts_there_is_a_pause_of_a_day(enrolment):
    for number in (1, 2, 3):
        answer(enrolment, 0, number=number, now=NOW + number * HOUR)
    with pytest.raises(CannotGoOn, match="You can try again from 1pm on 22 November"):
        answer(enrolment, 5, number=4, now=NOW + 26 * HOUR)
    assert not answer(enrolment, 0, number=4, now=NOW + 27 * HOUR).is_passed
    # Then three more, not one.
    assert answer(enrolment, 5, number=5, now=NOW + 27 * HOUR).is_passed


def test_a_course_that_ends_with_questions_is_finished_by_them_alone(enrolment):
    with pytest.raises(CannotGoOn, match="This course ends with questions"):
        self_paced.finish(enrolment_id=enrolment.pk, by=cast.carol(), now=NOW)
    KnowledgeQuestion.objects.all().delete()
    with pytest.raises(CannotGoOn, match="no questions any more"):
        knowledge.answer(enrolment_id=enrolment.pk, number=1, chosen={}, by=cast.carol(), now=NOW)
    assert self_paced.finish(enrolment_id=enrolment.pk, by=cast.carol(), now=NOW).state == State.PASSED


@pytest.mark.parametrize(
    ("state", "words"), [(State.ENROLLED, "Open the course first"), (State.LAPSED, "The time for this course is over")]
)
def test_questions_are_for_courses_in_progress(db, state, words):
    course = make_self_paced_course()
    make_knowledge_check(course)
    enrolment = make_enrolment(course, cast.carol(), state=state)
    with pytest.raises(CannotGoOn, match=words):
        answer(enrolment, 5)
    assert not KnowledgeAttempt.objects.exists()


@pytest.mark.parametrize(
    "lie",
    [{"right": 3, "is_passed": True}, {"right": 4, "is_passed": False}, {"right": 6, "is_passed": True}, {"number": 1}],
)
def test_the_database_refuses_attempts_that_cannot_be(enrolment, lie):
    answer(enrolment, 3)
    facts = {"number": 2, "asked": 5, "right": 4, "needed": 4, "is_passed": True} | lie
    with pytest.raises(IntegrityError), transaction.atomic():
        KnowledgeAttempt.objects.create(enrolment=enrolment, answered_at=NOW, **facts)
    assert KnowledgeAttempt.objects.create(
        enrolment=enrolment, answered_at=NOW, **facts | {"number": 2, "right": 4, "is_passed": True}
    )
