"""Two processes beside this one that do something to the same rows, and a gate before which both stand first.

The gate is a lock on tables, held until both have looked and are about to write: so a race is the same every time,
on any computer. Without guards, row locks are not taken; that is the control which shows what the locks are there for.
"""

import os
import time
from concurrent.futures import ALL_COMPLETED, ProcessPoolExecutor, wait
from contextlib import ExitStack, contextmanager
from multiprocessing import get_context

import psycopg
from django.db import connection

from tests.load.live import PATIENCE_SECONDS, address
from workforce_portal.local_servers import APP_ROLE, DATABASE, OWNER_ROLE

WAITING = """SELECT pg_stat_clear_snapshot(), COUNT(*) FROM pg_stat_activity
             WHERE datname = current_database() AND wait_event_type = 'Lock'"""
MOMENT_SECONDS = 0.01


class Hands:
    """So many processes, with the rights of the working role, each on a connection of its own."""

    def __init__(self, count=2):
        environment = {
            "DATABASE_URL": address(DATABASE, APP_ROLE),
            "DJANGO_SETTINGS_MODULE": "workforce_portal.settings",
        }
        self.pool = ProcessPoolExecutor(count, get_context("spawn"), _begin, (environment,))

    def race(self, *works, gate, moment=None, is_guarded=True):
        """Let each do its work, `(function, argument, …)`; return what they gave, or the names of their refusals.

        Nobody passes the gate, the names of tables, before everybody stands at it or is done.
        """
        database = connection.settings_dict["NAME"]
        with psycopg.connect(address(database, OWNER_ROLE)) as keeper:
            keeper.execute(f"LOCK TABLE {', '.join(gate)} IN EXCLUSIVE MODE")
            doing = [self.pool.submit(_do, database, is_guarded, moment, *work) for work in works]
            _wait_for_everybody(keeper, doing)
        return [one.result(PATIENCE_SECONDS) for one in doing]


def _wait_for_everybody(keeper, doing):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        _, standing = keeper.execute(WAITING).fetchone()
        _, rest = wait(doing, MOMENT_SECONDS, ALL_COMPLETED)
        if standing >= len(rest):
            return
    raise AssertionError("Nobody came to the gate.")


@contextmanager
def two_hands():
    hands = Hands()
    try:
        yield hands
    finally:
        hands.pool.shutdown()


def take_away(*rules):
    """Take rules of this database away by name: constraints, unique indexes, triggers."""
    with connection.cursor() as cursor:
        for rule in rules:
            cursor.execute(
                "SELECT format('ALTER TABLE %%s DROP CONSTRAINT %%I', conrelid::regclass, conname)"
                " FROM pg_constraint WHERE conname = %(rule)s"
                " UNION SELECT format('ALTER TABLE %%s DISABLE TRIGGER %%I', tgrelid::regclass, tgname)"
                " FROM pg_trigger WHERE tgname LIKE 'pgtrigger_' || %(rule)s || '%%'"
                " UNION SELECT format('DROP INDEX %%I', indexname) FROM pg_indexes WHERE indexname = %(rule)s"
                " AND NOT EXISTS (SELECT FROM pg_constraint WHERE conname = %(rule)s)",
                {"rule": rule},
            )
            [[statement]] = cursor.fetchall()
            cursor.execute(statement)


# --- In the other process ------------------------------------------------------------------------------


def _begin(environment):
    """Set the portal up as the web server of a test is."""
    os.environ |= environment
    import tests.load.wsgi  # noqa: F401


def _do(database, is_guarded, moment, work, *facts):
    import time_machine

    connection.close()
    connection.settings_dict["NAME"] = database
    with ExitStack() as stack:
        if not is_guarded:
            stack.enter_context(_no_row_locks())
        if moment:
            stack.enter_context(time_machine.travel(moment, tick=True))
        try:
            return work(*facts)
        except Exception as error:
            return type(error).__name__
        finally:
            connection.close()


@contextmanager
def _no_row_locks():
    """This is the one other place where a test replaces what the portal relies on. The product has no switch for it."""
    from django.db.models import QuerySet

    kept = QuerySet.select_for_update
    QuerySet.select_for_update = lambda self, *args, **options: self.all()
    try:
        yield
    finally:
        QuerySet.select_for_update = kept
