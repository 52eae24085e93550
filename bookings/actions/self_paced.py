"""Self-paced courses: start one, begin it, finish it, let it lapse, give more time (rule B26)."""

from dataclasses import asdict
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.correspondence import withhold_unsent
from accounts.locking import locked
from accounts.models import Organisation, Practitioner, User
from bookings import emails
from bookings.actions import charges, sales
from bookings.actions.capacity import BookingRefused
from bookings.actions.places import PRICE_CHANGED, PriceChanged
from bookings.eligibility import Answers, reasons_unsaid
from bookings.models import SelfPacedEnrolment
from bookings.models.self_paced import ENROLMENT_STATE_FIELDS, EnrolmentState
from bookings.self_paced_eligibility import SelfPacedDecision, decide_self_paced
from courses.models import Course
from courses.references import new_reference
from courses.working_days import end_of_day


class CannotGoOn(Exception):
    """The step does not fit what has become of the course; the words say why and what to do."""


def enrol(
    *,
    course: Course,
    practitioner: Practitioner,
    organisation: Organisation | None,
    by: User,
    now: datetime,
    answers: Answers,
    price_shown: Decimal | None = None,
) -> SelfPacedEnrolment:
    """Start a course, with the terms of this day and a day by which it is finished; write the letter that says so.

    Whoever is on it already goes on with that: pressing twice is once. After it has lapsed one may start again.
    Raises BookingRefused with every reason, PriceChanged against `price_shown`.
    """
    decision = decide_self_paced(practitioner=practitioner, organisation=organisation, course=course, now=now)
    if decision.enrolled:
        return decision.enrolled
    reasons = decision.reasons or reasons_unsaid(decision, answers)
    if reasons:
        raise BookingRefused(reasons)
    if price_shown is not None and price_shown != decision.price:
        raise PriceChanged([PRICE_CHANGED])
    enrolment = _new_enrolment(decision, course, organisation, answers, by, now)
    try:
        with transaction.atomic():
            sales.sell_enrolment(enrolment=enrolment, by=by, now=now)
            enrolment.save(force_insert=True)
            emails.self_paced_started(enrolment=enrolment, now=now)
    except IntegrityError:
        # The same button in another window was a moment quicker.
        first = SelfPacedEnrolment.objects.live().filter(practitioner=practitioner, course=course).first()
        if first is None:
            raise
        return first
    return enrolment


def _new_enrolment(
    decision: SelfPacedDecision,
    course: Course,
    organisation: Organisation | None,
    answers: Answers,
    by: User,
    now: datetime,
) -> SelfPacedEnrolment:
    """Copy the terms of this day, as a booking does (rule B23)."""
    terms = decision.terms
    if organisation is None or terms.offer is None or terms.policy is None or decision.price is None:
        raise BookingRefused(decision.reasons)
    return SelfPacedEnrolment(
        reference=new_reference("S"),
        course=course,
        practitioner=decision.practitioner,
        offer=terms.offer,
        state_since=now,
        state_set_by=by,
        organisation=organisation,
        sector=organisation.sector,
        charging_category=organisation.charging_category,
        price=decision.price,
        policy=terms.policy,
        charges_non_completion=terms.offer.charges_non_completion,
        terms_accepted_at=now,
        enrolled_at=now,
        due_at=decision.due_at,
        **asdict(answers),
    )


@transaction.atomic
def begin(*, enrolment_id: int, by: User, now: datetime) -> SelfPacedEnrolment:
    """Open the material for the first time. Doing it again changes nothing. Raises CannotGoOn once it has lapsed."""
    enrolment = locked_enrolment(enrolment_id)
    if enrolment.state == EnrolmentState.ENROLLED:
        enrolment.move_to(EnrolmentState.IN_PROGRESS, by=by, now=now)
        enrolment.begun_at = now
        enrolment.save(update_fields=[*ENROLMENT_STATE_FIELDS, "begun_at"])
    refuse_lapsed(enrolment)
    return enrolment


@transaction.atomic
def finish(*, enrolment_id: int, by: User, now: datetime) -> SelfPacedEnrolment:
    """The person declares that they have worked through the course. Declaring it twice is once.

    Raises CannotGoOn, also for a course that ends with questions: that is finished by answering them.
    """
    enrolment = locked_enrolment(enrolment_id)
    if enrolment.state == EnrolmentState.PASSED:
        return enrolment
    refuse_lapsed(enrolment)
    if enrolment.state == EnrolmentState.ENROLLED:
        raise CannotGoOn("Open the course first. When you have worked through it, come back and say so.")
    if enrolment.course.ends_with_questions:
        raise CannotGoOn("This course ends with questions. Answer them, and it is finished.")
    pass_enrolment(enrolment, by=by, now=now)
    return enrolment


def pass_enrolment(enrolment: SelfPacedEnrolment, *, by: User, now: datetime) -> None:
    """End a course in progress as finished. The caller holds the row."""
    enrolment.move_to(EnrolmentState.PASSED, by=by, now=now)
    enrolment.passed_at = now
    enrolment.save(update_fields=[*ENROLMENT_STATE_FIELDS, "passed_at"])
    withhold_unsent(about=f"enrolment:{enrolment.pk}", now=now, reason=emails.FINISHED)


def refuse_lapsed(enrolment: SelfPacedEnrolment) -> None:
    """Raise CannotGoOn where the time for the course is over."""
    if enrolment.state == EnrolmentState.LAPSED:
        raise CannotGoOn("The time for this course is over. You can start it again.")


@transaction.atomic
def lapse(*, enrolment_id: int, now: datetime) -> bool:
    """End what was not finished by its day; where the offer says so a charge to the agency is drafted in the same step."""
    enrolment = locked_enrolment(enrolment_id)
    if not enrolment.is_live or enrolment.due_at > now:
        return False
    enrolment.move_to(EnrolmentState.LAPSED, by=None, now=now)
    enrolment.save(update_fields=ENROLMENT_STATE_FIELDS)
    withhold_unsent(about=f"enrolment:{enrolment.pk}", now=now, reason=emails.TIME_OVER)
    charge = charges.draft_for_enrolment(enrolment=enrolment, now=now)
    emails.self_paced_lapsed(enrolment=enrolment, charge=charge, now=now)
    return True


@transaction.atomic
def extend(*, enrolment_id: int, until: date, by: User, now: datetime, reason: str) -> SelfPacedEnrolment:
    """Give somebody more time, with a reason that is kept; they are told their new day. Raises CannotGoOn."""
    reason = reason.strip()
    enrolment = locked_enrolment(enrolment_id)
    due_at = end_of_day(until)
    if (enrolment.due_at, enrolment.extended_reason, enrolment.extended_by_id) == (due_at, reason, by.pk):
        return enrolment
    if not enrolment.is_live:
        state = enrolment.get_state_display()
        raise CannotGoOn(f"It is {state}, so there is no day to move. They can start the course again.")
    if due_at <= max(enrolment.due_at, now):
        due = timezone.localtime(enrolment.due_at)
        raise CannotGoOn(f"Choose a day after {due:%-d} {due:%B %Y}: that is how long they have already.")
    if not reason:
        raise CannotGoOn("Say why they get more time. It is kept on record.")
    was = enrolment.due_at
    enrolment.due_at, enrolment.extended_reason = due_at, reason
    enrolment.extended_at, enrolment.extended_by = now, by
    enrolment.save(update_fields=["due_at", "extended_reason", "extended_at", "extended_by"])
    record(by=by, verb="enrolment.extend", subject=f"enrolment:{enrolment.pk}", now=now, was=was.isoformat())
    emails.self_paced_extended(enrolment=enrolment, now=now)
    return enrolment


def locked_enrolment(enrolment_id: int) -> SelfPacedEnrolment:
    """Fetch an enrolment with its facts, held until the transaction ends."""
    return locked(SelfPacedEnrolment.objects.with_facts().filter(pk=enrolment_id)).get()
