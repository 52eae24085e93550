"""Charges: drafted with the register and late cancellations, explained, waived, approved, and never twice."""

from contextlib import contextmanager
from datetime import date, timedelta
from decimal import Decimal

import pytest
from django.db import IntegrityError, transaction
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.django import TestCase

from accounts.models import AuditEntry, OutboundEmail
from bookings.actions import changes, charges, places, registers
from bookings.eligibility import bookable_events
from bookings.models import Attendance, Booking, ChargeNotice
from bookings.models.booking import CancelReason, State
from courses.models import ChargingPolicy, Event
from courses.working_days import end_of_day
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event, make_policy
from tests.threads import at_once, while_held

pytestmark = pytest.mark.django_db

Charge, Kind, WaivedFor, Mark = ChargeNotice.State, ChargeNotice.Kind, ChargeNotice.WaivedFor, Attendance.Mark
LATER = NOW + timedelta(days=60)


def marked(booking, mark, *, now=None, by=None):
    """The register says this of the person."""
    event = booking.event
    for session in event.sessions.all():
        registers.mark(session=session, marks={booking.pk: mark}, by=by or cast.dev(), now=now or event.ends_at)
    booking.refresh_from_db()
    return booking


def absent(user=None, **fields):
    """An absence, and its notice."""
    booking = marked(make_booking(make_event(), user or cast.carol(), **fields), Mark.ABSENT)
    return booking, booking.charge_notices.get()


def cancelled_late(event, user, *, hours=48, **facts):
    event.refresh_from_db()
    booking = make_booking(event, user)
    when = event.starts_at - timedelta(hours=hours)
    places.cancel(booking_id=booking.pk, by=user, now=when, **{"cancelled_for": CancelReason.OTHER, **facts})
    booking.refresh_from_db()
    return booking


def state_of(notice):
    notice.refresh_from_db()
    return notice.state


def letters(name="charge"):
    return list(OutboundEmail.objects.filter(letter__startswith=f"bookings/{name}").order_by("pk"))


# --- Drafted --------------------------------------------------------------------------------------------


def test_late_cancellation_drafts_its_charge_with_the_reason_and_tells_the_contact():
    carol, event = cast.carol(), make_event()
    colleague = cast.make_person("Tess Teacher", cast.make_organisation())

    booking = cancelled_late(
        event, colleague, cancelled_for=CancelReason.INSPECTION, reason="Ofsted is here this week."
    )

    notice = ChargeNotice.objects.get()
    assert (notice.booking, notice.kind, notice.state, notice.amount) == (
        booking, Kind.LATE_CANCELLATION, Charge.DRAFT, Decimal("50"),
    )  # fmt: skip
    assert (notice.organisation, notice.policy.version) == (
        carol.practitioner.memberships.get().organisation,
        "2024-04",
    )
    assert (notice.reason_given_for, notice.reason_given, notice.reason_given_by) == (
        "INSPECTION", "Ofsted is here this week.", colleague,
    )  # fmt: skip
    # Saturday 19 December 2026: Christmas and Boxing Day's Monday do not count, so five working days end on the 30th.
    assert notice.drafted_at == event.starts_at - timedelta(hours=48)
    assert notice.review_from == end_of_day(date(2026, 12, 29))
    assert [(letter.letter, letter.to) for letter in letters()] == [("bookings/charge_proposed", "carol@example.org")]
    assert "/why/" in OutboundEmail.objects.get(letter="bookings/cancellation").text


def test_cancelling_in_time_and_requests_withdrawn_draft_nothing():
    early = make_booking(make_event(), cast.carol())
    request = make_booking(make_event(), cast.amina(), state=State.REQUESTED)
    for booking in (early, request):
        places.cancel(booking_id=booking.pk, by=booking.practitioner.user, now=NOW, reason="Another time")
    assert ChargeNotice.objects.count() == 0


def test_place_moved_to_another_date_too_late_is_charged_and_one_moved_in_time_is_not():
    course = make_course()
    dates = [make_event(course, starts_at=NOW + timedelta(days=days)) for days in (20, 30, 40)]
    early, late = make_booking(dates[0], cast.carol()), make_booking(dates[0], cast.amina())
    for booking, when in ((early, NOW), (late, dates[0].starts_at - timedelta(days=1))):
        changes.transfer(
            booking_id=booking.pk, event=bookable_events().get(pk=dates[2].pk), by=booking.practitioner.user, now=when,
            reason="A clash",
        )  # fmt: skip
    notice = ChargeNotice.objects.get()
    assert (notice.booking, notice.kind, notice.reason_given) == (late, Kind.LATE_CANCELLATION, "A clash")


@pytest.mark.parametrize(
    ("mark", "kind"),
    [
        (Mark.ABSENT, Kind.NON_ATTENDANCE),
        (Mark.TURNED_AWAY, Kind.NON_ATTENDANCE),
        (Mark.PRESENT, None),
        (Mark.LEFT_EARLY, None),
    ],
)
def test_register_drafts_for_whom_it_says_were_not_let_in_or_not_there(mark, kind):
    marked(make_booking(make_event(), cast.carol()), mark)
    assert list(ChargeNotice.objects.values_list("kind", flat=True)) == ([kind] if kind else [])
    assert letters() == []  # agencies hear of absences the next working day


def test_register_sent_twice_drafts_once():
    booking, notice = absent()
    marked(booking, Mark.ABSENT)
    marked(booking, Mark.TURNED_AWAY)
    charges.follow(booking=booking, by=cast.dev(), now=LATER)
    assert ChargeNotice.objects.get() == notice


def test_nobody_is_charged_where_the_policy_asks_for_nothing():
    make_policy()
    ChargingPolicy.objects.update(late_charge_half_day=0, late_charge_full_day=0)
    event, dev = make_event(), cast.dev()
    free, paid = make_booking(event, cast.amina()), make_booking(event, cast.carol(), price=Decimal("95"))
    for booking in (free, paid):
        marked(booking, Mark.ABSENT, by=dev)
    assert [notice.booking for notice in ChargeNotice.objects.all()] == [paid]


@pytest.mark.parametrize("state", [State.ATTENDED, State.PART_ATTENDED, State.CANCELLED, State.CANCELLED_BY_PROVIDER])
def test_draft_refuses_what_is_never_charged(state):
    moment = {"cancelled_at": NOW} if state.startswith("CANCELLED") else {}
    event = make_event()
    spared = make_booking(event, cast.amina(), state=state, **moment)
    walk_in = make_booking(event, cast.ben(), state=State.DID_NOT_ATTEND, source=Booking.Source.WALK_IN)
    charged = make_booking(event, cast.carol(), state=State.DID_NOT_ATTEND)

    drafted = [
        charges.draft(booking=booking, kind=Kind.NON_ATTENDANCE, now=NOW) for booking in (spared, walk_in, charged)
    ]

    assert [notice and notice.booking for notice in drafted] == [None, None, charged]
    assert charges.draft(booking=charged, kind=Kind.NON_ATTENDANCE, now=LATER) == drafted[2]


def test_database_refuses_a_second_notice_for_a_place():
    booking, _ = absent()
    with pytest.raises(IntegrityError, match="one_charge_per_booking"), transaction.atomic():
        ChargeNotice.objects.create(
            booking=booking, kind=Kind.NON_ATTENDANCE, organisation=booking.organisation, policy=booking.policy,
            amount=1, drafted_at=NOW, review_from=NOW,
        )  # fmt: skip


class AmountIsTheAcceptedPolicys(TestCase):
    """Whatever the policies that follow say, and whatever prices become."""

    @settings(max_examples=25, deadline=None)
    @given(
        half=st.decimals("0.01", "900", places=2), full=st.decimals("0.01", "900", places=2),
        price=st.none() | st.decimals("0", "400", places=2), hours=st.sampled_from(["1.5", "4.0", "4.25", "12"]),
        newer=st.lists(st.decimals("0", "900", places=2), max_size=3),
    )  # fmt: skip
    def test_draft_asks_for_what_was_accepted(self, half, full, price, hours, newer):
        policy = make_policy()
        ChargingPolicy.objects.filter(pk=policy.pk).update(late_charge_half_day=half, late_charge_full_day=full)
        event = make_event(make_course(hours=hours))
        booking = make_booking(event, cast.carol(), price=price or Decimal("0"))
        for number, amount in enumerate(newer):
            ChargingPolicy.objects.create(
                version=f"newer-{number}", effective_from=date(2026, 1, 1) + timedelta(days=number),
                late_charge_half_day=amount, late_charge_full_day=amount, terms="Newer",
            )  # fmt: skip

        notice = marked(booking, Mark.ABSENT).charge_notices.get()

        accepted = price or (half if Decimal(hours) <= 4 else full)
        assert (notice.amount, notice.policy) == (accepted, policy)


# --- Following the register -----------------------------------------------------------------------------


def test_corrected_register_withdraws_an_open_charge_and_marking_again_drafts_anew():
    booking, first = absent()

    marked(booking, Mark.PRESENT)
    assert state_of(first) == Charge.WITHDRAWN
    marked(booking, Mark.ABSENT)

    second = ChargeNotice.objects.shown_to_agencies().get()
    assert (second.pk != first.pk, second.state) == (True, Charge.DRAFT)
    assert letters() == []  # nobody had been told


def test_corrected_register_tells_the_agency_that_was_told():
    booking, notice = absent()
    charges.emails.charge_proposed(notice=notice, now=NOW)

    marked(booking, Mark.PRESENT)

    first, second = letters()
    assert (second.letter, second.to) == ("bookings/charge_decided", first.to)
    assert "the charge that we proposed is withdrawn" in " ".join(second.text.split())


def test_corrected_register_sends_an_approved_charge_back_to_a_person():
    booking, notice = absent()
    charges.approve(notice_id=notice.pk, by=cast.wendy(), now=LATER)

    for _ in range(2):
        marked(booking, Mark.PRESENT, by=cast.dev())
        charges.follow(booking=booking, by=cast.dev(), now=LATER)

    assert (state_of(notice), notice.decided_reason, notice.decided_by) == (Charge.TO_REVIEW, charges.CORRECTED, None)
    assert AuditEntry.objects.get(verb="charge.reopen").detail["was"] == "APPROVED"
    with pytest.raises(charges.CannotDecide, match="The booking is attended now"):
        charges.approve(notice_id=notice.pk, by=cast.wendy(), now=LATER)
    charges.waive(notice_id=notice.pk, by=cast.wendy(), now=LATER, waived_for=WaivedFor.PROVIDER_FAULT)
    assert state_of(notice) == Charge.WAIVED


def test_corrected_register_leaves_a_waived_charge_waived():
    booking, notice = absent()
    charges.waive(notice_id=notice.pk, by=cast.wendy(), now=NOW, waived_for=WaivedFor.SICKNESS)

    marked(booking, Mark.PRESENT)
    marked(booking, Mark.ABSENT)

    assert ChargeNotice.objects.get() == notice
    assert state_of(notice) == Charge.WAIVED


def test_lacking_a_charge_finds_locked_registers_without_notices_and_nothing_else():
    booking, notice = absent()
    unlocked = make_booking(make_event(), cast.amina(), state=State.DID_NOT_ATTEND)
    walk_in = make_booking(booking.event, cast.ben(), state=State.DID_NOT_ATTEND, source=Booking.Source.WALK_IN)
    late = make_booking(make_event(), cast.dev(), state=State.CANCELLED_LATE, cancelled_at=NOW, cancelled_reason="x")
    Event.objects.filter(pk=booking.event_id).update(register_locked_at=NOW)
    assert list(Booking.objects.lacking_a_charge()) == [late]

    ChargeNotice.objects.filter(pk=notice.pk).update(state=Charge.WITHDRAWN)
    assert set(Booking.objects.lacking_a_charge()) == {late, booking}
    charges.draft(booking=booking, kind=Kind.NON_ATTENDANCE, now=NOW)
    assert list(Booking.objects.lacking_a_charge()) == [late]
    ChargingPolicy.objects.update(late_charge_half_day=0, late_charge_full_day=0)
    assert list(Booking.objects.lacking_a_charge()) == []
    assert {unlocked.state, walk_in.state} == {State.DID_NOT_ATTEND}


# --- Reasons --------------------------------------------------------------------------------------------


def test_give_reason_until_it_is_decided_and_not_after():
    _, notice = absent()
    carol, wendy = cast.carol(), cast.wendy()
    said = {"notice_id": notice.pk, "by": carol, "reason_for": CancelReason.SICKNESS, "words": " In bed with flu "}

    charges.give_reason(**said, now=NOW)
    charges.give_reason(**said, now=LATER)
    notice.refresh_from_db()
    assert (notice.reason_given_for, notice.reason_given, notice.reason_given_at) == (
        "SICKNESS",
        "In bed with flu",
        NOW,
    )

    charges.waive(notice_id=notice.pk, by=wendy, now=LATER, waived_for=WaivedFor.SICKNESS)
    charges.give_reason(**said, now=LATER)  # the same form again is no mistake
    with pytest.raises(charges.CannotExplain, match="has been decided"):
        charges.give_reason(**{**said, "words": "Something else"}, now=LATER)
    assert state_of(notice) == Charge.WAIVED
    assert notice.reason_given == "In bed with flu"


# --- Deciding -------------------------------------------------------------------------------------------


def test_approve_waits_until_the_time_for_reasons_is_over_and_waiving_does_not():
    _, notice = absent()
    _, other = absent(cast.amina())
    wendy = cast.wendy()

    with pytest.raises(charges.CannotDecide, match="Reasons are heard until the end of Wednesday 30 December 2026"):
        charges.approve(notice_id=notice.pk, by=wendy, now=notice.review_from - timedelta(minutes=1))
    charges.approve(notice_id=notice.pk, by=wendy, now=notice.review_from)
    charges.waive(notice_id=other.pk, by=wendy, now=NOW, waived_for=WaivedFor.BEREAVEMENT)

    assert (state_of(notice), state_of(other)) == (Charge.APPROVED, Charge.WAIVED)
    assert (notice.decided_by, notice.decided_at) == (wendy, notice.review_from)


def test_waive_for_a_decision_of_the_team_needs_words():
    _, notice = absent()
    waive = {"notice_id": notice.pk, "by": cast.wendy(), "now": NOW}
    with pytest.raises(charges.CannotDecide, match="Write why"):
        charges.waive(**waive, waived_for=WaivedFor.DECISION, reason="  ")
    with pytest.raises(charges.CannotDecide, match="Choose why"):
        charges.waive(**waive, waived_for="WEATHER")
    charges.waive(**waive, waived_for=WaivedFor.DECISION, reason="A trainer of ours for ten years")
    assert (state_of(notice), notice.decided_reason) == (Charge.WAIVED, "A trainer of ours for ten years")


def test_decision_reaches_whoever_heard_of_the_proposal():
    _, told = absent()
    _, untold = absent(cast.amina())
    charges.emails.charge_proposed(notice=told, now=NOW)
    OutboundEmail.objects.update(to="was-the-contact@example.org")
    for notice in (told, untold):
        charges.waive(notice_id=notice.pk, by=cast.wendy(), now=LATER, waived_for=WaivedFor.SICKNESS)

    decided = [letter for letter in letters() if letter.letter == "bookings/charge_decided"]
    assert [(letter.to, letter.about) for letter in decided] == [("was-the-contact@example.org", f"charge:{told.pk}")]
    assert "sick" not in decided[0].text.lower()


def test_the_same_decision_sent_twice_is_taken_once_and_another_persons_is_told():
    _, notice = absent()
    wendy, sal = cast.wendy(), cast.make_person("Sol Second", roles=["WORKFORCE_TEAM"])
    charges.emails.charge_proposed(notice=notice, now=NOW)

    for moment in (LATER, LATER + timedelta(seconds=1)):
        charges.waive(notice_id=notice.pk, by=wendy, now=moment, waived_for=WaivedFor.SICKNESS)
    for decide in (charges.approve, lambda **facts: charges.waive(**facts, waived_for=WaivedFor.SICKNESS)):
        with pytest.raises(charges.AlreadyDecided, match="Wendy Marsh has waived it meanwhile"):
            decide(notice_id=notice.pk, by=sal, now=LATER)
    with pytest.raises(charges.AlreadyDecided):
        charges.approve(notice_id=notice.pk, by=wendy, now=LATER)

    assert (state_of(notice), notice.decided_at) == (Charge.WAIVED, LATER)
    assert [letter.letter for letter in letters()] == ["bookings/charge_proposed", "bookings/charge_decided"]


def test_reopen_puts_it_up_for_review_with_a_reason_on_record():
    _, notice = absent()
    wendy = cast.wendy()
    charges.waive(notice_id=notice.pk, by=wendy, now=NOW, waived_for=WaivedFor.SICKNESS)

    with pytest.raises(charges.CannotDecide, match="Write why"):
        charges.reopen(notice_id=notice.pk, by=wendy, now=LATER, reason=" ")
    for _ in range(2):
        charges.reopen(notice_id=notice.pk, by=wendy, now=LATER, reason="It was another person")

    assert (state_of(notice), notice.waived_for, notice.decided_by) == (Charge.TO_REVIEW, "", None)
    assert AuditEntry.objects.get(verb="charge.reopen").detail == {"was": "WAIVED", "reason": "It was another person"}
    charges.approve(notice_id=notice.pk, by=wendy, now=LATER)
    assert state_of(notice) == Charge.APPROVED


def test_reopen_has_nothing_to_take_back_from_a_withdrawn_charge():
    booking, notice = absent()
    marked(booking, Mark.PRESENT)
    with pytest.raises(charges.CannotDecide, match="withdrawn"):
        charges.reopen(notice_id=notice.pk, by=cast.wendy(), now=LATER, reason="Really")
    with pytest.raises(charges.AlreadyDecided, match="withdrawn"):
        charges.approve(notice_id=notice.pk, by=cast.wendy(), now=LATER)


def test_decide_each_leaves_what_others_decided_and_what_is_too_early():
    _, decided = absent(cast.carol())
    _, early = absent(cast.amina())
    _, ready = absent(cast.ben())
    wendy, other = cast.wendy(), cast.make_person("Sol Second", roles=["WORKFORCE_TEAM"])
    charges.waive(notice_id=decided.pk, by=other, now=NOW, waived_for=WaivedFor.SICKNESS)
    ChargeNotice.objects.filter(pk=early.pk).update(review_from=LATER + timedelta(days=1))

    tally = charges.decide_each(
        notice_ids=[decided.pk, early.pk, ready.pk, 0], state=Charge.APPROVED, by=wendy, now=LATER
    )

    assert tally.decided == 1
    assert [words.split(":")[0] for words in tally.left] == ["Carol Hughes", "Amina Yusuf"]
    assert [state_of(notice) for notice in (decided, early, ready)] == [Charge.WAIVED, Charge.DRAFT, Charge.APPROVED]


# --- Refilled, and dates that did not take place ----------------------------------------------------------


def test_waive_refilled_waives_one_charge_for_one_newcomer_the_earliest():
    event = make_event(capacity=2)
    first = cancelled_late(event, cast.carol(), hours=70)
    second = cancelled_late(event, cast.amina(), hours=60)
    when = event.starts_at - timedelta(hours=20)
    assert charges.waive_refilled(event_id=event.pk, now=when) == 0

    event.refresh_from_db()
    make_booking(event, cast.dev(), now=event.starts_at - timedelta(hours=30))
    assert [charges.waive_refilled(event_id=event.pk, now=when) for _ in range(2)] == [1, 0]
    notices = [booking.charge_notices.get() for booking in (first, second)]
    assert [notice.state for notice in notices] == [Charge.WAIVED, Charge.DRAFT]
    assert (notices[0].waived_for, notices[0].decided_by) == (WaivedFor.REFILLED, None)

    event.refresh_from_db()
    make_booking(event, cast.ben(), now=event.starts_at - timedelta(hours=25))
    assert charges.waive_refilled(event_id=event.pk, now=when) == 1
    assert state_of(notices[1]) == Charge.WAIVED


def test_waive_refilled_counts_no_colleague_who_comes_instead_of_another():
    event = make_event(capacity=2)
    cancelled_late(event, cast.carol())
    event.refresh_from_db()
    given = make_booking(event, cast.ben())
    Booking.objects.filter(pk=given.pk).update(state=State.SUBSTITUTED)
    after = event.starts_at - timedelta(hours=30)
    make_booking(event, cast.amina(), now=after, replaces=given)
    Event.objects.filter(pk=event.pk).update(capacity=1, places_taken=1)

    assert charges.waive_refilled(event_id=event.pk, now=after) == 0
    Booking.objects.filter(replaces=given).update(replaces=None)
    assert charges.waive_refilled(event_id=event.pk, now=after) == 1


def test_what_a_person_took_back_is_not_waived_by_itself_again():
    event = make_event(capacity=1)
    booking = cancelled_late(event, cast.carol())
    event.refresh_from_db()
    when = event.starts_at - timedelta(hours=10)
    make_booking(event, cast.amina(), now=when)
    assert charges.waive_refilled(event_id=event.pk, now=when) == 1
    notice = booking.charge_notices.get()

    charges.reopen(notice_id=notice.pk, by=cast.wendy(), now=when, reason="That was a place of our own")

    assert charges.waive_refilled(event_id=event.pk, now=when) == 0
    assert state_of(notice) == Charge.TO_REVIEW


def test_waive_of_cancelled_date_waives_once_and_only_there():
    event = make_event()
    gone, stands = cancelled_late(event, cast.carol()), cancelled_late(make_event(), cast.amina())
    Event.objects.filter(pk=event.pk).update(state=Event.State.CANCELLED, cancelled_at=NOW, cancelled_by=cast.wendy())
    notices = [booking.charge_notices.get() for booking in (gone, stands)]

    with pytest.raises(charges.CannotDecide, match="did not take place"):
        charges.approve(notice_id=notices[0].pk, by=cast.wendy(), now=LATER)
    done = [charges.waive_of_cancelled_date(notice_id=notice.pk, now=NOW) for notice in notices for _ in range(2)]

    assert done == [True, False, False, False]
    assert [state_of(notice) for notice in notices] == [Charge.WAIVED, Charge.DRAFT]
    assert notices[0].waived_for == WaivedFor.PROVIDER_FAULT


# --- Races ----------------------------------------------------------------------------------------------


@contextmanager
def unguarded():
    """The same portal without the lock on the notice."""
    guarded = charges._locked
    charges._locked = lambda notices: notices.with_facts().order_by("pk")
    try:
        yield
    finally:
        charges._locked = guarded


def two_decide(notice, wendy, other):
    """One approves and has not saved yet when the other waives."""
    return while_held(
        lambda: list(ChargeNotice.objects.filter(pk=notice.pk).select_for_update()),
        lambda: charges.approve(notice_id=notice.pk, by=wendy, now=LATER),
        lambda: charges.waive(notice_id=notice.pk, by=other, now=LATER, waived_for=WaivedFor.SICKNESS),
    )


@pytest.mark.django_db(transaction=True)
def test_two_who_decide_one_charge_one_wins_and_the_other_is_told():
    _, notice = absent()
    wendy, other = cast.wendy(), cast.make_person("Sol Second", roles=["WORKFORCE_TEAM"])

    results = two_decide(notice, wendy, other)

    assert sorted(type(result).__name__ for result in results) == ["AlreadyDecided", "ChargeNotice"]
    won = next(result for result in results if isinstance(result, ChargeNotice))
    assert state_of(notice) == won.state


@pytest.mark.django_db(transaction=True)
def test_without_the_lock_two_decisions_collide():
    """Shows the race that the lock ends: both believe to have decided, or the database has to refuse one."""
    _, notice = absent()
    wendy, other = cast.wendy(), cast.make_person("Sol Second", roles=["WORKFORCE_TEAM"])
    with unguarded():
        results = two_decide(notice, wendy, other)
    assert "AlreadyDecided" not in [type(result).__name__ for result in results]


@pytest.mark.django_db(transaction=True)
def test_correction_against_approval_ends_withdrawn_or_with_a_person_and_never_approved():
    dev, wendy = cast.dev(), cast.wendy()
    for _ in range(6):
        booking, notice = absent(cast.make_person("Carol Hughes", cast.make_organisation()))
        session = booking.event.sessions.get()
        results = at_once(
            lambda notice=notice: charges.approve(notice_id=notice.pk, by=wendy, now=LATER),
            lambda booking=booking, session=session: registers.mark(
                session=session, marks={booking.pk: Mark.PRESENT}, by=dev, now=booking.event.ends_at
            ),
        )
        assert state_of(notice) in (Charge.WITHDRAWN, Charge.TO_REVIEW)
        assert [type(result).__name__ for result in results][1] == "int"


@pytest.mark.django_db(transaction=True)
def test_late_cancellation_pressed_twice_at_once_drafts_one_charge_and_one_letter():
    carol, event = cast.carol(), make_event()
    booking = make_booking(event, carol)
    late = event.starts_at - timedelta(days=2)

    at_once(
        *[lambda: places.cancel(booking_id=booking.pk, by=carol, now=late, cancelled_for=CancelReason.SICKNESS)] * 4
    )

    assert ChargeNotice.objects.count() == 1
    assert len(letters("charge_proposed")) == 1


@pytest.mark.django_db(transaction=True)
def test_two_sweeps_at_once_waive_one_charge_for_one_newcomer():
    event = make_event(capacity=2)
    cancelled_late(event, cast.carol(), hours=70)
    cancelled_late(event, cast.amina(), hours=60)
    event.refresh_from_db()
    when = event.starts_at - timedelta(hours=20)
    make_booking(event, cast.dev(), now=event.starts_at - timedelta(hours=30))

    at_once(*[lambda: charges.waive_refilled(event_id=event.pk, now=when)] * 4)

    assert sorted(ChargeNotice.objects.values_list("state", flat=True)) == [Charge.DRAFT, Charge.WAIVED]
