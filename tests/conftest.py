"""Fixtures for every test. The servers themselves are started by the plugin in tests/servers.py."""

import os
import time
from collections.abc import Iterator

import pytest
import time_machine
from django.core.cache import cache
from django.db import connection

from tests.chromium import chromium_or_reason
from tests.makers import NOW
from tests.pay_stand_in import PayStandIn, stand_in


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup, django_db_blocker) -> Iterator[None]:
    """Sessions that are still there at the end, such as one of a browser's loop, are ended before the database goes."""
    yield
    others = "FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid()"
    with django_db_blocker.unblock(), connection.cursor() as cursor:
        deadline, left = time.monotonic() + 60, 1
        while left and time.monotonic() < deadline:
            cursor.execute(f"SELECT pg_terminate_backend(pid) {others}")
            cursor.execute(f"SELECT pg_stat_clear_snapshot(), count(*) {others}")
            left = cursor.fetchone()[1]


@pytest.fixture(autouse=True)
def _empty_cache() -> None:
    """Counters of the rate limits live in the cache and would carry over from one test to the next."""
    cache.clear()


@pytest.fixture
def at_now() -> Iterator[None]:
    """The clock stands still at the moment that the makers count from."""
    with time_machine.travel(NOW, tick=False):
        yield


@pytest.fixture
def working_role(db: None) -> None:
    """From here on the test has only the rights that the portal itself works with."""
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL ROLE portal_app")


@pytest.fixture
def pay(settings, tmp_path) -> Iterator[PayStandIn]:
    """Cards are taken, at a stand-in that forgets everything with the test."""
    with stand_in(settings, tmp_path) as running:
        yield running


@pytest.fixture(scope="session")
def browser() -> Iterator:
    """One real Chromium for the whole run; each test opens a context of its own: `browser.new_context(…)`."""
    from playwright.sync_api import sync_playwright

    path, reason = chromium_or_reason()
    if path is None:
        pytest.fail(reason, pytrace=False)
    # Playwright keeps an event loop in this thread, which Django would take for asynchronous code.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        chromium = playwright.chromium.launch(
            executable_path=path, args=["--no-sandbox", "--disable-background-networking", "--disable-dev-shm-usage"]
        )
        yield chromium
        chromium.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]


@pytest.fixture
def figures(request):
    """Say a measured figure on the terminal, where `make soak` shows what came of its storms."""

    def say(words):
        plugins = request.config.pluginmanager
        with plugins.get_plugin("capturemanager").global_and_fixture_disabled():
            plugins.get_plugin("terminalreporter").write_line(f"\n  {request.node.name}: {words}")

    return say
