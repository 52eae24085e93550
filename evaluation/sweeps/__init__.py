"""Sweeps of the evaluation app: find what is owed and hand each on. The timetable is in workforce_portal/celery.py."""

from evaluation.sweeps import agency_returns, forgetting, improvements, questionnaires, reports

__all__ = ["agency_returns", "forgetting", "improvements", "questionnaires", "reports"]
