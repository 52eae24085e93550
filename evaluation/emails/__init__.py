"""Letters of the evaluation app: one function a letter, with whom it goes to, its facts and its key."""

from evaluation.emails.questionnaires import CATALOGUE, invitation, reminder, why_not

__all__ = ["CATALOGUE", "invitation", "reminder", "why_not"]
