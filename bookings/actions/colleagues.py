"""A colleague who was named by a booking contact turns out to have an account: the two records become one."""

from dataclasses import dataclass, field
from datetime import datetime

from allauth.account.models import EmailAddress
from django.db import transaction

from accounts import audit
from accounts.actions import invitations, organisations
from accounts.actions.invitations import CannotInvite
from accounts.models import Invitation, OutboundEmail, Practitioner, User
from bookings.models import Booking, WaitingListEntry

JOINED_NAME = "Joined to another record"


@dataclass
class Joined:
    """What came to the account, and the places that could not because the person has one on that date already."""

    bookings: list[Booking] = field(default_factory=list)
    left: list[Booking] = field(default_factory=list)


def is_addressee(*, invitation: Invitation, user: User) -> bool:
    """Tell whether this account has shown that the invitation's address is theirs."""
    return EmailAddress.objects.filter(user=user, email__iexact=invitation.email, verified=True).exists()


@transaction.atomic(durable=True)
def join_to_account(*, invitation_id: int, user: User, now: datetime) -> Joined:
    """Give an account the places that were booked for its address, when its owner says that they are theirs.

    A place on a date on which they have one already stays where it is, for the contact to give to somebody else.
    Raises CannotInvite where the invitation is used up, or was for another address.
    """
    invitation = invitations.lock_open(invitation_id=invitation_id, now=now)
    own = Practitioner.objects.select_for_update(of=("self",)).filter(user=user).first()
    named = Practitioner.objects.select_for_update(of=("self",)).get(pk=invitation.practitioner_id)
    if own is None or named.user_id or not is_addressee(invitation=invitation, user=user):
        raise CannotInvite("This invitation is not for the account that you are signed in with.")
    joined = _move_bookings(named, own)
    _move_entries(named, own)
    organisations.move_memberships(of=named, to=own)
    OutboundEmail.objects.filter(practitioner=named).update(practitioner=own)
    if joined.left:
        organisations.join(practitioner=named, organisation=invitation.organisation, by=user, now=now)
    else:
        named.full_name, named.email, named.anonymised_at = JOINED_NAME, "", now
        named.save(update_fields=["full_name", "email", "anonymised_at"])
    invitations.mark_accepted(invitation=invitation, by=user, now=now)
    audit.record(by=user, verb="person.link", subject=f"practitioner:{own.pk}", now=now, joined=named.pk)
    return joined


def _move_bookings(named: Practitioner, own: Practitioner) -> Joined:
    joined = Joined()
    bookings = Booking.objects.filter(practitioner=named).select_for_update(of=("self",)).order_by("pk")
    taken = set(Booking.objects.live().filter(practitioner=own).values_list("event_id", flat=True))
    for booking in bookings.select_related("event__version__course"):
        if booking.is_live and booking.event_id in taken:
            joined.left.append(booking)
            continue
        booking.practitioner = own
        booking.save(update_fields=["practitioner"])
        joined.bookings.append(booking)
    return joined


def _move_entries(named: Practitioner, own: Practitioner) -> None:
    waiting = set(WaitingListEntry.objects.live().filter(practitioner=own).values_list("event_id", flat=True))
    entries = WaitingListEntry.objects.filter(practitioner=named).select_for_update(of=("self",)).order_by("pk")
    for entry in entries:
        if not (entry.is_live and entry.event_id in waiting):
            entry.practitioner = own
            entry.save(update_fields=["practitioner"])
