"""What the team and the trainers do in the city: dates that change, registers, outcomes, charges."""

import uuid
from dataclasses import dataclass
from datetime import timedelta

from django.db import transaction

from bookings.actions import charges, event_changes, move_answers, registers
from bookings.actions.event_changes import Plan
from bookings.models import Attendance, Booking, ChargeNotice, EventChange
from bookings.models.attendance import LATE
from bookings.models.booking import TOOK_PART_STATES
from bookings.models.event_change import ChangeKind
from courses.actions.events import Sitting
from courses.models import Event, Session
from tests.makers import make_venue

CHOICES = [*Attendance.Mark, LATE]


@dataclass(frozen=True)
class Page:
    """A register as it was on a trainer's screen when it was opened."""

    session: Session
    seen: dict[int, str]


class Office:
    """One member of the team, and two trainers who take the same registers."""

    # --- Dates change ------------------------------------------------------------------------------------

    def change(self, date, plan: Plan) -> None:
        event_changes.start(event_id=date.pk, plan=plan, by=self.team, now=self.now, idempotency_key=uuid.uuid4())

    def sittings(self, date, days_from_now: int) -> list[Sitting]:
        """Its days as they are, beginning so many days from now."""
        first, *_ = sessions = list(date.sessions.order_by("position"))
        by = self.now.replace(hour=10) + timedelta(days=days_from_now) - first.starts_at
        return [Sitting(starts_at=one.starts_at + by, ends_at=one.ends_at + by) for one in sessions]

    def move(self, date, days_from_now: int, *, is_asking: bool) -> None:
        sessions = self.sittings(date, days_from_now)
        where = {"venue": make_venue(), "mode": "in_person"}
        self.change(date, Plan(kind=ChangeKind.MOVE, sessions=sessions, is_asking=is_asking, **where))

    def postpone(self, date) -> None:
        self.change(date, Plan(kind=ChangeKind.POSTPONE))

    def call_off(self, date, other) -> None:
        self.change(date, Plan(kind=ChangeKind.CANCEL, reason="WEATHER", held_event=other))

    def split(self, date, days_from_now: int, *, places_here: int | None, places_there: int | None) -> None:
        """Every second person goes to the new date."""
        people = Booking.objects.filter(event=date).live().order_by("pk").values_list("pk", flat=True)
        plan = Plan(
            kind=ChangeKind.SPLIT,
            sessions=self.sittings(date, days_from_now),
            venue=make_venue(),
            mode="in_person",
            moved_ids=list(people)[::2],
            places_here=places_here,
            places_there=places_there,
        )
        self.change(date, plan)

    def change_capacity(self, date, places: int) -> None:
        self.change(date, Plan(kind=ChangeKind.CAPACITY, facts={"capacity": places}))

    def go_ahead(self, date) -> None:
        self.change(date, Plan(kind=ChangeKind.GO_AHEAD))

    def changes_to_carry_out(self) -> list[int]:
        owed = EventChange.objects.owed(self.now).order_by("asked_at", "pk")
        return list(owed.values_list("pk", flat=True))

    def carry_out(self, change_id, portions: int | None = None) -> None:
        """What the worker does; it may be interrupted after some portions, which here are small."""
        if portions is None and not event_changes.claim(change_id=change_id, now=self.now):
            return
        is_unfinished = True
        while is_unfinished and portions != 0:
            with transaction.atomic():
                is_unfinished = event_changes.carry_out_within(change_id=change_id, now=self.now, size=2)
            portions = None if portions is None else portions - 1

    def asked_about_a_new_day(self) -> list[int]:
        return list(Booking.objects.unanswered().order_by("pk").values_list("pk", flat=True))

    def answer_about_the_day(self, booking_id, *, is_coming: bool) -> None:
        move_answers.answer(booking_id=booking_id, is_coming=is_coming, by=None, now=self.now)

    # --- Registers ------------------------------------------------------------------------------------------

    def open_register(self, trainer, date) -> None:
        """The page stays open on their phone, whatever others do to the register meanwhile."""
        session = date.sessions.select_related("event").order_by("position").last()
        people = Booking.objects.filter(event=date).on_the_register().order_by("pk")
        marks = {one.booking_id: one.version for one in Attendance.objects.filter(session=session)}
        seen = {booking.pk: marks.get(booking.pk, "") for booking in people}
        self.pages[trainer] = Page(session, seen)

    def send_register(self, trainer, choices) -> None:
        """Whoever is marked on the page is marked so, or the trainer is told; nothing is lost without a word."""
        page, key = self.pages[trainer], uuid.uuid4()
        given = {
            booking_id: registers.Given(choice=choice, at=self._time_of(choice, page.session), seen=seen)
            for (booking_id, seen), choice in zip(page.seen.items(), choices, strict=False)
        }
        saved = self._save(trainer, page, given, key)
        stands = self._marks_of(page.session)
        told = {one.booking_id for one in saved.kept} | set(saved.refused)
        listed = set(Booking.objects.filter(event=page.session.event_id).on_the_register().values_list("pk", flat=True))
        for booking_id in listed & set(given) - told:
            one = given[booking_id]
            assert one.version in (stands.get(booking_id), one.seen)
        self._save(trainer, page, given, key)
        assert self._marks_of(page.session) == stands  # the same set once more changes nothing

    def _save(self, trainer, page, given, key):
        session = Session.objects.select_related("event").get(pk=page.session.pk)
        return registers.save(session=session, given=given, by=self.trainers[trainer], now=self.now, key=key)

    def _time_of(self, choice, session):
        return session.starts_at + timedelta(minutes=20) if choice in (LATE, Attendance.Mark.LEFT_EARLY) else None

    def _marks_of(self, session) -> dict[int, str]:
        return {one.booking_id: one.version for one in Attendance.objects.filter(session=session)}

    def outcomes_to_doubt(self) -> list[int]:
        part = Booking.objects.filter(state__in=TOOK_PART_STATES)
        return list(part.order_by("pk").values_list("pk", flat=True))

    def count_outcome(self, booking_id, *, as_attended: bool) -> None:
        count = registers.count_as_attended if as_attended else registers.count_by_the_marks
        count(booking_id=booking_id, by=self.team, now=self.now, reason="Looked into it")

    # --- Charges --------------------------------------------------------------------------------------------

    def charges(self) -> list[int]:
        return list(ChargeNotice.objects.order_by("pk").values_list("pk", flat=True))

    def decide_charge(self, notice_id, *, how: str) -> None:
        facts = {"notice_id": notice_id, "by": self.team, "now": self.now}
        if how == "waive":
            charges.waive(**facts, waived_for=ChargeNotice.WaivedFor.SICKNESS)
        elif how == "approve":
            charges.approve(**facts)
        elif how == "reopen":
            charges.reopen(**facts, reason="They called")
        else:
            charges.give_reason(**facts, reason_for="SICKNESS", words="Flu")

    def look_after_charges(self) -> None:
        """As the sweep bookings.put_charges_up_for_review."""
        for notice_id in list(ChargeNotice.objects.of_dates_we_cancelled().order_by("pk").values_list("pk", flat=True)):
            charges.waive_of_cancelled_date(notice_id=notice_id, now=self.now)
        given_up = ChargeNotice.objects.may_be_refilled(self.now).order_by("booking__event_id")
        for event_id in list(given_up.values_list("booking__event_id", flat=True).distinct()):
            charges.waive_refilled(event_id=event_id, now=self.now)
        charges.put_up_for_review(now=self.now)

    def overdue_answers(self) -> list[int]:
        return list(Booking.objects.past_their_answer(self.now).order_by("pk").values_list("pk", flat=True))

    def close_registers(self) -> None:
        registers.close_delivered(now=self.now)
        for event in Event.objects.filter(state=Event.State.DELIVERED).ended(self.now).order_by("pk"):
            registers.lock(event=event, now=self.now)
