"""Everybody who may come to a door: thirteen roles and the stranger."""

from accounts.models import MembershipRole, Role
from tests import cast
from tests.accounts.test_adapter import PASSWORD, with_password

STRANGERS = ("anonymous", "unverified account", "suspended account")
SIGNED_IN = (
    "practitioner A",
    "practitioner B",
    "contact of school A",
    "contact of school B",
    "trainer",
    "workforce team",
    "finance",
    "LSCP officer",
    "subgroup member",
    "observer",
    "system owner",
)
ROLES = STRANGERS + SIGNED_IN


def school(letter):
    return cast.make_organisation(f"School {letter}")


def person(role):
    """The account of a role; the same role gives the same account."""
    match role:
        case "practitioner A" | "practitioner B":
            return cast.make_person(f"{'Ada' if role.endswith('A') else 'Bo'} Learner", school(role[-1]))
        case "contact of school A" | "contact of school B":
            name = f"{'Cass' if role.endswith('A') else 'Dot'} Contact"
            return cast.make_person(name, school(role[-1]), membership=MembershipRole.BOOKING_CONTACT)
        case "trainer":
            return cast.dev()
        case "workforce team":
            return cast.wendy()
        case "finance":
            return cast.make_person("Fin Ledger", roles=[Role.FINANCE])
        case "LSCP officer":
            return cast.lou()
        case "subgroup member":
            return cast.sal()
        case "observer":
            return cast.olive()
        case "system owner":
            return with_password(cast.make_person("Olu Owner", roles=[Role.SYSTEM_OWNER]))
        case "unverified account":
            user = with_password(cast.make_person("Una Unverified", school("A")))
            user.emailaddress_set.update(verified=False)
            return user
        case "suspended account":
            return cast.make_person("Sid Suspended", school("A"), roles=[Role.WORKFORCE_TEAM])


def arrive(client, role):
    """Come as that role, as far as it can get: the strangers only try to sign in."""
    if role == "anonymous":
        return
    user = person(role)
    if role == "unverified account":
        client.post("/accounts/login/", {"login": user.email, "password": PASSWORD})
        return
    client.force_login(user)
    if role == "system owner":
        client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    if role == "suspended account":
        client.get("/staff/")
        user.is_active = False
        user.save(update_fields=["is_active"])
