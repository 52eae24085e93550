"""The form of a questionnaire: every kind of item asked, read back and refused with words."""

import pytest

from courses.models import LearningFormat, Strand
from evaluation.actions import responses
from evaluation.actions.responses import Given
from evaluation.forms.responses import ResponseForm, items_for
from evaluation.models import Response
from evaluation.models.questionnaire import Stage
from tests.certificates import attended
from tests.makers import NOW, make_course
from tests.questionnaires import make_response

pytestmark = pytest.mark.django_db


def form_for(response, data=None):
    response = Response.objects.select_related(
        "questionnaire", "booking__offer", "booking__event__version__course"
    ).get(pk=response.pk)
    return ResponseForm(data, items=items_for(response=response))


def post_answers(form, **changes):
    """A full set of answers to the questions after a course, by the names on the form."""
    answers = {name: "7" for name in form.fields if name.startswith("SR")}
    answers |= {name: "4" for name in form.fields if name.startswith("RE")}
    answers |= {"RE7": "na", "RE9": "yes", "AC1_1": "Ask the child first", "AC2": ["time", "other"], "OP3": "no"}
    return {**{name: value for name, value in answers.items() if name in form.fields}, **changes}


@pytest.fixture
def after():
    return make_response(attended())


def test_form_repeats_the_rating_for_each_outcome(after):
    wordings = [item.wording for item in form_for(after).items if item.question.code == "SRx"]
    assert wordings == [
        "I can say when to share information. How sure are you today?",
        "I can name what each agency does. How sure are you today?",
    ]


def test_form_reads_every_kind_of_answer(after):
    outcomes = list(after.booking.event.version.outcomes.order_by("position"))
    form = form_for(after, post_answers(form_for(after), OP1="The role play", AC1_3="Call the school"))
    assert form.is_valid(), form.errors
    read = {(given.question.code, given.outcome): given for given in form.answers}
    assert read["SR1", None].rating == 7
    assert [read["SRx", outcome].rating for outcome in outcomes] == [7, 7]
    assert (read["RE7", None].is_not_applicable, read["RE7", None].rating) == (True, None)
    assert read["RE9", None].choices == ["yes"]
    assert read["AC2", None].choices == ["time", "other"]
    assert read["AC1", None].texts == ["Ask the child first", "Call the school"]
    assert read["OP1", None].texts == ["The role play"]
    assert ("OP2", None) not in read


def test_form_says_beside_each_field_what_is_missing(after):
    form = form_for(after, {})
    assert not form.is_valid()
    assert form.errors["SR1"] == ["Choose a number from 1 to 10 for “How much do you know about this subject today?”"]
    assert form.errors["RE1"] == ["Say how far you agree: “The course did what its description said it would”"]
    assert form.errors["RE9"] == ["Choose your answer to “Would you recommend this course to a colleague?”"]
    assert form.errors["AC1_1"] == ["Name at least one thing you will do differently."]
    assert not {"AC2", "AC3", "OP1", "AC1_2"} & set(form.errors)


@pytest.mark.parametrize(("strand", "is_required"), [(Strand.MULTI_AGENCY, True), (Strand.CORE, False)])
def test_form_insists_on_other_agencies_in_the_multi_agency_strand_alone(strand, is_required):
    response = make_response(attended(course=make_course(strands=[strand])))
    form = form_for(response, {})
    assert ("SR3" in form.errors, "RE7" in form.errors) == (is_required, is_required)


def test_form_of_a_briefing_is_short():
    course = make_course(learning_format=LearningFormat.BRIEFING)
    form = form_for(make_response(attended(course=course)))
    assert list(form.fields) == ["SR1", "SR2", "RE1", "RE9", "AC1_1", "AC1_2", "AC1_3"]


@pytest.mark.parametrize(
    ("changes", "name", "words"),
    [
        ({"SR1": "11"}, "SR1", "Choose one of the answers shown"),
        ({"SR1": "x" * 10_000}, "SR1", "Choose one of the answers shown"),
        ({"RE1": "na"}, "RE1", "Choose one of the answers shown"),
        ({"AC2": ["time", "weather"]}, "AC2", "Choose one of the answers shown"),
        ({"OP1": "x" * 501}, "OP1", "to 500 characters. It has 501."),
        ({"AC1_2": "x" * 201}, "AC1_2", "to 200 characters. It has 201."),
        ({"OP1": "a\x00b"}, "OP1", "Remove the invisible characters"),
    ],
)
def test_form_refuses_what_was_not_offered(after, changes, name, words):
    form = form_for(after, post_answers(form_for(after), **changes))
    assert not form.is_valid()
    assert words in form.errors[name][0]
    assert set(form.errors) == {name}


def test_form_keeps_emoji_and_every_script(after):
    form = form_for(after, post_answers(form_for(after), OP1="Great 🎉 Ẹ ọ́ שלום"))
    assert form.is_valid()
    assert next(given.texts for given in form.answers if given.question.code == "OP1") == ["Great 🎉 Ẹ ọ́ שלום"]


def test_form_does_not_quote_unless_told_to(after):
    assert form_for(after)["OP3"].value() == "no"


def follow_up_after(actions):
    """The questionnaire twelve weeks on of somebody who named these actions."""
    first = make_response(booking := attended())
    named = first.questionnaire.questions.get(code="AC1")
    if actions:
        responses.submit(response=first, answers=[Given(question=named, texts=actions)], now=NOW)
    return make_response(booking, Stage.FOLLOW_UP)


def follow_up_answers(form, **changes):
    answers = {name: "7" for name in form.fields if name.startswith("SR")}
    return answers | {"IM1": "often", "IM2": ["nothing yet"], "IM6": "yes", "OP3": "no"} | changes


def test_form_shows_the_actions_back_and_reads_what_became_of_them():
    response = follow_up_after(["Ask the child first", "Call the school 100%"])
    form = form_for(response)
    assert [form.fields[name].label for name in ("IM3_1", "IM3_2")] == ["Ask the child first", "Call the school 100%"]
    form = form_for(response, follow_up_answers(form, IM3_2="done"))
    assert form.is_valid(), form.errors
    read = next(given for given in form.answers if given.question.code == "IM3")
    assert (read.texts, read.choices) == (["Ask the child first", "Call the school 100%"], ["", "done"])
    form = form_for(response, follow_up_answers(form, IM3_2="perhaps"))
    assert "Call the school 100%" in form.errors["IM3_2"][0]


def test_form_asks_nothing_about_actions_nobody_named():
    assert not [name for name in form_for(follow_up_after([])).fields if name.startswith("IM3")]


def test_form_asks_what_was_done_unless_nothing_could_be():
    response = follow_up_after([])
    form = form_for(response)
    without = {name: value for name, value in follow_up_answers(form).items() if name != "IM2"}
    assert set(form_for(response, without).errors) == {"IM2"}
    assert form_for(response, without | {"IM1": "not yet"}).is_valid()


def test_form_groups_its_items_for_the_page(after):
    sections = [
        (title, [(block["layout"], len(block["rows"])) for block in blocks])
        for title, blocks in form_for(after).sections()
    ]
    assert sections == [
        ("How sure are you today?", [("scale", 1)] * 5),
        ("The course", [("agreement", 8), ("field", 1)]),
        ("What happens next", [("texts", 1), ("field", 1), ("field", 1)]),
        ("In your words", [("field", 1)] * 3),
    ]
