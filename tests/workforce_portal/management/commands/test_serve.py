"""`make run` for real: one supervised portal of its own, killed and started again."""

import contextlib
import os
import re
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from pathlib import Path

import psycopg
import pytest

from tests.servers import copy_prepared_cluster
from workforce_portal.local_servers import CHECKOUT, Postgres, running_command

PATIENCE_SECONDS = 120
# What a person's shell holds; nothing of the tests' own servers.
SHELL = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}


class Portal:
    """A `manage.py serve` in a folder of its own, and what it said."""

    def __init__(self, data: Path) -> None:
        self.data = data
        self.port = free_port()
        self.environment = SHELL | {"PORTAL_DATA": str(data), "PORT": str(self.port)}
        self.output = data.parent / "said"
        self.supervisor: subprocess.Popen | None = None

    def start(self) -> None:
        self.output.write_text("")
        with self.output.open("w") as output:
            self.supervisor = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--empty"],
                cwd=CHECKOUT,
                env=self.environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(lambda: "The portal is ready" in self.said() or self.supervisor.poll() is not None, self.said)
        assert self.supervisor.poll() is None, self.said()

    def said(self) -> str:
        return self.output.read_text()

    def again(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "manage.py", "serve", *arguments]
        return subprocess.run(command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True)

    def processes(self) -> dict[int, str]:
        """Every process below the supervisor, with its command line."""
        parents = {}
        for stat in Path("/proc").glob("[0-9]*/stat"):
            with contextlib.suppress(OSError):
                parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
        family = {self.supervisor.pid}
        while more := {pid for pid, parent in parents.items() if parent in family} - family:
            family |= more
        return {pid: command for pid in sorted(family) if (command := running_command(pid))}

    def main_process(self, part: str) -> int | None:
        """The oldest process of a part: its own children have higher numbers."""
        return next((pid for pid, command in self.processes().items() if re.search(part, command)), None)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False

    def database(self) -> psycopg.Connection:
        environment = dict(line.split("=", 1) for line in (self.data / "environment").read_text().splitlines())
        return psycopg.connect(environment["DATABASE_URL"].strip("'"), autocommit=True)

    def stop(self) -> None:
        if self.supervisor and self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGINT)
            self.supervisor.wait(timeout=PATIENCE_SECONDS)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(holds, explain=lambda: "") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not holds():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)


def gone(pids) -> bool:
    return not any(running_command(pid) for pid in pids)


@pytest.fixture(scope="module")
def portal():
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="pt-") as name:
        Path(name).chmod(0o711)
        portal = Portal(Path(name) / "data")
        # Migrated already, as on every start but the first.
        portal.data.mkdir()
        copy_prepared_cluster(Postgres(portal.data / "postgres", portal.data / "pg", portal.data / "log"), {})
        try:
            portal.start()
            yield portal
        finally:
            portal.stop()


def test_serve_says_what_a_newcomer_needs(portal):
    assert f"http://localhost:{portal.port}/" in portal.said()
    assert f"http://localhost:{portal.port}/mailbox/" in portal.said()
    assert "make run PORTAL_CLOCK_OFFSET=12d" in portal.said()


def test_serve_keeps_its_secrets_to_itself(portal):
    assert (portal.data / "environment").stat().st_mode & 0o077 == 0
    assert (portal.data / "secret-key").stat().st_mode & 0o077 == 0


def test_serve_refuses_to_run_twice(portal):
    second = portal.again()
    assert second.returncode == 1
    assert f"already running for this checkout (pid {portal.supervisor.pid})" in second.stderr
    assert portal.ready()


def test_serve_tells_its_status(portal):
    assert f"It answers at http://localhost:{portal.port}/" in portal.again("--status").stdout


def test_serve_names_the_next_port_when_one_is_taken(tmp_path):
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        environment = SHELL | {"PORTAL_DATA": str(tmp_path), "PORT": str(port)}
        refused = subprocess.run(
            [sys.executable, "manage.py", "serve"], cwd=CHECKOUT, env=environment, capture_output=True, text=True
        )
    assert refused.returncode == 1
    assert f"Port {port} is taken by another program. Choose another: make run PORT=" in refused.stderr


@pytest.mark.parametrize(
    "part", ["postgres -D", "(valkey|redis)-server", "celery .* worker", "celery .* beat", "gunicorn"]
)
def test_serve_survives_the_death_of_one_part(portal, part):
    killed = portal.main_process(part)
    os.kill(killed, signal.SIGKILL)
    wait_for(lambda: portal.main_process(part) not in (killed, None), portal.said)
    wait_for(portal.ready, portal.said)
    assert "(killed by signal 9); starting it again" in portal.said()


def test_nothing_outlives_a_killed_supervisor(portal):
    everything = portal.processes()
    assert len(everything) > 8
    os.kill(portal.supervisor.pid, signal.SIGKILL)
    portal.supervisor.wait()
    wait_for(lambda: gone(everything), lambda: str({pid: running_command(pid) for pid in everything}))
    portal.start()


def test_serve_starts_again_after_everything_was_killed_and_nothing_is_lost(portal):
    with portal.database() as connection:
        connection.execute("UPDATE accounts_heartbeat SET part = 'kept' WHERE part = 'beat'")
    for pid in portal.processes():
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    portal.supervisor.wait()
    portal.start()
    with portal.database() as connection:
        assert connection.execute("SELECT count(*) FROM accounts_heartbeat WHERE part = 'kept'").fetchone() == (1,)


def test_ctrl_c_stops_everything(portal):
    everything = portal.processes()
    portal.supervisor.send_signal(signal.SIGINT)
    assert portal.supervisor.wait(timeout=PATIENCE_SECONDS) == 0
    assert gone(everything)
    assert portal.said().rstrip().endswith("`make run` starts it again.")
    assert "does not run" in portal.again("--status").stdout
