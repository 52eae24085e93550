"""The values of a local run, and who may say otherwise."""

import os

import pytest
from dotenv import dotenv_values

from workforce_portal import local_environment
from workforce_portal.local_servers import LocalServerError, Postgres, Redis


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch, tmp_path):
    """As in a fresh shell, with a data folder of its own."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CACHE_URL", "SECRET_KEY", "PORTAL_LOCAL", "PORT"):
        # Set before it is deleted, so that whatever the test leaves behind is taken away again.
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name in ("PAY_PORT", "GOVUK_PAY_URL", "GOVUK_PAY_API_KEY", "GOVUK_PAY_WEBHOOK_SECRET"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    for name in ("PORTAL_PRODUCTION", "DATABASE_WORKING_URL", "DATABASE_STATEMENT_TIMEOUT_MS", "PORTAL_CLOCK_OFFSET"):
        monkeypatch.setenv(name, "")
        monkeypatch.delenv(name)
    monkeypatch.setattr(local_environment, "LOCAL", tmp_path)
    monkeypatch.setattr(local_environment, "FILE", tmp_path / "environment")


def kinds(servers) -> list[type]:
    return [type(server) for server in servers]


def test_local_servers_are_those_that_nobody_gave(monkeypatch):
    assert kinds(local_environment.local_servers()) == [Postgres, Redis]
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody@elsewhere/portal")
    assert kinds(local_environment.local_servers()) == [Redis]
    monkeypatch.setenv("REDIS_URL", "redis://elsewhere/0")
    assert kinds(local_environment.local_servers()) == []


def test_local_servers_are_still_ours_once_their_addresses_are_set():
    local_environment.complete(local_environment.local_servers())
    assert kinds(local_environment.local_servers()) == [Postgres, Redis]


def test_complete_does_not_join_a_given_database_with_our_owner(monkeypatch):
    monkeypatch.setenv("DATABASE_URL", "postgres://somebody@elsewhere/portal")
    local_environment.complete(local_environment.local_servers())
    assert os.environ["DATABASE_OWNER_URL"] == ""
    local_environment.connect_as_owner()
    assert os.environ["DATABASE_URL"] == "postgres://somebody@elsewhere/portal"


def test_connect_as_owner_keeps_the_working_address():
    local_environment.complete(local_environment.local_servers())
    working = os.environ["DATABASE_URL"]
    local_environment.connect_as_owner()
    assert "portal_owner@" in os.environ["DATABASE_URL"]
    assert os.environ["DATABASE_WORKING_URL"] == working


def pay_values():
    return [os.environ.get(f"GOVUK_PAY_{name}") for name in ("URL", "API_KEY", "WEBHOOK_SECRET")]


def test_complete_pays_at_a_stand_in_with_a_key_of_its_own(monkeypatch):
    monkeypatch.setenv("PORT", "8003")
    local_environment.complete([])
    address, key, secret = pay_values()
    assert address == "http://localhost:9003"
    assert key.startswith("api_test_")
    assert len(secret) >= 50
    assert secret not in key
    assert local_environment.pays_at_stand_in()
    # Once more, and the same.
    local_environment.complete([])
    assert pay_values() == [address, key, secret]


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({"GOVUK_PAY_API_KEY": "api_test_mine"}, ["", "api_test_mine", ""]),
        ({"GOVUK_PAY_API_KEY": ""}, ["", "", ""]),
        ({"GOVUK_PAY_URL": "https://pay.example"}, ["https://pay.example", "", ""]),
    ],
)
def test_complete_starts_no_stand_in_beside_an_account_that_was_given(monkeypatch, given, expected):
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    local_environment.complete([])
    assert pay_values() == expected
    assert not local_environment.pays_at_stand_in()


def test_read_joins_no_given_key_with_our_stand_in(monkeypatch):
    local_environment.complete([])
    local_environment.write()
    for name in ("PAY_PORT", "GOVUK_PAY_URL", "GOVUK_PAY_WEBHOOK_SECRET"):
        monkeypatch.delenv(name)
    monkeypatch.setenv("GOVUK_PAY_API_KEY", "api_live_somebody's")
    local_environment.read()
    assert pay_values() == ["", "api_live_somebody's", ""]


@pytest.mark.parametrize(("port", "pay_port"), [("8000", "9000"), ("65000", "64000")])
def test_the_stand_in_listens_beside_the_portal(monkeypatch, port, pay_port):
    monkeypatch.setenv("PORT", port)
    local_environment.complete([])
    assert os.environ["PAY_PORT"] == pay_port


def test_a_port_that_is_none_is_refused(monkeypatch):
    monkeypatch.setenv("PAY_PORT", "nine")
    with pytest.raises(LocalServerError, match="PAY_PORT=nine is not a port"):
        local_environment.complete([])


def test_secret_key_is_made_once(tmp_path):
    first = local_environment.kept("secret-key")
    assert len(first) >= 50
    assert local_environment.kept("secret-key") == first


@pytest.mark.parametrize("value", ["plain", "with 'quotes'", "a#b $HOME ${PORT} %2F", "back\\slash"])
def test_write_then_read_gives_the_same_values(monkeypatch, value):
    monkeypatch.setenv("SECRET_KEY", value)
    monkeypatch.setenv("PORT", "8123")
    local_environment.write()
    assert dotenv_values(local_environment.FILE, interpolate=False)["SECRET_KEY"] == value
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("PORT", "9000")
    local_environment.read()
    assert os.environ["SECRET_KEY"] == value
    assert os.environ["PORT"] == "9000"


def test_read_leaves_production_alone(monkeypatch):
    monkeypatch.setenv("SECRET_KEY", "local")
    local_environment.write()
    monkeypatch.delenv("SECRET_KEY")
    monkeypatch.setenv("PORTAL_PRODUCTION", "1")
    local_environment.read()
    assert "SECRET_KEY" not in os.environ
