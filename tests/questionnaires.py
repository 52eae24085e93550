"""The field's questionnaires for tests: imported from the sample file through the same door as everybody's, and published."""

from datetime import timedelta
from importlib import import_module
from pathlib import Path

from django.conf import settings
from tablib import Dataset

from evaluation.actions import questionnaires
from evaluation.models import EvaluationProfile, Question, Questionnaire, Response
from evaluation.models.questionnaire import Stage
from evaluation.resources import QuestionResource
from tests.makers import NOW

SAMPLE = Path(settings.BASE_DIR) / "workforce_portal" / "sample_city" / "data" / "evaluation_items.csv"


def sample_items() -> Dataset:
    return Dataset().load(SAMPLE.read_text(encoding="utf-8"), format="csv")


def import_items(items):
    return QuestionResource().import_data(items, dry_run=False, user=None, now=NOW)


def publish_all() -> None:
    for draft in Questionnaire.objects.filter(published_at__isnull=True):
        questionnaires.publish(questionnaire=draft, by=None, now=NOW)


# What the first import of the run made; reading the file anew for every test would cost a second each.
_imported: list[tuple[str, dict]] = []


def make_questionnaires() -> dict[str, Questionnaire]:
    """Every stage's questionnaire in force, by stage."""
    make_profiles()
    if not Questionnaire.objects.exists():
        _make_from(_imported) if _imported else _import()
        publish_all()
    return {stage: Questionnaire.objects.in_force(stage).get() for stage in Stage.values}


def make_profiles() -> None:
    """As a fresh database has them, whichever test emptied it before."""
    known = import_module("evaluation.migrations.0006_stages").PROFILES
    EvaluationProfile.objects.bulk_create(
        [
            EvaluationProfile(learning_format=kind, stage=stage, asks=asks, codes=codes)
            for kind, stage, asks, codes in known
        ],
        ignore_conflicts=True,
    )


def _import() -> None:
    import_items(sample_items())
    for question in Question.objects.select_related("questionnaire").order_by("pk"):
        facts = {field.name: getattr(question, field.name) for field in Question._meta.concrete_fields}
        del facts["id"], facts["questionnaire"]
        _imported.append((question.questionnaire.stage, facts))


def _make_from(imported: list[tuple[str, dict]]) -> None:
    drafts = {stage: Questionnaire.objects.create(stage=stage) for stage in Stage.values}
    Question.objects.bulk_create(Question(questionnaire=drafts[stage], **facts) for stage, facts in imported)


def make_response(booking, stage=Stage.POST, *, state=Response.State.OPEN, opens_at=None, closes_at=None) -> Response:
    """A questionnaire waiting for its answer, open around NOW unless said otherwise."""
    return Response.objects.create(
        booking=booking,
        questionnaire=make_questionnaires()[stage],
        stage=stage,
        state=state,
        opens_at=opens_at or NOW - timedelta(days=1),
        closes_at=closes_at or NOW + timedelta(days=30),
        invited_at=None if state == Response.State.SCHEDULED else NOW - timedelta(days=1),
    )
