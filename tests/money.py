"""What is sold, invoiced and paid, for tests: through the portal's own actions, so that every figure fits."""

from datetime import datetime
from decimal import Decimal
from uuid import uuid4

from bookings.actions import allocations, credit_notes, invoices, settlement
from bookings.models import Invoice, Order, OrderLine, Payment
from bookings.models.order import OrderState, PaymentMethod
from courses.models import VatTreatment
from courses.money import Amounts
from courses.references import new_reference
from tests.makers import NOW
from tests.sales import finance, school

ONE_LINE = (("Restorative practice, 8 December 2026, Sam Ellis", "95"),)


def order_of(
    *lines: tuple,
    organisation=None,
    method=PaymentMethod.PURCHASE_ORDER,
    treatment=VatTreatment.EXEMPT,
    now: datetime = NOW,
    **fields,
) -> Order:
    """An order of things that are delivered already: each a description and a price, and its VAT treatment if another."""
    order = Order.objects.create(
        reference=new_reference("O"),
        organisation=organisation or school(),
        payment_method=method,
        created_at=now,
        placed_at=now,
        **{"state": OrderState.CONFIRMED, "po_number": "PO-10472", **fields},
    )
    for description, net, *special in lines or ONE_LINE:
        treated = special[0] if special else treatment
        percent = Decimal(20) if treated == VatTreatment.STANDARD else Decimal(0)
        amounts = Amounts.with_vat(net=Decimal(net), percent=percent)
        OrderLine.objects.create(
            order=order,
            kind=OrderLine.Kind.OTHER,
            state="SOLD" if amounts.net else "FREE",
            description=description,
            list_price=amounts.net,
            net=amounts.net,
            vat=amounts.vat,
            gross=amounts.gross,
            vat_treatment=treated,
            vat_percent=percent,
            sold_at=now,
        )
    return order


def drafted(*lines: tuple, now: datetime = NOW, **fields) -> Invoice:
    """The draft that waits for finance."""
    order = order_of(*lines, now=now, **fields)
    for line in order.lines.order_by("pk"):
        settlement.settle(line_id=line.pk, now=now)
    return order.invoices.get()


def issued(*lines: tuple, now: datetime = NOW, **fields) -> Invoice:
    """An invoice with a number."""
    return invoices.approve(invoice_id=drafted(*lines, now=now, **fields).pk, by=finance(), now=now)


def credited(invoice: Invoice, amount, *, now: datetime = NOW, is_invoiced_again=False, reason="Sam was ill"):
    """A credit note for so much of the invoice's first line."""
    line = invoice.lines.order_by("position").first()
    return credit_notes.write(
        invoice_id=invoice.pk, amounts={line.pk: Decimal(amount)}, reason=reason, by=finance(), now=now, key=uuid4(),
        is_invoiced_again=is_invoiced_again,
    )  # fmt: skip


def paid(amount, *invoices_paid: Invoice, organisation=None, now: datetime = NOW, **fields) -> Payment:
    """Money through the ledger, which pays these invoices one after the other as far as it goes."""
    payment = Payment.objects.create(
        reference=new_reference("M"),
        state="SUCCEEDED",
        amount=Decimal(amount),
        received_on=now.date(),
        created_at=now,
        handled_at=now,
        organisation=organisation or (invoices_paid[0].organisation if invoices_paid else None),
        **{"kind": "TRANSFER", "ledger_reference": f"L{uuid4().hex[:8]}", **fields},
    )
    for invoice in invoices_paid:
        allocations.allocate(payment_id=payment.pk, invoice_id=invoice.pk, now=now, by=finance())
    payment.refresh_from_db()
    return payment
