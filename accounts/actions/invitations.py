"""Verbs about invitations: ask a colleague to make an account, take that back, answer (BAR S5)."""

import secrets
from datetime import datetime, timedelta

from django.db import transaction

from accounts import audit, emails
from accounts.actions import people
from accounts.models import Invitation, Organisation, Practitioner, User
from accounts.models.invitation import INVITATION_LASTS, INVITATIONS_AN_HOUR, digest_of


class CannotInvite(Exception):
    """The invitation is not sent; the words say why."""


@transaction.atomic
def invite(*, practitioner: Practitioner, organisation: Organisation, by: User, now: datetime) -> Invitation:
    """Write to somebody who has no account how to make one. An earlier invitation stops working."""
    if practitioner.user_id or practitioner.email_owner != Practitioner.EmailOwner.SELF or not practitioner.email:
        raise CannotInvite(f"{practitioner} has an account, or no address of their own.")
    # Whoever sends holds their own row meanwhile, so that two windows count one after the other.
    User.objects.select_for_update(of=("self",), no_key=True).get(pk=by.pk)
    if left_this_hour(by=by, now=now) < 1:
        raise CannotInvite(f"You have sent {INVITATIONS_AN_HOUR} invitations within the hour. Send the others later.")
    Invitation.objects.filter(practitioner=practitioner).open(now).update(revoked_at=now)
    token = secrets.token_urlsafe(32)
    invitation = Invitation.objects.create(
        practitioner=practitioner,
        email=practitioner.email,
        token_digest=digest_of(token),
        organisation=organisation,
        invited_at=now,
        invited_by=by,
        expires_at=now + INVITATION_LASTS,
    )
    audit.record(by=by, verb="invitation.send", subject=f"invitation:{invitation.pk}", now=now)
    emails.invitation(invitation=invitation, token=token, now=now)
    return invitation


def left_this_hour(*, by: User, now: datetime) -> int:
    """Return how many more people this person may invite just now."""
    return INVITATIONS_AN_HOUR - Invitation.objects.sent_since(by, now - timedelta(hours=1)).count()


@transaction.atomic
def revoke(*, practitioner: Practitioner, by: User, now: datetime) -> None:
    """Make the invitation of this person worthless. Doing it twice is the same as once."""
    for invitation in Invitation.objects.filter(practitioner=practitioner).open(now).select_for_update(of=("self",)):
        invitation.revoked_at = now
        invitation.save(update_fields=["revoked_at"])
        audit.record(by=by, verb="invitation.revoke", subject=f"invitation:{invitation.pk}", now=now)


def find_open(*, token: str, now: datetime) -> Invitation | None:
    """Return what this secret opens: nothing once it was used, revoked or out of date, or the person has an account."""
    found = Invitation.objects.with_token(token).open(now).filter(practitioner__user__isnull=True)
    return found.select_related("practitioner", "organisation", "invited_by__practitioner").first()


@transaction.atomic
def accept_with_new_account(
    *, invitation_id: int, user: User, full_name: str, job_role: str, now: datetime
) -> Practitioner:
    """Give the new account the record that was waiting for it, with every place booked for it.

    The secret came by letter, so the address is shown to be theirs. Raises CannotInvite where the invitation has
    been used or revoked meanwhile.
    """
    invitation = lock_open(invitation_id=invitation_id, now=now)
    practitioner = Practitioner.objects.select_for_update(of=("self",)).get(pk=invitation.practitioner_id)
    if practitioner.user_id:
        raise CannotInvite("This invitation has been used.")
    practitioner.user = user
    practitioner.save(update_fields=["user"])
    people.amend_profile(
        practitioner=practitioner, values={"full_name": full_name, "job_role": job_role}, by=user, now=now
    )
    mark_accepted(invitation=invitation, by=user, now=now)
    user.practitioner = practitioner
    return practitioner


def lock_open(*, invitation_id: int, now: datetime) -> Invitation:
    """Fetch an open invitation for oneself alone. Raises CannotInvite."""
    found = Invitation.objects.open(now).select_for_update(of=("self",)).filter(pk=invitation_id).first()
    if found is None:
        raise CannotInvite("This invitation has been used, or is out of date.")
    return found


def mark_accepted(*, invitation: Invitation, by: User, now: datetime) -> None:
    """Use the invitation up, within the caller's transaction."""
    invitation.accepted_at = now
    invitation.save(update_fields=["accepted_at"])
    audit.record(by=by, verb="invitation.accept", subject=f"invitation:{invitation.pk}", now=now)


@transaction.atomic
def invite_if_new(*, practitioner: Practitioner, organisation: Organisation, by: User, now: datetime) -> None:
    """Ask somebody who was named and has an address of their own, but no account, to make one; once, within the limit."""
    has_address = practitioner.email_owner == Practitioner.EmailOwner.SELF and practitioner.email
    if practitioner.user_id or not has_address:
        return
    # The same form sent twice at once: one of them waits here, and finds the other's invitation.
    Practitioner.objects.select_for_update(of=("self",), no_key=True).get(pk=practitioner.pk)
    is_invited = Invitation.objects.filter(practitioner=practitioner).open(now).exists()
    if not is_invited and left_this_hour(by=by, now=now) > 0:
        invite(practitioner=practitioner, organisation=organisation, by=by, now=now)
