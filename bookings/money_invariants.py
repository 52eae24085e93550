"""What must always be true of money: orders, invoices, packages, payments. Reads only; `manage.py check_money` asks it.

The heart of it: every place that costs something ends in exactly one of invoiced, covered, waived, refunded, or given
up in time; and every sum that a row keeps is the sum of the rows it is made of.
"""

from collections.abc import Iterable
from datetime import datetime

from django.db.models import Count, DecimalField, Exists, F, Max, Min, OuterRef, Q, QuerySet, Subquery, Sum, Value
from django.db.models.functions import Coalesce

from bookings.invariants import GRACE, Breach, Rule, broken, pks
from bookings.models import (
    Booking,
    ChargeNotice,
    CreditNote,
    CreditNoteLine,
    DocumentSeries,
    GroupBooking,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Package,
    PackageLedgerEntry,
    Payment,
    PaymentAllocation,
    Quote,
    QuoteLine,
    Refund,
)
from bookings.models.booking import TOOK_PART_STATES
from bookings.models.charge import ChargeState
from bookings.models.invoice import SETTLED_INVOICE_STATES, InvoiceState
from bookings.models.order import OUTCOMES, SOLD_LINE_STATES, UNSOLD_ORDER_STATES, LineState, PaymentMethod
from bookings.models.payment import PaymentState
from bookings.owing import ENDED_FOR_NOTHING

MONEY = DecimalField(max_digits=12, decimal_places=2)


def breaches(*, now: datetime) -> list[Breach]:
    """Ask every rule about money and return those that are broken."""
    return broken(RULES, now)


def _sum_of(rows: QuerySet, by: str, column: str) -> Coalesce:
    """The sum of a column over the rows that point at each row of the outer question."""
    summed = rows.filter(**{by: OuterRef("pk")}).order_by().values(by).annotate(total=Sum(column)).values("total")
    return Coalesce(Subquery(summed, output_field=MONEY), Value(0, output_field=MONEY))


# --- Places and their lines ------------------------------------------------------------------------------------


def _unsold_places(now: datetime) -> Iterable[str]:
    costing = Booking.objects.filter(price__gt=0, order_line=None).exclude(state__in=[*ENDED_FOR_NOTHING, "REQUESTED"])
    return pks("booking", costing)


def _prices_that_differ(now: datetime) -> Iterable[str]:
    return pks("booking", Booking.objects.filter(order_line__isnull=False).exclude(price=F("order_line__net")))


def _last_bookings() -> QuerySet[Booking]:
    """The booking that a line stands for: the last of those that took it over from one another."""
    goes_on = Booking.objects.filter(replaces=OuterRef("pk"), order_line=OuterRef("order_line"))
    return Booking.objects.filter(~Exists(goes_on), order_line__isnull=False)


def _unnamed_that_differ(now: datetime) -> Iterable[str]:
    """A group's places without a name are as many as its lines that nobody has been named for."""
    unnamed = OrderLine.objects.without_a_name().values_list("group_booking").annotate(Count("pk")).order_by()
    counted = dict(unnamed)
    groups = GroupBooking.objects.filter(order_lines__isnull=False, price__gt=0).distinct()
    for pk, places in groups.values_list("pk", "places_unnamed"):
        if counted.get(pk, 0) != places:
            yield f"group:{pk}"


def _lines_on_other_dates(now: datetime) -> Iterable[str]:
    elsewhere = _last_bookings().exclude(event=F("order_line__event"))
    return pks("booking", elsewhere)


def _without_an_end(now: datetime) -> Iterable[str]:
    """Delivered and locked for a while, and the line has not ended, is on no draft, and waits for no charge."""
    over = OrderLine.objects.open().filter(event__register_locked_at__lt=now - GRACE, is_to_settle=False)
    drafted = InvoiceLine.objects.filter(order_line=OuterRef("pk"), invoice__state=InvoiceState.DRAFT)
    undecided = ChargeNotice.objects.open().filter(booking__order_line=OuterRef("pk"))
    return pks("line", over.filter(~Exists(drafted), ~Exists(undecided)))


def _owed_and_let_go(now: datetime) -> Iterable[str]:
    took_part = _last_bookings().filter(
        order_line=OuterRef("pk"), state__in=TOOK_PART_STATES, event__register_locked_at__lt=now - GRACE
    )
    let_go = OrderLine.objects.filter(state__in=[LineState.RELEASED, LineState.REFUNDED, LineState.WAIVED])
    return pks("line", let_go.filter(Exists(took_part), waived_reason="", given_back_at=None, is_to_settle=False))


def _charged_and_let_go(now: datetime) -> Iterable[str]:
    approved = ChargeNotice.objects.approved().filter(booking__order_line=OuterRef("pk"), decided_at__lt=now - GRACE)
    let_go = OrderLine.objects.filter(state__in=[LineState.RELEASED, LineState.REFUNDED, LineState.WAIVED])
    return pks("line", let_go.filter(Exists(approved), waived_reason="", is_to_settle=False))


def _let_go_and_owed(now: datetime) -> Iterable[str]:
    """Nothing is owed, and it stands as invoiced or covered, with no credit note to be looked at."""
    for_nothing = _last_bookings().filter(order_line=OuterRef("pk"), state__in=ENDED_FOR_NOTHING)
    proposed = CreditNoteLine.objects.filter(
        credit_note__number=None, invoice_line__order_line=OuterRef("pk"), invoice_line__is_live=True
    )
    kept = OrderLine.objects.filter(state__in=[LineState.INVOICED, LineState.COVERED], is_to_settle=False)
    return pks("line", kept.filter(Exists(for_nothing), ~Exists(proposed)))


def _invoiced_without_an_invoice(now: datetime) -> Iterable[str]:
    issued = InvoiceLine.objects.filter(order_line=OuterRef("pk"), is_live=True, invoice__number__isnull=False)
    lines = OrderLine.objects.filter(is_to_settle=False)
    return [
        *pks("line", lines.filter(~Exists(issued), state=LineState.INVOICED)),
        *pks("line", lines.filter(Exists(issued), state__in=[each for each in OUTCOMES if each != LineState.INVOICED])),
    ]


def _refunded_without_a_refund(now: datetime) -> Iterable[str]:
    """What credit notes freed of a card payment is owed back, to the penny.

    What is credited of an invoice that the card did not pay, such as one written anew, frees nothing.
    """
    freed = _sum_of(PaymentAllocation.objects.filter(amount__lt=0), "payment", "amount")
    owed_back = _sum_of(Refund.objects.filter(credit_note__isnull=False), "payment", "amount")
    return pks(
        "payment", Payment.objects.by_card().annotate(freed=-freed, owed_back=owed_back).exclude(freed=F("owed_back"))
    )


def _lines_out_of_step(now: datetime) -> Iterable[str]:
    unsold = Q(order__state__in=UNSOLD_ORDER_STATES, state__in=SOLD_LINE_STATES)
    held_for_nobody = Q(state=LineState.HELD) & ~Q(order__state__in=UNSOLD_ORDER_STATES)
    return pks("line", OrderLine.objects.filter(unsold | held_for_nobody))


def _held_too_long(now: datetime) -> Iterable[str]:
    """Held past its time, while no card payment is still on its way."""
    waiting = Payment.objects.unfinished().filter(order=OuterRef("pk"))
    return pks("order", Order.objects.past_their_hold(now - GRACE).filter(~Exists(waiting)))


def _late_purchase_orders(now: datetime) -> Iterable[str]:
    return pks("order", Order.objects.past_their_purchase_order(now - GRACE))


def _quotes_that_became_other_orders(now: datetime) -> Iterable[str]:
    """Accepted, and its order comes to something else than was promised."""
    sold = OrderLine.objects.exclude(state=LineState.DROPPED)
    ordered = Quote.objects.filter(order__isnull=False).annotate(
        lines_net=_sum_of(sold, "order__quote", "net"), lines_vat=_sum_of(sold, "order__quote", "vat")
    )
    return pks("quote", ordered.exclude(net=F("lines_net"), vat=F("lines_vat")))


def _quotes_that_do_not_add_up(now: datetime) -> Iterable[str]:
    quotes = Quote.objects.annotate(
        lines_net=_sum_of(QuoteLine.objects.all(), "quote", "net"),
        lines_vat=_sum_of(QuoteLine.objects.all(), "quote", "vat"),
    )
    return pks("quote", quotes.exclude(net=F("lines_net"), vat=F("lines_vat")))


# --- Documents --------------------------------------------------------------------------------------------------


def _invoices_that_do_not_add_up(now: datetime) -> Iterable[str]:
    invoices = Invoice.objects.annotate(
        lines_net=_sum_of(InvoiceLine.objects.all(), "invoice", "net"),
        lines_vat=_sum_of(InvoiceLine.objects.all(), "invoice", "vat"),
        taken_back=_sum_of(CreditNote.objects.issued(), "invoice", "gross"),
        allocated=_sum_of(PaymentAllocation.objects.all(), "invoice", "amount"),
    )
    wrong = ~Q(net=F("lines_net"), vat=F("lines_vat"), amount_credited=F("taken_back"), amount_paid=F("allocated"))
    return pks("invoice", invoices.filter(wrong))


def _credits_that_do_not_add_up(now: datetime) -> Iterable[str]:
    issued = CreditNoteLine.objects.filter(credit_note__number__isnull=False)
    lines = InvoiceLine.objects.annotate(taken_back=_sum_of(issued, "invoice_line", "gross"))
    notes = CreditNote.objects.annotate(lines_gross=_sum_of(CreditNoteLine.objects.all(), "credit_note", "gross"))
    return [
        *pks("invoice_line", lines.exclude(amount_credited=F("taken_back"))),
        *pks("credit_note", notes.exclude(gross=F("lines_gross"))),
    ]


def _invoice_states_that_do_not_fit(now: datetime) -> Iterable[str]:
    left = F("gross") - F("amount_credited") - F("amount_paid") - F("amount_written_off")
    invoices = Invoice.objects.issued().annotate(left=left)
    settled = Q(state__in=SETTLED_INVOICE_STATES)
    part = Q(state=InvoiceState.PART_PAID)
    wrong = (
        (settled & Q(left__gt=0))
        | (~settled & Q(left=0))
        | (part & Q(amount_paid=0))
        | (Q(state=InvoiceState.CREDITED) & ~Q(amount_credited=F("gross")))
    )
    return pks("invoice", invoices.filter(wrong))


def _gaps_in_numbers(now: datetime) -> Iterable[str]:
    for series in DocumentSeries.objects.order_by("pk"):
        numbers = [
            rows.aggregate(count=Count("pk"), first=Min("number_in_series"), last=Max("number_in_series"))
            for rows in (Invoice.objects.filter(series=series), CreditNote.objects.filter(series=series))
        ]
        count = sum(each["count"] for each in numbers)
        first = min((each["first"] for each in numbers if each["first"]), default=0)
        last = max((each["last"] for each in numbers if each["last"]), default=0)
        if (count, last) != (series.last_number, series.last_number) or (count and first != 1):
            yield f"series:{series.prefix}"


def _charges_without_an_invoice(now: datetime) -> Iterable[str]:
    approved = ChargeNotice.objects.approved().for_free_places().filter(decided_at__lt=now - GRACE, is_to_settle=False)
    on_paper = InvoiceLine.objects.filter(charge=OuterRef("pk"), is_live=True)
    return pks("charge", approved.filter(~Exists(on_paper)))


def _waived_charges_that_are_invoiced(now: datetime) -> Iterable[str]:
    proposed = CreditNoteLine.objects.filter(credit_note__number=None, invoice_line=OuterRef("pk"))
    live = InvoiceLine.objects.filter(is_live=True, charge__is_to_settle=False)
    waived = live.filter(charge__state__in=[ChargeState.WAIVED, ChargeState.WITHDRAWN])
    return pks("invoice_line", waived.filter(~Exists(proposed)))


# --- Packages -----------------------------------------------------------------------------------------------------


def _balances_that_differ(now: datetime) -> Iterable[str]:
    packages = Package.objects.annotate(entered=_sum_of(PackageLedgerEntry.objects.all(), "package", "amount"))
    return pks("package", packages.filter(~Q(balance=F("entered")) | Q(balance__lt=0)))


def _draws_that_do_not_fit(now: datetime) -> Iterable[str]:
    """What a line draws is what it takes while it is open or covered, and nothing once it ended otherwise.

    An open line whose charge was waived once gave its part back, and the package may have been empty since.
    """
    lines = OrderLine.objects.filter(order__payment_method=PaymentMethod.PACKAGE, net__gt=0, is_to_settle=False)
    drawn = lines.annotate(drawn=-_sum_of(PackageLedgerEntry.objects.all(), "order_line", "amount"))
    gave_back = Exists(PackageLedgerEntry.objects.filter(order_line=OuterRef("pk"), kind="RELEASED"))
    keeps = Q(state=LineState.COVERED) | (Q(state=LineState.SOLD) & ~(Q(drawn=0) & gave_back))
    lets_go = Q(state__in=[LineState.RELEASED, LineState.WAIVED, LineState.INVOICED])
    wrong = (keeps & ~Q(drawn=F("package_amount"))) | (lets_go & ~Q(drawn=0))
    return pks("line", drawn.filter(wrong))


# --- Payments -------------------------------------------------------------------------------------------------------


def _payments_that_do_not_add_up(now: datetime) -> Iterable[str]:
    payments = Payment.objects.annotate(
        allocated=_sum_of(PaymentAllocation.objects.all(), "payment", "amount"),
        back=_sum_of(Refund.objects.all(), "payment", "amount"),
    )
    return pks("payment", payments.exclude(amount_allocated=F("allocated"), amount_refunded=F("back")))


def _card_money_without_an_end(now: datetime) -> Iterable[str]:
    """Paid by card a while ago, and neither honoured nor owed back; or with money left that is neither."""
    unhandled = Payment.objects.unhandled().filter(finished_at__lt=now - GRACE)
    handled = Payment.objects.by_card().filter(state=PaymentState.SUCCEEDED, handled_at__isnull=False)
    left = handled.with_money_left()
    return [*pks("payment", unhandled), *pks("payment", left)]


def _paid_twice(now: datetime) -> Iterable[str]:
    """Two card payments of one order that were both kept."""
    kept = Payment.objects.by_card().filter(state=PaymentState.SUCCEEDED, amount_refunded__lt=F("amount"))
    twice = kept.order_by().values("order_id").annotate(count=Count("pk")).filter(count__gt=1)
    return (f"order:{pk}" for pk in twice.values_list("order_id", flat=True))


RULES = [
    Rule("places_sold", "A place that costs something is a line of an order.", _unsold_places),
    Rule("prices_agree", "A place costs what its line says.", _prices_that_differ),
    Rule("unnamed_agree", "Places without a name are the lines without a booking.", _unnamed_that_differ),
    Rule("dates_agree", "A line is on the date of its place.", _lines_on_other_dates),
    Rule("places_end", "What was delivered ends as invoiced, covered, waived, refunded or given up.", _without_an_end),
    Rule("attended_owed", "Nobody took part whose place was let go.", _owed_and_let_go),
    Rule("charges_owed", "No approved charge was let go.", _charged_and_let_go),
    Rule("unowed_credited", "What is not owed is not kept as invoiced or covered.", _let_go_and_owed),
    Rule(
        "invoiced_once", "An invoiced line is on one issued invoice, any other on none.", _invoiced_without_an_invoice
    ),
    Rule("refunds_owed", "What a credit frees of a card payment goes back.", _refunded_without_a_refund),
    Rule("orders_in_step", "Lines are sold where their order is, and held where it is not.", _lines_out_of_step),
    Rule("holds_end", "No place is kept for an order past its time.", _held_too_long),
    Rule("purchase_orders_due", "Without a purchase order in time the places go back.", _late_purchase_orders),
    Rule("quotes_add_up", "A quote is the sum of its lines.", _quotes_that_do_not_add_up),
    Rule("quotes_kept", "An accepted quote is an order at the same figures.", _quotes_that_became_other_orders),
    Rule("invoices_add_up", "An invoice is the sum of its lines, credits and payments.", _invoices_that_do_not_add_up),
    Rule("credits_add_up", "A credit is the sum of its lines.", _credits_that_do_not_add_up),
    Rule("invoice_states", "An invoice's state fits its figures.", _invoice_states_that_do_not_fit),
    Rule("numbers_gapless", "A series of numbers has no gap and no double.", _gaps_in_numbers),
    Rule("charges_invoiced", "An approved charge is on an invoice.", _charges_without_an_invoice),
    Rule("charges_credited", "A waived charge is not kept as invoiced.", _waived_charges_that_are_invoiced),
    Rule("balances_kept", "A package's balance is the sum of its ledger.", _balances_that_differ),
    Rule("draws_kept", "What a line draws from a package is what it takes.", _draws_that_do_not_fit),
    Rule("payments_add_up", "A payment is used for what its rows say.", _payments_that_do_not_add_up),
    Rule("card_money_ends", "Money from a card became places or goes back.", _card_money_without_an_end),
    Rule("paid_once", "No order keeps two card payments.", _paid_twice),
]
