"""Pages of schedules: set up, what was made and who was told, ended."""

from datetime import UTC, datetime

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import User
from courses.models import Strand
from evaluation.actions import quality_reports, schedules
from evaluation.models import ReportSchedule, ScheduledReport
from tests import cast
from tests.evaluation.reported import FIGURES, PAPER
from tests.makers import NOW

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
LIST = "/lscp/schedules/"
NEW_YEAR = datetime(2027, 1, 1, 12, tzinfo=UTC)


def set_up(*recipients, by=None, strand=Strand.MULTI_AGENCY):
    recipients = recipients or (cast.lou(), cast.sal())
    return schedules.set_up(every="QUARTER", strands=[strand], recipients=recipients, by=by or cast.lou(), now=NOW)


def made(schedule):
    schedules.ask(schedule_id=schedule.pk, now=NEW_YEAR)
    scheduled = ScheduledReport.objects.get(schedule=schedule)
    report = quality_reports.claim(report_id=scheduled.report_id, now=NEW_YEAR)
    quality_reports.publish(report=report, figures=FIGURES, pdf=PAPER, snapshot_at=NEW_YEAR)
    schedules.tell(scheduled_id=scheduled.pk, now=NEW_YEAR)


def page_of(schedule, name="detail"):
    return reverse(f"evaluation:schedule_{name}", args=[schedule.pk])


@pytest.fixture
def lou(client):
    client.force_login(cast.lou())
    return client


def test_an_empty_list_says_what_to_do(lou):
    assert "No schedules yet" in lou.get(LIST).content.decode()


def test_set_up_sent_twice_is_one(lou):
    said = {"every": "QUARTER", "strands": ["multi_agency"], "recipients": [cast.sal().pk, cast.lou().pk]}

    answers = [lou.post(f"{LIST}new/", said).url for _ in range(2)]

    schedule = ReportSchedule.objects.get()
    assert answers == [page_of(schedule)] * 2
    page = lou.get(LIST).content.decode()
    assert "Every quarter" in page
    assert "Lou Adeyemi and Sal" in page


@pytest.mark.parametrize(
    ("name", "value"), [("every", "WEEK"), ("strands", ["core"]), ("recipients", []), ("recipients", ["9" * 30, "x"])]
)
def test_what_is_wrong_is_said_beside_the_field(lou, name, value):
    said = {"every": "QUARTER", "strands": ["multi_agency"], "recipients": [cast.sal().pk]} | {name: value}
    page = lou.post(f"{LIST}new/", said)
    assert (page.status_code, set(page.context["form"].errors)) == (422, {name})
    assert not ReportSchedule.objects.exists()


def test_each_side_offers_and_sees_its_own(client):
    cast.sal(), cast.amina()
    mine, teams = set_up(), set_up(cast.wendy(), by=cast.wendy(), strand=Strand.CORE)
    offered = {"lou": {"lou@example.org", "sal@example.org"}, "wendy": {"wendy@example.org"}}
    for name, own, other in (("lou", mine, teams), ("wendy", teams, mine)):
        client.force_login(getattr(cast, name)())
        form = client.get(f"{LIST}new/").context["form"]
        assert {each.email for each in form.fields["recipients"].queryset} == offered[name]
        assert [row["schedule"] for row in client.get(LIST).context["rows"]] == [own]
        assert [client.get(page_of(each)).status_code for each in (own, other)] == [200, 404]
        assert client.post(page_of(other, "end")).status_code == 404
    client.force_login(cast.sal())
    assert [client.get(url).status_code for url in (LIST, page_of(mine))] == [404, 404]


def test_detail_says_what_was_made_and_who_got_no_letter(lou):
    schedule = set_up()
    assert "Nothing yet" in lou.get(page_of(schedule)).content.decode()
    User.objects.filter(pk=cast.sal().pk).update(roles=[])
    made(schedule)

    page = lou.get(page_of(schedule)).content.decode()

    assert "October to December 2026" in page
    assert "To Lou Adeyemi, Friday 1 January 2027" in page
    assert f"None to {cast.sal().practitioner.full_name}" in page


def test_detail_says_when_nobody_may_ask_any_more(lou):
    schedule = set_up(cast.sal())
    other = cast.make_person("Lin Other", roles=["LSCP_OFFICER"])
    ReportSchedule.objects.update(made_by=other)
    assert "No further reports" not in lou.get(page_of(schedule)).content.decode()
    User.objects.filter(pk=other.pk).update(roles=[])
    assert "No further reports" in lou.get(page_of(schedule)).content.decode()


def test_end(lou):
    schedule = set_up()
    for _ in range(2):
        assert lou.post(page_of(schedule, "end")).url == page_of(schedule)
    assert "Ended" in lou.get(page_of(schedule)).content.decode()


def test_pages_ask_the_same_however_long_they_are(lou):
    first = set_up()
    made(first)
    lou.get(LIST)
    asked = []
    for _ in range(2):
        with CaptureQueriesContext(connection) as queries:
            lou.get(LIST), lou.get(page_of(first))
        asked.append(len(queries))
        schedules.ask(schedule_id=first.pk, now=datetime(2027, 7, 5, 12, tzinfo=UTC))
        set_up(cast.sal())
        set_up(cast.lou())
    assert asked[0] == asked[1]
