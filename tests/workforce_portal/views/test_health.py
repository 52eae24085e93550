"""Health checks answer in JSON and name what is missing."""

from datetime import timedelta

import pytest
from django.db import OperationalError, connection

from accounts import clock
from accounts.models import Heartbeat

pytestmark = pytest.mark.django_db


def beat(*, minutes_ago=0):
    for part in Heartbeat.PARTS:
        Heartbeat.objects.update_or_create(
            part=part, defaults={"beat_at": clock.now() - timedelta(minutes=minutes_ago)}
        )


def test_healthz_answers_without_the_database(client, django_assert_num_queries):
    with django_assert_num_queries(0):
        response = client.get("/healthz")
    assert (response.status_code, response.json()) == (200, {"status": "ok"})


def test_readyz_says_ok_when_everything_is_there(client):
    beat()
    response = client.get("/readyz")
    assert response.status_code == 200
    assert response.json()["parts"] == {"database": "ok", "redis": "ok", "beat": "ok", "worker": "ok"}


@pytest.mark.parametrize(
    ("minutes_ago", "words"),
    [(4, "last heard of 24"), (-4, "last heard of 2")],
)
def test_readyz_refuses_a_heartbeat_of_another_time(client, minutes_ago, words):
    beat(minutes_ago=minutes_ago)
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"]["worker"].startswith(words)


def test_readyz_refuses_before_the_first_heartbeat(client):
    response = client.get("/readyz")
    assert response.status_code == 503
    assert response.json()["parts"]["beat"] == "not heard of yet"


def test_readyz_names_a_dead_redis(client, settings):
    beat()
    settings.REDIS_URL = "redis://127.0.0.1:1/0"
    response = client.get("/readyz")
    assert (response.status_code, response.json()["parts"]["redis"]) == (503, "away")


def test_readyz_names_a_database_that_is_away(client):
    def away(execute, sql, params, many, context):
        raise OperationalError("the connection is lost")

    with connection.execute_wrapper(away):
        response = client.get("/readyz")
    assert (response.status_code, response.json()["parts"]["database"]) == (503, "away")
