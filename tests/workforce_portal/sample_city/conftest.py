"""A small sample city, loaded once for all tests of this folder and gone afterwards."""

from collections.abc import Iterator
from datetime import UTC, datetime

import pytest
from django.db import transaction

from workforce_portal.sample_city import city

# A Saturday, so that “today” is no working day; in the middle of the demonstration of DOMAIN 13.
NOW = datetime(2026, 11, 21, 10, 0, tzinfo=UTC)
PEOPLE = 600


@pytest.fixture(scope="package")
def small_city(django_db_setup: None, django_db_blocker) -> Iterator[datetime]:
    """Each test's own transaction is a savepoint of this one."""
    with django_db_blocker.unblock(), transaction.atomic():
        city.load(now=NOW, people=PEOPLE)
        yield NOW
        transaction.set_rollback(True)
