"""Letters of the evaluation app: one function a letter, with whom it goes to, its facts and its key."""

from datetime import datetime

from accounts.models import OutboundEmail
from evaluation.emails import agency_returns, improvements, observations, questionnaires, reports
from evaluation.emails.agency_returns import return_accepted, return_opened, return_question, return_reminder
from evaluation.emails.improvements import action_agreed, action_due
from evaluation.emails.observations import observation_planned, observation_shared, standard_not_met
from evaluation.emails.questionnaires import invitation, reminder
from evaluation.emails.reports import report_made

CATALOGUE = [
    *questionnaires.CATALOGUE,
    *observations.CATALOGUE,
    *agency_returns.CATALOGUE,
    *improvements.CATALOGUE,
    *reports.CATALOGUE,
]


def why_not(email: OutboundEmail, *, now: datetime) -> str:
    """Why this letter must not leave any more, by its own rule. The settings name this one (LETTER_RULES)."""
    for module in (observations, agency_returns, improvements, reports):
        if email.letter in module.LETTERS:
            return module.why_not(email, now=now)
    return questionnaires.why_not(email, now=now)


__all__ = [
    "CATALOGUE",
    "action_agreed",
    "action_due",
    "invitation",
    "observation_planned",
    "observation_shared",
    "reminder",
    "report_made",
    "return_accepted",
    "return_opened",
    "return_question",
    "return_reminder",
    "standard_not_met",
    "why_not",
]
