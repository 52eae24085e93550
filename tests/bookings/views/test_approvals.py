"""The manager's page behind a link, and the person's page to ask another manager."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import OutboundEmail, Practitioner
from bookings.actions import approvals, places, requests
from bookings.models import Approval, Booking
from bookings.models.booking import State
from bookings.views.public import CHECKS_PER_MINUTE
from courses.models import Course, Event
from tests import cast
from tests.answers import main_of
from tests.makers import NOW, make_booking, make_event
from tests.managers import DEPUTY, HOLD_ENDS, MANAGER, ask_for_place, explicit_event, link_to

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def request_of_amina():
    return ask_for_place(cast.amina())


def address(to=MANAGER):
    return reverse("bookings:approval_answer", args=[link_to(to)])


def state_of(booking):
    return Booking.objects.get(pk=booking.pk).state


# --- the manager's page ---------------------------------------------------------------------------------


def test_the_link_shows_the_facts_and_changes_nothing(client, request_of_amina):
    Practitioner.objects.filter(user=cast.amina()).update(job_role="Social worker, see evil.example")
    answer = client.get(address())

    text = main_of(answer)
    for fact in (
        "Can Amina Yusuf take part?",
        "Social worker, see",
        "Children&#x27;s Social Work",
        "Working Together to Safeguard Children and Young People",
        "Monday 21 December 2026, 10am to 4pm",
        "Cost Free",
        "is asked for £50",
        "until the end of Friday 27 November 2026",
    ):
        assert fact in text
    assert "evil.example" not in text
    assert (answer.status_code, state_of(request_of_amina), Approval.objects.get().decision) == (200, "REQUESTED", "")
    assert client.head(address()).status_code == 200


def test_the_link_is_told_to_nobody(client, request_of_amina):
    for answer in (client.get(address()), client.get("/approve/unknown/")):
        assert answer["X-Robots-Tag"] == "noindex, nofollow"
        assert answer["Cache-Control"] == "no-store"
        assert answer["Referrer-Policy"] == "strict-origin"
        assert '<meta name="robots" content="noindex, nofollow">' in answer.content.decode()


def test_the_manager_approves(client, request_of_amina):
    answer = client.post(address(), {"answer": "approve"})

    assert (answer.status_code, answer.url) == (302, address())
    assert state_of(request_of_amina) == State.CONFIRMED
    text = main_of(client.get(address()))
    assert "This request is approved" in text
    assert "You approved it on Saturday 21 November 2026, 10am." in text
    assert "Approve Amina" not in text


def test_the_manager_declines_with_a_reason_alone(client, request_of_amina):
    unsaid = client.post(address(), {"answer": "decline"})
    answer = client.post(address(), {"answer": "decline", "reason": "Too many of us are away"})

    assert (unsaid.status_code, "Write why you decline." in main_of(unsaid)) == (422, True)
    assert (answer.status_code, state_of(request_of_amina)) == (302, State.DECLINED)
    text = main_of(client.get(address()))
    assert "The reason given: “Too many of us are away”. Amina Yusuf has been told" in text


def test_a_mistake_keeps_what_was_written(client, request_of_amina):
    text = client.post(address(), {"answer": "pass_on", "email": "nobody at home"}).content.decode()

    assert 'value="nobody at home"' in text
    assert "Write the address in full, like name@example.org." in text
    assert re.search(r"<details[^>]* open>\s*<summary[^>]*><span[^>]*>Somebody else answers this for me", text)


@pytest.mark.parametrize(
    "said",
    [
        {},
        {"answer": "nonsense"},
        {"answer": "\x00"},
        {"answer": "decline", "reason": "\x00"},
        {"answer": "decline", "reason": "x" * 301},
        {"answer": "pass_on", "email": "x" * 300 + "@example.org"},
        {"answer": "pass_on", "email": MANAGER},
        {"answer": "pass_on", "email": "amina@example.org"},
    ],
)
def test_odd_answers_are_refused_in_words(client, request_of_amina, said):
    answer = client.post(address(), said)

    assert (answer.status_code, "There is a problem" in main_of(answer)) == (422, True)
    assert (state_of(request_of_amina), Approval.objects.get().deputy_email) == (State.REQUESTED, "")


def test_pressing_twice_is_harmless(client, request_of_amina):
    path = address()
    for said in ({"answer": "approve"}, {"answer": "approve"}, {"answer": "decline", "reason": "No"}):
        answer = client.post(path, said)
    assert answer.status_code == 200
    assert "This request is approved" in main_of(answer)
    assert state_of(request_of_amina) == State.CONFIRMED
    assert OutboundEmail.objects.filter(letter="bookings/confirmation").count() == 1


def test_the_manager_passes_it_on_and_each_sees_who_answered(client, request_of_amina):
    client.post(address(), {"answer": "pass_on", "email": DEPUTY})
    for to in (MANAGER, DEPUTY):
        text = main_of(client.get(address(to)))
        assert f"Two people have been asked: {MANAGER} and {DEPUTY}." in text
        assert "Somebody else answers" not in text
    again = client.post(address(), {"answer": "pass_on", "email": "third@example.org"})

    client.post(address(DEPUTY), {"answer": "approve"})

    assert again.status_code == 422
    assert "You approved it on" in main_of(client.get(address(DEPUTY)))
    assert f"{DEPUTY} approved it on" in main_of(client.get(address()))


def decline_by_team(booking):
    requests.decline(booking_id=booking.pk, by=cast.wendy(), now=NOW, reason="Only for managers")


def withdraw(booking):
    places.cancel(booking_id=booking.pk, by=cast.amina(), now=NOW)


def cancel_date(booking):
    Booking.objects.filter(pk=booking.pk).update(state=State.CANCELLED_BY_PROVIDER, cancelled_at=NOW)


def approve_and_withdraw(booking):
    approvals.approve(token=link_to(MANAGER), now=NOW)
    withdraw(booking)


def approve_what_is_checked(booking):
    Course.objects.update(prerequisite_mode=Course.PrerequisiteMode.CHECKED)
    approvals.approve(token=link_to(MANAGER), now=NOW)


def approve_and_decline_by_team(booking):
    approve_what_is_checked(booking)
    decline_by_team(booking)


def approve_and_let_go(booking):
    approve_what_is_checked(booking)
    requests.lapse(booking_id=booking.pk, now=HOLD_ENDS)


def approve_and_cancel_date(booking):
    approvals.approve(token=link_to(MANAGER), now=NOW)
    cancel_date(booking)


@pytest.mark.parametrize(
    ("settle", "words"),
    [
        (lambda booking: requests.lapse(booking_id=booking.pk, now=HOLD_ENDS), "The time to answer is over"),
        (lambda booking: Booking.objects.update(hold_ends_at=NOW), "The time to answer is over"),
        (withdraw, "Amina Yusuf took the request back on Saturday 21 November 2026."),
        (cancel_date, "We had to cancel this date."),
        (
            decline_by_team,
            "Team declined it on Saturday 21 November 2026, 10am. The reason given: “Only for managers”.",
        ),
        (approve_what_is_checked, "has something to decide as well."),
        (approve_and_withdraw, "Since then the place has been given up."),
        (approve_and_decline_by_team, "could not give the place all the same."),
        (approve_and_let_go, "The place could not be confirmed in time."),
        (approve_and_cancel_date, "Since then we had to cancel this date."),
    ],
)
def test_the_same_link_says_what_became_of_it(client, request_of_amina, settle, words):
    path = address()
    settle(request_of_amina)

    for answer in (client.get(path), client.post(path, {"answer": "approve"})):
        assert (answer.status_code, words in main_of(answer)) == (200, True)
        assert "Approve Amina" not in main_of(answer)


def test_a_lost_date_is_refused_in_words(client, request_of_amina):
    Event.objects.update(state="CANCELLED", cancelled_at=NOW, cancelled_by=cast.wendy())

    answer = client.post(address(), {"answer": "approve"})

    assert (answer.status_code, "This date has been cancelled." in main_of(answer)) == (422, True)
    assert Approval.objects.get().decision == ""


@pytest.mark.parametrize("token", ["x", "%00", "%F0%9F%99%82", "%ED%A0%80", "a" * 2000, "'--", "%3Cscript%3E"])
def test_an_unknown_link_says_so(client, request_of_amina, token):
    for answer in (client.get(f"/approve/{token}/"), client.post(f"/approve/{token}/", {"answer": "approve"})):
        assert (answer.status_code, "This link does not work" in main_of(answer)) == (404, True)
        assert "Amina" not in main_of(answer)


def test_links_cannot_be_tried_by_the_thousand(client, request_of_amina):
    statuses = [client.get("/approve/guess/").status_code for _ in range(CHECKS_PER_MINUTE + 1)]

    assert statuses == [404] * CHECKS_PER_MINUTE + [429]
    assert client.get(address()).status_code == 429
    assert client.get(address(), REMOTE_ADDR="10.1.2.3").status_code == 200


def test_what_people_typed_is_text_and_no_more(client, request_of_amina):
    Practitioner.objects.filter(user=cast.amina()).update(full_name='<img src=x onerror="alert(1)"> Amina')

    assert "<img src=x" not in client.get(address()).content.decode()


# --- the person's pages -----------------------------------------------------------------------------------


@pytest.fixture
def amina(client):
    client.force_login(cast.amina())
    return cast.amina()


def page_of(booking):
    return reverse("bookings:booking_detail", args=[booking.reference])


def manager_page(booking):
    return reverse("bookings:booking_manager", args=[booking.reference])


def test_the_booking_page_says_whom_we_asked_and_never_the_link(client, amina, request_of_amina):
    approvals.pass_on(token=link_to(MANAGER), now=NOW, email=DEPUTY)
    approvals.remind(approval_id=request_of_amina.approval.pk, now=NOW)

    answer = client.get(page_of(request_of_amina))

    text = main_of(answer)
    for words in (
        "Your request waits for your manager. We hold a place for you until the end of Friday 27 November 2026.",
        "head@example.org Asked on Saturday 21 November 2026, reminded on Saturday 21 November 2026.",
        "deputy@example.org was asked as well",
        "We asked your manager, head@example.org",
        "Waiting for the manager",
        "Ask another manager",
    ):
        assert words in text
    assert "waiting list" not in text.lower()
    assert "/approve/" not in answer.content.decode()
    assert "Waiting for the manager" in main_of(client.get("/my/"))


def test_the_booking_page_tells_what_the_manager_said(client, amina, request_of_amina):
    approvals.decline(token=link_to(MANAGER), now=NOW, reason="Too many away")

    text = main_of(client.get(page_of(request_of_amina)))

    assert "Your manager does not agree: “Too many away”" in text
    assert "Your manager declined Too many away" in text


def test_the_booking_page_says_when_the_team_has_still_to_decide(client, amina, request_of_amina):
    approve_what_is_checked(request_of_amina)

    text = main_of(client.get(page_of(request_of_amina)))

    assert "Your manager agrees. Your request waits for the Workforce Development Team" in text
    assert "Ask another manager" not in text


def test_another_manager_is_asked(client, amina, request_of_amina):
    old = address()
    page = main_of(client.get(manager_page(request_of_amina)))
    form = {"manager_email": "new@example.org"}
    answers = [client.post(manager_page(request_of_amina), form) for _ in range(2)]

    assert "We asked head@example.org on Saturday 21 November 2026." in page
    assert {answer.url for answer in answers} == {page_of(request_of_amina)}
    assert OutboundEmail.objects.filter(to="new@example.org").count() == 1
    assert client.get(old).status_code == 404
    assert client.get(address("new@example.org")).status_code == 200


@pytest.mark.parametrize(
    ("email", "words"),
    [
        ("", "Write the email address of your manager."),
        ("nobody at home", "Write the address in full"),
        ("amina@example.org", "This is your own address."),
        ("\x00", "Null characters are not allowed."),
    ],
)
def test_another_manager_needs_an_address_of_their_own(client, amina, request_of_amina, email, words):
    answer = client.post(manager_page(request_of_amina), {"manager_email": email})

    assert (answer.status_code, words in main_of(answer)) == (422, True)
    assert Approval.objects.get().approver_email == MANAGER


def test_a_manager_can_be_named_later(client, amina):
    booking = ask_for_place(amina, manager_email="")

    assert "Give your manager’s address" in main_of(client.get(page_of(booking)))
    client.post(manager_page(booking), {"manager_email": MANAGER})

    assert "Your request waits for your manager." in main_of(client.get(page_of(booking)))


def test_nobody_is_asked_where_nobody_has_to_be(client, amina, request_of_amina):
    plain = make_booking(make_event(starts_at=NOW + timedelta(days=50)), amina, state=State.REQUESTED)
    approvals.approve(token=link_to(MANAGER), now=NOW)

    for booking in (plain, request_of_amina):
        assert client.get(manager_page(booking)).url == page_of(booking)
        assert client.post(manager_page(booking), {"manager_email": DEPUTY}).url == page_of(booking)
    assert not OutboundEmail.objects.filter(to=DEPUTY).exists()


def test_another_persons_request_is_nobodys(client, request_of_amina):
    client.force_login(cast.carol())

    assert client.get(manager_page(request_of_amina)).status_code == 404
    assert client.post(manager_page(request_of_amina), {"manager_email": DEPUTY}).status_code == 404
    assert Approval.objects.get().approver_email == MANAGER


# --- the team's pages --------------------------------------------------------------------------------------


def test_the_team_sees_whom_requests_wait_for(client, request_of_amina):
    without = ask_for_place(cast.carol(), request_of_amina.event, manager_email="")
    client.force_login(cast.wendy())
    address = reverse("bookings:staff_request_list")

    for_team, for_managers = main_of(client.get(address)), main_of(client.get(address, {"waits": "manager"}))

    assert ("For the team (1) Waiting for managers (1)" in for_team, "Carol" in for_team) == (True, True)
    assert ("Amina" in for_team, "Has no manager" in for_team) == (False, True)
    assert ("Amina" in for_managers, "Asked on 21 Nov 2026" in for_managers) == (True, True)
    assert "1 request to decide" in main_of(client.get("/staff/"))
    page = main_of(client.get(reverse("bookings:request_decide", args=[request_of_amina.reference])))
    assert "head@example.org, asked on Saturday 21 November 2026. Has not answered yet." in page
    page = main_of(client.get(reverse("bookings:request_decide", args=[without.reference])))
    assert "Says they have none." in page


def test_lists_ask_as_often_for_three_as_for_one(client):
    event, wendy = explicit_event(), cast.wendy()
    pages = [
        (wendy, reverse("bookings:staff_request_list") + "?waits=manager"),
        (wendy, reverse("bookings:staff_event", args=[event.reference])),
        (cast.make_person("Con Tact", cast.social_work(), membership="BOOKING_CONTACT"), "/organisation/"),
    ]
    counts = []
    for name in ("Ann One", "Bea Two", "Cleo Three"):
        ask_for_place(cast.make_person(name, cast.social_work()), event)
        found = []
        for user, page in pages:
            client.force_login(user)
            client.get(page)
            with CaptureQueriesContext(connection) as queries:
                text = main_of(client.get(page))
            assert "Waiting for the manager" in text or "Asked on" in text
            found.append(len(queries))
        counts.append(found)
    assert counts[0] == counts[1] == counts[2]
