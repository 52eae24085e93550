"""My organisation: contacts and leads see their people and places; nobody else sees anything."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import Membership, MembershipRole
from bookings.models import BookingNeeds
from bookings.models.booking import State
from tests import cast
from tests.answers import main_of
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def teacher(name="Tess Teacher"):
    return cast.make_person(name, cast.make_organisation())


def test_organisation_home_shows_people_and_places_of_ones_own_organisation(client):
    booking = make_booking(make_event(make_course("Neglect")), teacher(), price=50)
    BookingNeeds.objects.create(booking=booking, access="Very private", erase_on=NOW.date())
    make_booking(make_event(make_course("Elsewhere")), cast.amina())
    client.force_login(cast.carol())

    text = main_of(client.get("/organisation/"))

    assert "Beckside Primary School" in text
    assert "Tess Teacher Neglect" in text
    assert "2 people" in text  # Tess and Carol herself
    for hidden in ("Elsewhere", "Amina", "Very private"):
        assert hidden not in text


@pytest.mark.parametrize("role", [MembershipRole.BOOKING_CONTACT, MembershipRole.AGENCY_LEAD])
def test_organisation_home_is_for_contacts_and_leads(client, role):
    make_booking(make_event(make_course("Neglect")), teacher())
    user = cast.make_person("Robin Role", cast.make_organisation(), membership=role)
    client.force_login(user)

    assert "Tess Teacher Neglect" in main_of(client.get("/organisation/"))


@pytest.mark.parametrize("name", ["amina", "ben", "dev", "lou", "wendy", "zed"])
def test_organisation_home_is_hidden_from_everybody_else(client, name):
    client.force_login(cast.carol())
    assert client.get("/organisation/").status_code == 200
    client.force_login(getattr(cast, name)())
    assert client.get("/organisation/").status_code == 404


def test_organisation_home_closes_when_the_duty_ends(client):
    carol = cast.carol()
    Membership.objects.filter(practitioner__user=carol).update(ended_on=NOW.date())
    client.force_login(carol)

    assert client.get("/organisation/").status_code == 404


def test_organisation_home_sends_strangers_to_sign_in(client):
    assert client.get("/organisation/").url == "/accounts/login/?next=/organisation/"


def test_organisation_home_of_somebody_with_two_lets_them_choose_and_no_third(client):
    carol, second = cast.carol(), cast.make_organisation("Kirk Fold High School")
    cast.join(carol.practitioner, second, MembershipRole.BOOKING_CONTACT)
    client.force_login(carol)

    chosen = client.get(f"/organisation/?organisation={second.pk}")
    foreign = client.get(f"/organisation/?organisation={cast.police().pk}")

    assert "<h1" in chosen.content.decode()
    assert main_of(chosen).index("Kirk Fold High School") >= 0
    assert foreign.status_code == 404
    for odd in ("x", "9" * 40, "%00"):
        assert client.get(f"/organisation/?organisation={odd}").status_code == 404


def test_organisation_home_finds_people_by_name_and_counts_them_once(client):
    carol = cast.carol()
    cast.join(carol.practitioner, cast.make_organisation())  # she is a member too
    teacher("Tess Teacher")
    client.force_login(carol)

    everybody = main_of(client.get("/organisation/"))
    found = main_of(client.get("/organisation/?q=tess"))
    nobody = main_of(client.get("/organisation/?q=%00zzz"))

    assert "2 people" in everybody
    assert "1 person" in found
    assert "Nobody found" in nobody


def test_organisation_home_counts_what_each_person_took_part_in_here(client):
    tess = teacher()
    past = make_event(make_course("Past"), starts_at=NOW - timedelta(days=30), state="LOCKED")
    make_booking(past, tess, state=State.ATTENDED)
    make_booking(past, cast.carol(), state=State.DID_NOT_ATTEND)
    client.force_login(cast.carol())

    text = main_of(client.get("/organisation/"))

    assert "Tess Teacher not given Works or volunteers here 0 1 22 Oct 2026" in text
    assert "Carol Hughes not given Booking contact 0 0 not yet" in text


def test_organisation_home_reads_as_often_for_one_row_as_for_three(client):
    client.force_login(cast.carol())
    client.get("/organisation/")
    counts, event = [], make_event()
    for number in range(3):
        make_booking(event, teacher(f"Tess{number} Teacher"))
        with CaptureQueriesContext(connection) as queries:
            client.get("/organisation/")
        counts.append(len(queries))

    assert counts == [counts[0]] * 3
