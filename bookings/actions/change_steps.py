"""What a change of a date does to each booking, and afterwards to those who wait, hold unnamed places or train."""

from collections import Counter
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta
from uuid import uuid4

from django.db.models import QuerySet
from django.utils import timezone

from accounts.correspondence import withhold_unsent
from accounts.models import Partnership, User
from bookings import emails, waiting_times
from bookings.actions import capacity, sales, waiting_list
from bookings.actions.capacity import AgencyFull
from bookings.eligibility import hold_of_request, who_cannot_come
from bookings.models import Booking, BookingNeeds, EventChange, GroupBooking, OrderLine, WaitingListEntry
from bookings.models.booking import STATE_FIELDS, State
from bookings.models.event_change import ChangeKind
from bookings.models.waiting_list import WaitingState
from bookings.terms import free_cancel_until
from courses.models import Event, Offer, Session, Trainer, TrainerAssignment
from courses.references import new_reference
from courses.working_days import end_of_day, working_days_before

DATE_CHANGED = "The date was changed, and a letter about that was written."
# While a date has no day, nobody need name people for it.
NO_DAY_YET = timedelta(days=180)


# --- Booking by booking ---------------------------------------------------------------------------------------


def _move(change: EventChange, bookings: list[Booking], now: datetime) -> None:
    for booking in bookings:
        _give_new_terms(change, booking)
        booking.save(
            update_fields=["free_cancel_until", "hold_ends_at", "answer_due_at", "answered_at", "calendar_sequence"]
        )
    _keep_needs_until_after(bookings)
    _tell(change, bookings, emails.moved, now)


def _give_new_terms(change: EventChange, booking: Booking) -> None:
    """Whoever has a place can give it up free of charge as long as before, and at least until they have answered."""
    booking.calendar_sequence += 1
    partnership = Partnership.objects.current()
    if booking.state == State.REQUESTED:
        rule = hold_of_request(event=booking.event, now=change.asked_at, partnership=partnership)
        booking.hold_ends_at = a_day_at_least(rule=rule, event=booking.event, now=change.asked_at)
        return
    rule = free_cancel_until(offer=booking.offer, event=booking.event, partnership=partnership)
    booking.free_cancel_until = max(filter(None, [booking.free_cancel_until, rule, change.answer_due_at]))
    booking.answer_due_at, booking.answered_at = change.answer_due_at, None


def a_day_at_least(*, rule: datetime, event: Event, now: datetime) -> datetime:
    """A rule's last day, and where the date is so near that it has passed, a day from now or the date itself."""
    return max(rule, min(now + timedelta(days=1), event.starts_at or now))


def _keep_needs_until_after(bookings: list[Booking]) -> None:
    """Rule B22: what people need is kept until some days after the new date."""
    days = timedelta(days=Partnership.objects.current().needs_erased_after_days)
    last_day = timezone.localtime(bookings[0].event.ends_at).date()
    BookingNeeds.objects.filter(booking__in=bookings).update(erase_on=last_day + days)


def _tell(change: EventChange, bookings: Iterable[Booking], letter: Callable[..., object], now: datetime) -> None:
    """Write to each, and keep back what was written about the date as it was and has not gone."""
    for booking in bookings:
        withhold_unsent(about=f"booking:{booking.pk}", now=now, reason=DATE_CHANGED)
        letter(booking=booking, change=change, now=now)


def _postpone(change: EventChange, bookings: list[Booking], now: datetime) -> None:
    for booking in bookings:
        booking.calendar_sequence += 1
        booking.answer_due_at = booking.answered_at = None
        if booking.hold_ends_at:
            # Nobody can decide about a day that is not known.
            booking.hold_ends_at = max(booking.hold_ends_at, now + NO_DAY_YET)
        booking.save(update_fields=["calendar_sequence", "answer_due_at", "answered_at", "hold_ends_at"])
    _tell(change, bookings, emails.postponed, now)


def _cancel(change: EventChange, bookings: list[Booking], now: datetime) -> None:
    """Nobody pays for what we call off. Where another date was named, a place there is theirs to take."""
    had_place = [booking for booking in bookings if booking.state == State.CONFIRMED]
    for booking in bookings:
        end_by_provider(booking=booking, by=change.asked_by, now=now, reason=change.reason_words)
    held: dict[int, WaitingListEntry] = {}
    if change.held_event_id:
        held = _hold_elsewhere(change, had_place, now)
        # The letters say which places are held, so these two dates are in hand while they are written.
        for event_id in sorted((change.event_id, change.held_event_id)):
            capacity.lock_event(event_id)
        _hold_places(list(held.values()), change.held_event_id, now)
    for booking in bookings:
        withhold_unsent(about=f"booking:{booking.pk}", now=now, reason=DATE_CHANGED)
        emails.cancelled_by_us(booking=booking, change=change, entry=held.get(booking.practitioner_id), now=now)
    give_back_places(bookings=bookings, now=now)


def end_by_provider(*, booking: Booking, by: User | None, now: datetime, reason: str) -> None:
    """End a booking through no fault of the person: never charged."""
    booking.move_to(State.CANCELLED_BY_PROVIDER, by=by, now=now, reason=reason)
    booking.cancelled_at, booking.cancelled_by, booking.cancelled_reason = now, by, reason[:300]
    booking.calendar_sequence += 1
    booking.save(update_fields=[*STATE_FIELDS, "cancelled_at", "cancelled_by", "cancelled_reason", "calendar_sequence"])


def give_back_places(*, bookings: Iterable[Booking], now: datetime) -> None:
    """Give the places of one date back, those of an agency together."""
    bookings = list(bookings)
    alike = Counter((one.organisation_id, one.offer_id) for one in bookings)
    examples = {(one.organisation_id, one.offer_id): one for one in bookings}
    for key, places in alike.items():
        one = examples[key]
        capacity.give_back(
            event_id=one.event_id, organisation=one.organisation, offer=one.offer, now=now, places=places
        )


def _hold_elsewhere(change: EventChange, bookings: list[Booking], now: datetime) -> dict[int, WaitingListEntry]:
    """Put people first on the list of the date that was named for them, unless they are on it or cannot come."""
    event = Event.objects.with_catalogue_facts().prefetch_related("sessions", "offers").get(pk=change.held_event_id)
    people = [booking.practitioner_id for booking in bookings]
    out = who_cannot_come(event=event, practitioner_ids=people)
    out |= set(
        WaitingListEntry.objects.live()
        .filter(event=event, practitioner__in=people)
        .values_list("practitioner", flat=True)
    )
    reason = f"First choice: {change.event.reference} was cancelled."
    held = {}
    for booking in bookings:
        offer = _offer_like(booking.offer, event)
        if booking.practitioner_id in out or offer is None:
            continue
        held[booking.practitioner_id] = WaitingListEntry.objects.create(
            reference=new_reference("W"), event=event, practitioner=booking.practitioner,
            organisation=booking.organisation, offer=offer, joined_at=now, queued_at=now, joined_by=change.asked_by,
            urgent_at=now, urgent_by=change.asked_by, urgent_reason=reason, idempotency_key=uuid4(),
        )  # fmt: skip
        held[booking.practitioner_id].offer_ends_at = waiting_times.offer_ends_at(event=event, now=now)
    return held


def _offer_like(offer: Offer, event: Event) -> Offer | None:
    """The same strand on the other date, else whichever it has."""
    offers = sorted(event.offers.all(), key=lambda one: (one.strand != offer.strand, one.pk))
    return offers[0] if offers else None


def _hold_places(entries: list[WaitingListEntry], event_id: int, now: datetime) -> None:
    """Hold what is free there; who finds nothing free waits before everybody else."""
    event = capacity.lock_event(event_id)
    capacity.count_waiting(event_id=event_id, places=len(entries), look_at=now)
    event.people_waiting += len(entries)
    for entry in entries:
        try:
            fits = event.state == Event.State.OPEN and capacity.hold_for_offer(event=event, entry=entry, now=now)
        except AgencyFull:
            fits = False
        if fits:
            entry.state, entry.offered_at = WaitingState.OFFERED, now
            entry.save(update_fields=["state", "offered_at", "offer_ends_at"])


def _split(change: EventChange, bookings: list[Booking], now: datetime) -> None:
    """The bookings come with the new date in their hands; the old one gives their places up."""
    for booking in bookings:
        _give_new_terms(change, booking)
        booking.save(
            update_fields=[
                "event",
                "free_cancel_until",
                "hold_ends_at",
                "answer_due_at",
                "answered_at",
                "calendar_sequence",
            ]
        )
    _keep_needs_until_after(bookings)
    _tell(change, bookings, emails.moved, now)
    if change.new_event_id:
        sales.move_lines(bookings=bookings, event_id=change.new_event_id)
        capacity.move_places(
            before=change.event_id, after=change.new_event_id, bookings=bookings, keeps=change.plan.get("keeps")
        )


def _go_ahead(change: EventChange, bookings: list[Booking], now: datetime) -> None:
    for booking in bookings:
        emails.goes_ahead(booking=booking, change=change, now=now)


def _nothing(change: EventChange, bookings: list[Booking], now: datetime) -> None:
    """Nobody who has a place is touched."""


STEPS = {
    ChangeKind.MOVE: _move,
    ChangeKind.POSTPONE: _postpone,
    ChangeKind.CANCEL: _cancel,
    ChangeKind.SPLIT: _split,
    ChangeKind.GO_AHEAD: _go_ahead,
    ChangeKind.CAPACITY: _nothing,
    ChangeKind.DETAILS: _nothing,
}


# --- Afterwards: who waits, who holds places without names, who trains ----------------------------------------


def _after_move(change: EventChange, now: datetime) -> None:
    # What was ordered says the new day, and drafts of invoices with it; March is invoiced at another time.
    OrderLine.objects.sold().filter(event=change.event).update(is_to_settle=True)
    _tell_waiting(change, now)
    partnership = Partnership.objects.current()
    starts_on = timezone.localtime(change.event.starts_at).date()
    rule = end_of_day(working_days_before(starts_on, partnership.name_by_days))
    for group in _groups(change):
        group.name_by = a_day_at_least(rule=rule, event=change.event, now=now)
        group.free_cancel_until = max(
            group.free_cancel_until,
            free_cancel_until(offer=group.offer, event=change.event, partnership=partnership),
            change.answer_due_at or now,
        )
        group.save(update_fields=["name_by", "free_cancel_until"])
        emails.group_change(group=group, places=group.places_unnamed, change=change, now=now)
    _tell_trainers(change, now)


def _after_postpone(change: EventChange, now: datetime) -> None:
    """Offers are taken back, because their day is gone; the list stays."""
    offered = _entries(change).filter(state=WaitingState.OFFERED)
    for entry in offered:
        entry.state = WaitingState.WAITING
        entry.save(update_fields=["state"])
        capacity.count_waiting(event_id=entry.event_id, places=entry.places_wanted)
        _give_back_offer(entry, now)
    _tell_waiting(change, now)
    for group in _groups(change):
        group.name_by = max(group.name_by or now, now + NO_DAY_YET)
        group.save(update_fields=["name_by"])
        emails.group_change(group=group, places=group.places_unnamed, change=change, now=now)
    _tell_trainers(change, now)


def _after_cancel(change: EventChange, now: datetime) -> None:
    reason = f"The date was cancelled: {change.reason_words}"[:300]
    for entry in _entries(change).filter(state=WaitingState.OFFERED):
        entry.state, entry.state_reason, entry.closed_at = WaitingState.CLOSED, reason, now
        entry.save(update_fields=["state", "state_reason", "closed_at"])
        emails.waiting_closed(entry=entry, now=now)
        _give_back_offer(entry, now)
    waiting_list.close_list_within(event_id=change.event_id, now=now, reason=reason)
    for group in _groups(change):
        places, group.places_unnamed = group.places_unnamed, 0
        group.places_released += places
        group.save(update_fields=["places_unnamed", "places_released"])
        sales.give_back_unnamed(group=group, places=places, now=now)
        emails.group_change(group=group, places=places, change=change, now=now)
        capacity.give_back(
            event_id=group.event_id, organisation=group.organisation, offer=group.offer, now=now, places=places
        )
    _tell_trainers(change, now)


def _after_split(change: EventChange, now: datetime) -> None:
    if change.plan.get("keeps") is not None:
        capacity.shrink(event_id=change.event_id, places=change.plan["keeps"])
    capacity.owe_offers(event_id=change.event_id, now=now)
    _tell_trainers(change, now)


def _after_nothing(change: EventChange, now: datetime) -> None:
    """Nobody else is to be told."""


def _entries(change: EventChange) -> QuerySet[WaitingListEntry]:
    live = WaitingListEntry.objects.filter(event_id=change.event_id).live().with_event_facts()
    return live.prefetch_related("event__sessions__venue").select_for_update(of=("self",)).order_by("pk")


def _give_back_offer(entry: WaitingListEntry, now: datetime) -> None:
    capacity.give_back(
        event_id=entry.event_id, organisation=entry.organisation, offer=entry.offer, now=now, places=entry.places_wanted
    )


def _tell_waiting(change: EventChange, now: datetime) -> None:
    for entry in _entries(change):
        emails.waiting_change(entry=entry, change=change, now=now)


def _groups(change: EventChange) -> QuerySet[GroupBooking]:
    holding = GroupBooking.objects.filter(event_id=change.event_id).with_unnamed_places().with_event_facts()
    return holding.prefetch_related("event__sessions__venue").select_for_update(of=("self",)).order_by("pk")


def _tell_trainers(change: EventChange, now: datetime) -> None:
    """Those who train it now, and those whom the change took off it. While it is off, nobody trains it."""
    off = set(change.plan.get("trainers_off", []))
    trained: dict[int, list[Session]] = {pk: [] for pk in off}
    assignments = TrainerAssignment.objects.filter(session__event_id=change.event_id).select_related("session__venue")
    for assignment in assignments.order_by("session__position", "pk"):
        trained.setdefault(assignment.trainer_id, [])
        if change.event.state == Event.State.OPEN:
            trained[assignment.trainer_id].append(assignment.session)
    for trainer in Trainer.objects.filter(pk__in=trained).select_related("practitioner__user").order_by("pk"):
        emails.trainer_change(
            trainer=trainer, sessions=trained[trainer.pk], is_off=trainer.pk in off, change=change, now=now
        )


AFTERWARDS = {
    ChangeKind.MOVE: _after_move,
    ChangeKind.POSTPONE: _after_postpone,
    ChangeKind.CANCEL: _after_cancel,
    ChangeKind.SPLIT: _after_split,
    ChangeKind.GO_AHEAD: _after_nothing,
    ChangeKind.CAPACITY: _after_nothing,
    ChangeKind.DETAILS: _after_nothing,
}
