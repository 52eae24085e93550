"""Forgetting who bought: names in baskets that nobody orders, and what people wrote, once its time is over (DOMAIN 11.2).

Only words that people typed are taken away. Figures, lines, numbers and everything that was issued or sent stay as they
are: the database refuses to change those. Each step looks again with its row in hand, and is harmless twice. Locks: the
order first, then its lines.
"""

from datetime import datetime

from django.db import transaction

from accounts import audit
from accounts.actions import letters, people
from accounts.models import OutboundEmail
from bookings.actions import lines
from bookings.actions.invoices import lock_invoice
from bookings.actions.quotes import lock_quote
from bookings.models import Invoice, Order, OrderLine, Quote


@transaction.atomic
def clear_names(*, order_id: int, untouched_since: datetime, now: datetime) -> int:
    """Take the names out of a basket that nobody has touched since, or of an order that never came about; return how many.

    The places stay in the basket, without names. One that was changed a moment ago keeps them.
    """
    order = lines.lock_order(order_id=order_id)
    if not Order.objects.with_names_from_before(untouched_since).filter(pk=order_id).exists():
        return 0
    names = OrderLine.objects.filter(order=order).exclude(full_name="", email="").update(full_name="", email="")
    order.answers = {}
    order.save(update_fields=["answers"])
    audit.record(by=None, verb="order.forget", subject=f"order:{order.pk}", now=now)
    return names


@transaction.atomic
def forget_quote(*, quote_id: int, now: datetime) -> None:
    """Take away who accepted a quote or why it was declined, and its letters."""
    found = lock_quote(quote_id=quote_id)
    Quote.objects.filter(pk=found.pk).update(**people.without_words("accepted_note", "closed_reason"))
    letters.forget(emails=OutboundEmail.objects.about(f"quote:{found.pk}"))
    audit.record(by=None, verb="quote.forget", subject=f"quote:{found.pk}", now=now)


@transaction.atomic
def forget_order(*, order_id: int, now: datetime) -> None:
    """Take away what somebody wrote with an order, and its letters."""
    order = lines.lock_order(order_id=order_id)
    Order.objects.filter(pk=order.pk).update(**people.without_words("notes"))
    letters.forget(emails=OutboundEmail.objects.about(f"order:{order.pk}"))
    audit.record(by=None, verb="order.forget", subject=f"order:{order.pk}", now=now)


@transaction.atomic
def forget_invoice(*, invoice_id: int, now: datetime) -> None:
    """Take away where an invoice was sent, what was written against it, and its letters; what is printed stays."""
    invoice = lock_invoice(invoice_id=invoice_id)
    Invoice.objects.filter(pk=invoice.pk).update(customer_email="", **people.without_words("dispute_reason"))
    letters.forget(emails=OutboundEmail.objects.about(f"invoice:{invoice.pk}"))
    audit.record(by=None, verb="invoice.forget", subject=f"invoice:{invoice.pk}", now=now)
