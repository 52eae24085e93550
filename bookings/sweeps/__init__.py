"""Sweeps of the bookings app: find what is owed and hand each on. The timetable is in workforce_portal/celery.py."""

from bookings.sweeps import (
    approvals,
    charges,
    documents,
    event_changes,
    forgetting,
    groups,
    inactive_accounts,
    letters,
    money,
    places,
    quotes,
    registers,
    self_paced,
    trainers,
    waiting_list,
)

__all__ = [
    "approvals",
    "charges",
    "documents",
    "event_changes",
    "forgetting",
    "groups",
    "inactive_accounts",
    "letters",
    "money",
    "places",
    "quotes",
    "registers",
    "self_paced",
    "trainers",
    "waiting_list",
]
