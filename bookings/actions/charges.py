"""Charges: drafted when a place is not used, explained, waived or approved; the agency pays, never the person.

What follows the register by itself ends where a person has decided: an approved charge whose register is
corrected goes back to be reviewed, and a decision that was taken back is only ever taken again by a person.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from django.db import transaction
from django.db.models import QuerySet

from accounts.audit import record
from accounts.locking import locked
from accounts.models import Partnership, User
from bookings import emails
from bookings.charging import (
    GivenUp,
    charge_for_not_finishing,
    day_in_words,
    kind_of,
    late_charge,
    reasons_heard_until,
    refilled,
)
from bookings.models import Booking, ChargeNotice, SelfPacedEnrolment
from bookings.models.booking import PLACE_HOLDING_STATES, CancelReason, State
from bookings.models.charge import ChargeNoticeQuerySet, ChargeState
from bookings.models.self_paced import EnrolmentState
from courses.models import Event

Kind, WaivedFor = ChargeNotice.Kind, ChargeNotice.WaivedFor
DECISION_FIELDS = ("state", "waived_for", "decided_reason", "decided_at", "decided_by")
CORRECTED = "The register was corrected after this charge was approved."
REFILLED = "Somebody else took the place."
DATE_CANCELLED = "The date itself did not take place."


class CannotDecide(Exception):
    """The charge cannot be decided so now; the words say why."""


class AlreadyDecided(CannotDecide):
    """Somebody was quicker, or the register was corrected."""


class CannotExplain(Exception):
    """A reason can no longer be given; the words say what to do instead."""


# --- Following the booking ------------------------------------------------------------------------------


@transaction.atomic
def draft(*, booking: Booking, kind: str, now: datetime) -> ChargeNotice | None:
    """Propose the charge of the policy that this booking accepted; None where there is nothing to charge.

    Never twice: a charge that stands or was waived is returned as it is. A reason that was given with the
    cancellation counts as given. The caller holds the booking's row; the database refuses a second notice.
    """
    standing = ChargeNotice.objects.filter(booking_id=booking.pk).shown_to_agencies().first()
    if standing:
        return standing
    amount = late_charge(booking)
    if not amount or kind_of(booking) != kind:
        return None
    notice = _proposal(booking, kind, amount, now)
    notice.booking = booking
    if booking.state == State.CANCELLED_LATE and booking.cancelled_reason:
        notice.reason_given_for = booking.cancelled_for or CancelReason.OTHER
        notice.reason_given = booking.cancelled_reason
        notice.reason_given_at, notice.reason_given_by = now, booking.cancelled_by
    notice.save(force_insert=True)
    return notice


@transaction.atomic
def draft_for_enrolment(*, enrolment: SelfPacedEnrolment, now: datetime) -> ChargeNotice | None:
    """Propose the charge for a self-paced course that was not finished in time, if the offer said so (rule B26).

    Never twice. The caller holds the enrolment's row. The agency hears of it the next working day, as of an absence.
    """
    standing = ChargeNotice.objects.filter(enrolment_id=enrolment.pk).shown_to_agencies().first()
    if standing or not enrolment.charges_non_completion or enrolment.state != EnrolmentState.LAPSED:
        return standing
    amount = charge_for_not_finishing(policy=enrolment.policy, course=enrolment.course, price=enrolment.price)
    if not amount:
        return None
    notice = _proposal(enrolment, Kind.NON_COMPLETION, amount, now)
    notice.enrolment = enrolment
    notice.save(force_insert=True)
    return notice


def _proposal(claim: Booking | SelfPacedEnrolment, kind: str, amount: Decimal, now: datetime) -> ChargeNotice:
    """A notice to the agency, by the terms that were accepted; not saved yet."""
    return ChargeNotice(
        kind=kind,
        organisation=claim.organisation,
        policy=claim.policy,
        amount=amount,
        drafted_at=now,
        review_from=reasons_heard_until(since=now, partnership=Partnership.objects.current()),
    )


def follow(*, booking: Booking, by: User | None, now: datetime) -> ChargeNotice | None:
    """Bring the charge of one booking in line with its state; return the one it has then."""
    return follow_each(bookings=[booking], by=by, now=now).get(booking.pk)


@transaction.atomic
def follow_each(*, bookings: Iterable[Booking], by: User | None, now: datetime) -> dict[int, ChargeNotice]:
    """Bring the charges of bookings, whose rows the caller holds, in line with their states (rules B9, B14, B15, B19).

    Given up late or not there: a notice is drafted. Corrected to having been there: an open notice is withdrawn,
    and an approved one goes back to be reviewed, because the agency has been told and finance may have raised it.
    What was waived stays waived. Doing it again changes nothing. Returns the notices by booking.
    """
    changed = {booking.pk: booking for booking in bookings}
    theirs = ChargeNotice.objects.shown_to_agencies().filter(booking__in=list(changed))
    notices = {notice.booking_id: notice for notice in _locked(theirs) if notice.booking_id}
    for pk, booking in changed.items():
        kind, notice = kind_of(booking), notices.get(pk)
        if notice is None and kind:
            drafted = draft(booking=_with_terms(booking), kind=kind, now=now)
            if drafted:
                notices[pk] = drafted
                # Of an absence the agency hears the next working day: until then a slip of the pen is put right.
                if kind == Kind.LATE_CANCELLATION:
                    emails.charge_proposed(notice=drafted, now=now)
        elif notice and not kind and _withdraw(notice, by, now):
            del notices[pk]
    return notices


def _with_terms(booking: Booking) -> Booking:
    """The booking with what a draft and its letter read; registers hold bare rows."""
    if Booking.policy.is_cached(booking) and Booking.event.is_cached(booking):
        return booking
    return Booking.objects.with_event_facts().select_related("policy").get(pk=booking.pk)


def _withdraw(notice: ChargeNotice, by: User | None, now: datetime) -> bool:
    """Take back what the register no longer bears out; tell whether the notice is gone."""
    if notice.state == ChargeState.APPROVED:
        _take_back(notice, reason=CORRECTED, by=by, now=now)
        return False
    if not notice.is_untouched:
        return False
    notice.state = ChargeState.WITHDRAWN
    notice.save(update_fields=["state"])
    record(by=by, verb="charge.withdraw", subject=f"charge:{notice.pk}", now=now)
    emails.charge_decided(notice=notice, now=now)
    return True


# --- What people say ------------------------------------------------------------------------------------


@transaction.atomic
def give_reason(*, notice_id: int, by: User, now: datetime, reason_for: str, words: str = "") -> ChargeNotice:
    """Say why a place was not used: the person, the agency's contact, or the team for somebody who called (rule B11).

    Heard until the charge is decided; the latest word stands, earlier ones stay in its history. Saying the same
    again changes nothing. Raises CannotExplain.
    """
    notice = _lock(notice_id)
    words = words.strip()
    said = (notice.reason_given_for, notice.reason_given, notice.reason_given_by_id)
    if said == (reason_for, words, by.pk):
        return notice
    if not notice.is_open:
        raise CannotExplain("This charge has been decided. Write to us or call if something is not right.")
    notice.reason_given_for, notice.reason_given = reason_for, words
    notice.reason_given_at, notice.reason_given_by = now, by
    notice.save(update_fields=["reason_given_for", "reason_given", "reason_given_at", "reason_given_by"])
    return notice


# --- Deciding -------------------------------------------------------------------------------------------


@transaction.atomic
def waive(*, notice_id: int, by: User, now: datetime, waived_for: str, reason: str = "") -> ChargeNotice:
    """Ask the agency for nothing, for a reason of rule B10; a decision of the team needs words of its own.

    Open at any time, also before the time for reasons is over. Raises CannotDecide, AlreadyDecided.
    """
    reason = reason.strip()
    if waived_for not in WaivedFor.values:
        raise CannotDecide("Choose why the charge is waived.")
    if waived_for == WaivedFor.DECISION and not reason:
        raise CannotDecide("Write why the team waives this charge.")
    notice = _lock(notice_id)
    if _was_decided(notice, ChargeState.WAIVED, by):
        return notice
    return _decide(notice, ChargeState.WAIVED, by=by, now=now, waived_for=waived_for, reason=reason)


@transaction.atomic
def approve(*, notice_id: int, by: User, now: datetime, reason: str = "") -> ChargeNotice:
    """Let finance raise the charge, once the time for reasons is over and while the booking bears it out.

    Raises CannotDecide, AlreadyDecided.
    """
    notice = _lock(notice_id)
    if _was_decided(notice, ChargeState.APPROVED, by):
        return notice
    obstacle = why_not_approve(notice=notice, now=now)
    if obstacle:
        raise CannotDecide(obstacle)
    return _decide(notice, ChargeState.APPROVED, by=by, now=now, reason=reason.strip())


def why_not_approve(*, notice: ChargeNotice, now: datetime) -> str:
    """Say what stands in the way of approving an open charge; nothing when it may be."""
    if now < notice.review_from:
        return f"Reasons are heard until the end of {day_in_words(notice.review_from)}: it can be approved after that."
    booking = notice.booking
    if booking is None:
        return ""
    if kind_of(booking) != notice.kind:
        return f"The booking is {booking.get_state_display()} now, so there is nothing to charge. Waive this charge."
    if booking.event.state == Event.State.CANCELLED:
        return "The date itself did not take place. Waive this charge."
    return ""


@transaction.atomic
def reopen(*, notice_id: int, by: User, now: datetime, reason: str) -> ChargeNotice:
    """Take a decision back, with a reason: the charge is up for review again, by a person.

    Raises CannotDecide. A charge that is open already is left as it is.
    """
    reason = reason.strip()
    if not reason:
        raise CannotDecide("Write why the decision is taken back.")
    notice = _lock(notice_id)
    if notice.is_open:
        return notice
    if not notice.is_decided:
        raise CannotDecide("This charge was withdrawn when the register was corrected. There is nothing to decide.")
    _take_back(notice, reason=reason, by=by, now=now)
    return notice


def waive_credited(*, notice_id: int, by: User, now: datetime, reason: str) -> None:
    """Waive a charge whose invoice finance has credited in full, wanting nothing more for it."""
    notice = _lock(notice_id)
    if notice.state == ChargeState.APPROVED:
        _take_back(notice, reason=reason, by=by, now=now)
    if notice.is_open:
        _decide(notice, ChargeState.WAIVED, by=by, now=now, waived_for=WaivedFor.DECISION, reason=reason)


@dataclass
class Tally:
    """What became of several charges that were decided together."""

    decided: int = 0
    left: list[str] = field(default_factory=list)


def decide_each(
    *, notice_ids: Sequence[int], state: str, by: User, now: datetime, waived_for: str = "", reason: str = ""
) -> Tally:
    """Waive or approve several charges for one reason, each by itself; say which were left and why."""
    tally = Tally()
    named = ChargeNotice.objects.visible_to(by).filter(pk__in=notice_ids).with_facts()
    for notice in named.order_by("pk"):
        try:
            if state == ChargeState.APPROVED:
                approve(notice_id=notice.pk, by=by, now=now, reason=reason)
            else:
                waive(notice_id=notice.pk, by=by, now=now, waived_for=waived_for, reason=reason)
        except CannotDecide as error:
            tally.left.append(f"{notice.practitioner}: {error}")
        else:
            tally.decided += 1
    return tally


# --- What time and others do ----------------------------------------------------------------------------


def put_up_for_review(*, now: datetime) -> int:
    """Move the drafts whose time for reasons is over to those to be reviewed; return how many. Harmless twice."""
    return ChargeNotice.objects.due_for_review(now).update(state=ChargeState.TO_REVIEW)


@transaction.atomic
def waive_refilled(*, event_id: int, now: datetime) -> int:
    """Waive the late cancellations of a date whose places somebody else took, the earliest first; return how many.

    One newcomer waives one charge (`charging.refilled` says which). A colleague who comes instead of somebody
    takes over that place and refills no other.
    """
    # What the locked row must still say when its turn comes is asked of the row itself, not of a part of the question.
    of_date = {"booking__event_id": event_id, "kind": Kind.LATE_CANCELLATION}
    open_ones = {notice.pk: notice for notice in _locked(ChargeNotice.objects.filter(**of_date).may_be_refilled(now))}
    if not open_ones:
        return 0
    settled = ChargeNotice.objects.filter(**of_date, state=ChargeState.WAIVED, waived_for=WaivedFor.REFILLED)
    given_up = [
        *(GivenUp(key=pk, at=_given_up_at(notice)) for pk, notice in open_ones.items()),
        *(
            GivenUp(key=notice.pk, at=_given_up_at(notice), is_settled=True)
            for notice in settled.select_related("booking")
        ),
    ]
    newcomers = (
        Booking.objects.filter(event_id=event_id, state__in=PLACE_HOLDING_STATES, confirmed_at__isnull=False)
        .exclude(replaces__event_id=event_id)
        .values_list("confirmed_at", flat=True)
    )
    all_late = Booking.objects.filter(event_id=event_id, state=State.CANCELLED_LATE).count()
    found = refilled(
        given_up=given_up,
        taken_at=[at for at in newcomers if at is not None],
        free_places=Event.objects.get(pk=event_id).free_places,
        others=max(0, all_late - len(given_up)),
    )
    for pk in found:
        _waive_by_itself(open_ones[pk], WaivedFor.REFILLED, REFILLED, now)
    return len(found)


def _given_up_at(notice: ChargeNotice) -> datetime:
    return (notice.booking and notice.booking.cancelled_at) or notice.drafted_at


@transaction.atomic
def waive_of_cancelled_date(*, notice_id: int, now: datetime) -> bool:
    """Waive a charge for a date that then did not take place: nobody is charged for that (rule B21)."""
    notice = _locked(ChargeNotice.objects.of_dates_we_cancelled().filter(pk=notice_id)).first()
    if notice is None:
        return False
    _waive_by_itself(notice, WaivedFor.PROVIDER_FAULT, DATE_CANCELLED, now)
    return True


# --- What these are made of -----------------------------------------------------------------------------


def _locked(notices: ChargeNoticeQuerySet) -> QuerySet[ChargeNotice]:
    return locked(notices.with_facts()).order_by("pk")


def _lock(notice_id: int) -> ChargeNotice:
    notices = ChargeNotice.objects.filter(pk=notice_id).select_related("decided_by__practitioner")
    return _locked(notices).get()


def _was_decided(notice: ChargeNotice, state: str, by: User) -> bool:
    """Tell whether this very person has just decided so: the form was sent twice. Raises AlreadyDecided otherwise."""
    if notice.is_open:
        return False
    if notice.state == state and notice.decided_by_id == by.pk:
        return True
    if not notice.is_decided:
        raise AlreadyDecided("It was withdrawn, because the register was corrected.")
    who = getattr(notice.decided_by, "practitioner", None) if notice.decided_by else None
    words = f"{who} has {notice.get_state_display()} it" if who else f"It was {notice.get_state_display()} by itself"
    raise AlreadyDecided(f"{words} meanwhile.")


def _decide(
    notice: ChargeNotice, state: str, *, by: User | None, now: datetime, waived_for: str = "", reason: str = ""
) -> ChargeNotice:
    notice.state, notice.waived_for, notice.decided_reason = state, waived_for, reason
    notice.decided_at, notice.decided_by = now, by
    notice.save(update_fields=DECISION_FIELDS)
    emails.charge_decided(notice=notice, now=now)
    return notice


def _waive_by_itself(notice: ChargeNotice, waived_for: str, words: str, now: datetime) -> None:
    _decide(notice, ChargeState.WAIVED, by=None, now=now, waived_for=waived_for, reason=words)


def _take_back(notice: ChargeNotice, *, reason: str, by: User | None, now: datetime) -> None:
    """Put a decided charge up for review again; the record keeps what had been decided, and why no longer."""
    record(by=by, verb="charge.reopen", subject=f"charge:{notice.pk}", now=now, was=notice.state, reason=reason)
    notice.state, notice.waived_for, notice.decided_reason = ChargeState.TO_REVIEW, "", reason
    notice.decided_at, notice.decided_by = None, None
    notice.save(update_fields=DECISION_FIELDS)
