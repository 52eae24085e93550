"""Questionnaires: begin the next version, write its items, publish it, which freezes it."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from accounts.audit import record
from accounts.models import User
from evaluation.models import Question, Questionnaire


class NothingToPublish(Exception):
    """The version asks nothing, or is published already; the words say which."""


class CannotChange(Exception):
    """This version, or this item of it, has to stay as it is; the words say why."""


@transaction.atomic
def publish(*, questionnaire: Questionnaire, by: User | None, now: datetime) -> Questionnaire:
    """Freeze a version. Whoever is invited from now on answers it; earlier invitations keep theirs."""
    locked = Questionnaire.objects.select_for_update().get(pk=questionnaire.pk)
    if locked.published_at:
        raise NothingToPublish(f"“{locked}” is published already.")
    if not locked.questions.exists():
        raise NothingToPublish(f"“{locked}” asks nothing yet. Add its questions first.")
    locked.published_at = now
    locked.save(update_fields=["published_at"])
    record(by=by, verb="questionnaire.publish", subject=f"questionnaire:{locked.pk}", now=now)
    return locked


@transaction.atomic
def begin_next_version(*, stage: str) -> Questionnaire:
    """Return the version of a stage that may be changed: the draft, or a new one that copies what is in force."""
    draft = Questionnaire.objects.drafts(stage).order_by("-version").first()
    if draft is not None:
        return draft
    latest = Questionnaire.objects.filter(stage=stage).aggregate(latest=Max("version"))["latest"] or 0
    draft = Questionnaire.objects.create(stage=stage, version=latest + 1)
    questions = list(Question.objects.filter(questionnaire__stage=stage, questionnaire__version=latest))
    for question in questions:
        question.pk, question.questionnaire = None, draft
        question._state.adding = True
    Question.objects.bulk_create(questions)
    return draft


@transaction.atomic
def write_question(*, question: Question, by: User, now: datetime) -> Question:
    """Save an item of a draft: a changed one in its place, a new one last. Raises CannotChange."""
    draft = _draft_of(question)
    if question.pk is None:
        last = draft.questions.aggregate(last=Max("position"))["last"] or 0
        question.position = last + 1
    question.save()
    record(by=by, verb="questionnaire.write", subject=f"questionnaire:{draft.pk}", now=now, item=question.code)
    return question


@transaction.atomic
def remove_question(*, question: Question, by: User, now: datetime) -> None:
    """Take an item out of a draft; versions in force keep theirs. Raises CannotChange."""
    draft = _draft_of(question)
    hanging = draft.questions.filter(unless_code=question.code).values_list("code", flat=True).first()
    if hanging:
        raise CannotChange(f"{hanging} depends on {question.code}. Take {hanging} out first.")
    draft.questions.filter(pk=question.pk).delete()
    record(by=by, verb="questionnaire.remove", subject=f"questionnaire:{draft.pk}", now=now, item=question.code)


@transaction.atomic
def move_up(*, question: Question, by: User, now: datetime) -> None:
    """Let an item of a draft and the one before it change places; the first stays. Raises CannotChange."""
    draft = _draft_of(question)
    moved = draft.questions.filter(pk=question.pk).first()
    before = draft.questions.filter(position__lt=moved.position).order_by("-position").first() if moved else None
    if moved is None or before is None:
        return
    moved.position, before.position = before.position, moved.position
    Question.objects.bulk_update([moved, before], ["position"])
    record(by=by, verb="questionnaire.move", subject=f"questionnaire:{draft.pk}", now=now, item=moved.code)


def _draft_of(question: Question) -> Questionnaire:
    """Hold the version for oneself while it is a draft."""
    locked = Questionnaire.objects.select_for_update().get(pk=question.questionnaire_id)
    if locked.published_at:
        raise CannotChange(f"“{locked}” is published, so its items stay as they are. Begin the next version.")
    return locked
