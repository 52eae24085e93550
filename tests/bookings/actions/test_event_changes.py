"""Dates that change: who is told what, what becomes of their places, and that nothing happens twice or half."""

from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection, transaction

from accounts.models import OutboundEmail
from bookings.actions import capacity, event_changes, move_answers, places, waiting_list
from bookings.actions.event_changes import AlreadyChanging, CannotChange, DateHasChanged, Plan
from bookings.actions.event_previews import preview
from bookings.eligibility import Answers, bookable_events
from bookings.models import AgencyShare, Booking, BookingNeeds, EventChange, GroupBooking, WaitingListEntry
from bookings.models.booking import State
from bookings.models.event_change import ChangeKind
from bookings.models.waiting_list import WaitingState
from courses.actions.events import Sitting
from courses.models import Event, Session, Strand
from tests import cast
from tests.makers import NOW, make_booking, make_event, make_policy, make_venue
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

LATER = NOW + timedelta(days=40)


def person(number):
    """Everybody from an agency of their own: no cap is in the way."""
    agency = cast.make_organisation(f"Agency {number}", charging_category="partner_free")
    return cast.make_person(f"Person{number} Changes", agency)


def booked_date(people=3, **fields):
    event = make_event(**fields)
    return event, [make_booking(event, person(number)) for number in range(people)]


def move_plan(starts_at=LATER, *, hours=6, venue=None, **fields):
    return Plan(
        kind=ChangeKind.MOVE,
        sessions=[Sitting(starts_at=starts_at, ends_at=starts_at + timedelta(hours=hours))],
        venue=venue or make_venue(),
        mode="in_person",
        **fields,
    )


def begin(event, plan, now=NOW, **fields):
    return event_changes.start(
        event_id=event.pk, plan=plan, by=cast.wendy(), now=now, idempotency_key=uuid4(), **fields
    )


def carry_out(change, now=NOW):
    while event_changes.carry_out_portion(change_id=change.pk, now=now):
        pass
    change.refresh_from_db()
    return change


def change_date(event, plan, now=NOW):
    return carry_out(begin(event, plan, now), now)


def letters(name):
    return OutboundEmail.objects.filter(letter=f"bookings/{name}").order_by("pk")


def counts_agree(*dates):
    for event in dates:
        event.refresh_from_db()
        waiting = sum(entry.places_wanted for entry in WaitingListEntry.objects.filter(event=event).waiting())
        assert (event.places_taken, event.people_waiting) == (capacity.count_places(event_id=event.pk), waiting)
        shares = (
            AgencyShare.objects.filter(event=event).exclude(places_taken=0).values_list("organisation", "places_taken")
        )
        live = Booking.objects.filter(event=event, offer__strand=Strand.MULTI_AGENCY).live()
        assert sum(places for _, places in shares) >= live.count()
    return True


def wait_for_place(event, user):
    return waiting_list.join(
        event=bookable_events().get(pk=event.pk),
        practitioner=user.practitioner,
        organisation=user.practitioner.memberships.get().organisation,
        by=user,
        now=NOW,
    )


def hold_unnamed(event, places=2):
    carol = cast.carol()
    organisation = carol.practitioner.memberships.get().organisation
    group = GroupBooking.objects.create(
        reference="G-7K2M4QXY",
        event=event,
        organisation=organisation,
        offer=event.offers.get(),
        policy=make_policy(),
        price=0,
        terms_accepted_at=NOW,
        free_cancel_until=NOW + timedelta(days=20),
        places_booked=places,
        places_unnamed=places,
        name_by=NOW + timedelta(days=21),
        contact=carol.practitioner,
        booked_at=NOW,
    )
    with transaction.atomic():
        capacity.take(event_id=event.pk, organisation=organisation, offer=group.offer, now=NOW, places=places)
    return group


# --- Moving -------------------------------------------------------------------------------------------------


def test_move_asks_everybody_and_changes_what_hangs_on_the_day():
    event, (first, *_) = booked_date()
    BookingNeeds.objects.create(booking=first, access="A chair", erase_on=NOW.date())
    change = change_date(event, move_plan(words="The hall is flooded."))
    first.refresh_from_db()
    event.refresh_from_db()
    assert (event.starts_at, event.state, change.done_count, change.affected_count) == (LATER, Event.State.OPEN, 3, 3)
    assert change.finished_at == NOW
    # Five working days from Saturday 21 November 2026, at the end of the day.
    assert first.answer_due_at.isoformat() == "2026-11-27T23:59:00+00:00"
    assert (first.state, first.calendar_sequence, first.is_asked) == (State.CONFIRMED, 1, True)
    assert first.free_cancel_until > first.answer_due_at
    assert first.needs.erase_on == (LATER + timedelta(days=30)).date()
    letter = letters("moved").first()
    assert letters("moved").count() == 3
    assert "METHOD:REQUEST" in letter.calendar
    assert "SEQUENCE:1" in letter.calendar
    assert "The hall is flooded." in letter.text
    assert "Monday 21 December 2026" in letter.text
    assert counts_agree(event)


def test_move_keeps_the_days_that_people_were_promised_and_gives_new_ones():
    event, (far, near) = booked_date(people=2)
    Booking.objects.filter(pk=far.pk).update(free_cancel_until=LATER + timedelta(days=5))
    change_date(event, move_plan(is_asking=False))
    far.refresh_from_db()
    near.refresh_from_db()
    assert far.free_cancel_until == LATER + timedelta(days=5)
    assert near.free_cancel_until > event.starts_at - timedelta(days=7)
    assert (near.answer_due_at, near.is_asked) == (None, False)
    assert "you need not do anything" in letters("moved").last().text


def test_move_near_the_new_day_leaves_a_day_to_answer():
    event, (booking,) = booked_date(people=1)
    change_date(event, move_plan(NOW + timedelta(days=3)))
    booking.refresh_from_db()
    assert booking.answer_due_at == NOW + timedelta(days=1)


def test_move_takes_unsent_letters_back_and_leaves_sent_ones():
    event, (booking, _other) = booked_date(people=2)
    for name, sent_at in (("unsent", None), ("sent", NOW)):
        OutboundEmail.objects.create(
            key=name, letter="bookings/reminder", about=f"booking:{booking.pk}", message_id=f"<{name}@x>", to="a@b.org",
            subject="Soon", text="Soon", created_at=NOW, send_at=NOW, sent_at=sent_at,
        )  # fmt: skip
    change_date(event, move_plan())
    held = OutboundEmail.objects.filter(withheld_at__isnull=False)
    assert list(held.values_list("key", flat=True)) == ["unsent"]


def test_move_refuses_what_cannot_be_and_does_what_can():
    event, _ = booked_date()
    with pytest.raises(CannotChange, match="in the past"):
        begin(event, move_plan(NOW - timedelta(days=1)))
    with pytest.raises(CannotChange, match="number of days"):
        begin(
            event,
            Plan(
                kind=ChangeKind.MOVE, sessions=[*move_plan().sessions, *move_plan(LATER + timedelta(days=1)).sessions]
            ),
        )
    assert EventChange.objects.count() == 0
    assert begin(event, move_plan()).kind == ChangeKind.MOVE


def test_move_takes_a_trainer_off_who_is_elsewhere_and_keeps_one_who_is_not():
    dev = cast.dev()
    event, _ = booked_date(trainer=dev)
    change_date(event, move_plan())
    assert event.sessions.get().trainer_assignments.count() == 1
    make_event(starts_at=NOW + timedelta(days=60), trainer=dev)
    change = change_date(event, move_plan(NOW + timedelta(days=60)))
    assert event.sessions.get().trainer_assignments.count() == 0
    assert change.plan["trainers_off"] == [dev.practitioner.trainer.pk]
    assert ["taken you off" in " ".join(one.text.split()) for one in letters("trainer_change")] == [False, True]


def test_move_tells_those_who_wait_and_who_hold_places_without_names():
    event, _ = booked_date(people=1, capacity=3)
    hold_unnamed(event)
    wait_for_place(event, person(50))
    change_date(event, move_plan())
    group = GroupBooking.objects.get()
    assert group.name_by > LATER - timedelta(days=14)
    assert (letters("waiting_change").count(), letters("group_change").count()) == (1, 1)
    assert "2 places without a name" in letters("group_change").get().text
    assert counts_agree(event)


def test_a_request_is_told_and_not_asked():
    event = make_event()
    booking = make_booking(event, person(1), state=State.REQUESTED)
    change_date(event, move_plan())
    booking.refresh_from_db()
    assert (booking.state, booking.answer_due_at, booking.hold_ends_at > NOW) == (State.REQUESTED, None, True)
    assert letters("moved").get().calendar == ""


# --- Answering ----------------------------------------------------------------------------------------------


def moved_booking(**fields):
    event, bookings = booked_date(people=2, **fields)
    change_date(event, move_plan())
    booking = bookings[0]
    booking.refresh_from_db()
    return event, booking


def say(booking, is_coming, now=NOW):
    return move_answers.answer(booking_id=booking.pk, is_coming=is_coming, by=booking.practitioner.user, now=now)


def test_yes_keeps_the_place_and_no_gives_it_back_without_a_charge():
    event, booking = moved_booking()
    assert say(booking, True).answered_at == NOW
    assert say(booking, True).state == State.CONFIRMED
    with pytest.raises(move_answers.CannotAnswer):
        say(booking, False)
    other = Booking.objects.unanswered().get()
    assert say(other, False).state == State.CANCELLED_BY_PROVIDER
    assert say(other, False).state == State.CANCELLED_BY_PROVIDER
    assert "METHOD:CANCEL" in letters("move_released").get().calendar
    assert counts_agree(event)


def test_yes_is_refused_where_the_person_would_be_in_two_places():
    _event, booking = moved_booking()
    elsewhere = make_booking(make_event(starts_at=LATER + timedelta(hours=1)), booking.practitioner)
    with pytest.raises(move_answers.CannotAnswer, match="at the same time"):
        say(booking, True)
    places.cancel(booking_id=elsewhere.pk, by=None, now=NOW)
    assert say(booking, True).answered_at == NOW


def test_no_answer_in_time_releases_the_place_and_an_answer_keeps_it():
    event, booking = moved_booking()
    say(booking, True)
    silent = Booking.objects.unanswered().get()
    due = silent.answer_due_at
    assert move_answers.release(booking_id=silent.pk, now=due - timedelta(seconds=1)) is None
    assert move_answers.release(booking_id=booking.pk, now=due) is None
    assert move_answers.release(booking_id=silent.pk, now=due).state == State.CANCELLED_BY_PROVIDER
    assert move_answers.release(booking_id=silent.pk, now=due) is None
    assert "did not hear" in letters("move_released").get().text
    assert counts_agree(event)


def test_a_freed_place_goes_to_those_who_wait():
    event, booking = moved_booking(capacity=2)
    entry = wait_for_place(event, person(60))
    say(booking, False)
    waiting_list.offer_free_places(event_id=event.pk, now=NOW)
    entry.refresh_from_db()
    assert entry.state == WaitingState.OFFERED
    assert counts_agree(event)


def test_cancelling_oneself_costs_nothing_while_asked():
    _event, booking = moved_booking()
    Booking.objects.filter(pk=booking.pk).update(free_cancel_until=NOW - timedelta(days=1))
    assert places.cancel(booking_id=booking.pk, by=None, now=NOW).state == State.CANCELLED


# --- Postponing and cancelling ------------------------------------------------------------------------------


def test_postpone_keeps_places_takes_offers_back_and_a_new_day_asks():
    event, bookings = booked_date(people=2, capacity=2)
    entry = wait_for_place(event, person(70))
    places.cancel(booking_id=bookings[0].pk, by=None, now=NOW)
    waiting_list.offer_free_places(event_id=event.pk, now=NOW)
    change_date(event, Plan(kind=ChangeKind.POSTPONE, reason="WEATHER"))
    event.refresh_from_db()
    entry.refresh_from_db()
    kept = bookings[1]
    kept.refresh_from_db()
    assert (event.state, entry.state, kept.state) == (Event.State.POSTPONED, WaitingState.WAITING, State.CONFIRMED)
    assert "METHOD:CANCEL" in letters("postponed").get().calendar
    assert counts_agree(event)
    after = event.starts_at + timedelta(days=2)
    assert kept.is_free_to_cancel(after)
    change_date(event, move_plan(after + timedelta(days=30)), now=after)
    event.refresh_from_db()
    kept.refresh_from_db()
    assert (event.state, kept.is_asked, kept.calendar_sequence) == (Event.State.OPEN, True, 2)
    assert "It was:" not in letters("moved").get().text


def test_cancel_tells_everybody_and_charges_nobody():
    event, bookings = booked_date(people=2, capacity=4, trainer=cast.dev())
    request = make_booking(event, person(9), state=State.REQUESTED)
    group = hold_unnamed(event, places=1)
    entry = wait_for_place(event, person(80))
    change = change_date(event, Plan(kind=ChangeKind.CANCEL, reason="ILLNESS", words="We are sorry."))
    event.refresh_from_db()
    assert (event.state, event.places_taken, event.people_waiting) == (Event.State.CANCELLED, 0, 0)
    states = set(Booking.objects.values_list("state", "state_reason"))
    assert states == {(State.CANCELLED_BY_PROVIDER, "a trainer is ill")}
    group.refresh_from_db()
    entry.refresh_from_db()
    assert (group.places_unnamed, group.places_released, entry.state) == (0, 1, WaitingState.CLOSED)
    assert change.done_count == 3
    assert {
        name: letters(name).count() for name in ("cancelled_by_us", "group_change", "waiting_closed", "trainer_change")
    } == {
        "cancelled_by_us": 3,
        "group_change": 1,
        "waiting_closed": 1,
        "trainer_change": 1,
    }
    letter = letters("cancelled_by_us").get(about=f"booking:{bookings[0].pk}")
    assert "METHOD:CANCEL" in letter.calendar
    assert "Nothing is charged" in letter.text
    assert "We are sorry." in letter.text
    assert letters("cancelled_by_us").get(about=f"booking:{request.pk}").calendar == ""
    assert counts_agree(event)


def test_cancel_holds_places_on_another_date_as_far_as_there_are_any():
    event, _bookings = booked_date(people=3)
    other = make_event(event.course, starts_at=LATER, capacity=2)
    change_date(event, Plan(kind=ChangeKind.CANCEL, reason="TOO_FEW", held_event=other))
    entries = list(WaitingListEntry.objects.order_by("pk"))
    assert [entry.state for entry in entries] == [WaitingState.OFFERED, WaitingState.OFFERED, WaitingState.WAITING]
    assert all(entry.urgent_reason for entry in entries)
    assert counts_agree(event, other)
    texts = [one.text for one in letters("cancelled_by_us")]
    assert ["We hold a place for you" in text for text in texts] == [True, True, False]
    booking = waiting_list.accept(
        entry_id=entries[0].pk, by=None, now=NOW, answers=Answers(has_managers_agreement=True)
    )
    assert (booking.event, booking.state) == (other, State.CONFIRMED)
    assert counts_agree(other)


def test_cancel_needs_its_reason_of_the_list():
    event, _ = booked_date()
    with pytest.raises(Exception, match="a_date_is_cancelled_for_a_reason"):
        begin(event, Plan(kind=ChangeKind.CANCEL))
    assert begin(event, Plan(kind=ChangeKind.CANCEL, reason="VENUE")).reason_words == "the venue cannot be used"


# --- Places, splitting, going ahead -------------------------------------------------------------------------


def capacity_plan(places):
    return Plan(kind=ChangeKind.CAPACITY, facts={"capacity": places})


def test_more_places_go_to_those_who_wait_and_fewer_than_taken_are_refused():
    event, _ = booked_date(people=2, capacity=2)
    entry = wait_for_place(event, person(90))
    with pytest.raises(CannotChange, match="2 places are taken, so there cannot be fewer than 2"):
        begin(event, capacity_plan(1))
    change_date(event, capacity_plan(3))
    event.refresh_from_db()
    assert (event.capacity, event.places_left) == (3, 0)
    waiting_list.offer_free_places(event_id=event.pk, now=NOW)
    entry.refresh_from_db()
    assert entry.state == WaitingState.OFFERED


def split_plan(moved, **fields):
    plan = move_plan(LATER)
    return Plan(
        kind=ChangeKind.SPLIT, sessions=plan.sessions, venue=plan.venue, mode=plan.mode,
        moved_ids=[booking.pk for booking in moved], **fields,
    )  # fmt: skip


def test_split_moves_those_who_are_ticked_and_counts_them_there():
    event, bookings = booked_date(people=4, capacity=4)
    entry = wait_for_place(event, person(95))
    change = change_date(event, split_plan(bookings[:2], places_here=2, places_there=3))
    new = change.new_event
    event.refresh_from_db()
    assert (new.split_from, new.state, new.version, new.capacity) == (event, Event.State.OPEN, event.version, 3)
    assert (event.places_taken, event.capacity, new.places_taken) == (2, 2, 2)
    assert set(new.bookings.values_list("pk", flat=True)) == {booking.pk for booking in bookings[:2]}
    assert letters("moved").count() == 2
    assert new.bookings.first().is_asked
    assert not event.bookings.first().is_asked
    assert counts_agree(event, new)
    waiting_list.offer_free_places(event_id=event.pk, now=NOW)
    entry.refresh_from_db()
    assert entry.state == WaitingState.WAITING


def test_split_refuses_everybody_or_nobody():
    event, bookings = booked_date(people=2)
    for moved in ([], bookings):
        with pytest.raises(CannotChange, match="Tick at least one"):
            begin(event, split_plan(moved))
    with pytest.raises(CannotChange, match="at least as many places"):
        begin(event, split_plan(bookings[:1], places_there=0))
    assert begin(event, split_plan(bookings[:1])).new_event


def test_go_ahead_is_decided_once_and_told_to_those_with_a_place():
    event, _ = booked_date(people=2, min_numbers=8)
    make_booking(event, person(7), state=State.REQUESTED)
    change_date(event, Plan(kind=ChangeKind.GO_AHEAD))
    event.refresh_from_db()
    assert (event.goes_ahead_at, event.goes_ahead_by, event.is_below_minimum) == (NOW, cast.wendy(), False)
    assert letters("goes_ahead").count() == 2
    with pytest.raises(CannotChange, match="decided already"):
        begin(event, Plan(kind=ChangeKind.GO_AHEAD))


# --- Twice, at once, half way -------------------------------------------------------------------------------


def test_the_same_form_twice_is_one_change_and_another_waits():
    event, _ = booked_date()
    key = uuid4()
    both = [
        event_changes.start(event_id=event.pk, plan=move_plan(), by=cast.wendy(), now=NOW, idempotency_key=key)
        for _ in range(2)
    ]
    assert both[0] == both[1]
    with pytest.raises(AlreadyChanging):
        begin(event, Plan(kind=ChangeKind.CANCEL, reason="WEATHER"))
    carry_out(both[0])
    assert begin(event, Plan(kind=ChangeKind.CANCEL, reason="WEATHER")).kind == ChangeKind.CANCEL


def test_a_page_that_showed_something_else_changes_nothing():
    event, _ = booked_date()
    seen = event_changes.likeness(bookable_events().get(pk=event.pk))
    Event.objects.filter(pk=event.pk).update(capacity=30)
    with pytest.raises(DateHasChanged):
        begin(event, move_plan(), seen=seen)
    assert begin(event, move_plan(), seen=event_changes.likeness(bookable_events().get(pk=event.pk)))


def test_a_worker_that_stops_half_way_is_followed_by_one_that_goes_on():
    event, _bookings = booked_date(people=30, capacity=30)
    change = begin(event, Plan(kind=ChangeKind.CANCEL, reason="WEATHER"))
    assert event_changes.claim(change_id=change.pk, now=NOW)
    assert not event_changes.claim(change_id=change.pk, now=NOW)
    assert event_changes.carry_out_portion(change_id=change.pk, now=NOW)
    change.refresh_from_db()
    assert (change.done_count, letters("cancelled_by_us").count()) == (25, 25)
    lapsed = NOW + timedelta(minutes=2)
    assert event_changes.claim(change_id=change.pk, now=lapsed)
    carry_out(change, lapsed)
    assert (change.done_count, letters("cancelled_by_us").count()) == (30, 30)
    assert not event_changes.carry_out_portion(change_id=change.pk, now=lapsed)
    assert counts_agree(event)


def test_a_change_that_fails_again_and_again_waits_for_somebody():
    event, _ = booked_date()
    change = begin(event, move_plan())
    for _ in range(5):
        assert event_changes.claim(change_id=change.pk, now=NOW)
        event_changes.put_back(change_id=change.pk, now=NOW)
    assert not event_changes.claim(change_id=change.pk, now=NOW)
    assert EventChange.objects.failed().count() == 1
    event_changes.try_again(change_id=change.pk, by=cast.wendy(), now=NOW)
    assert event_changes.claim(change_id=change.pk, now=NOW)
    assert carry_out(change).finished_at


def test_preview_tells_what_would_happen_and_changes_nothing():
    event, bookings = booked_date(people=2, capacity=2)
    wait_for_place(event, person(99))
    make_booking(make_event(starts_at=LATER), bookings[0].practitioner)
    venue = make_venue("A cupboard")
    venue.capacity = 1
    venue.save()
    before = OutboundEmail.objects.count()
    seen = preview(event_id=event.pk, plan=move_plan(venue=venue), by=cast.wendy(), now=NOW)
    assert (seen.confirmed, seen.requested, seen.waiting, seen.is_room_too_small) == (2, 0, 1, True)
    assert [other.practitioner for other in seen.overlaps] == [bookings[0].practitioner]
    assert "A cupboard" in seen.letter.text
    assert seen.agencies == [("Agency 0", 1), ("Agency 1", 1)]
    starts_at = event.starts_at
    event.refresh_from_db()
    assert (event.starts_at, EventChange.objects.count(), OutboundEmail.objects.count()) == (starts_at, 0, before)


def test_two_of_the_team_start_the_same_change_at_once():
    event, _ = booked_date()
    wendy = cast.wendy()

    def press(plan):
        return lambda: event_changes.start(event_id=event.pk, plan=plan, by=wendy, now=NOW, idempotency_key=uuid4())

    given = at_once(*[press(move_plan(is_asking=number % 2 == 0)) for number in range(4)])
    assert sorted(type(one).__name__ for one in given) == ["AlreadyChanging"] * 3 + ["EventChange"]


def test_two_of_the_team_start_two_changes_at_once_without_the_rule():
    """The control: with the unique index gone, both are begun."""
    event, _ = booked_date()
    wendy = cast.wendy()
    with connection.cursor() as cursor:
        cursor.execute("DROP INDEX one_change_of_an_event_at_a_time")
    try:
        begin(event, move_plan())
        event_changes.start(
            event_id=event.pk,
            plan=Plan(kind=ChangeKind.CANCEL, reason="WEATHER"),
            by=wendy,
            now=NOW,
            idempotency_key=uuid4(),
        )
        assert EventChange.objects.unfinished().count() == 2
    finally:
        EventChange.objects.all().delete()
        with connection.cursor() as cursor:
            cursor.execute(
                "CREATE UNIQUE INDEX one_change_of_an_event_at_a_time ON bookings_eventchange (event_id) "
                "WHERE finished_at IS NULL"
            )


def test_cancelling_by_the_team_meets_cancelling_by_the_person():
    for number in range(4):
        event, bookings = booked_date(people=3, starts_at=LATER + timedelta(days=number))
        change = begin(event, Plan(kind=ChangeKind.CANCEL, reason="WEATHER"))
        at_once(
            *[lambda pk=booking.pk: places.cancel(booking_id=pk, by=None, now=NOW) for booking in bookings],
            lambda pk=change.pk: event_changes.carry_out_portion(change_id=pk, now=NOW),
        )
        carry_out(change)
        assert not Booking.objects.filter(event=event).live().exists()
        assert counts_agree(event)


def test_moving_meets_cancelling_by_the_person():
    event, bookings = booked_date(people=3)
    wendy = cast.wendy()
    given = at_once(
        lambda: event_changes.start(event_id=event.pk, plan=move_plan(), by=wendy, now=NOW, idempotency_key=uuid4()),
        lambda: places.cancel(booking_id=bookings[0].pk, by=None, now=NOW),
    )
    carry_out(given[0])
    bookings[0].refresh_from_db()
    assert bookings[0].state == State.CANCELLED
    assert letters("moved").filter(about=f"booking:{bookings[0].pk}").count() <= 1
    assert Booking.objects.unanswered().count() == 2
    assert counts_agree(event)


def test_release_meets_the_answer_and_one_of_them_counts():
    event, booking = moved_booking()
    due = booking.answer_due_at
    answer, released = at_once(
        lambda: say(booking, True, now=due),
        lambda: move_answers.release(booking_id=booking.pk, now=due),
    )
    booking.refresh_from_db()
    if booking.state == State.CONFIRMED:
        assert booking.answered_at
        assert released is None
    else:
        assert isinstance(answer, move_answers.CannotAnswer)
    assert counts_agree(event)


def test_booking_while_the_date_moves_is_refused_with_words():
    event, _ = booked_date()
    user = person(30)
    stale = bookable_events().get(pk=event.pk)
    begin(event, move_plan())
    with pytest.raises(places.BookingRefused, match="moved a moment ago"):
        places.book(
            event=stale,
            practitioner=user.practitioner,
            organisation=user.practitioner.memberships.get().organisation,
            by=user,
            now=NOW,
            answers=Answers(has_managers_agreement=True),
        )
    assert not Session.objects.filter(event=event).exclude(starts_at=LATER).exists()
