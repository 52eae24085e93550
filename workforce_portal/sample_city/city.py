"""Loads the whole sample city: replaces everything in the portal, in one transaction, or changes nothing."""

from collections import defaultdict
from collections.abc import Callable
from datetime import datetime, time, timedelta
from random import Random

from allauth.account.models import EmailAddress
from django.apps import apps
from django.contrib.auth.hashers import make_password
from django.core.cache import cache
from django.db import connection, transaction
from django.utils import timezone

from accounts import audit
from accounts.models import Heartbeat, Membership, OutboundEmail, Partnership, Practitioner, User
from bookings.actions import approval_links, certificates
from bookings.models import (
    Attendance,
    Booking,
    BookingNeeds,
    Certificate,
    ChargeNotice,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Payment,
    PaymentAllocation,
)
from bookings.models.booking import PLACE_HOLDING_STATES
from courses.models import ChargingPolicy, Course, Event, Session, Strand, TrainerAssignment
from courses.working_days import BRITISH_TIME, end_of_day
from evaluation.models import Answer, Response, Section11Standard, TrainingStandard
from workforce_portal.sample_city import (
    PASSWORD,
    SAMPLE_ACCOUNTS,
    improvements,
    managers,
    moderation,
    observations,
    reference,
    reports,
)
from workforce_portal.sample_city.accounts import (
    ASKER,
    FINANCE,
    MANAGER_OF_ASKER,
    OBSERVER,
    OFFICER,
    SUBGROUP,
    TEAM,
    TRAINER,
    add_proposed_employers,
    add_sample_people,
    give_second_factors,
)
from workforce_portal.sample_city.answers import Listener
from workforce_portal.sample_city.bookings import Crowd, Registrar
from workforce_portal.sample_city.charges import Treasurer
from workforce_portal.sample_city.copying import Tables, empty, unhindered
from workforce_portal.sample_city.dates import (
    HISTORY_DAYS,
    EventTables,
    Pool,
    Programme,
    locks_on,
    number_events,
    write_event,
    write_sessions,
)
from workforce_portal.sample_city.enquiries import write_enquiries
from workforce_portal.sample_city.facts import read_agencies, read_courses
from workforce_portal.sample_city.groups import write_groups
from workforce_portal.sample_city.inactive import sign_in_and_ask
from workforce_portal.sample_city.letters import file_letters_to_trainers, let_two_letters_fail
from workforce_portal.sample_city.people import Census, found_more_agencies, grow_headcounts, lend_trainers, settle
from workforce_portal.sample_city.records import Archive
from workforce_portal.sample_city.returns import write_returns
from workforce_portal.sample_city.sales import Cashier, give_invoice_details
from workforce_portal.sample_city.self_paced import write_self_paced
from workforce_portal.sample_city.situations import Situations
from workforce_portal.sample_city.waiting import write_waiting_lists

PEOPLE_AT_SCALE_1 = 4_000
# The whole children's workforce of a large city (DOMAIN 3.4): from there on people learn more, not more people.
MOST_PEOPLE = 80_000
TRAINERS_AT_SCALE_1 = 40

OURS = {
    "accounts",
    "courses",
    "bookings",
    "evaluation",
    "account",
    "mfa",
    "socialaccount",
    "usersessions",
    "sessions",
    "admin",
}
# What an administrator has set up, and the signs of life of the machinery, are no part of the city.
KEPT = {
    Partnership._meta.db_table,
    "accounts_partnershiphistory",
    Heartbeat._meta.db_table,
    TrainingStandard._meta.db_table,
    Section11Standard._meta.db_table,
}

LARGE = [
    *(User, EmailAddress, Practitioner, Membership, Booking, Attendance, BookingNeeds),
    *(Response, Answer, Certificate, ChargeNotice, OutboundEmail),
    *(Order, OrderLine, Invoice, InvoiceLine, Payment, PaymentAllocation),
]
SMALL = [Event, Session, TrainerAssignment]

Say = Callable[[str, float], None]


def is_empty() -> bool:
    return not Course.objects.exists()


def say_nothing(what: str, share: float) -> None:
    """For callers who do not show progress."""


def load(*, now: datetime, scale: int = 1, people: int | None = None, say: Say = say_nothing) -> dict[str, int]:
    """Replace everything by the city as it is at the beginning of this day; return how many rows there are of what.

    The same day gives the same city. `people` makes it smaller than scale 1, for tests.
    """
    with transaction.atomic():
        lift_limits()
        say("Emptying the portal", 0)
        empty(tables_of_the_city())
        City(now=now, scale=scale, people=people, say=say).build()
        say("Counting", 0.99)
        with connection.cursor() as cursor:
            cursor.execute(f"ANALYZE {', '.join(tables_of_the_city())}")
        files_for_sample_accounts()
        counted = (User, Practitioner, Event, Booking, Attendance, Response, Answer, Certificate)
        counts = {model._meta.verbose_name_plural: model._base_manager.count() for model in counted}
        transaction.on_commit(cache.clear)
    return counts


def lift_limits() -> None:
    """The limits are for pages; loading takes its time. Waiting for a page that holds a row is worth a minute."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL statement_timeout = 0")
        cursor.execute("SET LOCAL idle_in_transaction_session_timeout = 0")
        cursor.execute("SET LOCAL lock_timeout = '60s'")


def tables_of_the_city() -> list[str]:
    models = apps.get_models(include_auto_created=True)
    return sorted({model._meta.db_table for model in models if model._meta.app_label in OURS} - KEPT)


def files_for_sample_accounts() -> None:
    """Certificates of the printed accounts are made as soon as a worker runs; others when they are asked for."""
    addresses = [account.email for account in SAMPLE_ACCOUNTS]
    for certificate in Certificate.objects.filter(booking__practitioner__email__in=addresses).order_by("pk"):
        certificates.ask_for_file(certificate=certificate)


SHARES = """
    INSERT INTO bookings_agencyshare (event_id, organisation_id, places_taken)
    SELECT booking.event_id, booking.organisation_id, COUNT(*)
    FROM bookings_booking booking JOIN courses_offer offer ON offer.id = booking.offer_id
    WHERE offer.strand = %s AND booking.state = ANY(%s)
    GROUP BY booking.event_id, booking.organisation_id
"""


def share_out_places() -> None:
    """Count each agency's places on the multi-agency dates, as booking would have done (rule B6)."""
    with connection.cursor() as cursor:
        cursor.execute(SHARES, [str(Strand.MULTI_AGENCY), [str(state) for state in PLACE_HOLDING_STATES]])


class City:
    """One loading. Each kind of thing draws from its own lot, so that changing one leaves the others."""

    def __init__(self, *, now: datetime, scale: int, people: int | None, say: Say) -> None:
        self.now, self.say = now, say
        self.today = timezone.localtime(now).date()
        self.as_of = datetime.combine(self.today, time(0), tzinfo=BRITISH_TIME)
        self.scale = scale
        self.people = people or min(PEOPLE_AT_SCALE_1 * scale, MOST_PEOPLE)
        self.factor = scale if people is None else people / PEOPLE_AT_SCALE_1
        self.occupied: dict[int, set[int]] = defaultdict(set)

    def build(self) -> None:
        self.load_reference_data()
        self.courses = read_courses(on=self.today)
        with unhindered(large=LARGE, small=SMALL):
            self.people_the_city()
            events = self.plan_the_programme()
            self.fill_the_programme(events)
            self.say("Indexes", 0.9)
        write_groups(events, as_of=self.as_of)
        write_self_paced(self.known, as_of=self.as_of)
        write_enquiries(self.known, as_of=self.as_of)
        sign_in_and_ask(as_of=self.as_of)
        share_out_places()
        write_waiting_lists(as_of=self.as_of, first=self.known[ASKER].id)
        file_letters_to_trainers(as_of=self.as_of)
        let_two_letters_fail(as_of=self.as_of)
        give_second_factors()
        self.record_override()
        managers.ask(as_of=self.as_of)
        moderation.decide(now=self.as_of, officer=self.known[OFFICER].user_id, team=self.team_user_id)
        self.ask_a_manager()
        people = {name: self.known[name].user_id for name in (OFFICER, OBSERVER, TRAINER)}
        observations.observe(
            now=self.now,
            as_of=self.as_of,
            officer=people[OFFICER],
            observer=people[OBSERVER],
            trainer=people[TRAINER],
        )
        write_returns(
            now=self.now,
            as_of=self.as_of,
            officer=people[OFFICER],
            team=self.team_user_id,
            agencies=self.agencies,
        )
        improvements.improve(now=self.now, as_of=self.as_of, officer=people[OFFICER], trainer=people[TRAINER])
        if self.scale == 1:
            # Of a larger city it takes minutes, which the worker has and the loading has not.
            reports.circulate(as_of=self.as_of, officer=people[OFFICER])
        reports.schedule(as_of=self.as_of, officer=people[OFFICER], reader=self.known[SUBGROUP].user_id)

    def load_reference_data(self) -> None:
        self.say("Organisations", 0)
        self.partnership = Partnership.objects.current()
        reference.load_organisations(now=self.now)
        if self.scale > 1:
            found_more_agencies(scale=self.scale, now=self.now)
        give_invoice_details()
        self.say("Courses", 0.01)
        reference.load_catalogue(now=self.now, by=None)
        self.say("Questionnaires", 0.02)
        reference.load_questionnaires(now=self.now, by=None)

    def people_the_city(self) -> None:
        self.say("People", 0.03)
        self.agencies = read_agencies()
        self.census = Census(
            rng=Random("people of Airedon"),
            began=self.as_of - timedelta(days=HISTORY_DAYS + 20),
            # One hash for everybody: making each their own would take hours.
            password=make_password(PASSWORD),
        )
        self.known = add_sample_people(self.census, self.agencies)
        self.known |= add_proposed_employers(self.census)
        self.team_user_id = self.known[TEAM].user_id
        settle(self.census, agencies=self.agencies, count=self.people, team_user_id=self.team_user_id)
        self.census.tables.all.flush()
        self.census.tables.all.count_on()
        grow_headcounts(self.agencies, len(self.census.people))
        topics = sorted({topic for row in Course.objects.values_list("topics", flat=True) for topic in row})
        self.trainers = lend_trainers(
            self.census,
            agencies=self.agencies,
            count=max(20, round(TRAINERS_AT_SCALE_1 * self.factor)),
            topics=topics,
            first=self.known[TRAINER],
        )

    def plan_the_programme(self) -> list:
        self.say("Dates", 0.08)
        self.programme = Programme(
            rng=Random("programme of Airedon"), today=self.today, courses=self.courses, factor=self.factor
        )
        planted = Situations(self.programme, self.known, self.agencies, self.census.people).plan()
        for event in planted:
            for fate in event.cast:
                # Nobody in a story is drawn for another date of the same days.
                for day in event.days:
                    self.occupied[day].add(fate.person.id)
        events = planted + self.programme.plan()
        number_events(events, first_id=1)
        return events

    def fill_the_programme(self, events: list) -> None:
        """Event by event: trainers, people, register, questionnaires, certificates; written in blocks."""
        crowd = Crowd([person for person in self.census.people if person.agency.category])
        pool = Pool(rng=Random("pool of Airedon"), trainers=self.trainers, occupied=self.occupied)
        policy = ChargingPolicy.objects.get()
        registrar = Registrar(
            rng=Random("bookings of Airedon"),
            as_of=self.as_of,
            crowd=crowd,
            occupied=self.occupied,
            policy_id=policy.pk,
            team_user_id=self.team_user_id,
        )
        listener = Listener(rng=Random("answers of Airedon"), as_of=self.as_of)
        archive = Archive(rng=Random("records of Airedon"), as_of=self.as_of, partnership=self.partnership)
        treasurer = Treasurer(
            rng=Random("charges of Airedon"),
            as_of=self.as_of,
            archive=archive,
            policy=policy,
            team=self.team_user_id,
            people=self.census.people,
        )
        cashier = Cashier(
            rng=Random("sales of Airedon"),
            as_of=self.as_of,
            partnership=self.partnership,
            finance=self.known[FINANCE].user_id,
            people=self.census.people,
        )
        event_tables = EventTables()
        keepers = (event_tables, registrar.tables, listener, archive, treasurer, cashier)
        tables = Tables([table for keeper in keepers for table in keeper.all.tables])
        # Dates with a story choose their trainers and people first; the rest follow in the order of time.
        for number, event in enumerate(sorted(events, key=lambda event: not (event.cast or event.trainer_person))):
            event.venue_id = self.programme.room_for(event)
            write_sessions(event_tables, event, pool.lend(event))
            places = registrar.fill(event)
            treasurer.settle(event, places)
            for place in places:
                answered = listener.hear(place)
                archive.certify(place, answered)
                archive.file_letters(place)
            state = self.programme.state_of(event)
            cashier.sell(event, places, locked_at=end_of_day(locks_on(event)) if state == Event.State.LOCKED else None)
            write_event(event_tables, event, state=state, today=self.today, team_user_id=self.team_user_id)
            tables.flush_if_large()
            self.say("Bookings, registers and answers", 0.1 + 0.8 * number / len(events))
        tables.flush()
        cashier.issue_all()
        event_tables.events.last_id = len(events)
        tables.count_on()

    def ask_a_manager(self) -> None:
        """One request waits for a manager: the letter with the link is in the mailbox once a worker runs."""
        # Chance may have had her ask for another one; the planted date was written first.
        asked = Booking.objects.requested().with_event_facts().filter(practitioner__email=ASKER)
        booking = asked.order_by("pk")[0]
        booking.manager_email = MANAGER_OF_ASKER
        booking.save(update_fields=["manager_email"])
        approval_links.ask(booking=booking, now=booking.booked_at)
        # It is owed from now on: nobody forgot it for days.
        OutboundEmail.objects.filter(letter="bookings/approval_request").update(send_at=self.now)

    def record_override(self) -> None:
        """Whoever allowed more people than places is on record, as the portal would have it."""
        by = User.objects.get(pk=self.team_user_id)
        for event in Event.objects.filter(overbooked_by__gt=0).order_by("pk"):
            audit.record(
                by=by,
                verb="event.overbook",
                subject=f"event:{event.pk}",
                now=event.starts_at,
                places=event.overbooked_by,
            )
