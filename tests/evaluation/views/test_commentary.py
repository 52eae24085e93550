"""Pages of what officers write beside the figures: written, read through, approved, circulated."""

import pytest
from django.urls import reverse

from courses.models import Strand
from evaluation.actions import commentary, quality_reports
from evaluation.models import ImprovementAction, QualityReport, Recommendation, YouSaid
from tests import cast
from tests.evaluation.reported import ready_report
from tests.makers import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def page_of(report, name="words"):
    return reverse(f"evaluation:report_{name}", args=[report.pk])


@pytest.fixture
def lou(client):
    client.force_login(cast.lou())
    return client


def write_everything(client, report):
    cast.dev()
    said = {
        "commentary": "Fewer came.\n\nThe police came back.",
        "what": "Ask every school",
        "owner_email": "dev@example.org",
        "due_on": "31/3/2027",
        "said": "More practice",
        "did": "Half a day was added.",
    }
    for _ in range(2):
        assert client.post(page_of(report), said).url == page_of(report)


def test_an_officer_writes_reads_through_and_approves(lou):
    report = ready_report()
    write_everything(lou, report)
    for name in ("words", "approve"):
        page = lou.get(page_of(report, name)).content.decode()
        for words in ("The police came back.", "Ask every school", "More practice", "Half a day was added."):
            assert words in page

    assert [lou.post(page_of(report, "approve")).url for _ in range(2)] == [page_of(report, "detail")] * 2

    report.refresh_from_db()
    assert (report.approved_by, ImprovementAction.objects.get().owner) == (cast.lou(), cast.dev())
    assert "stays as it is" in lou.get(page_of(report)).content.decode()
    late = lou.post(page_of(report), {"commentary": "Late"})
    assert (late.status_code, "Lou Adeyemi has approved" in late.content.decode()) == (409, True)


def test_the_subgroup_reads_it_once_it_is_approved_and_owners_without_a_name(client, lou):
    report = ready_report()
    write_everything(lou, report)
    client.force_login(cast.sal())
    before = client.get(page_of(report, "detail")).content.decode()
    assert not any(words in before for words in ("Fewer came.", "Ask every school", "More practice"))

    commentary.approve(report_id=report.pk, by=cast.lou(), now=NOW)
    page = client.get(page_of(report, "detail")).content.decode()
    for words in ("<p>Fewer came.</p>", "Ask every school", "More practice", "Somebody of", "Approved, being printed"):
        assert words in page
    assert "Dev Patel" not in page
    claimed = quality_reports.claim(report_id=report.pk, now=NOW)
    quality_reports.circulate(report=claimed, pdf=b"%PDF-1.7 with words", now=NOW)
    assert "Circulated" in client.get(page_of(report, "detail")).content.decode()
    assert "Circulated" in client.get("/lscp/reports/").content.decode()
    assert client.get(page_of(report, "pdf")).content == b"%PDF-1.7 with words"


def test_only_officers_write_about_reports_that_are_theirs(client):
    mine, council = ready_report(), ready_report(cast.wendy(), Strand.CORE)
    names = ("words", "approve")
    said = {"commentary": "Mine", "what": "Mine", "said": "a", "did": "b"}
    for person, report in ((cast.sal(), mine), (cast.wendy(), council), (cast.lou(), council)):
        client.force_login(person)
        assert [client.post(page_of(report, name), said).status_code for name in names] == [404] * 2
    line = commentary.recommend(report_id=mine.pk, what="Two more dates", by=cast.lou(), now=NOW)
    client.force_login(cast.sal())
    assert client.post(reverse("evaluation:recommendation_remove", args=[line.pk])).status_code == 404
    assert not QualityReport.objects.exclude(commentary="").exists()
    assert Recommendation.objects.exists()


@pytest.mark.parametrize(
    ("said", "wrong"),
    [
        ({"commentary": "x" * 6001}, {"commentary"}),
        ({"owner_words": "Police", "due_on": "31/3/2027"}, {"what"}),
        ({"what": "Ask", "due_on": "31/3/2027"}, {"owner_email"}),
        ({"what": "Ask", "owner_words": "Police"}, {"due_on"}),
        ({"what": "Ask", "owner_email": "no@example.org", "due_on": "31/3/2027"}, {"owner_email"}),
        ({"said": "a"}, {"did"}),
        ({"did": "a"}, {"said"}),
    ],
)
def test_what_is_wrong_is_said_beside_the_field_and_nothing_is_kept(lou, said, wrong):
    page = lou.post(page_of(ready_report()), {"commentary": "Kept on the page"} | said)

    errors = [page.context[form].errors for form in ("words_form", "recommendation_form", "you_said_form")]
    assert (page.status_code, {field for each in errors for field in each}) == (422, wrong)
    assert said.get("commentary", "Kept on the page") in page.content.decode()
    assert not Recommendation.objects.exists()
    assert QualityReport.objects.get().commentary == ""


def test_lines_are_taken_out(lou):
    report = ready_report()
    lou.post(page_of(report), {"what": "Think about transport", "said": "More practice", "did": "Half a day."})
    assert (Recommendation.objects.count(), YouSaid.objects.count()) == (1, 1)

    lou.post(reverse("evaluation:recommendation_remove", args=[Recommendation.objects.get().pk]))
    lou.post(reverse("evaluation:you_said_remove", args=[YouSaid.objects.get().pk]))

    assert (Recommendation.objects.count(), YouSaid.objects.count()) == (0, 0)
