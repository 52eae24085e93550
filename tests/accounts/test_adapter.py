"""Letters about accounts, failures, limits and work accounts."""

import json
import os
import re
import subprocess
import sys

import pytest
from allauth.account.models import EmailAddress
from allauth.socialaccount.models import SocialAccount, SocialLogin
from django.conf import settings as portal_settings
from django.contrib.auth.hashers import make_password

from accounts import cache as soft
from accounts import clock, post
from accounts.adapter import PortalSocialAccountAdapter
from accounts.models import AuditEntry, OutboundEmail, User
from tests import cast
from tests.accounts.smtp_sink import smtp_sink

pytestmark = pytest.mark.django_db

PASSWORD = "three quiet herons"


def with_password(user):
    user.password = make_password(PASSWORD)
    user.save(update_fields=["password"])
    return user


def sign_in(client, email, password=PASSWORD):
    return client.post("/accounts/login/", {"login": email, "password": password})


def is_signed_in(client):
    return "_auth_user_id" in client.session


def test_sign_in_opens_the_portal(client):
    amina = with_password(cast.amina())
    response = sign_in(client, "AMINA@example.org")
    assert (response.status_code, response.url) == (302, "/my/")
    assert AuditEntry.objects.filter(verb="account.sign_in", subject=f"user:{amina.pk}").count() == 1


def test_sign_in_says_the_same_for_a_wrong_password_and_an_unknown_address(client):
    amina = with_password(cast.amina())
    wrong = sign_in(client, amina.email, "wrong").context["form"].errors
    unknown = sign_in(client, "nobody@example.org", "wrong").context["form"].errors
    assert wrong == unknown
    assert list(
        AuditEntry.objects.filter(verb="account.sign_in_failed").order_by("pk").values_list("subject", flat=True)
    ) == [f"user:{amina.pk}", "user:unknown"]


@pytest.mark.parametrize("redis_is_dead", [False, True])
def test_sign_in_is_closed_after_five_failures(client, monkeypatch, redis_is_dead):
    amina = with_password(cast.amina())
    if redis_is_dead:
        kill_redis(monkeypatch)
    for _ in range(5):
        sign_in(client, amina.email, "wrong")
    sign_in(client, amina.email)
    assert not is_signed_in(client)
    response = sign_in(client, amina.email)
    assert "too many tries" in response.text


def kill_redis(monkeypatch):
    from django.core.cache import cache

    monkeypatch.setattr(soft, "OUTAGES", {})
    dead = soft.FailSoftRedisCache("redis://127.0.0.1:1/0", {"OPTIONS": {}})
    dead.own.clear()
    monkeypatch.setattr(cache._connections._connections, cache._alias, dead)


def test_sign_in_works_while_redis_is_dead(client, monkeypatch):
    amina = with_password(cast.amina())
    kill_redis(monkeypatch)
    sign_in(client, amina.email)
    assert is_signed_in(client)


def test_show_a_page_of_our_own_to_an_address_that_tries_too_often(client, settings):
    settings.ACCOUNT_RATE_LIMITS = {"login": "2/m/ip"}
    codes = [sign_in(client, "nobody@example.org", "wrong").status_code for _ in range(3)]
    assert codes == [200, 200, 429]
    response = sign_in(client, "nobody@example.org", "wrong")
    assert response["Retry-After"]
    assert response.text.count("<h1") == 1


@pytest.mark.parametrize("email", ["amina@example.org", "nobody@example.org"])
def test_reset_answers_the_same_and_writes_to_the_address_either_way(client, email):
    cast.amina()
    response = client.post("/accounts/password/reset/", {"email": email})
    assert (response.status_code, response.url) == (302, "/accounts/password/reset/done/")
    letter = OutboundEmail.objects.get()
    assert (letter.to, letter.is_secret, letter.urgency) == (email, True, 0)


def test_reset_gives_a_new_password_by_the_letter_and_the_letter_is_not_kept(client, settings):
    amina = with_password(cast.amina())
    client.post("/accounts/password/reset/", {"email": amina.email})
    letter = OutboundEmail.objects.get()
    with smtp_sink(settings) as sink:
        assert post.deliver([letter.pk], now=clock.now()) == 1
    text = sink.letters[0].get_body(("plain",)).get_content()
    link = re.search(r"http://testserver(\S+)", text).group(1)
    form = client.get(link, follow=True)
    changed = client.post(form.request["PATH_INFO"], {"password1": "four loud geese", "password2": "four loud geese"})
    assert changed.status_code == 302
    sign_in(client, amina.email, "four loud geese")
    assert is_signed_in(client)
    letter.refresh_from_db()
    assert letter.text == ""


@pytest.mark.parametrize(
    "host", ["evil.example", "evil.example:80", "testserver.evil.example", "testserver@evil.example", "127.0.0.1.evil"]
)
def test_reset_refuses_a_forged_host(client, host):
    cast.amina()
    response = client.post("/accounts/password/reset/", {"email": "amina@example.org"}, headers={"host": host})
    assert response.status_code == 400
    assert OutboundEmail.objects.count() == 0


@pytest.mark.parametrize(
    "next_page", ["https://evil.example", "//evil.example", "/\\evil.example", "javascript:alert(1)"]
)
def test_sign_in_leads_nowhere_else(client, next_page):
    amina = with_password(cast.amina())
    response = client.post("/accounts/login/", {"login": amina.email, "password": PASSWORD, "next": next_page})
    assert response.url == "/my/"


# --- Work accounts ----------------------------------------------------------------------------------

OIDC = {
    "openid_connect": {
        "APPS": [
            {
                "provider_id": "work",
                "name": "Airedon work account",
                "client_id": "the-portal",
                "secret": "kept",
                "settings": {"server_url": "https://login.example.org/v2.0"},
            }
        ]
    }
}


def test_offer_work_accounts_only_where_they_are_set_up(client, settings):
    assert "Airedon work account" not in client.get("/accounts/login/").text
    settings.SOCIALACCOUNT_PROVIDERS = OIDC
    page = client.get("/accounts/login/").text
    assert "Airedon work account" in page
    assert "/accounts/oidc/work/login/" in page


def test_set_up_work_accounts_by_the_environment_alone():
    environment = {
        **os.environ,
        "OIDC_CLIENT_ID": "the-portal",
        "OIDC_SECRET": "kept",
        "OIDC_SERVER_URL": "https://login.example.org/tenant/v2.0",
        "OIDC_TRUSTED_DOMAINS": "Airedon.example.org",
    }
    ask = (
        "import json; from django.conf import settings as s; print(json.dumps([s.SOCIALACCOUNT_PROVIDERS, "
        "s.OIDC_TRUSTED_DOMAINS, s.CONTENT_SECURITY_POLICY['DIRECTIVES']['form-action']]))"
    )
    command = [sys.executable, "-c", ask]
    environment["DJANGO_SETTINGS_MODULE"] = "workforce_portal.settings"
    answer = subprocess.run(command, env=environment, cwd=portal_settings.BASE_DIR, capture_output=True, check=True)
    providers, domains, form_action = json.loads(answer.stdout)
    (app,) = providers["openid_connect"]["APPS"]
    assert (app["client_id"], app["settings"]["server_url"]) == ("the-portal", "https://login.example.org/tenant/v2.0")
    assert domains == ["airedon.example.org"]
    assert form_action == ["'self'", "https://login.example.org"]


@pytest.mark.parametrize(
    ("domains", "is_trusted"), [([], False), (["example.org"], True), (["org"], False), (["evil.org"], False)]
)
def test_link_a_work_account_only_in_a_trusted_domain(settings, domains, is_trusted):
    settings.OIDC_TRUSTED_DOMAINS = domains
    amina = cast.amina()
    login = SocialLogin(
        user=User(email=amina.email),
        account=SocialAccount(provider="work", uid="1"),
        email_addresses=[EmailAddress(email=amina.email, verified=True)],
    )
    found = PortalSocialAccountAdapter().authenticate_by_email(login)
    assert found == ((amina, amina.email) if is_trusted else None)
    assert PortalSocialAccountAdapter().is_email_verified(None, amina.email) is is_trusted


def test_new_security_key_has_a_plain_name_until_its_owner_gives_another(client):
    client.force_login(with_password(cast.amina()))
    client.post("/accounts/reauthenticate/", {"password": PASSWORD})
    assert client.get("/accounts/2fa/webauthn/add/").context["form"]["name"].value() == "Key 1"
