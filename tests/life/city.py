"""A small city in which anything may happen to places, for the random lives of test_life.py.

Every deed is one that a page, a sweep or the team does. A refusal in words is an answer like any other; anything
else that is raised is a fault. A power cut stops a deed at a random question to the database.
"""

import uuid
from contextlib import contextmanager
from datetime import timedelta

from django.db import connection, transaction
from django.db.models import F, Q

from accounts.models import MembershipRole
from bookings.actions import (
    approvals,
    changes,
    charges,
    event_changes,
    group_bookings,
    move_answers,
    places,
    registers,
    requests,
    waiting_list,
)
from bookings.eligibility import bookable_events
from bookings.models import Attendance, Booking, GroupBooking, WaitingListEntry
from bookings.models.booking import State
from bookings.models.waiting_list import WaitingState
from bookings.reasons import MAY_BE_OVERRIDDEN
from bookings.sweeps.approvals import reminders_due
from courses.models import ApprovalMode, Event, Strand
from tests import cast
from tests.frames import undone
from tests.life.contacts import SAID_FOR_ALL, Contacts
from tests.life.office import Office
from tests.makers import NOW, make_course, make_event
from tests.managers import link_about

# Words that an action may answer with; whatever else it raises is a fault.
REFUSALS = (
    places.BookingRefused,
    places.CannotCancel,
    waiting_list.OfferGone,
    registers.RegisterClosed,
    registers.WalkInWasThere,
    registers.CannotOverride,
    event_changes.CannotChange,
    move_answers.CannotAnswer,
    group_bookings.GroupChanged,
    charges.CannotDecide,
    charges.CannotExplain,
)


class PowerCut(Exception):
    """The database is not reached any more, in the middle of something."""


@contextmanager
def power_cut_after(questions: int | None):
    """Let so many questions through, then none. The deed's transaction ends as that of a killed worker does."""
    left = [questions]

    def ask(execute, sql, params, many, context):
        if left[0] is not None:
            left[0] -= 1
            if left[0] < 0 and not sql.startswith(("ROLLBACK", "RELEASE", "SAVEPOINT")):
                raise PowerCut
        return execute(sql, params, many, context)

    with connection.execute_wrapper(ask):
        yield


class City(Contacts, Office):
    """Nine people of four agencies; three dates of a multi-agency course, one that asks a manager, one that is paid."""

    def __init__(self) -> None:
        self.now = NOW
        agencies = [
            cast.social_work(),
            cast.police(),
            cast.make_organisation(),
            cast.make_organisation("Mill Lane Club"),
        ]
        self.people = [cast.make_person(f"Person{number} Lives", agencies[number % 4]) for number in range(9)]
        self.team, self.trainers, self.pages = (
            cast.wendy(),
            [cast.dev(), cast.make_person("Tam Trains", cast.police())],
            {},
        )
        self.contacts = [
            cast.make_person(f"Contact{number} Books", agencies[2 + number], membership=MembershipRole.BOOKING_CONTACT)
            for number in range(2)
        ]
        shared = make_course("Shared", strands=(Strand.MULTI_AGENCY,))
        asked = make_course("Asked", strands=(Strand.MULTI_AGENCY,), approval_mode=ApprovalMode.EXPLICIT)
        paid = make_course("Paid", strands=(Strand.TRADED,))
        dates = [
            make_event(shared, capacity=2, starts_at=NOW + timedelta(days=20), agency_cap=1, trainer=self.trainers[0]),
            make_event(shared, capacity=3, starts_at=NOW + timedelta(days=34), trainer=self.trainers[0]),
            make_event(shared, capacity=1, starts_at=NOW + timedelta(days=48), days=2),
            make_event(asked, capacity=2, starts_at=NOW + timedelta(days=27)),
            make_event(paid, capacity=4, starts_at=NOW + timedelta(days=13), min_numbers=3),
        ]
        # Three dates are full from the beginning, and somebody waits for each; two requests wait for their managers.
        for person, date in ((0, 0), (1, 0), (2, 2), (4, 3), (5, 3), (1, 4)):
            self.book(self.people[person], dates[date])
        self.book_group(self.contacts[0], dates[4], named=1, unnamed=2)
        for person, date in ((3, 0), (7, 0), (5, 2)):
            self.join(self.people[person], dates[date])
        self.wait_together(self.contacts[1], dates[4], 2)

    # --- What is there -----------------------------------------------------------------------------------

    @property
    def dates(self) -> list[Event]:
        """As they are now; some are split off others."""
        return list(Event.objects.order_by("pk"))

    def next_date(self) -> Event | None:
        coming = Event.objects.filter(state=Event.State.OPEN, starts_at__gt=self.now)
        return coming.order_by("starts_at", "pk").first()

    def dates_with_few(self) -> list[Event]:
        """Dates that somebody of the team has yet to decide about (rule B20)."""
        undecided = Event.objects.filter(state=Event.State.OPEN, starts_at__gt=self.now, goes_ahead_at__isnull=True)
        return list(undecided.filter(min_numbers__gt=F("places_taken")).order_by("pk"))

    def again(self, date) -> Event:
        return Event.objects.get(pk=date.pk)

    def agency_of(self, person):
        return person.practitioner.memberships.select_related("organisation").get().organisation

    def bookings(self, *states: State) -> list[int]:
        return list(Booking.objects.filter(state__in=states).order_by("pk").values_list("pk", flat=True))

    def entries(self, *states: WaitingState) -> list[int]:
        return list(WaitingListEntry.objects.filter(state__in=states).order_by("pk").values_list("pk", flat=True))

    # --- What people do ------------------------------------------------------------------------------------

    def book(self, person, date, *, by_team: bool = False) -> None:
        override = places.Override(codes=frozenset(MAY_BE_OVERRIDDEN), reason="Because") if by_team else None
        places.book(
            event=bookable_events().get(pk=date.pk),
            practitioner=person.practitioner,
            organisation=self.agency_of(person),
            by=self.team if by_team else person,
            now=self.now,
            answers=SAID_FOR_ALL,
            override=override,
        )

    def cancel(self, booking_id) -> None:
        places.cancel(booking_id=booking_id, by=None, now=self.now, reason="Cannot come")

    def decide(self, booking_id, *, is_yes: bool) -> None:
        if is_yes:
            requests.confirm(booking_id=booking_id, by=self.team, now=self.now)
        else:
            requests.decline(booking_id=booking_id, by=self.team, now=self.now, reason="Not this time")

    def asked_of_managers(self) -> list[int]:
        return list(Booking.objects.waiting_for_a_manager().order_by("pk").values_list("pk", flat=True))

    def manager_answers(self, booking_id, *, answer: str) -> None:
        token = link_about(f"booking:{booking_id}")
        if answer == "yes":
            approvals.approve(token=token, now=self.now)
        elif answer == "no":
            approvals.decline(token=token, now=self.now, reason="Not this time")
        elif answer == "deputy":
            approvals.pass_on(token=token, now=self.now, email="deputy@example.org")
        else:
            person = Booking.objects.get(pk=booking_id).practitioner.user
            approvals.ask_manager(booking_id=booking_id, manager_email=answer, by=person, now=self.now)

    def substitute(self, booking_id, person) -> None:
        changes.substitute(booking_id=booking_id, practitioner=person.practitioner, by=None, now=self.now)

    def transfer(self, booking_id, date) -> None:
        event = bookable_events().get(pk=date.pk)
        changes.transfer(booking_id=booking_id, event=event, by=None, now=self.now, reason="Another day suits")

    def join(self, person, date) -> None:
        waiting_list.join(
            event=bookable_events().get(pk=date.pk),
            practitioner=person.practitioner,
            organisation=self.agency_of(person),
            by=person,
            now=self.now,
            idempotency_key=uuid.uuid4(),
        )

    def leave(self, entry_id) -> None:
        waiting_list.leave(entry_id=entry_id, by=None, now=self.now)

    def answer_offer(self, entry_id, *, is_yes: bool) -> None:
        entry = WaitingListEntry.objects.get(pk=entry_id)
        if is_yes and entry.practitioner is None:
            self.take_together(entry)
        elif is_yes:
            waiting_list.accept(entry_id=entry_id, by=None, now=self.now, answers=SAID_FOR_ALL)
        else:
            waiting_list.decline_offer(entry_id=entry_id, by=None, now=self.now)

    def go_first(self, entry_id) -> None:
        waiting_list.mark_urgent(entry_id=entry_id, by=self.team, now=self.now, reason="A court waits")

    def offer_by_hand(self, entry_id) -> None:
        waiting_list.offer_by_hand(entry_id=entry_id, by=self.team, now=self.now)

    def mark(self, date, marks) -> None:
        event = Event.objects.get(pk=date.pk)
        people = Booking.objects.filter(event=event).on_the_register().order_by("pk")
        for session in event.sessions.order_by("position"):
            said = {booking.pk: mark for booking, mark in zip(people, marks, strict=False)}
            registers.mark(session=session, marks=said, by=self.team, now=self.now, reason="Looked up")

    def walk_in(self, date, person) -> None:
        session = Event.objects.get(pk=date.pk).sessions.order_by("position").first()
        registers.add_walk_in(
            session=session,
            full_name=person.practitioner.full_name,
            email=person.email,
            organisation=self.agency_of(person),
            by=self.team,
            now=self.now,
        )

    # --- What time does ---------------------------------------------------------------------------------------

    def sweep(self) -> None:
        """Everything that the timetable would have done by now, in its order."""
        for approval_id in reminders_due(now=self.now):
            approvals.remind(approval_id=approval_id, now=self.now)
        for booking_id in list(Booking.objects.requests_past_their_hold(self.now).values_list("pk", flat=True)):
            requests.lapse(booking_id=booking_id, now=self.now)
        for change_id in self.changes_to_carry_out():
            self.carry_out(change_id)
        for booking_id in self.overdue_answers():
            move_answers.release(booking_id=booking_id, now=self.now)
        for group_id in list(GroupBooking.objects.past_their_day(self.now).values_list("pk", flat=True)):
            group_bookings.release_overdue(group_id=group_id, now=self.now)
        self.look_after_lists()
        self.close_registers()
        self.look_after_charges()

    def look_after_lists(self) -> None:
        for entry_id in list(WaitingListEntry.objects.past_their_offer(self.now).values_list("pk", flat=True)):
            waiting_list.lapse_offer(entry_id=entry_id, now=self.now)
        for event in Event.objects.owing_offers(self.now).order_by("pk"):
            waiting_list.offer_free_places(event_id=event.pk, now=self.now)
        over = Event.objects.filter(people_waiting__gt=0).filter(Q(starts_at__lte=self.now) | Q(state="CANCELLED"))
        for event in over.exclude(state=Event.State.POSTPONED).order_by("pk"):
            waiting_list.close_list(event_id=event.pk, now=self.now)

    def forgotten(self) -> list[str]:
        """Dates on which somebody waits for a place that is free, and that nobody will look at again."""
        found = []
        unowed = Event.objects.with_free_places().filter(offers_owed_since=None, offers_next_look_at=None)
        for event in unowed.filter(people_waiting__gt=0).order_by("pk"):
            with undone():
                if waiting_list.offer_free_places(event_id=event.pk, now=self.now):
                    found.append(event.reference)
        return found

    def do(self, deed, *, cut_after: int | None = None) -> str:
        """Do it; return how it ended: done, refused in words, or cut off."""
        try:
            with power_cut_after(cut_after):
                deed()
        except REFUSALS:
            return "refused"
        except PowerCut:
            # An UPDATE outside any transaction of ours would spoil the frame of the whole life; it was not carried out.
            transaction.set_rollback(False)
            return "cut off"
        return "done"


MARKS = [Attendance.Mark.PRESENT, Attendance.Mark.ABSENT, Attendance.Mark.LEFT_EARLY, Attendance.Mark.TURNED_AWAY]
