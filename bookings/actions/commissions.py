"""Commissioned courses once they are ordered: the order's lines get the date, and the enquiry follows the invoice.

The enquiry and its date live in the app below, which knows nothing of orders; so these look there and bring the order
in line. Safe at any time, and twice. Locks: the order, its lines, the enquiry last.
"""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts.models import User
from bookings.actions import lines
from bookings.models import InvoiceLine, Order, OrderLine, Quote, QuoteLine
from bookings.models.quote import QuoteState
from bookings.quoting import describe
from courses.actions import enquiries
from courses.models import Enquiry, Event
from courses.models.enquiry import EnquiryState


@transaction.atomic
def give_date(*, order_id: int, now: datetime) -> bool:
    """Give the lines of an order the date that its enquiry has by now; tell whether it was new to any."""
    order = lines.lock_order(order_id=order_id)
    quote = Quote.objects.accepted().filter(order=order).select_related("enquiry__event__version__course").first()
    event = quote.enquiry.date if quote and quote.enquiry else None
    if quote is None or event is None:
        return False
    ordered = order.lines.whole().select_for_update(of=("self",), no_key=True).order_by("pk")
    is_new = False
    # One line for each of the quote's, in its order.
    for line, quoted in zip(ordered, quote.lines.order_by("position"), strict=True):
        if line.event_id != event.pk:
            line.event, line.description, line.is_to_settle = event, _dated(quoted, event), True
            line.save(update_fields=["event", "description", "is_to_settle"])
            is_new = True
    return is_new


def _dated(quoted: QuoteLine, event: Event) -> str:
    """What was quoted, and of the course itself its day; what goes with it has none."""
    if quoted.kind != OrderLine.Kind.COURSE or event.starts_at is None:
        return quoted.in_words[:300]
    return f"{quoted.in_words}, {timezone.localtime(event.starts_at):%-d %B %Y}"[:300]


def words_of(*, line: OrderLine) -> str:
    """Return what a line is in the words of orders and invoices, with the day that its date has by now."""
    if line.event is None:
        return line.description
    if line.kind == OrderLine.Kind.PLACE:
        return describe(line.event)
    # The quote's lines and the order's are in the same order.
    earlier = OrderLine.objects.whole().filter(order=line.order_id, pk__lt=line.pk).count()
    quoted = QuoteLine.objects.filter(quote__order=line.order_id).order_by("position")[earlier : earlier + 1]
    return next((_dated(each, line.event) for each in quoted), line.description)


def follow_day(*, line: OrderLine) -> None:
    """Let a line in hand say the day of its date as it is now: dates are moved after they were ordered."""
    words = words_of(line=line)
    if words != line.description:
        line.description = words
        line.save(update_fields=["description"])


def follow_enquiry(*, order: Order, by: User | None, now: datetime) -> None:
    """Bring the enquiry of an order in hand along: invoiced once its course is, delivered again where that is credited."""
    enquiry = Enquiry.objects.filter(quotes__order=order, quotes__state=QuoteState.ACCEPTED).first()
    if enquiry is None or not enquiry.is_held:
        return
    live = InvoiceLine.objects.filter(order_line__order=order, is_live=True, invoice__number__isnull=False)
    state = EnquiryState.INVOICED if live.exists() else EnquiryState.DELIVERED
    enquiries.follow(enquiry_id=enquiry.pk, state=state, by=by, now=now)


@transaction.atomic
def follow_order(*, order_id: int, now: datetime) -> None:
    """The same from the outside, for an invoice that was issued before the course was held."""
    follow_enquiry(order=lines.lock_order(order_id=order_id), by=None, now=now)
