"""What places that were not used cost: a notice for each, in the state that its age would have brought it to."""

from datetime import datetime, timedelta
from random import Random

from bookings.actions.charges import REFILLED
from bookings.charging import KIND_OF_STATE, GivenUp, Kind, reasons_heard_until, refilled
from bookings.models import ChargeNotice
from bookings.models.booking import State
from courses.models import ChargingPolicy
from courses.models.course import HALF_DAY_HOURS
from workforce_portal.sample_city import words
from workforce_portal.sample_city.bookings import HOLDING, Asked, Place
from workforce_portal.sample_city.copying import Table, Tables
from workforce_portal.sample_city.dates import PlannedEvent
from workforce_portal.sample_city.people import Person
from workforce_portal.sample_city.records import Archive

# The team looks at charges once in a while: what became due since then still waits.
LOOKED_AT_EVERY = timedelta(days=12)
EXCUSED_WAIVED, OTHERS_WAIVED = 0.9, 0.2
ABSENT_EXPLAINED = 0.35


class Treasurer:
    """Writes the notices of one event after the other, and of the open ones the letter that told the agency."""

    def __init__(
        self, *, rng: Random, as_of: datetime, archive: Archive, policy: ChargingPolicy, team: int, people: list[Person]
    ) -> None:
        self.rng, self.as_of, self.archive, self.policy, self.team = rng, as_of, archive, policy, team
        self.by_account = {person.user_id: person for person in people if person.user_id}
        self.deadlines: dict[datetime, datetime] = {}
        self.notices = Table(
            ChargeNotice, "id", "booking_id", "kind", "state", "organisation_id", "policy_id", "amount", "drafted_at",
            "review_from", "reason_given_for", "reason_given", "reason_given_at", "reason_given_by_id", "waived_for",
            "decided_reason", "decided_at", "decided_by_id",
        )  # fmt: skip
        self.all = Tables([self.notices])

    def settle(self, event: PlannedEvent, places: list[Place]) -> None:
        """Propose what the portal would have proposed, and decide what the team would have decided by now."""
        if event.is_cancelled or event.is_draft:
            return
        taken_again = self.taken_again(event, places)
        for place in places:
            kind = None if place.is_walk_in else KIND_OF_STATE.get(State(place.state))
            amount = self.policy.late_charge(
                is_half_day=event.course.hours <= HALF_DAY_HOURS, price=place.terms.price if place.terms else None
            )
            if kind and amount:
                self.propose(place, kind, amount, is_taken_again=place.id in taken_again)

    def taken_again(self, event: PlannedEvent, places: list[Place]) -> set[int]:
        late = [place for place in places if place.state == State.CANCELLED_LATE]
        if not late:
            return set()
        given_up = [GivenUp(key=place.id, at=place.cancelled_at) for place in late if place.cancelled_at]
        newcomers = [place.confirmed_at for place in places if place.state in HOLDING and place.confirmed_at]
        free_places = event.capacity + event.overbooked_by - event.places_taken
        return set(refilled(given_up=given_up, taken_at=newcomers, free_places=free_places))

    def propose(self, place: Place, kind: Kind, amount, *, is_taken_again: bool) -> None:
        drafted_at = place.cancelled_at or place.event.ends_at
        review_from = self.review_from(drafted_at)
        reason = self.reason_of(place, kind, drafted_at)
        state, *decision = self.decision_on(reason[0], drafted_at, review_from, is_taken_again=is_taken_again)
        notice_id = self.notices.next_id()
        self.notices.add(
            notice_id, place.id, kind, state, place.person.agency.id, self.policy.pk, amount, drafted_at, review_from,
            *reason, *decision,
        )  # fmt: skip
        place.charge = Asked(notice_id, kind, state, amount, decision[2])
        contact = self.by_account.get(place.person.agency.contact)
        if state in ("DRAFT", "TO_REVIEW") and (contact or place.person.agency.category != "internal"):
            self.archive.file_charge(notice_id, place, contact, drafted_at)

    def review_from(self, drafted_at: datetime) -> datetime:
        day = drafted_at.replace(hour=12, minute=0, second=0, microsecond=0)
        if day not in self.deadlines:
            self.deadlines[day] = reasons_heard_until(since=day, partnership=self.archive.partnership)
        return self.deadlines[day]

    def reason_of(self, place: Place, kind: Kind, drafted_at: datetime) -> tuple:
        """Who cancels late has said why; of those who were away some tell us afterwards."""
        if kind == Kind.LATE_CANCELLATION:
            return words.LATE_REASON_KINDS[place.reason], place.reason, drafted_at, place.person.user_id
        said_at = drafted_at + timedelta(days=1 + self.rng.random() * 2)
        if place.person.user_id is None or said_at > self.as_of or self.rng.random() > ABSENT_EXPLAINED:
            return "", "", None, None
        said = self.rng.choice(words.LATE_REASONS)
        return words.LATE_REASON_KINDS[said], said, said_at, place.person.user_id

    def decision_on(self, reason: str, drafted_at: datetime, review_from: datetime, *, is_taken_again: bool) -> tuple:
        """The state, and for what, in which words, when and by whom it was decided."""
        rng = self.rng
        if is_taken_again:
            return "WAIVED", "REFILLED", REFILLED, min(drafted_at + timedelta(hours=30), self.as_of), None
        if review_from > self.as_of:
            return "DRAFT", "", "", None, None
        decided_at = review_from + timedelta(days=1 + rng.random() * 9)
        if decided_at > self.as_of or review_from > self.as_of - LOOKED_AT_EVERY:
            return "TO_REVIEW", "", "", None, None
        is_excused = bool(reason) and reason != "OTHER"
        if rng.random() < (EXCUSED_WAIVED if is_excused else OTHERS_WAIVED):
            waived_for = reason if is_excused else "DECISION"
            return "WAIVED", waived_for, "" if is_excused else words.WAIVED_BY_DECISION, decided_at, self.team
        return "APPROVED", "", "", decided_at, self.team
