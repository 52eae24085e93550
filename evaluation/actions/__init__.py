"""Verbs about questionnaires, answers and reports."""
