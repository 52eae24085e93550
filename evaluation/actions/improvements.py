"""Improvement actions: agree one, end it, take its end back."""

from datetime import date, datetime

from django.db import transaction

from accounts.audit import record
from accounts.locking import locked
from accounts.models import User
from evaluation import emails
from evaluation.models import AgencyReturn, ImprovementAction, Observation, QualityReport

State, Source = ImprovementAction.State, ImprovementAction.Source
MISFIT = {
    Source.REPORT: "Say which quality report it comes from; only an action from a report names one.",
    Source.OBSERVATION: "Say which observation it comes from; only an action from an observation names one.",
    Source.AGENCY: "Say which training return it comes from; only an action from a return names one.",
}


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
    """Write down what somebody promised to do by a day. The owner has an account, or is named in words.

    Agreed twice alike is once, for as long as it is open.
    """
    what, owner_words = what.strip(), owner_words.strip()
    if not what:
        raise ActionRefused("Write what is to be done.")
    if (owner is None) == (not owner_words):
        raise ActionRefused("Say who does it: choose somebody with an account, or write who it is.")
    named = {Source.REPORT: report, Source.OBSERVATION: observation, Source.AGENCY: agency_return}
    for origin, thing in named.items():
        if (source == origin) != (thing is not None):
            raise ActionRefused(MISFIT[origin])
    # Whoever presses twice at once waits here, and then finds what they wrote down.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    promise = {
        "what": what,
        "source": source,
        "report": report,
        "observation": observation,
        "agency_return": agency_return,
        "owner": owner,
        "owner_words": owner_words,
        "due_on": due_on,
    }
    same = ImprovementAction.objects.outstanding().filter(**promise).first()
    if same:
        return same
    action = ImprovementAction.objects.create(**promise, made_at=now, made_by=by)
    record(by=by, verb="improvement.agree", subject=f"improvement:{action.pk}", now=now)
    emails.action_agreed(action=action, now=now)
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


@transaction.atomic
def remind(*, action_id: int, now: datetime) -> None:
    """Write to the owner that the day comes, or that it has passed. What has ended meanwhile is left alone."""
    action = locked(ImprovementAction.objects.outstanding().filter(pk=action_id), no_key=True).first()
    if action is not None:
        emails.action_due(action=action, now=now)
