"""The register: mark who came to each session, add walk-ins, lock it when its time is over."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from uuid import UUID, uuid4

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.utils import timezone

from accounts.audit import record
from accounts.locking import locked
from accounts.models import Organisation, Partnership, Practitioner, Role, User
from bookings import emails
from bookings.actions import charges, places
from bookings.models import Attendance, Booking, OrderLine
from bookings.models.attendance import LATE, marks_over_time, version_of
from bookings.models.booking import STATE_FIELDS, TOOK_PART_STATES, State
from courses.models import DeliveryMode, Event, Session
from courses.working_days import end_of_day, working_days_after

Mark = Attendance.Mark

# A trainer sets the room up before people arrive and may begin to tick names then.
MARKING_OPENS_BEFORE = timedelta(hours=1)
CAME = {Mark.PRESENT, Mark.LEFT_EARLY}
MARK_FIELDS = ["mark", "how", "arrived_at", "left_at", "marked_at", "marked_by", "set_key"]


class RegisterClosed(Exception):
    """The register cannot be marked now; the words say why and what to do."""


class WalkInWasThere(Exception):
    """Somebody added on the day was there: they are never counted as not having come (rule B19)."""


class CannotOverride(Exception):
    """This outcome is not one that the team may set aside; the words say why."""


@dataclass(frozen=True, kw_only=True)
class Given:
    """One person's mark as somebody gave it, and which one their page showed at the time (None: never mind).

    `choice` is a mark, or LATE for somebody who is here and came at the time `at`; with LEFT_EARLY, `at` is
    when they left.
    """

    choice: str
    at: datetime | None = None
    seen: str | None = None

    @property
    def version(self) -> str:
        return version_of(self.choice, self.at)


@dataclass(kw_only=True)
class Saved:
    """What became of a set of marks: how many stand as they were given, and those of other people that were kept."""

    count: int = 0
    kept: list[Attendance] = field(default_factory=list)
    refused: dict[int, str] = field(default_factory=dict)


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
    if session.event.state == Event.State.POSTPONED:
        raise RegisterClosed("This date was postponed and has no new day yet, so it has no register.")
    if session.event.register_locked_at and not (by.has_role(Role.WORKFORCE_TEAM) and reason):
        raise RegisterClosed(
            "This register is locked. The Workforce Development Team can correct it and records the reason."
        )


def mark(*, session: Session, marks: dict[int, str], by: User, now: datetime, reason: str = "") -> int:
    """Write these marks whatever stands there now; return how many. `marks` maps booking ids to marks."""
    given = {pk: Given(choice=choice) for pk, choice in marks.items()}
    saved = save(session=session, given=given, by=by, now=now, reason=reason)
    if saved.refused:
        raise WalkInWasThere(" ".join(saved.refused.values()))
    return saved.count


@transaction.atomic
def save(
    *,
    session: Session,
    given: Mapping[int, Given],
    by: User,
    now: datetime,
    key: UUID | None = None,
    reason: str = "",
) -> Saved:
    """Write the marks of one session and bring each booking's outcome up to date.

    `given` has them by booking id. Sending the same set again changes nothing, also when somebody has changed
    its marks meanwhile: `key` names the set. Bookings that are not on this event's register are left out, so
    that a stale page harms nobody. A mark that somebody else changed since the page was opened is kept and
    returned. A correction after the lock needs the workforce team and a reason, which is recorded.
    """
    may_mark(session=session, by=by, now=now, reason=reason)
    bookings = lock_people(event_id=session.event_id, booking_ids=given)
    standing = {
        attendance.booking_id: attendance
        for attendance in Attendance.objects.filter(session=session, booking__in=bookings).select_related(
            "marked_by__practitioner", "booking__practitioner"
        )
    }
    saved, marks = Saved(count=len(bookings)), []
    for booking in bookings:
        one, stands = given[booking.pk], standing.get(booking.pk)
        if _is_nothing_new(one, stands, key):
            continue
        if words := _refusal(booking, session, one):
            saved.refused[booking.pk] = words
        elif stands and _was_changed_meanwhile(one, stands, by):
            saved.kept.append(stands)
        else:
            marks.append(_attendance(booking, session, one, stands))
    how = Attendance.How.STAFF if by.has_role(Role.WORKFORCE_TEAM) else Attendance.How.TRAINER
    write_marks(session=session, marks=marks, how=how, by=by, now=now, key=key, reason=reason)
    saved.count -= len(saved.kept) + len(saved.refused)
    return saved


def lock_people(*, event_id: int, booking_ids: Iterable[int]) -> list[Booking]:
    """Fetch those of the bookings that are on the register, for oneself alone until the transaction ends.

    Whoever writes a mark holds its booking's row, so what is read of marks after this stays true.
    """
    people = Booking.objects.filter(event_id=event_id, pk__in=list(booking_ids)).on_the_register()
    return list(locked(people.select_related("practitioner")).order_by("pk"))


def write_marks(
    *,
    session: Session,
    marks: list[Attendance],
    how: str,
    by: User,
    now: datetime,
    key: UUID | None = None,
    reason: str = "",
) -> None:
    """Write rows of marks whose bookings are locked, and let the outcome of each booking follow."""
    for attendance in marks:
        attendance.how, attendance.marked_by, attendance.marked_at, attendance.set_key = how, by, now, key
    Attendance.objects.bulk_create(
        marks, update_conflicts=True, unique_fields=["booking", "session"], update_fields=MARK_FIELDS
    )
    _follow_marks(session.event, [attendance.booking for attendance in marks], by=by, now=now, reason=reason)
    if marks and session.event.register_locked_at:
        record(by=by, verb="register.correct", subject=f"session:{session.pk}", now=now, reason=reason)


def _is_nothing_new(one: Given, stands: Attendance | None, key: UUID | None) -> bool:
    """It stands so already, the page showed it so and nobody touched it there, or this set was written before."""
    if stands is None:
        return not one.choice
    if one.version in (stands.version, one.seen):
        return True
    return key is not None and marks_over_time().filter(pgh_obj_id=stands.pk, set_key=key).exists()


def _was_changed_meanwhile(one: Given, stands: Attendance, by: User) -> bool:
    """Somebody else marked the person since the page was opened. A check-in gives way to whoever takes the register."""
    if one.seen is None or one.seen == stands.version:
        return False
    return stands.marked_by_id != by.pk and stands.how != Attendance.How.CHECK_IN


def _refusal(booking: Booking, session: Session, one: Given) -> str:
    """Say why this mark cannot be (rule B19); empty when it can."""
    if not booking.is_walk_in or one.choice in (LATE, *CAME):
        return ""
    if Attendance.objects.filter(booking=booking, mark__in=CAME).exclude(session=session).exists():
        return ""
    return (
        f"{booking.practitioner} was added on the day, so they were there. Mark them as here, or as having left early."
    )


def _attendance(booking: Booking, session: Session, one: Given, stands: Attendance | None) -> Attendance:
    """The row that this mark becomes. Who came late and leaves early did both."""
    attendance = Attendance(booking=booking, session=session)
    attendance.mark = Mark.PRESENT if one.choice == LATE else Mark(one.choice)
    if one.choice == LATE:
        attendance.arrived_at = one.at
    elif one.choice == Mark.LEFT_EARLY:
        attendance.left_at = one.at
        attendance.arrived_at = stands.arrived_at if stands else None
    return attendance


def _follow_marks(event: Event, bookings: list[Booking], *, by: User, now: datetime, reason: str) -> None:
    """Settle each booking as its marks say once every session is marked; until then it stays confirmed."""
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
        if _settle(booking, outcome(given[pk] for pk in session_ids), by=by, now=now, reason=reason):
            changed.append(booking)
    charges.follow_each(bookings=changed, by=by, now=now)


def _settle(booking: Booking, state: State, *, by: User, now: datetime, reason: str) -> bool:
    """Give a booking its outcome, and tell whether that changed it; its charge follows in the same transaction.

    The one place where the register, or a decision about it, changes a booking.
    """
    if state == booking.state:
        return False
    booking.move_to(state, by=by, now=now, reason=reason)
    booking.save(update_fields=STATE_FIELDS)
    return True


def joins_until(session: Session) -> datetime:
    """Return until when people may join; whom the trainer admits after that is the trainer's decision (rule B14)."""
    partnership = Partnership.objects.current()
    minutes = partnership.late_arrival_minutes_in_person
    if is_online(session):
        minutes = partnership.late_arrival_minutes_online
    return session.starts_at + timedelta(minutes=minutes)


def is_online(session: Session) -> bool:
    """Live online, or a sitting of a blended date that has a link and no room."""
    if session.event.mode == DeliveryMode.BLENDED:
        return bool(session.online_link) and session.venue_id is None
    return session.event.mode == DeliveryMode.LIVE_ONLINE


@transaction.atomic
def count_as_attended(*, booking_id: int, by: User, now: datetime, reason: str) -> Booking:
    """Let part of a course count as the whole, with a reason that stays on record (rule B15). Harmless twice.

    It holds until one of the person's marks is changed: then the outcome follows the marks again.
    """
    booking = places.lock_booking(booking_id)
    if booking.state == State.ATTENDED:
        return booking
    if booking.state != State.PART_ATTENDED:
        raise CannotOverride("Only somebody who took part in some of it can be counted as having attended.")
    return _override(booking, State.ATTENDED, by=by, now=now, reason=reason)


@transaction.atomic
def count_by_the_marks(*, booking_id: int, by: User, now: datetime, reason: str) -> Booking:
    """Take such a decision back: the outcome is what the marks say. Harmless twice."""
    booking = places.lock_booking(booking_id)
    marks = list(booking.attendances.order_by("session__position").values_list("mark", flat=True))
    missing = booking.event.sessions.count() - len(marks)
    if booking.state not in TOOK_PART_STATES or not marks or (missing and not booking.is_walk_in):
        raise CannotOverride("There is nothing to take back: the outcome follows the marks.")
    state = outcome([*marks, *[Mark.ABSENT] * missing])
    return booking if state == booking.state else _override(booking, state, by=by, now=now, reason=reason)


def _override(booking: Booking, state: State, *, by: User, now: datetime, reason: str) -> Booking:
    if not reason.strip():
        raise CannotOverride("Say why. The reason is kept with the booking.")
    if _settle(booking, state, by=by, now=now, reason=reason.strip()):
        charges.follow(booking=booking, by=by, now=now)
    record(by=by, verb="booking.outcome", subject=f"booking:{booking.pk}", now=now, outcome=state, reason=reason)
    return booking


def add_walk_in(
    *,
    session: Session,
    full_name: str,
    email: str,
    organisation: Organisation,
    by: User,
    now: datetime,
    idempotency_key: UUID | None = None,
) -> Booking:
    """Add somebody who came without a booking, if a place is free, and mark them as here (rule B19).

    The person is found by address, or made without an account; a letter asks them to accept the terms. The
    same key gives the same booking however often it is sent. Raises places.EventFull, or places.AlreadyBooked
    where they are on the register already.
    """
    key = idempotency_key or uuid4()
    earlier = Booking.objects.filter(idempotency_key=key, event_id=session.event_id)
    if found := earlier.first():
        return found
    may_mark(session=session, by=by, now=now)
    try:
        with transaction.atomic():
            return _add_walk_in(session, full_name, email, organisation, by=by, now=now, key=key)
    except places.BookingRefused:
        # The same form pressed twice at once: the other one was first.
        if found := earlier.first():
            return found
        raise


def _add_walk_in(
    session: Session, full_name: str, email: str, organisation: Organisation, *, by: User, now: datetime, key: UUID
) -> Booking:
    practitioner = None
    if email:
        practitioner = Practitioner.objects.with_email(email).order_by("user_id", "pk").first()
    if practitioner is None:
        practitioner = Practitioner.objects.create(full_name=full_name, email=email)
    booking = places.take_walk_in_place(
        event_id=session.event_id,
        practitioner=practitioner,
        organisation=organisation,
        by=by,
        now=now,
        idempotency_key=key,
    )
    mark(session=session, marks={booking.pk: Mark.PRESENT}, by=by, now=now)
    booking = places.lock_booking(booking.pk)
    emails.terms_to_accept(booking=booking, now=now)
    return booking


def close_delivered(*, now: datetime) -> int:
    """Mark events whose last session has ended as delivered, keeping their capacity for reports (DOMAIN 9.4, CAP).

    Harmless twice. An event that nobody came to is delivered all the same: places were offered. Whoever ordered the
    whole of it owes it from now on.
    """
    with transaction.atomic():
        over = list(Event.objects.filter(state=Event.State.OPEN).ended(now).values_list("pk", flat=True))
        OrderLine.objects.whole().costing_something().filter(event__in=over).update(is_to_settle=True)
        standing = Event.objects.filter(pk__in=over, state=Event.State.OPEN)
        return standing.update(state=Event.State.DELIVERED, capacity_at_start=F("capacity"))


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
    with transaction.atomic():
        is_locked = Event.objects.filter(~Exists(unmarked), pk=event.pk, state=Event.State.DELIVERED).update(
            state=Event.State.LOCKED, register_locked_at=now
        )
        if is_locked:
            # From now on the places that were sold are owed, and what was invoiced early, or free, is delivered.
            OrderLine.objects.filter(event=event).sold().update(is_to_settle=True)
    return bool(is_locked)
