"""Accounts that see many people's records have a second factor; every response carries its headers."""

import time

import pytest
import time_machine
from allauth.mfa.models import Authenticator
from allauth.mfa.totp.internal.auth import format_hotp_value, hotp_value

from accounts.models import AuditEntry, Role, User
from tests import cast
from tests.accounts.test_adapter import PASSWORD, is_signed_in, sign_in, with_password

pytestmark = pytest.mark.django_db

SECRET = "JBSWY3DPEHPK3PXP"


@pytest.fixture
def _time_stands_still():
    """In the middle of a code's half minute."""
    with time_machine.travel(time.time() // 30 * 30 + 15, tick=False):
        yield


def code(secret=SECRET):
    return format_hotp_value(hotp_value(secret, int(time.time()) // 30))


def without_second_factor(user):
    Authenticator.objects.filter(user=user).delete()
    return user


@pytest.mark.parametrize("person", [cast.wendy, cast.lou])
@pytest.mark.parametrize("path", ["/my/", "/staff/", "/lscp/", "/admin/", "/courses/", "/my/profile/"])
def test_second_factor_is_set_up_before_anything_else(client, person, path):
    client.force_login(without_second_factor(person()))
    response = client.get(path)
    assert (response.status_code, response.url) == (302, "/accounts/2fa/totp/activate/")


def test_second_factor_is_not_asked_of_practitioners(client):
    client.force_login(cast.amina())
    assert client.get("/my/profile/").status_code == 200


def test_second_factor_is_asked_the_moment_a_duty_is_given(client):
    amina = cast.amina()
    client.force_login(amina)
    User.objects.filter(pk=amina.pk).update(roles=[Role.FINANCE])
    assert client.get("/my/profile/").status_code == 302


def test_recovery_codes_alone_are_no_second_factor(client):
    wendy = without_second_factor(cast.wendy())
    Authenticator.objects.create(user=wendy, type=Authenticator.Type.RECOVERY_CODES, data={})
    client.force_login(wendy)
    assert client.get("/staff/").status_code == 302


@pytest.mark.usefixtures("_time_stands_still")
def test_set_up_the_second_factor_by_the_pages(client, django_capture_on_commit_callbacks):
    wendy = with_password(without_second_factor(cast.wendy()))
    sign_in(client, wendy.email)
    page = client.get("/staff/", follow=True)
    assert page.status_code == 200
    assert "signing in takes a second step" in page.text
    secret = page.context["form"].secret
    with django_capture_on_commit_callbacks(execute=True):
        done = client.post("/accounts/2fa/totp/activate/", {"code": code(secret)}, follow=True)
    assert done.status_code == 200
    assert "recovery codes" in done.text.lower()
    assert set(Authenticator.objects.values_list("type", flat=True)) == {"totp", "recovery_codes"}
    assert client.get("/my/profile/").status_code == 200
    assert AuditEntry.objects.filter(verb="account.second_factor_added").exists()


@pytest.mark.usefixtures("_time_stands_still")
def test_sign_in_asks_staff_for_the_code_and_records_a_wrong_one(client):
    wendy = with_password(cast.wendy())
    Authenticator.objects.filter(user=wendy).update(data={"secret": SECRET})
    response = sign_in(client, wendy.email)
    assert response.url == "/accounts/2fa/authenticate/"
    assert client.get(response.url).status_code == 200
    client.post(response.url, {"code": "000000"})
    assert not is_signed_in(client)
    assert AuditEntry.objects.filter(verb="account.second_factor_failed", subject=f"user:{wendy.pk}").count() == 1
    client.post(response.url, {"code": code()})
    assert is_signed_in(client)


def test_admin_signs_in_by_the_portals_own_page(client):
    response = client.get("/admin/login/?next=/admin/")
    assert (response.status_code, response.url) == (302, "/accounts/login/?next=%2Fadmin%2F")
    client.force_login(cast.amina())
    assert client.get("/admin/login/").status_code == 403


def test_account_made_by_createsuperuser_finds_its_way(client):
    owner = User.objects.create_superuser("root@example.org", PASSWORD)
    sign_in(client, owner.email)
    client.force_login(owner)
    for path in ("/accounts/2fa/totp/activate/", "/accounts/email/", "/accounts/password/change/", "/contact/"):
        assert client.get(path, follow=True).status_code == 200


def test_pages_of_one_person_are_not_stored(client):
    assert "no-store" not in client.get("/contact/").get("Cache-Control", "")
    client.force_login(cast.amina())
    assert client.get("/contact/")["Cache-Control"] == "no-store"
    assert client.get("/theme.css")["Cache-Control"] == "public, max-age=300"


def test_responses_carry_an_id_and_the_permissions_policy(client):
    response = client.get("/contact/")
    assert len(response["X-Request-ID"]) == 32
    assert "camera=()" in response["Permissions-Policy"]


@pytest.mark.parametrize(
    "path",
    [
        "login/", "signup/", "password/reset/", "password/reset/done/", "password/reset/key/1-set-password/",
        "confirm-email/", "confirm-email/wrong/", "inactive/",
    ],
)  # fmt: skip
def test_account_pages_open_to_strangers(client, path):
    response = client.get(f"/accounts/{path}")
    assert response.status_code == 200
    assert response.text.count("<h1") == 1


@pytest.mark.parametrize(
    "path",
    [
        "email/", "password/change/", "logout/", "sessions/", "2fa/", "2fa/totp/activate/", "3rdparty/",
        "reauthenticate/", "2fa/webauthn/",
    ],
)  # fmt: skip
def test_account_pages_open_to_their_owner(client, path):
    client.force_login(with_password(cast.amina()))
    response = client.get(f"/accounts/{path}", follow=True)
    assert response.status_code == 200
    assert response.text.count("<h1") == 1
