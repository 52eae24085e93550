"""Capacity: the only module that locks an event and writes its counters.

A place is used by a booking, by an offer from the waiting list and by a place that has no name yet. Whatever
else an action writes it writes first; the event's row is taken last, for one look and one count before the
commit, because everybody who wants the same date waits on that row (docs/decisions/0007).
"""

from collections.abc import Collection
from datetime import datetime

from django.db.models import Case, F, Q, Sum, Value, When
from django.db.models.functions import Coalesce, Greatest, Least

from accounts.locking import locked
from accounts.models import Organisation, Partnership
from accounts.wake import wake
from bookings.agency_mix import (
    agency_cap,
    agency_full,
    caps_apply_to,
    group_full,
    group_places,
    quotas_of,
    reasons_of_share,
)
from bookings.eligibility import Decision, reasons_of_date
from bookings.models import AgencyShare, Booking, GroupBooking, OrderLine, WaitingListEntry
from bookings.reasons import FULL, Reason, too_few_left
from courses.models import Event, Offer, Strand

OFFER_TASK = "bookings.offer_free_places_of"


class BookingRefused(Exception):
    """The place cannot be had; carries every reason, in words for the person.

    And the decision that it rests on, for whoever draws the page again; None where the date has changed since.
    """

    decision: Decision | None = None

    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__(" ".join(reason.words for reason in reasons))
        self.reasons = reasons


class EventFull(BookingRefused):
    """Somebody else had the last place, or it is owed to somebody who waits."""


class AgencyFull(BookingRefused):
    """The agency has its share of the places (rule B6)."""


def lock_event(event_id: int) -> Event:
    """Wait until nobody else counts places of this event. Held until the transaction ends.

    NO KEY: rows that merely refer to the event need not wait, and cannot meet us head on.
    """
    return locked(Event.objects.select_related("version__course").filter(pk=event_id), no_key=True).get()


def take(
    *,
    event_id: int,
    organisation: Organisation,
    offer: Offer,
    now: datetime,
    places: int = 1,
    is_walk_in: bool = False,
    overriding: Collection[str] = (),
) -> Event:
    """Take places for somebody who comes by, as the last step of a transaction; return the event as it was before.

    Looks once more with the row in hand: somebody may have had the last place, or the team closed the date.
    `overriding` names the reasons that somebody of the team has set aside. Raises EventFull, AgencyFull or
    BookingRefused.
    """
    event = lock_event(event_id)
    left = event.free_places if is_walk_in else event.places_left
    short = 0 if left is None else max(0, places - left)
    if short and "full" not in overriding:
        raise EventFull([FULL if places == 1 or not left else too_few_left(left)])
    reasons = [] if is_walk_in else [reason for reason in reasons_of_date(event, now) if reason.code != "full"]
    standing = [reason for reason in reasons if reason.code not in overriding]
    if standing:
        raise BookingRefused(standing)
    _add(event, organisation, offer, now, places, is_free_of_cap=is_walk_in or "agency_full" in overriding)
    # Beyond what the room was planned for: the recorded override widens the date by just as many.
    beyond = 0 if event.free_places is None else max(0, places - event.free_places)
    Event.objects.filter(pk=event_id).update(
        places_taken=F("places_taken") + places, overbooked_by=F("overbooked_by") + beyond
    )
    return event


def keep(*, event_id: int, now: datetime) -> Event:
    """Look once more at the date of a place that is held already, as the last step; the count stays as it is.

    Raises BookingRefused where the date is off or has begun.
    """
    event = lock_event(event_id)
    if event.state != Event.State.OPEN or event.has_begun(now):
        raise BookingRefused(reasons_of_date(event, now))
    return event


def give_back(*, event_id: int, organisation: Organisation, offer: Offer, now: datetime, places: int = 1) -> None:
    """Give places back; who waits has the first claim on them (DOMAIN 5.5)."""
    Event.objects.filter(pk=event_id).update(
        places_taken=F("places_taken") - places,
        offers_owed_since=Case(
            When(people_waiting__gt=0, then=Coalesce(F("offers_owed_since"), Value(now))),
            default=F("offers_owed_since"),
        ),
    )
    if offer.strand == Strand.MULTI_AGENCY:
        shares = AgencyShare.objects.filter(event_id=event_id, organisation=organisation)
        shares.update(places_taken=F("places_taken") - places)
    if Event.objects.filter(pk=event_id, people_waiting__gt=0).exists():
        wake(OFFER_TASK, event_id=event_id)


def move_share(
    *, event_id: int, before: tuple[Organisation, Offer], after: tuple[Organisation, Offer], places: int = 1
) -> None:
    """Count places for another agency, or another of the date's offers; the event's own count stays.

    Whoever decides this is of the team, so no cap stands in the way.
    """
    shares = AgencyShare.objects.filter(event_id=event_id)
    was, is_now = (offer.strand == Strand.MULTI_AGENCY for _, offer in (before, after))
    if (was, before[0].pk if was else None) == (is_now, after[0].pk if is_now else None):
        return
    lock_event(event_id)
    if was:
        shares.filter(organisation=before[0]).update(places_taken=F("places_taken") - places)
    if is_now:
        _add_to_share(event_id, after[0], places, cap=None)


def move_places(*, before: int, after: int, bookings: Collection[Booking], keeps: int | None) -> None:
    """Count the places of these bookings on another date: a date is split in two, so no cap stands in the way.

    The first date shrinks with them to the places that it keeps: nobody is offered a chair in a room that is given up.
    """
    for event_id in sorted((before, after)):
        lock_event(event_id)
    places = len(bookings)
    Event.objects.filter(pk=before).update(places_taken=F("places_taken") - places)
    if keeps is not None:
        shrink(event_id=before, places=keeps)
    Event.objects.filter(pk=after).update(places_taken=F("places_taken") + places)
    for booking in bookings:
        if booking.offer.strand == Strand.MULTI_AGENCY:
            shares = AgencyShare.objects.filter(event_id=before, organisation=booking.organisation)
            shares.update(places_taken=F("places_taken") - 1)
            _add_to_share(after, booking.organisation, 1, cap=None)


def shrink(*, event_id: int, places: int) -> None:
    """Let a date have so many places, or as many as are taken while those are more."""
    Event.objects.filter(Q(capacity__gt=places) | Q(capacity__isnull=True), pk=event_id).update(
        capacity=Greatest(Value(places), F("places_taken") - F("overbooked_by"), Value(1))
    )


def hold_for_offer(*, event: Event, entry: WaitingListEntry, now: datetime) -> bool:
    """Take the places of an offer for one entry, with the event's row already in hand; tell whether there were enough.

    Raises AgencyFull while the entry's agency has its share.
    """
    if event.free_places is not None and event.free_places < entry.places_wanted:
        return False
    _add(event, entry.organisation, entry.offer, now, entry.places_wanted)
    event.places_taken += entry.places_wanted
    event.people_waiting -= entry.places_wanted
    Event.objects.filter(pk=event.pk).update(
        places_taken=F("places_taken") + entry.places_wanted, people_waiting=F("people_waiting") - entry.places_wanted
    )
    return True


def is_held_back(*, event: Event, entry: WaitingListEntry, now: datetime) -> bool:
    """Tell whether it is their agency's share that keeps these people waiting, and not a lack of places."""
    partnership = Partnership.objects.current()
    return bool(
        reasons_of_share(
            organisation=entry.organisation,
            offer=entry.offer,
            event=event,
            now=now,
            partnership=partnership,
            places=entry.places_wanted,
        )
    )


def count_waiting(*, event_id: int, places: int, look_at: datetime | None = None) -> None:
    """Count people who begin to wait (more) or no longer do (less); `look_at` is when they may be let in.

    The event's row must be in hand where people begin to wait.
    """
    changes: dict[str, object] = {"people_waiting": F("people_waiting") + places}
    if look_at:
        changes["offers_next_look_at"] = Least(Coalesce(F("offers_next_look_at"), Value(look_at)), Value(look_at))
    Event.objects.filter(pk=event_id).update(**changes)


def settle_offers(*, event: Event, owed_since: datetime | None, look_at: datetime | None) -> None:
    """Write what a look at the waiting list found, with the event's row in hand."""
    Event.objects.filter(pk=event.pk).update(offers_owed_since=owed_since, offers_next_look_at=look_at)


def owe_offers(*, event_id: int, now: datetime) -> None:
    """Say that whoever waits is to be looked at: there are more places, or other rules."""
    Event.objects.filter(pk=event_id, people_waiting__gt=0).update(
        offers_owed_since=Coalesce(F("offers_owed_since"), Value(now))
    )
    wake(OFFER_TASK, event_id=event_id)


def _add(
    event: Event, organisation: Organisation, offer: Offer, now: datetime, places: int, *, is_free_of_cap: bool = False
) -> None:
    """Count the places for their agency, and refuse them where it has its share (rule B6)."""
    if offer.strand != Strand.MULTI_AGENCY:
        return
    partnership = Partnership.objects.current()
    applies = not is_free_of_cap and caps_apply_to(event=event, offer=offer, now=now, partnership=partnership)
    quotas = quotas_of(event) if applies else {}
    if quotas:
        _refuse_full_group(event, organisation, quotas, places)
    cap = agency_cap(event=event, partnership=partnership) if applies and not quotas else None
    _add_to_share(event.pk, organisation, places, cap=cap)


def _add_to_share(event_id: int, organisation: Organisation, places: int, *, cap: int | None) -> None:
    share = AgencyShare.objects.filter(event_id=event_id, organisation=organisation).first()
    if share is None:
        share = AgencyShare(event_id=event_id, organisation=organisation)
    if cap is not None and share.places_taken + places > cap:
        raise AgencyFull([agency_full(organisation, cap, left=max(0, cap - share.places_taken))])
    share.places_taken = (F("places_taken") if share.pk else 0) + places
    share.most_places = cap
    share.save()


def _refuse_full_group(event: Event, organisation: Organisation, quotas: dict[str, int], places: int) -> None:
    group = organisation.reporting_group
    if group not in quotas:
        return
    taken = group_places(event, group)
    if taken + places > quotas[group]:
        raise AgencyFull([group_full(group, quotas[group])])


def count_places(*, event_id: int) -> int:
    """Count what uses a place: what the event's counter must equal.

    Bookings, offers to who waits, places without a name, and places kept for somebody who is ordering just now.
    """
    bookings = Booking.objects.filter(event_id=event_id).holding_a_place().count()
    offers = WaitingListEntry.objects.filter(event_id=event_id).offered()
    unnamed = GroupBooking.objects.filter(event_id=event_id)
    return (
        bookings
        + offers.aggregate(places=Coalesce(Sum("places_wanted"), 0))["places"]
        + unnamed.aggregate(places=Coalesce(Sum("places_unnamed"), 0))["places"]
        + OrderLine.objects.filter(event_id=event_id).held().count()
    )
