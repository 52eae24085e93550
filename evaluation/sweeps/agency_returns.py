"""Sweep over the training returns of agencies: whoever has become a lead is asked, whoever has not answered reminded."""

from celery import shared_task

from accounts import clock
from evaluation.actions import agency_returns
from evaluation.emails.agency_returns import without_letter
from evaluation.sweeps.owed import pay


@shared_task(name="evaluation.ask_agencies")
def ask_agencies(**kwargs: object) -> None:
    """Write to leads who were appointed after their agency's return was opened, and the reminders that fell due."""
    now = clock.now()
    for return_id in without_letter(now=now):
        pay(agency_returns.tell, now=now, return_id=return_id)
    for return_id in agency_returns.due_to_remind(now=now):
        pay(agency_returns.remind, now=now, return_id=return_id)
