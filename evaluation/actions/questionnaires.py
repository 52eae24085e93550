"""Questionnaires: publish a version, which freezes it; begin the next one."""

from datetime import datetime

from django.db import transaction
from django.db.models import Max

from accounts.audit import record
from accounts.models import User
from evaluation.models import Question, Questionnaire


class NothingToPublish(Exception):
    """The version asks nothing, or is published already; the words say which."""


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
