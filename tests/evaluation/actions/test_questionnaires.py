"""Publishing freezes; the next version begins as a copy."""

import pytest

from accounts.models import AuditEntry
from evaluation.actions import questionnaires
from evaluation.models import Questionnaire
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.makers import NOW
from tests.questionnaires import import_items, make_questionnaires, sample_items

pytestmark = pytest.mark.django_db


def test_publish_puts_a_version_in_force():
    import_items(sample_items())
    draft = Questionnaire.objects.get(stage=Stage.PRE)
    assert not Questionnaire.objects.in_force(Stage.PRE).exists()
    questionnaires.publish(questionnaire=draft, by=cast.wendy(), now=NOW)
    assert Questionnaire.objects.in_force(Stage.PRE).get() == draft
    assert AuditEntry.objects.get(verb="questionnaire.publish").subject == f"questionnaire:{draft.pk}"


def test_publish_twice_is_refused():
    with pytest.raises(questionnaires.NothingToPublish, match="published already"):
        questionnaires.publish(questionnaire=make_questionnaires()[Stage.PRE], by=None, now=NOW)


def test_publish_refuses_a_version_that_asks_nothing():
    empty = Questionnaire.objects.create(stage=Stage.PRE)
    with pytest.raises(questionnaires.NothingToPublish, match="asks nothing"):
        questionnaires.publish(questionnaire=empty, by=None, now=NOW)


def test_begin_next_version_copies_what_is_in_force_once():
    published = make_questionnaires()[Stage.PRE]
    draft = questionnaires.begin_next_version(stage=Stage.PRE)
    assert (draft.version, draft.published_at) == (2, None)
    assert list(draft.questions.order_by("position").values_list("code", "wording", "position")) == list(
        published.questions.order_by("position").values_list("code", "wording", "position")
    )
    assert questionnaires.begin_next_version(stage=Stage.PRE) == draft
