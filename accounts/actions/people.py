"""Verbs about people: register, confirm an address, amend one's profile, grant duties."""

from datetime import datetime

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from allauth.socialaccount.models import SocialAccount
from allauth.usersessions.models import UserSession
from django.db import transaction
from django.db.models import Case, F, ProtectedError, Value, When

from accounts import audit
from accounts.actions import organisations
from accounts.models import Organisation, OutboundEmail, Practitioner, Role, User
from accounts.models.practitioner import FORMER_MEMBER, REMOVED

# What is known of a person besides their name.
ANONYMOUS_WITHOUT = (
    *("email", "phone", "job_role", "registration_number"),
    *("manager_name", "manager_email", "manager_deputy_email"),
)


class CannotGrantRoles(Exception):
    """The change of duties is not allowed; the words say why."""


@transaction.atomic
def register(
    *,
    user: User,
    full_name: str,
    job_role: str,
    organisation: Organisation | None,
    organisation_name: str = "",
    now: datetime,
) -> Practitioner:
    """Make the person behind a new account, a member of the employer they named.

    Whoever was entered under the same address before (a walk-in, a colleague somebody booked for) is
    not touched yet: anybody can type an address. `confirm_address` joins the two.
    """
    practitioner = Practitioner.objects.create(user=user, full_name=full_name, job_role=job_role, email=user.email)
    if organisation:
        organisations.join(practitioner=practitioner, organisation=organisation, by=user, now=now)
    elif organisation_name:
        organisations.propose(practitioner=practitioner, name=organisation_name, by=user, now=now)
    audit.record(by=user, verb="person.register", subject=f"practitioner:{practitioner.pk}", now=now)
    return practitioner


@transaction.atomic
def confirm_address(*, user: User, email: str, now: datetime) -> Practitioner | None:
    """The account has shown that the address is theirs: letters go there from now on.

    On the first time an earlier record of the same person, who had no account then, becomes theirs, with
    all it has: the training they went to before. Return the person, None for an account without one.
    """
    practitioner = Practitioner.objects.filter(user=user).first()
    if practitioner is None:
        return None
    earlier = Practitioner.objects.waiting_for_their_account(email).order_by("pk").first()
    if earlier and user.last_login is None:
        try:
            with transaction.atomic():
                return _become(earlier, practitioner, user, now)
        except ProtectedError:
            # Somebody has booked for the new record already. The team joins the two by hand.
            practitioner.refresh_from_db()
    practitioner.email = email
    practitioner.email_owner = Practitioner.EmailOwner.SELF
    practitioner.save(update_fields=["email", "email_owner"])
    return practitioner


def _become(earlier: Practitioner, new: Practitioner, user: User, now: datetime) -> Practitioner:
    """Keep the earlier record, with what the person has just said of themselves."""
    organisations.move_memberships(of=new, to=earlier)
    OutboundEmail.objects.filter(practitioner=new).update(practitioner=earlier)
    earlier.full_name, earlier.job_role = new.full_name, new.job_role or earlier.job_role
    new.delete()
    earlier.user = user
    earlier.save(update_fields=["full_name", "job_role", "user"])
    user.practitioner = earlier
    audit.record(by=user, verb="person.link", subject=f"practitioner:{earlier.pk}", now=now)
    return earlier


def hold_list_of_people(*, organisation: Organisation) -> None:
    """Two who name the same new colleague at the same moment enter them one after the other, and so once."""
    Organisation.objects.select_for_update(of=("self",), no_key=True).get(pk=organisation.pk)


@transaction.atomic
def find_or_add(*, full_name: str, email: str, organisation: Organisation, by: User, now: datetime) -> Practitioner:
    """Return the person with this address, or make one without an account who works for the organisation.

    Whoever has an account stays as they have described themselves: nobody else can put them into an organisation.
    """
    email = email.strip()
    hold_list_of_people(organisation=organisation)
    if email:
        known = Practitioner.objects.with_email(email).filter(anonymised_at__isnull=True)
        found = known.order_by(F("user_id").asc(nulls_last=True), "pk").first()
        if found:
            return found
    practitioner = Practitioner.objects.create(full_name=full_name.strip(), email=email)
    organisations.join(practitioner=practitioner, organisation=organisation, by=by, now=now)
    audit.record(by=by, verb="person.add", subject=f"practitioner:{practitioner.pk}", now=now)
    return practitioner


@transaction.atomic
def enter_colleague(
    *, full_name: str, email: str, contact_email: str, organisation: Organisation, by: User, now: datetime
) -> Practitioner:
    """Make the record of somebody whom a booking contact names: no account, a member of the contact's organisation.

    It is a record of its own even where another organisation's record, or an account, has the same address:
    nobody learns by naming people who is known elsewhere. Whoever reads the address joins the two. Letters of
    people without an address of their own go to the contact (DOMAIN 3.2).
    """
    owner = Practitioner.EmailOwner.SELF if email else Practitioner.EmailOwner.BOOKING_CONTACT
    practitioner = Practitioner.objects.create(
        full_name=full_name, email=(email or contact_email).lower(), email_owner=owner
    )
    organisations.join(practitioner=practitioner, organisation=organisation, by=by, now=now)
    audit.record(by=by, verb="person.enter", subject=f"practitioner:{practitioner.pk}", now=now)
    return practitioner


@transaction.atomic
def amend_profile(
    *,
    practitioner: Practitioner,
    values: dict[str, str],
    by: User,
    now: datetime,
    agrees_to_texts: bool | None = None,
) -> Practitioner:
    """Correct one's name, job, phone number and who one's manager is. Certificates already made keep the old name.

    An agreement to text messages is kept with its day, taken back at once, and left alone where nobody was asked.
    """
    stands = Practitioner.objects.select_for_update(of=("self",), no_key=True).get(pk=practitioner.pk)
    said: dict[str, object] = {**values}
    if agrees_to_texts is not None and agrees_to_texts != (stands.sms_agreed_at is not None):
        said["sms_agreed_at"] = now if agrees_to_texts else None
    changed = [name for name, value in said.items() if getattr(stands, name) != value]
    for name in changed:
        setattr(practitioner, name, said[name])
    if changed:
        practitioner.save(update_fields=changed)
        audit.record(by=by, verb="person.amend", subject=f"practitioner:{practitioner.pk}", now=now, fields=changed)
    return practitioner


@transaction.atomic
def anonymise(*, practitioner: Practitioner, by: User | None, now: datetime) -> None:
    """Take away who somebody is: name, addresses, telephone, job; the account is closed, and every way into it with it.

    The rows stay, because others point at them. Upper apps take away what they know first (rule B27).
    """
    for name in ANONYMOUS_WITHOUT:
        setattr(practitioner, name, "")
    practitioner.full_name, practitioner.email_owner = FORMER_MEMBER, Practitioner.EmailOwner.SELF
    practitioner.sms_agreed_at, practitioner.anonymised_at = None, now
    practitioner.save(update_fields=[*ANONYMOUS_WITHOUT, "full_name", "email_owner", "sms_agreed_at", "anonymised_at"])
    for membership in practitioner.memberships.live():
        organisations.leave(membership=membership, by=by, now=now)
    practitioner.invitations.update(email=f"{practitioner.pk}@anonymised.invalid")
    practitioner.calendar_feeds.filter(revoked_at__isnull=True).update(revoked_at=now)
    if practitioner.user:
        _close_account(practitioner.user)
    audit.record(by=by, verb="person.anonymise", subject=f"practitioner:{practitioner.pk}", now=now)


def without_words(*names: str, instead: str = REMOVED) -> dict[str, Case]:
    """Return what an update writes to forget words: that there were some is a fact that rules rest on, and stays."""
    return {name: Case(When(**{name: ""}, then=Value("")), default=Value(instead)) for name in names}


def _close_account(user: User) -> None:
    """Nobody signs in with it again, and nothing that allauth keeps tells whose it was."""
    for kept in (EmailAddress, Authenticator, SocialAccount, UserSession):
        kept.objects.filter(user=user).delete()
    user.email, user.is_active, user.roles = f"{user.pk}@anonymised.invalid", False, []
    user.set_unusable_password()
    user.save(update_fields=["email", "is_active", "roles", "password"])


@transaction.atomic
def grant_roles(*, user: User, roles: list[Role], by: User, now: datetime, reason: str) -> User:
    """Set the duties an account holds for the whole portal. System owners alone may, and not their own."""
    if not by.has_role(Role.SYSTEM_OWNER):
        raise CannotGrantRoles("Only a system owner can change duties.")
    if user.pk == by.pk:
        raise CannotGrantRoles("You cannot change your own duties. Ask another system owner.")
    user = User.objects.select_for_update(of=("self",)).get(pk=user.pk)
    before, after = sorted(user.roles), sorted(set(roles))
    if before != after:
        user.roles = after
        user.save(update_fields=["roles"])
        subject = f"user:{user.pk}"
        audit.record(by=by, verb="role.change", subject=subject, now=now, before=before, after=after, reason=reason)
    return user
