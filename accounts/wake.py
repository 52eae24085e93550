"""Hint to the worker that something is owed. Losing the hint loses nothing: the sweep finds the row."""

import logging
import threading
import time

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)

# A page must not wait for the broker: one short try, and after a failure none for a while.
SHORT_TRY = {"socket_timeout": 0.5, "socket_connect_timeout": 0.5, "max_retries": 0}
PAUSE_SECONDS = 10
_broker = threading.local()
_quiet_until = {"monotonic": 0.0}


def wake(task_name: str, **ids: int | list[int]) -> None:
    """After the transaction commits, ask a worker to run the named task soon.

    Best effort and short: an unreachable broker is logged and forgotten, because the sweep of the
    same work runs anyway.
    """
    transaction.on_commit(lambda: _send(task_name, ids), robust=True)


def _send(task_name: str, ids: dict) -> None:
    if time.monotonic() < _quiet_until["monotonic"]:
        return
    try:
        current_app.send_task(task_name, kwargs=ids, retry=False, connection=_connection())
    except Exception as error:
        # Any failure of the broker means the same: the sweep will do it.
        logger.warning("could not wake %s: %s", task_name, type(error).__name__)
        _quiet_until["monotonic"] = time.monotonic() + PAUSE_SECONDS
        _broker.connection = None


def _connection():
    """One for each thread, kept open."""
    if getattr(_broker, "connection", None) is None:
        _broker.connection = current_app.connection_for_write(transport_options=SHORT_TRY)
    return _broker.connection
