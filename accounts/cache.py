"""A cache that fails soft: while Redis is dead or hung, each process keeps its own small cache instead.

Sessions and bookings live in Postgres, so losing the cache loses nothing. What must not be lost is the
count of failed sign-ins: while Redis is away each process counts for itself.
"""

import logging
import time

import redis
from django.core.cache.backends.locmem import LocMemCache
from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)

# After a failure Redis is left alone for this long, so that a hung one slows one request and not every one.
PAUSE_SECONDS = 5


class Outage:
    """What all threads of this process know of one server."""

    def __init__(self):
        self.is_on = False
        self.try_again_at = 0.0

    def is_to_be_waited_out(self) -> bool:
        return self.is_on and time.monotonic() < self.try_again_at

    def begin_or_go_on(self) -> bool:
        """Note a failure; True if it is the first."""
        begins, self.is_on = not self.is_on, True
        self.try_again_at = time.monotonic() + PAUSE_SECONDS
        return begins


OUTAGES: dict[str, Outage] = {}


def soft(name: str):
    """Wrap one cache operation so that an unreachable Redis is answered for by the process's own cache."""

    def operation(self, *args, **kwargs):
        if not self.outage.is_to_be_waited_out():
            try:
                answer = getattr(RedisCache, name)(self, *args, **kwargs)
            except (redis.RedisError, OSError) as error:
                self.note_failure(error)
            else:
                self.outage.is_on = False
                return answer
        return getattr(self.own, name)(*args, **kwargs)

    operation.__name__ = name
    return operation


class FailSoftRedisCache(RedisCache):
    """Redis, or while it is away a cache of the process's own."""

    def __init__(self, server, params):
        super().__init__(server, params)
        own = {name: value for name, value in params.items() if name != "OPTIONS"}
        self.own = LocMemCache(f"beside {server}", own)
        self.outage = OUTAGES.setdefault(server, Outage())

    def note_failure(self, error: Exception) -> None:
        if self.outage.begin_or_go_on():
            self.own.clear()  # what an earlier outage left behind is out of date
            logger.warning("the cache is unreachable (%s); each process keeps its own", type(error).__name__)

    get = soft("get")
    get_many = soft("get_many")
    set = soft("set")
    add = soft("add")
    touch = soft("touch")
    delete = soft("delete")
    delete_many = soft("delete_many")
    has_key = soft("has_key")
    incr = soft("incr")
    set_many = soft("set_many")
    clear = soft("clear")
