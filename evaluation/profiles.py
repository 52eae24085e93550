"""Which items a learning format leaves out, and which answers a strand insists on (DOMAIN 9.2)."""

from courses.models import LearningFormat, Strand
from evaluation.models import EvaluationProfile, Question
from evaluation.models.questionnaire import Required


def profile_of(*, stage: str, learning_format: str) -> EvaluationProfile | None:
    """Return what a format is asked at a stage; none asks everything."""
    return EvaluationProfile.objects.filter(stage=stage, learning_format=learning_format).first()


def is_required(*, question: Question, strand: str) -> bool:
    """Tell whether an answer must be given by somebody who booked in this strand."""
    if question.required == Required.MULTI_AGENCY:
        return strand == Strand.MULTI_AGENCY
    return question.required == Required.YES


def questions_for(*, questions: list[Question], profile: EvaluationProfile | None) -> list[Question]:
    """Return the items that are asked, in order."""
    asked = [question for question in questions if profile is None or profile.includes(question.code)]
    return sorted(asked, key=lambda question: question.position)


def formats_that_ask(*, questions: list[Question], stage: str) -> list[str]:
    """Return the formats whose courses ask anything of this: nobody is written to about an empty page."""
    profiles = {profile.learning_format: profile for profile in EvaluationProfile.objects.filter(stage=stage)}
    return [kind for kind in LearningFormat.values if questions_for(questions=questions, profile=profiles.get(kind))]
