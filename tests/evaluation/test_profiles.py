"""Which items a format leaves out and which a strand insists on (DOMAIN 9.2)."""

import pytest

from courses.models import LearningFormat, Strand
from evaluation import profiles
from evaluation.models import Question
from evaluation.models.questionnaire import Required, Stage
from tests.questionnaires import make_questionnaires


def codes(stage, learning_format):
    questions = list(make_questionnaires()[stage].questions.all())
    return [item.code for item in profiles.questions_for(questions=questions, learning_format=learning_format)]


@pytest.mark.django_db
def test_briefings_use_five_items_alone():
    assert codes(Stage.PRE, LearningFormat.BRIEFING) == ["SR1", "SR2"]
    assert codes(Stage.POST, LearningFormat.BRIEFING) == ["SR1", "SR2", "RE1", "RE9", "AC1"]


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
