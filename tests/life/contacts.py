"""What booking contacts do in the city: places for several together, names, places given back, groups that wait."""

import uuid

from bookings.actions import group_bookings, group_waiting
from bookings.eligibility import Answers, bookable_events
from bookings.group_eligibility import Colleague
from bookings.models import GroupBooking

SAID_FOR_ALL = Answers(has_managers_agreement=True, manager_email="ben@example.org", prerequisite_declared="March 2025")


class Contacts:
    """Two schools, each with a contact. Whoever is named may be known, or entered as they are named."""

    def groups_to_name(self) -> list[int]:
        return list(GroupBooking.objects.with_unnamed_places().order_by("pk").values_list("pk", flat=True))

    def colleagues_of(self, contact, how_many: int, *, is_new: bool = False) -> list[Colleague]:
        if is_new:
            return [Colleague(full_name=f"New Person{number}") for number in range(how_many)]
        own = [person for person in self.people if self.agency_of(person) == self.agency_of(contact)]
        return [Colleague(full_name=one.practitioner.full_name, email=one.email) for one in own[:how_many]]

    def book_group(self, contact, date, *, named: int, unnamed: int, is_new: bool = False) -> None:
        group_bookings.book_group(
            event=bookable_events().get(pk=date.pk),
            organisation=self.agency_of(contact),
            colleagues=self.colleagues_of(contact, named, is_new=is_new),
            places_unnamed=unnamed,
            contact=contact.practitioner,
            by=contact,
            now=self.now,
            answers=SAID_FOR_ALL,
            price_shown=None,
            idempotency_key=uuid.uuid4(),
        )

    def name(self, group_id, person) -> None:
        colleague = Colleague(full_name=person.practitioner.full_name, email=person.email)
        group = GroupBooking.objects.select_related("contact__user").get(pk=group_id)
        group_bookings.name_practitioner(
            group_id=group_id,
            colleague=colleague,
            by=group.contact.user,
            now=self.now,
            answers=SAID_FOR_ALL,
            idempotency_key=uuid.uuid4(),
        )

    def give_unnamed_back(self, group_id, count: int) -> None:
        group = GroupBooking.objects.select_related("contact__user").get(pk=group_id)
        group_bookings.release_unnamed(
            group_id=group_id,
            places_back=count,
            places_unnamed_shown=group.places_unnamed,
            by=group.contact.user,
            now=self.now,
        )

    def wait_together(self, contact, date, places_wanted: int) -> None:
        group_waiting.join_list(
            event=bookable_events().get(pk=date.pk),
            organisation=self.agency_of(contact),
            places_wanted=places_wanted,
            by=contact,
            now=self.now,
            idempotency_key=uuid.uuid4(),
        )

    def take_together(self, entry) -> None:
        contact = entry.joined_by
        group_waiting.accept_offer(
            entry_id=entry.pk, contact=contact.practitioner, by=contact, now=self.now, price_shown=None
        )
