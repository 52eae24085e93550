"""Moderation: read free text first, and decide what of it may be read outside the team (DOMAIN 9.3)."""

from datetime import datetime

from django.db import transaction

from accounts.audit import record
from accounts.locking import locked
from accounts.models import User
from evaluation.models import Answer, Moderation

Decision = Moderation.Decision


class ModerationRefused(Exception):
    """The decision cannot be taken so; the words say why."""


@transaction.atomic
def decide(
    *,
    answer_id: int,
    decision: str,
    words: str,
    theme: str,
    is_for_report: bool,
    seen: int,
    by: User,
    now: datetime,
) -> Moderation:
    """Decide about one text; what was written stays as it was, apart from the words that may be read.

    `seen` is the number of decisions that were there when the page was opened: whoever comes second is told.
    The very same decision sent twice is once. Raises ModerationRefused.
    """
    answer = locked(Answer.objects.moderated_by(by).with_leave_to_quote().filter(pk=answer_id)).first()
    if answer is None:
        raise ModerationRefused("These words are no longer kept.")
    words = _words(answer, decision, words.strip())
    chosen = {
        "decision": decision,
        "words": words,
        "theme": "" if decision == Decision.WITHHELD else theme,
        "is_for_report": is_for_report and decision != Decision.WITHHELD,
    }
    if chosen["is_for_report"] and not answer.may_be_quoted:
        raise ModerationRefused("They did not give leave to quote them, so the report cannot print these words.")
    earlier = list(answer.moderations.order_by("pk"))
    if earlier and {name: getattr(earlier[-1], name) for name in chosen} == chosen:
        return earlier[-1]
    if len(earlier) != seen:
        raise ModerationRefused("Somebody else has decided meanwhile. Look at their decision first.")
    moderation = Moderation.objects.create(answer=answer, decided_at=now, decided_by=by, **chosen)
    Answer.objects.filter(pk=answer.pk).update(moderation=decision)
    record(by=by, verb=f"moderation.{decision.lower()}", subject=f"answer:{answer.pk}", now=now)
    return moderation


def _words(answer: Answer, decision: str, words: str) -> str:
    """What may be read: nothing, the words as written, or others in their place."""
    if decision == Decision.WITHHELD:
        return ""
    if decision == Decision.APPROVED:
        return answer.words
    if not words:
        raise ModerationRefused("Write the words that may be read, or withhold the text.")
    if words == answer.words:
        raise ModerationRefused("These are the words as written. Change them, or approve them as written.")
    return words


@transaction.atomic
def forget_words(*, written_before: datetime, at_most: int) -> int:
    """Take the words out of so many old answers; return how many (DOMAIN 11.2).

    Ratings and choices stay, and so do the words that somebody approved to be quoted.
    """
    old = locked(
        Answer.objects.with_words_from_before(written_before).order_by("pk"), skip_locked=True, at_most=at_most
    )
    return Answer.objects.filter(pk__in=list(old.values_list("pk", flat=True))).update(texts=[])


@transaction.atomic
def look_at_original(*, answer: Answer, by: User, now: datetime) -> None:
    """Note that somebody read words again that were withheld or replaced."""
    record(by=by, verb="moderation.read_original", subject=f"answer:{answer.pk}", now=now)
