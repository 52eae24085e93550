"""Who books which date and what becomes of it: places, cancellations, registers. One event at a time."""

from bisect import bisect
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import accumulate, count
from random import Random

from bookings.models import Attendance, Booking, BookingNeeds
from courses.models import DeliveryMode
from courses.references import REFERENCE_ALPHABET, REFERENCE_LENGTH
from courses.working_days import BRITISH_TIME, end_of_day, working_days_after, working_days_before
from workforce_portal.sample_city import words
from workforce_portal.sample_city.audiences import BOOKED_BY_CONTACT, audience_of, weight_of
from workforce_portal.sample_city.copying import Table, Tables
from workforce_portal.sample_city.dates import Occupied, PlannedEvent
from workforce_portal.sample_city.facts import Terms
from workforce_portal.sample_city.people import Person

# DOMAIN 9.7. Of a hundred people booked on the day, so many end thus; the cancelled come on top of the hundred.
OUTCOMES = ("ATTENDED", "PART_ATTENDED", "DID_NOT_ATTEND", "TURNED_AWAY")
OUTCOME_WEIGHTS = (884, 24, 86, 6)
CANCELLED_LATE_PER_PLACE = 0.064
CANCELLED_PER_PLACE = 0.035
WALK_INS_PER_PLACE = 0.022
REFUSED_PER_REQUEST = 0.03
BOOKED_ON_THE_DAY_PER_PLACE = 0.91
# People book five weeks ahead on average, few earlier than half a year.
MEAN_DAYS_AHEAD = 35
MOST_DAYS_AHEAD = 220

MOST_FROM_ONE_AGENCY = 4
MOST_FROM_ONE_AGENCY_SHARE = 0.2
HOLDING = {"REQUESTED", "CONFIRMED", *OUTCOMES}


@dataclass(slots=True)
class Fate:
    """What becomes of one planted person's place; `answers` are the stages they have answered, or None for chance."""

    person: Person
    state: str
    answers: tuple[str, ...] | None = None
    booked_days_ago: int | None = None
    needs: str = ""
    remark: str = ""
    share_by_contact: float = 0


@dataclass(slots=True)
class Place:
    """One booking as the questionnaires and certificates need to know it."""

    id: int
    event: PlannedEvent
    person: Person
    state: str
    terms: Terms | None
    confirmed_at: datetime | None
    cancelled_at: datetime | None
    is_walk_in: bool
    fate: Fate | None
    reason: str = ""
    # What it was sold as, where it costs something, and what was asked for not using it.
    line_id: int | None = None
    charge: "Asked | None" = None


@dataclass(slots=True, frozen=True)
class Asked:
    """The charge for a place that was not used."""

    id: int
    kind: str
    state: str
    amount: Decimal
    decided_at: datetime | None


class BookingTables:
    """The tables that bookings and registers are written to."""

    def __init__(self) -> None:
        self.bookings = Table(
            Booking, "id", "reference", "event_id", "practitioner_id", "offer_id", "state", "source", "idempotency_key",
            "organisation_id", "sector", "charging_category", "price", "policy_id", "terms_accepted_at",
            "free_cancel_until", "manager_email", "has_managers_agreement", "booked_at", "booked_by_id", "hold_ends_at",
            "confirmed_at", "decided_at", "decided_by_id", "decided_reason", "cancelled_at", "cancelled_by_id",
            "cancelled_reason", "cancelled_for", "calendar_sequence", "state_since", "state_set_by_id", "order_line_id",
        )  # fmt: skip
        self.attendances = Table(Attendance, "booking_id", "session_id", "mark", "marked_at", "marked_by_id")
        self.needs = Table(BookingNeeds, "booking_id", "access", "diet", "erase_on")
        self.all = Tables([self.bookings, self.attendances, self.needs])


def reference_of(number: int) -> str:
    """References look drawn by lot and are all different: multiplying by a prime goes round every remainder once."""
    base = len(REFERENCE_ALPHABET)
    rest = number * 123_456_789_133 % base**REFERENCE_LENGTH
    letters = []
    for _ in range(REFERENCE_LENGTH):
        rest, position = divmod(rest, base)
        letters.append(REFERENCE_ALPHABET[position])
    return "B-" + "".join(letters)


class Crowd:
    """Everybody who might come to a course, each as likely as their agency's part in its audience."""

    def __init__(self, people: list[Person]) -> None:
        self.people = people
        self.pools: dict[int, tuple[list[Person], list[float]]] = {}

    def pool_for(self, code: str) -> tuple[list[Person], list[float]]:
        audience = audience_of(code)
        if id(audience) not in self.pools:
            rng = Random("keen learners")
            weighted = [
                (person, weight_of(audience, agency_code=person.agency.code, sector=person.agency.sector))
                for person in self.people
            ]
            # Some people go on course after course, others hardly ever.
            keen = [(person, weight * rng.choice((0.3, 0.6, 1, 1, 2, 3))) for person, weight in weighted if weight > 0]
            self.pools[id(audience)] = ([person for person, _ in keen], list(accumulate(weight for _, weight in keen)))
        return self.pools[id(audience)]


@dataclass(slots=True)
class Gathering:
    """One event while its people are drawn."""

    event: PlannedEvent
    places: list[Place] = field(default_factory=list)
    taken: int = 0
    from_agency: dict[str, int] = field(default_factory=lambda: defaultdict(int))
    present: set[int] = field(default_factory=set)

    def has_room_for(self, person: Person) -> bool:
        """Rule B6: no agency takes more than four places, or a fifth of a large date, where agencies learn together."""
        if not self.event.course.is_multi_agency:
            return True
        most = max(MOST_FROM_ONE_AGENCY, int(self.event.capacity * MOST_FROM_ONE_AGENCY_SHARE))
        return self.from_agency[person.agency.code] < most


class Registrar:
    """Fills events with people, as of the beginning of today."""

    def __init__(
        self, *, rng: Random, as_of: datetime, crowd: Crowd, occupied: Occupied, policy_id: int, team_user_id: int
    ) -> None:
        self.rng, self.as_of, self.crowd, self.occupied = rng, as_of, crowd, occupied
        self.policy_id, self.team_user_id = policy_id, team_user_id
        self.tables = BookingTables()
        self.line_ids = count(1)
        # Who has done which course: a bit for each, as nobody comes to the same thing again and again.
        self.done: dict[int, int] = defaultdict(int)
        self.deadlines: dict[tuple, datetime] = {}

    # --- One event ------------------------------------------------------------------------------------

    def fill(self, event: PlannedEvent) -> list[Place]:
        """Write all bookings of an event and count its places; the event's own row is written after that."""
        gathering = Gathering(event)
        for fate in event.cast:
            self.seat(gathering, fate.person, fate.state, fate=fate, days_ahead=self.days_ahead_of(fate, event))
        if not event.is_draft:
            self.fill_at_random(gathering)
        event.places_taken = gathering.taken + event.held
        return gathering.places

    def fill_at_random(self, gathering: Gathering) -> None:
        event = gathering.event
        walk_ins = self.walk_ins_of(event)
        room = event.capacity + event.overbooked_by - walk_ins
        for number, days_ahead in enumerate(self.leads_of(event)):
            person = self.somebody(gathering)
            if person is None or gathering.taken >= room:
                break
            self.seat(gathering, person, self.outcome_of(event, number), days_ahead=days_ahead)
        if not event.is_cancelled:
            self.add_those_who_left(gathering)
            for _ in range(walk_ins):
                person = self.somebody(gathering)
                if person:
                    self.seat(gathering, person, "ATTENDED", is_walk_in=True)

    def leads_of(self, event: PlannedEvent) -> list[int]:
        """How many days ahead each person books; whoever would book a coming date later than today is not there yet."""
        wanted = event.taken
        if wanted is None:
            wanted = round(event.capacity * BOOKED_ON_THE_DAY_PER_PLACE * event.demand)
        leads = [self.days_ahead() for _ in range(wanted - len(event.cast))]
        if event.taken is None:
            until = min(self.as_of, event.starts_at - timedelta(days=14)) if event.is_cancelled else self.as_of
            leads = [days for days in leads if event.starts_at - timedelta(days=days) < until]
        return leads

    def days_ahead(self) -> int:
        return min(MOST_DAYS_AHEAD, 4 + int(self.rng.expovariate(1 / MEAN_DAYS_AHEAD)))

    def days_ahead_of(self, fate: Fate, event: PlannedEvent) -> int:
        if fate.booked_days_ago is None:
            return self.days_ahead()
        return (event.starts_at - self.as_of).days + fate.booked_days_ago

    def walk_ins_of(self, event: PlannedEvent) -> int:
        if event.walk_ins is not None:
            return event.walk_ins
        if event.ends_at >= self.as_of or not event.is_marked or event.is_cancelled or event.is_draft:
            return 0
        return self.how_many(event.capacity * WALK_INS_PER_PLACE)

    def how_many(self, expected: float) -> int:
        """A whole number that is `expected` on average."""
        return int(expected + self.rng.random())

    def outcome_of(self, event: PlannedEvent, number: int) -> str:
        if event.is_cancelled:
            return "CANCELLED_BY_PROVIDER"
        if event.ends_at >= self.as_of or not event.is_marked:
            return "CONFIRMED"
        if event.attended is not None:
            return "ATTENDED" if number + len(event.cast) < event.attended else "DID_NOT_ATTEND"
        return self.rng.choices(OUTCOMES, OUTCOME_WEIGHTS)[0]

    def add_those_who_left(self, gathering: Gathering) -> None:
        """People who held a place for a time: cancelled early or late, and requests that came to nothing."""
        held = gathering.taken
        shares = {"CANCELLED_LATE": CANCELLED_LATE_PER_PLACE, "CANCELLED": CANCELLED_PER_PLACE}
        if any(terms.is_explicit for terms in gathering.event.course.terms.values()):
            shares |= {"DECLINED": REFUSED_PER_REQUEST, "LAPSED": REFUSED_PER_REQUEST / 2}
        for state, share in shares.items():
            for _ in range(self.how_many(held * share)):
                person = self.somebody(gathering)
                if person:
                    self.seat(gathering, person, state, days_ahead=self.days_ahead() + 14)

    def somebody(self, gathering: Gathering) -> Person | None:
        """Draw somebody who may come, is free on all days and has not done the course; at a pinch, who has."""
        event, rng = gathering.event, self.rng
        people, weights = self.crowd.pool_for(event.course.code)
        if not people:
            return None
        bit = 1 << (event.course.id % 512)
        terms = event.terms
        for attempt in range(90):
            person = people[bisect(weights, rng.random() * weights[-1])]
            if person.id in gathering.present or person.agency.category not in terms:
                continue
            if attempt < 45 and (self.done[person.id] & bit or not gathering.has_room_for(person)):
                continue
            if all(person.id not in self.occupied[day] for day in event.days):
                return person
        return None

    # --- One booking ----------------------------------------------------------------------------------

    def seat(
        self, gathering: Gathering, person: Person, state: str, *, days_ahead: int = 0, is_walk_in=False, fate=None
    ) -> None:
        """Write one booking and what the register says of it."""
        event = gathering.event
        terms = event.terms.get(person.agency.category)
        booked_at = event.starts_at if is_walk_in else self.booked_at(event, days_ahead)
        deadline = self.deadline(event, terms.notice_days if terms else 5)
        is_asked = terms is None or terms.is_explicit
        cancelled_at = None
        if state in ("CANCELLED", "CANCELLED_LATE", "CANCELLED_BY_PROVIDER"):
            state, cancelled_at = self.when_cancelled(event, state, booked_at, deadline)
        elif state in ("DECLINED", "LAPSED") and booked_at + timedelta(days=9) >= self.as_of:
            return
        elif state == "CONFIRMED" and is_asked and fate is None and self.is_undecided(event, booked_at):
            state = "REQUESTED"
        if cancelled_at and cancelled_at >= self.as_of:
            return
        decided_at = None if is_walk_in else self.decided_at(event, state, booked_at, is_asked=is_asked)
        confirmed_at = None if state in ("REQUESTED", "DECLINED", "LAPSED") else (decided_at or booked_at)
        place = Place(
            self.tables.bookings.next_id(), event, person, state, terms, confirmed_at, cancelled_at, is_walk_in, fate
        )
        self.write_booking(place, booked_at=booked_at, decided_at=decided_at, deadline=deadline)
        self.write_marks(place)
        self.write_needs(place)
        self.remember(gathering, place)

    def when_cancelled(self, event: PlannedEvent, state: str, booked_at: datetime, deadline: datetime):
        """The moment of a cancellation, and whether that is early or late: who books late can only cancel late."""
        if state == "CANCELLED_BY_PROVIDER":
            return state, max(booked_at, event.starts_at - timedelta(days=12))
        begin, end, state = booked_at, min(deadline, event.starts_at), "CANCELLED" if state == "CANCELLED" else state
        if state == "CANCELLED_LATE" or booked_at >= deadline:
            begin, end, state = max(deadline, booked_at), event.starts_at, "CANCELLED_LATE"
        return state, begin + (end - begin) * (0.1 + 0.8 * self.rng.random())

    def is_undecided(self, event: PlannedEvent, booked_at: datetime) -> bool:
        """The team decides within two days or so; a request of yesterday still waits."""
        is_fresh = booked_at > self.as_of - timedelta(days=2, hours=12)
        return is_fresh and self.hold_of(event, booked_at) > self.as_of

    def decided_at(self, event: PlannedEvent, state: str, booked_at: datetime, *, is_asked: bool) -> datetime | None:
        if state in ("REQUESTED", "LAPSED", "CANCELLED_BY_PROVIDER") or not (is_asked or state == "DECLINED"):
            return None
        soon = booked_at + timedelta(days=2, hours=3)
        return max(booked_at, min(soon, self.as_of - timedelta(hours=2), event.starts_at))

    def booked_at(self, event: PlannedEvent, days_ahead: int) -> datetime:
        day = event.starts_at - timedelta(days=days_ahead)
        moment = day.replace(
            hour=7 + self.rng.randrange(15), minute=self.rng.randrange(60), second=self.rng.randrange(60)
        )
        latest = self.as_of - timedelta(hours=4, minutes=self.rng.randrange(240))
        # Booking closes at the end of the working day before.
        return min(moment, latest, self.deadline(event, 1) - timedelta(hours=5))

    def deadline(self, event: PlannedEvent, notice_days: int) -> datetime:
        key = (event.first_day, notice_days)
        if key not in self.deadlines:
            self.deadlines[key] = end_of_day(working_days_before(event.first_day, notice_days))
        return self.deadlines[key]

    def hold_of(self, event: PlannedEvent, booked_at: datetime) -> datetime:
        """Rule B2."""
        asked_on = booked_at.astimezone(BRITISH_TIME).date()
        return end_of_day(min(working_days_after(asked_on, 5), working_days_before(event.first_day, 3)))

    def write_booking(self, place: Place, *, booked_at, decided_at, deadline) -> None:
        event, person, terms, state = place.event, place.person, place.terms, place.state
        source, booked_by = self.who_booked(place)
        was_declined = state == "DECLINED"
        reason = ""
        if state == "CANCELLED_LATE":
            reason = self.rng.choice(words.LATE_REASONS)
        elif state == "CANCELLED":
            reason = self.rng.choice(words.EARLY_REASONS)
        elif state == "CANCELLED_BY_PROVIDER":
            reason = words.PROVIDER_REASONS[1]
        place.reason = reason
        if terms is not None and terms.price and place.confirmed_at:
            place.line_id = next(self.line_ids)
        copied = terms is not None and terms.strand == "multi_agency" and self.rng.random() < 0.7
        self.tables.bookings.add(
            place.id, reference_of(place.id), event.id, person.id, terms.offer_id if terms else event.course.offers[0][0],
            state, source, f"{self.rng.getrandbits(128):032x}", person.agency.id, person.agency.sector, person.agency.category,
            terms.price if terms else None, self.policy_id, None if place.is_walk_in else booked_at,
            deadline if place.confirmed_at else None, f"manager@{person.agency.code.lower()}.example.org" if copied else "",
            not place.is_walk_in, booked_at, booked_by,
            self.hold_of(event, booked_at) if state in ("REQUESTED", "LAPSED") else None, place.confirmed_at,
            decided_at, self.team_user_id if decided_at else None,
            "This course is for people in another role." if was_declined else "", place.cancelled_at,
            (person.user_id or booked_by) if place.cancelled_at and state != "CANCELLED_BY_PROVIDER" else None, reason,
            words.LATE_REASON_KINDS.get(reason, ""), 1 if place.cancelled_at else 0, *self.since(place, booked_at, decided_at, booked_by),
            place.line_id,
        )  # fmt: skip

    def since(self, place: Place, booked_at: datetime, decided_at: datetime | None, booked_by: int | None):
        """Since when the booking is what it is, and through whom."""
        event = place.event
        if place.state in OUTCOMES:
            return event.ends_at, event.trainer_user_ids[0] if event.trainer_user_ids else self.team_user_id
        if place.cancelled_at:
            return place.cancelled_at, None if place.state == "CANCELLED_BY_PROVIDER" else booked_by
        if decided_at:
            return decided_at, self.team_user_id
        return booked_at, booked_by

    def who_booked(self, place: Place) -> tuple[str, int | None]:
        agency = place.person.agency
        if place.is_walk_in:
            return "WALK_IN", place.event.trainer_user_ids[0] if place.event.trainer_user_ids else self.team_user_id
        if agency.contact and place.person.user_id != agency.contact:
            share = BOOKED_BY_CONTACT.get(agency.category, 0.02) if place.fate is None else place.fate.share_by_contact
            if self.rng.random() < share:
                return "CONTACT", agency.contact
        return ("SELF", place.person.user_id) if place.person.user_id else ("STAFF", self.team_user_id)

    def write_marks(self, place: Place) -> None:
        event = place.event
        marked_by = event.trainer_user_ids[0] if event.trainer_user_ids else self.team_user_id
        for (_, ends_at), session_id, mark in zip(
            event.sessions, event.session_ids, self.marks_of(place), strict=False
        ):
            self.tables.attendances.add(place.id, session_id, mark, ends_at, marked_by)

    def marks_of(self, place: Place) -> list[str]:
        """One mark for each session that the register has been taken of."""
        count, state = len(place.event.sessions), place.state
        if state == "ATTENDED":
            return ["PRESENT"] * count
        if state == "DID_NOT_ATTEND":
            return ["ABSENT"] * count
        if state == "TURNED_AWAY":
            return ["TURNED_AWAY"] + ["ABSENT"] * (count - 1)
        if state == "PART_ATTENDED":
            marks = ["PRESENT"] * count
            marks[self.rng.randrange(count)] = "LEFT_EARLY" if count == 1 or self.rng.random() < 0.3 else "ABSENT"
            return marks
        if state == "CONFIRMED" and place.event.is_marked:
            past = sum(1 for _, ends_at in place.event.sessions if ends_at < self.as_of)
            return ["PRESENT" if self.rng.random() < 0.93 else "ABSENT" for _ in range(past)]
        return []

    def write_needs(self, place: Place) -> None:
        """Rule B22: asked for each booking, kept until thirty days after."""
        erase_on = place.event.last_day + timedelta(days=30)
        wish = place.fate.needs if place.fate else ""
        if place.state not in HOLDING or erase_on <= self.as_of.date() or place.is_walk_in:
            return
        lot = self.rng.random()
        access = wish or (self.rng.choice(words.ACCESS_NEEDS) if lot < 0.04 else "")
        is_catered = place.event.course.hours > 4 and place.event.mode != DeliveryMode.LIVE_ONLINE
        diet = self.rng.choice(words.DIETS) if is_catered and lot > 0.85 else ""
        if access or diet:
            self.tables.needs.add(place.id, access, diet, erase_on)

    def remember(self, gathering: Gathering, place: Place) -> None:
        gathering.places.append(place)
        gathering.present.add(place.person.id)
        if place.state not in HOLDING:
            return
        gathering.taken += 1
        gathering.from_agency[place.person.agency.code] += 1
        self.done[place.person.id] |= 1 << (place.event.course.id % 512)
        for day in place.event.days:
            self.occupied[day].add(place.person.id)
