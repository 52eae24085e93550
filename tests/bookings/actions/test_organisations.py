"""When the team places an employer, its people's requests carry the price that follows."""

from decimal import Decimal

import pytest

from accounts.actions import organisations as belonging
from accounts.models import Organisation, OutboundEmail
from bookings.actions import organisations
from bookings.models.booking import State
from courses.models import Strand
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db

TERMS = {"name": "Heron House", "sector": "third_sector", "charging_category": "third_large", "evidence": "charity 1"}


def propose():
    amina = cast.amina()
    return belonging.propose(practitioner=amina.practitioner, name="Heron Hse", by=amina, now=NOW)


def request_a_place(proposed, **fields):
    event = make_event(make_course(strands=[Strand.TRADED]))
    return make_booking(event, cast.amina(), organisation=proposed, state=State.REQUESTED, **{"price": None, **fields})


def test_settle_as_new_sets_what_requests_cost():
    proposed = propose()
    booking = request_a_place(proposed)
    organisations.settle_organisation(proposed_id=proposed.pk, by=cast.wendy(), now=NOW, **TERMS)
    booking.refresh_from_db()
    assert (booking.sector, booking.charging_category, booking.price) == ("third_sector", "third_large", Decimal("95"))
    assert booking.state == State.REQUESTED
    organisation = Organisation.objects.get(pk=proposed.pk)
    assert (organisation.state, organisation.name, organisation.charging_category_set_by) == (
        "LISTED",
        "Heron House",
        cast.wendy(),
    )
    letter = OutboundEmail.objects.get(letter="accounts/organisation_settled")
    assert (letter.to, letter.subject) == ("amina@example.org", "Heron House is in our list")
    assert "Heron Hse" in letter.text


def test_settle_as_a_listed_one_moves_people_and_bookings():
    proposed, police = propose(), cast.police()
    booking = request_a_place(proposed)
    organisations.settle_organisation(proposed_id=proposed.pk, into=police, by=cast.wendy(), now=NOW)
    booking.refresh_from_db()
    assert (booking.organisation, booking.sector, booking.price) == (police, "police", Decimal("0"))
    assert cast.amina().practitioner.memberships.live().filter(organisation=police).count() == 1
    proposed.refresh_from_db()
    assert (proposed.state, proposed.memberships.count()) == ("CLOSED", 0)


def test_settle_leaves_the_price_of_what_is_over():
    proposed = propose()
    event = make_event()
    booking = make_booking(event, cast.amina(), organisation=proposed, state=State.ATTENDED, price=Decimal("12"))
    organisations.settle_organisation(proposed_id=proposed.pk, by=cast.wendy(), now=NOW, **TERMS)
    booking.refresh_from_db()
    assert (booking.sector, booking.price) == ("third_sector", Decimal("12"))


def test_settle_twice_is_refused():
    proposed = propose()
    organisations.settle_organisation(proposed_id=proposed.pk, by=cast.wendy(), now=NOW, **TERMS)
    with pytest.raises(organisations.AlreadySettled):
        organisations.settle_organisation(proposed_id=proposed.pk, into=cast.police(), by=cast.wendy(), now=NOW)
    assert OutboundEmail.objects.filter(letter="accounts/organisation_settled").count() == 1


def test_settle_as_a_listed_one_that_the_person_belongs_to_already():
    proposed = propose()
    own = cast.social_work()
    organisations.settle_organisation(proposed_id=proposed.pk, into=own, by=cast.wendy(), now=NOW)
    assert [each.organisation for each in cast.amina().practitioner.memberships.all()] == [own]
