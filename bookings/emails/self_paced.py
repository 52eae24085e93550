"""Letters about self-paced courses (rule B26): started, two reminders, more time, over."""

from datetime import datetime

from accounts.models import OutboundEmail
from bookings.charging import charge_for_not_finishing
from bookings.emails.facts import local_date, queue_to
from bookings.models import ChargeNotice, SelfPacedEnrolment
from courses.models import ApprovalMode

FIRST, LAST = "first", "last"


def self_paced_started(*, enrolment: SelfPacedEnrolment, now: datetime) -> OutboundEmail | None:
    """At once: where the course is and by when it is to be finished; the manager is copied where the offer says so."""
    is_copied = enrolment.offer.approval_mode == ApprovalMode.NOTIFY
    return _queue("self_paced_started", enrolment, now=now, copy_to=enrolment.manager_email if is_copied else "")


def self_paced_reminder(*, enrolment: SelfPacedEnrolment, which: str, now: datetime) -> OutboundEmail | None:
    """Twice before the day by which the course is to be finished; a later day has reminders of its own."""
    return _queue("self_paced_reminder", enrolment, version=f"{due_on(enrolment)}:{which}", now=now)


def self_paced_extended(*, enrolment: SelfPacedEnrolment, now: datetime) -> OutboundEmail | None:
    """At once, when the team has given more time."""
    return _queue("self_paced_extended", enrolment, version=due_on(enrolment), now=now)


def self_paced_lapsed(
    *, enrolment: SelfPacedEnrolment, charge: ChargeNotice | None, now: datetime
) -> OutboundEmail | None:
    """When the time is over: that it is, what it costs the agency, and how to start again."""
    return _queue("self_paced_lapsed", enrolment, now=now, charge=charge)


def due_on(enrolment: SelfPacedEnrolment) -> str:
    return local_date(enrolment.due_at).isoformat()


def self_paced_facts(enrolment: SelfPacedEnrolment, *, now: datetime) -> dict:
    """Return the facts that every letter about a self-paced course is written from."""
    amount = charge_for_not_finishing(policy=enrolment.policy, course=enrolment.course, price=enrolment.price)
    return {
        "enrolment": enrolment,
        "practitioner": enrolment.practitioner,
        "organisation": enrolment.organisation,
        "course": enrolment.course,
        "amount": amount if enrolment.charges_non_completion else None,
        "days_left": max(0, (local_date(enrolment.due_at) - local_date(now)).days),
        "now": now,
    }


def _queue(
    letter: str,
    enrolment: SelfPacedEnrolment,
    *,
    now: datetime,
    version: str = "",
    copy_to: str = "",
    **facts: object,
) -> OutboundEmail | None:
    return queue_to(
        enrolment.practitioner,
        f"bookings/{letter}",
        key=(enrolment.pk, version),
        about=f"enrolment:{enrolment.pk}",
        context={**self_paced_facts(enrolment, now=now), **facts},
        now=now,
        copy_to=copy_to,
    )
