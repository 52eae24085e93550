"""Questionnaires, what was answered, and the quality reports made of it."""

from evaluation.models.quality_report import QualityReport
from evaluation.models.questionnaire import Question, Questionnaire
from evaluation.models.response import Answer, Response

__all__ = ["Answer", "QualityReport", "Question", "Questionnaire", "Response"]
