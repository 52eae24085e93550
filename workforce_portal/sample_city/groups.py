"""Places that organisations of the city hold together, some without a name yet."""

from datetime import datetime

from accounts.models import Partnership
from bookings.group_eligibility import name_by_of
from bookings.models import Booking, GroupBooking, Order, OrderLine
from courses.models import Event
from workforce_portal.sample_city.dates import PlannedEvent


def write_groups(events: list[PlannedEvent], *, as_of: datetime) -> None:
    """Write the group of each date that has one, after its bookings, which then belong to it."""
    partnership = Partnership.objects.current()
    for number, planned in enumerate((event for event in events if event.held), start=1):
        contact = planned.held_by
        bookings = Booking.objects.filter(event_id=planned.id, organisation_id=contact.agency.id).confirmed()
        first = bookings.order_by("pk").first()
        if first is None:
            continue
        event = Event.objects.get(pk=planned.id)
        group = GroupBooking.objects.create(
            reference=f"G-AIREDN{number:02d}",
            event=event,
            organisation_id=contact.agency.id,
            offer_id=first.offer_id,
            policy_id=first.policy_id,
            price=first.price,
            terms_accepted_at=first.booked_at,
            free_cancel_until=first.free_cancel_until,
            places_booked=bookings.count() + planned.held,
            places_unnamed=planned.held,
            name_by=name_by_of(event=event, partnership=partnership),
            contact_id=contact.id,
            booked_at=min(first.booked_at, as_of),
            booked_by_id=contact.user_id,
        )
        bookings.update(group_booking=group)
        if group.price:
            _sell(group, list(bookings.values_list("order_line_id", flat=True)))


def _sell(group: GroupBooking, named: list[int]) -> None:
    """The places without a name are lines of the order that its people were sold with."""
    lines = OrderLine.objects.filter(pk__in=named)
    lines.update(group_booking=group)
    first = lines.select_related("order").order_by("pk")[0]
    Order.objects.filter(pk=first.order_id).update(contact_id=group.contact_id, source=Order.Source.CONTACT)
    for _ in range(group.places_unnamed):
        first.pk, first._state.adding = None, True
        first.save(force_insert=True)
