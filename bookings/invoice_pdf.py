"""Invoices, internal recharges, credit notes and statements as documents: rows in, PDF out, by the press of all documents.

What is printed was copied to the row when it was issued, so the same row gives the same bytes.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.template.loader import render_to_string

from accounts.models import Partnership
from bookings.models import CreditNote, CreditNoteLine, Invoice, InvoiceLine
from bookings.models.order import PaymentMethod
from bookings.pdfs import logo_uri, press
from bookings.statements import Statement
from courses.models import VatTreatment
from courses.money import Amounts

STYLE = "bookings/pdfs/invoice.css"


@dataclass(frozen=True, kw_only=True)
class Printed:
    """One line as it is printed: what, for whom and when; how VAT treats it; the figures."""

    description: str
    treatment: VatTreatment
    percent: Decimal
    amounts: Amounts

    @property
    def vat_in_words(self) -> str:
        if self.treatment == VatTreatment.STANDARD:
            return f"{self.percent.normalize():f}%"
        return SHORT[self.treatment]


# What fits into a column; the notes below the totals say it in full.
SHORT: dict[str, str] = {
    VatTreatment.OUTSIDE_SCOPE: "outside scope",
    VatTreatment.EXEMPT: "exempt",
    VatTreatment.NO_SUPPLY: "no supply",
}


def invoice(invoice: Invoice) -> bytes:
    """Return an issued invoice or recharge as tagged PDF (PDF/UA-1), A4 upright, over as many pages as it takes."""
    return press().print(invoice_html(invoice), STYLE)


def invoice_html(invoice: Invoice) -> str:
    """Return the invoice as the page that is printed."""
    lines = [_printed(line, line) for line in invoice.lines.order_by("position")]
    return page(
        "bookings/pdfs/invoice.html",
        invoice=invoice,
        title="Internal recharge" if invoice.kind == Invoice.Kind.RECHARGE else "Invoice",
        number=invoice.number,
        is_paid_by_card=invoice.order is not None and invoice.order.payment_method == PaymentMethod.CARD,
        **sums(lines),
    )


def credit_note(note: CreditNote) -> bytes:
    """Return an issued credit note in the same way; it names its invoice and why."""
    return press().print(credit_note_html(note), STYLE)


def credit_note_html(note: CreditNote) -> str:
    """Return the credit note as the page that is printed."""
    credits = note.lines.select_related("invoice_line").order_by("invoice_line__position")
    order = note.invoice.order
    return page(
        "bookings/pdfs/credit_note.html",
        note=note,
        invoice=note.invoice,
        title="Credit note",
        number=note.number,
        is_paid_by_card=order is not None and order.payment_method == PaymentMethod.CARD,
        **sums([_printed(credit.invoice_line, credit) for credit in credits]),
    )


def statement(statement: Statement) -> bytes:
    """Return the statement of an account in the same way."""
    return press().print(statement_html(statement), STYLE)


def statement_html(statement: Statement) -> str:
    """Return the statement as the page that is printed."""
    return page("bookings/pdfs/statement.html", statement=statement, title="Statement", number="")


def page(template: str, **facts: Any) -> str:
    """Return a document as the page that is printed, with the partnership's name and logo."""
    partnership = Partnership.objects.current()
    return render_to_string(template, {"partnership": partnership, "logo": logo_uri(partnership.logo_svg), **facts})


def _printed(line: InvoiceLine, figures: InvoiceLine | CreditNoteLine) -> Printed:
    return Printed(
        description=line.description,
        treatment=VatTreatment(line.vat_treatment),
        percent=line.vat_percent,
        amounts=Amounts(net=figures.net, vat=figures.vat),
    )


def sums(lines: list[Printed]) -> dict[str, Any]:
    """The lines, what they come to by VAT treatment, altogether, and the notes that apply to any of them."""
    treatments = [each for each in VatTreatment if any(line.treatment == each for line in lines)]
    return {
        "lines": lines,
        "sums": [(each.label, _sum(line for line in lines if line.treatment == each)) for each in treatments],
        "total": _sum(lines),
        "notes": [each.note for each in treatments],
    }


def _sum(lines: Iterable[Printed]) -> Amounts:
    return Amounts.sum(line.amounts for line in lines)
