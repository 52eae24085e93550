"""What must always be true of places, lists and letters, and how to see whether it is. Reads only.

Each rule names the rows that break it. The database forbids most of it already; this is the second look, at
night and after every storm of the tests, at what no constraint can see.
"""

from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from accounts.models import OutboundEmail
from bookings.models import (
    AgencyShare,
    Approval,
    Booking,
    Certificate,
    ChargeNotice,
    EventChange,
    GroupBooking,
    OrderLine,
    SelfPacedEnrolment,
    WaitingListEntry,
)
from bookings.models.booking import ABSENT_STATES, LIVE_STATES, PLACE_HOLDING_STATES, State, costs_something
from bookings.models.charge import STANDING_CHARGE_STATES
from bookings.models.self_paced import EnrolmentState
from courses.models import Event, Strand

# Sweeps run every minute or five; what they owe for longer than this has been forgotten.
GRACE = timedelta(minutes=20)
LETTER_GRACE = timedelta(hours=1)
OVER_STATES = (Event.State.CANCELLED, Event.State.DELIVERED, Event.State.LOCKED)


@dataclass(frozen=True)
class Rule:
    """A rule in words, and the question which rows break it at a moment."""

    code: str
    words: str
    broken_by: Callable[[datetime], Iterable[str]]


@dataclass(frozen=True)
class Breach:
    """A rule that is broken, and by which rows."""

    rule: Rule
    subjects: list[str]


def breaches(*, now: datetime) -> list[Breach]:
    """Ask every rule of this module and return those that are broken."""
    return broken(RULES, now)


def broken(rules: Iterable[Rule], now: datetime) -> list[Breach]:
    """Ask these rules and return those that are broken."""
    found = [Breach(rule, sorted(rule.broken_by(now))) for rule in rules]
    return [breach for breach in found if breach.subjects]


# --- Counters and what they count -------------------------------------------------------------------------


def _over_capacity(now: datetime) -> Iterable[str]:
    over = Event.objects.filter(places_taken__gt=F("capacity") + F("overbooked_by"))
    return named("event", over.values_list("pk", flat=True))


def _miscounted_places(now: datetime) -> Iterable[str]:
    counted: Counter[int] = Counter()
    for rows in (
        Booking.objects.filter(state__in=PLACE_HOLDING_STATES).values_list("event_id").annotate(Count("pk")),
        WaitingListEntry.objects.offered().values_list("event_id").annotate(Sum("places_wanted")),
        GroupBooking.objects.with_unnamed_places().values_list("event_id").annotate(Sum("places_unnamed")),
        OrderLine.objects.held().values_list("event_id").annotate(Count("pk")),
    ):
        counted.update(dict(rows.order_by()))
    return _differing("event", counted, dict(Event.objects.values_list("pk", "places_taken")))


def _miscounted_people_waiting(now: datetime) -> Iterable[str]:
    waiting = WaitingListEntry.objects.waiting().values_list("event_id").annotate(Sum("places_wanted")).order_by()
    return _differing("event", Counter(dict(waiting)), dict(Event.objects.values_list("pk", "people_waiting")))


def _miscounted_shares(now: datetime) -> Iterable[str]:
    counted: Counter[str] = Counter()
    multi_agency = Q(offer__strand=Strand.MULTI_AGENCY)
    for rows in (
        Booking.objects.filter(multi_agency, state__in=PLACE_HOLDING_STATES)
        .values_list("event_id", "organisation_id")
        .annotate(Count("pk")),
        WaitingListEntry.objects.filter(multi_agency)
        .offered()
        .values_list("event_id", "organisation_id")
        .annotate(Sum("places_wanted")),
        GroupBooking.objects.filter(multi_agency)
        .with_unnamed_places()
        .values_list("event_id", "organisation_id")
        .annotate(Sum("places_unnamed")),
        OrderLine.objects.filter(multi_agency)
        .held()
        .values_list("event_id", "order__organisation_id")
        .annotate(Count("pk")),
    ):
        counted.update({f"{event}:agency:{agency}": places for event, agency, places in rows.order_by()})
    shares = AgencyShare.objects.values_list("event_id", "organisation_id", "places_taken")
    return _differing("event", counted, {f"{event}:agency:{agency}": taken for event, agency, taken in shares})


def _shares_above_their_cap(now: datetime) -> Iterable[str]:
    above = AgencyShare.objects.filter(places_taken__gt=F("most_places"))
    return (f"event:{event}:agency:{agency}" for event, agency in above.values_list("event_id", "organisation_id"))


# --- Bookings ------------------------------------------------------------------------------------------------


def _two_live_bookings(now: datetime) -> Iterable[str]:
    live = Booking.objects.filter(state__in=LIVE_STATES).order_by()
    twice = live.values("event_id", "practitioner_id").annotate(count=Count("pk")).filter(count__gt=1)
    return (f"event:{row['event_id']}:practitioner:{row['practitioner_id']}" for row in twice)


def _requests_past_their_hold(now: datetime) -> Iterable[str]:
    return pks("booking", Booking.objects.requests_past_their_hold(now - GRACE))


def _live_on_cancelled_events(now: datetime) -> Iterable[str]:
    """An event is cancelled in portions, so a little while is allowed."""
    cancelled = Q(event__state=Event.State.CANCELLED, event__cancelled_at__lt=now - LETTER_GRACE)
    return pks("booking", Booking.objects.filter(cancelled, state__in=[State.REQUESTED, State.CONFIRMED]))


def _changes_unfinished(now: datetime) -> Iterable[str]:
    return pks("change", EventChange.objects.filter(finished_at__isnull=True, asked_at__lt=now - LETTER_GRACE))


def _unanswered_past_their_day(now: datetime) -> Iterable[str]:
    return pks("booking", Booking.objects.past_their_answer(now - GRACE))


def _ended_without_a_successor(now: datetime) -> Iterable[str]:
    ended = Booking.objects.filter(state__in=[State.SUBSTITUTED, State.TRANSFERRED], replaced_by__isnull=True)
    return pks("booking", ended)


def _successors_of_live_bookings(now: datetime) -> Iterable[str]:
    """Whoever goes on where another ended: that other no longer has a place."""
    return pks("booking", Booking.objects.filter(state__in=LIVE_STATES, replaces__state__in=LIVE_STATES))


def _unmarked_on_locked_registers(now: datetime) -> Iterable[str]:
    return pks("booking", Booking.objects.filter(event__state=Event.State.LOCKED, state=State.CONFIRMED))


def _delivered_but_open(now: datetime) -> Iterable[str]:
    return pks("event", Event.objects.filter(state=Event.State.OPEN, ends_at__lt=now - GRACE))


# --- Waiting lists, groups, approvals ---------------------------------------------------------------------------


def _offers_past_their_end(now: datetime) -> Iterable[str]:
    return pks("waiting", WaitingListEntry.objects.past_their_offer(now - GRACE))


def _waiting_for_what_is_over(now: datetime) -> Iterable[str]:
    over = Q(event__starts_at__lt=now - GRACE) | Q(event__state__in=OVER_STATES)
    live = WaitingListEntry.objects.live().filter(over).exclude(event__state=Event.State.POSTPONED)
    return pks("waiting", live.exclude(event__cancelled_at__gt=now - LETTER_GRACE))


def _waiting_with_a_place(now: datetime) -> Iterable[str]:
    booked = Booking.objects.live().filter(event=OuterRef("event"), practitioner=OuterRef("practitioner"))
    return pks("waiting", WaitingListEntry.objects.offered().filter(Exists(booked)))


def _offers_owed_too_long(now: datetime) -> Iterable[str]:
    """A free place is owed to somebody, and nobody has looked; near the date the team calls instead."""
    owed = Event.objects.with_free_places().filter(
        people_waiting__gt=0, offers_owed_since__lt=now - GRACE, offers_next_look_at__isnull=True
    )
    return pks("event", owed.filter(state=Event.State.OPEN, starts_at__gt=now))


def _unnamed_past_their_day(now: datetime) -> Iterable[str]:
    return pks("group", GroupBooking.objects.past_their_day(now - GRACE))


def _answered_without_effect(now: datetime) -> Iterable[str]:
    """A manager who agrees may leave something to the team; one who declines leaves nothing."""
    declined = Approval.objects.filter(decision=Approval.Decision.DECLINED, booking__state=State.REQUESTED)
    return pks("approval", declined)


# --- Letters, certificates, charges -------------------------------------------------------------------------------


def _letters_owed_too_long(now: datetime) -> Iterable[str]:
    return pks("letter", OutboundEmail.objects.owed(now).filter(send_at__lt=now - LETTER_GRACE))


def _places_without_a_letter(now: datetime) -> Iterable[str]:
    """Confirmed within a day, to somebody who can be written to, and no letter says so."""
    letters = OutboundEmail.objects.filter(
        practitioner=OuterRef("practitioner"), created_at__gte=OuterRef("confirmed_at")
    )
    fresh = Booking.objects.confirmed().filter(
        confirmed_at__gt=now - timedelta(days=1), confirmed_at__lt=now - GRACE, event__starts_at__gt=now
    )
    fresh = fresh.exclude(source=Booking.Source.WALK_IN).exclude(
        practitioner__email="", practitioner__user__isnull=True
    )
    return pks("booking", fresh.filter(~Exists(letters)))


def _certificates_of_people_who_were_not_there(now: datetime) -> Iterable[str]:
    issued = Certificate.objects.filter(state=Certificate.State.ISSUED)
    return pks("certificate", issued.filter(booking__state__in=[*ABSENT_STATES, State.CANCELLED, State.CANCELLED_LATE]))


def _charges_for_nothing(now: datetime) -> Iterable[str]:
    """A charge stands for a place that was used, or given up in time, or that we cancelled ourselves."""
    chargeable = [*ABSENT_STATES, State.CANCELLED_LATE]
    # What a person had approved before the register was corrected, or has taken back, waits for a person.
    standing = ChargeNotice.objects.filter(state__in=STANDING_CHARGE_STATES).exclude(
        ~Q(decided_reason=""), state=ChargeNotice.State.TO_REVIEW
    )
    of_places = standing.filter(booking__isnull=False).exclude(booking__state__in=chargeable)
    of_courses = standing.filter(enrolment__isnull=False).exclude(enrolment__state=EnrolmentState.LAPSED)
    return [*pks("charge", of_places), *pks("charge", of_courses)]


def _lapsed_without_a_charge(now: datetime) -> Iterable[str]:
    """A self-paced course that was not finished, whose terms said that it costs, and nobody was ever asked about it."""
    asked = ChargeNotice.objects.shown_to_agencies().filter(enrolment=OuterRef("pk"))
    lapsed = SelfPacedEnrolment.objects.filter(state=EnrolmentState.LAPSED, charges_non_completion=True)
    return pks("enrolment", lapsed.filter(costs_something("course"), ~Exists(asked)))


def _unfinished_past_their_day(now: datetime) -> Iterable[str]:
    return pks("enrolment", SelfPacedEnrolment.objects.overdue(now - timedelta(days=1)))


def _unused_without_a_charge(now: datetime) -> Iterable[str]:
    """A chargeable place of a locked register, or one given up late, that nobody was ever asked about."""
    return pks("booking", Booking.objects.lacking_a_charge())


# --- Names and differences ------------------------------------------------------------------------------------------


def pks(kind: str, rows: QuerySet) -> Iterable[str]:
    """Name rows as a breach names them: “booking:12”."""
    return named(kind, rows.order_by().values_list("pk", flat=True))


def named(kind: str, numbers: Iterable[int]) -> Iterable[str]:
    """The same of numbers."""
    return (f"{kind}:{pk}" for pk in numbers)


def _differing(kind: str, counted: Counter, kept: dict) -> Iterable[str]:
    names = {*counted, *kept}
    return (f"{kind}:{name}" for name in names if counted[name] != kept.get(name, 0))


RULES = [
    Rule("over_capacity", "No date has more people than places.", _over_capacity),
    Rule("places_counted", "A date's count is what uses its places.", _miscounted_places),
    Rule("waiting_counted", "A date's count of people waiting is its list.", _miscounted_people_waiting),
    Rule("shares_counted", "An agency's share is what it uses.", _miscounted_shares),
    Rule("shares_capped", "No agency has more than its share.", _shares_above_their_cap),
    Rule("one_live_booking", "Nobody has two live bookings of one date.", _two_live_bookings),
    Rule("requests_held", "No request is held past its end.", _requests_past_their_hold),
    Rule("cancelled_released", "A cancelled date has no live booking.", _live_on_cancelled_events),
    Rule("dates_changed", "Whoever has a place hears of a change of the date.", _changes_unfinished),
    Rule("answers_due", "Whoever does not answer about a new day gives the place back.", _unanswered_past_their_day),
    Rule("changes_linked", "A place that was passed on or moved goes on somewhere.", _ended_without_a_successor),
    Rule("changes_ended", "A place that goes on elsewhere has ended.", _successors_of_live_bookings),
    Rule("registers_marked", "A locked register has marked everybody.", _unmarked_on_locked_registers),
    Rule("delivered_closed", "A date that is over is marked as delivered.", _delivered_but_open),
    Rule("offers_ended", "No offer stands past its end.", _offers_past_their_end),
    Rule("lists_closed", "Nobody waits for what is over.", _waiting_for_what_is_over),
    Rule("offers_single", "Nobody has an offer and a place on one date.", _waiting_with_a_place),
    Rule("offers_made", "A free place that is owed to somebody is offered.", _offers_owed_too_long),
    Rule("names_given", "Places without a name are given back on their day.", _unnamed_past_their_day),
    Rule("approvals_done", "A request that the manager has declined is over.", _answered_without_effect),
    Rule("letters_sent", "No letter is owed for more than an hour.", _letters_owed_too_long),
    Rule("letters_written", "Whoever has a new place has been written to.", _places_without_a_letter),
    Rule(
        "certificates_earned",
        "Only people who were there have a certificate.",
        _certificates_of_people_who_were_not_there,
    ),
    Rule(
        "charges_drafted", "Every unused place was asked about once its register is locked.", _unused_without_a_charge
    ),
    Rule("courses_ended", "No self-paced course goes on for a day past its end.", _unfinished_past_their_day),
    Rule("courses_charged", "A course not finished was charged for where the terms say so.", _lapsed_without_a_charge),
    Rule("charges_founded", "No charge stands for a place that was used or freed in time.", _charges_for_nothing),
]
