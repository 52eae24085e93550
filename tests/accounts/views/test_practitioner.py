"""Pages of a person about themselves."""

import pytest

from accounts.models import Membership, Organisation, User
from tests import cast

pytestmark = pytest.mark.django_db

PROFILE = "/my/profile/"
ANSWERS = {"full_name": "Amina Yusuf", "job_role": "Social worker", "manager_email": "ben@example.org"}


@pytest.fixture
def amina(client):
    user = cast.amina()
    client.force_login(user)
    return user


def test_profile_saves_what_is_typed(client, amina):
    response = client.post(PROFILE, {**ANSWERS, "manager_name": "Ben Clarke"}, follow=True)
    assert "Your profile is saved" in response.text
    amina.practitioner.refresh_from_db()
    assert (amina.practitioner.job_role, amina.practitioner.manager_name) == ("Social worker", "Ben Clarke")


@pytest.mark.parametrize(
    ("changes", "field"),
    [
        ({"full_name": ""}, "full_name"),
        ({"full_name": "Visit evil.example now"}, "full_name"),
        ({"manager_name": "www.evil.example"}, "manager_name"),
        ({"manager_email": "ben"}, "manager_email"),
        ({"phone": "1" * 31}, "phone"),
    ],
)
def test_profile_keeps_the_form_when_something_is_wrong(client, amina, changes, field):
    response = client.post(PROFILE, {**ANSWERS, **changes, "registration_number": "SW12345"})
    assert response.status_code == 200
    assert list(response.context["form"].errors) == [field]
    assert "SW12345" in response.text
    assert amina.practitioner.job_role == ""


def test_profile_asks_strangers_to_sign_in(client):
    assert client.get(PROFILE).url == f"/accounts/login/?next={PROFILE}"


def test_profile_of_an_account_without_a_person_explains_itself(client):
    user = User.objects.create_user("root@example.org")
    client.force_login(user)
    assert "no learner behind it" in client.get(PROFILE).text
    assert client.get("/my/profile/organisations/add/").status_code == 404


@pytest.mark.parametrize("count", [1, 3])
def test_profile_asks_the_same_however_many_organisations(client, amina, django_assert_num_queries, count):
    for number in range(count):
        cast.join(amina.practitioner, cast.make_organisation(f"School {number}"))
    client.get(PROFILE)
    with django_assert_num_queries(7):
        client.get(PROFILE)


def test_add_an_organisation_and_go_back_to_where_it_was_asked(client, amina):
    response = client.post(
        "/my/profile/organisations/add/", {"organisation": str(cast.police().pk), "next": "/courses/"}
    )
    assert response.url == "/courses/"
    assert amina.practitioner.memberships.live().count() == 2


@pytest.mark.parametrize("elsewhere", ["//evil.example", "https://evil.example/", "http://[::1", "-1", ""])
def test_add_an_organisation_leads_nowhere_but_to_our_pages(client, amina, elsewhere):
    response = client.post("/my/profile/organisations/add/", {"organisation": str(cast.police().pk), "next": elsewhere})
    assert response.url == PROFILE


def test_propose_an_organisation_that_is_not_listed(client, amina):
    page = client.get("/my/profile/organisations/propose/")
    assert page.context["form"]["organisation"].value() == "not-listed"
    client.post(
        "/my/profile/organisations/propose/", {"organisation": "not-listed", "organisation_name": "Heron House"}
    )
    assert Organisation.objects.get(name="Heron House").state == "PROPOSED"
    assert "Being added" in client.get(PROFILE).text


def test_propose_refuses_a_name_that_is_an_address(client, amina):
    response = client.post(
        "/my/profile/organisations/propose/",
        {"organisation": "not-listed", "organisation_name": "Win a prize at example.com/path"},
    )
    assert "A name cannot hold a web or email address" in response.text
    assert not Organisation.objects.filter(state="PROPOSED").exists()


def test_leave_ones_own_organisation_only(client, amina):
    own = amina.practitioner.memberships.get()
    others = cast.carol().practitioner.memberships.get()
    for membership, status in ((own, 302), (others, 404), (own, 404)):
        assert client.post(f"/my/profile/organisations/{membership.pk}/leave/").status_code == status
    assert list(Membership.objects.live()) == [others]


def test_leave_asks_first(client, amina):
    own = amina.practitioner.memberships.get()
    assert client.get(f"/my/profile/organisations/{own.pk}/leave/").status_code == 200
    assert Membership.objects.live().count() == 1


def test_contact_cannot_take_members_off_their_organisation(client):
    carol = cast.carol()
    member = cast.make_person("Mia Member", cast.make_organisation()).practitioner.memberships.get()
    client.force_login(carol)
    assert client.post(f"/my/profile/organisations/{member.pk}/leave/").status_code == 404
    assert Membership.objects.live().filter(pk=member.pk).exists()


@pytest.mark.parametrize("number", ["0", "99999999999999999999", "2147483648"])
def test_numbers_of_nothing_are_not_found(client, amina, number):
    assert client.post(f"/my/profile/organisations/{number}/leave/").status_code == 404


@pytest.mark.parametrize("chosen", ["abc", "-1", "9" * 40, "\0", "1e400", "not-listed\n"])
def test_nonsense_for_an_organisation_is_refused(client, amina, chosen):
    response = client.post("/my/profile/organisations/add/", {"organisation": chosen})
    assert response.status_code == 200
    assert "organisation" in response.context["form"].errors


def test_agreement_to_text_messages_is_kept_with_its_day_and_taken_back(client, amina):
    agreed = {**ANSWERS, "phone": "07700 900123", "agrees_to_texts": "on"}
    kept = []
    for answers in (agreed, agreed, {**ANSWERS, "phone": "07700 900123"}):
        client.post(PROFILE, answers)
        amina.practitioner.refresh_from_db()
        kept.append(amina.practitioner.sms_agreed_at)
    assert kept[0] is not None
    assert kept == [kept[0], kept[0], None]


@pytest.mark.parametrize("phone", ["", "0113 496 0000"])
def test_agreement_to_text_messages_needs_a_mobile(client, amina, phone):
    page = client.post(PROFILE, {**ANSWERS, "phone": phone, "agrees_to_texts": "on"})
    assert list(page.context["form"].errors) == ["phone"]
    assert "Enter a mobile number" in page.text


def test_nobody_is_asked_about_text_messages_where_nobody_sends_them(client, amina, settings):
    client.post(PROFILE, {**ANSWERS, "phone": "07700 900123", "agrees_to_texts": "on"})
    settings.LETTER_SENDERS = {**settings.LETTER_SENDERS, "SMS": ""}
    assert "text message" not in client.get(PROFILE).text
    client.post(PROFILE, {**ANSWERS, "phone": "07700 900123"})
    amina.practitioner.refresh_from_db()
    assert amina.practitioner.sms_agreed_at is not None
