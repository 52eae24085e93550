"""Whether the portal is alive (`/healthz`) and able to work (`/readyz`), in JSON, for whatever watches it."""

from datetime import datetime, timedelta

import redis
from django.conf import settings
from django.db import Error, connection
from django.http import JsonResponse
from django.views.decorators.cache import never_cache

from accounts import clock
from accounts.models import Heartbeat

STALE_AFTER = timedelta(minutes=3)
REDIS_TIMEOUT_SECONDS = 1


@never_cache
def healthz(request):
    """The process answers. Nothing else is asked, so that a database that is away restarts no web server."""
    return JsonResponse({"status": "ok"})


@never_cache
def readyz(request):
    """Everything a page or a letter needs is there; 503 and the name of what is missing when it is not."""
    parts = {"database": state_of_database(), "redis": state_of_redis(), **states_of_heartbeats(clock.now())}
    is_ready = all(state == "ok" for state in parts.values())
    answer = {"status": "ok" if is_ready else "not ready", "parts": parts}
    return JsonResponse(answer, status=200 if is_ready else 503)


def state_of_database() -> str:
    try:
        with connection.cursor() as cursor:
            cursor.execute("SELECT 1")
    except Error:
        return "away"
    return "ok"


def state_of_redis() -> str:
    """The broker's. The cache may be away without harm."""
    try:
        with redis.Redis.from_url(
            address_of_broker(), socket_timeout=REDIS_TIMEOUT_SECONDS, socket_connect_timeout=REDIS_TIMEOUT_SECONDS
        ) as broker:
            broker.ping()
    except (redis.RedisError, OSError):
        return "away"
    return "ok"


def address_of_broker() -> str:
    """Celery writes a socket's address in its own way; a question about life needs no database number."""
    scheme, _, rest = settings.REDIS_URL.partition("://")
    return f"unix://{rest.partition('?')[0]}" if scheme == "redis+socket" else settings.REDIS_URL


def states_of_heartbeats(now: datetime) -> dict[str, str]:
    """Beat and worker, each by the row that its last heartbeat wrote."""
    try:
        beats = dict(Heartbeat.objects.values_list("part", "beat_at"))
    except Error:
        return dict.fromkeys(Heartbeat.PARTS, "unknown: the database is away")
    return {part: state_of_heartbeat(beats.get(part), now) for part in Heartbeat.PARTS}


def state_of_heartbeat(beat_at: datetime | None, now: datetime) -> str:
    """A beat from the future was written before somebody moved the clock back: as stale as an old one."""
    if beat_at is None:
        return "not heard of yet"
    age = abs(now - beat_at)
    return "ok" if age < STALE_AFTER else f"last heard of {int(age.total_seconds())} seconds ago"
