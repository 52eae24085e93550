"""Learning needs: write one down, change it, close it when it is met."""

from dataclasses import asdict, dataclass
from datetime import date, datetime

from django.db import transaction

from accounts.audit import record
from accounts.locking import locked
from accounts.models import User
from evaluation.models import LearningNeed


class NeedRefused(Exception):
    """The need cannot be changed so; the words say why."""


@dataclass(frozen=True, kw_only=True)
class Need:
    """What is written down about one need."""

    need: str
    source: str
    priority: int
    response: str
    owner_words: str
    due_on: date


@transaction.atomic
def add(*, facts: Need, by: User, now: datetime) -> LearningNeed:
    """Write down what the workforce needs to learn. Written down twice alike is once, until it is closed."""
    # Whoever presses twice at once waits here, and then finds what they wrote down.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    same = LearningNeed.objects.current().filter(need=facts.need, source=facts.source).first()
    if same:
        return same
    need = LearningNeed.objects.create(**asdict(facts), seen_at=now, seen_by=by)
    record(by=by, verb="need.add", subject=f"need:{need.pk}", now=now)
    return need


@transaction.atomic
def change(*, need_id: int, facts: Need, by: User, now: datetime) -> LearningNeed:
    """Write it anew; changed alike twice is once."""
    need = locked(LearningNeed.objects.filter(pk=need_id)).get()
    if need.closed_at is not None:
        raise NeedRefused("Somebody has closed this need. Write a new one down if it has come up again.")
    changed = [name for name, value in asdict(facts).items() if getattr(need, name) != value]
    if changed:
        for name in changed:
            setattr(need, name, getattr(facts, name))
        need.save(update_fields=changed)
        record(by=by, verb="need.change", subject=f"need:{need.pk}", now=now, fields=changed)
    return need


@transaction.atomic
def close(*, need_id: int, by: User, now: datetime) -> LearningNeed:
    """Take it off the list: it is met, or is one no longer. Closed twice is once."""
    need = locked(LearningNeed.objects.filter(pk=need_id)).get()
    if need.closed_at is None:
        need.closed_at, need.closed_by = now, by
        need.save(update_fields=["closed_at", "closed_by"])
        record(by=by, verb="need.close", subject=f"need:{need.pk}", now=now)
    return need
