"""Signing up through the pages, as a person does, with the letters read from the outbox."""

import re
import threading

import pytest
from allauth.account.models import EmailAddress
from django.db import connection
from django.test import Client

from accounts.models import Membership, Organisation, OutboundEmail, Practitioner, User
from tests import cast

pytestmark = pytest.mark.django_db

SIGN_UP = "/accounts/signup/"


def answers(**changes):
    return {
        "full_name": "Nadia Iqbal",
        "email": "nadia@example.org",
        "job_role": "Family support worker",
        "organisation": str(cast.make_organisation().pk),
        "organisation_name": "",
        "password1": "three quiet herons",
        "password2": "three quiet herons",
        **changes,
    }


def sign_up(client, **changes):
    return client.post(SIGN_UP, answers(**changes))


def link_in(letter):
    return re.search(r"http://\S+", letter.text).group()


def confirm(client):
    letter = OutboundEmail.objects.get(letter="account/email/email_confirmation_signup")
    return client.post(link_in(letter).replace("http://testserver", ""))


def test_sign_up_makes_account_and_person_together(client):
    response = sign_up(client)
    assert (response.status_code, response.url) == (302, "/accounts/confirm-email/")
    practitioner = Practitioner.objects.get(user__email="nadia@example.org")
    assert (practitioner.full_name, practitioner.job_role) == ("Nadia Iqbal", "Family support worker")
    membership = practitioner.memberships.get()
    assert (membership.organisation.name, membership.role) == ("Beckside Primary School", "MEMBER")


def test_sign_up_opens_nothing_before_the_address_is_confirmed(client):
    sign_up(client)
    assert client.get("/my/profile/").status_code == 302
    client.post("/accounts/login/", {"login": "nadia@example.org", "password": "three quiet herons"})
    assert client.get("/my/profile/").status_code == 302
    confirm(client)
    assert client.get("/my/profile/").status_code == 200


def test_sign_up_with_an_unlisted_organisation_proposes_it_once_confirmed(client):
    sign_up(client, organisation="not-listed", organisation_name="  Heron   House ")
    organisation = Organisation.objects.get(name="Heron House")
    assert (organisation.state, organisation.sector, organisation.charging_category) == ("PROPOSED", "", "")
    assert list(Organisation.objects.waiting_for_a_decision()) == []
    confirm(client)
    assert list(Organisation.objects.waiting_for_a_decision()) == [organisation]


def test_sign_up_joins_an_earlier_record_only_when_the_address_is_confirmed(client):
    earlier = Practitioner.objects.create(full_name="N. Iqbal", email="Nadia@example.org")
    sign_up(client)
    earlier.refresh_from_db()
    assert earlier.user is None
    confirm(client)
    earlier.refresh_from_db()
    assert (earlier.user.email, earlier.full_name) == ("nadia@example.org", "Nadia Iqbal")
    assert Practitioner.objects.count() == 1
    assert earlier.memberships.get().organisation.name == "Beckside Primary School"


def test_sign_up_answers_the_same_for_a_known_address(client):
    fresh = sign_up(client)
    known = sign_up(Client(), email=cast.amina().email)
    assert (known.status_code, known.url) == (fresh.status_code, fresh.url)
    letter = OutboundEmail.objects.get(to=cast.amina().email)
    assert letter.letter == "account/email/account_already_exists"
    assert User.objects.filter(email=cast.amina().email).count() == 1


@pytest.mark.parametrize(
    ("changes", "field", "words"),
    [
        ({"full_name": " "}, "full_name", "Enter your full name."),
        ({"organisation": ""}, "organisation", "Choose your organisation"),
        ({"organisation": "999999"}, "organisation", "not one of the available choices"),
        ({"organisation": "not-listed"}, "organisation_name", "Enter the name of your organisation."),
        ({"email": "nadia"}, "email", "Enter a valid email address."),
        ({"email": "office@beckside.example.org"}, "email", "Use your own"),
        ({"password1": "short", "password2": "short"}, "password1", "too short"),
        ({"password2": "three quiet heron"}, "password2", "same password"),
        ({"full_name": "x" * 5_000_00}, "full_name", "at most 150 characters"),
        ({"full_name": "Nadia\0"}, "full_name", "Null characters"),
    ],
)
def test_sign_up_keeps_the_form_and_says_what_is_wrong(client, changes, field, words):
    response = sign_up(client, **changes)
    assert response.status_code == 200
    assert words in response.context["form"].errors[field][0]
    assert not User.objects.filter(email__startswith="nadia").exists()


def test_sign_up_takes_names_as_people_write_them(client):
    sign_up(client, full_name="Ẹniọlá 🌈 Ó Dálaigh-Łukasik")
    assert Practitioner.objects.get(email="nadia@example.org").full_name == "Ẹniọlá 🌈 Ó Dálaigh-Łukasik"


@pytest.mark.django_db(transaction=True)
def test_sign_up_twice_at_once_makes_one_account():
    sent, codes, barrier = answers(), [], threading.Barrier(4)

    def send():
        client = Client()
        client.get(SIGN_UP)
        barrier.wait(10)
        codes.append(client.post(SIGN_UP, sent).status_code)
        connection.close()

    threads = [threading.Thread(target=send) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)
    assert codes == [302] * 4
    assert User.objects.filter(email="nadia@example.org").count() == 1
    assert Membership.objects.count() == 1


def test_change_of_address_moves_letters_to_the_new_one_and_joins_nobody(client):
    amina = cast.amina()
    amina.last_login = amina.joined_at
    amina.save(update_fields=["last_login"])
    stranger = Practitioner.objects.create(full_name="Somebody Else", email="new@example.org")
    EmailAddress.objects.filter(user=amina).update(verified=True)
    address = EmailAddress.objects.create(user=amina, email="new@example.org")
    from accounts.receivers import note_confirmed_address

    note_confirmed_address(None, email_address=address)
    amina.practitioner.refresh_from_db()
    stranger.refresh_from_db()
    assert (amina.practitioner.email, stranger.user) == ("new@example.org", None)


@pytest.mark.parametrize(
    "changes",
    [
        {"full_name": "http://evil.example"},
        {"full_name": "Visit evil.example now"},
        {"organisation": "not-listed", "organisation_name": "www.evil.example"},
    ],
)
def test_sign_up_refuses_names_that_are_addresses_and_writes_to_nobody(client, changes):
    response = sign_up(client, **changes)
    [field] = set(changes) - {"organisation"}
    assert list(response.context["form"].errors) == [field]
    assert "A name cannot hold a web or email address" in response.text
    assert not User.objects.exists()
    assert not OutboundEmail.objects.exists()
