"""The page that keeps an account, the team's list, and a certificate whose owner is no longer known."""

from datetime import timedelta

import pytest
import time_machine
from django.urls import reverse

from accounts.models import OutboundEmail, Practitioner
from bookings import inactivity
from bookings.actions import inactive_accounts
from bookings.models import Certificate
from tests import cast
from tests.bookings.test_inactivity import certificate_of, unseen
from tests.makers import NOW

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _stand_in_november():
    with time_machine.travel(NOW, tick=False):
        yield


def asked(user=None, days=0):
    user = unseen(user)
    moment = NOW - timedelta(days=days)
    Practitioner.objects.filter(user=user).update(inactive_asked_at=moment)
    return user.practitioner, reverse("bookings:keep_account", args=[inactivity.token_for(user.practitioner, moment)])


def words(answer):
    return answer.content.decode()


def test_keep_account_works_without_signing_in_and_only_by_pressing(client):
    practitioner, address = asked()
    assert "Keep my account" in words(client.get(address))
    practitioner.refresh_from_db()
    assert practitioner.kept_at is None

    with time_machine.travel(NOW + timedelta(days=1), tick=False):
        assert "Your account is kept" in words(client.post(address))
        assert "Your account is kept" in words(client.get(address))
    practitioner.refresh_from_db()
    assert practitioner.kept_at == NOW + timedelta(days=1)


def test_keep_account_says_nothing_about_anybody_to_a_wrong_link(client):
    asked()
    answer = client.get("/keep-account/nonsense/")
    assert (answer.status_code, "This link no longer works" in words(answer), "Carol" in words(answer)) == (
        404,
        True,
        False,
    )
    assert client.post("/keep-account/nonsense/").status_code == 404


def test_keep_account_comes_too_late_once_the_account_is_anonymous(client):
    practitioner, address = asked(days=40)
    assert inactive_accounts.anonymise(practitioner_id=practitioner.pk, now=NOW)
    assert client.post(address).status_code == 404


def test_the_team_sees_who_was_asked_and_keeps_somebody(client):
    practitioner, _ = asked(days=5)
    asked(cast.amina(), days=40)
    unseen(cast.ben())
    client.force_login(cast.wendy())
    page = client.get("/staff/inactive-accounts/")
    assert [one.full_name for one, _ in page.context["rows"]] == ["Amina Yusuf", "Carol Hughes"]
    assert ("Next night" in words(page), "After 16 Dec 2026" in words(page)) == (True, True)
    assert "1 more person is asked" in words(page)

    answer = client.post(f"/staff/inactive-accounts/{practitioner.pk}/keep/", follow=True)
    assert "The account of Carol Hughes is kept." in words(answer)
    assert [one.full_name for one, _ in answer.context["rows"]] == ["Amina Yusuf"]


def test_the_team_sees_what_keeps_somebody_and_whose_letter_came_back(client):
    practitioner, _ = asked(days=40)
    certificate_of(practitioner.user, refresh_by=NOW.date() + timedelta(days=9))
    OutboundEmail.objects.create(
        key="back", letter="bookings/inactive_account", about=f"practitioner:{practitioner.pk}", to="carol@example.org",
        message_id="<back@example.org>", practitioner=practitioner, subject="Do you", text="", created_at=NOW,
        send_at=NOW, sent_at=NOW, bounced_at=NOW,
    )  # fmt: skip
    client.force_login(cast.wendy())
    page = words(client.get("/staff/inactive-accounts/"))
    assert ("something still hangs on it" in page, "Letter came back" in page) == (True, True)


def test_the_list_asks_as_often_for_one_row_as_for_three(client, django_assert_max_num_queries):
    client.force_login(cast.wendy())
    client.get("/staff/inactive-accounts/")
    counts = []
    for user in (cast.carol(), cast.amina(), cast.ben()):
        asked(user, days=5)
        with django_assert_max_num_queries(30) as captured:
            client.get("/staff/inactive-accounts/")
        counts.append(len(captured))
    assert len(set(counts)) == 1


def test_the_list_says_what_it_is_for_when_it_is_empty(client):
    client.force_login(cast.wendy())
    assert "Nobody is being asked" in words(client.get("/staff/inactive-accounts/"))


def test_a_certificate_is_still_valid_and_tells_no_initials_any_more(client):
    practitioner, _ = asked(days=40)
    certificate = certificate_of(practitioner.user)
    address = reverse("bookings:certificate_check", args=[certificate.code])
    assert "C. H." in words(client.get(address))

    inactive_accounts.anonymise(practitioner_id=practitioner.pk, now=NOW)

    page = words(client.get(address))
    assert ("This certificate is valid" in page, "No longer kept" in page, "C. H." in page, "F. M." in page) == (
        True, True, False, False,
    )  # fmt: skip
    assert Certificate.objects.get().practitioner_name == "Former member"
