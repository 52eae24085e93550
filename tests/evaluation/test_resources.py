"""The spreadsheet of questionnaires: read as it is in the field's own layout, frozen once published."""

import pytest
from django.db import IntegrityError, transaction
from tablib import Dataset

from evaluation.actions import questionnaires
from evaluation.models import Question, Questionnaire
from evaluation.models.questionnaire import AnswerKind, Required, Stage
from evaluation.resources import QuestionResource
from tests.makers import NOW
from tests.questionnaires import import_items, publish_all, sample_items

pytestmark = pytest.mark.django_db


def question(stage, code):
    return Question.objects.get(questionnaire__stage=stage, code=code)


def changed(code, **cells):
    """The sample items with some cells of one item changed."""
    items = sample_items()
    rows = Dataset(headers=items.headers)
    for row in items.dict:
        rows.append(
            [cells.get(header, row[header]) if row["code"] == code else row[header] for header in items.headers]
        )
    return rows


def test_import_takes_every_item_of_the_sample():
    result = import_items(sample_items())
    assert (result.has_errors(), result.has_validation_errors()) == (False, False)
    assert Question.objects.count() == len(sample_items())
    assert {stage: Questionnaire.objects.get(stage=stage).version for stage in Stage.values} == dict.fromkeys(
        Stage.values, 1
    )


def test_import_reads_scales_with_their_ends():
    import_items(sample_items())
    item = question(Stage.PRE, "SR1")
    assert (item.kind, item.low_label, item.high_label) == (AnswerKind.SCALE_10, "nothing", "a great deal")
    item = question(Stage.PRE, "SR3")
    assert (item.low_label, item.high_label, item.required) == ("not at all", "completely", Required.MULTI_AGENCY)


@pytest.mark.parametrize("stage", [Stage.POST, Stage.FOLLOW_UP])
def test_import_takes_wording_and_scale_from_the_stage_before(stage):
    import_items(sample_items())
    for code in ("SR1", "SR2", "SR3", "SRx"):
        before, later = question(Stage.PRE, code), question(stage, code)
        assert (later.wording, later.low_label, later.high_label) == (
            before.wording,
            before.low_label,
            before.high_label,
        )


def test_import_reads_the_kinds_of_answer():
    import_items(sample_items())
    assert question(Stage.PRE, "SRx").is_per_outcome
    assert question(Stage.POST, "RE7").has_not_applicable
    assert question(Stage.POST, "RE9").choices == ["yes", "no", "not sure"]
    actions = question(Stage.POST, "AC1")
    assert (actions.kind, actions.max_texts, actions.max_length, actions.required) == (AnswerKind.TEXT, 3, 200, "yes")
    assert question(Stage.FOLLOW_UP, "IM5").choices == question(Stage.POST, "AC2").choices
    done = question(Stage.FOLLOW_UP, "IM2")
    assert (done.kind, done.unless_code, done.unless_choice) == (AnswerKind.MULTIPLE, "IM1", "not yet")
    assert "changed a form, policy or process" in done.choices
    each = question(Stage.FOLLOW_UP, "IM3")
    assert (each.is_per_action, each.choices) == (True, ["done", "started", "not started", "no longer relevant"])


def test_import_of_the_same_file_twice_changes_nothing():
    import_items(sample_items())
    publish_all()
    result = import_items(sample_items())
    assert {row.import_type for row in result.rows} == {"skip"}
    assert Questionnaire.objects.count() == len(Stage.values)


def test_import_of_what_was_exported_changes_nothing():
    import_items(sample_items())
    publish_all()
    exported = QuestionResource().export(Question.objects.order_by("pk"))
    assert {row.import_type for row in import_items(exported).rows} == {"skip"}


def test_import_of_a_change_begins_the_next_version_and_leaves_the_published_one():
    import_items(sample_items())
    publish_all()
    import_items(changed("RE2", wording="It fitted my role"))
    first, second = Questionnaire.objects.filter(stage=Stage.POST).order_by("version")
    assert first.questions.get(code="RE2").wording == "It was right for my role"
    assert second.questions.get(code="RE2").wording == "It fitted my role"
    assert second.questions.count() == first.questions.count()
    assert second.published_at is None


def test_import_names_row_and_column_and_writes_nothing():
    result = import_items(changed("RE2", answer="smileys"))
    assert [(row.number, "smileys" in str(row.error)) for row in result.invalid_rows] == [(13, True)]
    assert not Question.objects.exists()


def test_database_refuses_to_change_what_is_published():
    import_items(sample_items())
    published = questionnaires.publish(questionnaire=Questionnaire.objects.get(stage=Stage.PRE), by=None, now=NOW)
    item = published.questions.first()
    for change in (
        lambda: Question.objects.filter(pk=item.pk).update(wording="Something else"),
        lambda: Question.objects.filter(pk=item.pk).delete(),
        lambda: Question.objects.create(questionnaire=published, position=90, code="X1", wording="New", kind="text"),
        lambda: Questionnaire.objects.filter(pk=published.pk).update(version=9),
        lambda: Questionnaire.objects.filter(pk=published.pk).update(published_at=None),
    ):
        with pytest.raises(IntegrityError, match="frozen"), transaction.atomic():
            change()
    # A draft may still be changed: it is the publishing that freezes.
    assert Question.objects.filter(questionnaire__stage=Stage.POST, code="RE1").update(wording="Changed") == 1
