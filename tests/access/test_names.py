"""A member of the subgroup walks every address of the portal: no page, download or filter names anybody to them."""

import re
from datetime import date
from urllib.parse import urljoin, urlsplit

import pytest
from django.urls import reverse

from accounts.models import Practitioner, Sector
from bookings.models import Booking, GroupBooking
from courses.models import Course, Enquiry, Strand
from evaluation import pdfs
from evaluation.actions import moderation, quality_reports
from evaluation.models import QualityReport
from evaluation.reports.compiling import compile_figures
from evaluation.reports.facts import period_of
from evaluation.reports.selection import Selection
from evaluation.tasks import build_report
from tests import cast
from tests.access.matrix import MATRIX
from tests.access.people import arrive, person
from tests.access.reading import named_in, secrets
from tests.access.visits import Visit, visits
from tests.evaluation.words import somebodys_words
from tests.makers import NOW

pytestmark = pytest.mark.django_db

MEMBER = "subgroup member"
# Whoever has the secret of a link is the one it was written to. Letters lie open on a local run alone.
WRITTEN_TO_SOMEBODY = {
    "accounts:mailbox", "accounts:mailbox_letter", "accounts:mailbox_calendar", "bookings:approval_answer",
    "bookings:calendar_feed", "bookings:certificate_check", "bookings:invitation", "bookings:keep_account",
    "evaluation:respond_by_link",
}  # fmt: skip
LINKS = re.compile(r'(?:href|src)="([^"#]+)')
QUARTER = {"starts_on": date(2026, 10, 1), "ends_on": date(2026, 12, 31)}
# What people type that the town leaves empty, or that its pages give as an example.
TYPED = {
    Practitioner: {"manager_name": "Maud Manager", "manager_deputy_email": "deputy.of.maud@example.org"},
    Booking: {"decided_reason": "Maud needs her on the ward", "prerequisite_declared": "Maud knows when"},
    Enquiry: {"audience": "Maud and her nine", "dates_wanted": "When Maud is back", "note": "Maud wept on the phone"},
    GroupBooking: {"note": "Maud and two of hers"},
}


@pytest.fixture
def reports(town):
    """What the member asked for: everything that happened in the town, and as little of it as a filter allows."""
    for model, words in TYPED.items():
        rows = model.objects.exclude(user=person(MEMBER)) if model is Practitioner else model.objects.all()
        rows.update(**words)
    said = somebodys_words("Ada Learner of School A wept.", strand=Strand.MULTI_AGENCY, name="Wordy C")
    moderation.decide(
        answer_id=said.pk, decision="REDACTED", words="Somebody wept.", theme="PRACTICE", is_for_report=True, seen=0,
        by=cast.lou(), now=NOW,
    )  # fmt: skip
    filtered = {"course": Course.objects.get(title="Course A").pk, "sector": Sector.SCHOOL_MAINTAINED}
    return [_report(), _report(**filtered)]


def _report(**filters):
    asked = quality_reports.request_report(
        **QUARTER, strands=[Strand.MULTI_AGENCY], filters=filters, by=person(MEMBER), now=NOW
    )
    build_report(report_id=asked.pk)
    return QualityReport.objects.get(pk=asked.pk)


def walk(client, town, reports):
    """Every address, with everything in the town that it may be about; then wherever its pages lead."""
    seen, ahead = set(), []

    def reading(visit):
        seen.add(visit.path)
        ahead.extend(_links(visit))
        return visit

    doors = {name: door for name, door in MATRIX.items() if name not in WRITTEN_TO_SOMEBODY}
    mine = {name: door for name, door in doors.items() if door.opens_to(MEMBER, "A") or door.opens_to(MEMBER, "B")}
    for some, method in ((doors, "GET"), (mine, "POST")):
        for _, visit in visits(client, town, some, methods=(method,), relations="AB"):
            yield reading(visit)
    ahead += [path for report in reports for path in _exports(report)]
    while ahead:
        path = ahead.pop()
        if path not in seen:
            yield reading(Visit(client, "GET", path, name="followed"))


def _links(visit):
    """The portal's own addresses on a page; styles and pictures are the same for everybody."""
    if visit.status == 302:
        found = [visit.answer.url]
    elif visit.answer.headers.get("Content-Type", "").startswith("text/html"):
        found = LINKS.findall(visit.answer.content.decode().replace("&amp;", "&"))
    else:
        found = []
    ours = [urlsplit(urljoin(f"http://testserver{visit.path}", each)) for each in found]
    return [
        f"{each.path}?{each.query}" if each.query else each.path
        for each in ours
        if each.hostname == "testserver" and not each.path.startswith(("/static/", "/mailbox/", "/accounts/logout/"))
    ]


def _exports(report):
    for name in ("report_detail", "report_progress", "report_xlsx", "report_pdf"):
        yield reverse(f"evaluation:{name}", args=[report.pk])
    for table in report.figures["tables"]:
        yield reverse("evaluation:report_csv", args=[report.pk, table["code"]])


def test_a_member_of_the_subgroup_finds_no_name_anywhere(client, town, reports):
    hidden = secrets(person(MEMBER))
    arrive(client, MEMBER)
    visited = list(walk(client, town, reports))
    assert "\n".join(f"{visit} tells {each}" for visit in visited for each in named_in(visit.answer, hidden)) == ""
    # And there was something to find, and something to read.
    assert {"ada learner", "cass@example.org", "manager.a@example.org", "ada learner of school a wept."} <= set(hidden)
    assert {visit.path for visit in visited if visit.status == 200} > {
        path for report in reports for path in _exports(report)
    }


@pytest.mark.parametrize(
    ("role", "name", "of"),
    [
        ("workforce team", "bookings:staff_booking", "booking"),
        ("workforce team", "bookings:register_sheet", "session"),
        ("contact of school A", "organisation_record", ""),
    ],
)
def test_a_name_is_found_where_it_is_there_to_be_read(client, town, role, name, of):
    """The same eyes, on a page, a printed sheet and an export."""
    arrive(client, role)
    visit = Visit(client, "GET", reverse(name, kwargs=town[of]["A"] if of else None))
    assert (visit.status, names_ada(visit.answer, secrets(person(MEMBER)))) == (200, True)


def names_ada(answer, hidden):
    return any(each.endswith(": ada learner") for each in named_in(answer, hidden))


def test_a_name_that_slipped_into_a_report_is_found_in_each_of_its_files(client, town):
    asked = quality_reports.request_report(
        **QUARTER, strands=[Strand.MULTI_AGENCY], filters={}, by=person(MEMBER), now=NOW
    )
    report = quality_reports.claim(report_id=asked.pk, now=NOW)
    figures = compile_figures(Selection(period_of(report), (Strand.MULTI_AGENCY,)), threshold=5, now=NOW)
    for table in figures["tables"]:
        if table["rows"]:
            table["rows"][0]["cells"][0]["text"] = "Ada Learner"
    pdf = pdfs.quality_report(title="Quality report", facts=[], figures=figures)
    quality_reports.publish(report=report, figures=figures, pdf=pdf, snapshot_at=NOW)
    report.refresh_from_db()
    hidden = secrets(person(MEMBER))
    arrive(client, MEMBER)
    silent = {path for path in _exports(report) if not names_ada(Visit(client, "GET", path).answer, hidden)}
    empty = [table["code"] for table in report.figures["tables"] if not table["rows"]]
    assert silent == {
        reverse("evaluation:report_progress", args=[report.pk]),
        *[reverse("evaluation:report_csv", args=[report.pk, code]) for code in empty],
    }
