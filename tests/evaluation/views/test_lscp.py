"""Pages of the quality reports: who may open them, what they say, what can be taken away."""

import csv
import io
from datetime import date

import openpyxl
import pytest
import time_machine
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry
from courses.models import Strand
from evaluation.actions import quality_reports
from evaluation.models import QualityReport
from evaluation.reports import pictures
from evaluation.reports.compiling import compile_figures
from evaluation.reports.facts import period_of
from evaluation.reports.selection import Selection
from tests import cast
from tests.evaluation import city
from tests.evaluation.city import Run

pytestmark = pytest.mark.django_db

LIST = "/lscp/reports/"
MAKE = f"{LIST}make/"
PERIOD = "2026-04-01_2026-06-30"
MULTI, CORE = [Strand.MULTI_AGENCY], [Strand.CORE]
READERS = {"lou": MULTI, "sal": MULTI, "wendy": CORE}
STRANGERS = ("amina", "ben", "carol", "dev", "zed")


@pytest.fixture(autouse=True)
def _november():
    """The pages offer periods by the day."""
    with time_machine.travel(city.AFTER, tick=True):
        yield


def pending(by, strands):
    return quality_reports.request_report(
        starts_on=date(2026, 4, 1), ends_on=date(2026, 6, 30), strands=strands, filters={}, by=by, now=city.AFTER
    )


def ready(by, strands=MULTI, *, has_charts=False):
    """A finished report; its file stands for the real one, which tests of tasks and documents make."""
    report = quality_reports.claim(report_id=pending(by, strands).pk, now=city.AFTER)
    selection = Selection(period_of(report), tuple(strands))
    figures = compile_figures(selection, threshold=5, now=city.AFTER)
    if has_charts:
        pictures.illustrate(figures)
    quality_reports.publish(report=report, figures=figures, pdf=b"%PDF-1.7 of a report", snapshot_at=city.AFTER)
    report.refresh_from_db()
    return report


def addresses(report):
    names = ("report_detail", "report_progress", "report_xlsx", "report_pdf")
    return [reverse(f"evaluation:{name}", args=[report.pk]) for name in names] + [
        reverse("evaluation:report_csv", args=[report.pk, "R2"])
    ]


@pytest.mark.parametrize("who", READERS)
def test_reports_open_to_their_readers_alone(client, who):
    city.deliver(Run("Neglect", 40, 30))
    strands = READERS[who]
    report = ready(getattr(cast, who)(), strands)
    client.force_login(getattr(cast, who)())
    assert [client.get(url).status_code for url in [LIST, *addresses(report)]] == [200] * 6
    for other in STRANGERS:
        client.force_login(getattr(cast, other)())
        assert [client.get(url).status_code for url in [LIST, *addresses(report)]] == [404] * 6
    for other, theirs in READERS.items():
        client.force_login(getattr(cast, other)())
        expected = 200 if theirs == strands else 404
        assert [client.get(url).status_code for url in addresses(report)] == [expected] * 5
    client.logout()
    assert [client.get(url).status_code for url in [LIST, *addresses(report)]] == [302] * 6


def test_report_list_shows_own_strands_alone(client):
    mine, theirs = pending(cast.lou(), MULTI), pending(cast.wendy(), CORE)
    client.force_login(cast.lou())
    page = client.get(LIST).content.decode()
    assert reverse("evaluation:report_detail", args=[mine.pk]) in page
    assert reverse("evaluation:report_detail", args=[theirs.pk]) not in page


def test_report_list_without_reports_says_what_to_do(client):
    client.force_login(cast.lou())
    assert "No reports yet" in client.get(LIST).content.decode()


def test_report_list_asks_as_many_questions_for_three_reports_as_for_one(client):
    client.force_login(cast.lou())
    client.get(LIST)
    asked = []
    for by in (cast.lou, cast.sal):
        pending(by(), MULTI)
        QualityReport.objects.update(state=QualityReport.State.FAILED)
        pending(by(), MULTI)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        asked.append(len(queries))
    assert asked[0] == asked[1]


def test_report_create_asks_and_leads_to_the_report(client):
    client.force_login(cast.lou())
    answer = client.post(MAKE, {"period": PERIOD, "strands": ["multi_agency"], "sector": "group:education"})
    report = QualityReport.objects.get()
    assert answer.url == reverse("evaluation:report_detail", args=[report.pk])
    assert (report.starts_on, report.ends_on) == (date(2026, 4, 1), date(2026, 6, 30))
    assert (report.strands, report.filters) == (["multi_agency"], {"sector": "group:education"})
    page = client.get(answer.url).content.decode()
    assert "Your report is being made" in page
    assert f'data-progress-url="/lscp/reports/{report.pk}/progress/"' in page


@pytest.mark.parametrize(
    ("data", "error"),
    [
        ({"period": "dates"}, "Give the first day to count"),
        ({"period": "dates", "starts_on": "1/4/2026", "ends_on": "31/3/2026"}, "The last day is before the first"),
        ({"period": "dates", "starts_on": "1/4/2020", "ends_on": "31/3/2026"}, "A report covers a year at most"),
        ({"period": "dates", "starts_on": "1/4/1066", "ends_on": "2/4/1066"}, "Choose a day from 2000 on"),
        ({"period": "dates", "starts_on": "soon", "ends_on": "2/4/2026"}, "must be a date"),
        ({"period": "the other day"}, "Choose one of the answers"),
        ({"period": PERIOD, "strands": ["core"]}, "Choose strands that you may read"),
        ({"period": PERIOD, "strands": []}, "Choose at least one strand"),
        ({"period": PERIOD, "course": "x"}, "Choose a course from the list"),
        ({"period": PERIOD, "cluster": "99"}, "Choose a cluster from the list"),
        ({"period": PERIOD, "sector": "x" * 5000}, "Choose one of the answers"),
        ({}, "Period"),
    ],
)
def test_report_create_says_what_is_wrong(client, data, error):
    client.force_login(cast.lou())
    answer = client.post(MAKE, {"strands": ["multi_agency"], **data})
    assert answer.status_code == 422
    assert error in answer.content.decode()
    assert QualityReport.objects.count() == 0


def test_report_create_takes_other_dates(client):
    client.force_login(cast.wendy())
    data = {"period": "dates", "starts_on": "1/5/2026", "ends_on": "2/5/2026", "strands": ["core", "traded"]}
    assert client.post(MAKE, data).status_code == 302
    report = QualityReport.objects.get()
    assert (report.starts_on, report.strands) == (date(2026, 5, 1), ["core", "traded"])


def test_report_progress_tells_how_far_it_is(client):
    report = pending(cast.lou(), MULTI)
    url = reverse("evaluation:report_progress", args=[report.pk])
    client.force_login(cast.lou())
    assert client.get(url).json()["state"] == "working"
    QualityReport.objects.update(state=QualityReport.State.FAILED)
    assert client.get(url).json()["state"] == "failed"
    assert "There is no report" in client.get(reverse("evaluation:report_detail", args=[report.pk])).content.decode()


def test_files_of_a_report_in_the_making_are_not_there(client):
    report = pending(cast.lou(), MULTI)
    client.force_login(cast.lou())
    assert [client.get(url).status_code for url in addresses(report)[2:]] == [404] * 3


def test_report_detail_shows_headlines_tables_and_charts(client):
    city.lively_quarter()
    report = ready(cast.lou(), has_charts=True)
    client.force_login(cast.lou())
    page = client.get(reverse("evaluation:report_detail", args=[report.pk])).content.decode()
    for words in ("77.4%", "304 of 393 places were used.", "93.1%", "6.9%", "fewer than 5", "Lou Adeyemi"):
        assert words in page
    assert page.count("<svg xmlns") == 7
    assert [forbidden for forbidden in ("<style", " style=", "onclick", "<script>") if forbidden in page] == []


def test_exports_are_recorded(client):
    city.deliver(Run("Neglect", 40, 30))
    report = ready(cast.lou())
    client.force_login(cast.lou())
    for url in addresses(report)[2:]:
        assert client.get(url)["Content-Disposition"].startswith(
            'attachment; filename="quality-report-april-to-june-2026'
        )
    entries = AuditEntry.objects.filter(verb="report.export", subject=f"report:{report.pk}", actor_id=cast.lou().pk)
    assert list(entries.order_by("pk").values_list("detail__what", flat=True)) == ["xlsx", "pdf", "R2.csv"]


def test_report_csv_and_workbook_say_what_the_page_says(client):
    city.llr_quarter()
    report = ready(cast.lou())
    client.force_login(cast.lou())
    text = client.get(reverse("evaluation:report_csv", args=[report.pk, "R2"])).content.decode("utf-8-sig")
    header, *_, total = csv.reader(io.StringIO(text))
    last = dict(zip(header, total, strict=True))
    assert (last["Occupancy (OCC)"], last["Attendance rate (ATR)"]) == ("77.4", "93.1")
    assert last["Did not attend, % (DNA%)"] == "6.9"
    content = client.get(reverse("evaluation:report_xlsx", args=[report.pk])).content
    book = openpyxl.load_workbook(io.BytesIO(content))
    assert book.sheetnames == [
        "Cover", "R1 Headlines", "R1b Quarter by quarter", "R2 Delivery by course", "R3 By agency and sector",
        "R4 Course by group", "R6 Self-paced courses", "R7 Training pool", "R8 Mix of agencies", "R9 Lost places",
        "R9b Charges for lost places", "R10 Reaction", "R11 Observation",
        "R12 Content currency", "R14 Learning change", "R15 Impact at 12 weeks", "R15b What people did since", "R16 Voices",
        "R18 Agencies’ own training", "R19 Needs", "R20 Actions",
    ]  # fmt: skip
    rows = list(book["R2 Delivery by course"].values)
    cells = dict(zip(rows[0], rows[-1], strict=True))
    assert (cells["Occupancy (OCC)"], cells["Attendances (TOT)"]) == (0.774, 304)
    assert client.get(reverse("evaluation:report_csv", args=[report.pk, "R99"])).status_code == 404


def test_pdf_is_the_file_that_was_made(client):
    report = ready(cast.lou())
    client.force_login(cast.lou())
    answer = client.get(reverse("evaluation:report_pdf", args=[report.pk]))
    assert (answer["Content-Type"], answer.content) == ("application/pdf", b"%PDF-1.7 of a report")
