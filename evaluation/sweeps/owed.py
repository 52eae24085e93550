"""How sweeps pay what is owed."""

import logging
from collections.abc import Callable
from datetime import datetime

logger = logging.getLogger(__name__)


def pay(action: Callable, *, now: datetime, **row: int) -> None:
    """Pay one owed thing; what is wrong with one row must not keep the others waiting."""
    try:
        action(now=now, **row)
    except Exception as error:
        logger.error("%s of %s is still owed: %s", action.__name__, row, type(error).__name__)
