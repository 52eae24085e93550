"""Invoices in any number, written straight to the tables, for measurements of what reads them."""

from datetime import timedelta
from decimal import Decimal

PRICE = Decimal(95)
AT_A_TIME = 5_000
# All at once, as no action would: the actions number one invoice after the other.
ISSUE = """
    UPDATE bookings_invoice SET state = 'APPROVED', number = 'WD26-' || lpad(id::text, 6, '0'), series_id = %s,
    number_in_series = id, issued_on = %s, due_on = %s, approved_at = drafted_at
"""


def make_invoices(count: int, *, lines_each: int) -> list[int]:
    """Issued invoices of one academy with so many lines each, in no file and not printed; return their keys.

    Row history and marks of rows are switched off meanwhile, which only the owner of the tables may do.
    """
    from django.db import connection, transaction
    from django.utils import timezone

    from bookings.models import DocumentSeries, Invoice, InvoiceLine, Order, OrderLine
    from tests import sales
    from workforce_portal.sample_city.copying import unhindered

    now, day = timezone.now(), timezone.localdate()
    academy = sales.school()
    figures = {"vat_treatment": "EXEMPT", "net": PRICE, "gross": PRICE, "vat": 0}
    texts = [f"Restorative practice, 8 December 2026, Person Number {number}" for number in range(lines_each)]
    with transaction.atomic(), unhindered(large=[], small=[Order, OrderLine, Invoice, InvoiceLine]):
        orders = Order.objects.bulk_create(
            (
                Order(
                    reference=f"O-{number:08d}", organisation=academy, state="FULFILLED", po_number="PO-10472",
                    payment_method="PURCHASE_ORDER", created_at=now, placed_at=now,
                )
                for number in range(count)
            ),
            batch_size=AT_A_TIME,
        )  # fmt: skip
        invoices = Invoice.objects.bulk_create(
            (
                Invoice(
                    organisation=academy, order=order, net=PRICE * lines_each, gross=PRICE * lines_each,
                    customer_name=academy.name, customer_address=academy.invoice_address, po_number="PO-10472",
                    seller_name="Airedon City Council", seller_address="2 Aire Street\nAiredon",
                    how_to_pay="By bank transfer.", drafted_at=now,
                )
                for order in orders
            ),
            batch_size=AT_A_TIME,
        )  # fmt: skip
        sold = OrderLine.objects.bulk_create(
            (
                OrderLine(
                    order=order, kind="OTHER", state="INVOICED", description=text, list_price=PRICE, sold_at=now,
                    **figures,
                )
                for order in orders
                for text in texts
            ),
            batch_size=AT_A_TIME,
        )  # fmt: skip
        of_lines = iter(sold)
        InvoiceLine.objects.bulk_create(
            (
                InvoiceLine(invoice=invoice, position=place, order_line=next(of_lines), description=text, **figures)
                for invoice in invoices
                for place, text in enumerate(texts, start=1)
            ),
            batch_size=AT_A_TIME,
        )
        series = DocumentSeries.objects.get_or_create(prefix="WD26")[0]
        with connection.cursor() as cursor:
            cursor.execute(ISSUE, [series.pk, day, day + timedelta(days=30)])
    return [invoice.pk for invoice in invoices]
