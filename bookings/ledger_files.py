"""What the council's ledger reads: a row for every line of an exported document, from the database to the file.

The columns are described in docs/selling-places.md. Everything is taken from what was frozen when the documents were
issued, so an export gives the same file whenever it is downloaded.
"""

from collections.abc import Iterator
from typing import Any

from django.utils import timezone

from bookings.models import CreditNoteLine, InvoiceLine, LedgerExport, Refund
from bookings.models.order import PaymentMethod
from courses.models import VatTreatment

COLUMNS = [
    *("kind", "number", "line", "date", "due", "customer reference", "customer", "cost centre", "purchase order"),
    *("net", "VAT code", "VAT rate", "VAT", "gross", "text", "corrects", "paid by card"),
]
VAT_CODES: dict[str, str] = {
    VatTreatment.OUTSIDE_SCOPE: "O",
    VatTreatment.EXEMPT: "E",
    VatTreatment.STANDARD: "S",
    VatTreatment.NO_SUPPLY: "N",
}
ROWS_A_FETCH = 2_000
BUYER = ("customer_reference", "customer_name", "cost_centre", "po_number")


def rows_of(export: LedgerExport) -> Iterator[list[Any]]:
    """Yield the rows, one at a time: invoices in the order of their numbers, then credit notes, then refunds."""
    yield from _invoice_rows(export)
    yield from _credit_note_rows(export)
    yield from _refund_rows(export)


def _invoice_rows(export: LedgerExport) -> Iterator[list[Any]]:
    lines = InvoiceLine.objects.filter(invoice__export=export).order_by("invoice_id", "position")
    columns = (
        *("invoice__kind", "invoice__number", "position", "invoice__issued_on", "invoice__due_on"),
        *(f"invoice__{name}" for name in BUYER),
        *("net", "vat_treatment", "vat_percent", "vat", "gross", "description", "invoice__order__payment_method"),
    )
    for row in lines.values_list(*columns).iterator(chunk_size=ROWS_A_FETCH):
        *document, net, treatment, percent, vat, gross, text, method = row
        document[0] = document[0].lower()
        by_card = "yes" if method == PaymentMethod.CARD else ""
        yield [*document, net, VAT_CODES[treatment], percent, vat, gross, text, "", by_card]


def _credit_note_rows(export: LedgerExport) -> Iterator[list[Any]]:
    """As its invoice's, with figures below zero and the invoice that they correct."""
    lines = CreditNoteLine.objects.filter(credit_note__export=export)
    columns = (
        *("credit_note__number", "invoice_line__position", "credit_note__issued_on"),
        *(f"credit_note__invoice__{name}" for name in BUYER),
        *("net", "invoice_line__vat_treatment", "invoice_line__vat_percent", "vat", "gross"),
        *("invoice_line__description", "credit_note__invoice__number", "credit_note__invoice__order__payment_method"),
    )
    ordered = lines.order_by("credit_note_id", "invoice_line__position").values_list(*columns)
    for row in ordered.iterator(chunk_size=ROWS_A_FETCH):
        number, position, day, *buyer, net, treatment, percent, vat, gross, text, corrects, method = row
        document = ["credit note", number, position, day, None, *buyer]
        by_card = "yes" if method == PaymentMethod.CARD else ""
        yield [*document, -net, VAT_CODES[treatment], percent, -vat, -gross, text, corrects, by_card]


def _refund_rows(export: LedgerExport) -> Iterator[list[Any]]:
    """Money to be paid back: who paid, the ledger knows by its own reference of the payment."""
    day = timezone.localtime(export.made_at).date()
    refunds = Refund.objects.filter(export=export).select_related("payment").order_by("pk")
    for refund in refunds.iterator(chunk_size=ROWS_A_FETCH):
        payment = refund.payment
        document = ["refund", f"{payment.reference}/{refund.pk}", 1, day, None, "", "", "", ""]
        yield [*document, None, "", None, None, -refund.amount, refund.reason, payment.ledger_reference or "", ""]
