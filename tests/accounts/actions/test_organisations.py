"""Joining, leaving, proposing and being appointed."""

from datetime import date

import pytest

from accounts.actions import organisations
from accounts.models import Membership, MembershipRole, Organisation
from tests import cast
from tests.makers import NOW

pytestmark = pytest.mark.django_db


def test_join_twice_is_once():
    amina = cast.amina()
    for _ in range(2):
        organisations.join(practitioner=amina.practitioner, organisation=cast.police(), by=amina, now=NOW)
    membership = amina.practitioner.memberships.get(organisation=cast.police())
    assert (membership.role, membership.started_on, membership.verified_at) == ("MEMBER", date(2026, 11, 21), None)


def test_leave_ends_the_membership_today():
    amina = cast.amina()
    membership = amina.practitioner.memberships.get()
    organisations.leave(membership=membership, by=amina, now=NOW)
    assert Membership.objects.live().count() == 0
    assert membership.ended_on == date(2026, 11, 21)


def test_propose_makes_one_however_often_it_is_asked():
    amina = cast.amina()
    for name in ("Heron House", " heron  HOUSE "):
        organisations.propose(practitioner=amina.practitioner, name=name, by=amina, now=NOW)
    organisation = Organisation.objects.get(state="PROPOSED")
    assert (organisation.name, organisation.memberships.count()) == ("Heron House", 1)


def test_propose_finds_the_listed_one_of_that_name():
    amina, police = cast.amina(), cast.police()
    name = "northern ridings police"
    assert organisations.propose(practitioner=amina.practitioner, name=name, by=amina, now=NOW) == police
    assert not Organisation.objects.filter(state="PROPOSED").exists()


def test_propose_by_another_person_is_another_proposal():
    for person in (cast.amina(), cast.ben()):
        organisations.propose(practitioner=person.practitioner, name="Heron House", by=person, now=NOW)
    assert Organisation.objects.filter(state="PROPOSED").count() == 2


def test_appoint_says_who_vouches():
    amina, wendy = cast.amina(), cast.wendy()
    membership = organisations.appoint(
        practitioner=amina.practitioner,
        organisation=cast.police(),
        role=MembershipRole.BOOKING_CONTACT,
        by=wendy,
        now=NOW,
    )
    assert (membership.verified_at, membership.verified_by) == (NOW, wendy)
    assert list(Organisation.objects.visible_to(amina)) == [cast.police()]


def test_appoint_refuses_what_makes_no_sense():
    amina, wendy = cast.amina(), cast.wendy()
    proposed = organisations.propose(practitioner=amina.practitioner, name="Heron House", by=amina, now=NOW)
    walk_in = type(amina.practitioner).objects.create(full_name="Walk In")
    contact = MembershipRole.BOOKING_CONTACT
    for practitioner, organisation, role in (
        (amina.practitioner, cast.police(), MembershipRole.MEMBER),
        (amina.practitioner, proposed, contact),
        (walk_in, cast.police(), contact),
    ):
        with pytest.raises(organisations.CannotAppoint):
            organisations.appoint(practitioner=practitioner, organisation=organisation, role=role, by=wendy, now=NOW)
    assert not Membership.objects.appointed().exists()


def test_remove_colleague_ends_every_membership_here_and_none_elsewhere():
    carol, school = cast.carol(), cast.make_organisation()
    tess = cast.make_person("Tess Teacher", school, membership="BOOKING_CONTACT")
    organisations.join(practitioner=tess.practitioner, organisation=school, by=tess, now=NOW)
    organisations.join(practitioner=tess.practitioner, organisation=cast.police(), by=tess, now=NOW)

    for _ in range(2):
        organisations.remove_colleague(practitioner=tess.practitioner, organisation=school, by=carol, now=NOW)

    assert [each.organisation for each in tess.practitioner.memberships.live()] == [cast.police()]
    assert Membership.objects.as_contact().get().practitioner == carol.practitioner


def test_remove_colleague_refuses_oneself_and_the_only_contact():
    carol, school = cast.carol(), cast.make_organisation()
    with pytest.raises(organisations.CannotRemove, match="yourself"):
        organisations.remove_colleague(practitioner=carol.practitioner, organisation=school, by=carol, now=NOW)
    with pytest.raises(organisations.CannotRemove, match="only booking contact"):
        organisations.remove_colleague(practitioner=carol.practitioner, organisation=school, by=cast.wendy(), now=NOW)
    assert carol.practitioner.memberships.live().count() == 1
