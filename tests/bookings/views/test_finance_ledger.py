"""The ledger's pages: an export once and downloadable, a file previewed and then imported, the books that agree."""

import csv
import io
from uuid import uuid4

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse

from accounts.models import AuditEntry
from bookings import reconciliation
from bookings.actions import settlement
from bookings.models import LedgerExport, LedgerImport, OrderLine, Payment
from tests import cast
from tests.answers import main_of
from tests.makers import NOW
from tests.money import credited, drafted, issued, paid
from tests.sales import finance, school

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
HEAD = "what,number,ledger reference,date,amount,ignored\n"


@pytest.fixture
def desk(client, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    client.force_login(finance())
    return client


def upload(desk, text):
    return desk.post("/finance/imports/", {"file": SimpleUploadedFile("ledger.csv", (HEAD + text).encode())})


def body(answer):
    return b"".join(answer.streaming_content)


def test_export_is_made_once_and_downloaded_again_the_same(desk):
    issued()
    sent = {"key": str(uuid4())}

    desk.post("/finance/exports/new/", sent)
    page = desk.post("/finance/exports/new/", sent, follow=True)
    made = LedgerExport.objects.get()
    path = reverse("bookings:finance_export_file", args=[made.reference, "csv"])

    assert made.reference in main_of(page)
    assert body(desk.get(path)) == body(desk.get(path))
    assert desk.get(path.replace(".csv", ".exe")).status_code == 404
    assert AuditEntry.objects.filter(verb="ledger.download").count() == 2
    assert "nothing to export" in desk.post("/finance/exports/new/", {"key": uuid4()}, follow=True).text
    assert "out of date" in desk.post("/finance/exports/new/", {"key": "x"}, follow=True).text


def test_file_is_previewed_then_imported_then_known(desk):
    invoice = issued()
    text = f'paid,{invoice.number},R1,21/11/2026,"£1,000.00",x\n'

    preview = upload(desk, text)
    assert "£905.00 too much is kept on account" in preview.text
    assert not Payment.objects.exists()
    ticket = {"ticket": preview.context["ticket"].initial["ticket"]}
    page = desk.post("/finance/imports/confirm/", ticket, follow=True)

    assert "1 paid an invoice" in main_of(page)
    assert Payment.objects.get().amount_left == 905
    assert "imported already" in desk.post("/finance/imports/confirm/", ticket, follow=True).text
    assert "This file was imported before" in upload(desk, text).text
    assert LedgerImport.objects.count() == 1


def test_wrong_rows_stand_first_and_nothing_can_be_confirmed(desk):
    issued()

    answer = upload(desk, "paid,WD26-00001,R1,2026-11-20,95,\npaid,WD26-00001,R2,soon,5,\n")

    assert answer.status_code == 422
    assert "“soon” is not a date" in answer.text
    assert "ticket" not in answer.context
    assert not Payment.objects.exists()


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "empty"),
        (b"what,number\npaid,1\n", "The column “ledger reference” is missing"),
        (HEAD.encode(), "There are no rows"),
        (b"\0\0", "not a spreadsheet"),
        (b"PK\x03\x04broken", "damaged"),
        ("what,é".encode("latin-1"), "UTF-8"),
    ],
)
def test_file_that_is_none_is_refused_with_a_sentence(desk, content, words):
    answer = desk.post("/finance/imports/", {"file": SimpleUploadedFile("x.csv", content)})

    assert answer.status_code == 422
    assert words in answer.text


@pytest.mark.parametrize("ticket", ["", "forged", "a:b:c"])
def test_forged_ticket_imports_nothing(desk, ticket):
    answer = desk.post("/finance/imports/confirm/", {"ticket": ticket}, follow=True)

    assert "Upload the file again" in answer.text
    assert not LedgerImport.objects.exists()


def test_reconciliation_names_every_ending_and_agrees(desk):
    credited(issued(("A", "95")), "95")
    paid("50", issued(("B", "70"), organisation=school("Other Academy")))
    drafted(("C", "30"))

    assert all(check.agrees for check in reconciliation.checks())
    for line in OrderLine.objects.to_settle():
        settlement.settle(line_id=line.pk, now=NOW)

    page = main_of(desk.get("/finance/reconciliation/"))

    for words in (
        "Invoiced 1 £70.00",
        "Waived 1 £95.00",
        "Open: on a draft invoice 1 £30.00",
        "Everything 3 £195.00",
        "Other Academy",
    ):
        assert words in page
    assert all(check.agrees for check in reconciliation.checks())
    rows = list(
        csv.DictReader(io.StringIO(body(desk.get("/finance/reconciliation/reconciliation.csv")).decode("utf-8-sig")))
    )
    assert sum(int(row["places"]) for row in rows) == 3
    for odd in ("first=x", "first=1/1/2020&last=1/1/2099", "organisation=%00", "page=x"):
        assert desk.get(f"/finance/reconciliation/?{odd}").status_code == 200


def test_team_reads_and_exports_nothing(client):
    issued()
    client.force_login(cast.wendy())

    assert client.get("/finance/exports/").status_code == 200
    assert client.get("/finance/reconciliation/").status_code == 200
    assert client.post("/finance/exports/new/", {"key": uuid4()}).status_code == 404
    assert client.get("/finance/imports/").status_code == 404
    assert not LedgerExport.objects.exists()
