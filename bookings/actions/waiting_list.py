"""The waiting list: join, leave, offer what is free, take an offer or let it go (DOMAIN 5.5).

`offer_free_places` is the one service that every freed place ends in, whichever way it was freed: a place given
back marks its event as owing offers, and a hint or the minute's sweep has the list looked at. Locks are taken
entries first and the event last; the service, which needs the event first, passes over entries that somebody
else has in hand.
"""

from collections.abc import Iterable
from dataclasses import asdict, dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.correspondence import posted_together
from accounts.locking import locked
from accounts.models import Organisation, Partnership, Practitioner, User
from bookings import emails
from bookings.actions import capacity, places, sales
from bookings.actions.capacity import AgencyFull, BookingRefused
from bookings.agency_mix import cap_lifts_at
from bookings.eligibility import Answers, Decision, Outcome, bookable_events, decide, reasons_unsaid, who_cannot_come
from bookings.models import Booking, WaitingListEntry
from bookings.models.waiting_list import OFFERS_THAT_MAY_LAPSE, WaitingState
from bookings.reasons import BOOKED, REASONS_TO_QUEUE, Reason
from bookings.waiting_times import first_to_answer_at, offer_ends_at, offers_stop_at, start_of
from courses.models import Event
from courses.references import new_reference

# So many offers are made at a time, and the event's row is held no longer than their letters take to write.
PORTION = 20
# Reasons that no longer matter to somebody who was promised a place.
OVERTAKEN_BY_OFFER = REASONS_TO_QUEUE | {"offered", "closed", "too_late_to_ask"}


class PlaceIsFree(BookingRefused):
    """Nobody needs to wait: the date has a place for whoever asks."""


class OfferGone(Exception):
    """The offer has ended, was taken or was given up; the words say which."""


# --- Joining and leaving ----------------------------------------------------------------------------------


def join(
    *,
    event: Event,
    practitioner: Practitioner,
    organisation: Organisation | None,
    by: User | None,
    now: datetime,
    idempotency_key: UUID | None = None,
) -> WaitingListEntry:
    """Put somebody on the list of a date that has no place for them just now; the letter says where they stand.

    Whoever is on it already keeps their turn. Raises PlaceIsFree, or BookingRefused with every reason why a free
    place would not help them either.
    """
    decision = decide(practitioner=practitioner, organisation=organisation, event=event, now=now)
    if decision.waiting:
        return decision.waiting
    _refuse_joining(decision, event, now)
    if organisation is None or decision.terms.offer is None:
        raise BookingRefused(decision.reasons)
    return enter(
        WaitingListEntry(
            event=event,
            practitioner=practitioner,
            organisation=organisation,
            offer=decision.terms.offer,
            joined_by=by,
            idempotency_key=idempotency_key or uuid4(),
        ),
        now=now,
    )


def enter(entry: WaitingListEntry, *, now: datetime) -> WaitingListEntry:
    """Put an unsaved entry at the end of the list, with its letter, and return it.

    The same button pressed twice at once, the same person in two windows, two contacts of one organisation: the first
    entry stands. Raises PlaceIsFree where a place became free a moment ago.
    """
    entry.reference = new_reference("W")
    entry.joined_at = entry.queued_at = now
    try:
        with transaction.atomic(durable=True):
            entry.save(force_insert=True)
            emails.waiting_joined(entry=entry, place=position_of(entry=entry), now=now)
            begin_to_wait(entry=entry, now=now)
    except IntegrityError:
        first = WaitingListEntry.objects.standing_for(entry).first()
        if first is None:
            raise
        return first
    return entry


def begin_to_wait(*, entry: WaitingListEntry, now: datetime) -> None:
    """Count an entry as waiting, as the last step before the commit, if there is still nothing for it.

    Raises PlaceIsFree where a place became free a moment ago.
    """
    event = capacity.lock_event(entry.event_id)
    left = event.places_left
    look_at = None
    if left is None or left >= entry.places_wanted:
        lifts_at = cap_lifts_at(event=event, partnership=Partnership.objects.current())
        if not capacity.is_held_back(event=event, entry=entry, now=now):
            raise PlaceIsFree([Reason("free", "A place is free on this date.", "Book it.")])
        look_at = lifts_at
    capacity.count_waiting(event_id=event.pk, places=entry.places_wanted, look_at=look_at)


def _refuse_joining(decision: Decision, event: Event, now: datetime) -> None:
    if decision.outcome in (Outcome.BOOK, Outcome.REQUEST):
        raise PlaceIsFree([Reason("free", "A place is free on this date.", "Book it.")])
    if decision.outcome == Outcome.REFUSE:
        raise BookingRefused(decision.reasons)
    refuse_closed_list(event=event, now=now)


def refuse_closed_list(*, event: Event, now: datetime) -> None:
    """Raise BookingRefused in the last hours, when a free place belongs to whoever books first."""
    if now >= first_to_answer_at(event=event):
        raise BookingRefused(
            [
                Reason(
                    "list_closed",
                    "The waiting list of this date is closed, because the date is so near.",
                    "If a place becomes free it is shown here, and whoever books first has it.",
                )
            ]
        )


@transaction.atomic(durable=True)
def leave(*, entry_id: int, by: User | None, now: datetime, reason: str = "") -> WaitingListEntry:
    """Take an entry off the list, with its offer if it has one. Leaving twice is the same as once."""
    entry = lock_entry(entry_id=entry_id)
    if not entry.is_live:
        return entry
    return _end(entry, WaitingState.WITHDRAWN, now, reason)


@transaction.atomic(durable=True)
def decline_offer(*, entry_id: int, by: User | None, now: datetime) -> WaitingListEntry:
    """Say no to an offer; the place goes to whoever is next. Saying no twice is the same as once."""
    entry = lock_entry(entry_id=entry_id)
    if entry.state != WaitingState.OFFERED:
        return entry
    return _end(entry, WaitingState.DECLINED, now, "")


def _end(entry: WaitingListEntry, state: WaitingState, now: datetime, reason: str) -> WaitingListEntry:
    was_offered = entry.state == WaitingState.OFFERED
    entry.state, entry.state_reason, entry.closed_at = state, reason.strip()[:300], now
    entry.save(update_fields=["state", "state_reason", "closed_at"])
    _return_what_it_held(entry, was_offered, now)
    return entry


def _return_what_it_held(entry: WaitingListEntry, was_offered: bool, now: datetime) -> None:
    if was_offered:
        capacity.give_back(
            event_id=entry.event_id,
            organisation=entry.organisation,
            offer=entry.offer,
            now=now,
            places=entry.places_wanted,
        )
    else:
        capacity.count_waiting(event_id=entry.event_id, places=-entry.places_wanted)


@transaction.atomic(durable=True)
def mark_urgent(*, entry_id: int, by: User, now: datetime, reason: str) -> WaitingListEntry:
    """Let somebody go first, for a reason that is kept: a new designated lead, a court that waits (DOMAIN 5.5)."""
    entry = lock_entry(entry_id=entry_id)
    if not reason.strip():
        raise BookingRefused([Reason("no_reason", "Say why they go first. It is kept on record.")])
    if entry.state == WaitingState.WAITING and entry.urgent_at is None:
        entry.urgent_at, entry.urgent_by, entry.urgent_reason = now, by, reason.strip()[:300]
        entry.save(update_fields=["urgent_at", "urgent_by", "urgent_reason"])
        record(by=by, verb="waiting_list.urgent", subject=f"waiting:{entry.pk}", now=now, reason=entry.urgent_reason)
    return entry


# --- Offering what is free --------------------------------------------------------------------------------


@dataclass
class _Look:
    """One look at a list: what was offered, and what keeps the rest waiting."""

    offered: list[WaitingListEntry] = field(default_factory=list)
    is_held_back: bool = False
    waits_for_group: bool = False


def offer_free_places(*, event_id: int, now: datetime) -> int:
    """Offer every free place of an event to whoever's turn it is, and return how many entries have an offer now.

    Made in portions, each whole in itself. Harmless twice, and when two workers do it at once. From
    `offer_cutoff_days` before the date on nothing is offered by itself: the team has a list to call. In the last
    hours (`first_to_answer_hours`) what is free belongs to whoever books first.
    """
    made = 0
    while True:
        with posted_together():
            offered = _offer_portion(event_id=event_id, now=now)
        made += offered
        if offered < PORTION:
            return made


@transaction.atomic(durable=True)
def _offer_portion(*, event_id: int, now: datetime) -> int:
    event = capacity.lock_event(event_id)
    partnership = Partnership.objects.current()
    if event.state != Event.State.OPEN or event.has_begun(now) or now >= first_to_answer_at(event=event):
        capacity.settle_offers(event=event, owed_since=None, look_at=None)
        return 0
    if now >= offers_stop_at(event=event):
        capacity.settle_offers(event=event, owed_since=_owed_since(event, now), look_at=first_to_answer_at(event=event))
        return 0
    ends_at = offer_ends_at(event=event, now=now)
    patience_ends_at = (event.offers_owed_since or now) + timedelta(days=partnership.group_patience_days)
    look = _look_through(event, now=now, may_pass_groups=now >= patience_ends_at)
    for entry in look.offered:
        entry.state, entry.offered_at, entry.offer_ends_at = WaitingState.OFFERED, now, ends_at
    WaitingListEntry.objects.bulk_update(look.offered, ["state", "offered_at", "offer_ends_at"])
    _write_offers(look.offered, now)
    if len(look.offered) < PORTION:
        lifts_at = cap_lifts_at(event=event, partnership=partnership) if look.is_held_back else None
        capacity.settle_offers(
            event=event,
            owed_since=_owed_since(event, now) if look.waits_for_group else None,
            look_at=patience_ends_at if look.waits_for_group else lifts_at,
        )
    return len(look.offered)


def _owed_since(event: Event, now: datetime) -> datetime | None:
    """What is free stays reserved while somebody waits for it."""
    is_free = event.free_places is None or event.free_places > 0
    return (event.offers_owed_since or now) if is_free and event.people_waiting else None


def _look_through(event: Event, *, now: datetime, may_pass_groups: bool) -> _Look:
    """Go through the list in turn and hold places, until none is free or the portion is full."""
    look = _Look()
    waiting = WaitingListEntry.objects.filter(event=event).waiting().in_turn().select_related("organisation", "offer")
    entries = list(waiting.select_for_update(of=("self",), skip_locked=True))
    busy = who_cannot_come(event=event, practitioner_ids=[entry.practitioner_id for entry in entries])
    for entry in entries:
        if event.free_places == 0 or len(look.offered) == PORTION:
            break
        if entry.practitioner_id in busy:
            continue
        try:
            fits = capacity.hold_for_offer(event=event, entry=entry, now=now)
        except AgencyFull:
            look.is_held_back = True
            continue
        if fits:
            look.offered.append(entry)
        elif not may_pass_groups:
            look.waits_for_group = True
            break
    return look


def _write_offers(offered: Iterable[WaitingListEntry], now: datetime) -> None:
    facts = WaitingListEntry.objects.with_event_facts().prefetch_related("event__sessions__venue")
    for entry in facts.filter(pk__in=[entry.pk for entry in offered]).in_turn():
        emails.waiting_offer(entry=entry, now=now)


@transaction.atomic(durable=True)
def offer_by_hand(*, entry_id: int, by: User, now: datetime) -> WaitingListEntry:
    """Offer a free place to this entry, out of turn or after offers have stopped: somebody of the team is calling.

    Raises BookingRefused where no place is free.
    """
    entry = lock_entry(entry_id=entry_id)
    if entry.state != WaitingState.WAITING:
        return entry
    event = capacity.lock_event(entry.event_id)
    if event.has_begun(now) or event.state != Event.State.OPEN:
        raise BookingRefused([Reason("begun", "This date has begun or is off, so nothing can be offered any more.")])
    if not capacity.hold_for_offer(event=event, entry=entry, now=now):
        raise BookingRefused([Reason("full", "No place is free that could be offered.")])
    entry.state, entry.offered_at, entry.offer_ends_at = WaitingState.OFFERED, now, offer_ends_at(event=event, now=now)
    entry.save(update_fields=["state", "offered_at", "offer_ends_at"])
    record(by=by, verb="waiting_list.offer", subject=f"waiting:{entry.pk}", now=now)
    _write_offers([entry], now)
    return entry


# --- Taking an offer, or letting it go --------------------------------------------------------------------


def accept(
    *,
    entry_id: int,
    by: User | None,
    now: datetime,
    answers: Answers | None = None,
    needs_access: str = "",
    needs_diet: str = "",
    price_shown: Decimal | None = None,
    source: str = Booking.Source.SELF,
) -> Booking:
    """Turn an offer into a booking; pressing twice gives the same one. The event's count stays: the offer held it.

    Raises OfferGone, or BookingRefused with the reasons that even an offer cannot set aside.
    """
    answers = answers or Answers()
    try:
        return _accept(entry_id, by, now, answers, (needs_access, needs_diet), price_shown, source)
    except IntegrityError as error:
        # Booked on another way at the same moment.
        raise places.AlreadyBooked([BOOKED]) from error


@transaction.atomic(durable=True)
def _accept(
    entry_id: int,
    by: User | None,
    now: datetime,
    answers: Answers,
    needs: tuple[str, str],
    price_shown: Decimal | None,
    source: str,
) -> Booking:
    entry = lock_entry(entry_id=entry_id)
    if entry.booking:
        return entry.booking
    refuse_gone(entry=entry, now=now)
    if entry.practitioner is None:
        raise OfferGone("A group's offer is taken on its own page, where its places are named.")
    decision = _decide_for_offer(entry, entry.practitioner, now)
    unsaid = reasons_unsaid(decision, answers)
    refusal = places.refusal_of(decision=decision, unsaid=unsaid, price_shown=price_shown)
    if refusal:
        raise refusal
    booking = places.new_booking(
        event=entry.event,
        practitioner=entry.practitioner,
        organisation=entry.organisation,
        decision=decision,
        now=now,
        booked_by=by,
        idempotency_key=entry.idempotency_key,
        source=source,
        terms_accepted_at=now,
        **asdict(answers),
    )
    sales.sell_place(booking=booking, by=by, now=now, discount=decision.terms.discount)
    booking.save(force_insert=True)
    entry.state, entry.booking, entry.closed_at = WaitingState.ACCEPTED, booking, now
    entry.save(update_fields=["state", "booking", "closed_at"])
    places.keep_needs(booking=booking, access=needs[0], diet=needs[1])
    places.write_first_letter(booking=booking, now=now)
    capacity.move_share(
        event_id=entry.event_id,
        before=(entry.organisation, entry.offer),
        after=(booking.organisation, booking.offer),
    )
    return booking


def refuse_gone(*, entry: WaitingListEntry, now: datetime) -> None:
    """Raise OfferGone unless this entry has an offer that still stands."""
    if entry.state != WaitingState.OFFERED:
        raise OfferGone(f"There is no offer to take: this entry is {entry.get_state_display()}.")
    if entry.offer_ends_at is None or entry.offer_ends_at <= now:
        raise OfferGone("This offer has ended, and the place goes to whoever is next.")


def _decide_for_offer(entry: WaitingListEntry, practitioner: Practitioner, now: datetime) -> Decision:
    """The terms of today, without the reasons that the offer itself has overtaken."""
    event = bookable_events().get(pk=entry.event_id)
    decision = decide(practitioner=practitioner, organisation=entry.organisation, event=event, now=now)
    hold_ends_at = decision.hold_ends_at
    if hold_ends_at is not None:
        # Whoever must still be asked has at least a day to answer.
        hold_ends_at = max(hold_ends_at, min(now + timedelta(days=1), start_of(event=event)))
    reasons = [reason for reason in decision.reasons if reason.code not in OVERTAKEN_BY_OFFER]
    return replace(decision, reasons=reasons, hold_ends_at=hold_ends_at)


@transaction.atomic(durable=True)
def lapse_offer(*, entry_id: int, now: datetime) -> WaitingListEntry | None:
    """Let an offer go that nobody answered: back to the end of the list once, the second time off it."""
    offers = WaitingListEntry.objects.past_their_offer(now).filter(pk=entry_id).with_event_facts()
    entry = locked(offers.prefetch_related("event__sessions__venue")).first()
    if entry is None:
        return None
    entry.offers_lapsed += 1
    if entry.offers_lapsed <= OFFERS_THAT_MAY_LAPSE and not entry.event.has_begun(now):
        entry.state, entry.queued_at = WaitingState.WAITING, now
        entry.urgent_at = entry.urgent_by = None
        entry.urgent_reason = ""
        capacity.count_waiting(event_id=entry.event_id, places=entry.places_wanted)
    else:
        entry.state, entry.closed_at = WaitingState.CLOSED, now
        entry.state_reason = "An offer was not answered in time."
    entry.save(
        update_fields=[
            *("state", "queued_at", "offers_lapsed", "closed_at", "state_reason"),
            *("urgent_at", "urgent_by", "urgent_reason"),
        ]
    )
    emails.waiting_offer_lapsed(entry=entry, now=now)
    _return_what_it_held(entry, True, now)
    return entry


# --- Near the date, and after it --------------------------------------------------------------------------


@transaction.atomic(durable=True)
def tell_first_to_answer(*, event_id: int, now: datetime) -> int:
    """Tell everybody who still waits that a place is free and goes to whoever books first; once each."""
    event = capacity.lock_event(event_id)
    if event.free_places == 0 or event.has_begun(now) or event.state != Event.State.OPEN:
        return 0
    capacity.settle_offers(event=event, owed_since=None, look_at=None)
    untold = WaitingListEntry.objects.filter(event=event, told_first_to_answer_at__isnull=True).waiting().in_turn()
    untold = untold.with_event_facts().prefetch_related("event__sessions__venue")
    entries = list(locked(untold, skip_locked=True))
    for entry in entries:
        emails.waiting_first_to_answer(entry=entry, now=now)
    WaitingListEntry.objects.filter(pk__in=[entry.pk for entry in entries]).update(told_first_to_answer_at=now)
    return len(entries)


@transaction.atomic(durable=True)
def close_list(*, event_id: int, now: datetime, reason: str = "The date began before a place was free.") -> int:
    """Close what still waits when the date has begun or is off: people wanted a place and had none (unmet demand)."""
    return close_list_within(event_id=event_id, now=now, reason=reason)


def close_list_within(*, event_id: int, now: datetime, reason: str) -> int:
    """Close the list inside the transaction of whoever calls off the date."""
    waiting = WaitingListEntry.objects.filter(event_id=event_id).waiting().with_event_facts().order_by("pk")
    entries = list(locked(waiting.prefetch_related("event__sessions__venue")))
    for entry in entries:
        entry.state, entry.state_reason, entry.closed_at = WaitingState.CLOSED, reason, now
        emails.waiting_closed(entry=entry, now=now)
    WaitingListEntry.objects.bulk_update(entries, ["state", "state_reason", "closed_at"])
    capacity.count_waiting(event_id=event_id, places=-sum(entry.places_wanted for entry in entries))
    return len(entries)


# --- One entry -------------------------------------------------------------------------------------------


def position_of(*, entry: WaitingListEntry) -> int:
    """Return the entry's place in the list: 1 is next."""
    waiting = WaitingListEntry.objects.filter(event_id=entry.event_id).waiting().in_turn()
    return 1 + list(waiting.values_list("pk", flat=True)).index(entry.pk)


def lock_entry(*, entry_id: int) -> WaitingListEntry:
    """Fetch an entry with what its letters read, for oneself alone until the transaction ends."""
    entries = WaitingListEntry.objects.with_event_facts().select_related("booking", "group_booking")
    return locked(entries.prefetch_related("event__sessions__venue").filter(pk=entry_id)).get()
