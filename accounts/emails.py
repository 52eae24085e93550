"""Letters about people and organisations, one function each."""

from datetime import datetime

from accounts.correspondence import queue_email
from accounts.models import Invitation, Organisation, OutboundEmail, Practitioner


def organisation_settled(
    *, practitioner: Practitioner, name_typed: str, proposed: Organisation, organisation: Organisation, now: datetime
) -> OutboundEmail | None:
    """Tell somebody that the employer they typed in is now in the list; none to people without an address."""
    if not practitioner.email:
        return None
    return queue_email(
        key=f"accounts.organisation_settled:{proposed.pk}:{practitioner.pk}",
        to=practitioner.email,
        letter="accounts/organisation_settled",
        context={"practitioner": practitioner, "organisation": organisation, "name_typed": name_typed},
        practitioner=practitioner,
        about=f"organisation:{organisation.pk}",
        now=now,
    )


def invitation(*, invitation: Invitation, token: str, now: datetime) -> OutboundEmail:
    """At once, to somebody who was named by a booking contact: who named them, and how to make an account."""
    inviter = getattr(invitation.invited_by, "practitioner", None)
    return queue_email(
        key=f"accounts.invitation:{invitation.pk}",
        to=invitation.email,
        letter="accounts/invitation",
        context={
            "practitioner": invitation.practitioner,
            "invitation": invitation,
            "inviter": inviter,
            "token": token,
        },
        practitioner=invitation.practitioner,
        about=f"invitation:{invitation.pk}",
        is_secret=True,
        urgency=OutboundEmail.Urgency.AT_ONCE,
        now=now,
    )
