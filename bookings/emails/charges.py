"""Letters about charges: proposed, decided. They go to the agency, never to the person (DOMAIN 6.3)."""

from dataclasses import dataclass
from datetime import datetime

from accounts.correspondence import queue_email
from accounts.models import Membership, MembershipRole, OutboundEmail, Partnership, Practitioner
from bookings.charging import sickness_rule
from bookings.emails.facts import address_of
from bookings.models import ChargeNotice
from bookings.models.charge import ChargeState

PROPOSED, DECIDED = "bookings/charge_proposed", "bookings/charge_decided"


@dataclass(frozen=True, kw_only=True)
class Payer:
    """Whom an agency has for letters about money: a booking contact, or only an address."""

    address: str
    practitioner: Practitioner | None = None


def payer_of(notice: ChargeNotice) -> Payer | None:
    """Return who is written to about this charge: a booking contact, else the address for invoices, else nobody.

    Of several contacts the one who holds the places of the group comes first, then whoever booked this place, then
    whoever has been the contact for longest; an agency lead only where there is no booking contact.
    """
    booking = notice.booking
    group = booking.group_booking if booking else None
    booked_by = booking.booked_by_id if booking else None
    contacts = (
        Membership.objects.as_contact()
        .filter(organisation=notice.organisation, practitioner__anonymised_at__isnull=True)
        .select_related("practitioner__user")
    )

    def turn(contact: Membership) -> tuple[bool, bool, bool, int]:
        person = contact.practitioner
        is_booker = booked_by is not None and person.user_id == booked_by
        return (
            not (group and group.contact_id == person.pk),
            not is_booker,
            contact.role != MembershipRole.BOOKING_CONTACT,
            contact.pk,
        )

    for contact in sorted(contacts, key=turn):
        address = address_of(contact.practitioner)
        if address:
            return Payer(address=address, practitioner=contact.practitioner)
    address = notice.organisation.invoice_email
    return Payer(address=address) if address else None


def charge_proposed(*, notice: ChargeNotice, now: datetime) -> OutboundEmail | None:
    """Once for each notice: what is proposed and why, until when a reason changes it, who decides."""
    payer = payer_of(notice)
    return _queue(PROPOSED, notice, payer, key=proposed_key(notice), now=now) if payer else None


def charge_decided(*, notice: ChargeNotice, now: datetime) -> OutboundEmail | None:
    """Once for each decision, to whoever was told that there is one to take.

    Somebody nobody could write to before hears of it when it is approved, if the agency has a contact by now.
    """
    first = OutboundEmail.objects.filter(key=proposed_key(notice)).select_related("practitioner").first()
    payer = Payer(address=first.to, practitioner=first.practitioner) if first else None
    if payer is None and notice.state == ChargeState.APPROVED:
        payer = payer_of(notice)
    if payer is None:
        return None
    moment = f":{notice.decided_at:%Y%m%dT%H%M%S.%f}" if notice.decided_at else ""
    key = f"bookings.charge_decided:{notice.pk}:{notice.state.lower()}{moment}"
    return _queue(DECIDED, notice, payer, key=key, now=now)


def proposed_key(notice: ChargeNotice) -> str:
    return f"bookings.charge_proposed:{notice.pk}"


def _queue(letter: str, notice: ChargeNotice, payer: Payer, *, key: str, now: datetime) -> OutboundEmail:
    event = notice.booking.event if notice.booking else None
    return queue_email(
        key=key,
        to=payer.address,
        letter=letter,
        context={
            "notice": notice,
            "event": event,
            "course": notice.course,
            "payer": payer.practitioner,
            "sickness": sickness_rule(event=event, partnership=Partnership.objects.current()) if event else None,
            "now": now,
        },
        now=now,
        about=f"charge:{notice.pk}",
        practitioner=payer.practitioner,
    )
