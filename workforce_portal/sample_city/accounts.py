"""The people behind the sample accounts, and the few others whose stories are told on purpose."""

from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.mfa.totp.internal.auth import TOTP

from accounts.models import MembershipRole, Organisation, Role, User
from workforce_portal.sample_city import SECOND_FACTOR_SECRETS
from workforce_portal.sample_city.facts import Agency
from workforce_portal.sample_city.people import Census, Person

TEAM, FINANCE, OFFICER = "wendy@example.org", "nia@example.org", "lou@example.org"
TRAINER, OBSERVER, SUBGROUP = "dev@example.org", "olive@example.org", "sal@example.org"
LEAD = "lea@example.org"
# Her request waits for her manager, who has no account.
ASKER, MANAGER_OF_ASKER = "amina@example.org", "manager@a01.example.org"
# address, name, agency, job, duties across the portal
PEOPLE = (
    (TEAM, "Wendy Marsh", "A02", "Workforce development officer", (Role.WORKFORCE_TEAM,)),
    ("amina@example.org", "Amina Yusuf", "A01", "Social worker", ()),
    ("tom@example.org", "Tom Whitaker", "A22", "Teacher and deputy safeguarding lead", ()),
    ("grace@example.org", "Grace Obuya", "A09", "Foster carer", ()),
    ("carol@example.org", "Carol Hughes", "A19", "School business manager", ()),
    ("dev@example.org", "Dev Patel", "A10", "Safeguarding sergeant", ()),
    ("lou@example.org", "Lou Adeyemi", "A11", "Partnership officer", (Role.LSCP_OFFICER,)),
    (SUBGROUP, "Sal Okafor", "A13", "Named nurse", (Role.SUBGROUP_MEMBER,)),
    ("owner@example.org", "Pat Lindqvist", "A06", "Head of digital services", (Role.SYSTEM_OWNER,)),
    # No accounts to sign in with are printed for these, though they have them.
    ("lukasz@example.org", "Łukasz 🌱 Wiśniewski", "A36", "Youth worker", ()),
    ("farah@example.org", "Farah Siddiqui", "A35", "Family worker", ()),
    ("ruth@example.org", "Ruth Oldroyd", "A37", "Domestic abuse adviser", ()),
    (FINANCE, "Nia Lloyd", "A06", "Income officer", (Role.FINANCE,)),
    (OBSERVER, "Olive Grant", "A13", "Named nurse for safeguarding", (Role.OBSERVER,)),
    (LEAD, "Lea Hartley", "A35", "Head of safeguarding", ()),
)
TWO_AGENCIES = {"farah@example.org": "A19"}
# Employers that somebody typed in and nobody has decided about yet.
PROPOSED = (
    ("Ridgeway Forest School", "holly@example.org", "Holly Naylor", "Forest school leader"),
    ("Kite Holiday Club", "sanjay@example.org", "Sanjay Verma", "Play leader"),
    ("St Wilfrid's Youth Project", "mercy@example.org", "Mercy Boateng", "Volunteer"),
)


def add_sample_people(census: Census, agencies: dict[str, Agency]) -> dict[str, Person]:
    """Write the people of the stories first, by address; Wendy before all, as she verifies the others."""
    known = {}
    for address, name, code, job, roles in PEOPLE:
        owner = Role.SYSTEM_OWNER in roles
        person = census.add(name=name, agency=agencies[code], email=address, job=job, roles=roles, owner=owner)
        known[address] = person
        role = MembershipRole.MEMBER
        if address == "carol@example.org":
            role, agencies[code].contact = MembershipRole.BOOKING_CONTACT, person.user_id
        elif address == LEAD:
            role = MembershipRole.AGENCY_LEAD
        census.join(person, agencies[code], role, known[TEAM].user_id if role != MembershipRole.MEMBER else None)
        if address in TWO_AGENCIES:
            census.join(person, agencies[TWO_AGENCIES[address]])
    return known


def add_proposed_employers(census: Census) -> dict[str, Person]:
    """Three people whose employer is not listed: no sector, no price, until somebody decides."""
    known = {}
    for name, address, person_name, job in PROPOSED:
        row = Organisation.objects.create(name=name, state=Organisation.State.PROPOSED)
        agency = Agency(row.id, f"N{row.id}", name, "", "", 0, False)
        known[address] = census.add(name=person_name, agency=agency, email=address, job=job)
        census.join(known[address], agency)
    return known


def give_second_factors() -> None:
    """As if each had scanned the code on the set-up page, by allauth's own functions."""
    for user in User.objects.filter(email__in=SECOND_FACTOR_SECRETS).order_by("email"):
        TOTP.activate(user, SECOND_FACTOR_SECRETS[user.email])
        RecoveryCodes.activate(user)
