"""A cache that fails soft: a dead or hung Redis makes pages a little slower, never broken."""

import logging

import redis
from django.core.cache.backends.redis import RedisCache

logger = logging.getLogger(__name__)


def soft(name: str, fallback):
    """Wrap one cache operation so that an unreachable Redis answers as an empty cache would."""

    def operation(self, *args, **kwargs):
        try:
            return getattr(RedisCache, name)(self, *args, **kwargs)
        except (redis.RedisError, OSError) as error:
            logger.warning("cache is unreachable: %s %s", name, type(error).__name__)
            return fallback(*args, **kwargs)

    operation.__name__ = name
    return operation


def _default(key, default=None, *args, **kwargs):
    return default


class FailSoftRedisCache(RedisCache):
    """Sessions and bookings live in Postgres, so losing the cache loses nothing."""

    get = soft("get", _default)
    get_many = soft("get_many", lambda *args, **kwargs: {})
    set = soft("set", lambda *args, **kwargs: None)
    add = soft("add", lambda *args, **kwargs: True)
    touch = soft("touch", lambda *args, **kwargs: False)
    delete = soft("delete", lambda *args, **kwargs: False)
    delete_many = soft("delete_many", lambda *args, **kwargs: None)
    has_key = soft("has_key", lambda *args, **kwargs: False)
    incr = soft("incr", lambda key, delta=1, *args, **kwargs: delta)
    set_many = soft("set_many", lambda *args, **kwargs: [])
    clear = soft("clear", lambda *args, **kwargs: False)
