"""The front door."""

from datetime import timedelta

import pytest

from courses.models import Course, Event, Strand
from tests import cast
from tests.makers import NOW, make_course, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def test_home_counts_the_coming_dates_of_each_strand(client):
    both = make_course("Both", strands=[Strand.CORE, Strand.TRADED])
    make_event(both)
    make_event(make_course("Neglect"), starts_at=NOW + timedelta(days=3))
    make_event(both, starts_at=NOW - timedelta(days=3), state=Event.State.DELIVERED)
    counts = {strand: dates for strand, _, dates in client.get("/").context["strand_cards"]}
    assert counts == {"core": 1, "statutory": 0, "traded": 1, "multi_agency": 1}


def test_home_shows_the_soonest_dates_that_have_a_place(client):
    make_event(make_course("Full"), capacity=1, places_taken=1)
    make_event(make_course("Later"), starts_at=NOW + timedelta(days=50))
    make_event(make_course("Sooner"), starts_at=NOW + timedelta(days=20))
    make_event(make_course("Hidden", state=Course.State.PAUSED), starts_at=NOW + timedelta(days=10))
    assert [card.title for card in client.get("/").context["dates"]] == ["Sooner", "Later"]


def test_home_with_nothing_in_it_says_so(client):
    answer = client.get("/")
    assert answer.status_code == 200
    assert "No date has a place just now" in answer.content.decode()


def test_home_prices_dates_for_the_person_signed_in(client):
    make_event(make_course("Sold", strands=[Strand.TRADED]))
    assert client.get("/").context["dates"][0].price == "Free or up to £95"
    client.force_login(cast.carol())
    assert client.get("/").context["dates"][0].price == "£95"


@pytest.mark.parametrize("number", [1, 3])
def test_home_asks_the_same_however_many_dates_there_are(client, django_assert_num_queries, number):
    for each in range(number):
        make_event(make_course(f"Course {each}"))
    client.get("/")
    with django_assert_num_queries(6):
        client.get("/")
