"""Which items a format leaves out and which a strand insists on (DOMAIN 9.2)."""

import pytest

from courses.models import LearningFormat, Strand
from evaluation import profiles
from evaluation.models import EvaluationProfile, Question
from evaluation.models.questionnaire import Required, Stage
from tests.questionnaires import make_questionnaires


def codes(stage, learning_format):
    questions = list(make_questionnaires()[stage].questions.all())
    profile = profiles.profile_of(stage=stage, learning_format=learning_format)
    return [item.code for item in profiles.questions_for(questions=questions, profile=profile)]


@pytest.mark.django_db
def test_briefings_use_five_items_alone():
    assert codes(Stage.PRE, LearningFormat.BRIEFING) == ["SR1", "SR2"]
    assert codes(Stage.POST, LearningFormat.BRIEFING) == ["SR1", "SR2", "RE1", "RE9", "AC1"]
    assert codes(Stage.FOLLOW_UP, LearningFormat.BRIEFING) == ["SR1", "SR2"]
    assert codes(Stage.MANAGER, LearningFormat.BRIEFING) == []
    assert codes(Stage.TRAINER, LearningFormat.BRIEFING) == ["TR1", "TR2", "TR3", "TR4", "TR5"]


@pytest.mark.django_db
def test_conferences_are_asked_everything_until_staff_leave_something_out():
    whole = codes(Stage.POST, LearningFormat.COURSE)
    assert codes(Stage.POST, LearningFormat.CONFERENCE) == whole
    EvaluationProfile.objects.filter(learning_format=LearningFormat.CONFERENCE).update(codes=["RE4"])
    assert codes(Stage.POST, LearningFormat.CONFERENCE) == [code for code in whole if code != "RE4"]


@pytest.mark.django_db
def test_formats_that_ask_leave_out_those_with_nothing_to_ask():
    questions = list(make_questionnaires()[Stage.MANAGER].questions.all())
    asked = profiles.formats_that_ask(questions=questions, stage=Stage.MANAGER)
    assert set(LearningFormat.values) - set(asked) == {LearningFormat.BRIEFING}


@pytest.mark.django_db
def test_self_paced_learning_has_no_group_and_no_venue():
    whole, alone = codes(Stage.POST, LearningFormat.COURSE), codes(Stage.POST, LearningFormat.SELF_PACED)
    assert [code for code in whole if code not in alone] == ["RE4", "RE7", "RE8"]


@pytest.mark.parametrize(
    ("required", "strand", "is_required"),
    [
        (Required.YES, Strand.CORE, True),
        (Required.NO, Strand.MULTI_AGENCY, False),
        (Required.MULTI_AGENCY, Strand.MULTI_AGENCY, True),
        (Required.MULTI_AGENCY, Strand.STATUTORY, False),
    ],
)
def test_required_depends_on_the_strand(required, strand, is_required):
    assert profiles.is_required(question=Question(required=required), strand=strand) is is_required
