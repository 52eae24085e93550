"""A quote as a document to show at school: rows in, PDF out, by the press that prints invoices."""

from bookings.invoice_pdf import STYLE, Printed, page, sums
from bookings.models import Quote, QuoteLine
from bookings.pdfs import press
from courses.models import VatTreatment
from courses.money import Amounts


def quote(quote: Quote) -> bytes:
    """Return a quote that was sent as tagged PDF (PDF/UA-1), A4 upright. The same row gives the same bytes."""
    return press().print(quote_html(quote), STYLE)


def quote_html(quote: Quote) -> str:
    """Return the quote as the page that is printed."""
    return page(
        "bookings/pdfs/quote.html",
        quote=quote,
        # Both parties stand on it as they do on an invoice.
        invoice=quote,
        title="Quote",
        number=quote.reference,
        **sums([_printed(line) for line in quote.lines.order_by("position")]),
    )


def _printed(line: QuoteLine) -> Printed:
    return Printed(
        description=line.in_words,
        treatment=VatTreatment(line.vat_treatment),
        percent=line.vat_percent,
        amounts=Amounts(net=line.net, vat=line.vat),
    )
