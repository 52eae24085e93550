"""Accepting a quote: it becomes an order at its own figures, by the contact or by the team on the telephone."""

from datetime import datetime

from django.db import transaction

from accounts.audit import record
from accounts.correspondence import posted_together
from accounts.models import User
from bookings import emails
from bookings.actions import orders, quotes
from bookings.actions.orders import OrderRefused, Paying
from bookings.models import Order, OrderLine, Quote, QuoteLine
from bookings.models.order import OrderState, PaymentMethod
from bookings.models.quote import QuoteState
from bookings.reasons import Reason
from courses.actions import enquiries
from courses.models import VatTreatment
from courses.models.enquiry import EnquiryState
from courses.money import NOTHING, Amounts
from courses.references import new_reference


def accept(*, quote_id: int, paying: Paying, by: User, now: datetime, notes: str = "", said_by: str = "") -> Quote:
    """Make the order of a quote, all of it or nothing; accepted twice is one order.

    `said_by` is who accepted on the telephone, where the team takes it down. Raises QuoteRefused where the quote is not
    open any more, OrderRefused with the reasons against the order, EventFull or AgencyFull where its places are gone,
    and what the enquiry refuses.
    """
    with orders.refusals_in_words(), posted_together(), transaction.atomic(durable=True):
        return _accept(quotes.lock_quote(quote_id=quote_id), paying, by, now, notes, said_by)


def _accept(found: Quote, paying: Paying, by: User, now: datetime, notes: str, said_by: str) -> Quote:
    if found.state == QuoteState.ACCEPTED:
        return found
    quotes.refuse_unless_open(found=found, now=now)
    _refuse_another_way(found, paying)
    order = _new_order(found, paying, by, now, notes)
    OrderLine.objects.bulk_create(
        line for each in found.lines.order_by("position") for line in lines_of(order=order, quoted=each)
    )
    orders.sell_quoted(order=order, paying=paying, by=by, now=now)
    found.order, found.state, found.accepted_at, found.accepted_by = order, QuoteState.ACCEPTED, now, by
    found.accepted_note = said_by.strip()[:300]
    found.save(update_fields=["order", "state", "accepted_at", "accepted_by", "accepted_note"])
    record(by=by, verb="quote.accept", subject=f"quote:{found.pk}", now=now, order=order.reference)
    if not said_by:
        # What the team has taken down on the telephone it knows.
        emails.quote_accepted_team(quote=found, now=now)
    if found.enquiry_id:
        enquiries.follow(enquiry_id=found.enquiry_id, state=EnquiryState.ACCEPTED, by=by, now=now)
        emails.quote_accepted(quote=found, now=now)
    return found


def _refuse_another_way(found: Quote, paying: Paying) -> None:
    """Within the council there is no VAT, elsewhere there may be: the quote was worked out for one of the two."""
    if not paying.method:
        raise OrderRefused([Reason("method", "Choose how your organisation pays.")])
    recharged = found.lines.filter(vat_treatment=VatTreatment.NO_SUPPLY).exists()
    if recharged != (paying.method == PaymentMethod.INTERNAL_RECHARGE):
        words = "How your organisation pays has changed since this quote was made."
        raise OrderRefused([Reason("method", words, "Ask us for a new quote.")])


def _new_order(found: Quote, paying: Paying, by: User, now: datetime, notes: str) -> Order:
    return Order.objects.create(
        reference=new_reference("O"),
        organisation=found.organisation,
        contact=found.contact,
        source=Order.Source.QUOTE,
        state=OrderState.SUBMITTED,
        charging_category=found.organisation.charging_category,
        payment_method=paying.method,
        package=paying.package,
        notes=notes.strip()[:500],
        created_at=found.sent_at or now,
        created_by=found.sent_by,
        placed_at=now,
        placed_by=by,
    )


def lines_of(*, order: Order | None, quoted: QuoteLine) -> list[OrderLine]:
    """Return the lines of an order for one of the quote's: one for each place, and one for anything else whatever its quantity."""
    facts = {"order": order, "kind": quoted.kind, "event": quoted.event, "offer": quoted.offer}
    treated = {"vat_treatment": quoted.vat_treatment, "vat_percent": quoted.vat_percent}
    if quoted.kind != OrderLine.Kind.PLACE:
        figures = {"list_price": quoted.net, "net": quoted.net, "vat": quoted.vat, "gross": quoted.gross}
        return [OrderLine(description=quoted.in_words, **facts, **treated, **figures)]
    amounts = Amounts.with_vat(net=quoted.unit_price - quoted.discount, percent=quoted.vat_percent)
    return [
        OrderLine(
            description=quoted.description,
            list_price=quoted.unit_price,
            discount=quoted.discount or NOTHING,
            discount_reason=quoted.discount_reason,
            price_reason=quoted.price_reason,
            net=amounts.net,
            vat=amounts.vat,
            gross=amounts.gross,
            **facts,
            **treated,
        )
        for _ in range(quoted.quantity)
    ]
