"""The page behind an invitation: an account with the address fixed, or the places added to the one there is."""

import pytest

from accounts.actions import invitations
from accounts.models import OutboundEmail, Practitioner, User
from tests import cast
from tests.accounts.actions.test_invitations import token_of
from tests.bookings.actions.test_group_bookings import SAM, book, traded_event
from tests.bookings.views.test_organisation import words_of
from tests.makers import NOW

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.time_machine("2026-11-21 10:00")]
ANSWERS = {
    "full_name": "Samantha Ellis",
    "job_role": "Teacher",
    "email": "thief@evil.example",
    "password1": "a quiet river bends",
    "password2": "a quiet river bends",
}


def invited(colleague=SAM):
    group = book(traded_event(), colleague)
    booking = group.bookings.get()
    return booking, f"/invitation/{token_of(booking.practitioner.invitations.get())}/"


def test_invitation_makes_an_account_that_has_the_places_already(client):
    booking, page = invited()

    shown = client.get(page)
    answer = client.post(page, ANSWERS, follow=True)

    user = User.objects.get(email="sam.ellis@school.example")
    booking.practitioner.refresh_from_db()
    assert "Carol Hughes of Beckside Primary School has booked training for you" in words_of(shown)
    assert (booking.practitioner.user, booking.practitioner.full_name) == (user, "Samantha Ellis")
    assert user.emailaddress_set.get().verified
    assert "Restorative practice" in words_of(answer)
    assert client.get(f"/my/bookings/{booking.reference}/").status_code == 200
    assert not User.objects.filter(email="thief@evil.example").exists()
    # The letter with the secret was confirmation enough.
    assert not OutboundEmail.objects.filter(letter__startswith="account/").exists()


def test_invitation_works_once(client):
    _, page = invited()
    client.post(page, ANSWERS)
    client.logout()

    used, unknown = client.get(page), client.get("/invitation/unknown/")

    assert (used.status_code, unknown.status_code) == (404, 404)
    assert words_of(used) == words_of(unknown)
    assert client.post(page, ANSWERS).status_code == 404


def test_invitation_keeps_what_was_typed_when_the_password_is_too_short(client):
    _, page = invited()

    answer = client.post(page, ANSWERS | {"password1": "short", "password2": "short"})

    assert answer.status_code == 422
    assert 'value="Samantha Ellis"' in answer.content.decode()
    assert not User.objects.filter(email="sam.ellis@school.example").exists()


def test_invitation_adds_the_places_to_an_account_when_its_owner_says_yes(client):
    tom = cast.make_person("Tom Whitaker", cast.police())
    booking, page = invited(type(SAM)(full_name="Thomas W", email="tom@example.org"))

    assert "Sign in to see your places" in words_of(client.get(page))
    client.force_login(tom)
    assert "Are these places yours?" in words_of(client.get(page))
    booking.refresh_from_db()
    assert booking.practitioner != tom.practitioner
    client.post(page)

    booking.refresh_from_db()
    assert booking.practitioner == tom.practitioner


def test_invitation_is_of_no_use_to_another_account(client):
    booking, page = invited()
    client.force_login(cast.amina())

    answer = client.post(page)

    booking.refresh_from_db()
    assert answer.status_code == 409
    assert "This invitation is for another account" in words_of(answer)
    assert booking.practitioner.user is None


def test_invitation_revoked_looks_like_one_that_never_was(client):
    booking, page = invited()
    invitations.revoke(practitioner=booking.practitioner, by=cast.carol(), now=NOW)

    assert client.get(page).status_code == 404
    assert Practitioner.objects.filter(full_name="Sam Ellis", user__isnull=True).exists()
