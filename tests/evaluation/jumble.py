"""Everything that a report counts, thrown together by dice: dates, bookings, registers, answers, charges, trainers, observers.

Nothing here is likely, and all of it is allowed. What a report makes of it is counted a second time in `recount`.
"""

import random
import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from accounts.models import ChargingCategory, Cluster, Organisation, Practitioner, Sector
from bookings.models import Attendance, Booking, CancelReason, ChargeNotice, SelfPacedEnrolment, WaitingListEntry
from bookings.models.booking import ATTENDANCE_OUTCOMES, State
from bookings.models.charge import ChargeState
from bookings.models.self_paced import EnrolmentState
from courses.models import DeliveryMode, Event, LearningOutcome, Session, Strand, Trainer, TrainerAssignment
from evaluation.models import Answer, ImprovementAction, Moderation, Observation, ObservationRating, Question, Response
from evaluation.models.moderation import Theme
from evaluation.models.observation import ObservationState
from evaluation.models.questionnaire import Stage
from tests import cast, money
from tests.evaluation.observed import make_standards
from tests.makers import make_course, make_event, make_policy, make_self_paced_course
from tests.questionnaires import make_questionnaires

AFTER = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
# The quarter of the report, the one before, and the same a year ago; with days on both sides of each midnight.
STARTS = [
    *[datetime(2026, 4, 1, 8, tzinfo=UTC) + timedelta(days=11 * number) for number in range(8)],
    datetime(2026, 6, 30, 22, 30, tzinfo=UTC),
    datetime(2026, 7, 1, 23, 30, tzinfo=UTC) - timedelta(days=1),
    *[datetime(2026, 1, 14, 9, tzinfo=UTC) + timedelta(days=30 * number) for number in range(2)],
    *[datetime(2025, 4, 9, 9, tzinfo=UTC) + timedelta(days=30 * number) for number in range(2)],
]
STRANDS = {
    "Neglect": ["multi_agency"],
    "Bruising": ["multi_agency", "core"],
    "Checks": ["core"],
    "Prevent": ["multi_agency"],
}
SECTORS = (Sector.LA_CHILDREN, Sector.POLICE, Sector.HEALTH_TRUST, Sector.SCHOOL_ACADEMY, Sector.SCHOOL_MAINTAINED, "")
PEOPLE = 40
OUTCOMES = (State.ATTENDED, State.PART_ATTENDED, State.DID_NOT_ATTEND, State.TURNED_AWAY)
UNUSED = (State.CANCELLED_LATE, State.DID_NOT_ATTEND, State.TURNED_AWAY)
# Of ten bookings on a date that took place, six or so were used.
STATES = [*[State.ATTENDED] * 10, *[State.DID_NOT_ATTEND] * 3, *[State.CANCELLED_LATE] * 3, *State.values]
MARKS = [*[Attendance.Mark.PRESENT] * 5, *Attendance.Mark.values]
ANSWERED = [*[Response.State.SUBMITTED] * 6, *Response.State.values]
RATED = {"scale_1_10": 10, "agree_5": 5, "scale_5": 5}


class Jumble:
    """One throw of the dice."""

    def __init__(self, seed: int) -> None:
        self.dice = random.Random(seed)
        make_standards()
        self.questions = self._questions()
        self.organisations = self._organisations()
        self.people = Practitioner.objects.bulk_create(Practitioner(full_name=f"Person {n}") for n in range(PEOPLE))
        self.trainers = self._trainers()
        self.events = self._events()
        self.bookings = self._bookings()
        self._register()
        self._answers()
        self._waiting()
        self._charges()
        self._enrolments()
        self._observations()
        self._reviews()

    def _questions(self):
        versions = make_questionnaires()
        return {stage: list(Question.objects.filter(questionnaire=each)) for stage, each in versions.items()}

    def _organisations(self):
        clusters = [Cluster.objects.get_or_create(name=name)[0] for name in ("Eastgate", "Northbeck")]
        return [
            Organisation.objects.create(
                name=f"Agency {number} {sector}",
                sector=sector,
                charging_category=ChargingCategory.INTERNAL,
                charging_category_set_at=AFTER,
                cluster=self.dice.choice(clusters),
                child_facing_headcount=self.dice.choice([None, 7, 60, 800]),
            )
            for number, sector in enumerate([*SECTORS[:-1], Sector.PRIVATE_OTHER, Sector.SCHOOL_ACADEMY])
        ]

    def _trainers(self):
        people = Practitioner.objects.bulk_create(Practitioner(full_name=f"Trainer {n}") for n in range(6))
        return Trainer.objects.bulk_create(
            Trainer(
                practitioner=person,
                organisation=self.organisations[number % 3],
                pool_state=self.dice.choice(
                    [Trainer.PoolState.ACTIVE, Trainer.PoolState.ACTIVE, Trainer.PoolState.LEFT]
                ),
                trained_on=self.dice.choice([None, date(2026, 4, 1), date(2026, 6, 30), date(2026, 7, 1)]),
            )
            for number, person in enumerate(people)
        )

    def _events(self):
        courses = {title: make_course(title, strands=[Strand(each) for each in its]) for title, its in STRANDS.items()}
        for course in courses.values():
            course.content_owner = self.dice.choice(["", "Lou Adeyemi"])
            course.content_reviewed_on = self.dice.choice([None, date(2025, 1, 31)])
            course.review_due_on = self.dice.choice([None, date(2026, 11, 20), date(2027, 2, 20), date(2028, 1, 1)])
            course.save()
        self.outcomes = {}
        for outcome in LearningOutcome.objects.all():
            self.outcomes.setdefault(outcome.version_id, []).append(outcome)
        return [self._event(self.dice.choice(list(courses.values())), starts_at) for starts_at in STARTS + STARTS[:8]]

    def _event(self, course, starts_at):
        dice = self.dice
        state = dice.choice([*[Event.State.LOCKED] * 5, *[Event.State.DELIVERED] * 4, "CANCELLED", "OPEN", "DRAFT"])
        event = make_event(
            course,
            starts_at=starts_at,
            days=dice.choice([1, 1, 2]),
            hours=dice.choice([2, 4, 4.5, 6]),
            capacity=dice.choice([None, 30, 40]),
            mode=dice.choice([*[DeliveryMode.IN_PERSON] * 2, DeliveryMode.LIVE_ONLINE]),
            state=Event.State.DRAFT,
        )
        facts = {"state": state}
        if event.capacity:
            facts |= {"capacity_at_start": dice.choice([None, 25]), "places_taken": event.capacity - dice.randrange(3)}
        if state == "CANCELLED":
            facts |= {"cancelled_at": AFTER, "cancelled_by": cast.wendy(), "cancelled_reason": "Ill"}
        Event.objects.filter(pk=event.pk).update(**facts)
        event.refresh_from_db()
        for session in event.sessions.all():
            free = [each for each in self.trainers if not self._is_busy(each, session)]
            for trainer in dice.sample(free, min(len(free), dice.choice([0, 1, 1, 2]))):
                TrainerAssignment.objects.create(trainer=trainer, session=session)
        return event

    def _is_busy(self, trainer, session):
        held = Session.objects.filter(trainer_assignments__trainer=trainer)
        return any(each.starts_at < session.ends_at and each.ends_at > session.starts_at for each in held)

    def _bookings(self):
        self.sold = list(money.order_of(*[("A place", "50")] * 12).lines.all())
        paid = money.issued(*[("A place that was paid", "40")] * 8)
        money.paid("320", paid)
        self.sold += [line.order_line for line in paid.lines.all()]
        self.dice.shuffle(self.sold)
        rows = [
            self._booking(event, person)
            for event in self.events
            for person in self.dice.sample(self.people, self.dice.choice([0, *range(6, 15)]))
        ]
        return Booking.objects.bulk_create(rows)

    def _booking(self, event, person):
        dice, employer = self.dice, self.dice.choice(self.organisations)
        state = State(dice.choice(STATES))
        line = self.sold.pop() if self.sold and state in UNUSED + OUTCOMES and dice.random() < 0.5 else None
        booked_at = event.starts_at - timedelta(days=40)
        confirmed_at = dice.choice([booked_at, event.starts_at - timedelta(hours=30)])
        was_cancelled = state in (State.CANCELLED, State.CANCELLED_LATE, State.CANCELLED_BY_PROVIDER)
        return Booking(
            reference=f"B-{uuid.UUID(int=dice.getrandbits(128)).hex[:9].upper()}",
            event=event,
            practitioner=person,
            offer=dice.choice(list(event.offers.all())),
            state=state,
            source=dice.choice([*[Booking.Source.SELF] * 4, Booking.Source.WALK_IN]),
            organisation=employer,
            sector=dice.choice([employer.sector, employer.sector, dice.choice(SECTORS)]),
            charging_category=employer.charging_category,
            price=line.net if line else Decimal(0),
            order_line=line,
            policy=make_policy(),
            free_cancel_until=event.starts_at - timedelta(days=7),
            booked_at=booked_at,
            confirmed_at=confirmed_at
            if state in (State.CONFIRMED, *ATTENDANCE_OUTCOMES) or dice.random() < 0.8
            else None,
            hold_ends_at=event.starts_at if state == State.REQUESTED else None,
            cancelled_at=event.starts_at - timedelta(days=dice.randint(1, 5)) if was_cancelled else None,
            cancelled_reason="Words" if was_cancelled else "",
            cancelled_for=dice.choice([*CancelReason.values, ""]) if was_cancelled else "",
            decided_reason="No" if state == State.DECLINED else "",
        )

    def _register(self):
        Attendance.objects.bulk_create(
            Attendance(
                booking=booking,
                session=session,
                mark=self.dice.choice(MARKS),
                marked_at=session.ends_at,
                marked_by=cast.wendy(),
            )
            for booking in self.bookings
            for session in booking.event.sessions.all()
            if booking.state in OUTCOMES and self.dice.random() < 0.9
        )

    def _answers(self):
        asked = [
            self._response(stage, booking=booking)
            for booking in self.bookings
            for stage in (Stage.PRE, Stage.POST, Stage.FOLLOW_UP, Stage.MANAGER)
            if self.dice.random() < (0.9 if booking.state in OUTCOMES[:2] else 0.1)
        ]
        given = [
            answer
            for response in Response.objects.bulk_create(asked)
            if response.state == Response.State.SUBMITTED
            for question in self.questions[response.stage]
            for answer in self._answer(response, question)
        ]
        words = [each for each in Answer.objects.bulk_create(given) if each.moderation != "NOT_NEEDED"]
        Moderation.objects.bulk_create(each for answer in words for each in self._decisions(answer))

    def _response(self, stage, **whose):
        state = self.dice.choice(ANSWERED)
        return Response(
            **whose,
            questionnaire=self.questions[stage][0].questionnaire,
            stage=stage,
            state=state,
            opens_at=AFTER - timedelta(days=300),
            closes_at=AFTER,
            submitted_at=AFTER if state == Response.State.SUBMITTED else None,
        )

    def _answer(self, response, question):
        dice = self.dice
        if dice.random() < 0.15:
            return
        outcomes = [None]
        if question.is_per_outcome:
            outcomes = self.outcomes[response.booking.event.version_id]
        for outcome in outcomes:
            facts = {}
            if question.has_not_applicable and dice.random() < 0.2:
                facts = {"is_not_applicable": True}
            elif question.kind in RATED:
                # People know more after than before, so that there is a gain to keep.
                best = RATED[question.kind]
                facts = {"rating": dice.randint(1, best if response.stage != Stage.PRE else best // 2)}
            elif question.code == "IM3":
                facts = {"choices": [dice.choice([*question.choices, ""]) for _ in range(3)], "texts": ["a", "b", "c"]}
            elif question.choices:
                most = 3 if question.kind.startswith("multi") else 1
                facts = {"choices": dice.sample(question.choices, dice.randint(1, most))}
            elif question.code in ("OP1", "IM4"):
                decision = dice.choice(["TO_REVIEW", "APPROVED", "REDACTED", "WITHHELD"])
                facts = {"texts": [f"Words {dice.randrange(10**6)}"], "moderation": decision}
            yield Answer(response=response, question=question, outcome=outcome, **facts)

    def _decisions(self, answer):
        """What was decided about somebody's words: once, or twice with another mind."""
        dice = self.dice
        if answer.moderation == "TO_REVIEW":
            return
        decided = [*([dice.choice(["APPROVED", "WITHHELD"])] if dice.random() < 0.3 else []), answer.moderation]
        for decision in decided:
            is_told = decision != "WITHHELD"
            yield Moderation(
                answer=answer,
                decision=decision,
                words=f"{answer.words} as told" if is_told else "",
                theme=dice.choice(Theme.values) if is_told else "",
                is_for_report=is_told and dice.random() < 0.7,
                decided_at=AFTER,
                decided_by=cast.lou(),
            )

    def _waiting(self):
        for event in self.events:
            for _ in range(self.dice.randrange(4)):
                is_group = self.dice.random() < 0.4
                WaitingListEntry.objects.create(
                    reference=f"W-{uuid.UUID(int=self.dice.getrandbits(128)).hex[:8]}",
                    event=event,
                    practitioner=None if is_group else self.dice.choice(self.people),
                    places_wanted=self.dice.randint(2, 5) if is_group else 1,
                    organisation=self.dice.choice(self.organisations),
                    offer=self.dice.choice(list(event.offers.all())),
                    state=self.dice.choice(["CLOSED", "CLOSED", "WITHDRAWN"]),
                    joined_at=event.starts_at,
                    joined_by=cast.wendy(),
                    queued_at=event.starts_at,
                    closed_at=event.starts_at,
                    idempotency_key=uuid.UUID(int=self.dice.getrandbits(128)),
                )

    def _charges(self):
        ChargeNotice.objects.bulk_create(
            self._charge(booking=booking, organisation=booking.organisation)
            for booking in self.bookings
            if booking.state in UNUSED and self.dice.random() < 0.7
        )

    def _charge(self, **about):
        dice, state = self.dice, ChargeState(self.dice.choice([*ChargeState.values, ChargeState.APPROVED]))
        decided = state in (ChargeState.WAIVED, ChargeState.APPROVED)
        reason = dice.choice([*CancelReason.values, ""])
        return ChargeNotice(
            **about,
            kind="NON_COMPLETION" if "enrolment" in about else "NON_ATTENDANCE",
            state=state,
            policy=make_policy(),
            amount=Decimal(dice.choice([25, 50, 75])),
            drafted_at=AFTER,
            review_from=AFTER,
            reason_given_for=reason,
            reason_given_at=AFTER if reason else None,
            waived_for=dice.choice(ChargeNotice.WaivedFor.values) if state == ChargeState.WAIVED else "",
            decided_at=AFTER if decided else None,
            decided_by=cast.wendy() if decided else None,
        )

    def _enrolments(self):
        courses = [make_self_paced_course(title) for title in ("Neglect online", "Prevent online")]
        rows = SelfPacedEnrolment.objects.bulk_create(
            self._enrolment(course, person) for course in courses for person in self.dice.sample(self.people, 14)
        )
        ChargeNotice.objects.bulk_create(
            self._charge(enrolment=row, organisation=row.organisation)
            for row in rows
            if row.state == EnrolmentState.LAPSED
        )

    def _enrolment(self, course, person):
        dice, employer = self.dice, self.dice.choice(self.organisations)
        state = EnrolmentState(dice.choice(EnrolmentState.values))
        started = datetime(2026, 3, 20, 12, tzinfo=UTC) + timedelta(days=dice.randrange(120))
        begun = state in (EnrolmentState.IN_PROGRESS, EnrolmentState.PASSED) or dice.random() < 0.3
        return SelfPacedEnrolment(
            reference=f"S-{uuid.UUID(int=dice.getrandbits(128)).hex[:8]}",
            course=course,
            practitioner=person,
            offer=course.offers.get(),
            state=state,
            organisation=employer,
            sector=employer.sector,
            charging_category=employer.charging_category,
            price=Decimal(0),
            policy=make_policy(),
            terms_accepted_at=started,
            enrolled_at=started,
            due_at=started + timedelta(days=28),
            begun_at=started if begun else None,
            passed_at=started + timedelta(hours=dice.randrange(600)) if state == EnrolmentState.PASSED else None,
        )

    def _observations(self):
        standards, observer = make_standards(), cast.olive()
        for event in self.events:
            if self.dice.random() < 0.5:
                continue
            state = self.dice.choice(["PLANNED", "DONE", "SHARED", "SHARED", "CALLED_OFF"])
            done, off = state in ("DONE", "SHARED"), state == "CALLED_OFF"
            observation = Observation.objects.create(
                event=event,
                trainer=self.dice.choice(self.trainers),
                observer=observer,
                planned_for=event.starts_at.date(),
                planned_at=AFTER,
                planned_by=observer,
                state=ObservationState.CALLED_OFF if off else "DONE" if done else "PLANNED",
                strengths="Clear",
                to_develop="Pace",
                **{f"{step}_{what}": value for step, is_so in (("done", done), ("called_off", off)) if is_so
                   for what, value in (("at", AFTER), ("by", observer))},
            )  # fmt: skip
            if done:
                ObservationRating.objects.bulk_create(
                    ObservationRating(
                        observation=observation, standard=each, rating=self.dice.choice(ObservationRating.Rating.values)
                    )
                    for each in standards
                )
            if state == "SHARED":
                Observation.objects.filter(pk=observation.pk).update(state=state, shared_at=AFTER, shared_by=observer)
            is_open = self.dice.random() < 0.6
            ImprovementAction.objects.create(
                what="Slow down", source="OBSERVATION", observation=observation, owner_words="The trainer",
                due_on=AFTER.date(), made_at=AFTER, made_by=observer, state="OPEN" if is_open else "DONE",
                outcome="" if is_open else "Done", ended_at=None if is_open else AFTER, ended_by=None if is_open else observer,
            )  # fmt: skip

    def _reviews(self):
        """What trainers say of their own dates."""
        asked = [
            self._response(Stage.TRAINER, event=event, trainer=trainer)
            for event in self.events
            for trainer in self.dice.sample(self.trainers, 2)
        ]
        reviews = Response.objects.bulk_create(asked)
        told = [question for question in self.questions[Stage.TRAINER] if question.code in ("TR3", "TR5")]
        Answer.objects.bulk_create(
            Answer(
                response=review,
                question=question,
                texts=["The projector"] if question.code == "TR3" else [],
                choices=[self.dice.choice(question.choices)] if question.code == "TR5" else [],
            )
            for review in reviews
            for question in told
            if review.state == Response.State.SUBMITTED and self.dice.random() < 0.6
        )
