"""Printed invoices, recharges, credit notes and statements: every figure, tagged, safe, the same bytes every time."""

import io
from datetime import date, timedelta
from decimal import Decimal

import pikepdf
import pypdf
import pytest

from bookings import invoice_pdf, statements
from bookings.models import Invoice
from bookings.models.order import PaymentMethod
from courses.models import VatTreatment
from tests import cast
from tests.makers import NOW
from tests.money import credited, issued, paid
from tests.sales import school

pytestmark = pytest.mark.django_db


def pages_of(content):
    return [" ".join(page.extract_text().split()) for page in pypdf.PdfReader(io.BytesIO(content)).pages]


def fresh(document):
    return type(document).objects.with_facts().get(pk=document.pk)


def printed(invoice):
    return pages_of(invoice_pdf.invoice(fresh(invoice)))


def test_invoice_prints_both_parties_every_line_and_the_totals_by_treatment():
    invoice = issued(
        ("Restorative practice, 8 December 2026, Sam Ellis", "95"),
        ("Restorative practice, 8 December 2026, Jo March", "95"),
        ("A restorative conference", "450", VatTreatment.STANDARD),
        organisation=school(finance_reference="C-4471", vat_number="GB 123 4567 89"),
    )

    [text] = printed(invoice)

    for words in (
        f"Invoice {invoice.number}", "Millrace Academy", "4 Mill Lane", "PO-10472", invoice.order.reference, "C-4471",
        "GB 123 4567 89", "21 November 2026", "21 December 2026", "Sam Ellis", "Jo March", "exempt £95.00 £0.00 £95.00",
        "20% £450.00 £90.00 £540.00", "Exempt from VAT £190.00 £0.00 £190.00", "Standard rate £450.00 £90.00 £540.00",
        "Total to pay £640.00 £90.00 £730.00", VatTreatment.EXEMPT.note, VatTreatment.STANDARD.note, "How to pay",
        "Page 1 of 1",
    ):  # fmt: skip
        assert words in text
    assert VatTreatment.NO_SUPPLY.note not in text
    assert VatTreatment.OUTSIDE_SCOPE.note not in text


def test_recharge_prints_its_cost_centre_and_asks_for_no_transfer():
    school = cast.make_organisation("Kirk Fold Primary", is_recharged=True, cost_centre="CC-88120")
    recharge = issued(
        organisation=school, method=PaymentMethod.INTERNAL_RECHARGE, treatment=VatTreatment.NO_SUPPLY, po_number=""
    )

    [text] = printed(recharge)

    assert recharge.number.startswith("WDR")
    for words in ("Internal recharge", "CC-88120", "no supply", VatTreatment.NO_SUPPLY.note, "Nothing to transfer"):
        assert words in text
    assert "How to pay" not in text
    assert "exempt" not in text


def test_credit_note_names_its_invoice_and_why():
    invoice = issued(("Restorative practice", "95"), ("A conference", "100", VatTreatment.STANDARD))
    note = credited(invoice, "40", reason="Booked by mistake")

    [text] = pages_of(invoice_pdf.credit_note(fresh(note)))

    for words in (
        f"Credit note {note.number}", f"invoice {invoice.number} of 21 November 2026", "Why: Booked by mistake",
        "Total credited £40.00 £0.00 £40.00", "Millrace Academy",
    ):  # fmt: skip
        assert words in text
    assert "A conference" not in text


def test_statement_shows_everything_between_two_days_with_a_running_balance():
    buyer = school()
    early = issued(now=NOW - timedelta(days=60))
    first = issued(("A", "100"), now=NOW - timedelta(days=20))
    paid("120", early, first, organisation=buyer, now=NOW - timedelta(days=10))
    note = credited(first, "50", now=NOW)
    account = statements.statement_of(organisation=buyer, first=date(2026, 10, 1), last=date(2026, 11, 30))

    [text] = pages_of(invoice_pdf.statement(account))

    assert [(entry.reference, entry.amount, entry.balance) for entry in account.entries] == [
        (first.number, Decimal("100"), Decimal("195")),
        (account.entries[1].reference, Decimal("-120"), Decimal("75")),
        (note.number, Decimal("-50"), Decimal("25")),
    ]
    owed = sum(invoice.outstanding for invoice in Invoice.objects.all())
    assert account.after == owed
    for words in ("Balance before £95.00", first.number, note.number, "£120.00", "To pay on 30 November 2026 £25.00"):
        assert words in text


def test_long_invoice_runs_over_pages_each_with_head_and_number():
    invoice = issued(*[(f"Restorative practice, 8 December 2026, Person Number {n}", "95") for n in range(90)])

    pages = printed(invoice)

    assert len(pages) > 2
    for number, text in enumerate(pages, start=1):
        assert f"Page {number} of {len(pages)}" in text
        assert invoice.number in text
    for text in pages[:-1]:
        assert "Description VAT rate Without VAT VAT Total" in text


def test_invoice_is_tagged_upright_a4_with_heads_of_rows_and_columns():
    content = invoice_pdf.invoice(fresh(issued()))
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert [round(float(side)) for side in pdf.pages[0].mediabox] == [0, 0, 595, 842]
        assert pdf.Root.Lang == "en-GB"
        assert pdf.Root.MarkInfo.Marked
        assert "pdfuaid:part" in str(pdf.Root.Metadata.read_bytes())
        assert str(pdf.docinfo["/Title"]).startswith("Invoice WD26-")
        kinds = {str(item.get("/S")) for item in pdf.objects if isinstance(item, pikepdf.Dictionary)}
    assert {"/H1", "/Table", "/TH", "/TD", "/TR"} <= kinds


def test_same_row_gives_the_same_bytes():
    invoice = issued()
    paid("20", invoice)

    assert invoice_pdf.invoice(fresh(invoice)) == invoice_pdf.invoice(fresh(invoice))


def test_hostile_words_are_printed_as_words_and_addresses_left_out():
    buyer = school("<b>Bold</b> School", invoice_address='<img src="http://127.0.0.1:1/x">\n<script>alert(1)</script>')
    invoice = issued(("Course, 8 December 2026, Go to www.evil.example now", "95"), organisation=buyer)

    [text] = printed(invoice)

    assert "<b>Bold</b> School" in text
    assert "<script>alert(1)</script>" in text
    assert "evil.example" not in text


def test_invoice_paid_by_card_says_so_and_asks_for_nothing():
    [text] = printed(issued(method=PaymentMethod.CARD, po_number=""))

    assert "Paid by card" in text
    assert "How to pay" not in text
