"""A pytest plugin: every run gets its own Postgres and Redis, thrown away at the end.

It is loaded by `-p tests.servers` in pyproject.toml and sets the environment in a wrapper hook, before
pytest-django reads the settings. With xdist the servers start once, in the controller; each worker has
its own database (pytest-django's `_gw0`, …) and its own pair of Redis databases.
"""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from workforce_portal import local_servers
from workforce_portal.local_servers import APP_ROLE, CHECKOUT, DATABASE, OWNER_ROLE, Postgres, Redis, own_folder

FOLDER_PREFIX = "portal-tests-"
# Names that begin so steer the portal; what a developer has exported must not steer the tests.
OUR_NAMES = (
    "PORTAL_",
    "DATABASE_",
    "REDIS_",
    "CACHE_",
    "EMAIL_",
    "OIDC_",
    "GOVUK_PAY_",
    "SITE_URL",
    "SECRET_KEY",
    "ALLOWED_HOSTS",
)
KEPT_NAMES = {"PORTAL_SOAK", "PORTAL_SOAK_SEED"}
HAS_TEMPLATE = "PORTAL_TEST_HAS_TEMPLATE"
SOCKET = "PORTAL_TEST_REDIS_SOCKET"


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_load_initial_conftests(early_config: pytest.Config) -> Iterator[None]:
    if "PYTEST_XDIST_WORKER" in os.environ:
        take_own_redis_databases(int(os.environ["PYTEST_XDIST_WORKER"].removeprefix("gw")))
    elif not uses_existing_servers():
        stack = ExitStack()
        early_config.add_cleanup(stack.close)
        os.environ.update(start_servers(stack))
    return (yield)


def pytest_configure() -> None:
    from django.conf import settings

    # Hashed names need a `collectstatic`, which the tests do without.
    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}
    if HAS_TEMPLATE in os.environ:
        settings.DATABASES["default"].setdefault("TEST", {})["TEMPLATE"] = DATABASE


def uses_existing_servers() -> bool:
    return os.environ.get("PORTAL_TEST_USE_EXISTING") == "1" and "DATABASE_URL" in os.environ


def start_servers(stack: ExitStack) -> dict[str, str]:
    """Start both servers in a folder that goes away with them, and say how the portal reaches them."""
    remove_folders_of_dead_runs()
    for name in [name for name in os.environ if name.startswith(OUR_NAMES) and name not in KEPT_NAMES]:
        del os.environ[name]
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-", dir="/tmp"))
    folder.chmod(0o711)  # the account that runs Postgres passes through, and sees nothing on the way
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    (folder / "static").mkdir()
    postgres = Postgres(folder / "postgres", folder / "pg", folder / "postgres.log", durable=False)
    redis = Redis(folder / "redis", folder, folder / "redis.log", durable=False)
    environment = environment_of_tests(folder, postgres, redis)
    copy_prepared_cluster(postgres, environment)
    redis.initialise()
    for server in (postgres, redis):
        process = server.start()
        stack.callback(local_servers.stop, process, signal.SIGQUIT if server is postgres else signal.SIGKILL)
        server.wait(process)
    return environment


def environment_of_tests(folder: Path, postgres: Postgres, redis: Redis) -> dict[str, str]:
    """The tests connect as the owner, who may make their database; `working_role` steps down for a test."""
    return {
        "DATABASE_URL": postgres.url(OWNER_ROLE),
        "REDIS_URL": redis.broker_url(),
        "CACHE_URL": redis.cache_url(),
        HAS_TEMPLATE: "1",
        SOCKET: str(redis.socket),
        "PORTAL_LOCAL": "true",
        "PARTNERSHIP_KEPT_SECONDS": "0",  # a test that changes a setting sees it at once
        "PORTAL_PRODUCTION": "",  # keeps the settings from reading `.local/environment`
        "SECRET_KEY": "a key for tests alone, long enough for every check that looks",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
    }


# --- The cluster that every run copies --------------------------------------------------------------


def copy_prepared_cluster(postgres: Postgres, environment: dict[str, str]) -> None:
    """Copy a migrated cluster from `.local`; the first run after a change of migrations makes it."""
    local = local_servers.reachable_folder(postgres.account)
    prepared = local / f"test-cluster-{fingerprint(postgres)}"
    if not (prepared / "data").exists():
        for outdated in local.glob("test-cluster-*"):
            if not outdated.name.startswith(prepared.name):
                shutil.rmtree(outdated, ignore_errors=True)
        prepare_cluster(prepared, postgres, environment)
    own_folder(postgres.home, account=postgres.account)
    local_servers.run_as(postgres.account, ["cp", "-a", prepared / "data", postgres.data])


def fingerprint(postgres: Postgres) -> str:
    """Changes with anything that the prepared cluster was made from."""
    sources = [
        *sorted(CHECKOUT.glob("*/migrations/*.py")),
        CHECKOUT / "requirements" / "dev.txt",
        Path(local_servers.__file__),
        CHECKOUT / "workforce_portal" / "database_roles.py",
    ]
    return local_servers.short_hash(str(postgres.binaries()) + "".join(source.read_text() for source in sources))


def prepare_cluster(prepared: Path, postgres: Postgres, environment: dict[str, str]) -> None:
    """Under another name until it is whole, so that two first runs at once do not meet."""
    unfinished = prepared.with_name(f"{prepared.name}-{os.getpid()}")
    maker = Postgres(unfinished, postgres.sockets, postgres.log, durable=False)
    maker.initialise()
    process = maker.start()
    try:
        maker.wait(process)
        maker.prepare()
        roles = {"DATABASE_URL": maker.url(APP_ROLE), "DATABASE_OWNER_URL": maker.url(OWNER_ROLE)}
        command = [sys.executable, str(CHECKOUT / "manage.py"), "prepare_database", "--verbosity=0"]
        made = subprocess.run(command, env=os.environ | environment | roles, capture_output=True, text=True)
    finally:
        local_servers.stop(process, signal.SIGINT)
    if made.returncode:
        shutil.rmtree(unfinished)
        raise pytest.UsageError(f"The database of the tests could not be migrated:\n{made.stderr}")
    try:
        unfinished.rename(prepared)
    except OSError:  # the other run was first
        shutil.rmtree(unfinished)


def remove_folders_of_dead_runs() -> None:
    """A run that was killed outright could not tidy up after itself."""
    for folder in Path("/tmp").glob(f"{FOLDER_PREFIX}*"):
        pid = folder.name.removeprefix(FOLDER_PREFIX).split("-")[0]
        if folder.stat().st_uid == os.geteuid() and not Path(f"/proc/{pid}").exists():
            shutil.rmtree(folder, ignore_errors=True)


def take_own_redis_databases(worker: int) -> None:
    redis = Redis(Path(), Path(os.environ[SOCKET]).parent, Path())
    os.environ["REDIS_URL"] = redis.broker_url(2 * worker + 2)
    os.environ["CACHE_URL"] = redis.cache_url(2 * worker + 3)
