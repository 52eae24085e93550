"""The servers a checkout starts for itself."""

import contextlib
import os
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import psycopg
import pytest
import redis

from tests.servers import copy_prepared_cluster
from workforce_portal import local_servers
from workforce_portal.local_servers import CHECKOUT, LocalServerError, Postgres, Redis, own_folder, stop


@pytest.fixture
def folder():
    """A folder whose path is short enough for sockets and open to the account that runs Postgres."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="pt-") as name:
        Path(name).chmod(0o711)
        yield Path(name)


@pytest.fixture
def postgres(folder):
    return Postgres(folder / "postgres", folder / "pg", folder / "postgres.log")


@pytest.fixture
def prepared(postgres):
    """A copy of the tests' own cluster: quicker than making one."""
    copy_prepared_cluster(postgres, {})
    return postgres


@contextlib.contextmanager
def running(server):
    server.initialise()
    process = server.start()
    try:
        server.wait(process)
        yield process
    finally:
        stop(process, server.stop_signal)


def test_postgres_keeps_what_was_committed_when_it_is_killed(prepared):
    with running(prepared) as process, psycopg.connect(prepared.url("postgres", "postgres")) as connection:
        connection.execute("CREATE TABLE kept AS SELECT 1 AS row")
        connection.commit()
        process.kill()
        process.wait()
        with contextlib.suppress(psycopg.OperationalError):
            connection.execute("SELECT 1")
    with running(prepared), psycopg.connect(prepared.url("postgres", "postgres")) as connection:
        assert connection.execute("SELECT row FROM kept").fetchall() == [(1,)]
        assert connection.execute("SHOW synchronous_commit").fetchone() == ("on",)
        assert connection.execute("SHOW listen_addresses").fetchone() == ("",)


def test_prepare_makes_two_roles_once_and_the_working_one_cannot_make_tables(postgres):
    with running(postgres):
        postgres.prepare()
        postgres.prepare()
        with psycopg.connect(postgres.url(local_servers.OWNER_ROLE)) as owner:
            owner.execute("CREATE TABLE course (name text)")
        with psycopg.connect(postgres.url(local_servers.APP_ROLE), autocommit=True) as working:
            working.execute("INSERT INTO course VALUES ('Working Together')")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                working.execute("CREATE TABLE other (name text)")
            with pytest.raises(psycopg.errors.InsufficientPrivilege):
                working.execute("DROP TABLE course")


def test_postgres_names_the_version_that_wrote_the_data(postgres):
    postgres.data.mkdir(parents=True)
    (postgres.data / "PG_VERSION").write_text("9\n")
    with pytest.raises(LocalServerError, match="written by Postgres 9, and only Postgres"):
        postgres.binaries()


def test_initialise_is_not_misled_by_an_interrupted_one(postgres):
    (postgres.home / "data.unfinished").mkdir(parents=True)
    (postgres.home / "data.unfinished" / "PG_VERSION").write_text("9\n")
    with running(postgres):
        assert postgres.answers()


def test_binaries_are_copied_where_the_account_can_reach_them(folder):
    account = local_servers.unprivileged_account()
    if account is None:
        # An ordinary user runs its own binaries: there is nobody else to make them reachable for.
        assert local_servers.reachable_binaries(Path("/root/secret/bin"), None, folder) == Path("/root/secret/bin")
        return
    package = folder / "hidden" / "package"
    (package / "pginstall").mkdir(parents=True)
    found = next(local_servers.postgres_binaries())
    (package / "pginstall" / "bin").symlink_to(found)
    (folder / "hidden").chmod(0o700)
    assert account.can_reach(found / "postgres")
    copied = local_servers.reachable_binaries(package / "pginstall" / "bin", account, folder)
    assert copied.is_relative_to(folder)
    assert account.can_reach(copied / "postgres")


def test_own_folder_refuses_a_link_put_there_by_another(folder):
    assert own_folder(folder / "ours").stat().st_mode & 0o777 == 0o700
    (folder / "link").symlink_to(folder / "ours")
    with pytest.raises(LocalServerError, match="belongs to another user"):
        own_folder(folder / "link")


def test_redis_answers_and_keeps_its_queue_when_it_is_killed(folder):
    server = Redis(folder / "redis", folder, folder / "redis.log")
    with running(server), redis.Redis.from_url(server.cache_url()) as client:
        assert client.config_get("appendfsync", "maxmemory-policy") == {
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
        }
        client.set("kept", "yes")
        client.save()
        assert len(local_servers.working_in(server.home)) == 1
    assert local_servers.working_in(server.home) == []
    with running(server), redis.Redis.from_url(server.cache_url()) as client:
        assert client.get("kept") == b"yes"


def test_a_server_that_cannot_start_says_why(folder):
    server = Redis(folder / "redis", folder / "no-such-folder", folder / "redis.log")
    server.initialise()
    process = server.start()
    with pytest.raises(LocalServerError, match="Redis stopped while starting"):
        server.wait(process)


def test_spawn_ends_the_child_when_the_parent_is_killed(folder):
    script = (
        "import sys, time; from pathlib import Path; from workforce_portal.local_servers import spawn;"
        f"print(spawn(['sleep', '600'], log=Path('{folder}/log')).pid, flush=True); time.sleep(600)"
    )
    parent = subprocess.Popen([sys.executable, "-c", script], stdout=subprocess.PIPE, text=True, cwd=CHECKOUT)
    child = int(parent.stdout.readline())
    assert local_servers.running_command(child) == "sleep 600"
    parent.kill()
    parent.communicate()
    wait_until(lambda: local_servers.running_command(child) == "")


def test_stop_ends_what_the_child_started(folder):
    process = local_servers.spawn(["sh", "-c", "trap '' TERM; sleep 600 & echo $!; wait; wait"], log=folder / "log")
    wait_until((folder / "log").read_text)
    grandchild = int((folder / "log").read_text())
    stop(process, signal.SIGTERM, patience=0)
    wait_until(lambda: local_servers.running_command(grandchild) == "")


def test_working_in_finds_what_works_below_a_folder(folder):
    below = folder / "below"
    below.mkdir()
    sleeping = subprocess.Popen(["sleep", "600"], cwd=below)
    try:
        assert local_servers.working_in(folder) == [sleeping.pid]
        assert local_servers.working_in(below / "deeper") == []
    finally:
        sleeping.kill()
        sleeping.wait()
    assert local_servers.working_in(folder) == []


def test_postgres_starts_beside_a_dead_one_that_nobody_has_fetched(prepared):
    """Its number still answers to a signal, so that Postgres takes the old record for a running server."""
    with running(prepared) as process:
        process.kill()
        wait_until(lambda: not local_servers.working_in(prepared.data))
        assert (prepared.data / "postmaster.pid").read_text().startswith(f"{process.pid}\n")
        os.kill(process.pid, 0)
        again = prepared.start()
        prepared.wait(again)
        stop(again, prepared.stop_signal)


def wait_until(holds) -> None:
    deadline = time.monotonic() + 30
    while not holds():
        assert time.monotonic() < deadline
        time.sleep(0.01)
