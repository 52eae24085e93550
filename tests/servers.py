"""A pytest plugin: every run gets its own Postgres and Redis, thrown away at the end.

It is loaded by `-p tests.servers` in pyproject.toml and sets the environment in a wrapper hook, before
pytest-django reads the settings. With xdist the servers start once, in the controller; each worker has
its own database (pytest-django's `_gw0`, …) and its own pair of Redis databases.
"""

import os
import shutil
import signal
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from workforce_portal import local_servers
from workforce_portal.local_servers import OWNER_ROLE, Postgres, Redis, own_folder

FOLDER_PREFIX = "portal-tests-"
# Names that begin so steer the portal; what a developer has exported must not steer the tests.
OUR_NAMES = ("PORTAL_", "DATABASE_", "REDIS_", "CACHE_", "EMAIL_", "OIDC_", "SITE_URL", "SECRET_KEY", "ALLOWED_HOSTS")


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
    """Pages name their static files plainly: hashed names need a `collectstatic` that tests can do without."""
    from django.conf import settings

    plain = {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"}
    settings.STORAGES = {**settings.STORAGES, "staticfiles": plain}


def uses_existing_servers() -> bool:
    return os.environ.get("PORTAL_TEST_USE_EXISTING") == "1" and "DATABASE_URL" in os.environ


def start_servers(stack: ExitStack) -> dict[str, str]:
    """Start both servers in a folder that goes away with them, and say how the portal reaches them."""
    remove_folders_of_dead_runs()
    folder = Path(tempfile.mkdtemp(prefix=f"{FOLDER_PREFIX}{os.getpid()}-", dir="/tmp"))
    folder.chmod(0o711)  # the account that runs Postgres passes through, and sees nothing on the way
    stack.callback(shutil.rmtree, folder, ignore_errors=True)
    postgres = Postgres(folder / "postgres", folder / "pg", folder / "postgres.log", durable=False)
    redis = Redis(folder / "redis", folder, folder / "redis.log", durable=False)
    copy_prepared_cluster(postgres)
    redis.initialise()
    for server in (postgres, redis):
        process = server.start()
        stack.callback(local_servers.stop, process, signal.SIGQUIT if server is postgres else signal.SIGKILL)
        server.wait(process)
    for name in [name for name in os.environ if name.startswith(OUR_NAMES)]:
        del os.environ[name]
    (folder / "static").mkdir()
    return {
        "DATABASE_URL": postgres.url(OWNER_ROLE),
        "REDIS_URL": redis.broker_url(),
        "CACHE_URL": redis.cache_url(),
        "PORTAL_TEST_SOCKET": str(redis.socket),
        "PORTAL_LOCAL": "true",
        "PORTAL_PRODUCTION": "",  # keeps the settings from reading `.local/environment`
        "SECRET_KEY": "a key for tests alone, long enough for every check that looks",
        "STATIC_ROOT": str(folder / "static"),
        "MEDIA_ROOT": str(folder / "media"),
    }


def copy_prepared_cluster(postgres: Postgres) -> None:
    """Copy a cluster with its roles from `.local`, made by the first run: quicker than making one each time."""
    local = local_servers.reachable_folder(postgres.account)
    binaries = postgres.binaries()
    made_from = f"{binaries}{(binaries / 'postgres').stat().st_mtime}{Path(local_servers.__file__).read_text()}"
    prepared = local / f"test-cluster-{local_servers.short_hash(made_from)}"
    if not (prepared / "data").exists():
        for outdated in local.glob("test-cluster-*"):
            if not outdated.name.startswith(prepared.name):
                shutil.rmtree(outdated, ignore_errors=True)
        prepare_cluster(prepared, postgres)
    own_folder(postgres.home, account=postgres.account)
    copy = ["cp", "-a", str(prepared / "data"), str(postgres.data)]
    local_servers.run_as(postgres.account, copy)


def prepare_cluster(prepared: Path, postgres: Postgres) -> None:
    """Under another name until it is whole, so that two first runs at once do not meet."""
    unfinished = prepared.with_name(f"{prepared.name}-{os.getpid()}")
    maker = Postgres(unfinished, postgres.sockets, postgres.log, durable=False)
    maker.initialise()
    process = maker.start()
    try:
        maker.wait(process)
        maker.prepare()
    finally:
        local_servers.stop(process, signal.SIGINT)
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
    redis = Redis(Path(), Path(os.environ["PORTAL_TEST_SOCKET"]).parent, Path())
    os.environ["REDIS_URL"] = redis.broker_url(2 * worker + 2)
    os.environ["CACHE_URL"] = redis.cache_url(2 * worker + 3)
