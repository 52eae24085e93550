"""Letters to people on a waiting list: on it, offered a place, an offer that ended, the last hours, the end."""

from datetime import datetime

from accounts.models import OutboundEmail, Practitioner
from bookings.emails.facts import facts_of_date, queue_to
from bookings.models import WaitingListEntry


def waiting_joined(*, entry: WaitingListEntry, place: int, now: datetime) -> OutboundEmail | None:
    """At once: where they stand, and that nothing happens without their yes."""
    return _queue("bookings/waiting_joined", entry, now=now, place_in_list=place)


def waiting_offer(*, entry: WaitingListEntry, now: datetime) -> OutboundEmail | None:
    """When a place is theirs to take: until when, what it costs, until when it could be given up free of charge."""
    return _queue(
        "bookings/waiting_offer",
        entry,
        now=now,
        version=str(entry.offers_lapsed),
        urgency=OutboundEmail.Urgency.AT_ONCE,
    )


def waiting_offer_lapsed(*, entry: WaitingListEntry, now: datetime) -> OutboundEmail | None:
    """When nobody answered an offer in time: they are at the end of the list, or off it."""
    return _queue("bookings/waiting_offer_lapsed", entry, now=now, version=str(entry.offers_lapsed))


def waiting_first_to_answer(*, entry: WaitingListEntry, now: datetime) -> OutboundEmail | None:
    """In the last hours, while a place is free: whoever books first has it."""
    return _queue("bookings/waiting_first_to_answer", entry, now=now, urgency=OutboundEmail.Urgency.AT_ONCE)


def waiting_closed(*, entry: WaitingListEntry, now: datetime) -> OutboundEmail | None:
    """When the date has begun and there was no place."""
    return _queue("bookings/waiting_closed", entry, now=now)


def addressee_of(entry: WaitingListEntry) -> Practitioner | None:
    """The person who waits; for a group whoever put it on the list."""
    return entry.practitioner or (getattr(entry.joined_by, "practitioner", None) if entry.joined_by else None)


def _queue(
    letter: str,
    entry: WaitingListEntry,
    *,
    now: datetime,
    version: str = "",
    urgency: int = OutboundEmail.Urgency.USUAL,
    **facts: object,
) -> OutboundEmail | None:
    return queue_to(
        addressee_of(entry),
        letter,
        key=(entry.pk, version),
        about=f"waiting:{entry.pk}",
        context={**facts_of_date(entry.event, now=now), "entry": entry, **facts},
        now=now,
        urgency=urgency,
    )
