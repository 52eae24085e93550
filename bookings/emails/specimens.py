"""A made-up booking, from which the team reads each letter before anybody gets it. Nothing here is ever saved."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.conf import settings
from django.urls import reverse

from accounts.models import Organisation, Partnership, Practitioner
from bookings.charging import sickness_rule
from bookings.emails.facts import context_of
from bookings.emails.self_paced import self_paced_facts
from bookings.models import (
    Approval,
    Booking,
    Certificate,
    ChargeNotice,
    CreditNote,
    EventChange,
    GroupBooking,
    Invoice,
    Order,
    SelfPacedEnrolment,
    WaitingListEntry,
)
from bookings.models.booking import State
from bookings.models.charge import ChargeState
from bookings.models.waiting_list import WaitingState
from courses.models import ChargingPolicy, Course, CourseVersion, Event, Offer, Session, Strand, Venue
from courses.working_days import BRITISH_TIME, end_of_day

TUESDAY = 1
MANAGER = "ben.clarke@example.org"


def specimen_booking(now: datetime, *, days: int = 1) -> tuple[Booking, list[Session]]:
    """Make up somebody with a place on a date in four weeks."""
    start = (now + timedelta(weeks=4)).astimezone(BRITISH_TIME).replace(hour=9, minute=30, second=0, microsecond=0)
    start += timedelta(days=(TUESDAY - start.weekday()) % 7)
    venue = Venue(
        name="Weavers Hall", address="2 Aire Street\nAiredon", postcode="AR1 1AA", room_notes="Loom Room, first floor",
        nearest_stop="Market Square", parking="At the door", is_step_free=True,
    )  # fmt: skip
    course = Course(
        pk=0, code="M01", slug="working-together", title="Working Together to Safeguard Children",
        duration_hours=Decimal(6), what_to_bring="Something to write with",
    )  # fmt: skip
    event = Event(
        pk=0, reference="M01-0142", version=CourseVersion(pk=0, course=course, number=1), venue=venue,
        state=Event.State.OPEN, starts_at=start, ends_at=start + timedelta(days=days - 1, hours=6), capacity=20,
    )  # fmt: skip
    sessions = [sitting(event, number, start + timedelta(days=number - 1)) for number in range(1, days + 1)]
    booking = Booking(
        pk=0, reference="B-7K2M4QXY", event=event, state=State.CONFIRMED, price=Decimal(0), manager_email=MANAGER,
        practitioner=Practitioner(pk=0, full_name="Amina Yusuf", email="amina.yusuf@example.org"),
        organisation=Organisation(pk=0, name="Beckside Primary School"), charging_category="EDUCATION",
        offer=Offer(pk=0, course=course, strand=Strand.MULTI_AGENCY), policy=policy(),
        booked_at=now, confirmed_at=now, hold_ends_at=end_of_day((now + timedelta(days=7)).date()),
        free_cancel_until=end_of_day((start - timedelta(days=7)).date()),
        decided_reason="This course is for managers. The next one is for everybody.",
        cancelled_reason="The trainer is ill.",
    )  # fmt: skip
    return booking, sessions


def sitting(event: Event, position: int, starts_at: datetime) -> Session:
    return Session(event=event, position=position, starts_at=starts_at, ends_at=starts_at + timedelta(hours=6))


def policy() -> ChargingPolicy:
    return ChargingPolicy(
        pk=0, version="2024-04", late_charge_half_day=Decimal(25), late_charge_full_day=Decimal(50), terms=""
    )


def of_a_booking(now: datetime) -> dict:
    """The facts of every letter about a booking, and what single letters add to them."""
    booking, sessions = specimen_booking(now)
    return {
        **context_of(booking, now=now, sessions=sessions),
        "manager_is_copied": True,
        "was_confirmed": True,
        "person": booking.practitioner,
        "late_minutes": 20,
        "is_confirmed_one_by_one": True,
        "session": sessions[0],
        "link": "https://meet.example.org/room",
    }


def of_a_change(now: datetime) -> dict:
    """Two days that became one, a week later."""
    booking, old = specimen_booking(now, days=2)
    start = old[0].starts_at + timedelta(days=7)
    booking.event.starts_at = start
    booking.answer_due_at = end_of_day((now + timedelta(days=7)).date())
    return {
        **context_of(booking, now=now, sessions=[sitting(booking.event, 1, start)]),
        "change": EventChange(pk=0, event=booking.event, kind="MOVE", reason="ILLNESS", words="We are sorry."),
        "before": {
            "when": [[one.starts_at, one.ends_at] for one in old],
            "place": "Thorne Street Learning Centre, 14 Thorne Street, Airedon",
            "was_postponed": False,
        },
        "dropped": old[1:],
        "had_place": True,
        "is_unanswered": True,
        "is_first": True,
    }


def of_an_approval(now: datetime) -> dict:
    """A request that waits for the manager's answer. The link leads nowhere."""
    booking, sessions = specimen_booking(now)
    booking.state = State.REQUESTED
    approval = Approval(booking=booking, approver_email=MANAGER, asked_at=now - timedelta(days=2))
    link = settings.SITE_URL + reverse("bookings:approval_answer", args=["made-up"])
    return {**context_of(booking, now=now, sessions=sessions), "approval": approval, "link": link}


def of_a_charge(now: datetime) -> dict:
    """Somebody did not come, and nobody has said why yet."""
    booking, _ = specimen_booking(now)
    notice = ChargeNotice(
        pk=0, booking=booking, kind=ChargeNotice.Kind.NON_ATTENDANCE, state=ChargeState.APPROVED, amount=Decimal(50),
        organisation=booking.organisation, policy=policy(), drafted_at=now,
        review_from=end_of_day((now + timedelta(days=7)).date()),
    )  # fmt: skip
    event = booking.event
    return {
        "notice": notice,
        "booking": booking,
        "event": event,
        "course": event.version.course,
        "payer": Practitioner(pk=0, full_name="Carol Hughes"),
        "sickness": sickness_rule(event=event, partnership=Partnership.objects.current()),
        "now": now,
    }


def of_an_invoice(now: datetime) -> dict:
    """A school's invoice, of which something was credited and the rest is disputed."""
    organisation, day = Organisation(pk=0, name="Millrace Academy"), now.date()
    order = Order(pk=0, reference="O-7K2M4QXY", organisation=organisation, payment_method="PURCHASE_ORDER")
    invoice = Invoice(
        pk=0, number="WD26-00042", organisation=organisation, order=order, issued_on=day, due_on=day + timedelta(days=30),
        net=Decimal(190), vat=Decimal(0), gross=Decimal(190), amount_credited=Decimal(95), po_number="PO-10472",
        how_to_pay=Partnership.objects.current().how_to_pay, disputed_at=now,
        dispute_reason="Sam Ellis was ill, and we told you in the morning.",
    )  # fmt: skip
    return {
        "invoice": invoice,
        "order": order,
        "organisation": organisation,
        "note": CreditNote(pk=0, number="WDC26-00007", invoice=invoice, gross=Decimal(95), reason="Sam Ellis was ill"),
        "answer": "We have looked at it: you are right, and we have credited the place.",
        "payer": Practitioner(pk=0, full_name="Carol Hughes"),
        "now": now,
    }


def of_a_group(now: datetime) -> dict:
    """A school's three places, of which two have no name; the date has moved."""
    facts = of_a_change(now)
    booking, event = facts.pop("booking"), facts["event"]
    group = GroupBooking(
        pk=0, reference="G-7K2M4QXY", organisation=booking.organisation, event=event, policy=booking.policy,
        price=Decimal(95), places_booked=3, places_unnamed=2, free_cancel_until=booking.free_cancel_until,
        name_by=end_of_day((now + timedelta(days=14)).date()),
    )  # fmt: skip
    return facts | {
        "practitioner": Practitioner(pk=0, full_name="Carol Hughes"),
        "group": group,
        "bookings": [booking],
        "total": Decimal(285),
        "places": 2,
        "places_back": 2,
        "is_overdue": True,
    }


def of_a_waiting_change(now: datetime) -> dict:
    """Somebody waits for a date that moves."""
    return {**of_a_wait(now), "change": of_a_change(now)["change"]}


def of_a_wait(now: datetime) -> dict:
    """Somebody on a waiting list who has an offer."""
    booking, sessions = specimen_booking(now)
    entry = WaitingListEntry(
        pk=0, reference="W-7K2M4QXY", event=booking.event, practitioner=booking.practitioner,
        organisation=booking.organisation, offer=booking.offer, state=WaitingState.OFFERED,
        offer_ends_at=end_of_day((now + timedelta(days=2)).date()),
    )  # fmt: skip
    facts = context_of(booking, now=now, sessions=sessions)
    del facts["booking"], facts["late_charge"]
    return {**facts, "entry": entry, "place_in_list": 3}


def of_an_unused_account(now: datetime) -> dict:
    """Somebody whom nobody has seen for two years."""
    booking, _ = specimen_booking(now)
    return {"practitioner": booking.practitioner, "token": "made-up", "answer_by": now + timedelta(days=60)}


def of_a_self_paced_course(now: datetime) -> dict:
    """Somebody who has three days left."""
    booking, _ = specimen_booking(now)
    course = Course(
        pk=0, code="M21", slug="introduction", title="Introduction to Safeguarding", duration_hours=Decimal("1.5"),
    )  # fmt: skip
    enrolment = SelfPacedEnrolment(
        pk=0, reference="S-7K2M4QXY", course=course, practitioner=booking.practitioner, offer=booking.offer,
        organisation=booking.organisation, price=Decimal(0), policy=booking.policy, charges_non_completion=True,
        enrolled_at=now, due_at=end_of_day((now + timedelta(days=3)).date()),
    )  # fmt: skip
    return self_paced_facts(enrolment, now=now)


def of_a_certificate(now: datetime) -> dict:
    booking, _ = specimen_booking(now)
    certificate = Certificate(
        pk=0, booking=booking, number="AIR-2026-004182", course_title=booking.event.version.course.title,
        dates="21 November 2026", refresh_by=(now + timedelta(days=1095)).date(),
    )  # fmt: skip
    return {"certificate": certificate, "practitioner": booking.practitioner}
