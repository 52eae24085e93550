"""Documents: the next number of a series, without a gap, and what every invoice copies of seller and buyer."""

from datetime import date

from django.db.models import F

from accounts.models import Organisation, Partnership
from bookings.models import DocumentSeries, Order


def take_number(*, prefix: str, day: date) -> tuple[DocumentSeries, int, str]:
    """Take the next number of a financial year's series, as a late step of the transaction that issues it.

    The row of the series is held until that transaction ends, so the next waits; if it fails, the number is taken
    back with it (docs/decisions/0012). Returns the series, the number in it, and the number as printed: WD26-00042.
    """
    name = f"{prefix}{financial_year(day) % 100:02d}"
    DocumentSeries.objects.get_or_create(prefix=name)
    DocumentSeries.objects.filter(prefix=name).update(last_number=F("last_number") + 1)
    series = DocumentSeries.objects.get(prefix=name)
    return series, series.last_number, f"{name}-{series.last_number:05d}"


def financial_year(day: date) -> int:
    """Return the year in which the council's financial year began: it runs from April to March."""
    return day.year if day.month >= 4 else day.year - 1


def sellers_details(partnership: Partnership) -> dict[str, str]:
    """What an invoice says of the council, copied when it is issued."""
    return {
        "seller_name": partnership.invoice_name or partnership.council_name,
        "seller_address": partnership.invoice_address or partnership.contact_address,
        "seller_vat_number": partnership.vat_number,
        "how_to_pay": partnership.how_to_pay,
    }


def buyers_details(*, organisation: Organisation, order: Order | None) -> dict[str, str]:
    """What an invoice says of whoever pays, copied when it is issued."""
    payer = organisation.payer or organisation
    return {
        "customer_name": payer.name,
        "customer_address": payer.invoice_address,
        "customer_email": payer.invoice_email,
        "customer_reference": payer.finance_reference,
        "customer_vat_number": payer.vat_number,
        "po_number": order.po_number if order else "",
        "cost_centre": (order.cost_centre if order else "") or payer.cost_centre,
    }
