"""Questionnaires on the administration site: imported, published by an action, and closed from then on."""

import io

import pytest
from django.urls import reverse

from courses.models import LearningFormat
from evaluation.models import EvaluationProfile, Question, Questionnaire
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.questionnaires import SAMPLE, import_items, make_questionnaires, sample_items

pytestmark = pytest.mark.django_db

LISTS = [
    *("admin:evaluation_questionnaire_changelist", "admin:evaluation_question_changelist"),
    "admin:evaluation_evaluationprofile_changelist",
]


@pytest.fixture
def wendy(client):
    client.force_login(cast.wendy())
    return client


def run(client, action, questionnaires):
    chosen = {"action": action, "_selected_action": [questionnaire.pk for questionnaire in questionnaires]}
    return client.post(reverse(LISTS[0]), chosen, follow=True).content.decode()


@pytest.mark.parametrize("name", LISTS)
def test_lists_open_for_the_team_and_for_nobody_else(client, name):
    make_questionnaires()
    client.force_login(cast.wendy())
    assert client.get(reverse(name)).status_code == 200
    client.force_login(cast.amina())
    assert client.get(reverse(name)).status_code != 200


def test_publish_freezes_the_chosen_versions(wendy):
    import_items(sample_items())
    page = run(wendy, "publish", Questionnaire.objects.filter(stage=Stage.PRE))
    assert "is published." in page
    assert [questionnaire.stage for questionnaire in Questionnaire.objects.filter(published_at__isnull=False)] == [
        "pre"
    ]
    assert "is published already." in run(wendy, "publish", Questionnaire.objects.filter(stage=Stage.PRE))


def test_begin_next_version_makes_a_draft_to_change(wendy):
    published = make_questionnaires()[Stage.PRE]
    run(wendy, "begin_next_version", [published])
    draft = Questionnaire.objects.get(stage=Stage.PRE, published_at=None)
    page = reverse("admin:evaluation_question_change", args=[draft.questions.get(code="SR1").pk])
    assert wendy.get(page).context["has_change_permission"] is True


def test_a_published_question_can_neither_be_changed_nor_deleted(wendy):
    question = make_questionnaires()[Stage.PRE].questions.get(code="SR1")
    page = wendy.get(reverse("admin:evaluation_question_change", args=[question.pk]))
    assert (page.status_code, page.context["has_change_permission"]) == (200, False)
    assert (
        wendy.post(reverse("admin:evaluation_question_delete", args=[question.pk]), {"post": "yes"}).status_code == 403
    )


def test_the_spreadsheet_is_previewed_then_imported(wendy):
    file = io.BytesIO(SAMPLE.read_bytes())
    file.name = "items.csv"
    preview = wendy.post(reverse("admin:evaluation_question_import"), {"import_file": file})
    assert not Question.objects.exists()
    ticket = preview.context["confirm_form"].initial["ticket"]
    wendy.post(reverse("admin:evaluation_question_process_import"), {"ticket": ticket})
    assert Question.objects.count() == len(sample_items())


def test_staff_set_what_a_format_leaves_out(wendy):
    make_questionnaires()
    profile = EvaluationProfile.objects.get(learning_format=LearningFormat.CONFERENCE)
    page = reverse("admin:evaluation_evaluationprofile_change", args=[profile.pk])
    facts = {"learning_format": "conference", "stage": "post", "asks": "ALL_BUT"}
    answer = wendy.post(page, facts | {"codes": "RE4,XX9"})
    assert "This stage has no item XX9." in answer.content.decode()
    assert wendy.post(page, facts | {"codes": "RE4,RE8"}).status_code == 302
    profile.refresh_from_db()
    assert profile.codes == ["RE4", "RE8"]
