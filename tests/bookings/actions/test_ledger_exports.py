"""Exports to the ledger: everything once, frozen, the same bytes each time, safe to open, whoever presses at once."""

import csv
import io
from datetime import timedelta
from uuid import uuid4

import pytest
from openpyxl import load_workbook

from accounts.models import AuditEntry
from accounts.spreadsheets import PortalCSV, PortalXLSX
from bookings import ledger_files
from bookings.actions import allocations, ledger_exports
from bookings.models import CreditNote, Invoice, LedgerExport, Refund
from courses.models import VatTreatment
from tests.makers import NOW
from tests.money import credited, drafted, issued, paid
from tests.sales import finance, school
from tests.threads import at_once

pytestmark = pytest.mark.django_db


def export(key=None, now=NOW):
    return ledger_exports.export(by=finance(), now=now, key=key or uuid4())


def as_csv(made):
    return b"".join(PortalCSV().response(ledger_files.COLUMNS, ledger_files.rows_of(made)).streaming_content)


def as_xlsx(made):
    stream, made_at = io.BytesIO(), made.made_at.replace(tzinfo=None)
    PortalXLSX().write(stream, ledger_files.COLUMNS, ledger_files.rows_of(made), made_at=made_at)
    return stream.getvalue()


def read(made):
    return list(csv.DictReader(io.StringIO(as_csv(made).decode("utf-8-sig"))))


def test_export_takes_everything_issued_once_and_sets_it_on():
    invoice = issued(("A", "95"), ("A conference", "450", VatTreatment.STANDARD))
    note = credited(invoice, "40")
    waiting = drafted(("B", "50"))

    made = export()

    assert (made.invoice_count, made.credit_note_count, made.refund_count) == (1, 1, 0)
    assert made.total == invoice.gross - note.gross
    invoice.refresh_from_db()
    assert (invoice.state, invoice.export) == ("EXPORTED", made)
    assert CreditNote.objects.get().export == made
    assert Invoice.objects.get(pk=waiting.pk).export is None
    assert AuditEntry.objects.get(verb="ledger.export").detail == {"invoices": 1, "credit_notes": 1, "refunds": 0}
    with pytest.raises(ledger_exports.NothingToExport):
        export()
    assert LedgerExport.objects.count() == 1


def test_export_says_each_line_in_the_columns_that_are_documented():
    invoice = issued(("Course, 8 December 2026, Sam Ellis", "95"), ("A conference", "450", VatTreatment.STANDARD),
                     organisation=school(finance_reference="C-4471"))  # fmt: skip
    note = credited(invoice, "40")

    first, second, third = read(export())

    assert first == {
        "kind": "invoice", "number": invoice.number, "line": "1", "date": "2026-11-21", "due": "2026-12-21",
        "customer reference": "C-4471", "customer": "Millrace Academy", "cost centre": "", "purchase order": "PO-10472",
        "net": "95.00", "VAT code": "E", "VAT rate": "0.00", "VAT": "0.00", "gross": "95.00",
        "text": "Course, 8 December 2026, Sam Ellis", "corrects": "", "paid by card": "",
    }  # fmt: skip
    assert (second["VAT code"], second["VAT rate"], second["VAT"], second["gross"]) == ("S", "20.00", "90.00", "540.00")
    assert (third["kind"], third["number"], third["corrects"]) == ("credit note", note.number, invoice.number)
    assert (third["net"], third["VAT"], third["gross"], third["line"]) == ("-40.00", "0.00", "-40.00", "1")


def test_refund_of_a_transfer_goes_into_the_file_once():
    invoice = issued()
    payment = paid("120", invoice, ledger_reference="R-88120")
    allocations.pay_back(payment_id=payment.pk, amount=payment.amount_left, reason="Paid twice", by=finance(), now=NOW)

    *_, row = read(export())

    assert (row["kind"], row["gross"], row["corrects"], row["text"]) == ("refund", "-25.00", "R-88120", "Paid twice")
    assert Refund.objects.get().state == "SUCCEEDED"
    with pytest.raises(ledger_exports.NothingToExport):
        export()


def test_states_past_exported_stay_as_they_are():
    done = issued()
    paid("95", done)

    export()

    done.refresh_from_db()
    assert done.state == "PAID"
    assert done.export_id


def test_an_export_gives_the_same_bytes_when_it_is_downloaded_again():
    invoice = issued(("A", "95"))
    credited(invoice, "10")
    made = export()
    before = as_csv(made), as_xlsx(made)

    paid("50", invoice)
    issued(("Later", "20"))
    invoice.organisation.name = "Renamed Academy"
    invoice.organisation.save()

    again = LedgerExport.objects.get(pk=made.pk)
    assert (as_csv(again), as_xlsx(again)) == before


def test_formulas_are_texts_in_both_files():
    issued(('=cmd|"/c calc"!A1', "95"), organisation=school("+44 School"))
    made = export()

    assert read(made)[0]["text"].startswith("'=cmd")
    assert read(made)[0]["customer"] == "'+44 School"
    sheet = load_workbook(io.BytesIO(as_xlsx(made))).active
    assert sheet["O2"].data_type == "s"
    assert sheet["O2"].value.startswith("=cmd")
    assert sheet["J2"].value == 95


def test_second_press_of_the_same_form_finds_the_first_export():
    issued()
    key = uuid4()

    first = export(key)
    issued(("Another", "10"))

    assert export(key, now=NOW + timedelta(minutes=1)) == first
    assert Invoice.objects.to_export().count() == 1


@pytest.mark.django_db(transaction=True)
def test_exports_pressed_at_once_take_every_invoice_exactly_once():
    pressed, key = [issued((str(n), "10")) for n in range(6)], uuid4()

    results = at_once(*[lambda: export(key)] * 3, *[export] * 3)

    made = {each.pk for each in results if isinstance(each, LedgerExport)}
    assert len(made) == 1
    assert all(isinstance(each, LedgerExport | ledger_exports.NothingToExport) for each in results)
    assert {Invoice.objects.get(pk=each.pk).export_id for each in pressed} == made
    assert LedgerExport.objects.get().invoice_count == 6
