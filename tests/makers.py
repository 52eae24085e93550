"""Plain functions that make catalogue, dates and bookings for tests, with no surprises.

Times are passed in or derived from NOW, a fixed winter morning, so that a test means the same every day.
"""

import uuid
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from django.utils.text import slugify

from accounts.models import ChargingCategory
from bookings.actions import sales
from bookings.models import AgencyShare, Booking, SelfPacedEnrolment, WaitingListEntry
from courses.models import (
    ApprovalMode,
    ChargingPolicy,
    Course,
    CourseVersion,
    DeliveryMode,
    Enquiry,
    Event,
    KnowledgeCheck,
    LearningFormat,
    LearningOutcome,
    Offer,
    Price,
    PriceBand,
    Session,
    Strand,
    Trainer,
    TrainerAssignment,
    VatRate,
    Venue,
)
from evaluation.models import Question, Questionnaire

NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
BANDS = {Strand.CORE: "P0", Strand.STATUTORY: "P0", Strand.TRADED: "P3", Strand.MULTI_AGENCY: "L3"}


def make_policy() -> ChargingPolicy:
    return ChargingPolicy.objects.get_or_create(
        version="2024-04",
        defaults={
            "effective_from": date(2024, 4, 1),
            "late_charge_half_day": Decimal("25"),
            "late_charge_full_day": Decimal("50"),
            "terms": "You may cancel free of charge until the day shown.",
        },
    )[0]


def make_vat_rate() -> VatRate:
    """The rate that a fresh database knows, and that tests which empty theirs have lost."""
    return VatRate.objects.get_or_create(effective_from=date(2011, 1, 4), defaults={"percent": Decimal("20")})[0]


def make_band(code="P0") -> PriceBand:
    """A price band in which everybody pays nothing, except P3 and L3, which cost £95 and £50 to some."""
    band, created = PriceBand.objects.get_or_create(code=code, defaults={"name": f"Band {code}"})
    if created:
        for category in ChargingCategory.values:
            amount = {"P3": Decimal("95"), "L3": Decimal("50")}.get(code, Decimal("0"))
            if category in (ChargingCategory.INTERNAL, ChargingCategory.PARTNER_FREE):
                amount = Decimal("0")
            Price.objects.create(band=band, charging_category=category, amount=amount, effective_from=date(2024, 4, 1))
    return band


def make_course(
    title="Working Together to Safeguard Children and Young People",
    *,
    code=None,
    strands=(Strand.MULTI_AGENCY,),
    approval_mode=ApprovalMode.ATTEST,
    outcomes=("say when to share information", "name what each agency does"),
    hours="6",
    state=Course.State.PUBLISHED,
    **fields,
) -> Course:
    """A published course with one version, its outcomes and an offer per strand."""
    code = code or f"T{Course.objects.count() + 1:03d}"
    course = Course.objects.create(
        code=code,
        slug=f"{slugify(title)[:100]}-{code.lower()}",
        title=title,
        summary=fields.pop("summary", "What every agency does, and how to do it together."),
        audience=fields.pop("audience", "Anyone who works with children"),
        duration_hours=Decimal(hours),
        state=state,
        **fields,
    )
    version = CourseVersion.objects.create(course=course, number=1, published_at=NOW - timedelta(days=400))
    for position, text in enumerate(outcomes, start=1):
        LearningOutcome.objects.create(version=version, position=position, text=text)
    for strand in strands:
        Offer.objects.create(
            course=course, strand=strand, approval_mode=approval_mode, price_band=make_band(BANDS[strand])
        )
    return course


def make_venue(name="Weavers Hall") -> Venue:
    return Venue.objects.get_or_create(
        name=name, defaults={"address": "2 Aire Street\nAiredon", "postcode": "AR1 1AA"}
    )[0]


def make_event(
    course=None,
    *,
    starts_at=None,
    days=1,
    hours=6,
    capacity=20,
    state=Event.State.OPEN,
    mode=DeliveryMode.IN_PERSON,
    trainer=None,
    **fields,
) -> Event:
    """A date of a course, open for booking, in a month; one session a day at the same hour."""
    course = course or make_course()
    make_policy()
    starts_at = starts_at or NOW + timedelta(days=30)
    event = Event.objects.create(
        reference=f"{course.code}-{Event.objects.count() + 1:04d}",
        version=course.versions.get(number=1),
        mode=mode,
        state=Event.State.DRAFT,
        venue=None if mode == DeliveryMode.LIVE_ONLINE else make_venue(),
        online_link="https://meet.example.org/room" if mode == DeliveryMode.LIVE_ONLINE else "",
        capacity=capacity,
        **fields,
    )
    event.offers.set(course.offers.all())
    for number in range(days):
        start = starts_at + timedelta(days=number)
        session = Session.objects.create(
            event=event, position=number + 1, starts_at=start, ends_at=start + timedelta(hours=hours)
        )
        if trainer:
            assign_trainer(session, trainer)
    event.refresh_from_db()
    event.state = state
    event.save(update_fields=["state"])
    return event


def assign_trainer(session, user) -> TrainerAssignment:
    return TrainerAssignment.objects.create(trainer=Trainer.objects.get(practitioner__user=user), session=session)


def make_booking(event, user, *, state=Booking.State.CONFIRMED, now=NOW, **fields) -> Booking:
    """A booking row as an earlier day left it, with its place counted; the action under test is places.book."""
    practitioner = getattr(user, "practitioner", user)
    membership = practitioner.memberships.select_related("organisation").first()
    organisation = fields.pop("organisation", None) or membership.organisation
    booking = Booking(
        reference=f"B-{uuid.uuid4().hex[:8].upper()}",
        event=event,
        practitioner=practitioner,
        offer=fields.pop("offer", None) or event.offers.all()[0],
        state=state,
        organisation=organisation,
        sector=organisation.sector,
        charging_category=organisation.charging_category,
        price=fields.pop("price", Decimal("0")),
        state_since=now,
        policy=make_policy(),
        terms_accepted_at=now,
        free_cancel_until=fields.pop("free_cancel_until", event.starts_at - timedelta(days=7)),
        booked_at=now,
        booked_by=practitioner.user,
        confirmed_at=None if state == Booking.State.REQUESTED else now,
        hold_ends_at=now + timedelta(days=5) if state == Booking.State.REQUESTED else None,
        **fields,
    )
    if state not in NEVER_SOLD:
        sales.sell_place(booking=booking, by=practitioner.user, now=now)
    booking.save(force_insert=True)
    if booking.is_live:
        event.places_taken += 1
        event.save(update_fields=["places_taken"])
        if booking.offer.strand == Strand.MULTI_AGENCY:
            share, _ = AgencyShare.objects.get_or_create(event=event, organisation=organisation)
            share.places_taken += 1
            share.save(update_fields=["places_taken"])
    return booking


# Places that cost something and never became anybody's.
NEVER_SOLD = (
    Booking.State.REQUESTED,
    Booking.State.DECLINED,
    Booking.State.LAPSED,
    Booking.State.CANCELLED,
    Booking.State.CANCELLED_BY_PROVIDER,
)


def make_entry(event, user, *, state=WaitingListEntry.State.WAITING, now=NOW, **fields) -> WaitingListEntry:
    """Somebody on the waiting list as an earlier day left them, counted; the action under test is waiting_list.join."""
    practitioner = getattr(user, "practitioner", user)
    entry = WaitingListEntry.objects.create(
        reference=f"W-{uuid.uuid4().hex[:8].upper()}",
        event=event,
        practitioner=practitioner,
        organisation=practitioner.memberships.select_related("organisation").first().organisation,
        offer=event.offers.all()[0],
        state=state,
        joined_at=now,
        joined_by=practitioner.user,
        queued_at=now,
        idempotency_key=uuid.uuid4(),
        **fields,
    )
    if state == WaitingListEntry.State.WAITING:
        event.people_waiting += 1
        event.save(update_fields=["people_waiting"])
    return entry


def make_self_paced_course(title="Introduction to Safeguarding", *, is_charged=True, **fields) -> Course:
    """A published course without dates, with its link; not finishing it is charged."""
    course = make_course(
        title,
        hours="1.5",
        learning_format=LearningFormat.SELF_PACED,
        default_mode=DeliveryMode.RECORDED,
        learning_link=fields.pop("learning_link", "https://learning.example.org/introduction"),
        **fields,
    )
    course.offers.update(price_band=make_band("L0"), charges_non_completion=is_charged)
    make_policy()
    return course


def make_knowledge_check(course, questions=5, **fields) -> KnowledgeCheck:
    """Questions whose right answers are “right 1”, “right 2”…"""
    check = KnowledgeCheck.objects.create(course=course, **fields)
    for number in range(1, questions + 1):
        check.questions.create(
            position=number,
            words=f"Question {number}?",
            right_answer=f"right {number}",
            wrong_answers=[f"wrong {number}", f"very wrong {number}"],
            explanation=f"Look again at part {number}.",
        )
    return check


def make_enrolment(course, user, *, state=SelfPacedEnrolment.State.ENROLLED, now=NOW, **fields) -> SelfPacedEnrolment:
    """Somebody on a self-paced course as an earlier day left them; the action under test is self_paced.enrol."""
    practitioner = getattr(user, "practitioner", user)
    organisation = practitioner.memberships.select_related("organisation").first().organisation
    offer = course.offers.get()
    facts = {
        "begun_at": None if state == SelfPacedEnrolment.State.ENROLLED else now,
        "passed_at": now if state == SelfPacedEnrolment.State.PASSED else None,
        "due_at": now + timedelta(days=28),
        "charges_non_completion": offer.charges_non_completion,
        **fields,
    }
    return SelfPacedEnrolment.objects.create(
        reference=f"S-{uuid.uuid4().hex[:8].upper()}",
        course=course,
        practitioner=practitioner,
        offer=offer,
        state=state,
        state_since=now,
        organisation=organisation,
        sector=organisation.sector,
        charging_category=organisation.charging_category,
        price=Decimal("0"),
        policy=make_policy(),
        terms_accepted_at=now,
        enrolled_at=now,
        **facts,
    )


# Stage, and the items that tests of answers and reports need; the whole questionnaires are imported from the spreadsheet.
RATINGS = (("SR1", "scale_1_10"), ("SR2", "scale_1_10"), ("SR3", "scale_1_10"), ("SRx", "scale_1_10"))
ITEMS = {
    "pre": RATINGS,
    "post": (*RATINGS, *[(f"RE{number}", "agree_5") for number in range(1, 9)], ("RE9", "choice")),
    "follow_up": (*RATINGS, ("IM1", "choice")),
}
CHOICES = {"RE9": ["yes", "no", "not sure"], "IM1": ["often", "sometimes", "once", "not yet", "no opportunity"]}


def make_enquiry(*, organisation=None, by=None, course=None, state=Enquiry.State.NEW, now=NOW, **fields) -> Enquiry:
    """Somebody asks for a course of their own: a school by its contact, or anybody by the name they type."""
    facts = {
        "organisation_name": "" if organisation else "Fellside Summer Camps",
        "contact_name": by.practitioner.full_name if by else "Marta Lindqvist",
        "email": by.email if by else "marta@example.org",
        "subject": "" if course else "Restorative practice for volunteers",
        "audience": "All staff",
        "headcount": 46,
        "outcomes": "Know whom to tell.",
        "dates_wanted": "A training day in January",
        "place": "Our hall",
        "lost_for": "PRICE" if state == Enquiry.State.LOST else "",
    }
    return Enquiry.objects.create(
        reference=f"N-{Enquiry.objects.count() + 1:08d}",
        organisation=organisation,
        course=course,
        state=state,
        state_since=now,
        made_at=now,
        made_by=by,
        idempotency_key=uuid.uuid4(),
        **(facts | fields),
    )


def make_questionnaire(stage) -> Questionnaire:
    """The published questionnaire of a stage, with its ratings and closed questions."""
    found = Questionnaire.objects.filter(stage=stage).first()
    if found:
        return found
    questionnaire = Questionnaire.objects.create(stage=stage)
    for position, (code, kind) in enumerate(ITEMS[str(stage)], start=1):
        Question.objects.create(
            questionnaire=questionnaire,
            position=position,
            code=code,
            wording=f"Question {code}",
            kind=kind,
            choices=CHOICES.get(code, []),
            is_per_outcome=code == "SRx",
            has_not_applicable=code == "RE7",
        )
    questionnaire.published_at = NOW - timedelta(days=800)
    questionnaire.save(update_fields=["published_at"])
    return questionnaire
