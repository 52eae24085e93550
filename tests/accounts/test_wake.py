"""A hint never fails a page and never holds it up."""

import socket
import time

import pytest
from celery import current_app

from accounts import wake
from tests.accounts.test_cache import times_asked


@pytest.fixture
def broker_at(monkeypatch):
    """Point this process at another broker, as if it had been configured so."""

    def point(url):
        monkeypatch.setattr(wake, "_broker", type(wake._broker)())
        monkeypatch.setitem(wake._quiet_until, "monotonic", 0.0)
        wake._broker.connection = current_app.connection_for_write(url, transport_options=wake.SHORT_TRY)

    return point


def test_wake_swallows_a_dead_broker_and_leaves_it_alone_for_a_while(broker_at):
    broker_at("redis://127.0.0.1:1/0")
    wake._send("accounts.deliver_email", {"email_id": 1})
    assert wake._quiet_until["monotonic"] > time.monotonic()


def test_wake_gives_a_hung_broker_one_short_try(broker_at):
    with socket.create_server(("127.0.0.1", 0)) as silent:
        broker_at(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        wake._send("accounts.deliver_email", {"email_id": 1})
        assert wake._quiet_until["monotonic"] > time.monotonic()
        wake._send("accounts.deliver_email", {"email_id": 2})
        assert times_asked(silent) == 1


@pytest.mark.django_db
def test_wake_waits_for_the_commit(django_capture_on_commit_callbacks):
    with django_capture_on_commit_callbacks() as callbacks:
        wake.wake("accounts.deliver_email", email_id=1)
    assert len(callbacks) == 1
