"""Letters of the evaluation app: one function a letter, with whom it goes to, its facts and its key."""

from datetime import datetime

from accounts.models import OutboundEmail
from evaluation.emails import observations, questionnaires
from evaluation.emails.observations import observation_planned, observation_shared, standard_not_met
from evaluation.emails.questionnaires import invitation, reminder

CATALOGUE = [*questionnaires.CATALOGUE, *observations.CATALOGUE]


def why_not(email: OutboundEmail, *, now: datetime) -> str:
    """Why this letter must not leave any more, by its own rule. The settings name this one (LETTER_RULES)."""
    rule = observations.why_not if email.letter in observations.LETTERS else questionnaires.why_not
    return rule(email, now=now)


__all__ = [
    "CATALOGUE",
    "invitation",
    "observation_planned",
    "observation_shared",
    "reminder",
    "standard_not_met",
    "why_not",
]
