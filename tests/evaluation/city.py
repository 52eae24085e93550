"""A small city for report tests: dates with registers and feedback, made in bulk and typed in by hand.

A `Run` says in numbers what happened on one date; `deliver` makes the rows that say the same.
"""

import random
import uuid
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal

from accounts.models import ChargingCategory, Organisation, Practitioner, Sector
from bookings.models import Attendance, Booking
from bookings.models.booking import State
from courses.models import Course, Event, Strand
from evaluation.models import Answer, Response
from evaluation.models.questionnaire import Stage
from tests import cast
from tests.makers import make_course, make_event, make_policy, make_questionnaire

SPRING = datetime(2026, 5, 12, 8, 30, tzinfo=UTC)
AFTER = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)


@dataclass(frozen=True)
class Run:
    """What happened on one date, in numbers of people."""

    course: str
    places: int | None
    attended: int
    walk_ins: int = 0
    missed: int = 0
    cancelled: int = 0
    late: int = 0
    hours: int = 6
    starts_at: datetime = SPRING
    answered: int = 0
    """How many of those who came answered before and after; a third of them at twelve weeks too."""


# The quarter of DOMAIN 1 and 9.7: six courses in seven runs.
LLR = (
    Run("Working Together", 60, 50, 6, 4, 3, 2),
    Run("Working Together", 60, 45, 8, 3, 3, 1),
    Run("Neglect", 55, 40, 6, 3, 3, 1),
    Run("Domestic Abuse", 55, 42, 5, 3, 3, 1),
    Run("Child Sexual Exploitation", 60, 40, 5, 2, 3, 2),
    Run("Parental Mental Health", 53, 36, 3, 3, 3, 1),
    Run("Learning from Reviews", 50, 16, 2, 2, 2, 1),
)

AGENCIES = (
    ("Airedon City Council: Children's Social Work", Sector.LA_CHILDREN, 30, 1200),
    ("Northern Ridings Police", Sector.POLICE, 14, 800),
    ("Airedon Teaching Hospitals", Sector.HEALTH_TRUST, 18, 2100),
    ("Airedon Primary Care", Sector.HEALTH_PRIMARY, 8, None),
    ("Beckside Primary School", Sector.SCHOOL_MAINTAINED, 9, 60),
    ("Moorview Academy", Sector.SCHOOL_ACADEMY, 8, 140),
    ("Little Acorns Nursery", Sector.EARLY_YEARS_PVI, 5, None),
    ("Wharfside Youth Trust", Sector.THIRD_SECTOR, 4, 22),
    ("St Oswin's Youth Group", Sector.FAITH, 1, 3),
    ("Airedon Foster Carers", Sector.FOSTER_CARER, 3, None),
)


def agencies() -> list[Organisation]:
    return [
        cast.make_organisation(
            name,
            sector=sector,
            charging_category=ChargingCategory.INTERNAL,
            child_facing_headcount=headcount,
            headcount_on=datetime(2026, 3, 31, tzinfo=UTC).date() if headcount else None,
        )
        for name, sector, _, headcount in AGENCIES
    ]


def course_called(title: str, strand=Strand.MULTI_AGENCY) -> Course:
    return Course.objects.filter(title=title).first() or make_course(title, strands=(strand,))


def deliver(run: Run, *, strand=Strand.MULTI_AGENCY, seed: int = 0, **event_fields) -> Event:
    """Make the date, its bookings, its register and its feedback."""
    dice = random.Random(f"{seed}{run}")
    event = make_event(
        course_called(run.course, strand),
        starts_at=run.starts_at,
        hours=run.hours,
        capacity=run.places,
        state=event_fields.pop("state", Event.State.LOCKED),
        **event_fields,
    )
    Event.objects.filter(pk=event.pk).update(capacity_at_start=run.places)
    bookings = book(run, event, dice)
    register(event, bookings)
    answer(event, [booking for booking in bookings if booking.state == State.ATTENDED][: run.answered], dice)
    return event


def outcomes(run: Run) -> list[tuple[State, str]]:
    return [
        *[(State.ATTENDED, Booking.Source.SELF)] * run.attended,
        *[(State.ATTENDED, Booking.Source.WALK_IN)] * run.walk_ins,
        *[(State.DID_NOT_ATTEND, Booking.Source.SELF)] * run.missed,
        *[(State.CANCELLED, Booking.Source.SELF)] * run.cancelled,
        *[(State.CANCELLED_LATE, Booking.Source.SELF)] * run.late,
    ]


def book(run: Run, event: Event, dice: random.Random) -> list[Booking]:
    places = outcomes(run)
    people = Practitioner.objects.bulk_create(
        Practitioner(full_name=f"Person {event.reference} {number}") for number in range(len(places))
    )
    employers = dice.choices(agencies(), weights=[weight for _, _, weight, _ in AGENCIES], k=len(places))
    offer, policy = event.offers.get(), make_policy()
    booked_at = run.starts_at - timedelta(days=40)
    return Booking.objects.bulk_create(
        Booking(
            reference=f"B-{uuid.uuid4().hex[:9].upper()}",
            event=event,
            practitioner=person,
            offer=offer,
            state=state,
            source=source,
            organisation=employer,
            sector=employer.sector,
            charging_category=employer.charging_category,
            price=Decimal("0"),
            policy=policy,
            free_cancel_until=run.starts_at - timedelta(days=7),
            booked_at=booked_at,
            confirmed_at=booked_at,
            cancelled_at=booked_at if state in (State.CANCELLED, State.CANCELLED_LATE) else None,
            cancelled_reason="workload" if state == State.CANCELLED_LATE else "",
        )
        for person, employer, (state, source) in zip(people, employers, places, strict=True)
    )


def register(event: Event, bookings: list[Booking]) -> None:
    marks = {State.ATTENDED: Attendance.Mark.PRESENT, State.DID_NOT_ATTEND: Attendance.Mark.ABSENT}
    Attendance.objects.bulk_create(
        Attendance(
            booking=booking, session=session, mark=marks[booking.state], marked_at=session.ends_at, marked_by=cast.dev()
        )
        for session in event.sessions.all()
        for booking in bookings
        if booking.state in marks
    )


def answer(event: Event, bookings: list[Booking], dice: random.Random) -> None:
    """Everybody before and after, every third at twelve weeks; ratings rise by two or three and fall a little later."""
    stages = {
        Stage.PRE: (bookings, 5),
        Stage.POST: (bookings, 8),
        Stage.FOLLOW_UP: (bookings[::3], 7),
    }
    for stage, (people, middle) in stages.items():
        questionnaire = make_questionnaire(stage)
        responses = Response.objects.bulk_create(
            Response(
                booking=booking,
                questionnaire=questionnaire,
                stage=stage,
                state=Response.State.SUBMITTED,
                opens_at=event.starts_at,
                closes_at=event.starts_at + timedelta(days=200),
                submitted_at=event.starts_at,
            )
            for booking in people
        )
        Answer.objects.bulk_create(
            each for response in responses for each in answers_of(response, questionnaire, event, middle, dice)
        )


def answers_of(response, questionnaire, event, middle, dice):
    for question in questionnaire.questions.all():
        if question.code.startswith("SR"):
            for outcome in event.version.outcomes.all() if question.is_per_outcome else [None]:
                rating = min(10, max(1, middle + dice.randint(-2, 2)))
                yield Answer(response=response, question=question, outcome=outcome, rating=rating)
        elif question.code == "RE9":
            yield Answer(
                response=response, question=question, choices=[dice.choices(["yes", "not sure", "no"], [9, 1, 1])[0]]
            )
        elif question.code == "IM1":
            words = ["often", "sometimes", "once", "not yet", "no opportunity"]
            yield Answer(response=response, question=question, choices=[dice.choice(words)])
        elif question.has_not_applicable and dice.random() < 0.2:
            yield Answer(response=response, question=question, is_not_applicable=True)
        else:
            yield Answer(response=response, question=question, rating=dice.choices([5, 4, 3, 2], [5, 4, 1, 1])[0])


def llr_quarter() -> list[Event]:
    """The quarter as counted, nobody having answered anything."""
    return [deliver(run, seed=number) for number, run in enumerate(LLR)]


def lively_quarter(starts_at: datetime = SPRING) -> list[Event]:
    """The same quarter with feedback, and two dates nobody was counted on."""
    events = [
        deliver(
            replace(run, answered=run.attended * 9 // 10, starts_at=starts_at + timedelta(days=number)), seed=number
        )
        for number, run in enumerate(LLR)
    ]
    cancelled = make_event(course_called("Neglect"), starts_at=starts_at, state=Event.State.DRAFT)
    Event.objects.filter(pk=cancelled.pk).update(
        state=Event.State.CANCELLED, cancelled_at=starts_at, cancelled_by=cast.wendy(), cancelled_reason="Trainer ill"
    )
    return events
