"""The pages that change a place: a colleague instead, another date; for the person, their contact and the team."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import Practitioner
from bookings.models import Booking
from bookings.models.booking import State
from tests import cast
from tests.answers import text_of
from tests.makers import NOW, make_booking, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]
KEY = "00000000-0000-4000-8000-000000000009"


def school_place(**fields):
    """A place of somebody of Carol's school."""
    event = make_event(**fields)
    learner = cast.make_person("Lena Teacher", cast.make_organisation())
    return make_booking(event, learner), learner


def address(name, booking):
    return reverse(f"bookings:{name}", args=[booking.reference])


def naming(**more):
    return {"idempotency_key": KEY, "full_name": "Nadia New", "email": "nadia@example.org", **more}


@pytest.mark.parametrize("who", ["person", "contact", "team"])
def test_a_colleague_has_the_place_whoever_names_them(client, who):
    booking, learner = school_place()
    client.force_login({"person": lambda: learner, "contact": cast.carol, "team": cast.wendy}[who]())

    answer = client.post(address("booking_pass_on", booking), naming(), follow=True)
    new = Booking.objects.get(replaces=booking)

    assert (answer.status_code, "Nadia New has the place" in text_of(answer)) == (200, True)
    assert (new.practitioner.full_name, new.practitioner.user, new.state) == ("Nadia New", None, State.CONFIRMED)
    assert new.source == {"person": "SELF", "contact": "CONTACT", "team": "STAFF"}[who]


def test_a_colleague_named_twice_by_one_form_is_one_person_with_one_place(client):
    booking, learner = school_place()
    client.force_login(learner)

    for _ in range(2):
        client.post(address("booking_pass_on", booking), naming())

    assert Practitioner.objects.filter(email="nadia@example.org").count() == 1
    assert Booking.objects.filter(event=booking.event, state=State.CONFIRMED).count() == 1


def test_a_colleague_is_asked_for_beside_the_field_and_what_was_typed_is_kept(client):
    booking, learner = school_place()
    client.force_login(learner)

    answer = client.post(address("booking_pass_on", booking), naming(email="nadia"))

    assert (answer.status_code, "Write the address in full" in text_of(answer)) == (422, True)
    assert "Nadia New" in answer.content.decode()
    assert not Practitioner.objects.filter(full_name="Nadia New").exists()


def test_naming_somebody_tells_nothing_about_who_is_known_elsewhere(client):
    """BAR S4: whoever has an account with another agency is a new name here."""
    booking, learner = school_place()
    known = cast.make_person("Kim Known", cast.police())
    make_booking(booking.event, known)
    client.force_login(learner)

    answer = client.post(
        address("booking_pass_on", booking), naming(full_name="Kim Named", email=known.email), follow=True
    )
    new = Booking.objects.get(replaces=booking)

    assert "Kim Named has the place" in text_of(answer)
    assert (new.practitioner.full_name, new.practitioner.user) == ("Kim Named", None)


def test_a_trainer_changes_nobodys_place(client):
    booking, _ = school_place(trainer=cast.dev())
    client.force_login(cast.dev())

    assert client.get(address("booking_pass_on", booking)).status_code == 404
    assert client.get(address("booking_move", booking)).status_code == 404


def test_moving_shows_dates_with_places_alone_and_moves_by_one_button(client):
    booking, learner = school_place()
    course = booking.event.course
    other = make_event(course, starts_at=NOW + timedelta(days=60))
    full = make_event(course, starts_at=NOW + timedelta(days=70), capacity=1)
    make_booking(full, cast.amina())
    client.force_login(learner)
    page = client.get(address("booking_move", booking))
    said = {"idempotency_key": KEY, "date": other.reference}

    nothing = client.post(address("booking_move", booking), {"idempotency_key": KEY})
    answer = client.post(address("booking_move", booking), said, follow=True)

    assert other.reference in page.content.decode()
    assert full.reference not in page.content.decode()
    assert (nothing.status_code, "Choose the date that you want instead" in text_of(nothing)) == (422, True)
    assert "The place is moved" in text_of(answer)
    assert Booking.objects.get(replaces=booking).event == other


def test_moving_late_shows_the_charge_first_and_asks_why(client):
    booking, learner = school_place()
    other = make_event(booking.event.course, starts_at=NOW + timedelta(days=60))
    said = {"idempotency_key": KEY, "date": other.reference}

    with time_machine.travel(booking.free_cancel_until + timedelta(days=1), tick=False):
        client.force_login(learner)
        page = client.get(address("booking_move", booking))
        silent = client.post(address("booking_move", booking), said)
        client.post(address("booking_move", booking), {**said, "reason": "A funeral"})
    booking.refresh_from_db()

    assert "will be asked for £50" in text_of(page)
    assert (silent.status_code, "Say why you are moving" in text_of(silent)) == (422, True)
    assert (booking.state, booking.cancelled_reason) == (State.CANCELLED_LATE, "A funeral")


def test_moving_without_another_date_says_so(client):
    booking, learner = school_place()
    client.force_login(learner)

    assert "No other date has places just now" in text_of(client.get(address("booking_move", booking)))
