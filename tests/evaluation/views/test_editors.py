"""Writing questionnaires: versions, items with clear errors, how somebody sees them, publishing after a word of warning."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from evaluation.actions import questionnaires
from evaluation.models import Question, Questionnaire
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.answers import main_of
from tests.makers import NOW
from tests.questionnaires import make_questionnaires

pytestmark = pytest.mark.django_db


@pytest.fixture
def lou(client):
    """An officer of the partnership, with every stage in force."""
    make_questionnaires()
    client.force_login(cast.lou())
    return client


@pytest.fixture
def draft(lou):
    return questionnaires.begin_next_version(stage=Stage.POST)


def url(name, *arguments):
    return reverse(f"evaluation:{name}", args=arguments)


def item(draft, code):
    return draft.questions.get(code=code)


def order_of(draft):
    return list(draft.questions.order_by("position").values_list("code", flat=True))


def test_list_shows_every_stage_with_its_versions(lou, draft):
    page = main_of(lou.get(url("questionnaire_list")))
    assert "Go on with version 2 of after" in page
    assert "Begin the next version of twelve weeks on" in page
    assert "Observation" in page


def test_begin_makes_one_draft_however_often_it_is_pressed(lou):
    for _ in range(2):
        answer = lou.post(url("questionnaire_begin", "pre"))
    draft = Questionnaire.objects.drafts(Stage.PRE).get()
    assert answer.url == url("questionnaire_detail", draft.pk)
    assert lou.post(url("questionnaire_begin", "nonsense")).status_code == 404


def test_an_item_gets_other_words(lou, draft):
    question = item(draft, "RE1")
    answer = lou.post(
        url("question_edit", question.pk), {"wording": "It did as it said", "hint": "Be frank", "required": "no"}
    )
    assert answer.url == url("questionnaire_detail", draft.pk)
    question.refresh_from_db()
    assert (question.wording, question.hint, question.required) == ("It did as it said", "Be frank", "no")
    assert (question.code, question.kind) == ("RE1", "agree_5")
    in_force = Questionnaire.objects.in_force(Stage.POST).get().questions.get(code="RE1")
    assert in_force.wording != "It did as it said"


@pytest.mark.parametrize(
    ("code", "typed", "words"),
    [
        ("RE1", {"wording": ""}, "required"),
        ("RE1", {"wording": "x" * 301}, "300"),
        ("SRx", {"wording": "How sure are you?"}, "Keep {learning outcome} in the question"),
        ("RE1", {"required": "perhaps"}, "required"),
    ],
)
def test_a_wrong_item_is_said_beside_the_field_and_nothing_is_saved(lou, draft, code, typed, words):
    question = item(draft, code)
    right = {"wording": "I can {learning outcome}. How sure?", "hint": "Kept as typed", "required": "yes"}
    answer = lou.post(url("question_edit", question.pk), right | typed)
    assert answer.status_code == 422
    assert next(iter(answer.context["form"].errors)) in typed
    assert "Kept as typed" in answer.content.decode()
    if code == "SRx":
        assert words in main_of(answer)
    assert Question.objects.get(pk=question.pk).hint != "Kept as typed"
    assert lou.post(url("question_edit", question.pk), right).status_code == 302


def test_an_item_is_added_last_and_taken_out(lou, draft):
    new = {"code": "OP9", "kind": "choice", "wording": "Which one?", "required": "no", "options": "this\n\nthat\nthis"}
    assert lou.post(url("question_add", draft.pk), new).status_code == 302
    question = item(draft, "OP9")
    assert (question.choices, order_of(draft)[-1]) == (["this", "that"], "OP9")
    lou.post(url("question_remove", question.pk))
    assert "OP9" not in order_of(draft)
    assert lou.post(url("question_remove", question.pk)).status_code == 404


@pytest.mark.parametrize(
    ("typed", "field"),
    [
        ({"code": "RE1"}, "code"),
        ({"code": "op9"}, "code"),
        ({"code": ""}, "code"),
        ({"kind": "choice"}, "options"),
        ({"kind": "scale_5", "options": "none\nsome"}, "options"),
        ({"kind": "choice", "options": "x" * 121}, "options"),
    ],
)
def test_an_item_that_cannot_be_added_is_said_beside_the_field(lou, draft, typed, field):
    right = {"code": "OP9", "kind": "text", "wording": "What else?", "required": "no"}
    answer = lou.post(url("question_add", draft.pk), right | typed)
    assert (answer.status_code, list(answer.context["form"].errors)) == (422, [field])
    assert lou.post(url("question_add", draft.pk), right).status_code == 302


def test_items_change_places_and_the_first_stays(lou, draft):
    before = order_of(draft)
    lou.post(url("question_move_up", item(draft, before[2]).pk))
    assert order_of(draft)[:3] == [before[0], before[2], before[1]]
    lou.post(url("question_move_up", item(draft, before[0]).pk))
    assert order_of(draft)[0] == before[0]


def test_an_item_that_another_depends_on_stays(lou):
    draft = questionnaires.begin_next_version(stage=Stage.FOLLOW_UP)
    page = lou.post(url("question_remove", item(draft, "IM1").pk), follow=True).content.decode()
    assert "IM2 depends on IM1" in page
    lou.post(url("question_remove", item(draft, "IM2").pk))
    lou.post(url("question_remove", item(draft, "IM1").pk))
    assert not {"IM1", "IM2"} & set(order_of(draft))


def test_a_published_version_stays_as_it_is(lou):
    version = Questionnaire.objects.in_force(Stage.POST).get()
    before = list(version.questions.order_by("pk").values())
    question = item(version, "RE2")
    answer = lou.post(url("question_edit", question.pk), {"wording": "Other words", "hint": "", "required": "no"})
    assert (answer.status_code, "is published" in main_of(answer)) == (409, True)
    new = {"code": "OP9", "kind": "text", "wording": "What else?", "required": "no"}
    assert lou.post(url("question_add", version.pk), new).status_code == 409
    for name in ("question_move_up", "question_remove"):
        assert "is published" in lou.post(url(name, question.pk), follow=True).content.decode()
    assert list(version.questions.order_by("pk").values()) == before
    assert "Add an item" not in main_of(lou.get(url("questionnaire_detail", version.pk)))


def preview_of(lou, version, learning_format, strand="core"):
    return lou.get(url("questionnaire_detail", version.pk), {"learning_format": learning_format, "strand": strand})


def test_preview_shows_what_a_format_and_strand_are_asked(lou):
    version = Questionnaire.objects.in_force(Stage.POST).get()
    whole = preview_of(lou, version, "course", "multi_agency").context["form"]
    briefing = preview_of(lou, version, "briefing").context["form"]
    assert {"SR1", "SRx_1", "SRx_2", "RE4", "AC1_3"} <= set(whole.fields)
    assert set(briefing.fields) == {"SR1", "SR2", "RE1", "RE9", "AC1_1", "AC1_2", "AC1_3"}
    required = {each.question.code: each.is_required for each in whole.items}
    assert required["SR3"]
    core = preview_of(lou, version, "course").context["form"]
    assert not {each.question.code: each.is_required for each in core.items}["SR3"]


def test_preview_says_when_nobody_is_asked_and_refuses_odd_choices(lou):
    version = Questionnaire.objects.in_force(Stage.MANAGER).get()
    assert "Nobody is asked anything at this stage" in main_of(preview_of(lou, version, "briefing"))
    assert "Nobody is asked anything" not in main_of(preview_of(lou, version, "course"))
    assert preview_of(lou, version, "nonsense\x00").status_code == 422


def test_publishing_asks_first_and_freezes(lou, draft):
    path = url("questionnaire_publish", draft.pk)
    assert "cannot be changed any more" in main_of(lou.get(path))
    assert Questionnaire.objects.get(pk=draft.pk).published_at is None
    assert lou.post(path).status_code == 302
    assert Questionnaire.objects.in_force(Stage.POST).first() == draft
    again = lou.post(path)
    assert (again.status_code, "is published already" in main_of(again)) == (409, True)


def test_an_empty_version_is_not_published(lou, draft):
    draft.questions.all().delete()
    answer = lou.post(url("questionnaire_publish", draft.pk))
    assert (answer.status_code, "asks nothing yet" in main_of(answer)) == (409, True)


@pytest.mark.parametrize("person", [cast.amina, cast.carol, cast.dev, cast.sal])
def test_pages_are_for_the_team_and_the_officers(lou, draft, person):
    doors = [
        url("questionnaire_list"),
        url("questionnaire_detail", draft.pk),
        url("questionnaire_publish", draft.pk),
        url("question_add", draft.pk),
        url("question_edit", item(draft, "RE1").pk),
    ]
    assert [lou.get(door).status_code for door in doors] == [200] * len(doors)
    lou.force_login(person())
    assert [lou.get(door).status_code for door in doors] == [404] * len(doors)
    assert lou.post(url("questionnaire_publish", draft.pk)).status_code == 404
    assert Questionnaire.objects.get(pk=draft.pk).published_at is None


def test_a_draft_with_more_items_asks_the_database_no_more(lou, draft, django_assert_num_queries):
    path = url("questionnaire_detail", draft.pk)
    lou.get(path)
    with CaptureQueriesContext(connection) as asked:
        lou.get(path)
    for number in range(3):
        question = Question(questionnaire=draft, code=f"OP{number + 5}", kind="text", wording="More?")
        questionnaires.write_question(question=question, by=cast.lou(), now=NOW)
    with django_assert_num_queries(len(asked)):
        lou.get(path)
