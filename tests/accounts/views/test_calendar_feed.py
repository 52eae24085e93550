"""The page on which somebody makes their calendar address: shown once, kept as a digest."""

import re

import pytest

from accounts.models import AuditEntry, CalendarFeed
from tests import cast

pytestmark = pytest.mark.django_db

PAGE = "/my/profile/calendar/"


@pytest.fixture
def amina(client):
    user = cast.amina()
    client.force_login(user)
    return user


def address_in(answer):
    found = re.search(r"/calendar/([\w-]{43})\.ics", answer.text)
    return found and found[0]


def test_address_is_shown_once_and_opens(client, amina):
    made = client.post(PAGE, {"make": "1"})
    address = address_in(made)
    assert client.get(address).status_code == 200
    assert address_in(client.get(PAGE)) is None
    feed = CalendarFeed.objects.get()
    assert feed.token_digest not in address
    assert address.split("/")[2].removesuffix(".ics") not in str(CalendarFeed.objects.values().get())
    assert made["Cache-Control"] == "no-store"


def test_a_new_address_closes_the_old_one(client, amina):
    first, second = (address_in(client.post(PAGE, {"make": "1"})) for _ in range(2))
    assert [client.get(first).status_code, client.get(second).status_code] == [404, 200]
    assert AuditEntry.objects.filter(verb="calendar_feed.renew").count() == 2


def test_switching_off_twice_is_as_good_as_once(client, amina):
    address = address_in(client.post(PAGE, {"make": "1"}))
    for _ in range(2):
        assert client.post(PAGE, {"off": "1"}).status_code == 302
    assert client.get(address).status_code == 404
    assert "Make my address" in client.get(PAGE).text


def test_an_account_without_a_person_has_no_calendar(client, amina):
    owner = cast.make_person("Nobody")
    owner.practitioner.delete()
    client.force_login(type(owner).objects.get(pk=owner.pk))
    assert client.get(PAGE).status_code == 404
