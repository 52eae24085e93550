"""The trainer's pages: their own registers, nobody else's."""

import re

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts import clock
from bookings.models import Attendance, Booking, BookingNeeds
from courses.models import Event
from tests import cast
from tests.makers import make_booking, make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def running():
    """A date that began ten minutes ago, with Amina on its register and Dev training."""
    from datetime import timedelta

    event = make_event(starts_at=clock.now() - timedelta(minutes=10), trainer=cast.dev())
    return make_booking(event, cast.amina())


def register_url(booking):
    return reverse("bookings:register", args=[booking.event.sessions.get().pk])


def test_register_saves_marks(client, running):
    client.force_login(cast.dev())

    answer = client.post(register_url(running), {f"mark_{running.pk}": "PRESENT"}, follow=True)

    running.refresh_from_db()
    assert running.state == Booking.State.ATTENDED
    assert "Register saved: 1 of 1 people marked." in answer.content.decode()


def test_register_shows_needs_to_the_trainer(client, running):
    BookingNeeds.objects.create(booking=running, access="Sits near the front", erase_on=clock.now().date())
    client.force_login(cast.dev())
    assert "Sits near the front" in client.get(register_url(running)).content.decode()


@pytest.mark.parametrize("person", [cast.zed, cast.amina, cast.carol, cast.lou])
def test_register_is_hidden_from_others(client, running, person):
    client.force_login(person())
    assert client.get(register_url(running)).status_code == 404
    assert client.post(register_url(running), {f"mark_{running.pk}": "PRESENT"}).status_code == 404
    assert Attendance.objects.count() == 0


def test_locked_register_is_read_by_its_trainer_and_corrected_by_the_team(client, running):
    client.force_login(cast.dev())
    client.post(register_url(running), {f"mark_{running.pk}": "PRESENT"})
    Event.objects.filter(pk=running.event_id).update(state=Event.State.LOCKED, register_locked_at=clock.now())

    trainers = client.get(register_url(running)).content.decode()
    client.force_login(cast.wendy())
    teams = client.get(register_url(running)).content.decode()

    assert "Save the register" not in trainers
    assert "Why is the locked register corrected?" not in trainers
    assert re.search(r"Amina Yusuf\s*</th>.*Here\s*</td>", trainers, re.DOTALL)
    assert "Save the register" in teams
    assert "Why is the locked register corrected?" in teams


def test_register_refuses_an_unknown_mark(client, running):
    client.force_login(cast.dev())
    answer = client.post(register_url(running), {f"mark_{running.pk}": "SUPERB"})
    assert answer.status_code == 422
    assert "Choose one of the marks shown." in answer.content.decode()


def test_register_asks_as_much_of_the_database_for_three_as_for_one(client, running, django_assert_num_queries):
    client.force_login(cast.dev())
    client.get(register_url(running))  # The partnership's row is made by the first page of all.
    with CaptureQueriesContext(connection) as one:
        client.get(register_url(running))
    for name in ("Ola Nowak", "Ife Bello"):
        make_booking(running.event, cast.make_person(name, cast.police()))
    with django_assert_num_queries(len(one)):
        client.get(register_url(running))


def test_walk_in_is_added(client, running):
    client.force_login(cast.dev())
    session = running.event.sessions.get()

    client.post(
        reverse("bookings:walk_in_add", args=[session.pk]),
        {"full_name": "Kit 🌻 Moss", "email": "", "organisation": cast.police().pk},
    )

    assert Booking.objects.get(practitioner__full_name="Kit 🌻 Moss").source == Booking.Source.WALK_IN


def test_walk_in_without_a_name_keeps_the_rest(client, running):
    client.force_login(cast.dev())
    session = running.event.sessions.get()

    answer = client.post(reverse("bookings:walk_in_add", args=[session.pk]), {"email": "kit@example.org"})

    assert answer.status_code == 422
    page = answer.content.decode()
    assert "Write the person&#x27;s full name." in page or "Write the person's full name." in page
    assert "kit@example.org" in page


@pytest.mark.parametrize("name", ["http://evil.example", "Kit www.evil.example", "evil.example/path"])
def test_walk_in_whose_name_is_an_address_is_refused_beside_the_field(client, running, name):
    client.force_login(cast.dev())
    answers = {"full_name": name, "email": "kit@example.org", "organisation": cast.police().pk}

    answer = client.post(reverse("bookings:walk_in_add", args=[running.event.sessions.get().pk]), answers)

    assert answer.status_code == 422
    assert "A name cannot hold a web or email address" in answer.context["form"].errors["full_name"][0]
    assert "kit@example.org" in answer.content.decode()
    assert not Booking.objects.filter(source=Booking.Source.WALK_IN).exists()


def test_trainer_home_lists_the_register_to_finish(client, running):
    client.force_login(cast.dev())
    page = client.get(reverse("trainer_home")).content.decode()
    assert "Registers to finish" in page
    assert register_url(running) in page


def test_trainer_home_is_for_trainers(client, running):
    client.force_login(cast.amina())
    assert client.get(reverse("trainer_home")).status_code == 404
