"""The planted situations of DOMAIN 13: dates and people that every demonstration and many tests rely on."""

from dataclasses import dataclass
from datetime import date, time, timedelta

from courses.models import DeliveryMode
from courses.working_days import working_days_after, working_days_before
from workforce_portal.sample_city.accounts import TRAINER
from workforce_portal.sample_city.bookings import Fate
from workforce_portal.sample_city.dates import PlannedEvent, Programme, is_quiet_time
from workforce_portal.sample_city.facts import Agency
from workforce_portal.sample_city.people import AGENCY_OF_THREE, Person
from workforce_portal.sample_city.words import NAMES_A_CHILD

SATURDAY = 5
# Dates nearer than this many working days are there whatever the season.
SOON = 18
ALL_STAGES = ("pre", "post", "follow_up")
BEFORE_AND_AFTER = ("pre", "post")


@dataclass
class Situations:
    """Makes the planted dates. Working days are counted from today: 9 is in nine working days, -4 was four ago."""

    programme: Programme
    known: dict[str, Person]
    agencies: dict[str, Agency]
    people: list[Person]

    def plan(self) -> list[PlannedEvent]:
        return [
            *self.around_today(),
            *self.coming(),
            *self.working_together(),
            *self.past(),
            *self.own_stories(),
            *self.bought(),
        ]

    def day(self, working_days: int) -> date:
        today = self.programme.today
        if working_days < 0:
            return working_days_before(today, -working_days)
        day = working_days_after(today, working_days)
        while working_days > SOON and is_quiet_time(day):
            day = working_days_after(day, 1)
        return day

    def date_of(
        self, code: str, on: int | date, *, mode: str | None = None, start=time(9, 30), **facts
    ) -> PlannedEvent:
        """One planted date. `taken` people hold a place; whatever the generator would vary is fixed."""
        day = on if isinstance(on, date) else self.day(on)
        course = self.programme.courses[code]
        event = self.programme.date_on(course, day, mode=mode or course.mode, start=start)
        event.is_cancelled = event.is_draft = event.is_register_open = False
        for name, value in facts.items():
            setattr(event, name, value)
        return event

    def fate(self, name: str, state: str, **facts) -> Fate:
        return Fate(self.known[f"{name}@example.org"], state, **facts)

    @property
    def dev(self) -> Person:
        return self.known[TRAINER]

    def around_today(self) -> list[PlannedEvent]:
        """A register to take today, one that is overdue, and a course in its middle."""
        return [
            self.date_of("M05", self.programme.today, start=time(10, 0), taken=14, trainer_person=self.dev),
            self.date_of("M07", -2, taken=12, is_marked=False, is_register_open=True, trainer_person=self.dev),
            self.date_of("ST02", -6, taken=16),
            self.date_of("M18", 1, taken=40, capacity=150),
        ]

    def coming(self) -> list[PlannedEvent]:
        """One place short of full; full; below its minimum; postponed; requests to decide; a draft."""
        amina = self.fate(
            "amina",
            "CONFIRMED",
            answers=("pre",),
            booked_days_ago=20,
            needs="Please seat me near the front: I lip-read.",
        )
        requests = [
            self.fate("amina", "REQUESTED", booked_days_ago=1),
            *[Fate(person, "REQUESTED", booked_days_ago=1) for person in self.members("A01", 2)],
        ]
        return [
            self.date_of("M07", 9, mode=DeliveryMode.IN_PERSON, taken=23, capacity=24, cast=[amina]),
            self.date_of("M08", 14, taken=20, capacity=20),
            self.date_of("ST07", 8, taken=3, capacity=20, min_numbers=8),
            self.date_of(
                "M12", 20, taken=8, is_postponed=True, notes="The trainer is ill; a new date is being agreed."
            ),
            self.date_of("C06", 18, taken=9, cast=requests),
            self.date_of("M23", self.programme.today + timedelta(days=200), is_draft=True),
            self.date_of("TR02", 12, taken=18, cast=[self.fate("tom", "CONFIRMED", booked_days_ago=12)]),
            self.date_of(
                "ST11", self.saturday(18), taken=8, cast=[self.fate("grace", "CONFIRMED", booked_days_ago=15)]
            ),
            self.date_of("M03", 19, taken=12, cast=[self.fate("dev", "CONFIRMED", booked_days_ago=9)]),
            self.date_of("M01", 6, taken=17, cast=self.colleagues_of_carol()),
            self.date_of("TR09", 17, taken=9, capacity=24, cast=self.group_of_carol(), held=3, held_by=self.carol),
        ]

    def working_together(self) -> list[PlannedEvent]:
        """Coming dates of “Working Together” with places left for newcomers, in person and online, soon and later."""
        lukasz = self.fate("lukasz", "CONFIRMED", booked_days_ago=10)
        undecided = [
            self.fate(name, "REQUESTED", booked_days_ago=days)
            for name, days in (("holly", 1), ("sanjay", 2), ("mercy", 3))
        ]
        in_person, online = DeliveryMode.IN_PERSON, DeliveryMode.LIVE_ONLINE
        return [
            self.date_of("M02", 12, mode=in_person, taken=14, cast=[lukasz], trainer_person=self.dev),
            self.date_of("M02", 16, mode=online, taken=9, trainer_person=self.dev),
            self.date_of("M02", 27, mode=in_person, taken=8, cast=undecided),
            self.date_of("M02", 48, mode=in_person, taken=5),
        ]

    def past(self) -> list[PlannedEvent]:
        """Three walk-ins; an occupancy of 103%; words that name a child; an agency of three."""
        names_a_child = Fate(self.known["ruth@example.org"], "ATTENDED", answers=ALL_STAGES, remark=NAMES_A_CHILD)
        three = [Fate(self.people[index], "ATTENDED") for index in self.agencies[AGENCY_OF_THREE].members]
        return [
            self.date_of("M17", -6, taken=18, walk_ins=3, mode=DeliveryMode.IN_PERSON),
            self.date_of(
                "M09", -16, taken=32, capacity=30, overbooked_by=2, attended=31, walk_ins=0, trainer_person=self.dev
            ),
            self.date_of("M05", -70, taken=22, cast=[names_a_child]),
            self.date_of("M06", -50, taken=90, cast=three),
            self.date_of("M17", -33, taken=22, cast=[self.fate("farah", "ATTENDED", answers=BEFORE_AND_AFTER)]),
            self.date_of("M15", -25, taken=36, cast=[self.fate("lukasz", "ATTENDED", answers=BEFORE_AND_AFTER)]),
        ]

    def bought(self) -> list[PlannedEvent]:
        """Courses that cost a school something: three to come, with room, and one that is over."""
        came = [Fate(person, "ATTENDED", share_by_contact=1) for person in self.members("A19", 7)[:2]]
        return [
            self.date_of("TR04", 30, taken=8),
            self.date_of("TR05", 33, taken=7),
            self.date_of("TR10", 36, taken=6),
            self.date_of("TR10", -35, taken=15, cast=came),
        ]

    def own_stories(self) -> list[PlannedEvent]:
        """What the sample accounts have behind them."""
        amina, tom, grace = "amina", "tom", "grace"
        return [
            self.date_of(
                "M02", -240, taken=23,
                cast=[self.fate(amina, "ATTENDED", answers=ALL_STAGES), self.fate(tom, "ATTENDED", answers=BEFORE_AND_AFTER)],
            ),
            self.date_of("M10", -4, taken=36, cast=[self.fate(amina, "ATTENDED", answers=("pre",))]),
            self.date_of("M11", -63, taken=22, cast=[self.fate(amina, "ATTENDED", answers=BEFORE_AND_AFTER)]),
            self.date_of("M16", -30, taken=72, cast=[self.fate(amina, "CANCELLED", booked_days_ago=80)]),
            self.date_of("M19", -150, taken=53, cast=[self.fate(amina, "DID_NOT_ATTEND", answers=())]),
            self.date_of(
                "M19", -3, taken=34,
                cast=[self.fate(tom, "DID_NOT_ATTEND", answers=()), Fate(self.members("A19", 4)[0], "DID_NOT_ATTEND", answers=())],
            ),
            self.date_of("TR08", -10, taken=27, cast=[self.fate(tom, "ATTENDED", answers=BEFORE_AND_AFTER)]),
            self.date_of("ST10", -40, taken=15, cast=[self.fate(grace, "ATTENDED", answers=BEFORE_AND_AFTER)]),
            self.date_of("ST13", -3, taken=18, cast=[self.fate(grace, "ATTENDED", answers=())]),
        ]  # fmt: skip

    def members(self, code: str, count: int) -> list[Person]:
        """People of an agency who are not in a story of their own."""
        own = [self.people[index] for index in self.agencies[code].members]
        return [person for person in own if person not in self.known.values()][-count:]

    def colleagues_of_carol(self) -> list[Fate]:
        return [Fate(person, "CONFIRMED", booked_days_ago=11, share_by_contact=1) for person in self.members("A19", 3)]

    def group_of_carol(self) -> list[Fate]:
        """Two others of hers, booked together with places that have no name yet."""
        people = self.members("A19", 5)[:2]
        return [Fate(person, "CONFIRMED", booked_days_ago=4, share_by_contact=1) for person in people]

    @property
    def carol(self) -> Person:
        return self.known["carol@example.org"]

    def saturday(self, days_ahead: int) -> date:
        day = self.programme.today + timedelta(days=days_ahead)
        while day.weekday() != SATURDAY:
            day += timedelta(days=1)
        return day
