"""Settle what a proposed organisation is: its people and their bookings follow (the highest app touched)."""

from datetime import datetime

from django.db import transaction

from accounts import emails
from accounts.actions import organisations
from accounts.models import Organisation, Partnership, User
from bookings.actions import capacity
from bookings.eligibility import bookable_events
from bookings.models import Booking
from bookings.models.booking import PLACE_HOLDING_STATES, State
from bookings.terms import terms_for


class AlreadySettled(Exception):
    """Somebody else decided about this organisation in the meantime."""


@transaction.atomic(durable=True)
def settle_organisation(
    *,
    proposed_id: int,
    by: User,
    now: datetime,
    into: Organisation | None = None,
    name: str = "",
    sector: str = "",
    charging_category: str = "",
    evidence: str = "",
) -> Organisation:
    """Merge a proposed organisation into a listed one, or list it with its sector and what it pays.

    Requests for places then carry the offer and the price that follow; the team still decides each. What
    is over keeps its price and gains the sector it is counted in. Its people are told.
    """
    proposed = Organisation.objects.select_for_update(of=("self",)).get(pk=proposed_id)
    if proposed.state != Organisation.State.PROPOSED:
        raise AlreadySettled(f"{proposed.name} has been decided already.")
    people = [each.practitioner for each in proposed.memberships.live().select_related("practitioner__user")]
    name_typed = proposed.name
    if into:
        settled = organisations.merge_proposed(proposed=proposed, into=into, by=by, now=now)
    else:
        settled = organisations.list_proposed(
            proposed=proposed,
            sector=sector,
            charging_category=charging_category,
            evidence=evidence,
            name=name,
            by=by,
            now=now,
        )
    _settle_bookings(proposed, settled, now)
    for practitioner in people:
        emails.organisation_settled(
            practitioner=practitioner, name_typed=name_typed, proposed=proposed, organisation=settled, now=now
        )
    return settled


def _settle_bookings(proposed: Organisation, settled: Organisation, now: datetime) -> None:
    bookings = Booking.objects.filter(organisation=proposed).select_for_update(of=("self",)).order_by("pk")
    bookings = bookings.select_related("organisation", "offer")
    moved = []
    requested = {booking.event_id for booking in bookings if booking.state == State.REQUESTED}
    events = {event.pk: event for event in bookable_events().filter(pk__in=requested)}
    partnership = Partnership.objects.current()
    for booking in bookings:
        before = (booking.organisation, booking.offer)
        booking.organisation = settled
        booking.sector = settled.sector
        booking.charging_category = settled.charging_category
        if booking.state == State.REQUESTED:
            terms = terms_for(organisation=settled, event=events[booking.event_id], now=now, partnership=partnership)
            booking.offer = terms.offer or booking.offer
            booking.price = terms.price
        booking.save(update_fields=["organisation", "sector", "charging_category", "offer", "price"])
        if booking.state in PLACE_HOLDING_STATES:
            moved.append((booking.event_id, before, (settled, booking.offer)))
    # The dates' rows last, and in one order for everybody.
    for event_id, before, after in sorted(moved, key=lambda move: move[0]):
        capacity.move_share(event_id=event_id, before=before, after=after)
