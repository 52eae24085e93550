"""Who waits for a place on the city's full dates, and who waited for past ones in vain."""

import uuid
from datetime import datetime, time, timedelta
from random import Random

from django.db.models import F
from django.utils import timezone

from accounts.models import Practitioner
from bookings.models import Booking, WaitingListEntry
from bookings.models.waiting_list import WaitingState
from courses.models import Event
from courses.pricing import best_offer
from courses.references import REFERENCE_ALPHABET, REFERENCE_LENGTH
from courses.working_days import BRITISH_TIME, working_days_before

DATES_WITH_A_LIST, PAST_DATES = 10, 30
MOST_WAITING = 6
# They ask within one working day, one after the other.
DAYS_WAITED, FIRST_JOINED, BETWEEN_TWO = 7, time(9, 12), timedelta(minutes=67)
IN_VAIN = "The date began before a place was free."


def write_waiting_lists(*, as_of: datetime, first: int) -> None:
    """Queue some people for the next full dates, the person `first` for the first of them if they are free."""
    Queue(as_of=as_of, first=first).write()


class Queue:
    """One loading of lists, drawn from its own lot."""

    def __init__(self, *, as_of: datetime, first: int) -> None:
        self.as_of, self.first, self.rng = as_of, first, Random("waiting lists of Airedon")
        known = Practitioner.objects.filter(user__isnull=False, memberships__organisation__charging_category__gt="")
        self.people = list(known.order_by("pk").distinct().prefetch_related("memberships__organisation")[:600])

    def write(self) -> None:
        full = Event.objects.filter(capacity__isnull=False, places_taken__gte=F("capacity") + F("overbooked_by"))
        full = full.prefetch_related("offers")
        coming = full.filter(state=Event.State.OPEN, starts_at__gt=self.as_of + timedelta(days=12))
        entries = []
        for number, event in enumerate(coming.order_by("starts_at", "pk")[:DATES_WITH_A_LIST]):
            waiting = self.entries_of(event, self.rng.randint(2, MOST_WAITING), is_first=number == 0)
            Event.objects.filter(pk=event.pk).update(people_waiting=len(waiting))
            entries += waiting
        past = full.filter(state=Event.State.LOCKED, starts_at__lt=self.as_of).order_by("-starts_at", "pk")
        for event in past[:PAST_DATES]:
            for entry in self.entries_of(event, self.rng.randint(0, 3)):
                entry.state, entry.state_reason, entry.closed_at = WaitingState.CLOSED, IN_VAIN, event.starts_at
                entries.append(entry)
        WaitingListEntry.objects.bulk_create(entries)

    def entries_of(self, event: Event, count: int, *, is_first: bool = False) -> list[WaitingListEntry]:
        taken = set(Booking.objects.live().filter(event=event).values_list("practitioner_id", flat=True))
        chosen = self.rng.sample(self.people, min(len(self.people), count + 4))
        if is_first:
            chosen = [*[person for person in self.people if person.pk == self.first], *chosen]
        day = working_days_before(timezone.localtime(min(self.as_of, event.starts_at)).date(), DAYS_WAITED)
        joined_at = datetime.combine(day, FIRST_JOINED, tzinfo=BRITISH_TIME)
        entries: dict[int, WaitingListEntry] = {}
        for person in chosen:
            entry = self.entry_of(event, person, joined_at + len(entries) * BETWEEN_TWO)
            if entry and person.pk not in taken and len(entries) < count:
                entries.setdefault(person.pk, entry)
        return list(entries.values())

    def entry_of(self, event: Event, person: Practitioner, joined_at: datetime) -> WaitingListEntry | None:
        organisation = next(iter(person.memberships.all())).organisation
        offer = best_offer(offers=event.offers.all(), category=organisation.charging_category)
        if offer is None:
            return None
        return WaitingListEntry(
            reference="W-" + "".join(self.rng.choices(REFERENCE_ALPHABET, k=REFERENCE_LENGTH)),
            event=event,
            practitioner=person,
            organisation=organisation,
            offer=offer,
            joined_at=joined_at,
            joined_by_id=person.user_id,
            queued_at=joined_at,
            idempotency_key=uuid.UUID(int=self.rng.getrandbits(128), version=4),
        )
