"""One real portal for all tests of crashes, whose letters go to a mail server of the tests."""

import contextlib

import pytest
from django.conf import settings

from tests.crash.post_office import PostOffice
from tests.local_run import own_portal
from workforce_portal.local_servers import LOCAL


@pytest.fixture(scope="package")
def post_office():
    with contextlib.closing(PostOffice()) as office:
        yield office


@pytest.fixture(scope="package")
def running_portal(post_office):
    # The tests make sessions for the portal, so both sign with the same key. Static files are kept from run to run.
    kept = {"SECRET_KEY": settings.SECRET_KEY, "STATIC_ROOT": str(LOCAL / "test-static")}
    with own_portal(**kept, **post_office.address) as portal:
        yield portal


@pytest.fixture
def portal(running_portal, django_db_blocker, post_office):
    """The portal, in good health, with this process's ORM in its database."""
    if not running_portal.ready():
        running_portal.stop()
        running_portal.start()
    with running_portal.orm(django_db_blocker):
        yield running_portal
