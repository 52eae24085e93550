"""Verbs about belonging to an organisation: join, leave, propose one that is not listed, appoint its contacts."""

from datetime import datetime

from django.db import transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Membership, MembershipRole, Organisation, Practitioner, User
from accounts.models.organisation import CONTACT_ROLES


class CannotAppoint(Exception):
    """The appointment is not allowed; the words say why."""


class CannotRemove(Exception):
    """The colleague cannot be taken out; the words say why and who can help."""


@transaction.atomic
def join(*, practitioner: Practitioner, organisation: Organisation, by: User, now: datetime) -> Membership:
    """Say that one works or volunteers for an organisation. Saying it twice changes nothing."""
    membership, is_new = Membership.objects.get_or_create(
        practitioner=practitioner,
        organisation=organisation,
        role=MembershipRole.MEMBER,
        ended_on=None,
        defaults={"started_on": timezone.localdate(now)},
    )
    if is_new:
        audit.record(by=by, verb="organisation.join", subject=f"membership:{membership.pk}", now=now)
    return membership


@transaction.atomic
def leave(*, membership: Membership, by: User | None, now: datetime) -> Membership:
    """End a membership, appointed or not, once. Bookings made for the organisation stay as they are."""
    membership.refresh_from_db(from_queryset=Membership.objects.select_for_update(of=("self",)))
    if membership.ended_on is None:
        membership.ended_on = max(timezone.localdate(now), membership.started_on)
        membership.save(update_fields=["ended_on"])
        audit.record(by=by, verb="organisation.leave", subject=f"membership:{membership.pk}", now=now)
    return membership


@transaction.atomic
def remove_colleague(*, practitioner: Practitioner, organisation: Organisation, by: User, now: datetime) -> None:
    """Say that a colleague has left: every membership of theirs here ends. Places and orders stay. Twice is once.

    Raises CannotRemove for oneself, and for the last contact, as nobody would hear about the organisation's places.
    """
    if practitioner.user_id == by.pk:
        raise CannotRemove("You cannot take yourself out here. Another contact of yours, or our team, can.")
    # Two contacts who take each other out wait for one another here.
    here = Membership.objects.live().filter(organisation=organisation).select_for_update(of=("self",)).order_by("pk")
    contacts = {row.practitioner_id for row in here if row.role in CONTACT_ROLES}
    if contacts == {practitioner.pk}:
        raise CannotRemove("They are your only booking contact. Ask our team to appoint another one first.")
    for membership in here:
        if membership.practitioner_id == practitioner.pk:
            leave(membership=membership, by=by, now=now)


@transaction.atomic
def propose(*, practitioner: Practitioner, name: str, by: User, now: datetime) -> Organisation:
    """Name an employer that is not listed. It has no sector and no price until the team decides.

    A name that is listed already, or that the same person proposed before, is joined and not made again.
    """
    name = " ".join(name.split())
    # Whoever presses twice at once waits here, and then finds what the other made.
    Practitioner.objects.select_for_update(of=("self",), no_key=True).get(pk=practitioner.pk)
    known = Organisation.objects.listed().filter(name__iexact=name).first()
    known = known or Organisation.objects.proposed_by(practitioner).filter(name__iexact=name).first()
    organisation = known or Organisation.objects.create(name=name, state=Organisation.State.PROPOSED)
    join(practitioner=practitioner, organisation=organisation, by=by, now=now)
    if not known:
        audit.record(by=by, verb="organisation.propose", subject=f"organisation:{organisation.pk}", now=now)
    return organisation


@transaction.atomic
def appoint(
    *, practitioner: Practitioner, organisation: Organisation, role: MembershipRole, by: User, now: datetime
) -> Membership:
    """Make somebody manager, booking contact or agency lead of a listed organisation: the team vouches for it."""
    if role == MembershipRole.MEMBER:
        raise CannotAppoint("People join as members themselves.")
    if organisation.state != Organisation.State.LISTED:
        raise CannotAppoint("Decide about the organisation first.")
    if practitioner.user_id is None:
        raise CannotAppoint("They need an account first. Ask them to create one.")
    membership, is_new = Membership.objects.get_or_create(
        practitioner=practitioner,
        organisation=organisation,
        role=role,
        ended_on=None,
        defaults={"started_on": timezone.localdate(now), "verified_at": now, "verified_by": by},
    )
    if is_new:
        audit.record(by=by, verb="organisation.appoint", subject=f"membership:{membership.pk}", now=now, role=role)
    return membership


@transaction.atomic
def list_proposed(
    *, proposed: Organisation, sector: str, charging_category: str, evidence: str, name: str, by: User, now: datetime
) -> Organisation:
    """Take a proposed organisation into the list, with the sector it counts in and what it pays."""
    proposed.name = name
    proposed.state = Organisation.State.LISTED
    proposed.sector = sector
    proposed.charging_category = charging_category
    proposed.charging_category_set_at, proposed.charging_category_set_by = now, by
    proposed.charging_category_evidence = evidence
    proposed.save()
    audit.record(
        by=by,
        verb="organisation.list",
        subject=f"organisation:{proposed.pk}",
        now=now,
        sector=sector,
        charging_category=charging_category,
    )
    return proposed


@transaction.atomic
def merge_proposed(*, proposed: Organisation, into: Organisation, by: User, now: datetime) -> Organisation:
    """A proposed organisation was a listed one under another name: its people become members there."""
    for membership in proposed.memberships.select_for_update(of=("self",)).order_by("pk"):
        _move(membership, organisation=into)
    proposed.state = Organisation.State.CLOSED
    # A closed row counts nowhere; the table wants a sector of everything that is not proposed.
    proposed.sector = into.sector
    proposed.save(update_fields=["state", "sector"])
    audit.record(by=by, verb="organisation.merge", subject=f"organisation:{proposed.pk}", now=now, into=into.pk)
    return into


def move_memberships(*, of: Practitioner, to: Practitioner) -> None:
    """Everything one record of a person belongs to becomes the other's."""
    for membership in of.memberships.select_for_update(of=("self",)).order_by("pk"):
        _move(membership, practitioner=to)


def _move(membership: Membership, **target: Organisation | Practitioner) -> None:
    """Point a membership elsewhere, unless the same one is there already."""
    wanted = {
        "practitioner_id": membership.practitioner_id,
        "organisation_id": membership.organisation_id,
        **{f"{name}_id": thing.pk for name, thing in target.items()},
    }
    is_there = Membership.objects.live().filter(role=membership.role, **wanted).exists()
    if membership.ended_on is None and is_there:
        membership.delete()
        return
    for name, value in wanted.items():
        setattr(membership, name, value)
    membership.save(update_fields=list(wanted))
