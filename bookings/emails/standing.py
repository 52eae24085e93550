"""Whether a letter about a booking or a wait still holds when it is about to leave: one rule for each kind of letter."""

from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from accounts.models import OutboundEmail, Partnership, Practitioner
from bookings.emails.facts import local_date, start_date
from bookings.models import Booking, SelfPacedEnrolment, WaitingListEntry
from bookings.models.booking import ABSENT_STATES, ATTENDANCE_OUTCOMES, State
from bookings.models.self_paced import EnrolmentState
from bookings.models.waiting_list import LIVE_WAITING_STATES, WaitingState
from courses.models import Event

GIVEN_UP = "The person no longer has this place."
DECIDED = "The request has been decided in the meantime."
BEGUN = "The date has begun."
OFF = "The date does not take place."
MOVED = "The date has been moved since this was written."
FINISHED = "The person has finished the course."
TIME_OVER = "The time for the course is over."
LATER_DAY = "The person has been given more time since this was written."

Rule = Callable[[Any, list[str], datetime], str]


def why_not(email: OutboundEmail, *, now: datetime) -> str:
    """Say why this letter must not go any more; empty while it holds. The settings name this rule (LETTER_RULES)."""
    rule = RULES.get(email.letter)
    if rule is None or email.subject_of_letter is None:
        return ""
    kind, number = email.subject_of_letter
    if kind not in SUBJECTS:
        return ""
    subject = SUBJECTS[kind]().filter(pk=number).first()
    return rule(subject, version_of(email), now) if subject else f"The {NAMES[kind]} is gone."


SUBJECTS: dict[str, Callable[[], QuerySet[Any]]] = {
    "booking": lambda: Booking.objects.select_related("event"),
    "waiting": lambda: WaitingListEntry.objects.select_related("event"),
    "enrolment": lambda: SelfPacedEnrolment.objects.all(),
    "practitioner": lambda: Practitioner.objects.select_related("user"),
}
NAMES = {
    "booking": "booking",
    "waiting": "entry on the waiting list",
    "enrolment": "self-paced course",
    "practitioner": "person",
}


def version_of(email: OutboundEmail) -> list[str]:
    """Return what stands in the letter's key behind the booking: the day it speaks of, or the state of the calendar.

    One that was sent again stands for the letter that it repeats.
    """
    return email.key.partition("|")[0].split(":")[2:]


def _of_a_place(booking: Booking, version: list[str], now: datetime) -> str:
    """Confirmation, and what follows from a move: for as long as the person has the place as the letter has it."""
    if booking.state not in (State.CONFIRMED, *ATTENDANCE_OUTCOMES):
        return GIVEN_UP
    if version and version[0].isdecimal() and int(version[0]) < booking.calendar_sequence:
        return MOVED
    return ""


def _before_the_date(booking: Booking, version: list[str], now: datetime) -> str:
    """Joining instructions and the text message: until the date begins, and for the day that they name."""
    event = booking.event
    if booking.state != State.CONFIRMED:
        return GIVEN_UP
    if event.state != Event.State.OPEN:
        return OFF
    if event.has_begun(now):
        return BEGUN
    return MOVED if version and version[0] != start_date(event) else ""


def _of_a_reminder(booking: Booking, version: list[str], now: datetime) -> str:
    """The reminder: as far as the sweep would still write it."""
    reason = _before_the_date(booking, version, now)
    if reason:
        return reason
    starts_at = booking.event.starts_at or now
    days_left = (local_date(starts_at) - local_date(now)).days
    return "It is too late for a reminder." if days_left < Partnership.objects.current().reminder_days // 2 else ""


def _before_the_session(booking: Booking, version: list[str], now: datetime) -> str:
    """The link: until the session of its day is over, because somebody may join late."""
    if booking.state != State.CONFIRMED:
        return GIVEN_UP
    if booking.event.state not in (Event.State.OPEN, Event.State.DELIVERED):
        return OFF
    sessions = [one for one in booking.event.sessions.all() if local_date(one.starts_at).isoformat() == version[0]]
    if version and not sessions:
        return MOVED
    return "" if any(session.ends_at > now for session in sessions) else "The session is over."


def _while_requested(booking: Booking, version: list[str], now: datetime) -> str:
    return "" if booking.state == State.REQUESTED else DECIDED


def _of_an_absence(booking: Booking, version: list[str], now: datetime) -> str:
    return "" if booking.state in ABSENT_STATES else "The register no longer says that the person was absent."


def _before_the_date_at_all(booking: Booking, version: list[str], now: datetime) -> str:
    """News of a date that is over helps nobody, and somebody who has given the place up has had it already."""
    return BEGUN if booking.event.has_begun(now) else _of_a_place(booking, version, now)


def _of_somebody_waiting(entry: WaitingListEntry, version: list[str], now: datetime) -> str:
    if entry.event.has_begun(now):
        return BEGUN
    return "" if entry.state in LIVE_WAITING_STATES else "The person no longer waits."


def _of_an_offer(entry: WaitingListEntry, version: list[str], now: datetime) -> str:
    """An offer, while it can be taken: not after its end, nor in place of a later one."""
    is_this_one = not version or version[0] == str(entry.offers_lapsed)
    ends_at = entry.offer_ends_at
    stands = entry.state == WaitingState.OFFERED and is_this_one and ends_at is not None and ends_at > now
    return "" if stands else "The offer has been answered, or has ended."


def _until_the_date(entry: WaitingListEntry, version: list[str], now: datetime) -> str:
    return BEGUN if entry.event.has_begun(now) else ""


def _while_on_the_course(enrolment: SelfPacedEnrolment, version: list[str], now: datetime) -> str:
    """How to go on with a self-paced course: until it is finished or its day is over, and for the day that it names."""
    if enrolment.state == EnrolmentState.PASSED:
        return FINISHED
    if not enrolment.is_live or enrolment.due_at <= now:
        return TIME_OVER
    return LATER_DAY if version and version[0] != local_date(enrolment.due_at).isoformat() else ""


def _while_asked(practitioner: Practitioner, version: list[str], now: datetime) -> str:
    """Whether somebody still needs their account: until they have answered, or signed in, or are gone."""
    if practitioner.anonymised_at or practitioner.user is None or practitioner.inactive_asked_at is None:
        return "The account is closed."
    seen = [moment for moment in (practitioner.kept_at, practitioner.user.last_login) if moment]
    return "The account is in use again." if any(moment > practitioner.inactive_asked_at for moment in seen) else ""


RULES: dict[str, Rule] = {
    "bookings/confirmation": _of_a_place,
    "bookings/request_received": _while_requested,
    "bookings/reminder": _of_a_reminder,
    "bookings/joining_instructions": _before_the_date,
    "bookings/text_reminder": _before_the_date,
    "bookings/online_link": _before_the_session,
    "bookings/absence": _of_an_absence,
    "bookings/moved": _before_the_date_at_all,
    "bookings/days_dropped": _of_a_place,
    "bookings/waiting_joined": _of_somebody_waiting,
    "bookings/waiting_offer": _of_an_offer,
    "bookings/waiting_first_to_answer": _of_somebody_waiting,
    "bookings/waiting_offer_lapsed": _until_the_date,
    "bookings/inactive_account": _while_asked,
    "bookings/self_paced_started": _while_on_the_course,
    "bookings/self_paced_reminder": _while_on_the_course,
    "bookings/self_paced_extended": _while_on_the_course,
}
