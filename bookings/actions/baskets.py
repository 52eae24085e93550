"""Baskets: places chosen, taken out, and kept for a time while somebody orders.

A kept place uses a place of its date as a booking does, until the order is placed or the time is over. Locks: the
order, its lines, the dates last in the order of their keys.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime, timedelta

from django.db import IntegrityError, transaction

from accounts.models import Organisation, Partnership, Practitioner, User
from bookings.actions import capacity, lines
from bookings.actions.capacity import BookingRefused, EventFull
from bookings.eligibility import decide_for_group
from bookings.group_eligibility import MOST_PLACES, Colleague
from bookings.models import Order, OrderLine
from bookings.models.order import LineState, OrderState
from bookings.quoting import LineQuote, describe, lines_to_quote, quote_basket
from bookings.reasons import Reason, too_few_left
from courses.models import Event, Offer
from courses.references import new_reference

MOST_LINES = 200
IN_THE_PRICE = Reason(
    "commissioned",
    "Places on this date are part of the course that your organisation has ordered.",
    "Book them at once.",
)


class BasketRefused(BookingRefused):
    """The basket cannot be changed so; the reasons say why."""


def basket_of(*, organisation: Organisation, contact: Practitioner, by: User | None, now: datetime) -> Order:
    """Return the contact's open basket for an organisation, made when it is first needed."""
    found = Order.objects.baskets().filter(organisation=organisation, contact=contact)
    basket = found.first()
    if basket is None:
        try:
            with transaction.atomic():
                basket = Order.objects.create(
                    reference=new_reference("O"),
                    organisation=organisation,
                    contact=contact,
                    charging_category=organisation.charging_category,
                    created_at=now,
                    created_by=by,
                )
        except IntegrityError:
            # The same contact in another window was a moment quicker.
            basket = found.get()
    return basket


@transaction.atomic
def add(
    *,
    order_id: int,
    event: Event,
    colleagues: Sequence[Colleague],
    places_unnamed: int,
    now: datetime,
) -> list[OrderLine]:
    """Put places of a date into a basket, named and unnamed; return its lines of that date.

    Whoever is in it already is not put in twice, so that a form sent twice adds once where everybody has a name.
    Raises BasketRefused where the date cannot be bought, with the reasons.
    """
    order = _lock_basket(order_id)
    present = list(order.lines.in_basket().filter(event=event))
    names = {(line.full_name.casefold(), line.email.lower()) for line in present if line.full_name}
    new = [each for each in colleagues if (each.full_name.casefold(), each.email.lower()) not in names]
    places = len(new) + places_unnamed
    held = sum(line.state == LineState.HELD for line in present)
    _refuse(order, event, places=len(present) + places, held=held, now=now)
    chosen = [*[(each.full_name, each.email) for each in new], *[("", "")] * places_unnamed]
    OrderLine.objects.bulk_create(_chosen_line(order, event, name, email, now) for name, email in chosen)
    _touch(order, now)
    _price_anew(order, now)
    return list(order.lines.in_basket().filter(event=event).order_by("pk"))


def _refuse(order: Order, event: Event, *, places: int, held: int, now: datetime) -> None:
    reasons = list(
        decide_for_group(organisation=order.organisation, event=event, places=places, now=now, places_held=held).reasons
    )
    if event.commissioned_by_id:
        reasons.append(IN_THE_PRICE)
    if places > MOST_PLACES:
        reasons.append(Reason("too_many", f"At most {MOST_PLACES} places of one date can be ordered together."))
    if order.lines.in_basket().count() + places > MOST_LINES:
        reasons.append(
            Reason("too_many", f"A basket holds at most {MOST_LINES} places.", "Order these first, then the others.")
        )
    if reasons:
        raise BasketRefused(reasons)


def _chosen_line(order: Order, event: Event, full_name: str, email: str, now: datetime) -> OrderLine:
    return OrderLine(
        order=order,
        event=event,
        offer=event.offers.all()[0],
        description=describe(event),
        full_name=full_name,
        email=email,
        list_price=0,
        net=0,
        vat=0,
        gross=0,
        vat_treatment="OUTSIDE_SCOPE",
    )


def _price_anew(order: Order, now: datetime) -> None:
    """Keep with each line what it costs as the basket stands: a later price is shown beside it and asked about."""
    for quoted in quote_basket(organisation=order.organisation, lines=lines_to_quote(order), now=now).lines:
        keep_figures(quoted)


def keep_figures(quoted: LineQuote) -> None:
    """Write the figures of a quote to its line."""
    for name, value in quoted.figures.items():
        setattr(quoted.line, name, value)
    quoted.line.package_amount = quoted.package_amount
    quoted.line.save(update_fields=[*quoted.figures, "package_amount"])


@transaction.atomic
def name_place(*, order_id: int, line_id: int, full_name: str, email: str, now: datetime) -> OrderLine:
    """Say who a place in the basket is for, or that nobody is named yet."""
    order = _lock_basket(order_id)
    line = order.lines.in_basket().get(pk=line_id)
    line.full_name, line.email = full_name.strip(), email.strip()
    line.save(update_fields=["full_name", "email"])
    _touch(order, now)
    return line


@transaction.atomic
def take_out(*, order_id: int, line_ids: Sequence[int], now: datetime) -> int:
    """Take places out of a basket and give back what was kept; return how many. Taken out twice is once."""
    order = _lock_basket(order_id)
    chosen = list(order.lines.in_basket().filter(pk__in=line_ids).select_related("offer", "event"))
    give_back(order=order, chosen=chosen, now=now)
    for line in chosen:
        line.state = LineState.DROPPED
        line.full_name = line.email = ""
        line.save(update_fields=["state", "full_name", "email"])
    _touch(order, now)
    _price_anew(order, now)
    return len(chosen)


@transaction.atomic
def hold(*, order_id: int, now: datetime) -> Order:
    """Keep every place of a basket for some minutes, so that nobody else has them while the contact orders.

    All of them or none. What is kept already stays kept until the same time. Raises EventFull, AgencyFull or
    BookingRefused, in words that name the date.
    """
    order = _lock_basket(order_id)
    keep_places(order=order, now=now)
    if not order.is_holding(now):
        minutes = Partnership.objects.current().checkout_hold_minutes
        order.held_until = now + timedelta(minutes=minutes)
        order.save(update_fields=["held_until"])
    return order


def keep_places(*, order: Order, now: datetime) -> None:
    """Take a place for every line of the order that has none yet, the dates last and in the order of their keys."""
    chosen = order.lines.filter(state=LineState.CHOSEN, kind=OrderLine.Kind.PLACE).select_related("offer", "event")
    wanted = list(chosen.order_by("event_id", "pk"))
    OrderLine.objects.filter(pk__in=[line.pk for line in wanted]).update(state=LineState.HELD)
    for event_id, offer, places in _counted(wanted):
        try:
            capacity.take(event_id=event_id, organisation=order.organisation, offer=offer, now=now, places=places)
        except EventFull as error:
            event = Event.objects.select_related("version__course").get(pk=event_id)
            left = event.places_left or 0
            reason = too_few_left(left)
            words = f"{describe(event)}: {reason.words}"
            raise EventFull(
                [Reason(reason.code, words, "Take places out of the basket, or choose another date.")]
            ) from error


@transaction.atomic
def let_go(*, order_id: int, now: datetime) -> Order:
    """Give back the places that a basket kept; its lines stay in it. Nothing kept is not an error."""
    order = lines.lock_order(order_id=order_id)
    if order.state != OrderState.BASKET or order.held_until is None:
        return order
    give_back(order=order, chosen=list(order.lines.held().select_related("offer", "event")), now=now)
    order.held_until = None
    order.save(update_fields=["held_until"])
    return order


def give_back(*, order: Order, chosen: Sequence[OrderLine], now: datetime) -> None:
    """Give back the places that these lines of an order in hand keep; the lines are only chosen again."""
    held = [line for line in chosen if line.state == LineState.HELD]
    OrderLine.objects.filter(pk__in=[line.pk for line in held]).update(state=LineState.CHOSEN)
    for line in held:
        line.state = LineState.CHOSEN
    for event_id, offer, places in _counted(held):
        capacity.give_back(event_id=event_id, organisation=order.organisation, offer=offer, now=now, places=places)


def _counted(places: Sequence[OrderLine]) -> list[tuple[int, Offer, int]]:
    """How many of these places each date has, in the order in which everybody takes the dates' rows."""
    counted = Counter((line.event_id, line.offer) for line in places if line.event_id and line.offer)
    known = [(event_id, offer, number) for (event_id, offer), number in counted.items() if event_id and offer]
    return sorted(known, key=lambda each: each[0])


def _touch(order: Order, now: datetime) -> None:
    """Note when somebody last worked on the basket: names in one that is forgotten are removed after a time."""
    order.changed_at = now
    order.save(update_fields=["changed_at"])


def _lock_basket(order_id: int) -> Order:
    order = lines.lock_order(order_id=order_id)
    if not order.is_basket:
        words = f"This order was placed: it is {order.get_state_display()}."
        raise BasketRefused([Reason("placed", words, "Begin a new basket for more places.")])
    return order
