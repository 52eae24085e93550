"""The team's and finance's pages of charges: found, decided singly and together, exported; reasons stay with the team."""

import csv
import io
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import AuditEntry, Role
from bookings.actions import charges
from bookings.models import ChargeNotice
from bookings.models.booking import State
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

LIST = "/staff/charges/"


@pytest.fixture
def finance():
    return cast.make_person("Fin Ledger", roles=[Role.FINANCE])


def charge(name="Tess Teacher", *, organisation=None, course=None, days=12):
    """Somebody was away, and the time for reasons is over unless it was days ago."""
    person = cast.make_person(
        name, organisation or cast.make_organisation(), email=f"{name.lower().replace(' ', '.')}@example.org"
    )
    event = make_event(course, starts_at=NOW - timedelta(days=days))
    booking = make_booking(event, person, state=State.DID_NOT_ATTEND, free_cancel_until=NOW - timedelta(days=30))
    notice = charges.draft(booking=booking, kind="NON_ATTENDANCE", now=event.ends_at)
    charges.put_up_for_review(now=NOW)
    notice.refresh_from_db()
    return notice


def words_of(answer):
    content = b"".join(answer.streaming_content) if answer.streaming else answer.content
    return " ".join(content.decode().split())


def test_list_shows_what_is_to_be_done_and_filters_lead_to_the_rest(client):
    course = make_course("Neglect in Early Years")
    charge("Rae Review", course=course)
    charge("Dot Draft", days=2, organisation=cast.make_organisation("Other School"), course=make_course("Safer Sleep"))
    client.force_login(cast.wendy())

    def shown(query):
        page = words_of(client.get(LIST + query))
        return [name for name in ("Rae Review", "Dot Draft") if f">{name}</a>" in page]

    assert shown("") == ["Rae Review"]
    assert shown("?state=DRAFT") == ["Dot Draft"]
    assert shown("?state=") == ["Rae Review", "Dot Draft"]
    assert shown("?state=&agency=other") == ["Dot Draft"]
    assert shown("?state=&course=neglect") == ["Rae Review"]
    assert shown(f"?state=&course={ChargeNotice.objects.last().booking.event.reference.lower()}") == ["Dot Draft"]
    assert shown("?state=&has_reason=on") == []
    assert shown("?state=NONSENSE&agency=%00&page=99999999999999999999") is not None
    page = words_of(client.get(LIST))
    assert '<span class="portal-count__number">1</span> to be reviewed' in page


def test_staff_day_counts_what_is_to_be_reviewed(client):
    charge()
    client.force_login(cast.wendy())
    assert '<span class="portal-count__number">1</span> charge to review' in words_of(client.get("/staff/"))


def test_page_tells_everything_that_a_decision_needs(client):
    carol, notice = cast.carol(), charge()
    charges.give_reason(notice_id=notice.pk, by=carol, now=NOW, reason_for="SICKNESS", words="In hospital")
    client.force_login(cast.wendy())

    page = words_of(client.get(f"{LIST}{notice.pk}/"))

    for words in (
        "£50 for Tess Teacher's place", "You may cancel free of charge until the day shown.", "2024-04",
        "“In hospital”", "said by Carol Hughes", "Carol Hughes, carol@example.org", "This reason came later",
        "Free to cancel until the end of", "Reason given by Carol Hughes: sickness",
    ):  # fmt: skip
        assert words in page, words


def test_page_says_when_there_is_nobody_to_write_to(client):
    notice = charge()
    client.force_login(cast.wendy())
    assert "Nobody to write to" in words_of(client.get(f"{LIST}{notice.pk}/"))
    notice.organisation.invoice_email = "invoices@example.org"
    notice.organisation.save()
    assert "the address for invoices, invoices@example.org" in words_of(client.get(f"{LIST}{notice.pk}/"))


def test_waive_approve_and_take_back(client):
    notice = charge()
    client.force_login(cast.wendy())
    settle = f"{LIST}{notice.pk}/decide/"

    for sent in (
        {}, {"decision": "WAIVED"}, {"decision": "WAIVED", "waived_for": "DECISION"}, {"decision": "DELETED"},
        {"decision": "WAIVED", "waived_for": "x\0y"},
    ):  # fmt: skip
        assert client.post(settle, sent).status_code == 422
    client.post(settle, {"decision": "WAIVED", "waived_for": "SICKNESS"})
    notice.refresh_from_db()
    assert notice.state == "WAIVED"
    assert client.post(settle, {"take_back": "True", "reason": ""}).status_code == 422
    client.post(settle, {"take_back": "True", "reason": "Another person"})
    client.post(settle, {"decision": "APPROVED"})
    notice.refresh_from_db()
    assert (notice.state, notice.decided_by) == ("APPROVED", cast.wendy())
    page = words_of(client.get(f"{LIST}{notice.pk}/"))
    assert "The decision was taken back" in page
    assert "Waived for sickness by Wendy Marsh" in page


def test_a_decision_sent_once_more_does_not_take_itself_back(client):
    notice = charge()
    client.force_login(cast.wendy())
    settle, waiver = f"{LIST}{notice.pk}/decide/", {"decision": "WAIVED", "waived_for": "SICKNESS", "reason": "Flu"}

    for _ in range(2):
        assert client.post(settle, waiver).status_code == 302
        notice.refresh_from_db()
        assert (notice.state, notice.decided_reason) == ("WAIVED", "Flu")
    for _ in range(2):
        assert client.post(settle, {"take_back": "True", "reason": "Not she"}).status_code == 302
        notice.refresh_from_db()
        assert (notice.state, notice.decided_reason) == ("TO_REVIEW", "Not she")


def test_charge_cannot_be_approved_while_reasons_are_waited_for(client):
    notice = charge(days=2)
    client.force_login(cast.wendy())
    page = words_of(client.get(f"{LIST}{notice.pk}/"))
    assert "Reasons are heard until the end of" in page
    assert "Approve it" not in page
    assert client.post(f"{LIST}{notice.pk}/decide/", {"decision": "APPROVED"}).status_code == 422
    notice.refresh_from_db()
    assert notice.state == "DRAFT"


def test_decision_that_came_second_is_told_who_was_first(client):
    notice = charge()
    other = cast.make_person("Sol Second", roles=[Role.WORKFORCE_TEAM])
    client.force_login(cast.wendy())
    client.get(f"{LIST}{notice.pk}/")
    charges.approve(notice_id=notice.pk, by=other, now=NOW)
    answer = client.post(
        LIST + "decide/", {"notice": notice.pk, "decision": "WAIVED", "waived_for": "SICKNESS"}, follow=True
    )
    assert "Left as they were: Tess Teacher: Sol Second has approved it meanwhile." in words_of(answer)
    notice.refresh_from_db()
    assert notice.state == "APPROVED"


def test_team_notes_a_reason_that_somebody_told(client):
    notice = charge()
    client.force_login(cast.wendy())
    assert client.post(f"{LIST}{notice.pk}/reason/", {"reason_for": "OTHER"}).status_code == 422
    client.post(f"{LIST}{notice.pk}/reason/", {"reason_for": "SICKNESS", "words": "Her head rang at nine."})
    notice.refresh_from_db()
    assert (notice.reason_given_for, notice.reason_given_by) == ("SICKNESS", cast.wendy())


def test_ticked_charges_are_decided_together_and_the_list_stays_as_it_was(client):
    notices = [charge(f"Person{number} Away") for number in range(3)]
    client.force_login(cast.wendy())
    ticked = [notices[0].pk, notices[2].pk, "no number", "９", "9" * 40, -1]
    sent = {"notice": ticked, "decision": "WAIVED", "waived_for": "DECISION", "reason": "The snow"}

    for _ in range(2):
        answer = client.post(LIST + "decide/?state=TO_REVIEW&agency=beck", sent)
        assert answer.url == LIST + "?state=TO_REVIEW&agency=beck"
    assert "2 charges are waived." in words_of(client.get(LIST))

    assert list(ChargeNotice.objects.order_by("pk").values_list("state", "decided_reason")) == [
        ("WAIVED", "The snow"), ("TO_REVIEW", ""), ("WAIVED", "The snow"),
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("sent", "mistake"),
    [
        ({"decision": "APPROVED"}, "Tick the charges that you want to decide."),
        ({"notice": "1"}, "Choose whether to waive or to approve."),
        ({"notice": "1", "decision": "WAIVED"}, "Choose what the charge is waived for."),
    ],
)
def test_bulk_mistakes_keep_what_was_ticked(client, sent, mistake):
    notice = charge()
    client.force_login(cast.wendy())
    sent = {**sent, "notice": notice.pk} if "notice" in sent else sent
    answer = client.post(LIST + "decide/", sent)
    page = words_of(answer)
    assert (answer.status_code, mistake in page) == (422, True)
    assert (f'value="{notice.pk}" checked' in page) is ("notice" in sent)


def test_all_on_a_page_are_ticked_without_a_script(client):
    notice = charge()
    client.force_login(cast.wendy())
    assert f'value="{notice.pk}" checked' not in words_of(client.get(LIST))
    assert f'value="{notice.pk}" checked' in words_of(client.get(LIST + "?tick=all"))


def test_finance_reads_the_list_and_what_is_decided_and_no_reasons(client, finance):
    open_one, decided = charge("Ona Open"), charge("Dee Decided")
    for notice in (open_one, decided):
        charges.give_reason(notice_id=notice.pk, by=cast.carol(), now=NOW, reason_for="BEREAVEMENT", words="Her father")
    charges.waive(notice_id=decided.pk, by=cast.wendy(), now=NOW, waived_for="BEREAVEMENT", reason="Told by the head")
    client.force_login(finance)

    listed = words_of(client.get(LIST + "?state="))
    page = words_of(client.get(f"{LIST}{decided.pk}/"))

    assert "Ona Open" in listed
    assert f"{LIST}{open_one.pk}/" not in listed
    assert "Dee Decided" in page
    for words in ("ereavement", "father", "Told by the head", "<textarea", "Decide"):
        assert words not in (listed + page).replace("Dee Decided", ""), words
    assert client.get(f"{LIST}{open_one.pk}/").status_code == 404
    for address in (f"{LIST}{decided.pk}/decide/", f"{LIST}{decided.pk}/reason/", LIST + "decide/"):
        assert client.post(address, {"notice": decided.pk, "decision": "APPROVED", "reason": "x"}).status_code == 404


def test_export_has_the_approved_ones_with_nothing_that_a_spreadsheet_would_run(client, finance):
    school = cast.make_organisation("=1+1 Academy", invoice_email="pay@example.org", finance_reference="C-77")
    approved, waived = charge("Ann Approved", organisation=school), charge("Wes Waived")
    charges.give_reason(notice_id=approved.pk, by=cast.wendy(), now=NOW, reason_for="SICKNESS", words="Broken leg")
    charges.approve(notice_id=approved.pk, by=cast.wendy(), now=NOW)
    charges.waive(notice_id=waived.pk, by=cast.wendy(), now=NOW, waived_for="SICKNESS")
    client.force_login(finance)

    def rows(query=""):
        answer = client.get(f"{LIST}approved.csv{query}")
        text = b"".join(answer.streaming_content).decode("utf-8-sig")
        return list(csv.DictReader(io.StringIO(text)))

    (row,) = rows()
    assert (row["agency"], row["finance reference"], row["amount"], row["person"]) == (
        "'=1+1 Academy", "C-77", "50.00", "Ann Approved",
    )  # fmt: skip
    assert row["charged for"] == "did not attend"
    assert "leg" not in str(row)
    assert len(rows("?approved_from=21/11/2026&approved_to=21/11/2026")) == 1
    assert rows("?approved_from=22/11/2026") == []
    assert rows("?approved_to=20/11/2026") == []
    assert len(rows("?approved_from=nonsense")) == 1
    assert AuditEntry.objects.filter(verb="charge.export", actor_id=finance.pk).count() == 5


@pytest.mark.parametrize("who", [cast.zed, cast.amina, cast.carol, cast.dev, cast.lou, cast.sal])
def test_pages_are_hidden_from_others(client, who):
    notice = charge()
    client.force_login(who())
    for page in (LIST, LIST + "approved.csv", f"{LIST}{notice.pk}/"):
        assert client.get(page).status_code == 404
    for page in (LIST + "decide/", f"{LIST}{notice.pk}/decide/", f"{LIST}{notice.pk}/reason/"):
        assert client.post(page).status_code == 404


def test_finance_finds_its_page_in_the_navigation(client, finance):
    client.force_login(finance)
    assert f'href="{LIST}"' in words_of(client.get("/my/"))


def test_list_asks_as_often_for_one_charge_as_for_several(client):
    client.force_login(cast.wendy())
    course, counts = make_course(), []
    for number in (1, 3):
        for _ in range(number):
            charge(f"Person{ChargeNotice.objects.count()} Away", course=course)
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_request_page_shows_which_absences_count(client):
    notice = charge()
    forgiven = charge("Tess Teacher")
    charges.waive(notice_id=forgiven.pk, by=cast.wendy(), now=NOW, waived_for="SICKNESS")
    person = notice.booking.practitioner
    request = make_booking(make_event(), person, state=State.REQUESTED)
    client.force_login(cast.wendy())

    page = words_of(client.get(reverse("bookings:request_decide", args=[request.reference])))

    assert "1 place in Tess Teacher's name was not used" in page.replace("&#x27;", "'")
    assert f"{LIST}{notice.pk}/" in page
    assert f"{LIST}{forgiven.pk}/" not in page
