"""Headers of every kind of answer, forged host names, and where `next` leads."""

import json
from urllib.parse import urljoin

import pytest
from django.test import override_settings

from accounts.models import OutboundEmail
from tests import cast
from tests.access.visits import Visit, lacks
from tests.accounts.test_adapter import PASSWORD, with_password

pytestmark = pytest.mark.django_db

OUR_HOST = "testserver"
FORGED_HOSTS = [
    "evil.example", "evil.example:443", "testserver.evil.example", "eviltestserver", "testserver:80@evil.example",
    "testserver@evil.example", "testserver#evil.example", "testserver/evil", "testserver,evil.example",
    "testserver evil.example", "evil.example\ttestserver", "[::1", "[evil]", "-evil-.example", "..", "10.0.0.1",
    "xn--tstserver-x9a", "testserver%00.evil.example", "тestserver", "testserver\\evil.example",
]  # fmt: skip
ELSEWHERE = [
    "https://evil.example", "http://evil.example", "//evil.example", "///evil.example", "////evil.example",
    "/\\evil.example", "\\\\evil.example", "\\/evil.example", "/\\/evil.example", "https:evil.example",
    "https:/evil.example", "https:///evil.example", "https:\\\\evil.example", "http:///evil.example",
    "javascript:alert(1)", "JaVaScRiPt:alert(1)", " javascript:alert(1)", "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>", "vbscript:alert(1)", "ftp://evil.example", "file:///etc/passwd",
    "//evil.example/%2f..", "//evil.example@testserver", "http://testserver@evil.example",
    "http://testserver.evil.example", "http://testserver:80@evil.example", "http://eviltestserver",
    "\thttps://evil.example", "\nhttps://evil.example", "\r\nhttps://evil.example", "/\t/evil.example",
    "/\n/evil.example", "/%0d/evil.example\r\nX-Forged: 1", "\x00//evil.example", "//evil。example", "//[evil", "//%65vil.example",
    "https://evil.example/testserver", "?next=//evil.example&next=//evil.example",
]  # fmt: skip


def made_answers(client):
    """One answer of each kind: pages, errors, redirects, files, data."""
    for path in (
        "/", "/contact/", "/nowhere/", "/my/", "/staff/", "/theme.css", "/logo.svg", "/healthz", "/courses/?page=x",
        "/check/", "/check/AAAAA/", "/accounts/login/", "/accounts/signup/", "/admin/", "/admin/login/", "/courses",
        "/accounts/password/reset/", "/accounts/confirm-email/wrong/", "/static/nothing.css",
    ):  # fmt: skip
        yield Visit(client, "GET", path)
    yield Visit(client, "POST", "/accounts/login/")


def test_headers_are_on_every_answer(client):
    assert [f"{visit}: {missing}" for visit in made_answers(client) for missing in lacks(visit, False)] == []


def test_headers_are_on_the_pages_for_what_went_wrong(client, monkeypatch):
    client.raise_request_exception = False
    forged = Visit(client, "GET", "/")
    forged.answer = client.get("/", headers={"host": "evil.example"})
    client.handler.enforce_csrf_checks = True
    unasked = Visit(client, "POST", "/accounts/login/")
    monkeypatch.setattr("workforce_portal.views.information.render", lambda *args: 1 / 0)
    broken = Visit(client, "GET", "/contact/")
    assert [forged.answer.status_code, unasked.status, broken.status] == [400, 403, 500]
    assert [(str(visit), missing) for visit in (forged, unasked, broken) for missing in lacks(visit, False)] == []


@pytest.mark.parametrize("host", FORGED_HOSTS)
@override_settings(ALLOWED_HOSTS=[OUR_HOST])
def test_a_forged_host_gets_nothing(client, host):
    letters = OutboundEmail.objects.count()
    with_password(cast.amina())
    for path in ("/", "/accounts/password/reset/"):
        answer = client.post(path, {"email": "amina@example.org"}, headers={"host": host})
        assert (answer.status_code, host in answer.text) == (400, False)
    assert OutboundEmail.objects.count() == letters


@override_settings(ALLOWED_HOSTS=[OUR_HOST])
def test_a_forwarded_host_is_not_believed(client):
    with_password(cast.amina())
    client.post(
        "/accounts/password/reset/", {"email": "amina@example.org"}, headers={"x-forwarded-host": "evil.example"}
    )
    letter = OutboundEmail.objects.get()
    assert "evil.example" not in f"{letter.text} {letter.html}"
    assert "/accounts/password/reset/key/" in letter.text


def stays_here(answer):
    """Where a browser would go: it drops blanks, and reads backslashes as slashes."""
    leads_to = "".join(letter for letter in answer.headers.get("Location", "/") if letter > " ").replace("\\", "/")
    return urljoin(f"http://{OUR_HOST}/accounts/", leads_to).startswith(f"http://{OUR_HOST}/")


@pytest.fixture
def amina(settings):
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    return with_password(cast.amina())


@pytest.mark.parametrize("payload", ELSEWHERE, ids=[json.dumps(payload) for payload in ELSEWHERE])
def test_next_never_leaves_the_portal(client, amina, payload):
    credentials = {"login": amina.email, "password": PASSWORD, "next": payload}
    answers = [client.post("/accounts/login/", credentials)]
    assert "_auth_user_id" in client.session
    answers += [client.get("/accounts/login/", {"next": payload}), client.get("/accounts/signup/", {"next": payload})]
    answers.append(client.post("/accounts/reauthenticate/", {"password": PASSWORD, "next": payload}))
    employer = cast.make_organisation("Another School")
    answers.append(client.post("/my/profile/organisations/add/", {"organisation": employer.pk, "next": payload}))
    answers.append(client.post("/accounts/logout/", {"next": payload}))
    assert [answer.headers["Location"] for answer in answers if not stays_here(answer)] == []
    assert [answer.status_code for answer in answers if answer.status_code >= 400] == []
