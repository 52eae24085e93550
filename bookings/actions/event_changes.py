"""Changes of a date that people hold places on: move, postpone, cancel, split, more or fewer places, go ahead.

`start` writes the plan and changes the date itself in one transaction; from that moment nobody books the old date.
What is owed to each person (state, terms, letter, calendar) is then carried out by a worker, some bookings at a time.
The row's cursor says how far it came, so a worker that dies is followed by one that goes on, and nobody hears twice:
a portion and its cursor are one transaction, and a letter has one key. `begin` inside a transaction that is rolled
back is the preview (bookings.actions.event_previews). Locks: the change, bookings, entries, events.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import F, Prefetch, QuerySet
from django.utils import timezone

from accounts.locking import locked
from accounts.models import Partnership, User
from accounts.wake import wake
from bookings import emails
from bookings.actions import capacity
from bookings.actions.change_steps import AFTERWARDS, STEPS, a_day_at_least
from bookings.models import Booking, EventChange, GroupBooking, OrderLine, WaitingListEntry
from bookings.models.booking import State
from bookings.models.event_change import MAX_ATTEMPTS, ChangeKind
from courses.actions import events
from courses.actions.events import Sitting
from courses.models import Event, Session, TrainerAssignment, Venue
from courses.working_days import end_of_day, working_days_after, working_days_before

CARRY_OUT_TASK = "bookings.carry_out_change"
PORTION = 25
# Nobody is asked for an answer nearer to the new day than this.
ANSWER_CUTOFF_DAYS = 2
REFUSED_BY_THE_DATABASE = {
    "booking_closes_after_it_opens": "Booking would close before it opens.",
    "a_trainer_is_in_one_place_at_a_time": "A trainer holds another session at the same time.",
}
# Who is told of which change: those who wait for an answer are told of all but a decision to go ahead.
TOLD = {
    **dict.fromkeys((ChangeKind.MOVE, ChangeKind.POSTPONE, ChangeKind.CANCEL, ChangeKind.SPLIT), "all"),
    ChangeKind.GO_AHEAD: "confirmed",
}


class CannotChange(Exception):
    """The date cannot be changed so; the words say why."""


class AlreadyChanging(CannotChange):
    """Another change of the same date is still being carried out."""


class DateHasChanged(CannotChange):
    """The date is no longer what the page showed."""


@dataclass(frozen=True, kw_only=True)
class Plan:
    """What somebody of the team wants of a date. Which of it counts depends on the kind."""

    kind: ChangeKind
    sessions: Sequence[Sitting] = ()
    venue: Venue | None = None
    mode: str = ""
    online_link: str = ""
    is_asking: bool = True
    words: str = ""
    reason: str = ""
    held_event: Event | None = None
    facts: Mapping[str, Any] = field(default_factory=dict)
    is_publishing: bool = False
    moved_ids: Sequence[int] = ()
    places_here: int | None = None
    places_there: int | None = None

    @property
    def place(self) -> dict[str, Any]:
        return {"venue": self.venue, "mode": self.mode, "online_link": self.online_link}


def start(
    *, event_id: int, plan: Plan, by: User, now: datetime, idempotency_key: UUID, seen: str | None = None
) -> EventChange:
    """Change the date at once, and have everybody told. The same key gives the same change however often it is sent.

    `seen` is what the page showed (`likeness`). Raises CannotChange with words for the team.
    """
    earlier = EventChange.objects.filter(idempotency_key=idempotency_key).first()
    if earlier:
        return earlier
    try:
        with transaction.atomic(durable=True):
            return begin(event_id=event_id, plan=plan, by=by, now=now, idempotency_key=idempotency_key, seen=seen)
    except IntegrityError:
        earlier = EventChange.objects.filter(idempotency_key=idempotency_key).first()
        if earlier is None:
            raise
        return earlier


def begin(
    *, event_id: int, plan: Plan, by: User, now: datetime, idempotency_key: UUID, seen: str | None = None
) -> EventChange:
    """Write the plan and change the date itself, within the caller's transaction.

    Everybody who holds a place, an offer or unnamed places is held still first: whoever cancels, accepts or names at
    the same moment is done before, or sees the date as it will be.
    """
    event = _read(event_id)
    change = EventChange(
        kind=plan.kind,
        event=event,
        words=plan.words.strip(),
        reason=plan.reason,
        held_event=plan.held_event,
        idempotency_key=idempotency_key,
        asked_at=now,
        asked_by=by,
        plan={"before": emails.event_facts(event), "moved_ids": sorted(plan.moved_ids), "keeps": plan.places_here},
    )
    _insert(change)
    _hold_everybody(event_id)
    capacity.lock_event(event_id)
    change.event = event = _read(event_id)
    if seen is not None and seen != likeness(event):
        raise DateHasChanged("This date was changed since you opened the page. Look at it and decide again.")
    _change_the_date(change, plan, now)
    change.affected_count = told(change).count()
    change.save()
    wake(CARRY_OUT_TASK, change_id=change.pk)
    return change


def _read(event_id: int) -> Event:
    sessions = Session.objects.select_related("venue").order_by("position")
    return Event.objects.with_catalogue_facts().prefetch_related(_prefetch(sessions)).get(pk=event_id)


def _prefetch(sessions: QuerySet[Session]) -> Prefetch:
    assignments = TrainerAssignment.objects.order_by("-part", "pk").select_related("trainer__practitioner__user")
    return Prefetch("sessions", sessions.prefetch_related(Prefetch("trainer_assignments", assignments)))


def _insert(change: EventChange) -> None:
    try:
        with transaction.atomic():
            change.save(force_insert=True)
    except IntegrityError as error:
        rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if rule != "one_change_of_an_event_at_a_time":
            raise
        raise AlreadyChanging(
            "Another change of this date is still being carried out. Wait until everybody has been told."
        ) from error


def _hold_everybody(event_id: int) -> None:
    """Wait for everybody who is in the middle of something with a place of this date."""
    for rows in (
        Booking.objects.filter(event_id=event_id).live(),
        WaitingListEntry.objects.filter(event_id=event_id).offered(),
        GroupBooking.objects.filter(event_id=event_id).with_unnamed_places(),
    ):
        list(rows.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


def likeness(event: Event) -> str:
    """What a page showed of a date, to be recognised when its button is pressed."""
    days = [
        f"{one.starts_at.isoformat()}/{one.ends_at.isoformat()}/{one.venue_id}" for one in emails.sessions_of(event)
    ]
    return "|".join([event.state, event.mode, str(event.venue_id), str(event.capacity), *days])


# --- The date itself --------------------------------------------------------------------------------------


def _change_the_date(change: EventChange, plan: Plan, now: datetime) -> None:
    try:
        with transaction.atomic():
            _CATALOGUE[plan.kind](change, plan, now)
    except IntegrityError as error:
        rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None)
        if rule not in REFUSED_BY_THE_DATABASE:
            raise
        raise CannotChange(REFUSED_BY_THE_DATABASE[rule]) from error
    except (
        events.CannotMove,
        events.CannotSchedule,
        events.CannotCancel,
        events.CannotPublish,
        events.TrainerIsElsewhere,
        events.TooFewPlaces,
    ) as refusal:
        raise CannotChange(str(refusal)) from refusal


def _move(change: EventChange, plan: Plan, now: datetime) -> None:
    """Other days, hours or another place. Trainers who are elsewhere then are taken off, and the team sees it."""
    event, by = change.event, change.asked_by
    facts = {**plan.place, **plan.facts}
    busy = events.trainers_elsewhere(sessions=_with_trainers(event, plan.sessions), instead_of=event)
    change.plan["trainers_off"] = sorted({clash.trainer_id for clash in busy})
    sessions = _with_trainers(event, plan.sessions, without=set(change.plan["trainers_off"]))
    _refuse_fewer_places(event, facts)
    change.event = events.reschedule(event=event, facts=facts, sessions=sessions, by=by, now=now)
    if plan.is_publishing and change.event.state == Event.State.DRAFT:
        change.event = events.publish(event=change.event, by=by, now=now)
    if plan.is_asking:
        change.answer_due_at = answer_due_at(event=change.event, now=now)
    capacity.owe_offers(event_id=event.pk, now=now)


def _with_trainers(event: Event, sessions: Sequence[Sitting], without: Sequence[int] | set[int] = ()) -> list[Sitting]:
    """The planned sittings, each with the trainers that the day of the same position has now."""
    kept = []
    for before, sitting in zip(emails.sessions_of(event), sessions, strict=False):
        trainers = [one.trainer for one in before.trainer_assignments.all() if one.trainer_id not in without]
        link = "" if sitting.venue else before.online_link
        kept.append(
            Sitting(
                starts_at=sitting.starts_at,
                ends_at=sitting.ends_at,
                venue=sitting.venue,
                online_link=link,
                trainers=trainers,
            )
        )
    return [*kept, *sessions[len(kept) :]]


def answer_due_at(*, event: Event, now: datetime) -> datetime:
    """Return by when people answer: some working days, not too near to the new day, but a day at the least."""
    asked_on, starts_on = timezone.localtime(now).date(), timezone.localtime(event.starts_at).date()
    latest = end_of_day(working_days_before(starts_on, ANSWER_CUTOFF_DAYS))
    due = end_of_day(working_days_after(asked_on, Partnership.objects.current().move_answer_days))
    return a_day_at_least(rule=min(due, latest), event=event, now=now)


def _refuse_fewer_places(event: Event, facts: Mapping[str, Any]) -> None:
    """Refuse what the counter could not bear, with the number; the database has the last word."""
    places = facts.get("capacity")
    if places is not None and places + event.overbooked_by < event.places_taken:
        least = event.places_taken - event.overbooked_by
        raise CannotChange(f"{event.places_taken} places are taken, so there cannot be fewer than {least}.")


def _postpone(change: EventChange, plan: Plan, now: datetime) -> None:
    change.event = events.postpone_catalogue_side(event=change.event, by=change.asked_by, now=now)


def _cancel(change: EventChange, plan: Plan, now: datetime) -> None:
    if change.event.state != Event.State.POSTPONED and change.event.has_begun(now):
        raise CannotChange("This date has begun, so it cannot be cancelled any more. Its register says who came.")
    if change.held_event_id == change.event_id:
        raise CannotChange("Hold places on another date than the one that is cancelled.")
    reason = change.reason_words[:300]
    # Nothing is owed for the whole of a date that we cancel.
    OrderLine.objects.whole().sold().filter(event=change.event).update(is_to_settle=True)
    change.event = events.cancel_catalogue_side(event=change.event, reason=reason, by=change.asked_by, now=now)


def _split(change: EventChange, plan: Plan, now: datetime) -> None:
    """Open a second date like the first, for those who were ticked, with the trainers who are free then."""
    event, by = change.event, change.asked_by
    if event.state != Event.State.OPEN or event.has_begun(now):
        raise CannotChange("Only a date that is open and has not begun can be split.")
    staying = told(change, moved=False).count()
    if not plan.moved_ids or not staying:
        raise CannotChange("Tick at least one person who moves, and leave at least one.")
    if plan.places_there is not None and len(plan.moved_ids) > plan.places_there:
        raise CannotChange(f"{len(plan.moved_ids)} people move, so the new date needs at least as many places.")
    if plan.sessions[0].starts_at <= now:
        raise CannotChange("The new date's day is in the past.")
    busy = {clash.trainer_id for clash in events.trainers_elsewhere(sessions=_with_trainers(event, plan.sessions))}
    new = events.schedule(
        version=event.version,
        offers=list(event.offers.all()),
        sessions=_with_trainers(event, plan.sessions, without=busy),
        by=by,
        now=now,
        capacity=plan.places_there,
        min_numbers=0,
        is_open_to_region=event.is_open_to_region,
        commissioned_by=event.commissioned_by,
        **plan.place,
    )
    Event.objects.filter(pk=new.pk).update(split_from=event)
    change.new_event = events.publish(event=new, by=by, now=now)
    if plan.places_here is not None:
        capacity.shrink(event_id=event.pk, places=plan.places_here)
    if plan.is_asking:
        change.answer_due_at = answer_due_at(event=change.new_event, now=now)


def _change_details(change: EventChange, plan: Plan, now: datetime) -> None:
    """Places and the booking window: nobody who holds a place is touched, whoever waits may be let in."""
    event, by = change.event, change.asked_by
    if event.state not in (Event.State.DRAFT, Event.State.OPEN) or event.has_begun(now):
        raise CannotChange("This date has begun or is off.")
    _refuse_fewer_places(event, plan.facts)
    change.event = events.amend_details(event=event, facts=plan.facts, by=by, now=now) if plan.facts else event
    if plan.is_publishing and event.state == Event.State.DRAFT:
        change.event = events.publish(event=change.event, by=by, now=now)
    capacity.owe_offers(event_id=event.pk, now=now)


def _go_ahead(change: EventChange, plan: Plan, now: datetime) -> None:
    """Rule B20: it runs, though fewer people have booked than planned."""
    undecided = Event.objects.filter(pk=change.event_id, state=Event.State.OPEN, goes_ahead_at__isnull=True)
    if not undecided.filter(starts_at__gt=now).update(goes_ahead_at=now, goes_ahead_by=change.asked_by):
        raise CannotChange("This has been decided already, or the date has begun or is off.")
    change.event.refresh_from_db(fields=["goes_ahead_at", "goes_ahead_by"])


_CATALOGUE = {
    ChangeKind.MOVE: _move,
    ChangeKind.POSTPONE: _postpone,
    ChangeKind.CANCEL: _cancel,
    ChangeKind.SPLIT: _split,
    ChangeKind.CAPACITY: _change_details,
    ChangeKind.DETAILS: _change_details,
    ChangeKind.GO_AHEAD: _go_ahead,
}


# --- Carrying it out ------------------------------------------------------------------------------------------


def told(change: EventChange, *, moved: bool = True) -> QuerySet[Booking]:
    """Return the bookings that a change touches, whether it has been carried out for them or not."""
    bookings = Booking.objects.filter(event_id=change.event_id)
    scope = TOLD.get(ChangeKind(change.kind))
    if scope is None:
        return bookings.none()
    bookings = bookings.filter(
        state__in=[State.CONFIRMED] if scope == "confirmed" else [State.CONFIRMED, State.REQUESTED]
    )
    if change.kind == ChangeKind.SPLIT:
        ids = change.plan["moved_ids"]
        return bookings.filter(pk__in=ids) if moved else bookings.exclude(pk__in=ids)
    return bookings


def claim(*, change_id: int, now: datetime) -> bool:
    """Take an unfinished change into one's own hands; False when it is over or somebody carries it out just now."""
    owed = EventChange.objects.owed(now).filter(pk=change_id)
    return bool(owed.update(claimed_at=now, attempts=F("attempts") + 1))


def put_back(*, change_id: int, now: datetime) -> None:
    """Something went wrong: another try with the next sweep, and after some of them somebody must look."""
    mine = EventChange.objects.unfinished().filter(pk=change_id)
    mine.filter(attempts__gte=MAX_ATTEMPTS).update(failed_at=now)
    mine.update(claimed_at=None)


def try_again(*, change_id: int, by: User, now: datetime) -> None:
    """Take up a change that stopped half way; somebody of the team has looked."""
    if EventChange.objects.failed().filter(pk=change_id).update(failed_at=None, attempts=0, claimed_at=None):
        wake(CARRY_OUT_TASK, change_id=change_id)


@transaction.atomic(durable=True)
def carry_out_portion(*, change_id: int, now: datetime) -> bool:
    """Carry a change through some more bookings; tell whether something may be left to do."""
    return carry_out_within(change_id=change_id, now=now)


def carry_out_within(*, change_id: int, now: datetime, size: int = PORTION) -> bool:
    """Carry a change through some more bookings, within the caller's transaction.

    After a failure it goes on one by one, so that a booking that cannot be dealt with holds up nobody before it.
    """
    found = EventChange.objects.unfinished().with_event_facts().select_related("asked_by")
    change = locked(found.filter(pk=change_id), skip_locked=True).first()
    if change is None:
        return False
    bookings = _next_bookings(change, 1 if change.attempts > 1 else size)
    if bookings:
        STEPS[ChangeKind(change.kind)](change, bookings, now)
        change.cursor, change.done_count = bookings[-1].pk, change.done_count + len(bookings)
        change.claimed_at = now
        change.attempts = min(change.attempts, 1)
    elif change.kind == ChangeKind.CANCEL and told(change).exists():
        # Somebody's place was in another hand when its turn came: once more from the beginning.
        change.cursor = 0
    else:
        AFTERWARDS[ChangeKind(change.kind)](change, now)
        change.finished_at = now
    change.save(update_fields=["cursor", "done_count", "claimed_at", "attempts", "finished_at"])
    return change.finished_at is None


def _next_bookings(change: EventChange, size: int) -> list[Booking]:
    rest = told(change).filter(pk__gt=change.cursor).order_by("pk")
    facts = rest.select_related("offer", "organisation", "policy", "practitioner__user", "needs")
    bookings = list(locked(facts, at_most=size))
    # One event for all of them: its sessions and venue are read once.
    event = _read(change.new_event_id or change.event_id)
    for booking in bookings:
        booking.event = event
    return bookings
