"""Pages of the team and of system owners."""

import pytest

from accounts.actions import organisations
from accounts.models import AuditEntry, Membership, Role, User
from tests import cast
from tests.accounts.test_adapter import PASSWORD, with_password
from tests.makers import NOW

pytestmark = pytest.mark.django_db

STAFF_PAGES = ["/staff/organisations/", "/staff/letters/"]
OWNER_PAGES = ["/staff/duties/"]


def owner():
    return cast.make_person("Olu Owner", roles=[Role.SYSTEM_OWNER])


@pytest.fixture
def wendy(client):
    user = cast.wendy()
    client.force_login(user)
    return user


def propose(name="Heron House", person=None):
    person = person or cast.amina()
    return organisations.propose(practitioner=person.practitioner, name=name, by=person, now=NOW)


@pytest.mark.parametrize("path", STAFF_PAGES)
@pytest.mark.parametrize(
    ("person", "status"), [(None, 302), (cast.amina, 404), (cast.lou, 404), (cast.carol, 404), (cast.wendy, 200)]
)
def test_pages_of_the_team_open_to_the_team(client, path, person, status):
    if person:
        client.force_login(person())
    assert client.get(path).status_code == status


@pytest.mark.parametrize(("person", "status"), [(None, 302), (cast.amina, 404), (cast.wendy, 404), (owner, 200)])
def test_duties_open_to_system_owners(client, person, status):
    if person:
        client.force_login(person())
    assert client.get("/staff/duties/").status_code == status


@pytest.mark.parametrize("count", [1, 3])
def test_decisions_ask_the_same_however_many_wait(client, wendy, django_assert_num_queries, count):
    for number in range(count):
        propose(f"House {number}")
    client.get("/staff/organisations/")
    with django_assert_num_queries(7):
        response = client.get("/staff/organisations/")
    assert response.context["page"].paginator.count == count


def test_decisions_find_a_listed_organisation(client, wendy):
    cast.police()
    assert "Northern Ridings Police" in client.get("/staff/organisations/?q=ridings").text
    assert client.get("/staff/organisations/?q=%00&page=nonsense").status_code == 200


def test_appoint_a_contact_and_end_it(client, wendy):
    amina, police = cast.amina(), cast.police()
    page = f"/staff/organisations/{police.pk}/contacts/"
    client.post(page, {"email": "AMINA@example.org", "role": "BOOKING_CONTACT"})
    membership = Membership.objects.appointed().get()
    assert (membership.practitioner, membership.organisation) == (amina.practitioner, police)
    assert "Amina Yusuf" in client.get(page).text
    client.post(f"/staff/appointments/{membership.pk}/end/")
    assert not Membership.objects.appointed().exists()


@pytest.mark.parametrize(
    ("answers", "field"),
    [
        ({"email": "nobody@example.org", "role": "MANAGER"}, "email"),
        ({"email": "amina@example.org", "role": "MEMBER"}, "role"),
        ({"email": "", "role": ""}, "email"),
    ],
)
def test_appoint_says_what_is_wrong(client, wendy, answers, field):
    cast.amina()
    response = client.post(f"/staff/organisations/{cast.police().pk}/contacts/", answers)
    assert response.status_code == 200
    assert field in response.context["form"].errors
    assert not Membership.objects.appointed().exists()


def test_appoint_is_closed_to_contacts_themselves(client):
    carol = cast.carol()
    client.force_login(carol)
    organisation = carol.practitioner.memberships.get().organisation
    answers = {"email": "carol@example.org", "role": "AGENCY_LEAD"}
    assert client.post(f"/staff/organisations/{organisation.pk}/contacts/", answers).status_code == 404


def sign_in_as_owner(client):
    user = with_password(owner())
    client.force_login(user)
    return user


def show_again_who_one_is(client, page):
    return client.post(f"/accounts/reauthenticate/?next={page}", {"password": PASSWORD})


def test_duties_are_changed_only_after_showing_again_who_one_is(client):
    lou = cast.lou()
    sign_in_as_owner(client)
    page, answers = f"/staff/duties/{lou.pk}/", {"roles": ["FINANCE"], "reason": "Moved to finance"}
    response = client.post(page, answers)
    assert response.url.startswith("/accounts/reauthenticate/")
    assert User.objects.get(pk=lou.pk).roles == ["LSCP_OFFICER"]
    assert show_again_who_one_is(client, page).url == "/staff/duties/"  # and what was sent before is done
    assert User.objects.get(pk=lou.pk).roles == ["FINANCE"]
    assert AuditEntry.objects.get(verb="role.change").detail["reason"] == "Moved to finance"


@pytest.mark.parametrize("answers", [{"roles": ["FINANCE"]}, {"roles": ["KING"], "reason": "x"}])
def test_duties_need_a_reason_and_a_known_duty(client, answers):
    lou = cast.lou()
    sign_in_as_owner(client)
    page = f"/staff/duties/{lou.pk}/"
    show_again_who_one_is(client, page)
    assert client.get(page).status_code == 200
    assert client.post(page, answers).status_code == 200
    assert User.objects.get(pk=lou.pk).roles == ["LSCP_OFFICER"]


def test_ones_own_duties_are_not_ones_own_to_change(client):
    user = sign_in_as_owner(client)
    show_again_who_one_is(client, f"/staff/duties/{user.pk}/")
    response = client.post(f"/staff/duties/{user.pk}/", {"roles": ["SYSTEM_OWNER", "FINANCE"], "reason": "x"})
    assert "Ask another system owner" in response.text
    assert User.objects.get(pk=user.pk).roles == ["SYSTEM_OWNER"]


def test_duties_find_an_account(client):
    cast.amina()
    client.force_login(owner())
    assert "amina@example.org" not in client.get("/staff/duties/").text
    assert "amina@example.org" in client.get("/staff/duties/?q=amina").text
