"""May these colleagues have places of their organisation together, and every reason why not, line by line. Reads only."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from decimal import Decimal

from django.db.models import Q
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.dateformat import format as format_date

from accounts.models import Invitation, Organisation, Partnership, Practitioner, User
from accounts.models.invitation import INVITATIONS_AN_HOUR
from bookings.eligibility import Decision, decide, decide_for_group
from bookings.models import GroupBooking
from bookings.reasons import REASONS_TO_QUEUE, Reason
from courses.models import Event
from courses.working_days import end_of_day, working_days_before

# What is decided for all places of the group together, and so is no reason against one of its people.
OF_THE_DATE = REASONS_TO_QUEUE | {
    *("draft", "begun", "postponed", "cancelled", "closed", "course_paused", "opens_later"),
    *("not_offered", "on_quote", "out_of_area", "no_organisation", "too_late_to_ask", "commissioned"),
}
MOST_PLACES = 60
# Places of a group that was offered them late are named within a day.
LEAST_TIME_TO_NAME = timedelta(hours=24)


@dataclass(frozen=True, kw_only=True)
class Colleague:
    """Somebody as a booking contact names them. Without an address of their own, letters go to the contact."""

    full_name: str
    email: str = ""


@dataclass(frozen=True, kw_only=True)
class Line:
    """One colleague of a list: who that is, on which terms they come, and why not."""

    colleague: Colleague
    practitioner: Practitioner | None
    decision: Decision
    reasons: list[Reason] = field(default_factory=list)
    notes: list[Reason] = field(default_factory=list)

    @property
    def is_new(self) -> bool:
        return self.practitioner is None


@dataclass(frozen=True, kw_only=True)
class GroupDecision:
    """The terms for all places together, and each line. `reasons` refuse them all; so does one line that has some."""

    decision: Decision
    lines: list[Line]
    places_unnamed: int
    name_by: datetime | None
    reasons: list[Reason] = field(default_factory=list)

    @property
    def places(self) -> int:
        return len(self.lines) + self.places_unnamed

    @property
    def price(self) -> Decimal | None:
        return self.decision.price

    @property
    def total(self) -> Decimal | None:
        return None if self.price is None else self.price * self.places

    @property
    def wrong_lines(self) -> list[Line]:
        return [line for line in self.lines if line.reasons]

    @property
    def is_possible(self) -> bool:
        return not self.reasons and not self.wrong_lines

    @property
    def may_queue(self) -> bool:
        """Whether nothing but a lack of places for them all is in the way, so that they may wait together."""
        return bool(self.reasons) and {reason.code for reason in self.reasons} <= REASONS_TO_QUEUE


def decide_together(
    *,
    event: Event,
    organisation: Organisation,
    colleagues: Sequence[Colleague],
    places_unnamed: int,
    by: User,
    now: datetime,
    places_held: int = 0,
) -> GroupDecision:
    """Decide about everybody of a list and the places without a name, collecting every reason at once.

    So many of the places are held for them already, so that only the rest must be free.
    """
    places = len(colleagues) + places_unnamed
    decision = decide_for_group(organisation=organisation, event=event, places=places, now=now, places_held=places_held)
    name_by = name_by_of(event=event, partnership=decision.partnership) if places_unnamed and event.starts_at else None
    reasons = list(decision.reasons)
    if places < 1:
        reasons.append(Reason("nobody", "Nobody is on the list.", "Name somebody, or hold places without a name."))
    if places > MOST_PLACES:
        reasons.append(
            Reason("too_many", f"At most {MOST_PLACES} places can be booked together.", "Book in two parts.")
        )
    if name_by and name_by <= now and not event.has_begun(now):
        day = format_date(timezone.localtime(name_by), "l j F Y")
        reasons.append(Reason("too_late_to_hold", f"Names for this date were due by {day}.", "Name everybody now."))
    lines = lines_of(event=event, organisation=organisation, colleagues=colleagues, group=decision, by=by, now=now)
    return GroupDecision(
        decision=decision, lines=lines, places_unnamed=places_unnamed, name_by=name_by, reasons=reasons
    )


def lines_of(
    *,
    event: Event,
    organisation: Organisation,
    colleagues: Sequence[Colleague],
    group: Decision,
    by: User,
    now: datetime,
) -> list[Line]:
    """Decide about each colleague. Somebody new has no bookings that could be in the way."""
    found = find_colleagues(organisation=organisation, colleagues=colleagues)
    invitations_left = INVITATIONS_AN_HOUR - Invitation.objects.sent_since(by, now - timedelta(hours=1)).count()
    lines: list[Line] = []
    seen: set[object] = set()
    for colleague, people in zip(colleagues, found, strict=True):
        practitioner = people[0] if len(people) == 1 else None
        line = _line_of(colleague, practitioner, event=event, organisation=organisation, group=group, now=now)
        who = practitioner or colleague.email.lower() or colleague.full_name.casefold()
        if who in seen:
            line.reasons.append(Reason("twice", f"{colleague.full_name} is on the list twice.", "Take one line out."))
        if len(people) > 1:
            line.reasons.append(_several_of_that_name(colleague))
        elif practitioner is None and colleague.email:
            invitations_left -= 1
            if invitations_left < 0:
                line.reasons.append(_too_many_new())
        seen.add(who)
        lines.append(line)
    return lines


def find_colleagues(*, organisation: Organisation, colleagues: Sequence[Colleague]) -> list[list[Practitioner]]:
    """Find each among the organisation's own people: by address, or by name where no address is given.

    Nobody else is looked for, so that naming people tells nothing about who is known elsewhere (BAR S4).
    """
    addresses = {colleague.email.lower() for colleague in colleagues if colleague.email}
    names = {colleague.full_name.lower() for colleague in colleagues if not colleague.email}
    people = (
        Practitioner.objects.filter(
            memberships__organisation=organisation, memberships__ended_on__isnull=True, anonymised_at__isnull=True
        )
        .annotate(address=Lower("email"), account=Lower("user__email"), name=Lower("full_name"))
        .filter(Q(address__in=addresses) | Q(account__in=addresses) | Q(name__in=names))
        .select_related("user")
        .order_by("pk")
        .distinct()
    )
    known = list(people) if addresses or names else []
    return [[person for person in known if _is_meant(person, colleague)] for colleague in colleagues]


def _is_meant(person: Practitioner, colleague: Colleague) -> bool:
    if not colleague.email:
        return person.full_name.lower() == colleague.full_name.lower()
    own = person.email if person.email_owner == Practitioner.EmailOwner.SELF else ""
    account = person.user.email if person.user else ""
    return colleague.email.lower() in (own.lower(), account.lower())


def _line_of(
    colleague: Colleague,
    practitioner: Practitioner | None,
    *,
    event: Event,
    organisation: Organisation,
    group: Decision,
    now: datetime,
) -> Line:
    if practitioner is None:
        return Line(colleague=colleague, practitioner=None, decision=group)
    decision = decide(practitioner=practitioner, organisation=organisation, event=event, now=now)
    name = practitioner.full_name
    return Line(
        colleague=colleague,
        practitioner=practitioner,
        decision=decision,
        reasons=[said_of(name, reason) for reason in decision.reasons if reason.code not in OF_THE_DATE],
        notes=[
            said_of(name, reason) for reason in [*decision.warnings, *decision.waits_for] if reason.code in OF_A_PERSON
        ],
    )


# The reasons of a person's own, in words about them. What they book elsewhere is not told (DOMAIN 3.1).
OF_A_PERSON: dict[str, tuple[str, str]] = {
    "already_booked": ("{name} has a place on this date already, or has asked for one.", "Take this line out."),
    "overlap": ("{name} has another course at the same time.", "Take this line out, or choose another date."),
    "offered": ("A place is held for {name} from the waiting list.", "They take it themselves."),
    "same_course": ("{name} has a place on another date of this course.", ""),
    "repeat_absence": ("We look at {name}'s place first and write to them.", ""),
}


def said_of(name: str, reason: Reason) -> Reason:
    """Say a reason that was written for the person to somebody who books for them."""
    words, remedy = OF_A_PERSON.get(reason.code, (reason.words, reason.remedy))
    return replace(reason, words=words.format(name=name), remedy=remedy)


def _several_of_that_name(colleague: Colleague) -> Reason:
    words = f"Several of your people are called {colleague.full_name}."
    return Reason("several", words, "Add the email address of the one you mean.")


def _too_many_new() -> Reason:
    words = f"At most {INVITATIONS_AN_HOUR} people who are new to us can be written to within an hour."
    return Reason("too_many_new", words, "Leave the address out, or hold a place without a name and name it later.")


def name_by_of(*, event: Event, partnership: Partnership) -> datetime:
    """Return until when places of this date must have a name: the end of a day some working days before."""
    starts_on = timezone.localtime(event.starts_at).date()
    return end_of_day(working_days_before(starts_on, partnership.name_by_days))


def name_by_of_offer(*, event: Event, now: datetime, partnership: Partnership) -> datetime:
    """Return the same for places that came from the waiting list: at least a day, but not past the beginning."""
    name_by = max(name_by_of(event=event, partnership=partnership), now + LEAST_TIME_TO_NAME)
    return min(event.starts_at, name_by) if event.starts_at else name_by


def decide_for_held_place(*, group: GroupBooking, event: Event, colleague: Colleague, by: User, now: datetime) -> Line:
    """Decide about somebody for a place that the group holds already: on its terms, and no lack of places matters."""
    common = decide_for_group(organisation=group.organisation, event=event, places=0, now=now)
    line = lines_of(event=event, organisation=group.organisation, colleagues=[colleague], group=common, by=by, now=now)[
        0
    ]
    quote = line.decision.terms.quote
    terms = replace(
        line.decision.terms,
        offer=group.offer,
        policy=group.policy,
        free_cancel_until=group.free_cancel_until,
        quote=replace(quote, amount=group.price) if quote else None,
        discount=None,
    )
    hold_ends_at = line.decision.hold_ends_at
    if hold_ends_at is not None:
        # Whoever must still be asked has at least a day to answer.
        a_day = now + LEAST_TIME_TO_NAME
        hold_ends_at = max(hold_ends_at, min(a_day, event.starts_at) if event.starts_at else a_day)
    decision = replace(line.decision, terms=terms, hold_ends_at=hold_ends_at, reasons=[])
    return replace(line, decision=decision)
