"""Invoices in any number, written straight to the tables, for measurements of what reads them."""

from datetime import timedelta
from decimal import Decimal

PRICE = Decimal(95)
AT_A_TIME = 5_000


def make_invoices(count: int, *, lines_each: int) -> list[int]:
    """Issued invoices of one academy with so many lines each, in no file and not printed; return their keys.

    Triggers are switched off meanwhile, which only the owner of the tables may do.
    """
    from django.db import transaction
    from django.utils import timezone

    from bookings.models import DocumentSeries, Invoice, InvoiceLine, Order, OrderLine
    from tests import money
    from workforce_portal.sample_city.copying import unhindered

    now = timezone.now()
    day = timezone.localdate()
    academy = money.academy()
    figures = {"vat_treatment": "EXEMPT", "net": PRICE, "gross": PRICE, "vat": 0}
    with transaction.atomic(), unhindered(large=[], small=[Order, OrderLine, Invoice, InvoiceLine]):
        series = DocumentSeries.objects.get_or_create(prefix="WD26")[0]
        order = Order.objects.create(
            reference="O-MEASURE", organisation=academy, state="FULFILLED", payment_method="PURCHASE_ORDER",
            po_number="PO-10472", created_at=now, placed_at=now,
        )  # fmt: skip
        total = PRICE * lines_each
        invoices = Invoice.objects.bulk_create(
            (
                Invoice(
                    number=f"WD26-{number:05d}", series=series, number_in_series=number, state="APPROVED",
                    organisation=academy, order=order, issued_on=day, due_on=day + timedelta(days=30), net=total,
                    gross=total, customer_name=academy.name, customer_address=academy.invoice_address,
                    po_number="PO-10472", seller_name="Airedon City Council", seller_address="2 Aire Street\nAiredon",
                    how_to_pay="By bank transfer.", drafted_at=now, approved_at=now,
                )
                for number in range(1, count + 1)
            ),
            batch_size=AT_A_TIME,
        )  # fmt: skip
        texts = [f"Restorative practice, 8 December 2026, Person Number {number}" for number in range(lines_each)]
        sold = OrderLine.objects.bulk_create(
            (
                OrderLine(
                    order=order,
                    kind="OTHER",
                    state="INVOICED",
                    description=text,
                    list_price=PRICE,
                    sold_at=now,
                    **figures,
                )
                for _ in invoices
                for text in texts
            ),
            batch_size=AT_A_TIME,
        )
        of_lines = iter(sold)
        InvoiceLine.objects.bulk_create(
            (
                InvoiceLine(invoice=invoice, position=place, order_line=next(of_lines), description=text, **figures)
                for invoice in invoices
                for place, text in enumerate(texts, start=1)
            ),
            batch_size=AT_A_TIME,
        )
    return [invoice.pk for invoice in invoices]
