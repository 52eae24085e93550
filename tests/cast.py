"""The people of the tests. Everybody is made by name, so that a test reads as a story.

Amina (practitioner), Ben (her manager), Carol (a school's booking contact), Dev (trainer), Wendy (Workforce
Development Team), Lou (LSCP officer), Sal (subgroup member), Olive (observer), Lea (the school's agency lead) and
Zed, who must see nothing.
"""

from datetime import date

from allauth.account.models import EmailAddress
from allauth.mfa.models import Authenticator
from django.utils import timezone

from accounts.models import (
    ChargingCategory,
    Membership,
    MembershipRole,
    Organisation,
    Practitioner,
    Role,
    Sector,
    User,
)
from courses.models import Trainer

PASSWORD = "correct horse battery"


def make_organisation(name="Beckside Primary School", **fields) -> Organisation:
    """A listed organisation with a charging category; the same name gives the same organisation."""
    defaults = {"sector": Sector.SCHOOL_MAINTAINED, "charging_category": ChargingCategory.EDUCATION, **fields}
    if defaults["charging_category"]:
        defaults.setdefault("charging_category_set_at", timezone.now())
    return Organisation.objects.get_or_create(name=name, defaults=defaults)[0]


def social_work() -> Organisation:
    return make_organisation(
        "Airedon City Council: Children's Social Work",
        sector=Sector.LA_CHILDREN,
        charging_category=ChargingCategory.INTERNAL,
        is_partner=True,
    )


def police() -> Organisation:
    return make_organisation(
        "Northern Ridings Police",
        sector=Sector.POLICE,
        charging_category=ChargingCategory.PARTNER_FREE,
        is_partner=True,
    )


def make_person(name, organisation=None, *, roles=(), membership=MembershipRole.MEMBER, email=None) -> User:
    """Somebody who signs in; the same name gives the same person."""
    email = email or f"{name.split()[0].lower()}@example.org"
    user = User.objects.filter(email=email).first()
    if user:
        return user
    user = User(email=email, roles=list(roles))
    # A fast hash: the tests sign people in without a password, and none tests its strength.
    user.password = "md5$salt$unused"
    user.save()
    EmailAddress.objects.create(user=user, email=email, verified=True, primary=True)
    practitioner = Practitioner.objects.create(user=user, full_name=name, email=email)
    if organisation:
        join(practitioner, organisation, membership)
    if user.needs_second_factor:
        Authenticator.objects.create(user=user, type=Authenticator.Type.TOTP, data={"secret": "JBSWY3DPEHPK3PXP"})
    return user


def join(practitioner, organisation, role=MembershipRole.MEMBER) -> Membership:
    verified = (
        {}
        if role == MembershipRole.MEMBER
        else {
            "verified_at": timezone.now(),
            "verified_by": practitioner.user,
        }
    )
    return Membership.objects.create(
        practitioner=practitioner, organisation=organisation, role=role, started_on=date(2024, 4, 1), **verified
    )


def amina() -> User:
    return make_person("Amina Yusuf", social_work())


def ben() -> User:
    return make_person("Ben Clarke", social_work(), membership=MembershipRole.MANAGER)


def carol() -> User:
    return make_person("Carol Hughes", make_organisation(), membership=MembershipRole.BOOKING_CONTACT)


def dev() -> User:
    user = make_person("Dev Patel", police())
    Trainer.objects.get_or_create(practitioner=user.practitioner, defaults={"organisation": police()})
    return user


def wendy() -> User:
    return make_person("Wendy Marsh", social_work(), roles=[Role.WORKFORCE_TEAM])


def lou() -> User:
    return make_person("Lou Adeyemi", roles=[Role.LSCP_OFFICER])


def sal() -> User:
    return make_person("Sal Okafor", police(), roles=[Role.SUBGROUP_MEMBER])


def olive() -> User:
    return make_person("Olive Grant", social_work(), roles=[Role.OBSERVER])


def lea() -> User:
    return make_person("Lea Hartley", make_organisation(), membership=MembershipRole.AGENCY_LEAD)


def zed() -> User:
    return make_person("Zed Nobody")
