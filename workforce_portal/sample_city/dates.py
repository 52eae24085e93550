"""The programme: when courses ran, run and will run, where, and who delivers them. All counted from today."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from random import Random

from courses.models import DeliveryMode, Event, Session, TrainerAssignment, Venue
from courses.working_days import BRITISH_TIME, end_of_day, is_working_day, working_days_after, working_days_before
from workforce_portal.sample_city.audiences import ON_CONSECUTIVE_DAYS, OPEN_TO_REGION, PACE, RUNS_A_YEAR, SEASONS
from workforce_portal.sample_city.copying import Table, Tables
from workforce_portal.sample_city.facts import CourseFacts, Terms

HISTORY_DAYS = 913
COMING_DAYS = 365
CANCELLED_SHARE = 0.04
NOT_LOCKED_SHARE = 0.015
HALF_DAY_HOURS = 4
LUNCH_HOURS = 1

# The people who are taken on each day, by the day's number.
Occupied = dict[int, set[int]]


@dataclass(slots=True)
class PlannedEvent:
    """One date of a course, before it has people."""

    course: CourseFacts
    sessions: list[tuple[datetime, datetime]]
    mode: str
    capacity: int
    min_numbers: int
    demand: float = 1.0
    is_cancelled: bool = False
    is_draft: bool = False
    is_postponed: bool = False
    is_open_to_region: bool = False
    overbooked_by: int = 0
    is_register_open: bool = False
    is_marked: bool = True
    walk_ins: int | None = None
    taken: int | None = None
    attended: int | None = None
    venue_id: int | None = None
    trainer_person: object | None = None
    cast: list = field(default_factory=list)
    # Places without a name, beside those of the cast, that this contact's organisation holds.
    held: int = 0
    held_by: object | None = None
    notes: str = ""
    # Filled in by Programme.write.
    id: int = 0
    reference: str = ""
    session_ids: list[int] = field(default_factory=list)
    trainer_user_ids: list[int] = field(default_factory=list)
    places_taken: int = 0
    words: str = ""

    @property
    def terms(self) -> dict[str, Terms]:
        return self.course.region_terms if self.is_open_to_region else self.course.terms

    @property
    def starts_at(self) -> datetime:
        return self.sessions[0][0]

    @property
    def ends_at(self) -> datetime:
        return self.sessions[-1][1]

    @property
    def days(self) -> list[int]:
        return [start.toordinal() for start, _ in self.sessions]

    @property
    def first_day(self) -> date:
        return self.starts_at.date()

    @property
    def last_day(self) -> date:
        return self.ends_at.date()


def on_or_after_working_day(day: date) -> date:
    return day if is_working_day(day) else working_days_after(day, 1)


def is_quiet_time(day: date) -> bool:
    return day.month == 8 or (day.month == 12 and day.day > 18) or (day.month == 1 and day.day < 4)


def sessions_from(course: CourseFacts, day: date, start: time) -> list[tuple[datetime, datetime]]:
    """The sittings of a course that begins on a day: 9:30am to 12:30pm or 4:30pm, longer ones once a week."""
    hours = course.hours / course.days
    length = timedelta(hours=hours if hours <= HALF_DAY_HOURS else hours + LUNCH_HOURS)
    sessions = []
    for _ in range(course.days):
        begin = datetime.combine(day, start if hours <= HALF_DAY_HOURS else time(9, 30), tzinfo=BRITISH_TIME)
        sessions.append((begin, begin + length))
        nearby = course.days == 2 or course.code in ON_CONSECUTIVE_DAYS
        day = on_or_after_working_day(day + timedelta(days=1 if nearby else 7))
        while is_quiet_time(day) and not nearby:
            day = on_or_after_working_day(day + timedelta(days=7))
    return sessions


class Programme:
    """Plans dates at random and writes them down."""

    def __init__(self, *, rng: Random, today: date, courses: dict[str, CourseFacts], factor: float) -> None:
        self.rng, self.today, self.courses, self.factor = rng, today, courses, factor
        self.venues = list(Venue.objects.order_by("id"))

    def plan(self) -> list[PlannedEvent]:
        """Dates of every course that has any, from two and a half years ago to a year from now."""
        return [
            self.date_on(course, day)
            for course in self.courses.values()
            if course.has_dates and course.capacity
            for day in self.days_for(course)
        ]

    def days_for(self, course: CourseFacts) -> list[date]:
        rng, span = self.rng, HISTORY_DAYS + COMING_DAYS
        first = self.today - timedelta(days=HISTORY_DAYS)
        runs = int(RUNS_A_YEAR.get(course.code, 1) * PACE * self.factor * span / 365 + rng.random())
        months = SEASONS.get(course.code)
        days = []
        for number in range(runs):
            day = on_or_after_working_day(first + timedelta(days=int((number + rng.random()) * span / runs)))
            while (months and day.month not in months) or (not months and is_quiet_time(day)):
                day = on_or_after_working_day(day + timedelta(days=5 + rng.randrange(20)))
            # Today and the days around it are told in situations.py alone.
            if abs((day - self.today).days) > 3 and day < self.today + timedelta(days=COMING_DAYS):
                days.append(day)
        if not any(day > self.today for day in days) and not months:
            days.append(on_or_after_working_day(self.today + timedelta(days=40 + rng.randrange(280))))
        return days

    def date_on(
        self, course: CourseFacts, day: date, *, mode: str | None = None, start: time | None = None
    ) -> PlannedEvent:
        rng = self.rng
        mode = mode or self.mode_of(course)
        start = start or rng.choices((time(9, 30), time(13, 0), time(10, 0)), (70, 20, 10))[0]
        far_ahead = (day - self.today).days > 270
        return PlannedEvent(
            course=course,
            sessions=sessions_from(course, day, start),
            mode=mode,
            capacity=course.capacity or 20,
            min_numbers=course.min_numbers,
            demand=min(1.1, max(0.45, rng.gauss(0.97, 0.16))),
            is_cancelled=rng.random() < CANCELLED_SHARE and (day - self.today).days < 10,
            is_draft=far_ahead and rng.random() < 0.15,
            is_open_to_region=course.code in OPEN_TO_REGION,
            is_register_open=rng.random() < NOT_LOCKED_SHARE and self.today - timedelta(days=45) < day,
        )

    def mode_of(self, course: CourseFacts) -> str:
        lot = self.rng.random()
        if course.mode == DeliveryMode.IN_PERSON and lot < 0.12 and course.days == 1 and course.capacity < 60:
            return DeliveryMode.LIVE_ONLINE
        if course.mode == DeliveryMode.LIVE_ONLINE and lot < 0.08 and course.capacity <= 40:
            return DeliveryMode.IN_PERSON
        return course.mode

    def room_for(self, event: PlannedEvent) -> int | None:
        if event.mode == DeliveryMode.LIVE_ONLINE:
            return None
        large_enough = [venue.id for venue in self.venues if (venue.capacity or 0) >= event.capacity]
        return event.venue_id or self.rng.choice(large_enough or [self.venues[0].id])

    def state_of(self, event: PlannedEvent) -> str:
        if event.is_cancelled:
            return Event.State.CANCELLED
        if event.is_draft:
            return Event.State.DRAFT
        if event.is_postponed:
            return Event.State.POSTPONED
        if event.last_day >= self.today:
            return Event.State.OPEN
        is_lock_due = locks_on(event) < self.today
        return Event.State.LOCKED if is_lock_due and not event.is_register_open else Event.State.DELIVERED


def locks_on(event: PlannedEvent) -> date:
    """Rule B17: five working days after the last session."""
    return working_days_after(event.last_day, 5)


class EventTables:
    """The tables that dates are written to."""

    def __init__(self) -> None:
        self.events = Table(
            Event, "id", "reference", "version_id", "mode", "state", "venue_id", "online_link", "starts_at", "ends_at",
            "booking_opens_at", "booking_closes_at", "is_open_to_region", "capacity", "overbooked_by", "places_taken",
            "capacity_at_start", "min_numbers", "register_locked_at", "cancelled_at", "cancelled_by_id",
            "cancelled_reason", "notes_for_staff", "created_at",
        )  # fmt: skip
        self.offers = Table(Event.offers.through, "event_id", "offer_id")
        self.sessions = Table(Session, "id", "event_id", "position", "starts_at", "ends_at", "venue_id", "online_link")
        self.assignments = Table(TrainerAssignment, "trainer_id", "session_id", "part")
        self.all = Tables([self.events, self.offers, self.sessions, self.assignments])


class Pool:
    """The active trainers, and the days each is taken. Nobody trains twice on a day, or trains and learns."""

    def __init__(self, *, rng: Random, trainers: list, occupied: Occupied) -> None:
        self.rng, self.occupied = rng, occupied
        self.active = [(trainer.id, person) for trainer, person in trainers if trainer.pool_state == "ACTIVE"]

    def lend(self, event: PlannedEvent) -> list[tuple[int, int]]:
        """Two trainers for a longer course, one for a briefing; pairs of trainer's and account's number."""
        wanted = 2 if event.course.hours > 2 and event.course.capacity < 60 else 1
        chosen = [pair for pair in self.active if pair[1] is event.trainer_person]
        for _ in range(80):
            if len(chosen) >= wanted:
                break
            pair = self.rng.choice(self.active)
            if pair not in chosen and self.is_free(pair[1].id, event.days):
                chosen.append(pair)
        for _, person in chosen:
            for day in event.days:
                self.occupied[day].add(person.id)
        return [(trainer_id, person.user_id) for trainer_id, person in chosen]

    def is_free(self, person_id: int, days: list[int]) -> bool:
        return all(person_id not in self.occupied[day] for day in days)


def number_events(events: list[PlannedEvent], first_id: int) -> None:
    """References count up within a course in the order of dates: M02-0001 was the first."""
    counts: dict[str, int] = defaultdict(int)
    events.sort(key=lambda event: (event.starts_at, event.course.code, event.mode))
    for number, event in enumerate(events, start=first_id):
        counts[event.course.code] += 1
        event.id = number
        event.reference = f"{event.course.code}-{counts[event.course.code]:04d}"


def times_of_booking(event: PlannedEvent, today: date) -> tuple[datetime, datetime, datetime]:
    """When the date was put into the catalogue, and when its booking opens and closes."""
    opens_on = event.first_day - timedelta(days=240)
    created_on = min(opens_on, today - timedelta(days=2)) - timedelta(days=10)
    at_nine = datetime.combine(opens_on, time(9), tzinfo=BRITISH_TIME)
    created_at = datetime.combine(created_on, time(15, 20), tzinfo=BRITISH_TIME)
    return created_at, at_nine, end_of_day(working_days_before(event.first_day, 1))


def write_event(tables: EventTables, event: PlannedEvent, *, state: str, today: date, team_user_id: int) -> None:
    """Write the row of a date; its bookings are known by now, so the counter of places is right from the start."""
    created_at, opens_at, closes_at = times_of_booking(event, today)
    has_begun = event.first_day < today and not event.is_cancelled
    locked_at = end_of_day(locks_on(event)) if state == Event.State.LOCKED else None
    cancelled_at = (event.starts_at - timedelta(days=12)) if event.is_cancelled else None
    tables.events.add(
        event.id, event.reference, event.course.version_id, event.mode, state, event.venue_id, link_to(event),
        event.starts_at, event.ends_at, opens_at, max(closes_at, opens_at + timedelta(hours=1)), event.is_open_to_region,
        event.capacity, event.overbooked_by, event.places_taken, event.capacity if has_begun else None, event.min_numbers,
        locked_at, cancelled_at, team_user_id if cancelled_at else None,
        "Too few people had booked." if cancelled_at else "", event.notes, created_at,
    )  # fmt: skip


def link_to(event: PlannedEvent) -> str:
    if event.mode in (DeliveryMode.LIVE_ONLINE, DeliveryMode.BLENDED):
        return f"https://meet.example.org/{event.reference.lower()}"
    return ""


def write_sessions(tables: EventTables, event: PlannedEvent, trainers: list[tuple[int, int]]) -> None:
    for offer_id, _ in event.course.offers:
        tables.offers.add(event.id, offer_id)
    event.trainer_user_ids = [user_id for _, user_id in trainers]
    for position, (starts_at, ends_at) in enumerate(event.sessions, start=1):
        session_id = tables.sessions.next_id()
        event.session_ids.append(session_id)
        online = event.mode == DeliveryMode.LIVE_ONLINE or (event.mode == DeliveryMode.BLENDED and position % 2 == 0)
        tables.sessions.add(
            session_id, event.id, position, starts_at, ends_at, None if online else event.venue_id,
            link_to(event) if online else "",
        )  # fmt: skip
        for rank, (trainer_id, _) in enumerate(trainers):
            tables.assignments.add(trainer_id, session_id, "LEAD" if rank == 0 else "CO_TRAINER")
