"""What a change of a date would do: the change itself, begun in a transaction that is rolled back."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import datetime
from uuid import uuid4

from django.db import transaction
from django.db.models import Count, Q, QuerySet, Sum
from django.db.models.functions import Coalesce

from accounts.models import OutboundEmail, User
from bookings.actions import event_changes
from bookings.actions.event_changes import Plan
from bookings.models import Booking, EventChange, GroupBooking, WaitingListEntry
from bookings.models.booking import State
from bookings.models.event_change import ChangeKind
from courses.models import Event, Session, Trainer, Venue

NAMES_A_PAGE = 50


@dataclass(frozen=True, kw_only=True)
class Preview:
    """Whom a change reaches, what they would read, and what stands in its way or comes of it."""

    change: EventChange
    event: Event
    sessions: list[Session]
    confirmed: int = 0
    requested: int = 0
    agencies: list[tuple[str, int]] = field(default_factory=list)
    waiting: int = 0
    offered: int = 0
    unnamed: int = 0
    trainers: list[str] = field(default_factory=list)
    trainers_off: list[str] = field(default_factory=list)
    overlaps: list[Booking] = field(default_factory=list)
    is_room_too_small: bool = False
    may_be_offered: int = 0
    held_free: int | None = None
    letter: OutboundEmail | None = None
    people: Sequence[Booking] = ()
    page: int = 1
    has_more: bool = False

    @property
    def affected(self) -> int:
        return self.confirmed + self.requested


def preview(*, event_id: int, plan: Plan, by: User, now: datetime, page: int = 1) -> Preview:
    """Begin the change, carry it out for one person, look at what came of it, and take everything back.

    Raises CannotChange as the change itself would.
    """
    with transaction.atomic():
        change = event_changes.begin(event_id=event_id, plan=plan, by=by, now=now, idempotency_key=uuid4())
        seen = _look(change, now, max(1, page))
        transaction.set_rollback(True)
    return seen


def _look(change: EventChange, now: datetime, page: int) -> Preview:
    told = event_changes.told(change)
    numbers = told.aggregate(
        confirmed=Count("pk", filter=Q(state=State.CONFIRMED)), requested=Count("pk", filter=Q(state=State.REQUESTED))
    )
    agencies = (
        told.values_list("organisation__name").annotate(people=Count("pk")).order_by("-people", "organisation__name")
    )
    named = told.select_related("practitioner", "organisation").order_by("practitioner__full_name", "pk")
    start = (page - 1) * NAMES_A_PAGE
    people = list(named[start : start + NAMES_A_PAGE + 1])
    waiting = WaitingListEntry.objects.filter(event_id=change.event_id)
    event = Event.objects.with_catalogue_facts().get(pk=change.new_event_id or change.event_id)
    sessions = list(event.sessions.select_related("venue").order_by("position"))
    unnamed = GroupBooking.objects.filter(event_id=change.event_id).with_unnamed_places()
    taken = len(change.plan["moved_ids"]) if change.new_event_id else event.places_taken
    waiting_places = _places(waiting.waiting())
    return Preview(
        change=change,
        event=event,
        sessions=sessions,
        **numbers,
        agencies=list(agencies),
        waiting=waiting_places,
        offered=_places(waiting.offered()),
        unnamed=unnamed.aggregate(places=Coalesce(Sum("places_unnamed"), 0))["places"],
        trainers=_names(Trainer.objects.filter(assignments__session__event=event).distinct()),
        trainers_off=_names(Trainer.objects.filter(pk__in=change.plan.get("trainers_off", []))),
        overlaps=_overlaps(told, change, sessions),
        is_room_too_small=any(_is_too_small(each, taken) for each in [event.venue, *(one.venue for one in sessions)]),
        may_be_offered=min(waiting_places, event.free_places if event.free_places is not None else waiting_places),
        held_free=change.held_event.free_places if change.held_event else None,
        letter=_letter(change, now),
        people=people[:NAMES_A_PAGE],
        page=page,
        has_more=len(people) > NAMES_A_PAGE,
    )


def _places(entries: QuerySet[WaitingListEntry]) -> int:
    return entries.aggregate(places=Coalesce(Sum("places_wanted"), 0))["places"]


def _names(trainers: QuerySet[Trainer]) -> list[str]:
    return list(trainers.order_by("practitioner__full_name").values_list("practitioner__full_name", flat=True))


def _is_too_small(venue: Venue | None, taken: int) -> bool:
    return venue is not None and venue.capacity is not None and venue.capacity < taken


def _overlaps(told: QuerySet[Booking], change: EventChange, sessions: list[Session]) -> list[Booking]:
    """Other places of the same people at the new time."""
    if change.kind not in (ChangeKind.MOVE, ChangeKind.SPLIT):
        return []
    at_once = Q()
    for session in sessions:
        at_once |= Q(event__sessions__starts_at__lt=session.ends_at, event__sessions__ends_at__gt=session.starts_at)
    others = Booking.objects.live().filter(at_once, practitioner__in=told.values("practitioner"))
    others = others.exclude(event__in=[change.event_id, change.new_event_id or change.event_id])
    return list(
        others.select_related("practitioner", "event__version__course")
        .order_by("practitioner__full_name", "pk")
        .distinct()
    )


def _letter(change: EventChange, now: datetime) -> OutboundEmail | None:
    """Carry the change out for one person and take the letter that was written to them."""
    last = OutboundEmail.objects.order_by("-pk").values_list("pk", flat=True).first() or 0
    if change.affected_count == 0:
        return None
    event_changes.carry_out_within(change_id=change.pk, now=now, size=1)
    written = OutboundEmail.objects.filter(pk__gt=last, about__startswith="booking:")
    return written.order_by("pk").first()
