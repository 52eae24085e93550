"""Postgres stops at once, under people who book, and comes back.

What was promised stands; meanwhile pages ask to come back soon; afterwards the first request works again.
"""

import os
import signal
import time

import pytest
from django.db import connection

from accounts import clock
from bookings import invariants
from tests.crash.crowd import Crowd, bookings_of, make_date, make_people
from tests.load.live import Visitor
from tests.local_run import POSTGRES, wait_for
from tests.sizes import size

pytestmark = pytest.mark.soak

PEOPLE, CLIENTS, CRASHES = size(20, 600), size(6, 30), size(1, 2)
PAGES = ("/", "/courses/", "/my/", "/accounts/login/", "/check/", "/contact/", "/complaint/")


def crash(portal):
    """What `pg_ctl stop -m immediate` does."""
    connection.close()
    postgres = portal.main_process(POSTGRES)
    os.kill(postgres, signal.SIGQUIT)
    wait_for(lambda: portal.main_process(POSTGRES) != postgres, portal.story)


def test_promised_bookings_stand_and_the_first_request_works_when_postgres_is_back(portal, figures):
    event = make_date("Neglect")
    crowd = Crowd(portal, make_people("Persistent", PEOPLE), event, clients=CLIENTS)
    errors_while_up = 0
    with crowd:
        for number in range(1, CRASHES + 1):
            wait_for(lambda n=number: len(crowd.acknowledged) >= n * PEOPLE // (CRASHES + 1), portal.story)
            went_at = time.monotonic()
            crash(portal)
            wait_for(portal.takes_connections, portal.story)
            back_at = time.monotonic()
            wait_for(lambda n=number: len(crowd.acknowledged) > n * PEOPLE // (CRASHES + 1) + CLIENTS, portal.story)
            errors_while_up += len([began for began, _ in crowd.errors if began > back_at])
            assert {status for began, status in crowd.errors if began > went_at} <= {503}

    assert {answer.status for answer in crowd.answers.values()} == {302}
    assert bookings_of(event.pk) == (sorted(crowd.acknowledged), PEOPLE)
    assert invariants.breaches(now=clock.now()) == []
    assert errors_while_up == 0
    figures(
        f"{CRASHES} crashes under {CLIENTS} clients; {PEOPLE} promised, 0 lost; {len(crowd.errors)} times asked back"
    )


def test_pages_ask_to_come_back_while_postgres_is_away(portal):
    event = make_date("Early Help")
    visitor = Visitor(portal.port, make_people("Waiting", 1)[0])
    book_page = f"/courses/dates/{event.reference}/book/"
    pages = (*PAGES, f"/courses/{event.version.course.slug}/", book_page)
    form = visitor.open_form(book_page)
    with portal.nobody_mends():
        crash(portal)
        answers = [visitor.get(path) for path in pages]
        answers.append(visitor.post(book_page, form))
        alive, ready = Visitor(portal.port).get("/healthz"), Visitor(portal.port).get("/readyz")

    assert {(answer.status, bool(answer.retry_after)) for answer in answers} == {(503, True)}
    assert not [answer.page for answer in answers if "Traceback" in answer.page or "psycopg" in answer.page]
    assert (alive.status, ready.status) == (200, 503)
    wait_for(portal.takes_connections, portal.story)
    assert {visitor.get(path).status for path in pages} <= {200, 302}
