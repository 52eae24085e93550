"""The team's pages: one date, requests, all bookings; hidden from everybody else."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import OutboundEmail
from accounts.pagination import LongPaginator
from bookings.models import Booking
from bookings.models import booking as booking_module
from courses.models import ApprovalMode
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def request_of_amina():
    event = make_event(make_course(approval_mode=ApprovalMode.EXPLICIT))
    return make_booking(event, cast.amina(), state=Booking.State.REQUESTED)


def pages_of(booking):
    return [
        reverse("bookings:staff_event", args=[booking.event.reference]),
        reverse("bookings:request_decide", args=[booking.reference]),
        reverse("bookings:staff_booking_list"),
        reverse("bookings:staff_request_list"),
        reverse("staff_day"),
    ]


def test_team_opens_its_pages(client, request_of_amina):
    client.force_login(cast.wendy())
    for page in pages_of(request_of_amina):
        answer = client.get(page)
        assert (page, answer.status_code) == (page, 200)
    assert "Amina Yusuf" in client.get(pages_of(request_of_amina)[0]).content.decode()


@pytest.mark.parametrize("person", [cast.zed, cast.amina, cast.carol, cast.dev, cast.lou])
def test_team_pages_are_hidden_from_others(client, request_of_amina, person):
    client.force_login(person())
    assert {client.get(page).status_code for page in pages_of(request_of_amina)} == {404}


def test_the_page_of_a_date_lists_its_letters_and_no_others(client, request_of_amina):
    event = request_of_amina.event
    for number, about in enumerate([f"event:{event.pk}", f"booking:{request_of_amina.pk}", "event:0"]):
        OutboundEmail.objects.create(
            key=about, letter="bookings/reminder", about=about, to="dev@example.org", subject=f"Letter number {number}",
            message_id=f"<{number}@example.org>", text="", created_at=NOW, send_at=NOW,
        )  # fmt: skip
    client.force_login(cast.wendy())
    page = client.get(reverse("bookings:staff_event", args=[event.reference])).content.decode()
    assert [f"Letter number {number}" in page for number in range(3)] == [True, True, False]


def test_the_page_of_a_date_marks_whose_letters_come_back(client):
    event = make_event()
    for number, user in enumerate([cast.amina(), cast.carol()]):
        make_booking(event, user)
        OutboundEmail.objects.create(
            key=f"returned:{number}", letter="bookings/reminder", to=user.email, practitioner=user.practitioner, text="",
            message_id=f"<{number}@example.org>", subject="Coming up", created_at=NOW, send_at=NOW, sent_at=NOW,
            bounced_at=NOW,
        )  # fmt: skip
    client.force_login(cast.wendy())
    page = reverse("bookings:staff_event", args=[event.reference])
    assert client.get(page).text.count("Letters come back") == 2
    assert "2</span> letters came back" in client.get(reverse("staff_day")).text
    practitioner = cast.amina().practitioner
    practitioner.email = "amina.new@example.org"
    practitioner.save(update_fields=["email"])
    assert client.get(page).text.count("Letters come back") == 1
    assert "1</span> letter came back" in client.get(reverse("staff_day")).text


def test_request_is_confirmed(client, request_of_amina):
    client.force_login(cast.wendy())
    client.post(reverse("bookings:request_decide", args=[request_of_amina.reference]), {"decision": "confirm"})
    request_of_amina.refresh_from_db()
    assert (request_of_amina.state, request_of_amina.decided_by) == (Booking.State.CONFIRMED, cast.wendy())


def test_request_is_declined_only_with_a_reason(client, request_of_amina):
    client.force_login(cast.wendy())
    address = reverse("bookings:request_decide", args=[request_of_amina.reference])

    answer = client.post(address, {"decision": "decline"})
    assert answer.status_code == 422
    assert "Write why the request is declined." in answer.content.decode()
    client.post(address, {"decision": "decline", "reason": "Your team has three people on this date"})

    request_of_amina.refresh_from_db()
    assert request_of_amina.state == Booking.State.DECLINED
    assert request_of_amina.decided_reason == "Your team has three people on this date"


def test_staff_booking_list_finds_by_name(client, request_of_amina):
    make_booking(request_of_amina.event, cast.dev())
    client.force_login(cast.wendy())
    page = client.get(reverse("bookings:staff_booking_list"), {"q": "amina"}).content.decode()
    assert "Amina Yusuf" in page
    assert "Dev Patel" not in page


@pytest.mark.parametrize("words", ["mina y", "AMINA@", "b-AMINA", "{event}", "gether", "Social W"])
def test_staff_booking_list_finds_by_part_of_whatever_it_shows(client, request_of_amina, words):
    Booking.objects.filter(pk=request_of_amina.pk).update(reference="B-AMINA")
    other = make_booking(make_event(make_course("Neglect")), cast.carol())
    client.force_login(cast.wendy())
    asked = {"q": words.format(event=request_of_amina.event.reference.lower())}
    page = client.get(reverse("bookings:staff_booking_list"), asked).content.decode()
    assert "B-AMINA" in page
    assert other.reference not in page


def test_staff_booking_list_finds_where_many_are_named(client, request_of_amina, monkeypatch):
    monkeypatch.setattr(booking_module, "NAMED_AT_MOST", 1)
    bookings = [
        make_booking(request_of_amina.event, cast.make_person(f"Amina{number} Rushing", cast.police()))
        for number in range(3)
    ]
    client.force_login(cast.wendy())
    page = client.get(reverse("bookings:staff_booking_list"), {"q": "amina"}).content.decode()
    assert [booking.reference in page for booking in bookings] == [True] * 3


def test_staff_booking_list_counts_no_further_than_people_turn_pages(client, request_of_amina, monkeypatch):
    for number in range(3):
        make_booking(request_of_amina.event, cast.make_person(f"Person{number} Rushing", cast.police()))
    client.force_login(cast.wendy())
    address = reverse("bookings:staff_booking_list")
    monkeypatch.setattr(LongPaginator, "MOST", 4)
    assert "More than" not in client.get(address).content.decode()
    monkeypatch.setattr(LongPaginator, "MOST", 3)
    assert "More than 3 bookings" in client.get(address).content.decode()


@pytest.mark.parametrize("query", [{"q": "\x00"}, {"page": "9" * 30}, {"state": "NONSENSE"}, {"q": "x" * 5000}])
def test_staff_booking_list_survives_odd_queries(client, request_of_amina, query):
    client.force_login(cast.wendy())
    assert client.get(reverse("bookings:staff_booking_list"), query).status_code == 200


def test_lists_ask_as_much_of_the_database_for_three_as_for_one(client, request_of_amina, django_assert_num_queries):
    client.force_login(cast.wendy())
    counts = {}
    for page in pages_of(request_of_amina):
        client.get(page)  # The partnership's row is made by the first page of all.
        with CaptureQueriesContext(connection) as queries:
            client.get(page)
        counts[page] = len(queries)
    for name in ("Ola Nowak", "Ife Bello"):
        make_booking(request_of_amina.event, cast.make_person(name, cast.police()), state=Booking.State.REQUESTED)
    for page, count in counts.items():
        with django_assert_num_queries(count):
            client.get(page)
