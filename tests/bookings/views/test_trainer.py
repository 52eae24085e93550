"""The trainer's pages: their own registers, nobody else's."""

import re
from datetime import timedelta
from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse
from django.utils import timezone

from accounts import clock
from accounts.models import Partnership
from bookings.models import Attendance, Booking, BookingNeeds
from courses.models import DeliveryMode, Event
from tests import cast
from tests.makers import make_booking, make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def running():
    """A date that began ten minutes ago, with Amina on its register and Dev training."""
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


# --- What the page tells, and what it does with marks -----------------------------------------------


def page_of(answer):
    return " ".join(answer.content.decode().split())


def send(client, booking, *, json=False, **fields):
    said = {f"{name}_{booking.pk}": value for name, value in fields.items()}
    headers = {"accept": "application/json"} if json else {}
    return client.post(register_url(booking), said, headers=headers)


def test_register_tells_until_when_people_may_come_and_marks_be_changed(client, running):
    Partnership.objects.current()
    Partnership.objects.update(late_arrival_minutes_in_person=25)
    client.force_login(cast.dev())

    page = page_of(client.get(register_url(running)))

    start = timezone.localtime(running.event.starts_at)
    assert f"People may come in until {clock.time_in_words(start + timedelta(minutes=25))}." in page
    assert "After that you decide" in page
    assert "You can change this register until 11:59pm on" in page
    assert "of the time" not in page


def test_online_register_says_what_here_means(client):
    Partnership.objects.current()
    Partnership.objects.update(online_attendance_percent=85, late_arrival_minutes_online=5)
    event = make_event(starts_at=clock.now(), hours=2, mode=DeliveryMode.LIVE_ONLINE, trainer=cast.dev())
    booking = make_booking(event, cast.amina())
    client.force_login(cast.dev())

    page = page_of(client.get(register_url(booking)))

    assert "joined for at least 85% of the time: 1 hour 42 minutes" in page
    assert "85% or more" in page
    joins_until = timezone.localtime(event.starts_at + timedelta(minutes=5))
    assert f"People may join until {clock.time_in_words(joins_until)}." in page


def test_register_keeps_the_time_of_who_came_late(client, running):
    client.force_login(cast.dev())
    came = timezone.localtime(running.event.starts_at + timedelta(minutes=30))

    send(client, running, mark="LATE", time=f"{came:%H:%M}")

    mark = Attendance.objects.get()
    assert (mark.mark, timezone.localtime(mark.arrived_at)) == ("PRESENT", came.replace(second=0, microsecond=0))
    page = page_of(client.get(register_url(running)))
    assert f'value="LATE@{came:%H:%M}"' in page
    assert "Marked by Dev Patel at" in page


@pytest.mark.parametrize(
    ("typed", "words"), [("", "Write at what time"), ("soon", "Write a time for"), ("\x00", "Write a time for")]
)
def test_register_asks_for_the_time_beside_the_person_and_saves_the_others(client, running, typed, words):
    ben = make_booking(running.event, cast.ben())
    client.force_login(cast.dev())
    said = {f"mark_{running.pk}": "LATE", f"time_{running.pk}": typed, f"mark_{ben.pk}": "ABSENT"}

    answer = client.post(register_url(running), said)

    assert answer.status_code == 422
    assert words in page_of(answer)
    assert re.search(r'value="LATE" checked', page_of(answer))
    assert [mark.booking for mark in Attendance.objects.all()] == [ben]


def test_register_refuses_a_time_outside_the_session(client, running):
    client.force_login(cast.dev())
    before = timezone.localtime(running.event.starts_at - timedelta(hours=2))
    answer = send(client, running, mark="LATE", time=f"{before:%H:%M}")
    assert answer.status_code == 422
    assert "between" in page_of(answer)
    assert not Attendance.objects.exists()


def test_register_names_who_marked_meanwhile_and_keeps_their_mark(client, running):
    ben = make_booking(running.event, cast.ben())
    client.force_login(cast.wendy())
    send(client, running, mark="PRESENT", seen="")
    client.force_login(cast.dev())
    stale = {f"mark_{running.pk}": "ABSENT", f"seen_{running.pk}": "", f"mark_{ben.pk}": "ABSENT"}

    answer = client.post(register_url(running), stale)

    assert answer.status_code == 409
    page = page_of(answer)
    assert re.search(r"Wendy Marsh marked Amina Yusuf as “Here” at [\d:]+[ap]m, after you opened this page", page)
    assert "Everything else is saved." in page
    running.refresh_from_db()
    ben.refresh_from_db()
    assert (running.state, ben.state) == (Booking.State.ATTENDED, Booking.State.DID_NOT_ATTEND)
    # The page now knows it, so choosing again is all there is to do.
    again = send(client, running, mark="ABSENT", seen="PRESENT")
    assert again.status_code == 302
    running.refresh_from_db()
    assert running.state == Booking.State.DID_NOT_ATTEND


def test_script_gets_the_rows_as_they_are_and_no_names_of_people(client, running):
    client.force_login(cast.dev())
    key = str(uuid4())

    answers = [send(client, running, json=True, mark="PRESENT", seen="").json() for _ in range(2)]
    client.post(register_url(running), {"key": key}, headers={"accept": "application/json"})

    assert answers[0] == answers[1]
    assert answers[0]["status"] == "1 of 1 marked"
    row = answers[0]["rows"][str(running.pk)]
    assert (row["choice"], row["version"], row["note"]) == ("PRESENT", "PRESENT", "")
    assert "Amina" not in str(answers[0])
    assert Attendance.objects.get().history.count() == 1


def test_script_is_told_that_the_register_is_closed(client):
    event = make_event(starts_at=clock.now() + timedelta(days=1), trainer=cast.dev())
    booking = make_booking(event, cast.amina())
    client.force_login(cast.dev())

    answer = send(client, booking, json=True, mark="PRESENT")

    assert answer.status_code == 409
    assert "opens an hour before" in answer.json()["refusal"]


@pytest.mark.parametrize("odd", ["\x00", "x" * 5000, "PRESENT@99:99", "00000000-0000-4000-8000-000000000000"])
def test_odd_hidden_values_harm_nobody(client, running, odd):
    client.force_login(cast.dev())
    answer = client.post(
        register_url(running), {"key": odd, f"mark_{running.pk}": "PRESENT", f"seen_{running.pk}": odd, "mark_9": odd}
    )
    assert answer.status_code == 302
    assert Attendance.objects.get().mark == "PRESENT"


def test_locked_register_asks_the_reason_before_it_is_corrected(client, running):
    client.force_login(cast.dev())
    send(client, running, mark="ABSENT")
    Event.objects.update(state=Event.State.LOCKED, register_locked_at=clock.now())
    client.force_login(cast.wendy())

    without = send(client, running, mark="PRESENT", seen="ABSENT")
    assert without.status_code == 422
    assert "Say why the register is corrected" in page_of(without)
    running.refresh_from_db()
    assert running.state == Booking.State.DID_NOT_ATTEND

    said = {f"mark_{running.pk}": "PRESENT", f"seen_{running.pk}": "ABSENT", "reason": "She signed the sheet"}
    assert client.post(register_url(running), said).status_code == 302
    running.refresh_from_db()
    assert running.state == Booking.State.ATTENDED


def test_sheet_to_sign_is_for_the_trainer_and_the_team(client, running):
    url = reverse("bookings:register_sheet", args=[running.event.sessions.get().pk])
    for person, status in ((cast.dev(), 200), (cast.wendy(), 200), (cast.amina(), 404)):
        client.force_login(person)
        answer = client.get(url)
        assert answer.status_code == status
        assert answer.content.startswith(b"%PDF-") == (status == 200)


def test_walk_in_who_is_on_the_register_is_looked_for_there(client, running):
    client.force_login(cast.dev())
    url = reverse("bookings:walk_in_add", args=[running.event.sessions.get().pk])
    known = {"full_name": "Amina", "email": "amina@example.org", "organisation": cast.police().pk}

    answer = client.post(url, known)

    assert answer.status_code == 422
    assert "on the register already" in page_of(answer)
    assert Booking.objects.count() == 1


def test_walk_in_form_sent_twice_adds_one_person(client, running):
    client.force_login(cast.dev())
    url = reverse("bookings:walk_in_add", args=[running.event.sessions.get().pk])
    key = client.get(url).context["form"]["idempotency_key"].value()
    said = {"idempotency_key": key, "full_name": "Kit Moss", "organisation": cast.police().pk}

    assert [client.post(url, said).status_code for _ in range(2)] == [302, 302]

    assert Booking.objects.filter(practitioner__full_name="Kit Moss").count() == 1
