"""Verbs for dates: schedule, amend, publish, cancel (the catalogue's side alone), and who trains.

Places are counted elsewhere: nothing here changes them. Whatever would surprise somebody who already
holds a place (another day, another venue) is refused by `amend`; `reschedule` and `postpone` do it for
bookings.actions.event_changes, which tells them.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from itertools import pairwise
from typing import Any

from django.db import transaction
from django.db.backends.postgresql.psycopg_any import DateTimeTZRange
from django.db.models import F, IntegerField, Max, Q
from django.db.models.functions import Cast, Substr
from django.utils.dateformat import format as format_date
from django.utils.timezone import localtime

from accounts import audit
from accounts.locking import locked
from accounts.models import Organisation, User
from courses.models import (
    Course,
    CourseVersion,
    DeliveryMode,
    Enquiry,
    Event,
    Offer,
    Session,
    Trainer,
    TrainerAssignment,
    Venue,
)


class CannotSchedule(Exception):
    """The days of the date contradict one another; the words say how."""


class TrainerIsElsewhere(Exception):
    """A trainer holds another session at the same time."""


class CannotPublish(Exception):
    """Something is missing. `reasons` is a list of sentences."""

    def __init__(self, reasons: list[str]):
        super().__init__(" ".join(reasons))
        self.reasons = reasons


class DatesAreBooked(Exception):
    """People hold places, so the days and the venue stay as they are."""


class TooFewPlaces(Exception):
    """More people hold places than there would be."""


class CannotCancel(Exception):
    """The date is over, or was cancelled before."""


class CannotMove(Exception):
    """The date has begun or is off, or its new day cannot be."""


@dataclass(frozen=True, kw_only=True)
class Sitting:
    """One session as planned. Its own venue or link where it differs from the event's."""

    starts_at: datetime
    ends_at: datetime
    venue: Venue | None = None
    online_link: str = ""
    trainers: Sequence[Trainer] = ()


@transaction.atomic
def schedule(
    *,
    version: CourseVersion,
    offers: Sequence[Offer],
    mode: str,
    sessions: Sequence[Sitting],
    by: User | None,
    now: datetime,
    venue: Venue | None = None,
    online_link: str = "",
    capacity: int | None = None,
    min_numbers: int = 0,
    booking_opens_at: datetime | None = None,
    booking_closes_at: datetime | None = None,
    is_open_to_region: bool = False,
    notes_for_staff: str = "",
    commissioned_by: Organisation | None = None,
    enquiry: Enquiry | None = None,
) -> Event:
    """Make a draft date of a course, with its sessions and trainers. It is published by `publish`."""
    _refuse_contradictions(sessions)
    # Two colleagues may plan the same course at once; the course's row lends each a number of its own.
    course = Course.objects.select_for_update(of=("self",)).get(pk=version.course_id)
    event = Event.objects.create(
        reference=_next_reference(course),
        version=version,
        mode=mode,
        venue=venue,
        online_link=online_link,
        capacity=capacity,
        min_numbers=min_numbers,
        booking_opens_at=booking_opens_at,
        booking_closes_at=booking_closes_at,
        is_open_to_region=is_open_to_region,
        notes_for_staff=notes_for_staff,
        commissioned_by=commissioned_by,
        enquiry=enquiry,
    )
    event.offers.set(offers)
    _write_sessions(event, sessions)
    audit.record(by=by, verb="event.schedule", subject=f"event:{event.pk}", now=now)
    event.refresh_from_db()
    return event


@transaction.atomic
def amend(
    *,
    event: Event,
    facts: Mapping[str, Any],
    offers: Sequence[Offer],
    sessions: Sequence[Sitting],
    by: User,
    now: datetime,
) -> Event:
    """Change anything about a date that nobody holds a place on and that has not begun."""
    _refuse_contradictions(sessions)
    # The update itself takes the event's row, so nobody books between the question and the change.
    open_to_change = Event.objects.filter(
        Q(starts_at__isnull=True) | Q(starts_at__gt=now), pk=event.pk, places_taken__lt=1
    )
    if not open_to_change.filter(state__in=[Event.State.DRAFT, Event.State.OPEN]).update(**facts):
        raise DatesAreBooked(
            "People hold places on this date or it has begun, so its days and venue cannot change here."
        )
    event.offers.set(offers)
    _write_sessions(event, sessions)
    audit.record(by=by, verb="event.amend", subject=f"event:{event.pk}", now=now)
    event.refresh_from_db()
    return event


@transaction.atomic
def amend_details(
    *,
    event: Event,
    facts: Mapping[str, Any],
    by: User,
    now: datetime,
    trainers: Mapping[Session, Sequence[Trainer]] | None = None,
) -> Event:
    """Change what no booking rests on: places, fewest people, booking window, link, notes, who trains."""
    rows = Event.objects.filter(pk=event.pk)
    if facts.get("capacity") is not None:
        rows = rows.filter(places_taken__lte=facts["capacity"] + F("overbooked_by"))
    if not rows.update(**facts):
        event.refresh_from_db()
        raise TooFewPlaces(
            f"{event.places_taken} {'person holds a place' if event.places_taken == 1 else 'people hold places'}, "
            f"so there cannot be fewer than {max(event.places_taken - event.overbooked_by, 1)}."
        )
    for session, people in (trainers or {}).items():
        replace_trainers(session=session, trainers=people, by=by, now=now)
    audit.record(by=by, verb="event.amend_details", subject=f"event:{event.pk}", now=now)
    event.refresh_from_db()
    return event


@transaction.atomic
def publish(*, event: Event, by: User | None, now: datetime) -> Event:
    """Open a draft for booking; whatever is still missing is refused in one list."""
    reasons = _what_is_missing(event, now)
    if reasons:
        raise CannotPublish(reasons)
    if not Event.objects.filter(pk=event.pk, state=Event.State.DRAFT).update(state=Event.State.OPEN):
        raise CannotPublish(["This date was published before."])
    audit.record(by=by, verb="event.publish", subject=f"event:{event.pk}", now=now)
    event.refresh_from_db()
    return event


@transaction.atomic
def cancel_catalogue_side(*, event: Event, reason: str, by: User, now: datetime) -> Event:
    """Mark the date cancelled. Whoever calls this also releases its places and tells people."""
    standing = [Event.State.DRAFT, Event.State.OPEN, Event.State.POSTPONED]
    cancelled = Event.objects.filter(pk=event.pk, state__in=standing).update(
        state=Event.State.CANCELLED, cancelled_at=now, cancelled_by=by, cancelled_reason=reason
    )
    if not cancelled:
        raise CannotCancel("This date is over or was cancelled before.")
    audit.record(by=by, verb="event.cancel", subject=f"event:{event.pk}", now=now)
    event.refresh_from_db()
    return event


@transaction.atomic
def postpone_catalogue_side(*, event: Event, by: User, now: datetime) -> Event:
    """Put the date off until it has a new day. Whoever calls this also tells people."""
    standing = Event.objects.filter(pk=event.pk, state=Event.State.OPEN, starts_at__gt=now)
    if not standing.update(state=Event.State.POSTPONED):
        raise CannotMove("This date has begun, is off or was postponed before.")
    audit.record(by=by, verb="event.postpone", subject=f"event:{event.pk}", now=now)
    event.refresh_from_db()
    return event


@transaction.atomic
def reschedule(
    *, event: Event, facts: Mapping[str, Any], sessions: Sequence[Sitting], by: User, now: datetime
) -> Event:
    """Give a date other days, hours or another place; one that was put off is open again.

    Whoever calls this also tells the people who hold places. The number of days stays: each day keeps its entry in
    people's calendars. The day on which booking closes moves along. Raises CannotMove, CannotSchedule or
    TrainerIsElsewhere.
    """
    _refuse_contradictions(sessions)
    if len(sessions) != event.sessions.count():
        raise CannotMove("A date keeps its number of days when it is moved.")
    if sessions[0].starts_at <= now:
        raise CannotMove("The new day is in the past.")
    closes_at = event.booking_closes_at
    if closes_at and event.starts_at:
        closes_at = max(closes_at + (sessions[0].starts_at - event.starts_at), event.booking_opens_at or closes_at)
    movable = Event.objects.filter(
        Q(state=Event.State.POSTPONED) | Q(state__in=[Event.State.DRAFT, Event.State.OPEN], starts_at__gt=now)
    )
    state = Event.State.DRAFT if event.state == Event.State.DRAFT else Event.State.OPEN
    if not movable.filter(pk=event.pk).update(**{"state": state, "booking_closes_at": closes_at, **facts}):
        raise CannotMove("This date has begun or is off, so it cannot be moved.")
    _write_sessions(event, sessions)
    audit.record(by=by, verb="event.reschedule", subject=f"event:{event.pk}", now=now)
    event.refresh_from_db()
    return event


def trainers_elsewhere(*, sessions: Sequence[Sitting], instead_of: Event | None = None) -> list[TrainerAssignment]:
    """Find what keeps the trainers of these sittings from coming: every other one, but for those of a date they replace."""
    found: list[TrainerAssignment] = []
    for sitting in sessions:
        during = DateTimeTZRange(sitting.starts_at, sitting.ends_at)
        others = TrainerAssignment.objects.filter(trainer__in=sitting.trainers, during__overlap=during)
        if instead_of is not None:
            others = others.exclude(session__event=instead_of)
        found += others.select_related("trainer__practitioner", "session__event__version__course")
    return found


@transaction.atomic
def assign_trainer(
    *,
    session: Session,
    trainer: Trainer,
    by: User | None,
    now: datetime,
    part: str = TrainerAssignment.Part.LEAD,
) -> TrainerAssignment:
    """Put a trainer in a session; refused while they hold another at the same time."""
    # The trainer's row keeps two planners from giving the same morning away twice.
    trainer = locked(Trainer.objects.select_related("practitioner").filter(pk=trainer.pk)).get()
    _refuse_clash(trainer, session)
    assignment, _ = TrainerAssignment.objects.update_or_create(
        trainer=trainer, session=session, defaults={"part": part}
    )
    audit.record(by=by, verb="event.assign_trainer", subject=f"session:{session.pk}", now=now, trainer=trainer.pk)
    return assignment


@transaction.atomic
def replace_trainers(*, session: Session, trainers: Sequence[Trainer], by: User, now: datetime) -> None:
    """Let exactly these people train a session, the first of them as lead."""
    session.trainer_assignments.exclude(trainer__in=trainers).delete()
    # In one order for everybody, so that two planners never wait for each other.
    for trainer in sorted(trainers, key=lambda each: each.pk):
        part = TrainerAssignment.Part.LEAD if trainer == trainers[0] else TrainerAssignment.Part.CO_TRAINER
        assign_trainer(session=session, trainer=trainer, part=part, by=by, now=now)


def _next_reference(course: Course) -> str:
    numbered = Event.objects.filter(version__course=course, reference__regex=rf"^{re.escape(course.code)}-\d+$")
    number = Cast(Substr("reference", len(course.code) + 2), IntegerField())
    last = numbered.aggregate(last=Max(number))["last"] or 0
    return f"{course.code}-{last + 1:04d}"


def _refuse_contradictions(sessions: Sequence[Sitting]) -> None:
    if not sessions:
        raise CannotSchedule("Give at least one day.")
    for number, sitting in enumerate(sessions, start=1):
        if sitting.ends_at <= sitting.starts_at:
            raise CannotSchedule(f"Day {number} ends before it starts.")
    for number, (before, after) in enumerate(pairwise(sessions), start=2):
        if after.starts_at < before.ends_at:
            raise CannotSchedule(f"Day {number} starts before day {number - 1} has ended.")


def _write_sessions(event: Event, sittings: Sequence[Sitting]) -> None:
    """Make the event's sessions exactly these. Rows are kept by position: an open event is never without one."""
    TrainerAssignment.objects.filter(session__event=event).delete()
    for position, sitting in enumerate(sittings, start=1):
        session, _ = Session.objects.update_or_create(
            event=event,
            position=position,
            defaults={
                "starts_at": sitting.starts_at,
                "ends_at": sitting.ends_at,
                "venue": sitting.venue,
                "online_link": sitting.online_link,
            },
        )
        _write_trainers(session, sitting.trainers)
    event.sessions.filter(position__gt=len(sittings)).delete()


def _write_trainers(session: Session, trainers: Sequence[Trainer]) -> None:
    """Assign each once, in the order given: the first leads."""
    trainers = list(dict.fromkeys(trainers))
    if not trainers:
        return
    wanted = Trainer.objects.select_related("practitioner").filter(pk__in=[each.pk for each in trainers])
    for trainer in locked(wanted).order_by("pk"):
        _refuse_clash(trainer, session)
    TrainerAssignment.objects.bulk_create(
        TrainerAssignment(
            trainer=trainer,
            session=session,
            part=TrainerAssignment.Part.CO_TRAINER if number else TrainerAssignment.Part.LEAD,
        )
        for number, trainer in enumerate(trainers)
    )


def _refuse_clash(trainer: Trainer, session: Session) -> None:
    clash = (
        TrainerAssignment.objects.filter(
            trainer=trainer, during__overlap=DateTimeTZRange(session.starts_at, session.ends_at)
        )
        .exclude(session=session)
        .select_related("session__event__version__course")
        .first()
    )
    if clash:
        start = localtime(clash.session.starts_at)
        raise TrainerIsElsewhere(
            f"{trainer.practitioner.full_name} is already training “{clash.session.event.course.title}” "
            f"({clash.session.event.reference}) on {format_date(start, 'l j F Y')} at {format_date(start, 'H:i')}. "
            "Choose somebody else or another time."
        )


def _what_is_missing(event: Event, now: datetime) -> list[str]:
    sessions = list(event.sessions.all())
    checks = [
        (event.runs_on_its_course, "Publish the course first."),
        (bool(sessions), "Give at least one day."),
        (event.starts_at is None or event.starts_at > now, "The first day is in the past."),
        (event.offers.active().exists(), "Say which strands the date is open to."),
        (
            event.mode not in (DeliveryMode.IN_PERSON, DeliveryMode.BLENDED)
            or event.venue_id is not None
            or all(session.venue_id for session in sessions),
            "Choose a venue, or one for each day.",
        ),
        (
            event.booking_closes_at is None or event.ends_at is None or event.booking_closes_at <= event.ends_at,
            "Booking closes after the date is over.",
        ),
        (event.booking_closes_at is None or event.booking_closes_at > now, "The day on which booking closes is past."),
    ]
    return [words for is_met, words in checks if not is_met]
