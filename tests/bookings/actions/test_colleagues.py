"""A colleague who was named turns out to have an account: what was booked comes to it when they say so."""

import pytest

from accounts.actions import invitations, people
from accounts.actions.invitations import CannotInvite
from accounts.models import Practitioner
from bookings.actions import colleagues
from bookings.models import Booking
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event

pytestmark = pytest.mark.django_db(transaction=True)


def named():
    return people.enter_colleague(
        full_name="Amina Y",
        email="amina@example.org",
        contact_email="carol@example.org",
        organisation=cast.make_organisation(),
        by=cast.carol(),
        now=NOW,
    )


def invited(practitioner):
    return invitations.invite(
        practitioner=practitioner, organisation=cast.make_organisation(), by=cast.carol(), now=NOW
    )


def test_join_to_account_brings_bookings_and_membership_and_leaves_no_second_record():
    amina, record = cast.amina(), named()
    booking = make_booking(make_event(), record)
    invitation = invited(record)

    joined = colleagues.join_to_account(invitation_id=invitation.pk, user=amina, now=NOW)

    booking.refresh_from_db()
    record.refresh_from_db()
    assert ([one.pk for one in joined.bookings], joined.left) == ([booking.pk], [])
    assert booking.practitioner == amina.practitioner
    assert amina.practitioner.memberships.live().filter(organisation=cast.make_organisation()).exists()
    assert (record.email, record.anonymised_at is not None, record.memberships.count()) == ("", True, 0)


def test_join_to_account_leaves_a_second_place_on_the_same_date_to_the_contact():
    amina, record, event = cast.amina(), named(), make_event()
    own, second = make_booking(event, amina), make_booking(event, record)
    third = make_booking(make_event(make_course("Other")), record)

    joined = colleagues.join_to_account(invitation_id=invited(record).pk, user=amina, now=NOW)

    assert ([one.pk for one in joined.bookings], [one.pk for one in joined.left]) == ([third.pk], [second.pk])
    assert set(Booking.objects.filter(practitioner=amina.practitioner)) == {own, third}
    assert Practitioner.objects.get(pk=record.pk).anonymised_at is None


def test_join_to_account_refuses_another_account_and_an_invitation_used_before():
    record = named()
    booking = make_booking(make_event(), record)
    invitation = invited(record)

    with pytest.raises(CannotInvite, match="not for the account"):
        colleagues.join_to_account(invitation_id=invitation.pk, user=cast.zed(), now=NOW)
    colleagues.join_to_account(invitation_id=invitation.pk, user=cast.amina(), now=NOW)
    with pytest.raises(CannotInvite):
        colleagues.join_to_account(invitation_id=invitation.pk, user=cast.amina(), now=NOW)

    booking.refresh_from_db()
    assert booking.practitioner == cast.amina().practitioner
