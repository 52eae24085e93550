"""Places: book, cancel, decide requests. The only module that locks an event and counts its places.

A booking, its needs and its letter are written first; the event's row is locked last, for one check and
one count before the commit, because everybody who books the same date waits on that row.
"""

import secrets
from dataclasses import asdict
from datetime import datetime, timedelta
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction
from django.db.models import Count, F, Q
from django.utils import timezone

from accounts.models import Organisation, Partnership, Practitioner, User
from bookings import emails
from bookings.eligibility import (
    BOOKED,
    FULL,
    Answers,
    Decision,
    Outcome,
    Reason,
    bookable_events,
    decide,
    free_cancel_until,
    reasons_of_date,
    reasons_unsaid,
    terms_for,
)
from bookings.models import Booking, BookingNeeds
from bookings.models.booking import PLACE_HOLDING_STATES, State
from courses.models import Event

# No letter or figure that can be taken for another, on paper or over the telephone.
REFERENCE_ALPHABET = "23456789ABCDEFGHJKMNPQRTUVWXYZ"
REFERENCE_LENGTH = 8
PRICE_CHANGED = Reason(
    "price_changed", "The price has changed since you opened this page.", "Look at it and decide again."
)


class BookingRefused(Exception):
    """The place cannot be had; carries every reason, in words for the person."""

    def __init__(self, reasons: list[Reason]) -> None:
        super().__init__(" ".join(reason.words for reason in reasons))
        self.reasons = reasons


class EventFull(BookingRefused):
    """Somebody else had the last place."""


class AlreadyBooked(BookingRefused):
    """The person has a live booking on this date."""


class PriceChanged(BookingRefused):
    """The price is no longer the one that the page showed."""


class AlreadyDecided(BookingRefused):
    """The request is no longer open."""


class CannotCancel(Exception):
    """The place cannot be given up; the words say why."""


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
) -> Booking:
    """Book a place, or ask for one where somebody must decide first, and write the letter that says so.

    `event` is best read by `bookable_events()`; what has changed since is seen when the place is taken.
    The same idempotency key gives the same booking however often it is sent. Raises EventFull,
    AlreadyBooked, PriceChanged (against `price_shown`) or BookingRefused with every other reason.
    """
    key = idempotency_key or uuid4()
    answers = answers or Answers()
    decision = decide(practitioner=practitioner, organisation=organisation, event=event, now=now)
    refusal = _refusal(decision, reasons_unsaid(decision, answers), price_shown)
    if refusal:
        # Pressing the button again is no mistake, whatever has become of the date since.
        earlier = _booked_by_form(key, practitioner)
        if earlier:
            return earlier
        raise refusal
    booking = _new_booking(
        event=event,
        practitioner=practitioner,
        organisation=organisation,
        decision=decision,
        now=now,
        booked_by=by,
        idempotency_key=key,
        source=source,
        terms_accepted_at=now,
        **asdict(answers),
    )
    try:
        with transaction.atomic(durable=True):
            booking.save(force_insert=True)
            _keep_needs(booking, access=needs_access, diet=needs_diet)
            _write_first_letter(booking, now)
            _take_place(event.pk, now)
    except IntegrityError as error:
        return _booking_in_the_way(error, booking)
    return booking


@transaction.atomic(durable=True)
def cancel(*, booking_id: int, by: User | None, now: datetime, reason: str = "") -> Booking:
    """Give up a place or a request; after the deadline it counts as cancelled late and needs a reason (rules B7, B9).

    Cancelling twice is the same as once. A date that has begun cannot be cancelled: the register says who came.
    """
    booking = _lock_booking(booking_id)
    if booking.state in (State.CANCELLED, State.CANCELLED_LATE):
        return booking
    if booking.state not in (State.REQUESTED, State.CONFIRMED):
        raise CannotCancel("This place can no longer be cancelled.")
    if booking.event.has_begun(now):
        raise CannotCancel("This date has begun, so the place can no longer be cancelled here.")
    is_late = not booking.is_free_to_cancel(now)
    if is_late and not reason.strip():
        raise CannotCancel("Say why you are cancelling, because the last day to cancel free of charge has passed.")
    was_confirmed = booking.state == State.CONFIRMED
    booking.state = State.CANCELLED_LATE if is_late else State.CANCELLED
    booking.cancelled_at = now
    booking.cancelled_by = by
    booking.cancelled_reason = reason.strip()
    booking.calendar_sequence += 1
    booking.save(update_fields=["state", "cancelled_at", "cancelled_by", "cancelled_reason", "calendar_sequence"])
    emails.cancellation(booking=booking, was_confirmed=was_confirmed, now=now)
    _give_place_back(booking.event_id)
    return booking


@transaction.atomic(durable=True)
def confirm_request(*, booking_id: int, by: User, now: datetime) -> Booking:
    """Turn a request into a place, on the terms of this day; the person gets the confirmation.

    An organisation that was new when the person asked must have its charging category by now.
    """
    booking = _lock_request(booking_id)
    _refuse_lost_date(booking.event, now)
    _settle_terms(booking, now)
    booking.state = State.CONFIRMED
    booking.confirmed_at = booking.decided_at = now
    booking.decided_by = by
    booking.save(
        update_fields=[
            *("state", "confirmed_at", "decided_at", "decided_by", "free_cancel_until"),
            *("offer", "sector", "charging_category", "price"),
        ]
    )
    emails.confirmation(booking=booking, now=now)
    return booking


@transaction.atomic(durable=True)
def decline_request(*, booking_id: int, by: User, now: datetime, reason: str) -> Booking:
    """Decline a request for a reason that the person reads; the place goes back."""
    booking = _lock_request(booking_id)
    if not reason.strip():
        raise BookingRefused([Reason("no_reason", "Write why the request is declined. The person reads it.")])
    booking.state = State.DECLINED
    booking.decided_at = now
    booking.decided_by = by
    booking.decided_reason = reason.strip()
    booking.save(update_fields=["state", "decided_at", "decided_by", "decided_reason"])
    emails.request_declined(booking=booking, now=now)
    _give_place_back(booking.event_id)
    return booking


@transaction.atomic(durable=True)
def lapse_request(*, booking_id: int, now: datetime) -> Booking | None:
    """Let a request go that nobody decided in time (rule B2); decided meanwhile is not an error."""
    request = Booking.objects.requests_past_their_hold(now).select_for_update(of=("self",)).filter(pk=booking_id)
    booking = request.with_event_facts().first()
    if booking is None:
        return None
    booking.state = State.LAPSED
    booking.save(update_fields=["state"])
    emails.request_lapsed(booking=booking, now=now)
    _give_place_back(booking.event_id)
    return booking


@transaction.atomic
def take_walk_in_place(
    *, event_id: int, practitioner: Practitioner, organisation: Organisation, by: User, now: datetime
) -> Booking:
    """Give somebody who came without a booking a place if one is free (rule B19); no letter, they are in the room.

    Joins the caller's transaction: the register adds the mark that says they were there.
    """
    event = bookable_events().get(pk=event_id)
    decision = decide(practitioner=practitioner, organisation=organisation, event=event, now=now)
    if decision.terms.offer is None or decision.terms.policy is None:
        raise BookingRefused([reason for reason in decision.reasons if reason.code == "not_offered"])
    booking = _new_booking(
        event=event,
        practitioner=practitioner,
        organisation=organisation,
        decision=decision,
        now=now,
        booked_by=by,
        source=Booking.Source.WALK_IN,
        idempotency_key=uuid4(),
    )
    booking.state = State.CONFIRMED
    booking.hold_ends_at = None
    booking.confirmed_at = now
    booking.free_cancel_until = decision.terms.free_cancel_until
    if booking.price is None:
        booking.price = Decimal("0")
    try:
        with transaction.atomic():
            booking.save(force_insert=True)
            _take_place(event_id, now, is_walk_in=True)
    except IntegrityError as error:
        return _booking_in_the_way(error, booking)
    return booking


def count_places(*, event_id: int) -> int:
    """Count the bookings that hold a place: what the event's counter must equal."""
    return Booking.objects.filter(event_id=event_id).holding_a_place().count()


def miscounted_events() -> list[int]:
    """Find events whose counter differs from their bookings. There are none; the sweep that asks would report one."""
    held = Count("bookings", filter=Q(bookings__state__in=PLACE_HOLDING_STATES))
    return list(
        Event.objects.annotate(held=held).exclude(held=F("places_taken")).order_by("pk").values_list("pk", flat=True)
    )


# --- The event's row: locked last, held for one statement ---------------------------------------------


def lock_event(event_id: int) -> Event:
    """Wait until nobody else counts places of this event. Held until the transaction ends.

    NO KEY: rows that merely refer to the event need not wait, and cannot meet us head on.
    """
    return Event.objects.select_for_update(of=("self",), no_key=True).select_related("version__course").get(pk=event_id)


def _take_place(event_id: int, now: datetime, *, is_walk_in: bool = False) -> None:
    """Look once more with the row in hand: somebody may have had the last place, or the team closed the date."""
    event = lock_event(event_id)
    if event.is_full:
        raise EventFull([FULL])
    reasons = [] if is_walk_in else reasons_of_date(event, now)
    if reasons:
        raise BookingRefused(reasons)
    Event.objects.filter(pk=event_id).update(places_taken=F("places_taken") + 1)


def _give_place_back(event_id: int) -> None:
    Event.objects.filter(pk=event_id).update(places_taken=F("places_taken") - 1)


# --- What the actions are made of ---------------------------------------------------------------------


def _booked_by_form(key: UUID, practitioner: Practitioner) -> Booking | None:
    booking = Booking.objects.filter(idempotency_key=key).select_related("event").first()
    if booking and booking.practitioner_id != practitioner.pk:
        raise BookingRefused(
            [Reason("stale_form", "This form was used already.", "Open the date again and book there.")]
        )
    return booking


def _refusal(decision: Decision, unsaid: list[Reason], price_shown: Decimal | None) -> BookingRefused | None:
    """Return why the place cannot be had, under the name that callers tell apart; None when it can."""
    if "already_booked" in decision.codes:
        return AlreadyBooked([BOOKED])
    if decision.codes == {"full"}:
        return EventFull(decision.reasons)
    if decision.outcome == Outcome.REFUSE:
        return BookingRefused(decision.reasons)
    if unsaid:
        return BookingRefused(unsaid)
    if price_shown is not None and price_shown != decision.price:
        return PriceChanged([PRICE_CHANGED])
    return None


def _new_booking(
    *,
    event: Event,
    practitioner: Practitioner,
    organisation: Organisation | None,
    decision: Decision,
    now: datetime,
    **fields: object,
) -> Booking:
    """Copy the terms of this day onto an unsaved booking: last year's report must not change (rule B23)."""
    if organisation is None:
        raise BookingRefused(decision.reasons)
    is_request = decision.outcome == Outcome.REQUEST
    return Booking(
        reference=_new_reference(),
        event=event,
        practitioner=practitioner,
        offer=decision.terms.offer,
        state=State.REQUESTED if is_request else State.CONFIRMED,
        organisation=organisation,
        sector=organisation.sector,
        charging_category=organisation.charging_category,
        price=decision.price,
        policy=decision.terms.policy,
        booked_at=now,
        confirmed_at=None if is_request else now,
        free_cancel_until=None if is_request else decision.terms.free_cancel_until,
        hold_ends_at=decision.hold_ends_at if is_request else None,
        **fields,
    )


def _new_reference() -> str:
    return "B-" + "".join(secrets.choice(REFERENCE_ALPHABET) for _ in range(REFERENCE_LENGTH))


def _keep_needs(booking: Booking, *, access: str, diet: str) -> None:
    """Rule B22: with the booking, apart from it, and with the day on which they are erased."""
    if not access and not diet:
        return
    kept_for = timedelta(days=Partnership.objects.current().needs_erased_after_days)
    last_day = timezone.localtime(booking.event.ends_at).date()
    BookingNeeds.objects.create(booking=booking, access=access, diet=diet, erase_on=last_day + kept_for)


def _write_first_letter(booking: Booking, now: datetime) -> None:
    if booking.state == State.REQUESTED:
        emails.request_received(booking=booking, now=now)
    else:
        emails.confirmation(booking=booking, now=now)


def _booking_in_the_way(error: IntegrityError, booking: Booking) -> Booking:
    """Say in words which rule of the database refused the row; the same form pressed twice gives its first booking."""
    rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    earlier = _booked_by_form(booking.idempotency_key, booking.practitioner)
    if earlier:
        return earlier
    if rule == "one_live_booking_per_practitioner_per_event":
        raise AlreadyBooked([BOOKED]) from error
    if rule == "places_taken_within_capacity":
        raise EventFull([FULL]) from error
    raise error


def _lock_booking(booking_id: int) -> Booking:
    bookings = Booking.objects.with_event_facts().select_related("policy").prefetch_related("event__sessions__venue")
    return bookings.select_for_update(of=("self",)).get(pk=booking_id)


def _lock_request(booking_id: int) -> Booking:
    booking = _lock_booking(booking_id)
    if booking.state != State.REQUESTED:
        raise AlreadyDecided(
            [Reason("decided", f"This request has been settled already: it is {booking.get_state_display()}.")]
        )
    return booking


def _refuse_lost_date(event: Event, now: datetime) -> None:
    """A request may be confirmed after booking has closed, but not for a date that is off or has begun."""
    if event.state == Event.State.CANCELLED or event.has_begun(now):
        raise BookingRefused(reasons_of_date(event, now))


def _settle_terms(booking: Booking, now: datetime) -> None:
    """Fix what the place costs and until when it can be given up, now that it becomes one."""
    organisation, event, partnership = booking.organisation, booking.event, Partnership.objects.current()
    if booking.price is None:
        terms = terms_for(organisation=organisation, event=event, now=now, partnership=partnership)
        if terms.offer is None or terms.quote is None or terms.quote.amount is None:
            raise BookingRefused([_no_price_yet(organisation)])
        booking.offer = terms.offer
        booking.price = terms.quote.amount
        booking.sector = organisation.sector
        booking.charging_category = organisation.charging_category
    booking.free_cancel_until = free_cancel_until(offer=booking.offer, event=event, partnership=partnership)


def _no_price_yet(organisation: Organisation) -> Reason:
    if organisation.charging_category:
        return Reason(
            "not_offered", f"This date has no price for {organisation.name}: decline the request, or set one."
        )
    return Reason("organisation_undecided", f"Decide first what {organisation.name} pays: set its charging category.")
