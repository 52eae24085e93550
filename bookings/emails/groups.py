"""Letters to whoever books for an organisation: what was booked and costs, which names are missing, what went back."""

from collections.abc import Sequence
from datetime import datetime

from accounts.models import Membership, OutboundEmail, Practitioner
from bookings.charging import late_charge_on
from bookings.emails.facts import facts_of_date, queue_to, start_date
from bookings.models import Booking, GroupBooking

FIRST, LAST = "first", "last"


def group_confirmation(*, group: GroupBooking, bookings: Sequence[Booking], now: datetime) -> OutboundEmail | None:
    """At once: who has a place, what they cost together, the terms, and by when the other places need a name."""
    return _queue(
        "bookings/group_confirmation",
        group,
        now=now,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        bookings=sorted(bookings, key=lambda booking: booking.practitioner.full_name),
        total=group.price * group.places_booked,
    )


def names_needed(*, group: GroupBooking, which: str, now: datetime) -> OutboundEmail | None:
    """Some working days before the date, and once more: places still have no name. A moved date makes it due anew."""
    version = f"{start_date(group.event)}:{which}"
    return _queue("bookings/names_needed", group, now=now, version=version, is_last=which == LAST)


def group_released(*, group: GroupBooking, places: int, is_overdue: bool, now: datetime) -> OutboundEmail | None:
    """When places without a name went back: by the contact, or because nobody was named in time. Never charged."""
    return _queue(
        "bookings/group_released",
        group,
        now=now,
        version=str(group.places_released),
        places_back=places,
        is_overdue=is_overdue,
    )


def contact_of(group: GroupBooking) -> Practitioner | None:
    """Return who is written to: whoever booked while they speak for the organisation, else who does by now."""
    contacts = Membership.objects.as_contact().filter(organisation=group.organisation_id)
    people = [membership.practitioner for membership in contacts.select_related("practitioner__user").order_by("pk")]
    own = [person for person in people if person.pk == group.contact_id]
    return next(iter([*own, *people]), None)


def _queue(
    letter: str,
    group: GroupBooking,
    *,
    now: datetime,
    version: str = "",
    urgency: int = OutboundEmail.Urgency.USUAL,
    **facts: object,
) -> OutboundEmail | None:
    """Queue one letter about one group; an organisation that nobody speaks for any more gets none."""
    return queue_to(
        contact_of(group),
        letter,
        key=(group.pk, version),
        about=f"group:{group.pk}",
        context={
            **facts_of_date(group.event, now=now),
            "group": group,
            "late_charge": late_charge_on(event=group.event, policy=group.policy, price=group.price),
            **facts,
        },
        now=now,
        urgency=urgency,
    )
