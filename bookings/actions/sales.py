"""Sales: a place that costs something becomes a line of an order, whichever door it came through.

The database refuses a confirmed place with a price and no line, so that no door can forget (docs/decisions/0011).
"""

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from django.utils import timezone

from accounts.models import Organisation, Partnership, Practitioner, User
from bookings.models import Booking, GroupBooking, Order, OrderLine, SelfPacedEnrolment
from bookings.models.booking import State
from bookings.models.order import LineState, OrderState, PaymentMethod, PurchaseOrderStatus
from bookings.quoting import describe, line_figures, purchase_order_due
from courses.models import Event, Offer
from courses.pricing import Discount
from courses.references import new_reference


def sell_place(
    *,
    booking: Booking,
    by: User | None,
    now: datetime,
    discount: Discount | None = None,
    is_confirmed: bool = False,
) -> None:
    """Make the order of one place that is booked by itself, and give the unsaved booking its line.

    Nothing happens for a place that is free, only asked for, or sold already; `is_confirmed` says that a request is
    about to become a place. It is paid as its organisation
    usually pays: recharged within the council, by invoice elsewhere.
    """
    is_request = booking.state == State.REQUESTED and not is_confirmed
    if not booking.price or booking.order_line_id or is_request:
        return
    order = _usual_order(organisation=booking.organisation, starts_at=booking.event.starts_at, by=by, now=now)
    booking.order_line = _sold_line(
        order,
        event=booking.event,
        offer=booking.offer,
        price=booking.price,
        now=now,
        kind=OrderLine.Kind.PLACE,
        discount=discount,
    )


def sell_enrolment(*, enrolment: SelfPacedEnrolment, by: User | None, now: datetime) -> None:
    """The same for a self-paced course that costs something."""
    if not enrolment.price:
        return
    order = _usual_order(organisation=enrolment.organisation, starts_at=None, by=by, now=now)
    enrolment.order_line = _sold_line(
        order,
        event=None,
        offer=enrolment.offer,
        price=enrolment.price,
        now=now,
        kind=OrderLine.Kind.SELF_PACED,
        description=enrolment.course.title,
    )


def sell_group(
    *, group: GroupBooking, by: User | None, now: datetime, discount: Discount | None = None
) -> list[OrderLine]:
    """Make the order of a group that was booked outside a basket; return its lines, one a place. None where free."""
    if not group.price:
        return []
    order = _usual_order(
        organisation=group.organisation, starts_at=group.event.starts_at, by=by, now=now, contact=group.contact
    )
    return [
        _sold_line(
            order,
            event=group.event,
            offer=group.offer,
            price=group.price,
            now=now,
            kind=OrderLine.Kind.PLACE,
            group=group,
            discount=discount,
        )
        for _ in range(group.places_booked)
    ]


def line_for_name(*, group: GroupBooking) -> OrderLine | None:
    """Return the line of a place of the group that has no name yet; None where it was not ordered."""
    return group.order_lines.without_a_name().order_by("pk").first()


def give_back_unnamed(*, group: GroupBooking, places: int, now: datetime) -> None:
    """Mark so many lines of the group's places as gone back; settling them releases what was kept for them."""
    unnamed = group.order_lines.without_a_name().order_by("-pk")
    OrderLine.objects.filter(pk__in=list(unnamed.values_list("pk", flat=True)[:places])).update(
        given_back_at=now, is_to_settle=True
    )


def go_on_with(*, new: Booking, old: Booking) -> None:
    """A colleague's place or another date's goes on with the same line; what it says of the date follows."""
    line = old.order_line
    new.order_line = line
    if line is not None and new.event_id != line.event_id:
        line.event, line.description = new.event, describe(new.event)
        line.save(update_fields=["event", "description"])


def move_lines(*, bookings: Iterable[Booking], event_id: int) -> None:
    """The lines of these places go to another date with them: it was split in two. Settling tells them its day."""
    sold = [booking.order_line_id for booking in bookings if booking.order_line_id]
    OrderLine.objects.filter(pk__in=sold).update(event_id=event_id, is_to_settle=True)


def contact_of(*, organisation: Organisation) -> Practitioner | None:
    """Return whom letters about an organisation's places and money go to, where nobody in particular ordered."""
    membership = organisation.memberships.as_contact().select_related("practitioner__user").order_by("pk").first()
    return membership.practitioner if membership else None


def purchase_order_terms(
    *, organisation: Organisation, payment_method: str, starts_at: datetime | None, now: datetime
) -> dict[str, object]:
    """What an order says of its purchase order or cost centre where nobody was asked.

    Without time for one to follow, it is asked for all the same, and no place goes back for the lack of it.
    """
    if payment_method == PaymentMethod.INTERNAL_RECHARGE:
        status = PurchaseOrderStatus.GIVEN if organisation.cost_centre else PurchaseOrderStatus.TO_FOLLOW
        return {"cost_centre": organisation.cost_centre, "po_status": status}
    if payment_method != PaymentMethod.PURCHASE_ORDER or not organisation.is_purchase_order_required:
        return {"po_status": PurchaseOrderStatus.NOT_NEEDED}
    due = purchase_order_due(starts_at=starts_at, partnership=Partnership.objects.current()) if starts_at else None
    return {"po_status": PurchaseOrderStatus.TO_FOLLOW, "po_due_at": due if due and due > now else None}


def state_when_sold(order: Order) -> OrderState:
    """Confirmed, or waiting for the purchase order that is to follow."""
    return OrderState.AWAITING_PO if order.po_status == PurchaseOrderStatus.TO_FOLLOW else OrderState.CONFIRMED


def _usual_order(
    *,
    organisation: Organisation,
    starts_at: datetime | None,
    by: User | None,
    now: datetime,
    contact: Practitioner | None = None,
) -> Order:
    method = PaymentMethod.INTERNAL_RECHARGE if organisation.is_recharged else PaymentMethod.PURCHASE_ORDER
    order = Order(
        reference=new_reference("O"),
        organisation=organisation,
        contact=contact or contact_of(organisation=organisation),
        source=Order.Source.CONTACT if contact else Order.Source.SINGLE,
        charging_category=organisation.charging_category,
        payment_method=method,
        created_at=now,
        created_by=by,
        placed_at=now,
        placed_by=by,
        **purchase_order_terms(organisation=organisation, payment_method=method, starts_at=starts_at, now=now),
    )
    order.state = state_when_sold(order)
    order.save(force_insert=True)
    return order


def _sold_line(
    order: Order,
    *,
    event: Event | None,
    offer: Offer,
    price: Decimal,
    now: datetime,
    kind: str,
    group: GroupBooking | None = None,
    description: str = "",
    discount: Discount | None = None,
) -> OrderLine:
    """Write a line at the price agreed, which a discount has been taken off already."""
    figures = line_figures(
        band=offer.price_band,
        list_price=price + (discount.amount if discount else 0),
        on=timezone.localtime(now).date(),
        is_recharge=order.is_recharge,
        discount=discount,
    )
    return OrderLine.objects.create(
        order=order,
        kind=kind,
        state=LineState.SOLD,
        event=event,
        offer=offer,
        group_booking=group,
        description=description or (describe(event) if event else ""),
        sold_at=now,
        is_to_settle=True,
        **figures,
    )
