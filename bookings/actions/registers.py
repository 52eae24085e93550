"""The register: mark who came to each session, add walk-ins, lock it when its time is over."""

from collections.abc import Iterable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from accounts.audit import record
from accounts.models import Organisation, Partnership, Practitioner, Role, User
from bookings.actions import charges, places
from bookings.models import Attendance, Booking
from bookings.models.booking import STATE_FIELDS, State
from courses.models import Event, Session
from courses.working_days import end_of_day, working_days_after

Mark = Attendance.Mark

# A trainer sets the room up before people arrive and may begin to tick names then.
MARKING_OPENS_BEFORE = timedelta(hours=1)
CAME = {Mark.PRESENT, Mark.LEFT_EARLY}


class RegisterClosed(Exception):
    """The register cannot be marked now; the words say why and what to do."""


class WalkInWasThere(Exception):
    """Somebody added on the day was there: they are never counted as not having come (rule B19)."""


def outcome(marks: Iterable[str]) -> State:
    """Return what the marks of all sessions say together (rules B14 to B16).

    `marks` has one mark per session of the event, in the order of the sessions.
    """
    marks = list(marks)
    if all(mark == Mark.PRESENT for mark in marks):
        return State.ATTENDED
    if any(mark in CAME for mark in marks):
        return State.PART_ATTENDED
    if Mark.TURNED_AWAY in marks:
        return State.TURNED_AWAY
    return State.DID_NOT_ATTEND


def may_mark(*, session: Session, by: User, now: datetime, reason: str = "") -> None:
    """Raise RegisterClosed unless this person may mark this session now (rule B17)."""
    if now < session.starts_at - MARKING_OPENS_BEFORE:
        raise RegisterClosed("This session has not begun. The register opens an hour before it starts.")
    if session.event.state == Event.State.CANCELLED:
        raise RegisterClosed("This date was cancelled, so it has no register.")
    if session.event.register_locked_at and not (by.has_role(Role.WORKFORCE_TEAM) and reason):
        raise RegisterClosed(
            "This register is locked. The Workforce Development Team can correct it and records the reason."
        )


@transaction.atomic
def mark(*, session: Session, marks: dict[int, str], by: User, now: datetime, reason: str = "") -> int:
    """Write the marks of one session and bring each booking's outcome up to date; return how many were marked.

    `marks` maps booking ids to marks. Sending the same marks twice changes nothing. Bookings that
    are not on this event's register are left out, so that a stale page harms nobody. A correction
    after the lock needs the workforce team and a reason, which is recorded.
    """
    may_mark(session=session, by=by, now=now, reason=reason)
    bookings = list(
        Booking.objects.select_for_update(of=("self",))
        .filter(event_id=session.event_id, pk__in=marks)
        .on_the_register()
        .order_by("pk")
    )
    Attendance.objects.bulk_create(
        [
            Attendance(booking=booking, session=session, mark=marks[booking.pk], marked_at=now, marked_by=by)
            for booking in bookings
        ],
        update_conflicts=True,
        unique_fields=["booking", "session"],
        update_fields=["mark", "marked_at", "marked_by"],
    )
    _settle(session.event, bookings, by=by, now=now, reason=reason)
    if session.event.register_locked_at:
        record(by=by, verb="register.correct", subject=f"session:{session.pk}", now=now, reason=reason)
    return len(bookings)


def _settle(event: Event, bookings: list[Booking], *, by: User, now: datetime, reason: str) -> None:
    """Give each booking the outcome of its marks once every session is marked; until then it stays confirmed.

    Charges follow in the same transaction.
    """
    session_ids = list(event.sessions.order_by("position").values_list("pk", flat=True))
    marked: dict[int, dict[int, str]] = {}
    for booking_id, session_id, one in Attendance.objects.filter(booking__in=bookings).values_list(
        "booking_id", "session_id", "mark"
    ):
        marked.setdefault(booking_id, {})[session_id] = one
    changed = []
    for booking in bookings:
        given = marked.get(booking.pk, {})
        missing = [pk for pk in session_ids if pk not in given]
        if missing and booking.is_walk_in:
            given |= dict.fromkeys(missing, Mark.ABSENT)
        elif missing:
            continue
        state = outcome(given[pk] for pk in session_ids)
        if booking.is_walk_in and state not in (State.ATTENDED, State.PART_ATTENDED):
            raise WalkInWasThere(
                f"{booking.practitioner} was added on the day, so they were there. "
                "Mark them as here, or as having left early."
            )
        if state != booking.state:
            booking.move_to(state, by=by, now=now, reason=reason)
            booking.save(update_fields=STATE_FIELDS)
            changed.append(booking)
    charges.follow_each(bookings=changed, by=by, now=now)


@transaction.atomic
def add_walk_in(
    *, session: Session, full_name: str, email: str, organisation: Organisation, by: User, now: datetime
) -> Booking:
    """Add somebody who came without a booking, if a place is free, and mark them as here (rule B19).

    The person is found by address, or made without an account. Raises places.EventFull, or
    places.AlreadyBooked where they are on the register already.
    """
    may_mark(session=session, by=by, now=now)
    practitioner = None
    if email:
        practitioner = Practitioner.objects.with_email(email).order_by("user_id", "pk").first()
    if practitioner is None:
        practitioner = Practitioner.objects.create(full_name=full_name, email=email)
    booking = places.take_walk_in_place(
        event_id=session.event_id, practitioner=practitioner, organisation=organisation, by=by, now=now
    )
    mark(session=session, marks={booking.pk: Mark.PRESENT}, by=by, now=now)
    booking.refresh_from_db()
    return booking


def close_delivered(*, now: datetime) -> int:
    """Mark events whose last session has ended as delivered, keeping their capacity for reports (DOMAIN 9.4, CAP).

    Harmless twice. An event that nobody came to is delivered all the same: places were offered.
    """
    return (
        Event.objects.filter(state=Event.State.OPEN)
        .ended(now)
        .update(state=Event.State.DELIVERED, capacity_at_start=F("capacity"))
    )


def locks_at(event: Event) -> datetime:
    """Return when the event's register locks: the end of the fifth working day after it (rule B17, a setting)."""
    days = Partnership.objects.current().register_lock_days
    return end_of_day(working_days_after(timezone.localtime(event.ends_at).date(), days))


def lock(*, event: Event, now: datetime) -> bool:
    """Lock a delivered event's register when its time is over and everybody is marked; tell whether it was.

    A register with somebody unmarked stays open, because that person would count as neither here nor
    absent. It shows on the team's day as overdue.
    """
    if now < locks_at(event):
        return False
    unmarked = Booking.objects.filter(event=OuterRef("pk")).confirmed()
    return bool(
        Event.objects.filter(~Exists(unmarked), pk=event.pk, state=Event.State.DELIVERED).update(
            state=Event.State.LOCKED, register_locked_at=now
        )
    )
