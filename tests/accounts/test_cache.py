"""While Redis is away, each process keeps its own cache: pages work and failed sign-ins are still counted."""

import socket
from contextlib import suppress

import pytest
from django.core.cache import cache

from accounts import cache as soft
from accounts.cache import FailSoftRedisCache
from tests import cast


@pytest.fixture(autouse=True)
def _fresh_outages(monkeypatch):
    monkeypatch.setattr(soft, "OUTAGES", {})


def times_asked(silent):
    """How many connections wait at a server that takes none."""
    silent.setblocking(False)
    count = 0
    with suppress(BlockingIOError):
        while True:
            silent.accept()[0].close()
            count += 1
    return count


def make_cache(url="redis://127.0.0.1:1/0"):
    cache = FailSoftRedisCache(url, {"OPTIONS": {"socket_timeout": 0.2, "socket_connect_timeout": 0.2}})
    cache.own.clear()
    return cache


def test_keep_values_in_the_process_while_redis_is_dead():
    cache = make_cache()
    cache.set("failures", [1, 2], 60)
    assert cache.get("failures") == [1, 2]
    assert cache.add("lock", True) is True
    assert cache.add("lock", True) is False
    assert (cache.incr("count") if cache.add("count", 1) else None) == 2
    cache.delete("failures")
    assert cache.get("failures") is None


def test_ask_a_hung_redis_once_and_then_leave_it_alone():
    with socket.create_server(("127.0.0.1", 0)) as silent:
        cache = make_cache(f"redis://127.0.0.1:{silent.getsockname()[1]}/0")
        for number in range(20):
            cache.set(f"key-{number}", number)
        assert cache.get("key-19") == 19
        assert times_asked(silent) == 1


def test_use_redis_again_when_it_is_back(settings):
    cache = make_cache(settings.CACHES["default"]["LOCATION"])
    cache.outage.begin_or_go_on()
    cache.set("where", "in the process")
    cache.outage.try_again_at = 0
    assert cache.get("where") is None
    cache.set("where", "in Redis")
    assert cache.own.get("where") == "in the process"
    assert cache.get("where") == "in Redis"


def test_forget_what_an_earlier_outage_left_behind():
    cache = make_cache()
    cache.set("old", 1)
    cache.outage.is_on = False
    assert cache.get("old") is None


@pytest.mark.django_db
@pytest.mark.parametrize("path", ["/", "/courses/", "/contact/", "/accounts/login/", "/my/profile/"])
def test_pages_work_while_redis_is_dead(client, monkeypatch, path):
    client.force_login(cast.amina())
    alias, connections = cache._alias, cache._connections._connections
    monkeypatch.setattr(connections, alias, make_cache())
    assert client.get(path, follow=True).status_code == 200
