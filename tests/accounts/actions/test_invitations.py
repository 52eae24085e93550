"""Invitations: bound to one address, used once, for two days, twenty an hour; never a password."""

import re
from datetime import timedelta

import pytest

from accounts.actions import invitations, people
from accounts.models import Invitation, OutboundEmail
from tests import cast
from tests.makers import NOW

pytestmark = pytest.mark.django_db
LINK = re.compile(r"/invitation/([\w-]+)/")


def colleague(name="Sam Ellis", email="sam.ellis@school.example"):
    return people.enter_colleague(
        full_name=name,
        email=email,
        contact_email="carol@example.org",
        organisation=cast.make_organisation(),
        by=cast.carol(),
        now=NOW,
    )


def invite(practitioner, now=NOW):
    return invitations.invite(
        practitioner=practitioner, organisation=cast.make_organisation(), by=cast.carol(), now=now
    )


def token_of(invitation):
    letter = OutboundEmail.objects.get(key=f"accounts.invitation:{invitation.pk}")
    return LINK.search(letter.text)[1]


def test_invite_writes_a_secret_letter_and_keeps_only_a_digest():
    invitation = invite(colleague())

    letter = OutboundEmail.objects.get()
    token = token_of(invitation)
    assert (letter.to, letter.is_secret, letter.copy_to) == ("sam.ellis@school.example", True, "")
    assert token not in invitation.token_digest
    assert token in letter.html
    assert "password" in letter.text
    assert invitations.find_open(token=token, now=NOW) == invitation
    assert invitations.find_open(token=invitation.token_digest, now=NOW) is None


def test_invite_takes_web_addresses_out_of_names():
    invite(colleague(name="Win at evil.example now"))

    assert "evil.example" not in OutboundEmail.objects.get().text


def test_an_invitation_ends_after_two_days_or_when_it_is_revoked_or_replaced():
    sam = colleague()
    first = invite(sam)
    second = invite(sam)

    assert invitations.find_open(token=token_of(first), now=NOW) is None
    assert invitations.find_open(token=token_of(second), now=NOW + timedelta(hours=47, minutes=59)) == second
    assert invitations.find_open(token=token_of(second), now=NOW + timedelta(hours=48)) is None
    invitations.revoke(practitioner=sam, by=cast.carol(), now=NOW)
    invitations.revoke(practitioner=sam, by=cast.carol(), now=NOW)
    assert invitations.find_open(token=token_of(second), now=NOW) is None


def test_invite_refuses_the_twenty_first_within_the_hour():
    crowd = [colleague(f"Person {number}", f"p{number}@school.example") for number in range(21)]
    for person in crowd[:20]:
        invite(person)

    with pytest.raises(invitations.CannotInvite, match="20 invitations within the hour"):
        invite(crowd[20], now=NOW + timedelta(minutes=59))
    assert invite(crowd[20], now=NOW + timedelta(minutes=61)).practitioner == crowd[20]


def test_invite_refuses_people_with_an_account_and_without_an_address():
    with pytest.raises(invitations.CannotInvite):
        invite(cast.amina().practitioner)
    with pytest.raises(invitations.CannotInvite):
        invite(colleague("Jo March", ""))

    assert Invitation.objects.count() == 0


def test_accept_with_new_account_gives_it_the_record_once():
    sam = colleague()
    invitation = invite(sam)
    account, other = (cast.User.objects.create_user(f"new{number}@example.org", "x") for number in (1, 2))

    got = invitations.accept_with_new_account(
        invitation_id=invitation.pk, user=account, full_name="Samantha Ellis", job_role="Teacher", now=NOW
    )

    assert (got.pk, got.full_name, got.user) == (sam.pk, "Samantha Ellis", account)
    with pytest.raises(invitations.CannotInvite):
        invitations.accept_with_new_account(
            invitation_id=invitation.pk, user=other, full_name="Thief", job_role="x", now=NOW
        )
