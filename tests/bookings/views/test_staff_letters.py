"""Letters of one booking and of one date."""

import pytest

from accounts.models import OutboundEmail
from bookings import emails
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db


@pytest.fixture
def letters(client):
    client.force_login(cast.wendy())
    event, other = make_event(), make_event(make_course("Other"))
    bookings = [make_booking(event, cast.amina()), make_booking(event, cast.carol()), make_booking(other, cast.amina())]
    return event, bookings, [emails.confirmation(booking=booking, now=NOW).pk for booking in bookings]


def shown(client, kind, number):
    return {letter.pk for letter in client.get(f"/staff/letters/about/{kind}/{number}/").context["page"]}


def test_letters_of_a_booking_and_of_a_date_are_theirs_alone(client, letters):
    event, bookings, ids = letters
    assert shown(client, "booking", bookings[0].pk) == {ids[0]}
    assert shown(client, "event", event.pk) == set(ids[:2])


def test_letters_of_somebody_whose_address_returns_them_say_so(client, letters):
    _, bookings, ids = letters
    page = f"/staff/letters/about/booking/{bookings[0].pk}/"
    assert "come back" not in client.get(page).text
    OutboundEmail.objects.filter(pk=ids[0]).update(sent_at=NOW, bounced_at=NOW)
    assert "Letters to this address come back" in client.get(page).text


@pytest.mark.parametrize("path", ["booking/999999", "event/999999", "person/1", f"event/{2**40}"])
def test_what_is_not_there_has_no_letters(client, letters, path):
    assert client.get(f"/staff/letters/about/{path}/").status_code == 404


def test_page_asks_the_same_for_one_letter_as_for_three(client, letters, django_assert_num_queries):
    event, bookings, _ = letters
    page = f"/staff/letters/about/event/{event.pk}/"
    client.get(page)
    with django_assert_num_queries(9):
        client.get(page)
    emails.reminder(booking=bookings[0], now=NOW)
    with django_assert_num_queries(9):
        client.get(page)
