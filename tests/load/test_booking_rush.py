"""The rush for the last places, over real HTTP against real web workers on a database of its own.

`make soak` runs it at full size: more people, more rounds.
"""

import os
from datetime import timedelta

import pytest
from django.db import connection

from accounts import clock
from accounts.models import OutboundEmail
from bookings import invariants
from bookings.actions import capacity
from bookings.models import Booking
from bookings.models.booking import State
from tests import cast
from tests.load.live import Visitor, own_database, path_of, web_server
from tests.makers import make_course, make_event
from tests.sizes import size
from tests.threads import at_once

pytestmark = pytest.mark.soak

PEOPLE, ROUNDS = size(100, 200), size(1, 10)
PLACES = 20
ANSWERS = {"has_managers_agreement": "on", "has_accepted_terms": "on"}


@pytest.fixture
def database(django_db_blocker, request):
    name = f"rush_{os.getpid()}"
    with own_database(django_db_blocker, name):
        yield name


def make_people(count):
    return [cast.make_person(f"Person{number} Rushing", cast.social_work()) for number in range(count)]


def make_date(**fields):
    # One agency may have them all: the rush is for places, not for shares.
    return make_event(make_course(), starts_at=clock.now() + timedelta(days=30), agency_cap=1000, **fields)


def book_page(event):
    return f"/courses/dates/{event.reference}/book/"


def rush(port, people, event):
    """Everybody has the page open and presses the button at the same moment."""
    visitors = [Visitor(port, person) for person in people]
    forms = [visitor.open_form(book_page(event)) for visitor in visitors]
    return at_once(
        *[
            lambda visitor=visitor, form=form: visitor.post(book_page(event), form | ANSWERS)
            for visitor, form in zip(visitors, forms, strict=True)
        ]
    )


def test_the_rush_oversells_without_the_lock_and_the_constraint(database):
    people = make_people(PEOPLE)
    with connection.cursor() as cursor:
        cursor.execute("ALTER TABLE courses_event DROP CONSTRAINT places_taken_within_capacity")

    with web_server(database, "tests.load.unguarded_wsgi") as port:
        # Beside other work one rush may come in one by one; not five of them.
        for _ in range(5):
            event = make_date(capacity=PLACES)
            rush(port, people, event)
            if event.bookings.confirmed().count() > PLACES:
                break

    assert event.bookings.confirmed().count() > PLACES


def test_the_rush_fills_every_place_and_not_one_more(database):
    people = make_people(PEOPLE)
    with web_server(database) as port:
        for _ in range(ROUNDS):
            event = make_date(capacity=PLACES)
            answers = rush(port, people, event)

            booked = [answer for answer in answers if answer.status == 302]
            full = [answer for answer in answers if answer.status == 409 and answer.says("This date is full")]
            assert (len(booked), len(full)) == (PLACES, PEOPLE - PLACES)
            event.refresh_from_db()
            assert event.places_taken == capacity.count_places(event_id=event.pk) == PLACES
            letters = OutboundEmail.objects.filter(letter="bookings/confirmation", about__startswith="booking:")
            confirmed = event.bookings.filter(state=State.CONFIRMED)
            assert letters.filter(about__in=[f"booking:{booking.pk}" for booking in confirmed]).count() == PLACES
            Booking.objects.update(state=State.CANCELLED, cancelled_at=clock.now())


def test_one_form_sent_fifty_times_at_once_makes_one_booking_and_one_letter(database):
    amina, event = cast.amina(), make_date(capacity=PLACES)
    with web_server(database) as port:
        visitor = Visitor(port, amina)
        form = visitor.open_form(book_page(event)) | ANSWERS
        answers = at_once(*[lambda: visitor.post(book_page(event), form)] * 50)

    booking = Booking.objects.get()
    assert {(answer.status, path_of(answer.leads_to)) for answer in answers} == {
        (302, f"/my/bookings/{booking.reference}/")
    }
    assert OutboundEmail.objects.count() == 1
    event.refresh_from_db()
    assert event.places_taken == 1


def test_people_who_book_and_cancel_two_dates_in_opposite_order_never_meet_head_on(database):
    one, other = (
        make_date(),
        make_event(make_course("Neglect"), starts_at=clock.now() + timedelta(days=40), agency_cap=1000),
    )
    people = make_people(20)

    def there_and_back(visitor, dates):
        statuses = []
        for event in dates:
            answer = visitor.post(book_page(event), visitor.open_form(book_page(event)) | ANSWERS)
            statuses.append(answer.status)
            cancel_page = f"{path_of(answer.leads_to)}cancel/"
            statuses.append(visitor.post(cancel_page, visitor.open_form(cancel_page)).status)
        return statuses

    with web_server(database) as port:
        visitors = [Visitor(port, person) for person in people]
        statuses = at_once(
            *[
                lambda visitor=visitor, dates=((one, other), (other, one))[number % 2]: there_and_back(visitor, dates)
                for number, visitor in enumerate(visitors)
            ]
        )

    assert statuses == [[302, 302, 302, 302]] * len(people)
    assert [capacity.count_places(event_id=event.pk) for event in (one, other)] == [0, 0]
    assert invariants.breaches(now=clock.now()) == []
