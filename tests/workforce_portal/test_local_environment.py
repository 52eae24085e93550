"""The values of a local run, and who may say otherwise."""

import os

import pytest
from dotenv import dotenv_values

from workforce_portal import local_environment
from workforce_portal.local_servers import Postgres, Redis


@pytest.fixture(autouse=True)
def _nothing_set(monkeypatch, tmp_path):
    """As in a fresh shell, with a data folder of its own."""
    for name in ("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CACHE_URL", "SECRET_KEY", "PORTAL_LOCAL", "PORT"):
        # Set before it is deleted, so that whatever the test leaves behind is taken away again.
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


def test_secret_key_is_made_once(tmp_path):
    first = local_environment.kept_secret_key()
    assert len(first) >= 50
    assert local_environment.kept_secret_key() == first


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
