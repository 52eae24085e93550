"""Places: book one, take one on the day, give one up."""

from dataclasses import asdict, dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.correspondence import withhold_unsent
from accounts.locking import locked
from accounts.models import Organisation, Partnership, Practitioner, User
from bookings import emails
from bookings.actions import approval_links, capacity, charges, sales
from bookings.actions.capacity import AgencyFull, BookingRefused, EventFull
from bookings.eligibility import Answers, Decision, Outcome, bookable_events, decide, reasons_unsaid
from bookings.models import Booking, BookingNeeds, WaitingListEntry
from bookings.models.booking import STATE_FIELDS, CancelReason, State
from bookings.models.waiting_list import WaitingState
from bookings.reasons import BOOKED, FULL, MAY_BE_OVERRIDDEN, REASONS_TO_QUEUE, Reason
from courses.models import Event
from courses.references import new_reference

SHARE_TAKEN = Reason("agency_full", "Your agency has the places that it may have on this date for now.")
DATE_MOVED = Reason("moved", "This date was moved a moment ago.", "Look at its new day or place and decide again.")
PRICE_CHANGED = Reason(
    "price_changed", "The price has changed since you opened this page.", "Look at it and decide again."
)


class AlreadyBooked(BookingRefused):
    """The person has a live booking on this date."""


class PriceChanged(BookingRefused):
    """The price is no longer the one that the page showed."""


class CannotCancel(Exception):
    """The place cannot be given up; the words say why."""


@dataclass(frozen=True, kw_only=True)
class Override:
    """Which reasons somebody of the team sets aside, as they were shown, and why. A reason that is new still refuses."""

    codes: frozenset[str]
    reason: str


def book(
    *,
    event: Event,
    practitioner: Practitioner,
    organisation: Organisation | None,
    by: User | None,
    now: datetime,
    idempotency_key: UUID | None = None,
    source: str = Booking.Source.SELF,
    answers: Answers | None = None,
    needs_access: str = "",
    needs_diet: str = "",
    price_shown: Decimal | None = None,
    override: Override | None = None,
) -> Booking:
    """Book a place, or ask for one where somebody must decide first, and write the letter that says so.

    `event` is best read by `bookable_events()`; what has changed since is seen when the place is taken.
    The same idempotency key gives the same booking however often it is sent. Raises EventFull, AgencyFull,
    AlreadyBooked, PriceChanged (against `price_shown`) or BookingRefused with every other reason.
    """
    key = idempotency_key or uuid4()
    answers = answers or Answers()
    decision = decide(practitioner=practitioner, organisation=organisation, event=event, now=now)
    unsaid = reasons_unsaid(decision, answers)
    refusal = refusal_of(decision=decision, unsaid=unsaid, price_shown=price_shown, override=override)
    if refusal:
        # Pressing the button again is no mistake, whatever has become of the date since.
        earlier = booked_by_form(key=key, practitioner=practitioner)
        if earlier:
            return earlier
        refusal.decision = decision
        raise refusal
    booking = new_booking(
        event=event,
        practitioner=practitioner,
        organisation=organisation,
        decision=decision,
        now=now,
        override=override,
        booked_by=by,
        idempotency_key=key,
        source=source,
        terms_accepted_at=now,
        **asdict(answers),
    )
    try:
        with transaction.atomic(durable=True):
            sales.sell_place(booking=booking, by=by, now=now, discount=decision.terms.discount)
            booking.save(force_insert=True)
            keep_needs(booking=booking, access=needs_access, diet=needs_diet)
            write_first_letter(booking=booking, now=now)
            _record_override(booking, by, now)
            take_place_of(booking=booking, now=now)
    except IntegrityError as error:
        return booking_in_the_way(error=error, booking=booking)
    return booking


@transaction.atomic(durable=True)
def cancel(*, booking_id: int, by: User | None, now: datetime, reason: str = "", cancelled_for: str = "") -> Booking:
    """Give up a place or a request; after the deadline it counts as cancelled late and needs a reason (rules B7, B9).

    A late one drafts its charge in the same transaction. Cancelling twice is the same as once. A date that has
    begun cannot be cancelled: the register says who came.
    """
    booking = lock_booking(booking_id)
    if booking.state in (State.CANCELLED, State.CANCELLED_LATE):
        return booking
    if booking.state not in (State.REQUESTED, State.CONFIRMED):
        raise CannotCancel("This place can no longer be cancelled.")
    if booking.event.has_begun(now):
        raise CannotCancel("This date has begun, so the place can no longer be cancelled here.")
    is_late = not booking.is_free_to_cancel(now)
    reason = reason.strip() or (str(CancelReason(cancelled_for).label) if cancelled_for else "")
    if is_late and not reason:
        raise CannotCancel("Say why you are cancelling, because the last day to cancel free of charge has passed.")
    was_confirmed = booking.state == State.CONFIRMED
    booking.move_to(State.CANCELLED_LATE if is_late else State.CANCELLED, by=by, now=now, reason=reason)
    booking.cancelled_at = now
    booking.cancelled_by = by
    booking.cancelled_reason = reason
    booking.cancelled_for = cancelled_for
    booking.calendar_sequence += 1
    booking.save(
        update_fields=[
            *STATE_FIELDS,
            *("cancelled_at", "cancelled_by", "cancelled_reason", "cancelled_for", "calendar_sequence"),
        ]
    )
    withhold_unsent(about=f"booking:{booking.pk}", now=now, reason=emails.GIVEN_UP)
    charge = charges.follow(booking=booking, by=by, now=now)
    emails.cancellation(booking=booking, was_confirmed=was_confirmed, now=now, charge=charge)
    emails.place_given_up(booking=booking, now=now, charge=charge)
    capacity.give_back(event_id=booking.event_id, organisation=booking.organisation, offer=booking.offer, now=now)
    return booking


@transaction.atomic
def take_walk_in_place(
    *,
    event_id: int,
    practitioner: Practitioner,
    organisation: Organisation,
    by: User,
    now: datetime,
    idempotency_key: UUID | None = None,
) -> Booking:
    """Give somebody who came without a booking a place if one is free (rule B19); no letter, they are in the room.

    Joins the caller's transaction: the register adds the mark that says they were there.
    """
    event = bookable_events().get(pk=event_id)
    decision = decide(practitioner=practitioner, organisation=organisation, event=event, now=now)
    if decision.terms.offer is None or decision.terms.policy is None:
        raise BookingRefused([reason for reason in decision.reasons if reason.code == "not_offered"])
    booking = new_booking(
        event=event,
        practitioner=practitioner,
        organisation=organisation,
        decision=decision,
        now=now,
        booked_by=by,
        source=Booking.Source.WALK_IN,
        idempotency_key=idempotency_key or uuid4(),
    )
    confirm_at_once(booking=booking, decision=decision, now=now)
    try:
        with transaction.atomic():
            sales.sell_place(booking=booking, by=by, now=now, discount=decision.terms.discount)
            booking.save(force_insert=True)
            take_place_of(booking=booking, now=now)
    except IntegrityError as error:
        return booking_in_the_way(error=error, booking=booking)
    return booking


# --- What the actions about places are made of ---------------------------------------------------------


def lock_booking(booking_id: int) -> Booking:
    """Fetch a booking with its event's facts, for oneself alone until the transaction ends."""
    bookings = Booking.objects.with_event_facts().select_related("policy").prefetch_related("event__sessions__venue")
    return locked(bookings.filter(pk=booking_id)).get()


def booked_by_form(*, key: UUID, practitioner: Practitioner) -> Booking | None:
    """Find what this form made when it was sent before."""
    booking = Booking.objects.filter(idempotency_key=key).select_related("event").first()
    if booking and booking.practitioner_id != practitioner.pk:
        raise BookingRefused(
            [Reason("stale_form", "This form was used already.", "Open the date again and book there.")]
        )
    return booking


def refusal_of(
    *,
    decision: Decision,
    unsaid: list[Reason],
    price_shown: Decimal | None = None,
    override: Override | None = None,
) -> BookingRefused | None:
    """Return why the place cannot be had, under the name that callers tell apart; None when it can."""
    codes = frozenset(override.codes if override else ()) & MAY_BE_OVERRIDDEN
    reasons = [reason for reason in decision.reasons if reason.code not in codes]
    if any(reason.code == "already_booked" for reason in reasons):
        return AlreadyBooked([BOOKED])
    if reasons:
        left = {reason.code for reason in reasons}
        if left <= REASONS_TO_QUEUE:
            return EventFull(reasons) if "full" in left else AgencyFull(reasons)
        return BookingRefused(reasons)
    # Nobody is asked where the team has set the approval aside, so nobody's address is needed.
    needless = codes | ({"no_managers_email"} if "approval" in codes else set())
    unsaid = [reason for reason in unsaid if reason.code not in needless]
    if unsaid:
        return BookingRefused(unsaid)
    if price_shown is not None and price_shown != decision.price:
        return PriceChanged([PRICE_CHANGED])
    if override and not override.reason.strip():
        return BookingRefused([Reason("no_reason", "Say why the place is given all the same. It is kept on record.")])
    return None


def new_booking(
    *,
    event: Event,
    practitioner: Practitioner,
    organisation: Organisation | None,
    decision: Decision,
    now: datetime,
    override: Override | None = None,
    booked_by: User | None = None,
    **fields: object,
) -> Booking:
    """Copy the terms of this day onto an unsaved booking: last year's report must not change (rule B23)."""
    if organisation is None:
        raise BookingRefused(decision.reasons)
    set_aside = _set_aside(decision, override)
    is_request = decision.outcome == Outcome.REQUEST or bool(decision.waits_for)
    if set_aside.issuperset(reason.code for reason in decision.waits_for):
        is_request = False
    return Booking(
        reference=new_reference("B"),
        event=event,
        practitioner=practitioner,
        offer=decision.terms.offer,
        state=State.REQUESTED if is_request else State.CONFIRMED,
        state_since=now,
        state_set_by=booked_by,
        booked_by=booked_by,
        organisation=organisation,
        sector=organisation.sector,
        charging_category=organisation.charging_category,
        price=decision.price,
        policy=decision.terms.policy,
        booked_at=now,
        confirmed_at=None if is_request else now,
        free_cancel_until=None if is_request else decision.terms.free_cancel_until,
        hold_ends_at=decision.hold_ends_at if is_request else None,
        overridden=sorted(set_aside),
        override_reason=override.reason.strip() if override and set_aside else "",
        **fields,
    )


def _set_aside(decision: Decision, override: Override | None) -> set[str]:
    """The reasons that an override really sets aside here."""
    if override is None:
        return set()
    against = {reason.code for reason in [*decision.reasons, *decision.waits_for]}
    return against & override.codes & MAY_BE_OVERRIDDEN


def confirm_at_once(*, booking: Booking, decision: Decision, now: datetime) -> None:
    """Make an unsaved booking a place, whatever it would have waited for: the person is there, or was promised it."""
    booking.state = State.CONFIRMED
    booking.hold_ends_at = None
    booking.confirmed_at = now
    booking.free_cancel_until = decision.terms.free_cancel_until
    if booking.price is None:
        booking.price = Decimal("0")


def keep_needs(*, booking: Booking, access: str, diet: str) -> None:
    """Rule B22: with the booking, apart from it, and with the day on which they are erased."""
    if not access and not diet:
        return
    kept_for = timedelta(days=Partnership.objects.current().needs_erased_after_days)
    last_day = timezone.localtime(booking.event.ends_at).date()
    BookingNeeds.objects.create(booking=booking, access=access, diet=diet, erase_on=last_day + kept_for)


def take_place_of(*, booking: Booking, now: datetime) -> None:
    """Take the booking's place, as the last step before the commit. Raises EventFull, AgencyFull, BookingRefused."""
    event = capacity.take(
        event_id=booking.event_id,
        organisation=booking.organisation,
        offer=booking.offer,
        now=now,
        is_walk_in=booking.is_walk_in,
        overriding=booking.overridden,
    )
    if (event.starts_at, event.venue_id) != (booking.event.starts_at, booking.event.venue_id):
        raise BookingRefused([DATE_MOVED])
    if event.people_waiting:
        leave_waiting_list(booking=booking, now=now)


def leave_waiting_list(*, booking: Booking, now: datetime) -> None:
    """Whoever has a place waits no longer. An entry that is in another hand just now is settled there."""
    own = WaitingListEntry.objects.filter(event=booking.event_id, practitioner=booking.practitioner).waiting()
    for entry in own.select_for_update(of=("self",), skip_locked=True):
        entry.state, entry.state_reason, entry.closed_at = WaitingState.WITHDRAWN, "Booked a place.", now
        entry.save(update_fields=["state", "state_reason", "closed_at"])
        capacity.count_waiting(event_id=booking.event_id, places=-entry.places_wanted)


def write_first_letter(*, booking: Booking, now: datetime) -> None:
    """Confirm the place; or say that it has been asked for, and ask the manager where the offer wants that (rule B1)."""
    if booking.state == State.REQUESTED:
        if approval_links.is_to_be_asked(booking=booking):
            approval_links.ask(booking=booking, now=now)
        emails.request_received(booking=booking, now=now)
    else:
        emails.confirmation(booking=booking, now=now)


def _record_override(booking: Booking, by: User | None, now: datetime) -> None:
    if booking.overridden:
        record(
            by=by,
            verb="booking.override",
            subject=f"booking:{booking.pk}",
            now=now,
            set_aside=booking.overridden,
            reason=booking.override_reason,
        )


def booking_in_the_way(*, error: IntegrityError, booking: Booking) -> Booking:
    """Say in words which rule of the database refused the row; the same form pressed twice gives its first booking."""
    rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    earlier = booked_by_form(key=booking.idempotency_key, practitioner=booking.practitioner)
    if earlier:
        return earlier
    if rule == "one_live_booking_per_practitioner_per_event":
        raise AlreadyBooked([BOOKED]) from error
    if rule == "places_taken_within_capacity":
        raise EventFull([FULL]) from error
    if rule == "an_agency_keeps_to_its_share":
        raise AgencyFull([SHARE_TAKEN]) from error
    raise error
