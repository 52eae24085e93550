"""Who lives and works in Airedon: practitioners with their accounts, the agencies they belong to, the training pool."""

from bisect import bisect
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from random import Random

from allauth.account.models import EmailAddress

from accounts.models import ChargingCategory, Membership, MembershipRole, Organisation, Practitioner, Sector, User
from courses.models import Trainer
from workforce_portal.sample_city.copying import Table, Tables
from workforce_portal.sample_city.facts import Agency
from workforce_portal.sample_city.words import FIRST_NAMES, JOBS, LAST_NAMES, SCHOOL_PLACES

# An agency so small that its figures must not be shown (DOMAIN 13).
AGENCY_OF_THREE = "A40"
SHARE_WITH_ACCOUNT = 0.88
# Beyond the agencies of the data files; a whole region has several hundred schools and settings.
MORE_AGENCIES_PER_STEP = 8
MOST_MORE_AGENCIES = 600


@dataclass(slots=True)
class Person:
    """Somebody who may book. `user_id` is None for people without an account."""

    id: int
    user_id: int | None
    name: str
    email: str
    agency: Agency


class PeopleTables:
    """The tables that people are written to, in the order in which they refer to each other."""

    def __init__(self) -> None:
        self.users = Table(User, "id", "password", "last_login", "is_superuser", "email", "roles", "joined_at")
        self.addresses = Table(EmailAddress, "user_id", "email", "verified", "primary")
        self.people = Table(
            Practitioner, "id", "user_id", "full_name", "email", "email_owner", "phone", "job_role",
            "registration_number", "created_at",
        )  # fmt: skip
        self.memberships = Table(
            Membership, "practitioner_id", "organisation_id", "role", "started_on", "verified_at", "verified_by_id"
        )
        self.all = Tables([self.users, self.addresses, self.people, self.memberships])


class Census:
    """Makes people one by one; every one of them is remembered, as bookings are drawn from them."""

    def __init__(self, *, rng: Random, began: datetime, password: str) -> None:
        self.rng, self.began, self.password = rng, began, password
        self.tables = PeopleTables()
        self.people: list[Person] = []
        self.taken_addresses: set[str] = set()

    def add(
        self, *, name: str, agency: Agency, email: str, job: str, account: bool = True, roles=(), owner=False
    ) -> Person:
        """Write one person, and their account with its verified address."""
        rng, tables = self.rng, self.tables
        created_at = self.began - timedelta(days=rng.randrange(10, 400), minutes=rng.randrange(1440))
        user_id = None
        if account:
            user_id = tables.users.next_id()
            tables.users.add(user_id, self.password, None, owner, email, list(roles), created_at)
            tables.addresses.add(user_id, email, True, True)
        person = Person(tables.people.next_id(), user_id, name, email, agency)
        email_owner = "SELF" if account or rng.random() < 0.5 else "MANAGER"
        phone = f"01632 960{rng.randrange(1000):03d}" if rng.random() < 0.6 else ""
        registration = f"SW{rng.randrange(10**6, 10**7)}" if "ocial worker" in job else ""
        tables.people.add(person.id, user_id, name, email, email_owner, phone, job, registration, created_at)
        agency.members.append(len(self.people))
        self.people.append(person)
        self.taken_addresses.add(email)
        return person

    def join(
        self, person: Person, agency: Agency, role: str = MembershipRole.MEMBER, verified_by: int | None = None
    ) -> None:
        rng = self.rng
        started = (self.began - timedelta(days=rng.randrange(30, 3000))).date()
        verified_at = self.began if verified_by else None
        self.tables.memberships.add(person.id, agency.id, role, started, verified_at, verified_by)

    def anybody(self, agency: Agency) -> Person:
        """Somebody with a name, an address and a job drawn by lot."""
        rng = self.rng
        first, last = rng.choice(FIRST_NAMES), rng.choice(LAST_NAMES)
        if rng.random() < 0.03:
            last = f"{last}-{rng.choice(LAST_NAMES)}"
        return self.add(
            name=f"{first} {last}",
            agency=agency,
            email=self.free_address(first, last, agency),
            job=rng.choice(jobs_in(agency.sector)),
            account=rng.random() < SHARE_WITH_ACCOUNT,
        )

    def free_address(self, first: str, last: str, agency: Agency) -> str:
        stem = f"{first}.{last}".lower()
        domain = f"{agency.code.lower()}.example.org"
        number, address = 1, f"{stem}@{domain}"
        while address in self.taken_addresses:
            number += 1
            address = f"{stem}{number}@{domain}"
        return address


def jobs_in(sector: str) -> tuple[str, ...]:
    return JOBS["school"] if sector.startswith("school_") else JOBS[sector]


def settle(census: Census, *, agencies: dict[str, Agency], count: int, team_user_id: int) -> None:
    """Fill the agencies with `count` people in all, each agency with a booking contact."""
    heads = head_counts(agencies, count - len(census.people))
    for agency in agencies.values():
        for _ in range(heads[agency.code]):
            person = census.anybody(agency)
            if agency.contact is None and person.user_id and agency.code != AGENCY_OF_THREE:
                agency.contact = person.user_id
                census.join(person, agency, MembershipRole.BOOKING_CONTACT, team_user_id)
            else:
                census.join(person, agency)
            census.tables.all.flush_if_large()


def head_counts(agencies: dict[str, Agency], count: int) -> dict[str, int]:
    """How many people each agency has: more in large ones, yet small ones are not forgotten."""
    weights = {code: max(agency.headcount, 2) ** 0.75 for code, agency in agencies.items() if code != AGENCY_OF_THREE}
    total = sum(weights.values())
    heads = {code: max(2, round(count * weight / total)) for code, weight in weights.items()}
    return {**heads, AGENCY_OF_THREE: 3 - len(agencies[AGENCY_OF_THREE].members)}


def found_more_agencies(*, scale: int, now: datetime) -> None:
    """A larger city has more schools and settings: invented ones are added, and the known ones grow."""
    rng = Random("more agencies")
    kinds = (
        ("Primary School", Sector.SCHOOL_MAINTAINED, ChargingCategory.EDUCATION),
        ("Primary Academy", Sector.SCHOOL_ACADEMY, ChargingCategory.EDUCATION),
        ("High School", Sector.SCHOOL_MAINTAINED, ChargingCategory.EDUCATION),
        ("Nursery", Sector.EARLY_YEARS_PVI, ChargingCategory.PRIVATE),
        ("Community Project", Sector.THIRD_SECTOR, ChargingCategory.THIRD_SMALL),
    )
    names = [(place, *kind) for place in SCHOOL_PLACES for kind in kinds]
    rng.shuffle(names)
    wanted = min(MORE_AGENCIES_PER_STEP * (scale - 1), MOST_MORE_AGENCIES, len(names))
    Organisation.objects.bulk_create(
        Organisation(
            code=f"X{number:03d}",
            name=f"{place} {kind}",
            sector=sector,
            charging_category=category,
            charging_category_set_at=now,
            is_partner=sector.startswith("school_"),
            child_facing_headcount=rng.randrange(15, 120),
            headcount_source="Invented",
        )
        for number, (place, kind, sector, category) in enumerate(names[:wanted], start=1)
    )


def grow_headcounts(agencies: dict[str, Agency], people: int) -> None:
    """No agency has more learners than staff: where the city is larger than the data files, so are its agencies."""
    known = sum(agency.headcount for agency in agencies.values())
    if people * 1.2 > known:
        factor = people * 1.2 / known
        for agency in agencies.values():
            agency.headcount = round(agency.headcount * factor) if agency.code != AGENCY_OF_THREE else agency.headcount
        Organisation.objects.bulk_update(
            [Organisation(id=agency.id, child_facing_headcount=agency.headcount) for agency in agencies.values()],
            ["child_facing_headcount"],
        )


def lend_trainers(census: Census, *, agencies: dict[str, Agency], count: int, topics: list[str], first: Person) -> list:
    """Fill the training pool from the agencies that lend trainers; return pairs of trainer and person."""
    rng = census.rng
    lending = [census.people[index] for a in agencies.values() if a.gives_trainers for index in a.members]
    lending = [person for person in lending if person.user_id and person.id != first.id]
    by_agency = list(accumulate(1 / len(person.agency.members) ** 0.5 for person in lending))
    chosen = {first.id: first}
    while len(chosen) < min(count, len(lending)):
        person = lending[bisect(by_agency, rng.random() * by_agency[-1])]
        chosen.setdefault(person.id, person)
    rows = [
        Trainer(
            practitioner_id=person.id,
            organisation_id=person.agency.id,
            pool_state=rng.choices(("ACTIVE", "PAUSED", "SHADOWING"), (88, 7, 5))[0]
            if person is not first
            else "ACTIVE",
            topics=sorted(rng.sample(topics, min(3, len(topics)))),
            trained_on=(census.began - timedelta(days=rng.randrange(30, 1500))).date(),
            trained_by="Yorkshire training for trainers, invented",
        )
        for person in chosen.values()
    ]
    Trainer.objects.bulk_create(rows)
    return list(zip(rows, chosen.values(), strict=True))
