"""Invoices for the contact: their organisation's and nobody else's; the document, a dispute, the statement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import OutboundEmail
from bookings.models import DocumentFile, Invoice
from tests import cast
from tests.answers import main_of
from tests.makers import NOW
from tests.money import credited, drafted, issued, paid
from tests.sales import finance, school

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

LIST = "/organisation/invoices/"


@pytest.fixture
def contact(client):
    client.force_login(cast.make_person("Carol Booker", school(), membership="BOOKING_CONTACT"))
    return client


def address(name, *args):
    return reverse(f"bookings:{name}", args=args)


def queries(client, path):
    with CaptureQueriesContext(
        connection,
    ) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


def test_list_shows_what_is_to_be_paid_and_no_drafts_nor_others(contact):
    mine = issued(("A", "95"))
    drafted(("Draft", "10"))
    others = issued(("B", "70"), organisation=school("Other Academy"))
    paid("45", mine)

    page = main_of(contact.get(LIST))

    assert mine.number in page
    assert "£50.00 is still to be paid" in page
    assert others.number not in page
    assert "Draft" not in page


def test_list_asks_as_often_for_one_invoice_as_for_many(contact):
    credited(issued(), "5")
    before = queries(contact, LIST)
    for _ in range(4):
        credited(issued(), "5")

    assert queries(contact, LIST) == before


def test_invoice_shows_every_figure_and_what_became_of_it(contact):
    invoice = issued(("Restorative practice, 8 December 2026, Sam Ellis", "95"))
    note = credited(invoice, "20", reason="Sam was ill")
    paid("30", invoice)

    page = main_of(contact.get(address("invoice_detail", invoice.number)))

    for words in ("Sam Ellis", "Exempt from VAT", note.number, "Sam was ill", "£30.00 on", "Still to pay £45.00"):
        assert words in page


@pytest.mark.parametrize("name", ["invoice_detail", "invoice_pdf", "invoice_dispute"])
def test_another_organisations_invoice_does_not_exist(contact, name):
    others = issued(organisation=school("Other Academy"))
    mine = issued()

    assert contact.get(address(name, mine.number)).status_code == 200
    assert contact.get(address(name, others.number)).status_code == 404
    assert contact.get(address(name, "WD26-99999")).status_code == 404


def test_document_is_the_kept_file_or_else_printed_for_whoever_asks(contact):
    invoice, note = issued(), credited(issued(), "10")
    printed = contact.get(address("invoice_pdf", invoice.number))
    assert printed.content.startswith(b"%PDF")
    assert f'filename="{invoice.number}.pdf"' in printed["Content-Disposition"]
    assert not DocumentFile.objects.exists()

    DocumentFile.objects.create(invoice=invoice, content=b"%PDF kept", made_at=NOW)

    assert contact.get(address("invoice_pdf", invoice.number)).content == b"%PDF kept"
    assert contact.get(address("credit_note_pdf", note.number)).content.startswith(b"%PDF")


def test_dispute_is_heard_once_with_a_letter_and_kept_when_empty(contact):
    invoice = issued()
    path = address("invoice_dispute", invoice.number)

    assert "Say what is not right" in contact.post(path, {"reason": "  "}).text
    answer = contact.post(path, {"reason": "Sam was <b>ill</b>."})
    assert answer.url == address("invoice_detail", invoice.number)
    contact.post(path, {"reason": "Sam was <b>ill</b>."})

    invoice.refresh_from_db()
    assert (invoice.state, invoice.dispute_reason) == ("DISPUTED", "Sam was <b>ill</b>.")
    assert OutboundEmail.objects.filter(letter="bookings/invoice_disputed").count() == 1
    letter = OutboundEmail.objects.get(letter="bookings/invoice_disputed")
    assert address("invoice_detail", invoice.number) in letter.text
    assert "<b>ill" not in contact.get(address("invoice_detail", invoice.number)).text


def test_dispute_of_what_is_paid_is_refused_with_a_sentence(contact):
    invoice = issued()
    paid("95", invoice)

    answer = contact.post(address("invoice_dispute", invoice.number), {"reason": "Too much"})

    assert answer.status_code == 422
    assert "Nothing is to be paid on this invoice" in answer.text
    assert Invoice.objects.get().state == "PAID"


def test_statement_is_a_document_for_two_days_and_a_form_without(contact):
    issued()
    path = address("statement_pdf", school().pk)

    assert contact.get(path + "?first=1/4/2026&last=30/11/2026").content.startswith(b"%PDF")
    assert "Statement of account" in contact.get(path).text
    for wrong in ("first=x&last=1/4/2026", "first=2/4/2026&last=1/4/2026", "first=1/1/0001&last=%00"):
        assert contact.get(f"{path}?{wrong}").status_code == 422
    assert contact.get(address("statement_pdf", school("Other Academy").pk)).status_code == 404
    contact.force_login(finance())
    assert contact.get(path).status_code == 200


def test_whoever_speaks_for_nobody_has_no_invoices(client):
    client.force_login(cast.zed())

    assert client.get(LIST).status_code == 404
