"""Improvement actions: agree one, end it, take its end back."""

from datetime import date, datetime

from django.db import transaction

from accounts.audit import record
from accounts.locking import locked
from accounts.models import User
from evaluation.models import AgencyReturn, ImprovementAction, Observation, QualityReport

State = ImprovementAction.State


class ActionRefused(Exception):
    """The action cannot be changed so; the words say why."""


@transaction.atomic
def agree(
    *,
    what: str,
    source: str,
    due_on: date,
    by: User,
    now: datetime,
    owner: User | None = None,
    owner_words: str = "",
    report: QualityReport | None = None,
    observation: Observation | None = None,
    agency_return: AgencyReturn | None = None,
) -> ImprovementAction:
    """Write down what somebody promised to do by a day. The owner has an account, or is named in words."""
    if (owner is None) == (not owner_words.strip()):
        raise ActionRefused("Say who does it: choose somebody with an account, or write who it is.")
    action = ImprovementAction.objects.create(
        what=what.strip(),
        source=source,
        report=report,
        observation=observation,
        agency_return=agency_return,
        owner=owner,
        owner_words=owner_words.strip(),
        due_on=due_on,
        made_at=now,
        made_by=by,
    )
    record(by=by, verb="improvement.agree", subject=f"improvement:{action.pk}", now=now)
    return action


@transaction.atomic
def end(*, action_id: int, state: str, outcome: str, by: User, now: datetime) -> ImprovementAction:
    """Say that an action is done, or dropped, and what came of it. Ended alike twice is once."""
    outcome = outcome.strip()
    if not outcome:
        raise ActionRefused("Say what came of it: the next report shows it beside the action.")
    action = locked(ImprovementAction.objects.filter(pk=action_id)).get()
    if action.state != State.OPEN:
        if (action.state, action.outcome) == (state, outcome):
            return action
        raise ActionRefused(f"Somebody has ended it already: it is {action.get_state_display()}.")
    action.state, action.outcome = State(state), outcome
    action.ended_at, action.ended_by = now, by
    action.save(update_fields=["state", "outcome", "ended_at", "ended_by"])
    record(by=by, verb=f"improvement.{action.state.lower()}", subject=f"improvement:{action.pk}", now=now)
    return action


@transaction.atomic
def reopen(*, action_id: int, by: User, now: datetime) -> ImprovementAction:
    """Take the end of an action back. What was said of it stays in the record of what was done."""
    action = locked(ImprovementAction.objects.filter(pk=action_id)).get()
    if action.state == State.OPEN:
        return action
    record(by=by, verb="improvement.reopen", subject=f"improvement:{action.pk}", now=now, was=action.state)
    action.state, action.outcome, action.ended_at, action.ended_by = State.OPEN, "", None, None
    action.save(update_fields=["state", "outcome", "ended_at", "ended_by"])
    return action
