"""Settlement: bring what was invoiced, covered or paid back in line with what is owed (docs/decisions/0011).

One line at a time, its order's row first, so that nobody else deals with its money meanwhile. Doing it again changes
nothing. Locks: the order, the line, then package or invoice; never a booking or a date.
"""

from collections.abc import Callable
from datetime import datetime

from django.db import transaction

from accounts.locking import locked
from accounts.models import Partnership
from bookings.actions import commissions, credit_notes, invoices, lines, packages
from bookings.models import ChargeNotice, InvoiceLine, OrderLine
from bookings.models.charge import ChargeState
from bookings.models.order import LineState, PaymentMethod
from bookings.owing import Owing, Verdict, owing_for
from bookings.quoting import is_invoiced_early

ENDS: dict[Verdict, LineState] = {Verdict.RELEASED: LineState.RELEASED, Verdict.WAIVED: LineState.WAIVED}
EARLY = Owing(Verdict.OWED, "Invoiced when ordered")


@transaction.atomic
def settle(*, line_id: int, now: datetime) -> OrderLine:
    """Look at one line and do what follows from what is owed for it. Safe at any time, and twice."""
    line = lines.lock_line(line_id=line_id)
    line.is_to_settle = False
    line.save(update_fields=["is_to_settle"])
    commissions.follow_day(line=line)
    if line.state in (LineState.CHOSEN, LineState.HELD, LineState.DROPPED):
        return line
    if line.state == LineState.FREE:
        lines.follow_order(order=line.order, now=now)
        return line
    owing = owing_for(line)
    settle_as = SETTLE_BY_METHOD[PaymentMethod(line.order.payment_method)]
    settle_as(line, owing, now)
    lines.follow_order(order=line.order, now=now)
    return line


# --- By package -----------------------------------------------------------------------------------------


def _settle_by_package(line: OrderLine, owing: Owing, now: datetime) -> None:
    if line.invoice_lines.filter(is_live=True).exists():
        _settle_by_invoice(line, owing, now)
    elif owing.verdict == Verdict.OWED:
        _cover(line, owing, now)
    elif owing.verdict == Verdict.WAIT:
        packages.keep_again(line=line, now=now)
        lines.move_line(line=line, state=LineState.SOLD, reason="", now=now)
    else:
        packages.release(line=line, now=now, reason=owing.reason)
        lines.move_line(line=line, state=ENDS[owing.verdict], reason=owing.reason, now=now)


def _cover(line: OrderLine, owing: Owing, now: datetime) -> None:
    """Use what was kept. A charge that was waived gave it back: approved after all, it may find the package empty."""
    try:
        packages.use(line=line, now=now, reason=owing.reason)
    except packages.NotEnoughLeft:
        _settle_by_invoice(line, owing, now)
        return
    lines.move_line(line=line, state=LineState.COVERED, reason=owing.reason, now=now)


# --- By invoice, recharge or card ------------------------------------------------------------------------


def _settle_by_invoice(line: OrderLine, owing: Owing, now: datetime) -> None:
    if owing.verdict == Verdict.WAIT and _is_early(line):
        owing = EARLY
    invoiced = line.invoice_lines.filter(is_live=True).select_related("invoice").first()
    if owing.verdict == Verdict.WAIT:
        _wait(line, invoiced, now)
    elif owing.verdict == Verdict.OWED:
        _owe(line, owing, invoiced, now)
    else:
        _take_back(line, owing, invoiced, now)


def _is_early(line: OrderLine) -> bool:
    """Paid by card, or on a date of the month that is invoiced when ordered (DOMAIN 6.1)."""
    if line.order.payment_method == PaymentMethod.CARD:
        return True
    starts_at = line.event.starts_at if line.event else None
    return is_invoiced_early(starts_at=starts_at, partnership=Partnership.objects.current())


def _wait(line: OrderLine, invoiced: InvoiceLine | None, now: datetime) -> None:
    """What is on an issued invoice stays there until it is known otherwise."""
    if invoiced and invoiced.invoice.is_draft:
        invoices.take_off(invoice_line=invoiced)
        invoiced = None
    state = LineState.INVOICED if invoiced else LineState.SOLD
    lines.move_line(line=line, state=state, reason="Invoiced", now=now)


def _owe(line: OrderLine, owing: Owing, invoiced: InvoiceLine | None, now: datetime) -> None:
    if invoiced is None:
        invoiced = invoices.put_on_draft(line=line, charge=owing.charge, now=now)
    elif invoiced.invoice.is_draft:
        invoices.say_anew(invoice_line=invoiced)
    else:
        credit_notes.withdraw_proposal(invoice_line=invoiced)
    if invoiced.invoice.is_draft:
        lines.move_line(line=line, state=LineState.SOLD, reason="", now=now)
    else:
        lines.move_line(line=line, state=LineState.INVOICED, reason=owing.reason, now=now)


def _take_back(line: OrderLine, owing: Owing, invoiced: InvoiceLine | None, now: datetime) -> None:
    if invoiced and invoiced.invoice.is_draft:
        invoices.take_off(invoice_line=invoiced)
    elif invoiced and line.order.payment_method == PaymentMethod.CARD:
        credit_notes.credit_at_once(invoice_line=invoiced, reason=owing.reason, now=now)
        lines.move_line(line=line, state=LineState.REFUNDED, reason=owing.reason, now=now)
        return
    elif invoiced:
        # Finance looks at every credit note before it goes out; the line stays invoiced until then.
        credit_notes.propose(invoice_line=invoiced, reason=owing.reason, now=now)
        lines.move_line(line=line, state=LineState.INVOICED, reason=owing.reason, now=now)
        return
    # What a card paid and a credit note took back has gone back to the card.
    is_refunded = line.order.payment_method == PaymentMethod.CARD and line.invoice_lines.exists()
    end = LineState.REFUNDED if is_refunded else ENDS[owing.verdict]
    lines.move_line(line=line, state=end, reason=owing.reason, now=now)


def _settle_nothing(line: OrderLine, owing: Owing, now: datetime) -> None:
    """Nothing was to be paid."""


SETTLE_BY_METHOD: dict[PaymentMethod, Callable[[OrderLine, Owing, datetime], None]] = {
    PaymentMethod.PACKAGE: _settle_by_package,
    PaymentMethod.PURCHASE_ORDER: _settle_by_invoice,
    PaymentMethod.INTERNAL_RECHARGE: _settle_by_invoice,
    PaymentMethod.CARD: _settle_by_invoice,
    PaymentMethod.NOTHING: _settle_nothing,
}


# --- Charges for free places ------------------------------------------------------------------------------


@transaction.atomic
def settle_charge(*, notice_id: int, now: datetime) -> None:
    """Put an approved charge for a free place on a draft invoice, or take back what is no longer charged."""
    notice = locked(ChargeNotice.objects.with_facts().filter(pk=notice_id)).get()
    notice.is_to_settle = False
    notice.save(update_fields=["is_to_settle"])
    if not ChargeNotice.objects.for_free_places().filter(pk=notice_id).exists():
        return
    invoiced = notice.invoice_lines.filter(is_live=True).select_related("invoice").first()
    if notice.state == ChargeState.APPROVED:
        if invoiced is None:
            invoices.put_charge_on_draft(notice=notice, now=now)
        else:
            credit_notes.withdraw_proposal(invoice_line=invoiced)
    elif invoiced and invoiced.invoice.is_draft:
        invoices.take_off(invoice_line=invoiced)
    elif invoiced and notice.state in (ChargeState.WAIVED, ChargeState.WITHDRAWN):
        credit_notes.propose(invoice_line=invoiced, reason=f"Charge {notice.get_state_display()}", now=now)
