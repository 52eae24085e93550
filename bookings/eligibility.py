"""May this person have this place, on which terms, and every reason why not. Reads only."""

from collections.abc import Iterable
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum

from django.db.models import Prefetch, Q, QuerySet
from django.utils import timezone
from django.utils.dateformat import format as format_date

from accounts.models import Organisation, Partnership, Practitioner
from bookings.agency_mix import reasons_of_commission, reasons_of_share
from bookings.models import Booking, WaitingListEntry
from bookings.models.booking import LIVE_STATES, UNUSED_STATES
from bookings.models.waiting_list import WaitingState
from bookings.reasons import BOOKED, COURSE_PAUSED, FULL, OWN_ADDRESS, REASONS_TO_QUEUE, Reason, no_price, too_few_left
from bookings.terms import Terms, terms_for
from courses.models import ApprovalMode, Course, Event, Offer, Session, Strand
from courses.working_days import end_of_day, months_before, working_days_after, working_days_before


class Outcome(StrEnum):
    """What pressing the button would do."""

    BOOK = "BOOK"
    REQUEST = "REQUEST"
    WAIT = "WAIT"
    REFUSE = "REFUSE"


@dataclass(frozen=True, kw_only=True)
class Answers:
    """What the person says when they book. Each is kept on the booking under the same name."""

    manager_email: str = ""
    has_managers_agreement: bool = False
    has_no_manager: bool = False
    prerequisite_declared: str = ""


@dataclass(frozen=True, kw_only=True)
class Decision:
    """The terms on which a place can be had, or why it cannot.

    `reasons` refuse. `waits_for` says why a request waits for the team instead of becoming a place at
    once. `warnings` hinder nothing.
    """

    terms: Terms
    partnership: Partnership
    practitioner: Practitioner | None = None
    needs_declaration: bool = False
    booked: Booking | None = None
    waiting: WaitingListEntry | None = None
    hold_ends_at: datetime | None = None
    reasons: list[Reason] = field(default_factory=list)
    waits_for: list[Reason] = field(default_factory=list)
    warnings: list[Reason] = field(default_factory=list)

    @property
    def outcome(self) -> Outcome:
        if self.reasons and self.codes <= REASONS_TO_QUEUE:
            return Outcome.WAIT
        if self.reasons:
            return Outcome.REFUSE
        return Outcome.REQUEST if self.waits_for else Outcome.BOOK

    @property
    def price(self) -> Decimal | None:
        """What the place costs; None while nobody has decided what the organisation pays."""
        return self.terms.price

    @property
    def needs_agreement(self) -> bool:
        """Rule B1: the person confirms that their manager agrees."""
        return self.terms.offer is not None and self.terms.offer.approval_mode == ApprovalMode.ATTEST

    @property
    def needs_managers_email(self) -> bool:
        """Rule B1: the manager is copied in or asked, so we must know where to write."""
        return self.terms.offer is not None and self.terms.offer.approval_mode != ApprovalMode.ATTEST

    @property
    def asks_manager(self) -> bool:
        """Rule B1: the place waits until the manager has answered."""
        return self.terms.offer is not None and self.terms.offer.approval_mode == ApprovalMode.EXPLICIT

    @property
    def codes(self) -> set[str]:
        return {reason.code for reason in self.reasons}


def bookable_events() -> QuerySet[Event]:
    """Events with all that a decision and its letter read, in four queries."""
    return Event.objects.with_catalogue_facts().prefetch_related(
        "offers", Prefetch("sessions", Session.objects.select_related("venue").order_by("position"))
    )


def other_dates(*, event: Event, now: datetime) -> QuerySet[Event]:
    """Other dates of the same course that have places for whoever comes by, the next first."""
    others = Event.objects.open_for_booking(now).with_places_left().with_catalogue_facts().exclude(pk=event.pk)
    return others.filter(version__course=event.version.course_id).order_by("starts_at", "pk")


def decide(*, practitioner: Practitioner, organisation: Organisation | None, event: Event, now: datetime) -> Decision:
    """Collect the terms and every reason at once, so that nobody mends one only to meet the next."""
    partnership = Partnership.objects.current()
    terms = terms_for(organisation=organisation, event=event, now=now, partnership=partnership)
    known = list(_own_bookings(practitioner, event, now, partnership))
    own = [
        booking
        for booking in known
        if booking.is_live and (booking.event_id == event.pk or not booking.event.has_ended(now))
    ]
    own_reasons, warnings = _reasons_of_own_bookings(own, event)
    waiting = _own_entry(practitioner, event)
    reasons = [
        *reasons_of_date(event, now),
        *own_reasons,
        *_reasons_of_entry(waiting),
        *reasons_of_commission(organisation=organisation, event=event),
        *reasons_of_terms(terms, organisation, partnership, is_open_to_region=event.is_open_from_outside),
        *reasons_of_share(organisation=organisation, offer=terms.offer, event=event, now=now, partnership=partnership),
    ]
    waits_for = [
        *_reasons_to_wait(organisation, terms.offer, event.version.course),
        *_reasons_of_absences(known, terms.offer, partnership),
    ]
    hold_ends_at = _hold_of(waits_for, event, now, partnership, reasons)
    return Decision(
        terms=terms,
        partnership=partnership,
        practitioner=practitioner,
        waiting=waiting,
        booked=next((booking for booking in own if booking.event_id == event.pk), None),
        needs_declaration=event.version.course.prerequisite_mode != Course.PrerequisiteMode.NONE,
        hold_ends_at=hold_ends_at,
        reasons=reasons,
        waits_for=waits_for,
        warnings=warnings,
    )


def decide_for_group(
    *, organisation: Organisation, event: Event, places: int, now: datetime, places_held: int = 0
) -> Decision:
    """The same for so many places of one organisation together, whoever may come on them; some may be held already."""
    partnership = Partnership.objects.current()
    terms = terms_for(organisation=organisation, event=event, now=now, partnership=partnership, places=max(1, places))
    places = max(0, places - places_held)
    reasons = [
        *_reasons_of_date_for(places, event, now, is_held=bool(places_held) and not places),
        *reasons_of_commission(organisation=organisation, event=event),
        *reasons_of_terms(terms, organisation, partnership, is_open_to_region=event.is_open_from_outside),
        *reasons_of_share(
            organisation=organisation, offer=terms.offer, event=event, now=now, partnership=partnership, places=places
        ),
    ]
    if not reasons and (terms.quote is None or terms.quote.amount is None):
        reasons.append(no_price(organisation.name))
    waits_for = _reasons_to_wait(organisation, terms.offer, event.version.course)
    hold_ends_at = _hold_of(waits_for, event, now, partnership, reasons)
    return Decision(
        terms=terms,
        partnership=partnership,
        needs_declaration=event.version.course.prerequisite_mode != Course.PrerequisiteMode.NONE,
        hold_ends_at=hold_ends_at,
        reasons=reasons,
        waits_for=waits_for,
    )


def _hold_of(
    waits_for: list[Reason], event: Event, now: datetime, partnership: Partnership, reasons: list[Reason]
) -> datetime | None:
    """Until when the place would be held while somebody decides; too late to ask is one reason more."""
    if not waits_for or event.starts_at is None:
        return None
    ends_at = hold_of_request(event=event, now=now, partnership=partnership)
    if ends_at <= now and not event.has_begun(now):
        reasons.append(_too_late_to_ask(partnership))
    return ends_at


def _reasons_of_date_for(places: int, event: Event, now: datetime, *, is_held: bool = False) -> list[Reason]:
    reasons = reasons_of_date(event, now)
    if is_held:
        return [reason for reason in reasons if reason is not FULL]
    left = event.places_left
    if not reasons and left is not None and left < places:
        return [too_few_left(left)]
    return reasons


def reasons_of_date(event: Event, now: datetime) -> list[Reason]:
    """Why nobody at all can book this date now; the same for everybody."""
    closed = _reason_closed(event, now)
    if closed:
        return [closed]
    if event.is_full:
        return [FULL]
    return []


def _reason_closed(event: Event, now: datetime) -> Reason | None:
    if event.state == Event.State.CANCELLED:
        return Reason("cancelled", "This date has been cancelled.", "Choose another date.")
    if event.state == Event.State.DRAFT:
        return Reason("draft", "This date is not open for booking yet.", "Choose another date.")
    if event.has_begun(now):
        return Reason("begun", f"This date began on {_day(event.starts_at)}.", "Choose another date.")
    if event.state == Event.State.POSTPONED:
        return Reason(
            "postponed", "This date has been postponed, and the new one is not set yet.", "Choose another date."
        )
    if event.state != Event.State.OPEN:
        return Reason("closed", "Booking for this date has closed.", "Choose another date.")
    if not event.runs_on_its_course:
        return COURSE_PAUSED
    if event.booking_opens_at and event.booking_opens_at > now:
        return Reason(
            "opens_later", f"Booking for this date opens on {_day(event.booking_opens_at)}.", "Come back then."
        )
    if event.booking_closes_at and event.booking_closes_at <= now:
        return Reason(
            "closed", f"Booking for this date closed on {_day(event.booking_closes_at)}.", "Choose another date."
        )
    return None


def reasons_unsaid(decision: Decision, answers: Answers) -> list[Reason]:
    """What the person must still tell us before the place is theirs (rules B1 and B4)."""
    reasons = []
    if decision.needs_declaration and not answers.prerequisite_declared:
        reasons.append(Reason("prerequisite", "Say when you did the training that this course builds on."))
    if decision.needs_agreement and not answers.has_managers_agreement:
        reasons.append(Reason("no_agreement", "Confirm that your manager agrees."))
    if decision.needs_managers_email and not answers.has_no_manager:
        reasons += _reasons_of_manager(decision, answers.manager_email)
    return reasons


def _reasons_of_manager(decision: Decision, email: str) -> list[Reason]:
    if not email:
        what_for = "we ask them whether you may take part" if decision.asks_manager else "they get a copy"
        words = f"Give your manager's email address: {what_for}. Or tick that you have no manager."
        return [Reason("no_managers_email", words)]
    if decision.practitioner is not None and decision.practitioner.owns_address(email):
        return [OWN_ADDRESS]
    return []


def _own_bookings(
    practitioner: Practitioner, event: Event, now: datetime, partnership: Partnership
) -> QuerySet[Booking]:
    """The person's bookings that can matter here: live ones on this date and all that lie ahead, and absences."""
    since = months_before(now, partnership.repeat_absence_months)
    ahead = Q(state__in=LIVE_STATES) & (Q(event=event) | Q(event__ends_at__gt=now))
    return (
        Booking.objects.filter(ahead | Booking.objects.unused_since(since), practitioner=practitioner)
        .with_forgiveness()
        .select_related("event__version__course")
        .prefetch_related("event__sessions")
        .order_by("event__starts_at", "pk")
    )


def absences_that_count(*, practitioner: Practitioner, now: datetime) -> list[Booking]:
    """The places of this person that were not used and not forgiven lately, the latest first (rule B18)."""
    since = months_before(now, Partnership.objects.current().repeat_absence_months)
    unused = Booking.objects.filter(Booking.objects.unused_since(since), practitioner=practitioner).with_forgiveness()
    return list(unused.filter(is_forgiven=False).with_event_facts().order_by("-event__starts_at", "-pk"))


def _reasons_of_own_bookings(own: list[Booking], event: Event) -> tuple[list[Reason], list[Reason]]:
    """Rule B3: one live booking per date, no two places at once; a second date of the same course is worth a word."""
    reasons, warnings = [], []
    for booking in own:
        other = booking.event
        title = other.version.course.title
        if other.pk == event.pk:
            reasons.append(BOOKED)
        elif sessions_overlap(other, event):
            reasons.append(
                Reason(
                    "overlap",
                    f"You have a place on “{title}” at the same time, on {_day(other.starts_at)}.",
                    "Cancel that place first, or choose another date.",
                    about=f"booking:{booking.pk}",
                )
            )
        elif other.version.course_id == event.version.course_id:
            warnings.append(
                Reason("same_course", f"You already have a place on this course on {_day(other.starts_at)}.")
            )
    return reasons, warnings


def _own_entry(practitioner: Practitioner, event: Event) -> WaitingListEntry | None:
    """Where the person stands on the date's waiting list, if they do."""
    return WaitingListEntry.objects.live().filter(event=event, practitioner=practitioner).first()


def _reasons_of_entry(entry: WaitingListEntry | None) -> list[Reason]:
    if entry is None or entry.state != WaitingState.OFFERED:
        return []
    return [Reason("offered", "A place on this date is held for you from the waiting list.", "Take it or leave it.")]


def who_cannot_come(*, event: Event, practitioner_ids: Iterable[int | None]) -> set[int]:
    """Find those who have a place on this date or on another at the same time, or whose account is closed."""
    sittings = Q()
    for session in event.sessions.all():
        sittings |= Q(event__sessions__starts_at__lt=session.ends_at, event__sessions__ends_at__gt=session.starts_at)
    people = Practitioner.objects.filter(pk__in=[pk for pk in practitioner_ids if pk is not None])
    booked = Booking.objects.live().filter(Q(event=event) | sittings, practitioner__in=people)
    gone = people.filter(Q(user__is_active=False) | Q(anonymised_at__isnull=False))
    return {*booked.values_list("practitioner_id", flat=True), *gone.values_list("pk", flat=True)}


def sessions_overlap(one: Event, other: Event) -> bool:
    """Compare sitting by sitting: two courses of several days may interleave."""
    return any(
        mine.starts_at < theirs.ends_at and theirs.starts_at < mine.ends_at
        for mine in one.sessions.all()
        for theirs in other.sessions.all()
    )


def reasons_of_terms(
    terms: Terms,
    organisation: Organisation | None,
    partnership: Partnership,
    *,
    is_open_to_region: bool = False,
    what: str = "date",
) -> list[Reason]:
    """Why this employer's people cannot have it on these terms: not offered, by quote, not for people from outside."""
    if organisation is None:
        return [Reason("no_organisation", "We do not know yet where you work or volunteer.", "Tell us where you work.")]
    if terms.offer is None or terms.quote is None or terms.policy is None:
        return [Reason("not_offered", f"This {what} cannot be booked through the portal.", "Ask us about it.")]
    if not organisation.charging_category:
        return []
    if not terms.quote.is_offered:
        return [
            Reason("not_offered", f"This {what} is {terms.quote.reason}.", "Choose another course, or ask us about it.")
        ]
    if terms.quote.amount is None:
        return [Reason("on_quote", "What this costs your organisation is agreed by a quote first.", "Ask us for one.")]
    is_free_from_outside = terms.quote.is_free and not organisation.is_in_area and not is_open_to_region
    if terms.offer.is_area_only and is_free_from_outside:
        return [
            Reason(
                "out_of_area",
                f"Free places on this {what} are for people who work with children in {partnership.city_name}.",
                "Ask us if your work includes them.",
            )
        ]
    return []


def _reasons_to_wait(organisation: Organisation | None, offer: Offer | None, course: Course) -> list[Reason]:
    """Why the team decides first: the employer has no price yet, the offer asks for it, or something is checked."""
    waits_for = []
    if organisation and not organisation.charging_category:
        waits_for.append(
            Reason(
                "organisation_undecided",
                f"{organisation.name} is new to us.",
                "We look at it and decide what it pays, usually within two working days.",
            )
        )
    if offer and offer.approval_mode == ApprovalMode.EXPLICIT:
        waits_for.append(
            Reason(
                "approval",
                "Your manager agrees to this course before you have the place.",
                "We ask them by email and write to you when they have answered. "
                "If you have no manager, we look at your request ourselves.",
            )
        )
    if course.prerequisite_mode == Course.PrerequisiteMode.CHECKED:
        waits_for.append(
            Reason(
                "prerequisite_checked",
                "This course builds on earlier training.",
                "We check that you have done it and write to you.",
            )
        )
    return waits_for


def reasons_for_the_team(*, booking: Booking, now: datetime) -> list[Reason]:
    """Why a request needs the team's decision, whatever the manager says: its price, what is checked, absences."""
    partnership = Partnership.objects.current()
    known = list(_own_bookings(booking.practitioner, booking.event, now, partnership))
    reasons = [
        *_reasons_to_wait(booking.organisation, booking.offer, booking.event.version.course),
        *_reasons_of_absences(known, booking.offer, partnership),
    ]
    if booking.price is None and booking.charging_category:
        reasons.append(Reason("price_undecided", "What the place costs is not decided yet."))
    set_aside = {"approval", *booking.overridden}
    return [reason for reason in reasons if reason.code not in set_aside]


def _too_late_to_ask(partnership: Partnership) -> Reason:
    return Reason(
        "too_late_to_ask",
        "This date is too near for a request: places on it have to be confirmed first.",
        f"Call the {partnership.team_name} on {partnership.contact_phone}, or choose another date.",
    )


def _reasons_of_absences(known: list[Booking], offer: Offer | None, partnership: Partnership) -> list[Reason]:
    """Rule B18: whoever was away too often has multi-agency places confirmed by the team."""
    if offer is None or offer.strand != Strand.MULTI_AGENCY:
        return []
    count = sum(booking.state in UNUSED_STATES and not getattr(booking, "is_forgiven", False) for booking in known)
    if count < partnership.repeat_absence_count:
        return []
    return [
        Reason(
            "repeat_absence",
            f"{count} places in your name were not used in the last {partnership.repeat_absence_months} months.",
            "We look at your request and write to you.",
        )
    ]


def undecided_until(*, event: Event, partnership: Partnership) -> date | None:
    """Return the day by which people hear if a date cannot run; None where it is sure to (rule B20)."""
    if not event.is_below_minimum or event.state != Event.State.OPEN or event.starts_at is None:
        return None
    return working_days_before(timezone.localtime(event.starts_at).date(), partnership.go_ahead_days)


def hold_of_request(*, event: Event, now: datetime, partnership: Partnership) -> datetime:
    """Return until when a request holds its place (rule B2): some working days, but not too near to the start."""
    asked_on = timezone.localtime(now).date()
    starts_on = timezone.localtime(event.starts_at).date()
    return end_of_day(
        min(
            working_days_after(asked_on, partnership.request_hold_days),
            working_days_before(starts_on, partnership.request_cutoff_days),
        )
    )


def _day(moment: datetime | None) -> str:
    return format_date(timezone.localtime(moment), "l j F Y") if moment else ""
