"""A whole portal for tests: one supervised `manage.py serve` in a folder of its own, its processes, its database."""

import contextlib
import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from pathlib import Path

import psycopg
import redis
from django.db import connection

from tests.servers import copy_prepared_cluster
from workforce_portal.celery import app
from workforce_portal.local_servers import APP_ROLE, CHECKOUT, DATABASE, OWNER_ROLE, Postgres, Redis, running_command

PATIENCE_SECONDS = 120
# What a person's shell holds; nothing of the tests' own servers.
SHELL = {name: os.environ[name] for name in ("PATH", "HOME", "LANG") if name in os.environ}
# How each part is told by its command line; its children have higher numbers.
POSTGRES = "postgres -D"
REDIS = "(valkey|redis)-server"
WORKER = "celery .* worker"
BEAT = "celery .* beat"
WEB = "gunicorn"
PAYMENTS = "pay_stand_in"
PARTS = (POSTGRES, REDIS, WORKER, BEAT, WEB, PAYMENTS)


class Portal:
    """A `manage.py serve` in a folder of its own, and what it said."""

    def __init__(self, data: Path, **environment: str) -> None:
        self.data = data
        self.port = free_port()
        ports = {"PORT": str(self.port), "PAY_PORT": str(free_port())}
        self.environment = SHELL | {"PORTAL_DATA": str(data)} | ports | environment
        self.output = data.parent / "said"
        self.supervisor: subprocess.Popen | None = None

    def start(self, **environment: str) -> None:
        self.output.write_text("")
        with self.output.open("w") as output:
            self.supervisor = subprocess.Popen(
                [sys.executable, "manage.py", "serve", "--empty"],
                cwd=CHECKOUT,
                env=self.environment | environment,
                stdout=output,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )
        wait_for(lambda: "The portal is ready" in self.said() or self.supervisor.poll() is not None, self.said)
        assert self.supervisor.poll() is None, self.said()

    def stop(self) -> None:
        if self.supervisor and self.supervisor.poll() is None:
            self.supervisor.send_signal(signal.SIGCONT)
            self.supervisor.send_signal(signal.SIGINT)
            self.supervisor.wait(timeout=PATIENCE_SECONDS)

    def said(self) -> str:
        return self.output.read_text()

    def story(self) -> str:
        """What every part wrote last, for a test that fails."""
        logs = sorted((self.data / "logs").glob("*.log"))
        return "\n".join([self.said(), *(f"--- {log.name}\n{log.read_text()[-2500:]}" for log in logs)])

    def again(self, *arguments: str) -> subprocess.CompletedProcess:
        command = [sys.executable, "manage.py", "serve", *arguments]
        return subprocess.run(command, cwd=CHECKOUT, env=self.environment, capture_output=True, text=True)

    def ready(self) -> bool:
        try:
            with urllib.request.urlopen(f"http://127.0.0.1:{self.port}/readyz", timeout=10) as answer:
                return answer.status == 200
        except OSError:
            return False

    # --- Its processes ------------------------------------------------------------------------------

    def processes(self) -> dict[int, str]:
        """Every process below the supervisor, with its command line."""
        return family_of(self.supervisor.pid)

    def main_process(self, part: str) -> int | None:
        """The oldest process of a part: its own children have higher numbers."""
        return next((pid for pid, command in self.processes().items() if re.search(part, command)), None)

    def kill(self, part: str) -> None:
        """Kill -9 one part with all its processes; the supervisor will notice."""
        connection.close()
        main = self.main_process(part)
        # Held still first, so that it makes no other process while we look for those it has.
        send(signal.SIGSTOP, [main] if main else [])
        family = family_of(main)
        send(signal.SIGKILL, family)
        wait_for(lambda: gone(family))

    def kill_everything(self) -> None:
        """Kill -9 every process, the supervisor stopped first so that it mends nothing in between."""
        connection.close()
        if self.supervisor is None or self.supervisor.poll() is not None:
            return
        os.kill(self.supervisor.pid, signal.SIGSTOP)
        everything = self.processes()
        others = [pid for pid in everything if pid != self.supervisor.pid]
        send(signal.SIGKILL, [*others, self.supervisor.pid])
        self.supervisor.wait()
        wait_for(lambda: gone(everything))

    @contextlib.contextmanager
    def nobody_mends(self) -> Iterator[None]:
        """Hold the supervisor still, so that what is killed stays dead until the block ends."""
        os.kill(self.supervisor.pid, signal.SIGSTOP)
        try:
            yield
        finally:
            os.kill(self.supervisor.pid, signal.SIGCONT)

    @contextlib.contextmanager
    def hung(self, *parts: str) -> Iterator[None]:
        """Hold these parts still until the block ends: alive, and deaf."""
        pids = [pid for part in parts for pid in family_of(self.main_process(part))]
        send(signal.SIGSTOP, pids)
        try:
            yield
        finally:
            send(signal.SIGCONT, pids)

    @contextlib.contextmanager
    def dead(self, part: str) -> Iterator[None]:
        """Kill -9 a part, and let the supervisor mend it only when the block ends."""
        with self.nobody_mends():
            self.kill(part)
            yield

    # --- Its servers --------------------------------------------------------------------------------

    def database(self, role: str = APP_ROLE) -> psycopg.Connection:
        return psycopg.connect(self._postgres().url(role), autocommit=True)

    def takes_connections(self) -> bool:
        return self._postgres().answers()

    def redis_answers(self) -> bool:
        return self._redis().answers()

    def broker(self) -> redis.Redis:
        return redis.Redis(unix_socket_path=str(self._redis().socket), socket_timeout=10)

    def waiting_tasks(self) -> int:
        """How many hints lie in Redis that no worker has taken yet."""
        return sum(self.broker().llen(queue.name) for queue in app.conf.task_queues)

    def send_task(self, name: str, **ids: object) -> None:
        """Ask the portal's workers for a task, as its beat does."""
        with app.connection_for_write(f"redis+socket://{self._redis().socket}?virtual_host=0") as broker:
            app.send_task(name, kwargs=ids, connection=broker)

    def _postgres(self) -> Postgres:
        return Postgres(self.data / "postgres", self._sockets() / "pg", self.data / "log")

    def _redis(self) -> Redis:
        return Redis(self.data / "redis", self._sockets(), self.data / "log")

    def _sockets(self) -> Path:
        address = (self.data / "environment").read_text()
        return Path(re.search(r"REDIS_URL='redis\+socket://(.*)/redis\.sock", address)[1])

    @contextlib.contextmanager
    def orm(self, blocker) -> Iterator[None]:
        """Let this process's ORM work in the portal's database until the block ends."""
        usual = {name: connection.settings_dict[name] for name in ("NAME", "USER", "HOST", "PORT")}
        connection.close()
        connection.settings_dict.update(NAME=DATABASE, USER=OWNER_ROLE, HOST=str(self._sockets() / "pg"), PORT="")
        try:
            with blocker.unblock():
                yield
                connection.close()
        finally:
            connection.settings_dict.update(usual)


@contextlib.contextmanager
def own_portal(**environment: str) -> Iterator[Portal]:
    """A portal with a migrated, empty database, started; everything of it is gone afterwards."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="pt-") as name:
        Path(name).chmod(0o711)
        portal = Portal(Path(name) / "data", **environment)
        # Migrated already, as on every start but the first.
        portal.data.mkdir()
        copy_prepared_cluster(Postgres(portal.data / "postgres", portal.data / "pg", portal.data / "log"), {})
        try:
            portal.start()
            yield portal
        finally:
            portal.kill_everything()
            if (portal.data / "environment").exists():
                shutil.rmtree(portal._sockets(), ignore_errors=True)


def family_of(ancestor: int | None) -> dict[int, str]:
    """A process and all below it, with their command lines."""
    parents = {}
    for stat in Path("/proc").glob("[0-9]*/stat"):
        with contextlib.suppress(OSError):
            parents[int(stat.parent.name)] = int(stat.read_text().rpartition(")")[2].split()[1])
    family = {ancestor} - {None}
    while more := {pid for pid, parent in parents.items() if parent in family} - family:
        family |= more
    return {pid: command for pid in sorted(family) if (command := running_command(pid))}


def send(number: int, pids) -> None:
    for pid in pids:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, number)


def gone(pids) -> bool:
    return not any(running_command(pid) for pid in pids)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def wait_for(holds: Callable[[], object], explain=lambda: "", patience: float = PATIENCE_SECONDS) -> None:
    """Ask until it holds; what is wrong is explained when it never does."""
    deadline = time.monotonic() + patience
    while not holds():
        assert time.monotonic() < deadline, explain()
        time.sleep(0.05)
