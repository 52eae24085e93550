"""approvals: a manager's answer by their link, whoever gives it, and what it does to the request."""

from datetime import date, timedelta

import pytest
from django.db import IntegrityError, transaction

from accounts.models import Organisation, OutboundEmail
from bookings import invariants
from bookings.actions import approval_links, approvals, places, requests
from bookings.models import Approval, Booking
from bookings.models.booking import State
from courses.models import ApprovalMode, Course, Event, Strand
from courses.working_days import end_of_day
from tests import cast
from tests.makers import NOW, make_booking
from tests.managers import DEPUTY, HOLD_ENDS, MANAGER, ask_for_place, explicit_event, link_to

pytestmark = pytest.mark.django_db

LATER = NOW + timedelta(days=1)


@pytest.fixture
def request_of_amina():
    return ask_for_place(cast.amina())


def fresh(booking):
    return Booking.objects.with_approval().get(pk=booking.pk)


def letters(to=None):
    letters = OutboundEmail.objects.order_by("pk")
    return list((letters.filter(to=to) if to else letters).values_list("letter", flat=True))


def latest(letter):
    return " ".join(OutboundEmail.objects.filter(letter=f"bookings/{letter}").order_by("-pk")[0].text.split())


# --- ask ----------------------------------------------------------------------------------------------


def test_book_asks_the_manager_by_a_secret_link(request_of_amina):
    approval = Approval.objects.get()

    assert request_of_amina.hold_ends_at == HOLD_ENDS == end_of_day(date(2026, 11, 27))
    assert (approval.booking, approval.approver_email, approval.asked_at) == (request_of_amina, MANAGER, NOW)
    letter = OutboundEmail.objects.get(to=MANAGER)
    token = link_to(MANAGER)
    assert len(token) >= 43
    assert token not in f"{Approval.objects.values().get()}"
    assert (letter.is_secret, letter.about) == (True, f"booking:{request_of_amina.pk}")
    assert token in letter.html
    assert letters("amina@example.org") == ["bookings/request_received"]
    assert "We have asked head@example.org" in latest("request_received")


@pytest.mark.parametrize("mode", [ApprovalMode.ATTEST, ApprovalMode.NOTIFY])
def test_book_asks_nobody_in_the_other_modes(mode):
    event = explicit_event()
    event.offers.update(approval_mode=mode)
    user = cast.amina()
    booking = places.book(
        event=event,
        practitioner=user.practitioner,
        organisation=cast.social_work(),
        by=user,
        now=NOW,
        answers=places.Answers(manager_email=MANAGER, has_managers_agreement=True),
    )

    assert (booking.state, Approval.objects.count()) == (State.CONFIRMED, 0)
    copied = mode == ApprovalMode.NOTIFY
    letter = OutboundEmail.objects.get()
    assert letter.copy_to == (MANAGER if copied else "")
    assert ("Managers who do not agree tell us so" in " ".join(letter.text.split())) == copied


def test_book_without_a_manager_waits_for_the_team():
    booking = ask_for_place(cast.amina(), manager_email="")

    assert (booking.state, booking.has_no_manager, Approval.objects.count()) == (State.REQUESTED, True, 0)
    assert list(Booking.objects.waiting_for_the_team()) == [booking]


@pytest.mark.parametrize("given", [MANAGER, ""])
def test_book_asks_nobody_where_the_team_sets_the_approval_aside(given):
    event, amina, wendy = explicit_event(), cast.amina(), cast.wendy()
    booking = places.book(
        event=event,
        practitioner=amina.practitioner,
        organisation=cast.social_work(),
        by=wendy,
        now=NOW,
        answers=places.Answers(manager_email=given),
        override=places.Override(codes=frozenset({"approval"}), reason="Agreed on the telephone"),
    )

    assert (booking.state, booking.overridden, Approval.objects.count()) == (State.CONFIRMED, ["approval"], 0)


def test_names_and_employers_carry_no_links_to_the_manager():
    amina = cast.amina()
    amina.practitioner.full_name = "Win at evil.example"
    amina.practitioner.save()
    employer = cast.make_organisation("Prizes www.evil.example")
    ask_for_place(amina, organisation=employer)
    approvals.remind(approval_id=Approval.objects.get().pk, now=LATER)
    requests.lapse(booking_id=Booking.objects.get().pk, now=HOLD_ENDS)

    to_manager = OutboundEmail.objects.filter(to=MANAGER)
    assert letters(MANAGER) == [f"bookings/approval_{name}" for name in ("request", "reminder", "over")]
    assert "evil" not in "".join(f"{letter.subject}{letter.text}{letter.html}" for letter in to_manager)
    assert [max(len(line) for line in letter.text.splitlines()) <= 78 for letter in to_manager] == [True] * 3


# --- approve and decline ------------------------------------------------------------------------------


def test_approve_confirms_the_place_and_says_who_agreed(request_of_amina):
    approvals.approve(token=link_to(MANAGER), now=LATER)

    booking = fresh(request_of_amina)
    assert (booking.state, booking.confirmed_at, booking.state_set_by) == (State.CONFIRMED, LATER, None)
    approval = booking.approval
    assert (approval.decision, approval.decided_at, approval.decided_by_email) == ("APPROVED", LATER, MANAGER)
    assert "Your manager agrees that you take part." in latest("confirmation")
    assert invariants.breaches(now=NOW) == []


def test_decline_gives_the_place_back_and_the_person_reads_why(request_of_amina):
    with pytest.raises(places.BookingRefused, match="Write why you decline"):
        approvals.decline(token=link_to(MANAGER), now=LATER, reason="  ")
    approvals.decline(token=link_to(MANAGER), now=LATER, reason="Too many away. See evil.example\nSorry")

    booking = fresh(request_of_amina)
    assert (booking.state, booking.approval.decision) == (State.DECLINED, "DECLINED")
    assert booking.approval.reason == booking.decided_reason == "Too many away. See evil.example\nSorry"
    assert Event.objects.get().places_taken == 0
    letter = latest("request_declined")
    assert "We asked your manager, and they do not agree. They wrote: “Too many away. See Sorry”" in letter


@pytest.mark.parametrize(
    ("settle", "words"),
    [
        (lambda token, booking: approvals.approve(token=token, now=NOW), "it is confirmed"),
        (lambda token, booking: approvals.decline(token=token, now=NOW, reason="No"), "it is declined"),
        (lambda token, booking: places.cancel(booking_id=booking.pk, by=cast.amina(), now=NOW), "it is cancelled"),
        (lambda token, booking: requests.lapse(booking_id=booking.pk, now=HOLD_ENDS), "it is request lapsed"),
        (lambda token, booking: requests.confirm(booking_id=booking.pk, by=cast.wendy(), now=NOW), "it is confirmed"),
    ],
)
def test_nobody_answers_what_is_settled(request_of_amina, settle, words):
    token = link_to(MANAGER)
    settle(token, request_of_amina)
    before, letters_before = fresh(request_of_amina).state, OutboundEmail.objects.count()

    for answer in (
        lambda: approvals.approve(token=token, now=LATER),
        lambda: approvals.decline(token=token, now=LATER, reason="No"),
        lambda: approvals.pass_on(token=token, now=LATER, email=DEPUTY),
    ):
        with pytest.raises(requests.AlreadyDecided, match=words):
            answer()

    assert (fresh(request_of_amina).state, OutboundEmail.objects.count()) == (before, letters_before)


def test_nobody_answers_after_the_hold_even_before_the_request_is_let_go(request_of_amina):
    token = link_to(MANAGER)

    with pytest.raises(requests.AlreadyDecided, match="The time to answer is over"):
        approvals.approve(token=token, now=HOLD_ENDS)
    approvals.approve(token=token, now=HOLD_ENDS - timedelta(seconds=1))

    assert fresh(request_of_amina).state == State.CONFIRMED


@pytest.mark.parametrize("token", ["", "x", "\x00", "\udc80", "a" * 5000])
def test_an_unknown_link_answers_nothing(request_of_amina, token):
    with pytest.raises(approvals.NoSuchLink):
        approvals.approve(token=token, now=LATER)
    assert fresh(request_of_amina).state == State.REQUESTED


def test_approve_leaves_a_lost_date_alone(request_of_amina):
    Event.objects.update(state="CANCELLED", cancelled_at=NOW, cancelled_by=cast.wendy())

    with pytest.raises(places.BookingRefused, match="This date has been cancelled"):
        approvals.approve(token=link_to(MANAGER), now=LATER)

    assert fresh(request_of_amina).approval.decision == ""


# --- what the team decides as well ---------------------------------------------------------------------


def new_employer():
    return Organisation.objects.create(name="Bright Sparks Club", state=Organisation.State.PROPOSED)


def checked_course():
    event = explicit_event()
    Course.objects.update(prerequisite_mode=Course.PrerequisiteMode.CHECKED)
    return event


def absent_twice(user):
    for days in (20, 40):
        event = explicit_event(strand=Strand.MULTI_AGENCY, starts_at=NOW - timedelta(days=days))
        make_booking(event, user, state=State.DID_NOT_ATTEND)


@pytest.mark.parametrize("what", ["price", "prerequisite", "absences"])
def test_approve_leaves_the_rest_to_the_team(what):
    amina, wendy = cast.amina(), cast.wendy()
    event, employer = explicit_event(strand=Strand.MULTI_AGENCY), None
    if what == "price":
        employer = new_employer()
    elif what == "prerequisite":
        event = checked_course()
    else:
        absent_twice(amina)
    booking = ask_for_place(amina, event, organisation=employer)

    approvals.approve(token=link_to(MANAGER), now=LATER)

    after = fresh(booking)
    assert (after.state, after.approval.decision) == (State.REQUESTED, "APPROVED")
    assert list(Booking.objects.waiting_for_the_team()) == [booking]
    if what != "price":
        requests.confirm(booking_id=booking.pk, by=wendy, now=LATER)
        after = fresh(booking)
        assert (after.state, after.decided_by, after.approval.decided_by_email) == (State.CONFIRMED, wendy, MANAGER)


def test_requests_wait_for_the_manager_first_and_for_the_team_where_it_has_something_to_do(request_of_amina):
    carol = cast.carol()
    without_price = ask_for_place(carol, request_of_amina.event, organisation=new_employer())

    assert list(Booking.objects.waiting_for_a_manager()) == [request_of_amina]
    assert list(Booking.objects.waiting_for_the_team()) == [without_price]


def test_the_team_decides_in_the_managers_place(request_of_amina):
    wendy = cast.wendy()

    requests.decline(booking_id=request_of_amina.pk, by=wendy, now=LATER, reason="For managers only")

    approval = fresh(request_of_amina).approval
    assert (approval.decision, approval.decided_by, approval.decided_by_email) == ("DECLINED", wendy, "")
    assert approval.reason == "For managers only"
    assert "We asked your manager" not in latest("request_declined")


# --- pass on ------------------------------------------------------------------------------------------


def test_pass_on_gives_the_deputy_a_link_and_the_first_answer_counts(request_of_amina):
    manager = link_to(MANAGER)

    approvals.pass_on(token=manager, now=NOW, email=DEPUTY)
    deputy = link_to(DEPUTY)
    approvals.approve(token=deputy, now=LATER)

    assert deputy != manager
    assert "head@example.org has passed this on to you" in latest("approval_request")
    assert fresh(request_of_amina).approval.decided_by_email == DEPUTY
    with pytest.raises(requests.AlreadyDecided):
        approvals.decline(token=manager, now=LATER, reason="No")


def test_both_links_work_until_one_is_used(request_of_amina):
    manager = link_to(MANAGER)
    approvals.pass_on(token=manager, now=NOW, email=DEPUTY)

    approvals.decline(token=manager, now=LATER, reason="No")

    assert fresh(request_of_amina).approval.decided_by_email == MANAGER


@pytest.mark.parametrize(
    ("email", "words"),
    [("HEAD@example.org", "your own address"), ("amina@example.org", "Amina Yusuf's own address")],
)
def test_pass_on_goes_to_somebody_else(request_of_amina, email, words):
    with pytest.raises(approvals.CannotAsk, match=words):
        approvals.pass_on(token=link_to(MANAGER), now=NOW, email=email)
    assert fresh(request_of_amina).approval.deputy_email == ""


def test_pass_on_happens_once_and_not_by_the_deputy(request_of_amina):
    approvals.pass_on(token=link_to(MANAGER), now=NOW, email=DEPUTY)

    for token in (link_to(MANAGER), link_to(DEPUTY)):
        with pytest.raises(approvals.CannotAsk, match="passed on already"):
            approvals.pass_on(token=token, now=NOW, email="third@example.org")

    assert letters("third@example.org") == []


# --- another manager -----------------------------------------------------------------------------------


def test_ask_manager_makes_a_new_link_and_the_old_ones_are_dead(request_of_amina):
    amina, first = cast.amina(), link_to(MANAGER)
    approvals.pass_on(token=first, now=NOW, email=DEPUTY)
    deputy = link_to(DEPUTY)

    approvals.ask_manager(booking_id=request_of_amina.pk, manager_email="new@example.org", by=amina, now=LATER)

    for token in (first, deputy):
        with pytest.raises(approvals.NoSuchLink):
            approvals.approve(token=token, now=LATER)
    booking = fresh(request_of_amina)
    assert (booking.manager_email, booking.approval.deputy_email) == ("new@example.org", "")
    assert (booking.approval.asked_at, booking.hold_ends_at) == (LATER, HOLD_ENDS)
    approvals.approve(token=link_to("new@example.org"), now=LATER)
    assert fresh(request_of_amina).state == State.CONFIRMED


def test_ask_manager_keeps_back_letters_to_the_wrong_address(request_of_amina):
    approvals.ask_manager(booking_id=request_of_amina.pk, manager_email="new@example.org", by=cast.amina(), now=LATER)

    assert list(OutboundEmail.objects.owed(LATER).filter(letter="bookings/approval_request").values_list("to")) == [
        ("new@example.org",)
    ]


def test_ask_manager_with_the_same_address_writes_again_only_later(request_of_amina):
    token, moment = link_to(MANAGER), NOW + approvals.SAME_FORM_AGAIN
    same = {"booking_id": request_of_amina.pk, "manager_email": "Head@example.org", "by": cast.amina()}

    approvals.ask_manager(**same, now=moment - timedelta(seconds=1))
    assert Approval.objects.with_link(token).exists()
    approvals.ask_manager(**same, now=moment)

    assert not Approval.objects.with_link(token).exists()
    approvals.approve(token=link_to("Head@example.org"), now=LATER)
    assert fresh(request_of_amina).state == State.CONFIRMED


def test_ask_manager_takes_a_manager_remembered_later():
    booking = ask_for_place(cast.amina(), manager_email="")

    approvals.ask_manager(booking_id=booking.pk, manager_email=MANAGER, by=cast.amina(), now=LATER)

    assert (fresh(booking).has_no_manager, fresh(booking).approval.approver_email) == (False, MANAGER)


def test_ask_manager_refuses_oneself_and_the_settled(request_of_amina):
    amina, pk = cast.amina(), request_of_amina.pk
    with pytest.raises(approvals.CannotAsk, match="your own address"):
        approvals.ask_manager(booking_id=pk, manager_email="Amina@Example.org", by=amina, now=NOW)
    approvals.approve(token=link_to(MANAGER), now=NOW)
    with pytest.raises(requests.AlreadyDecided):
        approvals.ask_manager(booking_id=pk, manager_email="new@example.org", by=amina, now=NOW)


def test_the_portal_does_not_write_to_managers_by_the_hundred(request_of_amina, monkeypatch):
    monkeypatch.setattr(approval_links, "ASKED_AN_HOUR", 2)
    amina, pk = cast.amina(), request_of_amina.pk
    approvals.ask_manager(booking_id=pk, manager_email="second@example.org", by=amina, now=NOW)
    with pytest.raises(approval_links.AskedTooOften):
        approvals.ask_manager(booking_id=pk, manager_email="third@example.org", by=amina, now=NOW)
    elsewhere = explicit_event(starts_at=NOW + timedelta(days=50))
    with pytest.raises(approval_links.AskedTooOften):
        ask_for_place(amina, elsewhere)

    assert (Booking.objects.get().manager_email, letters("third@example.org")) == ("second@example.org", [])
    ask_for_place(cast.carol(), elsewhere)
    ask_for_place(amina, elsewhere, now=NOW + timedelta(hours=1))


# --- remind and lapse ----------------------------------------------------------------------------------


def remind(booking, now=LATER):
    return approvals.remind(approval_id=booking.approval.pk, now=now)


def test_remind_writes_once_and_both_links_work(request_of_amina):
    first = link_to(MANAGER)

    assert remind(request_of_amina).reminded_at == LATER
    assert remind(request_of_amina, NOW + timedelta(days=2)) is None

    second = link_to(MANAGER)
    assert letters(MANAGER) == ["bookings/approval_request", "bookings/approval_reminder"]
    assert first != second
    assert {Approval.objects.with_link(token).get() for token in (first, second)} == {fresh(request_of_amina).approval}
    approvals.approve(token=second, now=LATER)
    assert fresh(request_of_amina).approval.decided_by_email == MANAGER


def test_remind_asks_the_deputy_of_the_profile(request_of_amina):
    practitioner = request_of_amina.practitioner
    practitioner.manager_deputy_email = DEPUTY
    practitioner.save()

    remind(request_of_amina)

    assert letters(DEPUTY) == ["bookings/approval_request"]
    assert "Their manager has not answered yet, and you stand in for them." in latest("approval_request")
    approvals.decline(token=link_to(DEPUTY), now=LATER, reason="No")
    assert fresh(request_of_amina).approval.decided_by_email == DEPUTY


@pytest.mark.parametrize("deputy", ["", "HEAD@example.org", "amina@example.org"])
def test_remind_asks_no_deputy_who_is_nobody_else(request_of_amina, deputy):
    practitioner = request_of_amina.practitioner
    practitioner.manager_deputy_email = deputy
    practitioner.save()

    remind(request_of_amina)

    assert fresh(request_of_amina).approval.deputy_email == ""


def test_remind_leaves_out_what_is_answered_or_over(request_of_amina):
    other = ask_for_place(cast.carol(), request_of_amina.event, manager_email=DEPUTY)
    approvals.approve(token=link_to(MANAGER), now=NOW)

    assert remind(request_of_amina) is None
    assert remind(other, HOLD_ENDS) is None


def test_lapse_tells_everybody_who_was_asked(request_of_amina):
    approvals.pass_on(token=link_to(MANAGER), now=NOW, email=DEPUTY)

    requests.lapse(booking_id=request_of_amina.pk, now=HOLD_ENDS)

    over = OutboundEmail.objects.filter(letter="bookings/approval_over")
    assert sorted(over.values_list("to", flat=True)) == [DEPUTY, MANAGER]
    assert "Your manager did not answer in time" in latest("request_lapsed")
    assert Event.objects.get().places_taken == 0


def test_lapse_says_nothing_to_a_manager_who_has_answered():
    ask_for_place(cast.amina(), checked_course())
    approvals.approve(token=link_to(MANAGER), now=NOW)

    requests.lapse(booking_id=Booking.objects.get().pk, now=HOLD_ENDS)

    assert letters(MANAGER) == ["bookings/approval_request"]
    assert "Nobody confirmed your request in time" in latest("request_lapsed")


# --- what the database refuses -------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("changes", "rule"),
    [
        ({"decision": "APPROVED"}, "an_answer_says_who_and_when"),
        ({"decision": "DECLINED", "decided_at": LATER, "decided_by_email": MANAGER}, "a_declined_request_has_a_reason"),
        ({"deputy_email": DEPUTY}, "a_deputy_is_asked_whole"),
        (
            {"decision": "APPROVED", "decided_by_email": MANAGER, "decided_at": NOW - timedelta(1)},
            "asked_before_decided",
        ),
    ],
)
def test_database_refuses_half_an_answer(request_of_amina, changes, rule):
    with pytest.raises(IntegrityError, match=rule), transaction.atomic():
        Approval.objects.update(**changes)
