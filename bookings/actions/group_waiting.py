"""Groups that wait: an organisation asks for several places together, and takes them when they are offered."""

from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import transaction

from accounts import audit
from accounts.models import Organisation, Partnership, Practitioner, User
from bookings import emails
from bookings.actions import capacity, sales, waiting_list
from bookings.actions.capacity import BookingRefused
from bookings.actions.group_bookings import new_group
from bookings.actions.places import PRICE_CHANGED, PriceChanged
from bookings.eligibility import Decision, bookable_events, decide_for_group
from bookings.group_eligibility import MOST_PLACES, name_by_of_offer
from bookings.models import GroupBooking, WaitingListEntry
from bookings.models.waiting_list import WaitingState
from bookings.reasons import REASONS_TO_QUEUE, Reason
from courses.models import Event

FREE = Reason("free", "These places are free on this date.", "Book them.")


def join_list(
    *, event: Event, organisation: Organisation, places_wanted: int, by: User, now: datetime, idempotency_key: UUID
) -> WaitingListEntry:
    """Put an organisation on the list for several places together; who comes is named when it has them.

    An organisation that waits already keeps its turn. Raises waiting_list.PlaceIsFree, or BookingRefused with every
    reason why free places would not help.
    """
    entry = WaitingListEntry(
        event=event,
        organisation=organisation,
        places_wanted=places_wanted,
        joined_by=by,
        idempotency_key=idempotency_key,
    )
    first = WaitingListEntry.objects.standing_for(entry).first()
    if first:
        return first
    decision = decide_for_group(organisation=organisation, event=event, places=places_wanted, now=now)
    others = [reason for reason in decision.reasons if reason.code not in REASONS_TO_QUEUE]
    if not 1 <= places_wanted <= MOST_PLACES:
        others.append(Reason("too_many", f"One to {MOST_PLACES} places can be asked for together."))
    if others or decision.terms.offer is None:
        raise BookingRefused(others or decision.reasons)
    if not decision.reasons:
        raise waiting_list.PlaceIsFree([FREE])
    waiting_list.refuse_closed_list(event=event, now=now)
    entry.offer = decision.terms.offer
    return waiting_list.enter(entry, now=now)


def decide_for_offer(*, entry: WaitingListEntry, event: Event, now: datetime) -> Decision:
    """Decide about places that are held for a group already: their price is that of so many of one date together."""
    places = entry.places_wanted
    return decide_for_group(organisation=entry.organisation, event=event, places=places, now=now, places_held=places)


@transaction.atomic(durable=True)
def accept_offer(
    *, entry_id: int, contact: Practitioner, by: User, now: datetime, price_shown: Decimal | None
) -> GroupBooking:
    """Turn an offer to a group into places that are named next; pressing twice gives the same. The count stays.

    Raises waiting_list.OfferGone, PriceChanged, or BookingRefused with the reasons that an offer cannot set aside.
    """
    entry = waiting_list.lock_entry(entry_id=entry_id)
    if entry.group_booking:
        return entry.group_booking
    waiting_list.refuse_gone(entry=entry, now=now)
    event = bookable_events().get(pk=entry.event_id)
    decision = decide_for_offer(entry=entry, event=event, now=now)
    reasons = [reason for reason in decision.reasons if reason.code not in waiting_list.OVERTAKEN_BY_OFFER]
    if reasons:
        raise BookingRefused(reasons)
    if price_shown is not None and price_shown != decision.price:
        raise PriceChanged([PRICE_CHANGED])
    group = new_group(
        event=event,
        organisation=entry.organisation,
        decision=replace(decision, reasons=[]),
        places_booked=entry.places_wanted,
        places_unnamed=entry.places_wanted,
        name_by=name_by_of_offer(event=event, now=now, partnership=Partnership.objects.current()),
        contact=contact,
        by=by,
        now=now,
        idempotency_key=entry.idempotency_key,
    )
    group.save(force_insert=True)
    sales.sell_group(group=group, by=by, now=now, discount=decision.terms.discount)
    entry.state, entry.group_booking, entry.closed_at = WaitingState.ACCEPTED, group, now
    entry.save(update_fields=["state", "group_booking", "closed_at"])
    emails.group_confirmation(group=group, bookings=[], now=now)
    audit.record(by=by, verb="group.book", subject=f"group:{group.pk}", now=now, places=group.places_booked)
    capacity.move_share(
        event_id=entry.event_id,
        before=(entry.organisation, entry.offer),
        after=(group.organisation, group.offer),
        places=entry.places_wanted,
    )
    return group
