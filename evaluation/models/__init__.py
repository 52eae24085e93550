"""Questionnaires, what was answered, what followed from it, and the quality reports made of it."""

from evaluation.models.agency_return import (
    AgencyReturn,
    ReturnLevel,
    ReturnQuestion,
    Section11Result,
    Section11Standard,
)
from evaluation.models.commentary import Recommendation, YouSaid
from evaluation.models.improvement import ImprovementAction, LearningNeed
from evaluation.models.meeting import Meeting
from evaluation.models.moderation import Moderation
from evaluation.models.observation import Observation, ObservationRating, TrainingStandard
from evaluation.models.profile import EvaluationProfile
from evaluation.models.quality_report import QualityReport
from evaluation.models.questionnaire import Question, Questionnaire
from evaluation.models.response import Answer, Draft, Response
from evaluation.models.schedule import ReportSchedule, ScheduledLetter, ScheduledReport

__all__ = [
    "AgencyReturn",
    "Answer",
    "Draft",
    "EvaluationProfile",
    "ImprovementAction",
    "LearningNeed",
    "Meeting",
    "Moderation",
    "Observation",
    "ObservationRating",
    "QualityReport",
    "Question",
    "Questionnaire",
    "Recommendation",
    "ReportSchedule",
    "Response",
    "ReturnLevel",
    "ReturnQuestion",
    "ScheduledLetter",
    "ScheduledReport",
    "Section11Result",
    "Section11Standard",
    "TrainingStandard",
    "YouSaid",
]
