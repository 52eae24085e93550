"""Checking in on the page: the code on the trainer's screen, one press by whoever has a place."""

import re
from datetime import timedelta

import pytest
from django.urls import reverse

from accounts import clock
from bookings.models import Attendance, Booking, CheckInCode
from bookings.views.check_ins import TRIES_PER_MINUTE
from tests import cast
from tests.makers import make_booking, make_event

pytestmark = pytest.mark.django_db

CHECK_IN = "/check-in/"


@pytest.fixture
def running():
    event = make_event(starts_at=clock.now() - timedelta(minutes=10), trainer=cast.dev())
    return make_booking(event, cast.amina())


def code_page(booking):
    return reverse("bookings:check_in_code", args=[booking.event.sessions.get().pk])


def open_it(client, booking):
    client.force_login(cast.dev())
    client.post(code_page(booking), {"do": "open"})
    return CheckInCode.objects.get().code


def test_code_page_opens_shows_and_closes(client, running):
    client.force_login(cast.dev())
    assert "Open checking in" in client.get(code_page(running)).content.decode()
    assert not CheckInCode.objects.exists()

    code = open_it(client, running)
    page = client.get(code_page(running)).content.decode()
    assert f"{code[:3]} {code[3:]}" in page
    assert 'src="data:image/svg+xml' in page
    assert "0 of 1 person" in page

    client.post(code_page(running), {"do": "close"})
    assert code[:3] not in client.get(code_page(running)).content.decode()
    assert CheckInCode.objects.get().closed_by == cast.dev()


@pytest.mark.parametrize("person", [cast.zed, cast.amina, cast.carol, cast.lou])
def test_code_page_is_for_the_trainer_and_the_team(client, running, person):
    client.force_login(person())
    assert client.get(code_page(running)).status_code == 404
    assert client.post(code_page(running), {"do": "open"}).status_code == 404
    assert not CheckInCode.objects.exists()


@pytest.mark.parametrize("hours", [30, -30])
def test_code_page_says_when_it_cannot_be_opened(client, hours):
    event = make_event(starts_at=clock.now() + timedelta(hours=hours), trainer=cast.dev())
    booking = make_booking(event, cast.amina())
    client.force_login(cast.dev())
    page = client.get(code_page(booking)).content.decode()
    assert "Open checking in" not in page
    assert client.post(code_page(booking), {"do": "open"}).status_code == 422


def test_stranger_signs_in_and_comes_back_to_the_code(client, running):
    code = open_it(client, running)
    client.logout()
    answer = client.get(f"{CHECK_IN}?code={code}")
    assert answer.status_code == 302
    assert f"next=/check-in/%3Fcode%3D{code}" in answer.url


def test_scanned_code_asks_and_one_press_marks_as_here(client, running):
    code = open_it(client, running)
    client.force_login(cast.amina())

    page = client.get(f"{CHECK_IN}?code={code}").content.decode()
    assert "I am here" in page
    assert "Amina Yusuf" in page
    assert not Attendance.objects.exists()

    for _ in range(2):
        answer = client.post(CHECK_IN, {"code": code})
        assert answer.status_code == 200
        assert "You are marked as here" in answer.content.decode()
    running.refresh_from_db()
    assert running.state == Booking.State.ATTENDED
    client.force_login(cast.dev())
    register = client.get(reverse("bookings:register", args=[running.event.sessions.get().pk])).content.decode()
    assert re.search(r"Checked in at [\d:]+[ap]m", register)


@pytest.mark.parametrize(
    ("person", "code", "words"),
    [
        (cast.ben, None, "no confirmed place on this date under your name. See the trainer"),
        (cast.amina, "NONONO", "No session has this code"),
        (cast.amina, "\x00", "Null characters are not allowed"),
        (cast.amina, "", "Write the code"),
        (cast.amina, "9" * 999, "There is a problem"),
    ],
)
def test_whoever_cannot_check_in_is_told_why(client, running, person, code, words):
    real = open_it(client, running)
    client.force_login(person())

    answer = client.post(CHECK_IN, {"code": real if code is None else code})

    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert not Attendance.objects.exists()


def test_guessing_codes_ends_soon_and_hinders_nobody_else(client, running):
    code = open_it(client, running)
    client.force_login(cast.ben())
    answers = [client.post(CHECK_IN, {"code": f"NONO{number:02}"}).status_code for number in range(TRIES_PER_MINUTE)]
    assert set(answers) == {422}
    assert client.post(CHECK_IN, {"code": code}).status_code == 429

    client.force_login(cast.amina())
    assert client.post(CHECK_IN, {"code": code}).status_code == 200
