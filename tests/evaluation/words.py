"""Answers in words, as people give them, for tests of what is read first and what is printed."""

from evaluation.actions import responses
from evaluation.actions.responses import Given
from evaluation.models import Answer, Question
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event
from tests.questionnaires import make_response


def words_of(booking, text, *, leave="yes", stage=Stage.POST, code="OP1") -> Answer:
    """Somebody's words about a course, with or without leave to quote them."""
    response = make_response(booking, stage)
    questions = {each.code: each for each in Question.objects.filter(questionnaire=response.questionnaire)}
    given = [Given(question=questions[code], texts=[text])]
    if leave and "OP3" in questions:
        given.append(Given(question=questions["OP3"], choices=[leave]))
    responses.submit(response=response, answers=given, now=NOW)
    return Answer.objects.get(response=response, question__code=code)


def somebodys_words(text, *, strand, name="Amina Hussain", **how) -> Answer:
    """Words of somebody who took part in a course of this strand."""
    event = make_event(make_course("Neglect", strands=(strand,)))
    booking = make_booking(event, cast.make_person(name, cast.social_work()), state="ATTENDED")
    return words_of(booking, text, **how)
