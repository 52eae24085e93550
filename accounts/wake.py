"""Hint to the worker that something is owed. Losing the hint loses nothing: the sweep finds the row."""

import logging

from celery import current_app
from django.db import transaction

logger = logging.getLogger(__name__)


def wake(task_name: str, **ids: int) -> None:
    """After the transaction commits, ask a worker to run the named task soon.

    Best effort and short: an unreachable broker is logged and forgotten, because the sweep of the
    same work runs anyway.
    """
    transaction.on_commit(lambda: _send(task_name, ids), robust=True)


def _send(task_name: str, ids: dict[str, int]) -> None:
    try:
        current_app.send_task(task_name, kwargs=ids, retry=False)
    except Exception as error:
        # Any failure of the broker means the same: the sweep will do it.
        logger.warning("could not wake %s: %s", task_name, type(error).__name__)
