"""Commentary: written until the report is approved, once, by one officer; then everything stays."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import AuditEntry, OutboundEmail, Role
from evaluation.actions import commentary, quality_reports
from evaluation.actions.commentary import WordsRefused
from evaluation.models import ImprovementAction, QualityReport, Recommendation, YouSaid
from evaluation.models.quality_report import MAX_ATTEMPTS
from tests import cast
from tests.evaluation.reported import FIGURES, PAPER, ready_report
from tests.makers import NOW
from tests.threads import at_once

pytestmark = pytest.mark.django_db
LATER = NOW + timedelta(hours=1)
IN_SPRING = date(2027, 3, 31)


def lin():
    return cast.make_person("Lin Other", roles=[Role.LSCP_OFFICER])


def who(report, by=None, now=NOW):
    return {"report_id": report.pk, "by": by or cast.lou(), "now": now}


def recommend(report, what="Two more dates", **owner):
    facts = {"due_on": IN_SPRING, **owner} if owner else {}
    return commentary.recommend(what=what, **facts, **who(report))


def answer(report, said="More time to practise"):
    return commentary.answer(said=said, did="Half a day was added.", **who(report))


def test_written_twice_alike_is_once():
    report = ready_report()
    for _ in range(2):
        commentary.write(commentary=" Fewer came. ", **who(report))
        recommend(report, owner_words=" Police ")
        recommend(report)
        answer(report)

    report.refresh_from_db()
    assert report.commentary == "Fewer came."
    assert sorted(Recommendation.objects.values_list("owner_words", "due_on")) == [("", None), ("Police", IN_SPRING)]
    assert YouSaid.objects.count() == 1
    assert AuditEntry.objects.filter(verb="report.write").count() == 1


def test_recommend_wants_an_owner_and_a_day_or_neither():
    report = ready_report()
    for half in ({"due_on": IN_SPRING}, {"owner_words": "Police"}, {"owner": cast.dev()}):
        with pytest.raises(WordsRefused, match="Give both"):
            commentary.recommend(what="Two more dates", **half, **who(report))
    assert not Recommendation.objects.exists()


def test_take_out_is_once():
    report = ready_report()
    lines = [recommend(report), answer(report)]
    for line in lines * 2:
        commentary.take_out(line=line, by=cast.lou(), now=NOW)
    assert (Recommendation.objects.count(), YouSaid.objects.count()) == (0, 0)
    assert AuditEntry.objects.filter(verb="report.take_out").count() == 2


def test_approve_makes_actions_of_what_has_an_owner_and_a_day():
    report = ready_report()
    recommend(report, "Ask every school", owner=cast.dev())
    recommend(report, "Two more dates", owner_words="Health, named nurse")
    without = recommend(report, "Think about transport")

    commentary.approve(**who(report))

    actions = ImprovementAction.objects.order_by("pk")
    assert [(each.what, each.source, each.report, each.owner_name, each.due_on) for each in actions] == [
        ("Ask every school", "REPORT", report, "Dev Patel", IN_SPRING),
        ("Two more dates", "REPORT", report, "Health, named nurse", IN_SPRING),
    ]
    assert [each.action for each in Recommendation.objects.order_by("pk")] == [*actions, None]
    without.refresh_from_db()
    assert [letter.to for letter in OutboundEmail.objects.all()] == ["dev@example.org"]


def test_approve_twice_is_once_and_a_second_officer_is_told():
    report = ready_report()
    recommend(report, owner_words="Police")

    commentary.approve(**who(report))
    again = commentary.approve(**who(report, now=LATER))

    assert (again.approved_at, again.approved_by) == (NOW, cast.lou())
    assert AuditEntry.objects.filter(verb="report.approve").count() == 1
    assert ImprovementAction.objects.count() == 1
    with pytest.raises(WordsRefused, match="Lou Adeyemi has approved this report"):
        commentary.approve(**who(report, by=lin()))


@pytest.mark.django_db(transaction=True)
def test_two_officers_at_once_one_wins():
    report = ready_report()
    recommend(report, owner_words="Police")
    facts = [who(report, by=officer) for officer in (cast.lou(), lin())]

    results = at_once(*[lambda facts=each: commentary.approve(**facts) for each in facts])

    [told] = [each for each in results if isinstance(each, WordsRefused)]
    [won] = [each for each in results if isinstance(each, QualityReport)]
    assert won.approved_by.practitioner.full_name in str(told)
    assert ImprovementAction.objects.count() == 1


def test_nothing_is_written_once_it_is_approved():
    report = ready_report()
    lines = [recommend(report), answer(report)]
    commentary.approve(**who(report))

    for late in (
        lambda: commentary.write(commentary="Late", **who(report)),
        lambda: recommend(report, "Late"),
        lambda: answer(report, "Late"),
        *[lambda line=each: commentary.take_out(line=line, by=cast.lou(), now=NOW) for each in lines],
    ):
        with pytest.raises(WordsRefused, match="stays as it is"):
            late()
    assert (Recommendation.objects.count(), YouSaid.objects.count()) == (1, 1)


def test_the_database_keeps_words_and_figures():
    report = ready_report()
    line, lines = recommend(report), Recommendation.objects.all()
    rows = QualityReport.objects.filter(pk=report.pk)
    with pytest.raises(IntegrityError, match="figures"), transaction.atomic():
        rows.update(figures={})
    rows.update(commentary="Still open")
    commentary.approve(**who(report))

    for late in (
        lambda: rows.update(commentary="Late"),
        lambda: rows.update(approved_by=cast.dev()),
        lambda: lines.update(what="Late"),
        lambda: lines.delete(),
        lambda: YouSaid.objects.create(report=report, said="a", did="b", made_at=NOW, made_by=cast.lou()),
        lambda: Recommendation.objects.create(report=report, what="Late", made_at=NOW, made_by=line.made_by),
    ):
        with pytest.raises(IntegrityError, match="is approved"), transaction.atomic():
            late()


def test_a_report_that_is_not_ready_is_neither_written_about_nor_approved():
    report = ready_report()
    QualityReport.objects.filter(pk=report.pk).update(state="FAILED")
    for early in (
        lambda: commentary.write(commentary="Early", **who(report)),
        lambda: commentary.approve(**who(report)),
    ):
        with pytest.raises(WordsRefused, match="could not be compiled"):
            early()


def test_circulate_keeps_the_new_paper_once_and_the_figures():
    report = ready_report()
    assert quality_reports.claim(report_id=report.pk, now=NOW) is None
    commentary.approve(**who(report))
    claimed = quality_reports.claim(report_id=report.pk, now=NOW)

    assert quality_reports.claim(report_id=report.pk, now=NOW) is None
    assert quality_reports.circulate(report=claimed, pdf=b"%PDF with words", now=LATER)
    assert not quality_reports.circulate(report=claimed, pdf=b"%PDF again", now=LATER)

    report.refresh_from_db()
    assert (report.circulated_at, bytes(report.pdf), report.figures) == (LATER, b"%PDF with words", FIGURES)
    assert quality_reports.claim(report_id=report.pk, now=LATER + timedelta(days=1)) is None


def test_an_officer_may_have_it_printed_again_when_paper_failed():
    report = ready_report()
    commentary.approve(**who(report))
    for _ in range(MAX_ATTEMPTS):
        quality_reports.put_back(report=quality_reports.claim(report_id=report.pk, now=NOW))

    report.refresh_from_db()
    assert (report.state, bytes(report.pdf), report.waits_for_paper) == ("READY", PAPER, True)
    commentary.approve(**who(report, by=lin()))
    report.refresh_from_db()
    assert (report.approved_by, report.waits_for_paper) == (cast.lou(), False)
    assert quality_reports.claim(report_id=report.pk, now=LATER) is not None
