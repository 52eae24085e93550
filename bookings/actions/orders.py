"""Orders: a basket becomes places, all of them or none, paid as the contact says; and the purchase order that follows.

Placing is idempotent: the basket itself is what is placed, so whoever presses twice finds it placed.
"""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import groupby
from uuid import uuid4

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.correspondence import posted_together
from accounts.models import Partnership, Practitioner, User
from accounts.wake import wake
from bookings import emails
from bookings.actions import baskets, capacity, group_bookings, lines, packages, purchase_orders, sales
from bookings.actions.capacity import BookingRefused, EventFull
from bookings.actions.places import PRICE_CHANGED, PriceChanged
from bookings.eligibility import Answers, bookable_events
from bookings.group_eligibility import Colleague, GroupDecision, decide_together
from bookings.models import Booking, GroupBooking, Order, OrderLine, Package, Payment
from bookings.models.order import LineState, OrderState, PaymentMethod, PurchaseOrderStatus
from bookings.models.payment import PaymentState
from bookings.quoting import (
    BasketQuote,
    LineQuote,
    as_agreed,
    lines_to_quote,
    payment_methods,
    purchase_order_due,
    quote_basket,
)
from bookings.reasons import FULL, Reason
from courses.models import Event
from courses.references import new_reference

SETTLE_TASK = "bookings.settle_lines"
# The card provider lets people pay for 90 minutes; what we keep for them is kept a little longer (BAR R6).
CARD_HOLD = timedelta(minutes=105)


# A price that was quoted stands, whatever the list says since.
ABOUT_THE_PRICE = ("on_quote", "no_price")


class OrderRefused(BookingRefused):
    """The order cannot be placed as it stands; the reasons say why and what to do."""


@dataclass(frozen=True, kw_only=True)
class Paying:
    """How the contact wants to pay, in the words of the form."""

    method: str
    po_number: str = ""
    is_po_to_follow: bool = False
    cost_centre: str = ""
    package: Package | None = None


def place(
    *,
    order_id: int,
    paying: Paying,
    total_shown: Decimal | None,
    answers: Answers,
    by: User,
    now: datetime,
    notes: str = "",
    takes_cards: bool = False,
) -> Order:
    """Turn a basket into places, or into a card payment that becomes places; whoever presses twice has one order.

    `total_shown` is what the page showed with VAT. Raises PriceChanged where it is no longer so, OrderRefused with
    every reason, EventFull or AgencyFull where somebody else had a place a moment ago.
    """
    with refusals_in_words(), posted_together(), transaction.atomic(durable=True):
        return _place(order_id, paying, total_shown, answers, by, now, notes, takes_cards)


@contextmanager
def refusals_in_words() -> Iterator[None]:
    """Say in words what the database refuses: somebody else was a moment quicker."""
    try:
        yield
    except IntegrityError as error:
        rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        if rule == "places_taken_within_capacity":
            raise EventFull([FULL]) from error
        if rule == "one_live_booking_per_practitioner_per_event":
            words = "Somebody of this order has a place on one of its dates by now."
            raise OrderRefused([Reason("already_booked", words, "Look at the basket again.")]) from error
        raise


def _place(
    order_id: int,
    paying: Paying,
    total_shown: Decimal | None,
    answers: Answers,
    by: User,
    now: datetime,
    notes: str,
    takes_cards: bool,
) -> Order:
    order = lines.lock_order(order_id=order_id)
    if not order.is_basket:
        return order
    chosen = lines_to_quote(order)
    quoted = quote_basket(
        organisation=order.organisation,
        lines=chosen,
        now=now,
        payment_method=paying.method,
        package=paying.package,
    )
    method = paying.method if quoted.costs_something else PaymentMethod.NOTHING
    dates = _decide_dates(order, quoted, by, now)
    reasons = [
        *_reasons_of_basket(chosen, quoted),
        *reasons_of_paying(order=order, paying=paying, method=method, quoted=quoted, now=now, takes_cards=takes_cards),
        *_reasons_of_dates(dates, answers),
    ]
    if reasons:
        raise OrderRefused(reasons)
    if total_shown is not None and total_shown != quoted.total.gross:
        raise PriceChanged([PRICE_CHANGED])
    _submit(order, paying, method, dates, notes, by, now)
    for line in quoted.lines:
        baskets.keep_figures(line)
    if method == PaymentMethod.CARD:
        order.answers = asdict(answers)
        _await_payment(order, quoted, by, now)
    else:
        sell(order=order, dates=dates, answers=answers, by=by, now=now)
    return order


def _submit(
    order: Order, paying: Paying, method: str, dates: Sequence["DateOfOrder"], notes: str, by: User, now: datetime
) -> None:
    order.state = OrderState.SUBMITTED
    order.payment_method = method
    order.charging_category = order.organisation.charging_category
    order.placed_at, order.placed_by, order.notes = now, by, notes.strip()[:500]
    order.package = paying.package if method == PaymentMethod.PACKAGE else None
    _set_purchase_order(order, paying, method, dates)
    order.save()
    record(by=by, verb="order.place", subject=f"order:{order.pk}", now=now, method=method)


def _set_purchase_order(order: Order, paying: Paying, method: str, dates: Sequence["DateOfOrder"]) -> None:
    if method == PaymentMethod.INTERNAL_RECHARGE:
        order.cost_centre = paying.cost_centre.strip() or order.organisation.cost_centre
        order.po_status = PurchaseOrderStatus.GIVEN if order.cost_centre else PurchaseOrderStatus.TO_FOLLOW
    elif method == PaymentMethod.PURCHASE_ORDER:
        follow_purchase_order(order=order, paying=paying, events=[date.event for date in dates if date.costs_something])


def follow_purchase_order(*, order: Order, paying: Paying, events: Sequence[Event]) -> None:
    """Write to an order in hand the number that was given, or until when it follows for these dates."""
    order.po_number, order.po_due_at = paying.po_number.strip(), None
    if order.po_number:
        order.po_status = PurchaseOrderStatus.GIVEN
    elif paying.is_po_to_follow:
        order.po_status = PurchaseOrderStatus.TO_FOLLOW
        order.po_due_at = first_due(events=events)
    else:
        order.po_status = PurchaseOrderStatus.NOT_NEEDED


def first_due(*, events: Sequence[Event]) -> datetime | None:
    """Return when the purchase order of these dates is due: for the first of them."""
    partnership = Partnership.objects.current()
    return min(
        (purchase_order_due(starts_at=event.starts_at, partnership=partnership) for event in events if event.starts_at),
        default=None,
    )


def _await_payment(order: Order, quoted: BasketQuote, by: User, now: datetime) -> None:
    """Keep the places for as long as the card page may take, and write the payment that is to come."""
    baskets.keep_places(order=order, now=now)
    order.state, order.held_until = OrderState.AWAITING_PAYMENT, now + CARD_HOLD
    order.save(update_fields=["state", "held_until", "answers"])
    Payment.objects.create(
        reference=new_reference("M"),
        kind=Payment.Kind.CARD,
        state=PaymentState.CREATED,
        organisation=order.organisation,
        order=order,
        amount=quoted.total.gross,
        created_at=now,
        created_by=by,
    )


# --- What stands against it -------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class DateOfOrder:
    """The lines of an order on one date, with the decision about them."""

    event: Event
    lines: list[LineQuote]
    decision: GroupDecision

    @property
    def costs_something(self) -> bool:
        return any(line.amounts.net for line in self.lines)

    @property
    def named(self) -> list[LineQuote]:
        return [line for line in self.lines if line.line.full_name]


def _decide_dates(order: Order, quoted: BasketQuote, by: User, now: datetime) -> list[DateOfOrder]:
    """Decide about each date of a basket, in the order of their keys."""
    by_event = sorted((line for line in quoted.lines if line.line.event_id), key=lambda each: each.line.event_id or 0)
    groups = {event_id: list(each) for event_id, each in groupby(by_event, key=lambda each: each.line.event_id)}
    events = {event.pk: event for event in bookable_events().filter(pk__in=list(groups))}
    return [
        DateOfOrder(event=events[event_id], lines=group, decision=_decide(order, events[event_id], group, by, now))
        for event_id, group in groups.items()
        if event_id is not None
    ]


def _decide(order: Order, event: Event, group: list[LineQuote], by: User, now: datetime) -> GroupDecision:
    named = [each.line for each in group if each.line.full_name]
    return decide_together(
        event=event,
        organisation=order.organisation,
        colleagues=[Colleague(full_name=line.full_name, email=line.email) for line in named],
        places_unnamed=len(group) - len(named),
        by=by,
        now=now,
        places_held=sum(each.line.state == LineState.HELD for each in group),
    )


def _reasons_of_basket(chosen: Sequence[OrderLine], quoted: BasketQuote) -> list[Reason]:
    reasons = []
    if not chosen:
        reasons.append(Reason("empty", "Nothing is in the basket.", "Find a course and put places in."))
    for line in quoted.without_price:
        reasons.append(
            Reason("no_price", f"{line.description} has no price for you now.", "Take it out, or ask us for a quote.")
        )
    return reasons


def reasons_of_paying(
    *, order: Order, paying: Paying, method: str, quoted: BasketQuote, now: datetime, takes_cards: bool
) -> list[Reason]:
    """Say what stands against paying so."""
    if method == PaymentMethod.NOTHING:
        return []
    allowed = payment_methods(
        organisation=order.organisation, takes_cards=takes_cards, has_package=paying.package is not None
    )
    if method not in allowed:
        return [Reason("method", "Choose how your organisation pays.")]
    if method == PaymentMethod.PACKAGE:
        return _reasons_of_package(quoted)
    if method == PaymentMethod.PURCHASE_ORDER:
        events = [line.line.event for line in quoted.lines if line.line.event and line.amounts.net]
        return reasons_of_purchase_order(order=order, paying=paying, events=events, now=now)
    return []


def _reasons_of_package(quoted: BasketQuote) -> list[Reason]:
    return list(
        dict.fromkeys(
            Reason(
                "package", f"{line.line.description}: {line.why_not_covered}", "Order it apart, and pay another way."
            )
            for line in quoted.lines
            if line.amounts.net and not line.is_covered
        )
    )


def reasons_of_purchase_order(*, order: Order, paying: Paying, events: Sequence[Event], now: datetime) -> list[Reason]:
    """Say what stands against a purchase order given so, or to follow, for these dates."""
    if paying.po_number.strip():
        try:
            purchase_orders.refuse_wrong_number(paying.po_number.strip())
        except purchase_orders.PurchaseOrderRefused as refusal:
            return [Reason("po", str(refusal))]
        return []
    if paying.is_po_to_follow:
        due = first_due(events=events)
        if due is not None and due <= now:
            days = Partnership.objects.current().po_due_days
            words = f"A purchase order can follow until {days} working days before the first date, and that is over."
            return [Reason("po_late", words, "Give its number now.")]
        return []
    if order.organisation.is_purchase_order_required:
        return [
            Reason("po", "Your organisation orders with a purchase order.", "Give its number, or say that it follows.")
        ]
    return []


def _reasons_of_dates(dates: Sequence[DateOfOrder], answers: Answers) -> list[Reason]:
    reasons: list[Reason] = []
    for date in dates:
        found = [*date.decision.reasons, *(reason for line in date.decision.wrong_lines for reason in line.reasons)]
        if date.decision.lines:
            found += group_bookings.unsaid_of(lines=date.decision.lines, answers=answers)
        title = date.event.version.course.title
        reasons += [Reason(reason.code, f"{title}: {reason.words}", reason.remedy) for reason in found]
    return list(dict.fromkeys(reasons))


# --- Selling ------------------------------------------------------------------------------------------------


@dataclass(frozen=True, kw_only=True)
class SoldDate:
    """The places of a date that are written, and how many of them are still to be taken."""

    date: DateOfOrder
    places_to_take: int
    bookings: list[Booking]


def sell(*, order: Order, dates: Sequence[DateOfOrder], answers: Answers, by: User, now: datetime) -> None:
    """Write the places of an order whose row the caller holds, date by date; the dates' rows are taken last."""
    sale = _write_sale(order=order, dates=dates, answers=answers, by=by, now=now)
    take_places(order=order, sale=sale, now=now)


def _write_sale(
    *, order: Order, dates: Sequence[DateOfOrder], answers: Answers, by: User, now: datetime
) -> list[SoldDate]:
    to_take = [sum(each.line.state != LineState.HELD for each in date.lines) for date in dates]
    order.state, order.held_until = sales.state_when_sold(order), None
    # What was said for everybody is with each place from now on.
    order.cancelled_at, order.cancelled_reason, order.answers = None, "", {}
    order.save(update_fields=["state", "held_until", "cancelled_at", "cancelled_reason", "answers"])
    sale = [
        SoldDate(date=date, places_to_take=places, bookings=_sell_date(order, date, answers, by, now))
        for date, places in zip(dates, to_take, strict=True)
    ]
    emails.order_confirmed(order=order, now=now)
    wake(SETTLE_TASK)
    return sale


def take_places(*, order: Order, sale: Sequence[SoldDate], now: datetime) -> None:
    """Take the dates of what was written, the last step of a sale.

    What is kept already is only looked at once more; the rest is taken now.
    """
    for sold in sale:
        event = _take(order, sold.date, sold.places_to_take, now)
        group_bookings.leave_waiting_lists(event=event, bookings=sold.bookings, now=now)


def sell_paid(*, order: Order, amount: Decimal, now: datetime) -> list[SoldDate]:
    """Write the places of an order that a card has paid, with its row in hand, at the figures agreed.

    The caller takes the places when all else is written. Whoever cannot have theirs any more (they booked it
    themselves meanwhile) leaves a place without a name. Raises OrderRefused where it comes to something else than was
    paid, or BookingRefused where the places are gone.
    """
    by = order.placed_by or order.created_by
    chosen = lines_to_quote(order)
    quoted = as_agreed(chosen)
    if by is None or not chosen or quoted.total.gross != amount:
        raise OrderRefused([Reason("paid", f"The order comes to £{quoted.total.gross}, and £{amount} was paid.")])
    for date in _decide_dates(order, quoted, by, now):
        for line, each in zip(date.decision.lines, date.named, strict=True):
            if line.reasons:
                each.line.full_name = each.line.email = ""
    dates = _decide_dates(order, quoted, by, now)
    reasons = [reason for date in dates for reason in _reasons_against_paid(date)]
    if reasons:
        raise OrderRefused(reasons)
    return _write_sale(order=order, dates=dates, answers=Answers(**order.answers), by=by, now=now)


def _reasons_against_paid(date: DateOfOrder) -> list[Reason]:
    """What was kept since it was agreed is theirs, unless the date is off or has begun, which taking it tells."""
    if all(each.line.state == LineState.HELD for each in date.lines):
        return []
    return [reason for reason in date.decision.reasons if reason.code != "too_late_to_hold"]


def sell_quoted(*, order: Order, paying: Paying, by: User, now: datetime) -> None:
    """Sell what an accepted quote is for, at its figures, whatever the price list says by now.

    The order and its lines are new and in the caller's hands. Places get their names afterwards. Raises OrderRefused
    with the reasons, EventFull or AgencyFull.
    """
    chosen = lines_to_quote(order)
    quoted = as_agreed(chosen, package=paying.package)
    dates = _decide_dates(order, quoted, by, now)
    reasons = [
        *reasons_of_paying(order=order, paying=paying, method=paying.method, quoted=quoted, now=now, takes_cards=False),
        *[reason for reason in _reasons_of_dates(dates, Answers()) if reason.code not in ABOUT_THE_PRICE],
    ]
    if reasons:
        raise OrderRefused(reasons)
    _set_purchase_order(order, paying, paying.method, dates)
    order.save()
    for line in quoted.lines:
        baskets.keep_figures(line)
    if dates:
        sell(order=order, dates=dates, answers=Answers(), by=by, now=now)
    else:
        _sell_whole(order, now)


def _sell_whole(order: Order, now: datetime) -> None:
    """Sell a whole course, and what goes with it, before it has a date."""
    order.state = sales.state_when_sold(order)
    order.save(update_fields=["state"])
    for line in order.lines.in_basket():
        line.state = LineState.SOLD if line.net else LineState.FREE
        line.sold_at = now
        line.save(update_fields=["state", "sold_at"])


def _take(order: Order, date: DateOfOrder, places: int, now: datetime) -> Event:
    if not places:
        return capacity.keep(event_id=date.event.pk, now=now)
    offer = date.lines[0].figures["offer"]
    return capacity.take(event_id=date.event.pk, organisation=order.organisation, offer=offer, now=now, places=places)


def _sell_date(order: Order, date: DateOfOrder, answers: Answers, by: User, now: datetime) -> list[Booking]:
    decision = date.decision
    group = group_bookings.new_group(
        event=date.event,
        organisation=order.organisation,
        decision=decision.decision,
        places_booked=decision.places,
        places_unnamed=decision.places_unnamed,
        name_by=decision.name_by,
        contact=_contact(order),
        by=by,
        now=now,
        idempotency_key=uuid4(),
    )
    group.price = date.lines[0].amounts.net
    group.save(force_insert=True)
    for each in date.lines:
        _sell_line(order, each, group, by, now)
    named = zip(decision.lines, date.named, strict=True)
    return group_bookings.write_places(
        group=group,
        lines=[(line, each.line) for line, each in named],
        answers=answers,
        by=by,
        now=now,
    )


def _contact(order: Order) -> Practitioner:
    contact = order.contact or sales.contact_of(organisation=order.organisation)
    if contact is None:
        words = f"Nobody speaks for {order.organisation.name} yet."
        raise OrderRefused([Reason("no_contact", words, "Add a booking contact to the organisation first.")])
    return contact


def _sell_line(order: Order, each: LineQuote, group: GroupBooking, by: User | None, now: datetime) -> None:
    line = each.line
    line.state = LineState.SOLD if line.net else LineState.FREE
    line.group_booking, line.sold_at, line.is_to_settle = group, now, True
    line.save(update_fields=["state", "group_booking", "sold_at", "is_to_settle"])
    if order.package and line.net:
        packages.reserve(package=order.package, line=line, now=now, by=by)
    # Who it is for is known by its booking from now on.
    OrderLine.objects.filter(pk=line.pk).update(full_name="", email="")
