"""Standards as data: those that trainers are watched against, and those that agencies are asked about."""

from collections.abc import Mapping
from datetime import datetime

from django.db import transaction

from accounts.audit import record
from accounts.locking import locked
from accounts.models import User
from evaluation.models import Section11Standard, TrainingStandard


@transaction.atomic
def write(
    *,
    kind: type[TrainingStandard] | type[Section11Standard],
    given: Mapping[int, tuple[str, bool]],
    by: User,
    now: datetime,
) -> int:
    """Change the words of standards, and which of them are in force; return how many changed."""
    standards: list[TrainingStandard | Section11Standard] = list(locked(kind.objects.filter(number__in=given)))
    changed = [each for each in standards if (each.words, each.is_active) != given[each.number]]
    for standard in changed:
        standard.words, standard.is_active = given[standard.number]
        standard.save(update_fields=["words", "is_active"])
        subject = f"{kind._meta.model_name}:{standard.number}"
        record(by=by, verb="standard.write", subject=subject, now=now, active=standard.is_active)
    return len(changed)
