"""Changes without cancelling: a colleague takes the place, or the place moves to another date (rules B12, B13)."""

from dataclasses import replace
from datetime import datetime
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from accounts.actions import invitations, people
from accounts.correspondence import withhold_unsent
from accounts.models import Organisation, Partnership, Practitioner, Role, User
from bookings import emails
from bookings.actions import capacity, charges, places, sales
from bookings.eligibility import Decision, bookable_events, decide
from bookings.group_eligibility import Colleague, find_colleagues
from bookings.models import Booking
from bookings.models.booking import STATE_FIELDS, State
from bookings.reasons import REASONS_TO_QUEUE, Reason
from bookings.terms import free_cancel_until
from courses.models import Event
from courses.references import new_reference

# What is settled already for a place that a colleague had, and for a place on the same course.
SETTLED_FOR_COLLEAGUE = REASONS_TO_QUEUE | {"closed", "opens_later", "course_paused", "out_of_area", "not_offered"}
SETTLED_FOR_MOVE = {"out_of_area"}


class CannotChange(places.BookingRefused):
    """The place cannot be passed on or moved; the reasons say why."""


def substitute(
    *,
    booking_id: int,
    practitioner: Practitioner,
    by: User | None,
    now: datetime,
    idempotency_key: UUID | None = None,
    source: str = Booking.Source.SELF,
) -> Booking:
    """Let a colleague of the same agency have the place, free, at any time before the start; return their booking.

    They have the price and the notice that were agreed, and accept the terms for themselves. Raises
    CannotChange, or AlreadyBooked where the colleague has a place of their own.
    """
    key = idempotency_key or uuid4()
    earlier = places.booked_by_form(key=key, practitioner=practitioner)
    if earlier:
        return earlier
    try:
        return _substitute(booking_id, practitioner, by, now, key, source)
    except IntegrityError as error:
        raise places.AlreadyBooked([places.BOOKED]) from error


def substitute_by_name(
    *,
    booking: Booking,
    full_name: str,
    email: str,
    by: User,
    now: datetime,
    idempotency_key: UUID,
    source: str = Booking.Source.SELF,
) -> Booking:
    """Let whoever is named so have the place; somebody new is entered and asked to make an account.

    People are looked for among the agency's own alone, except by the team, so that naming somebody tells nothing
    about who is known elsewhere (BAR S4).
    """
    if earlier := _made_by_form(key=idempotency_key, booking_id=booking.pk):
        return earlier
    agency, is_team = booking.organisation, by.has_role(Role.WORKFORCE_TEAM)
    if is_team:
        colleague = people.find_or_add(full_name=full_name, email=email, organisation=agency, by=by, now=now)
    else:
        colleague = _find_or_enter(Colleague(full_name=full_name, email=email), agency, by, now)
    new = substitute(
        booking_id=booking.pk,
        practitioner=colleague,
        by=by,
        now=now,
        idempotency_key=idempotency_key,
        source=source,
    )
    if not is_team:
        invitations.invite_if_new(practitioner=colleague, organisation=agency, by=by, now=now)
    return new


@transaction.atomic
def _find_or_enter(named: Colleague, agency: Organisation, by: User, now: datetime) -> Practitioner:
    people.hold_list_of_people(organisation=agency)
    found = find_colleagues(organisation=agency, colleagues=[named])[0]
    if found:
        return found[0]
    return people.enter_colleague(
        full_name=named.full_name, email=named.email, contact_email=by.email, organisation=agency, by=by, now=now
    )


@transaction.atomic(durable=True)
def _substitute(
    booking_id: int, practitioner: Practitioner, by: User | None, now: datetime, key: UUID, source: str
) -> Booking:
    booking = places.lock_booking(booking_id)
    if earlier := _made_by_form(key=key, booking_id=booking_id):
        return earlier
    refuse_change(booking=booking, now=now)
    if booking.practitioner_id == practitioner.pk:
        raise CannotChange([Reason("same_person", "This place is theirs already.", "Name somebody else.")])
    event = bookable_events().get(pk=booking.event_id)
    decision = decide(practitioner=practitioner, organisation=booking.organisation, event=event, now=now)
    _refuse(decision, settled=SETTLED_FOR_COLLEAGUE)
    new = _continued(booking, event=event, practitioner=practitioner, by=by, now=now, key=key, source=source)
    new.free_cancel_until = booking.free_cancel_until
    new.group_booking = booking.group_booking
    sales.go_on_with(new=new, old=booking)
    _end(booking, State.SUBSTITUTED, by=by, now=now, reason=f"Given to {new.reference}")
    new.save(force_insert=True)
    withhold_unsent(about=f"booking:{booking.pk}", now=now, reason=emails.GIVEN_UP)
    emails.substituted(booking=booking, now=now)
    emails.confirmation(booking=new, now=now)
    emails.terms_to_accept(booking=new, now=now)
    # The count stays; the row is taken so that whoever waited for this date leaves its list in turn.
    if capacity.lock_event(event.pk).people_waiting:
        places.leave_waiting_list(booking=new, now=now)
    return new


def transfer(
    *,
    booking_id: int,
    event: Event,
    by: User | None,
    now: datetime,
    reason: str = "",
    idempotency_key: UUID | None = None,
    override: places.Override | None = None,
) -> Booking:
    """Move a place to another date of the same course, at the price agreed; return the new booking.

    Before the deadline it is free, so many times as the setting says; after it the old place counts as cancelled
    late and needs a reason. Raises CannotChange, or EventFull and AgencyFull where the other date has no place.
    """
    try:
        return _transfer(booking_id, event, by, now, reason, idempotency_key or uuid4(), override)
    except IntegrityError as error:
        rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
        if rule == "places_taken_within_capacity":
            raise places.EventFull([places.FULL]) from error
        raise places.AlreadyBooked([places.BOOKED]) from error


@transaction.atomic(durable=True)
def _transfer(
    booking_id: int,
    event: Event,
    by: User | None,
    now: datetime,
    reason: str,
    key: UUID,
    override: places.Override | None,
) -> Booking:
    booking = places.lock_booking(booking_id)
    if earlier := _made_by_form(key=key, booking_id=booking_id):
        return earlier
    refuse_change(booking=booking, now=now)
    _refuse_date(booking, event)
    is_late = not booking.is_free_to_cancel(now)
    set_aside = override.codes if override else frozenset[str]()
    if not is_late and moves_made(booking=booking) >= Partnership.objects.current().transfers_allowed:
        _refuse_second_move(set_aside)
    if is_late and not reason.strip():
        raise CannotChange([Reason("no_reason", "Say why, because the last free day has passed.")])
    decision = decide(practitioner=booking.practitioner, organisation=booking.organisation, event=event, now=now)
    _refuse(_without_own(decision, booking), settled=SETTLED_FOR_MOVE | set_aside)
    new = _continued(booking, event=event, practitioner=booking.practitioner, by=by, now=now, key=key)
    new.terms_accepted_at = now
    new.free_cancel_until = free_cancel_until(
        offer=booking.offer, event=event, partnership=Partnership.objects.current()
    )
    if is_late:
        # The old place is charged for; the new one is sold anew, at the price agreed.
        sales.sell_place(booking=new, by=by, now=now)
    else:
        sales.go_on_with(new=new, old=booking)
    if override:
        new.overridden = sorted(decision.codes & set_aside)
        new.override_reason = override.reason.strip() if new.overridden else ""
    _end(booking, State.CANCELLED_LATE if is_late else State.TRANSFERRED, by=by, now=now, reason=reason.strip())
    new.save(force_insert=True)
    withhold_unsent(about=f"booking:{booking.pk}", now=now, reason=emails.GIVEN_UP)
    emails.transferred(booking=booking, now=now)
    emails.confirmation(booking=new, now=now)
    charges.follow(booking=booking, by=by, now=now)
    _swap_places(booking, new, now)
    return new


def _made_by_form(*, key: UUID, booking_id: int) -> Booking | None:
    """Find what this form made of the place when it was sent before; with the place's row in hand, also a moment ago."""
    return Booking.objects.filter(idempotency_key=key, replaces=booking_id).first()


def refuse_change(*, booking: Booking, now: datetime) -> None:
    """Raise CannotChange unless this is a confirmed place on a date that has not begun."""
    if booking.state != State.CONFIRMED:
        words = f"This booking is {booking.get_state_display()}, so it cannot be changed."
        raise CannotChange([Reason("not_confirmed", words)])
    if booking.event.has_begun(now):
        raise CannotChange([Reason("begun", "This date has begun, so the place can no longer be changed.")])


def moves_made(*, booking: Booking) -> int:
    """Count how often this place has been moved free of charge before it came to this date."""
    count, earlier = 0, booking.replaces
    while earlier is not None:
        count += earlier.state == State.TRANSFERRED
        earlier = earlier.replaces
    return count


def _refuse_date(booking: Booking, event: Event) -> None:
    if event.pk == booking.event_id or event.version.course_id != booking.event.version.course_id:
        raise CannotChange([Reason("other_course", "Choose another date of the same course.")])
    if booking.offer not in event.offers.all():
        raise CannotChange([Reason("not_offered", "This date is not open to your organisation on the same terms.")])


def _refuse_second_move(set_aside: frozenset[str]) -> None:
    if "moved_before" not in set_aside:
        raise CannotChange(
            [
                Reason(
                    "moved_before",
                    "This place has been moved before, and it can be moved once.",
                    "Cancel it and book the other date, or let a colleague go.",
                )
            ]
        )


def _without_own(decision: Decision, booking: Booking) -> Decision:
    """The place that is given up cannot be in the way of the one that follows it."""
    own = {f"booking:{booking.pk}"}
    return replace(decision, reasons=[reason for reason in decision.reasons if reason.about not in own])


def _refuse(decision: Decision, *, settled: set[str] | frozenset[str]) -> None:
    reasons = [reason for reason in decision.reasons if reason.code not in settled]
    refusal = places.refusal_of(decision=replace(decision, reasons=reasons), unsaid=[])
    if refusal:
        raise refusal


def _continued(
    booking: Booking,
    *,
    event: Event,
    practitioner: Practitioner,
    by: User | None,
    now: datetime,
    key: UUID,
    source: str = Booking.Source.SELF,
) -> Booking:
    """An unsaved booking that goes on where this one ends: same agency, offer, price and policy."""
    return Booking(
        reference=new_reference("B"),
        event=event,
        practitioner=practitioner,
        offer=booking.offer,
        state=State.CONFIRMED,
        state_since=now,
        state_set_by=by,
        source=source,
        idempotency_key=key,
        organisation=booking.organisation,
        sector=booking.sector,
        charging_category=booking.charging_category,
        price=booking.price,
        policy=booking.policy,
        manager_email=booking.manager_email,
        has_managers_agreement=booking.has_managers_agreement,
        booked_at=now,
        booked_by=by,
        confirmed_at=now,
        replaces=booking,
    )


def _end(booking: Booking, state: State, *, by: User | None, now: datetime, reason: str) -> None:
    booking.move_to(state, by=by, now=now, reason=reason)
    booking.calendar_sequence += 1
    fields = [*STATE_FIELDS, "calendar_sequence"]
    if state == State.CANCELLED_LATE:
        booking.cancelled_at, booking.cancelled_by, booking.cancelled_reason = now, by, reason
        fields += ["cancelled_at", "cancelled_by", "cancelled_reason"]
    booking.save(update_fields=fields)


def _swap_places(old: Booking, new: Booking, now: datetime) -> None:
    """Give one place back and take the other, the two events in the order of their keys as everybody does."""
    steps = {
        old.event_id: lambda: capacity.give_back(
            event_id=old.event_id, organisation=old.organisation, offer=old.offer, now=now
        ),
        new.event_id: lambda: places.take_place_of(booking=new, now=now),
    }
    for event_id in sorted(steps):
        steps[event_id]()
