"""Which items a learning format leaves out, and which answers a strand insists on (DOMAIN 9.2)."""

from courses.models import LearningFormat, Strand
from evaluation.models import Question
from evaluation.models.questionnaire import Required

# A briefing is an hour: two ratings, two reactions and one thing to do differently.
BRIEFING_ITEMS = {"SR1", "SR2", "RE1", "RE9", "AC1"}
# Alone at a screen there is no group, no other agency and no venue to ask about.
SELF_PACED_LEAVES_OUT = {"RE4", "RE7", "RE8"}


def is_asked(*, code: str, learning_format: str) -> bool:
    """Tell whether an item belongs in the questionnaires of a course of this format."""
    if learning_format == LearningFormat.BRIEFING:
        return code in BRIEFING_ITEMS
    if learning_format == LearningFormat.SELF_PACED:
        return code not in SELF_PACED_LEAVES_OUT
    return True


def formats_that_ask(questions: list[Question]) -> list[str]:
    """Return the formats whose courses ask anything of this: nobody is written to about an empty page."""
    return [kind for kind in LearningFormat.values if questions_for(questions=questions, learning_format=kind)]


def is_required(*, question: Question, strand: str) -> bool:
    """Tell whether an answer must be given by somebody who booked in this strand."""
    if question.required == Required.MULTI_AGENCY:
        return strand == Strand.MULTI_AGENCY
    return question.required == Required.YES


def questions_for(*, questions: list[Question], learning_format: str) -> list[Question]:
    """Return the items that a course of this format asks, in order."""
    asked = [question for question in questions if is_asked(code=question.code, learning_format=learning_format)]
    return sorted(asked, key=lambda question: question.position)
