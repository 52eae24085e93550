"""moderation: what people wrote is read first; what may be read is kept beside it, and the original stays."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry
from courses.models import Strand
from evaluation.actions import moderation
from evaluation.actions.moderation import ModerationRefused
from evaluation.models import Answer, Moderation
from evaluation.models.moderation import Theme
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.evaluation.words import somebodys_words
from tests.makers import NOW
from tests.threads import while_held

Decision = Moderation.Decision
TEXT = "I ask Jayden what he thinks."


@pytest.fixture
def words(db):
    return somebodys_words(TEXT, strand=Strand.MULTI_AGENCY)


def decide(answer, by, decision=Decision.APPROVED, *, words="", theme=Theme.PRACTICE, is_for_report=False, seen=0):
    return moderation.decide(
        answer_id=answer.pk,
        decision=decision,
        words=words,
        theme=theme,
        is_for_report=is_for_report,
        seen=seen,
        by=by,
        now=NOW,
    )


def test_words_wait_until_somebody_has_read_them(words):
    assert words.moderation == Answer.Moderation.TO_REVIEW
    assert list(Answer.objects.moderated_by(cast.lou()).to_review()) == [words]


def test_whose_words_somebody_reads(words):
    ours = somebodys_words("More time, please.", strand=Strand.STATUTORY, name="Tom Teacher")

    def read_by(user):
        return list(Answer.objects.moderated_by(user))

    assert (read_by(cast.lou()), read_by(cast.wendy())) == ([words], [ours])
    assert [read_by(user) for user in (cast.sal(), cast.dev(), cast.amina())] == [[], [], []]
    with pytest.raises(ModerationRefused):
        decide(words, cast.wendy())


def test_approved_words_are_those_that_were_written(words):
    decided = decide(words, cast.lou(), words="something else", is_for_report=True)

    words.refresh_from_db()
    assert (decided.words, decided.is_for_report, words.moderation) == (TEXT, True, "APPROVED")


def test_other_words_stand_beside_the_original(words):
    decided = decide(words, cast.lou(), Decision.REDACTED, words="I ask the child what they think.")

    words.refresh_from_db()
    assert (decided.words, words.words) == ("I ask the child what they think.", TEXT)
    assert words.moderation == "REDACTED"
    assert AuditEntry.objects.filter(verb="moderation.redacted", subject=f"answer:{words.pk}").count() == 1


def test_withheld_words_leave_nothing_to_read(words):
    decided = decide(words, cast.lou(), Decision.WITHHELD, words="x", is_for_report=True)

    assert (decided.words, decided.theme, decided.is_for_report) == ("", "", False)


@pytest.mark.parametrize(("said", "why"), [("", "Write the words"), (TEXT, "the words as written")])
def test_other_words_are_other_words(words, said, why):
    with pytest.raises(ModerationRefused, match=why):
        decide(words, cast.lou(), Decision.REDACTED, words=said)
    assert Moderation.objects.count() == 0


@pytest.mark.parametrize(
    ("how", "may"),
    [
        ({"leave": "yes"}, True),
        ({"leave": "no"}, False),
        ({"leave": ""}, False),
        ({"stage": Stage.MANAGER, "code": "MG3"}, True),
    ],
)
@pytest.mark.django_db
def test_nothing_is_printed_without_leave(how, may):
    answer = somebodys_words(TEXT, strand=Strand.MULTI_AGENCY, **how)

    if may:
        assert decide(answer, cast.lou(), is_for_report=True).is_for_report
    else:
        with pytest.raises(ModerationRefused, match="did not give leave"):
            decide(answer, cast.lou(), is_for_report=True)
        assert decide(answer, cast.lou()).words == TEXT


def test_decided_twice_alike_is_once_and_otherwise_is_said(words):
    lou = cast.lou()
    first = decide(words, lou)

    assert decide(words, lou) == first
    with pytest.raises(ModerationRefused, match="Somebody else has decided meanwhile"):
        decide(words, lou, Decision.WITHHELD)
    assert decide(words, lou, Decision.WITHHELD, seen=1).pk != first.pk
    words.refresh_from_db()
    assert words.moderation == "WITHHELD"
    assert [each.decision for each in Moderation.objects.in_force()] == ["WITHHELD"]


@pytest.mark.django_db(transaction=True)
def test_of_two_at_once_the_second_is_told():
    words, lou = somebodys_words(TEXT, strand=Strand.MULTI_AGENCY), cast.lou()

    results = while_held(
        lambda: list(Answer.objects.filter(pk=words.pk).select_for_update()),
        lambda: decide(words, lou),
        lambda: decide(words, lou, Decision.WITHHELD),
    )

    assert sorted(type(result).__name__ for result in results) == ["Moderation", "ModerationRefused"]
    assert Moderation.objects.count() == 1


@pytest.mark.parametrize("change", [{"texts": ["Never said."]}, {"rating": 3}, {"choices": ["yes"]}])
def test_an_answer_stays_as_it_was_given(words, change):
    with pytest.raises(IntegrityError, match="stays as it is"), transaction.atomic():
        Answer.objects.filter(pk=words.pk).update(**change)


def test_words_may_be_taken_out_when_their_time_is_over_and_what_was_approved_stays(words):
    decide(words, cast.lou())

    Answer.objects.filter(pk=words.pk).update(texts=[])

    assert Moderation.objects.get().words == TEXT
    assert list(Answer.objects.moderated_by(cast.lou())) == []


def forget(**how):
    return moderation.forget_words(written_before=NOW + timedelta(seconds=1), **{"at_most": 10} | how)


def test_old_words_go_and_what_was_approved_to_be_quoted_stays(words):
    decide(words, cast.lou(), is_for_report=True)
    rating = Answer.objects.create(
        response=words.response, question=words.response.questionnaire.questions.get(code="SR2"), rating=7
    )
    assert moderation.forget_words(written_before=NOW, at_most=10) == 0
    assert forget() == 1
    assert forget() == 0
    words.refresh_from_db()
    rating.refresh_from_db()
    assert (words.texts, rating.rating, words.moderations.get().words) == ([], 7, TEXT)
    assert not Answer.objects.moderated_by(cast.lou()).exists()


def test_old_words_go_in_portions(words):
    for name in ("Ben Birch", "Cara Cole"):
        somebodys_words("More time.", strand=Strand.MULTI_AGENCY, name=name)
    assert [forget(at_most=2), forget(at_most=2), forget(at_most=2)] == [2, 1, 0]


def test_words_that_are_no_longer_kept_cannot_be_decided_about(words):
    forget()
    with pytest.raises(ModerationRefused, match="no longer kept"):
        decide(words, cast.lou())
