"""Reconciliation: how everything that costs something ended, by month and organisation, beside what the books say.

Every line of an order and every charge for a free place has exactly one ending: invoiced, covered by a package, waived,
refunded, released, or still open for a reason that is named. All figures are without VAT.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from django.db.models import Case, CharField, Count, Exists, F, OuterRef, QuerySet, Sum, Value, When
from django.db.models.functions import Coalesce, TruncMonth

from bookings.models import (
    ChargeNotice,
    CreditNote,
    CreditNoteLine,
    Invoice,
    InvoiceLine,
    OrderLine,
    PackageLedgerEntry,
    Payment,
    PaymentAllocation,
    Refund,
)
from bookings.models.charge import ChargeState
from bookings.models.order import LineState
from courses.money import NOTHING
from courses.working_days import start_of_day

ENDINGS = {
    LineState.INVOICED: "Invoiced",
    LineState.COVERED: "Covered by a package",
    LineState.WAIVED: "Waived",
    LineState.REFUNDED: "Refunded",
    LineState.RELEASED: "Given up in time",
}
ON_DRAFT = "Open: on a draft invoice"
NO_ORDER_NUMBER = "Open: the purchase order is to follow"
NOT_DELIVERED = "Open: not delivered yet"
NOT_LOCKED = "Open: the register is not closed"
NOT_DECIDED = "Open: the charge is not decided"
TO_SETTLE = "Open: to be settled"
OPEN = (ON_DRAFT, NO_ORDER_NUMBER, NOT_DELIVERED, NOT_LOCKED, NOT_DECIDED, TO_SETTLE)
COLUMNS = (*ENDINGS.values(), *OPEN)


@dataclass(frozen=True, kw_only=True)
class Ended:
    """So many places, worth so much, of one organisation and month ended in one way."""

    month: date
    organisation: str
    ending: str
    places: int
    net: Decimal


@dataclass(frozen=True, kw_only=True)
class Check:
    """Two figures that must be the same, from two sides of the books."""

    words: str
    one: Decimal
    other: Decimal

    @property
    def agrees(self) -> bool:
        return self.one == self.other


def endings(*, now: datetime, first: date, last: date, organisation: str = "") -> list[Ended]:
    """Return what became of everything from the month of the first day to that of the last; two questions."""
    found = [*_grouped(_lines(now), first, last, organisation), *_grouped(_charges(now), first, last, organisation)]
    together: dict[tuple, Ended] = {}
    for one in found:
        key = (one.month, one.organisation, one.ending)
        other = together.get(key)
        places, net = (other.places, other.net) if other else (0, NOTHING)
        together[key] = Ended(
            month=one.month, organisation=one.organisation, ending=one.ending,
            places=one.places + places, net=one.net + net,
        )  # fmt: skip
    return sorted(together.values(), key=lambda one: (one.month, one.organisation, COLUMNS.index(one.ending)))


def _grouped(rows: QuerySet, first: date, last: date, organisation: str) -> Iterable[Ended]:
    rows = rows.filter(day__gte=start_of_day(first.replace(day=1)), day__lt=start_of_day(_next_month(last)))
    if organisation:
        rows = rows.filter(who__icontains=organisation)
    groups = rows.values("who", "ending", month=TruncMonth("day")).annotate(places=Count("pk"), worth=Sum("value"))
    for row in groups.order_by("month", "who", "ending"):
        yield Ended(
            month=row["month"].date(), organisation=row["who"], ending=row["ending"], places=row["places"],
            net=row["worth"],
        )  # fmt: skip


def _next_month(day: date) -> date:
    return date(day.year + day.month // 12, day.month % 12 + 1, 1)


def _lines(now: datetime) -> QuerySet:
    """Lines of orders, by the day of their course, else the day on which they were sold."""
    on_draft = InvoiceLine.objects.filter(order_line=OuterRef("pk"), is_live=True, invoice__number__isnull=True)
    undecided = ChargeNotice.objects.filter(booking__order_line=OuterRef("pk")).open()
    ended = [When(state=state, then=Value(words)) for state, words in ENDINGS.items()]
    open_ones = [
        When(Exists(on_draft), then=Value(ON_DRAFT)),
        When(Exists(undecided), then=Value(NOT_DECIDED)),
        When(order__state="AWAITING_PO", then=Value(NO_ORDER_NUMBER)),
        When(event__ends_at__gt=now, then=Value(NOT_DELIVERED)),
        When(kind=OrderLine.Kind.SELF_PACED, then=Value(NOT_DELIVERED)),
        # A whole course, and what goes with it, whose day is still to be agreed.
        When(kind__in=[OrderLine.Kind.COURSE, OrderLine.Kind.OTHER], event__isnull=True, then=Value(NOT_DELIVERED)),
        When(event__register_locked_at__isnull=True, event__isnull=False, then=Value(NOT_LOCKED)),
    ]
    return OrderLine.objects.costing_something().annotate(
        who=F("order__organisation__name"),
        day=Coalesce("event__starts_at", "sold_at"),
        value=F("net"),
        ending=Case(*ended, *open_ones, default=Value(TO_SETTLE), output_field=CharField()),
    )


def _charges(now: datetime) -> QuerySet:
    """Charges for places that cost nothing, which are invoiced by themselves."""
    live = InvoiceLine.objects.filter(charge=OuterRef("pk"), is_live=True)
    ending = Case(
        When(Exists(live.filter(invoice__number__isnull=False)), then=Value(ENDINGS[LineState.INVOICED])),
        When(Exists(live), then=Value(ON_DRAFT)),
        When(state=ChargeState.WAIVED, then=Value(ENDINGS[LineState.WAIVED])),
        When(state=ChargeState.WITHDRAWN, then=Value(ENDINGS[LineState.RELEASED])),
        When(state=ChargeState.APPROVED, then=Value(TO_SETTLE)),
        default=Value(NOT_DECIDED),
        output_field=CharField(),
    )
    return ChargeNotice.objects.for_free_places().annotate(
        who=F("organisation__name"),
        day=Coalesce("booking__event__starts_at", "enrolment__due_at"),
        value=F("amount"),
        ending=ending,
    )


def checks() -> list[Check]:
    """Figures of the whole portal that must agree, each from two tables."""
    issued, credits = Invoice.objects.issued(), CreditNoteLine.objects.filter(credit_note__number__isnull=False)
    received, used = Payment.objects.received(), PackageLedgerEntry.objects.filter(order_line__state=LineState.COVERED)
    covered = OrderLine.objects.filter(state=LineState.COVERED)
    of_live_lines = InvoiceLine.objects.filter(is_live=True, invoice__number__isnull=False)
    # What the next minute settles is left out on both sides.
    invoiced = of_live_lines.filter(order_line__state=LineState.INVOICED, order_line__is_to_settle=False)
    ended = OrderLine.objects.filter(state=LineState.INVOICED, is_to_settle=False)
    return [
        Check(words="Lines of issued invoices, and the invoices", one=_sum(InvoiceLine.objects.filter(
            invoice__number__isnull=False), "gross"), other=_sum(issued, "gross")),
        Check(words="Places that ended as invoiced, and the lines of invoices that ask for them",
              one=_sum(ended, "net"), other=_sum(invoiced, "net")),
        Check(words="Credit notes, and what they took off invoices",
              one=_sum(CreditNote.objects.issued(), "gross"), other=_sum(issued, "amount_credited")),
        Check(words="Credit notes, and their lines",
              one=_sum(CreditNote.objects.issued(), "gross"), other=_sum(credits, "gross")),
        Check(words="What payments pay, and what invoices were paid",
              one=_sum(PaymentAllocation.objects.all(), "amount"), other=_sum(issued, "amount_paid")),
        Check(words="What payments gave back, and the refunds",
              one=_sum(received, "amount_refunded"), other=_sum(Refund.objects.all(), "amount")),
        Check(words="Places that a package covers, and what was used of packages",
              one=_sum(covered, "package_amount"), other=-_sum(used, "amount")),
    ]  # fmt: skip


def _sum(rows: Any, field: str) -> Decimal:
    return rows.aggregate(sum=Sum(field))["sum"] or NOTHING
