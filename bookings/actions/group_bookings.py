"""Group bookings: places that an organisation books for its people, named at once or later, and those that go back.

A place without a name uses a place of the event as a booking does. Naming it inserts the booking and takes one off
the group, so the event's count stays. Locks: the group first, then the organisation where somebody new is entered,
the event last.
"""

from collections.abc import Callable, Sequence
from dataclasses import asdict
from datetime import datetime
from decimal import Decimal
from functools import partial
from itertools import zip_longest
from uuid import UUID, uuid4

from django.db import IntegrityError, transaction

from accounts import audit
from accounts.actions import invitations, people
from accounts.correspondence import posted_together
from accounts.locking import locked
from accounts.models import Organisation, Practitioner, User
from bookings import emails
from bookings.actions import capacity, places, sales
from bookings.actions.capacity import BookingRefused, EventFull
from bookings.actions.places import PRICE_CHANGED, PriceChanged
from bookings.eligibility import Answers, Decision, bookable_events, reasons_unsaid
from bookings.group_eligibility import (
    Colleague,
    GroupDecision,
    Line,
    decide_for_held_place,
    decide_together,
    find_colleagues,
)
from bookings.models import Booking, GroupBooking, OrderLine
from bookings.reasons import FULL, Reason
from courses.models import Event
from courses.pricing import Discount
from courses.references import new_reference


class GroupRefused(BookingRefused):
    """The list cannot be booked as it stands; carries the decision with the reasons of each line."""

    def __init__(self, group: GroupDecision, reasons: list[Reason]) -> None:
        super().__init__(reasons)
        self.group = group


class NothingToName(BookingRefused):
    """No place of the group is without a name any more."""


class GroupChanged(Exception):
    """The group is no longer as the page showed it; the words say how it is."""


# --- Booking ----------------------------------------------------------------------------------------------


def book_group(
    *,
    event: Event,
    organisation: Organisation,
    colleagues: Sequence[Colleague],
    places_unnamed: int,
    contact: Practitioner,
    by: User,
    now: datetime,
    answers: Answers,
    price_shown: Decimal | None,
    idempotency_key: UUID,
    source: str = Booking.Source.CONTACT,
) -> GroupBooking:
    """Book everybody of a list and the places without a name, all of them or none.

    `answers` is what the contact says for all of them: that they may come (rule B1), what they did first. The same
    idempotency key gives the same group however often it is sent. Raises GroupRefused with the reasons of each line,
    PriceChanged, or EventFull and AgencyFull where somebody else had the places a moment ago.
    """
    earlier = booked_by_form(key=idempotency_key, organisation=organisation)
    if earlier:
        return earlier
    look = partial(
        decide_together,
        organisation=organisation,
        colleagues=colleagues,
        places_unnamed=places_unnamed,
        by=by,
        now=now,
    )
    group_decision = look(event=event)
    refuse_group(group=group_decision, answers=answers, price_shown=price_shown)
    group = new_group(
        event=event,
        organisation=organisation,
        decision=group_decision.decision,
        places_booked=group_decision.places,
        places_unnamed=places_unnamed,
        name_by=group_decision.name_by,
        contact=contact,
        by=by,
        now=now,
        idempotency_key=idempotency_key,
    )
    try:
        with posted_together(), transaction.atomic(durable=True):
            discount = group_decision.decision.terms.discount
            _write_group(group, group_decision.lines, answers, source, by, now, discount)
    except IntegrityError as error:
        return _group_in_the_way(error, group, look)
    return group


def refuse_group(*, group: GroupDecision, answers: Answers, price_shown: Decimal | None) -> None:
    """Raise GroupRefused with all that stands against the group, or PriceChanged."""
    reasons = [*group.reasons, *(reason for line in group.wrong_lines for reason in line.reasons)]
    if group.lines:
        reasons += unsaid_of(lines=group.lines, answers=answers)
    if reasons:
        raise GroupRefused(group, reasons)
    if price_shown is not None and price_shown != group.price:
        raise PriceChanged([PRICE_CHANGED])


def unsaid_of(*, lines: Sequence[Line], answers: Answers) -> list[Reason]:
    """What the contact must still say for these people, each thing once."""
    return list(dict.fromkeys(reason for line in lines for reason in reasons_unsaid(line.decision, answers)))


def new_group(
    *,
    event: Event,
    organisation: Organisation,
    decision: Decision,
    places_booked: int,
    places_unnamed: int,
    name_by: datetime | None,
    contact: Practitioner,
    by: User | None,
    now: datetime,
    idempotency_key: UUID,
) -> GroupBooking:
    """Copy the terms of this day onto an unsaved group (rule B23)."""
    terms = decision.terms
    if terms.offer is None or terms.policy is None or decision.price is None or terms.free_cancel_until is None:
        raise BookingRefused(decision.reasons)
    return GroupBooking(
        reference=new_reference("G"),
        event=event,
        organisation=organisation,
        offer=terms.offer,
        policy=terms.policy,
        price=decision.price,
        terms_accepted_at=now,
        free_cancel_until=terms.free_cancel_until,
        places_booked=places_booked,
        places_unnamed=places_unnamed,
        name_by=name_by,
        contact=contact,
        idempotency_key=idempotency_key,
        booked_at=now,
        booked_by=by,
    )


def _write_group(
    group: GroupBooking,
    lines: Sequence[Line],
    answers: Answers,
    source: str,
    by: User,
    now: datetime,
    discount: Discount | None = None,
) -> None:
    """Write group, people, bookings and letters, and take all places as the last step."""
    group.save(force_insert=True)
    sold: list[OrderLine] = sales.sell_group(group=group, by=by, now=now, discount=discount)
    of_lines = list(zip_longest(lines, sold[: len(lines)]))
    bookings = write_places(group=group, lines=of_lines, answers=answers, by=by, now=now, source=source)
    emails.group_confirmation(group=group, bookings=bookings, now=now)
    audit.record(by=by, verb="group.book", subject=f"group:{group.pk}", now=now, places=group.places_booked)
    event = capacity.take(
        event_id=group.event_id,
        organisation=group.organisation,
        offer=group.offer,
        now=now,
        places=group.places_booked,
    )
    leave_waiting_lists(event=event, bookings=bookings, now=now)


def write_places(
    *,
    group: GroupBooking,
    lines: Sequence[tuple[Line, OrderLine | None]],
    answers: Answers,
    by: User,
    now: datetime,
    source: str = Booking.Source.CONTACT,
) -> list[Booking]:
    """Write the named places of a group that was written, each with the line it was sold as, and their letters."""
    if any(line.is_new for line, _ in lines):
        people.hold_list_of_people(organisation=group.organisation)
    return [_write_booking(group, line, answers, source, by, now, order_line=sold) for line, sold in lines]


def leave_waiting_lists(*, event: Event, bookings: Sequence[Booking], now: datetime) -> None:
    """Whoever has a place by now waits no longer; the date's row is in hand."""
    if event.people_waiting:
        for booking in bookings:
            places.leave_waiting_list(booking=booking, now=now)


def _write_booking(
    group: GroupBooking,
    line: Line,
    answers: Answers,
    source: str,
    by: User,
    now: datetime,
    idempotency_key: UUID | None = None,
    order_line: OrderLine | None = None,
) -> Booking:
    """Write one named place with its letter, and the invitation of somebody who has no account."""
    practitioner = _person_of(line, group, by, now)
    booking = places.new_booking(
        event=group.event,
        practitioner=practitioner,
        organisation=group.organisation,
        decision=line.decision,
        now=now,
        booked_by=by,
        source=source,
        terms_accepted_at=now,
        group_booking=group,
        idempotency_key=idempotency_key or uuid4(),
        order_line=order_line,
        **asdict(answers),
    )
    booking.save(force_insert=True)
    places.write_first_letter(booking=booking, now=now)
    invitations.invite_if_new(practitioner=practitioner, organisation=group.organisation, by=by, now=now)
    return booking


def _person_of(line: Line, group: GroupBooking, by: User, now: datetime) -> Practitioner:
    """The person of a line; somebody new is entered, unless another window has done so a moment ago."""
    if line.practitioner:
        return line.practitioner
    found = find_colleagues(organisation=group.organisation, colleagues=[line.colleague])[0]
    if found:
        return found[0]
    return people.enter_colleague(
        full_name=line.colleague.full_name,
        email=line.colleague.email,
        contact_email=emails.address_of(group.contact),
        organisation=group.organisation,
        by=by,
        now=now,
    )


def booked_by_form(*, key: UUID, organisation: Organisation) -> GroupBooking | None:
    """Find what this form made when it was sent before."""
    group = GroupBooking.objects.filter(idempotency_key=key).first()
    if group and group.organisation_id != organisation.pk:
        raise BookingRefused(
            [Reason("stale_form", "This form was used already.", "Open the date again and book there.")]
        )
    return group


def _group_in_the_way(error: IntegrityError, group: GroupBooking, look: Callable[..., GroupDecision]) -> GroupBooking:
    """Say in words which rule of the database refused; the same form sent twice at once gives its first group."""
    earlier = booked_by_form(key=group.idempotency_key, organisation=group.organisation)
    if earlier:
        return earlier
    rule = getattr(getattr(error.__cause__, "diag", None), "constraint_name", None) or ""
    if rule == "places_taken_within_capacity":
        raise EventFull([FULL]) from error
    # Somebody of the list was booked another way a moment ago: who, a fresh look tells.
    fresh = look(event=bookable_events().get(pk=group.event_id))
    if fresh.is_possible:
        raise error
    raise GroupRefused(fresh, [reason for line in fresh.wrong_lines for reason in line.reasons]) from error


# --- Naming, and giving back ------------------------------------------------------------------------------


def name_practitioner(
    *,
    group_id: int,
    colleague: Colleague,
    by: User,
    now: datetime,
    answers: Answers,
    idempotency_key: UUID,
    source: str = Booking.Source.CONTACT,
) -> Booking:
    """Give a place without a name to somebody, on the group's own terms; the event's count stays.

    The same key gives the same booking. Raises NothingToName, or BookingRefused with the reasons against them.
    """
    try:
        with posted_together():
            return _name(group_id, colleague, by, now, answers, idempotency_key, source)
    except IntegrityError as error:
        earlier = Booking.objects.filter(idempotency_key=idempotency_key, group_booking=group_id).first()
        if earlier:
            return earlier
        words = f"{colleague.full_name} has a place on this date already, or has asked for one."
        raise places.AlreadyBooked([Reason("already_booked", words)]) from error


@transaction.atomic(durable=True)
def _name(
    group_id: int,
    colleague: Colleague,
    by: User,
    now: datetime,
    answers: Answers,
    idempotency_key: UUID,
    source: str,
) -> Booking:
    group = lock_group(group_id=group_id)
    earlier = group.bookings.filter(idempotency_key=idempotency_key).first()
    if earlier:
        return earlier
    _refuse_nothing_to_name(group, now)
    event = bookable_events().get(pk=group.event_id)
    line = decide_for_held_place(group=group, event=event, colleague=colleague, by=by, now=now)
    reasons = [*line.reasons, *unsaid_of(lines=[line], answers=answers)]
    if reasons:
        raise BookingRefused(reasons)
    if line.is_new:
        people.hold_list_of_people(organisation=group.organisation)
    group.event = event
    order_line = sales.line_for_name(group=group)
    booking = _write_booking(group, line, answers, source, by, now, idempotency_key, order_line)
    group.places_unnamed -= 1
    group.save(update_fields=["places_unnamed"])
    audit.record(by=by, verb="group.name", subject=f"group:{group.pk}", now=now, booking=booking.pk)
    locked = capacity.keep(event_id=group.event_id, now=now)
    if locked.people_waiting:
        places.leave_waiting_list(booking=booking, now=now)
    return booking


def _refuse_nothing_to_name(group: GroupBooking, now: datetime) -> None:
    if group.places_unnamed < 1:
        words = "Every place of this booking has a name by now, or has gone back."
        raise NothingToName([Reason("nothing_to_name", words, "Book another place for them.")])
    if group.name_by and group.name_by <= now:
        words = "The time to name people for these places is over, and they go back."
        raise NothingToName([Reason("nothing_to_name", words, "Book another place if one is free.")])


@transaction.atomic(durable=True)
def release_unnamed(
    *, group_id: int, places_back: int, places_unnamed_shown: int, by: User, now: datetime
) -> GroupBooking:
    """Give places without a name back, free of charge; who waits has the first claim on them.

    Raises GroupChanged where the group is no longer as the page showed it, so that a form sent twice gives back once.
    """
    group = lock_group(group_id=group_id)
    if group.places_unnamed != places_unnamed_shown or not 1 <= places_back <= group.places_unnamed:
        raise GroupChanged(_what_is_left(group))
    audit.record(by=by, verb="group.release", subject=f"group:{group.pk}", now=now, places=places_back)
    return _release(group, places_back, now, is_overdue=False)


@transaction.atomic(durable=True)
def release_overdue(*, group_id: int, now: datetime) -> GroupBooking | None:
    """Give back what nobody named in time. Named meanwhile is not an error."""
    group = lock_group(group_id=group_id)
    if not group.places_unnamed or group.name_by is None or group.name_by > now:
        return None
    return _release(group, group.places_unnamed, now, is_overdue=True)


def release_all(*, group_id: int, now: datetime) -> GroupBooking:
    """Give back every place without a name inside the transaction of whoever ends the group's order."""
    group = lock_group(group_id=group_id)
    return _release(group, group.places_unnamed, now, is_overdue=True) if group.places_unnamed else group


def _release(group: GroupBooking, places_back: int, now: datetime, *, is_overdue: bool) -> GroupBooking:
    group.places_unnamed -= places_back
    group.places_released += places_back
    group.save(update_fields=["places_unnamed", "places_released"])
    sales.give_back_unnamed(group=group, places=places_back, now=now)
    if group.event.state == Event.State.OPEN and not group.event.has_begun(now):
        emails.group_released(group=group, places=places_back, is_overdue=is_overdue, now=now)
    capacity.give_back(
        event_id=group.event_id, organisation=group.organisation, offer=group.offer, now=now, places=places_back
    )
    return group


def _what_is_left(group: GroupBooking) -> str:
    if not group.places_unnamed:
        return "No place of this booking is without a name any more."
    count = "One place is" if group.places_unnamed == 1 else f"{group.places_unnamed} places are"
    return f"{count} without a name now. Look again before you give any back."


def lock_group(*, group_id: int) -> GroupBooking:
    """Fetch a group with what its letters read, for oneself alone until the transaction ends."""
    groups = GroupBooking.objects.with_event_facts().select_related("policy")
    groups = groups.prefetch_related("event__sessions__venue")
    return locked(groups.filter(pk=group_id), no_key=True).get()
