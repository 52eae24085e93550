"""A portal for the tests of one module, and people who open it."""

import pytest

from tests.browser.people import Person
from tests.browser.screens import NARROW, WIDE
from tests.browser.town_portal import town_portal


@pytest.fixture(scope="module")
def portal(browser, django_db_setup, django_db_blocker):
    with town_portal(django_db_blocker) as portal:
        yield portal


@pytest.fixture
def visitor(portal, browser):
    """Open a page as somebody at a desk, with scripts or without; nobody, and whoever is anonymous, is a stranger."""
    contexts = []

    def come(role="", **options):
        context = browser.new_context(**{"base_url": portal.address, "locale": "en-GB", "viewport": WIDE, **options})
        if role not in ("", "anonymous"):
            context.add_cookies([{"name": "sessionid", "value": portal.sessions[role], "url": portal.address}])
        contexts.append(context)
        return context.new_page()

    yield come
    for context in contexts:
        context.close()


@pytest.fixture
def somebody(visitor):
    """Somebody with a telephone and no scripts."""

    def come(role="", **options):
        return Person(
            role or "somebody", visitor(role, **{"viewport": NARROW, "java_script_enabled": False, **options})
        )

    return come
