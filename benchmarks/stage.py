"""A stage for measurements: servers of its own, a sample city, the portal and the floor on the same gunicorn, a meter.

The machine's speed drifts, so nothing here judges a time; figures are compared within one run. Work is
counted in CPU seconds of web, database and Redis together, from /proc, because hardware counters are
often not to be had.
"""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

from workforce_portal import local_servers
from workforce_portal.local_servers import APP_ROLE, CHECKOUT, DATABASE, OWNER_ROLE, Postgres, Redis

TICKS = os.sysconf("SC_CLK_TCK")
WORKERS, THREADS = 2, 4


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class Stage:
    """Servers with their data in a folder that goes away."""

    def __init__(self, folder: Path) -> None:
        self.postgres = Postgres(folder / "postgres", folder / "pg", folder / "postgres.log")
        self.redis = Redis(folder / "redis", folder, folder / "redis.log")
        self.folder = folder
        self.processes: dict[str, subprocess.Popen] = {}

    def environment(self, port: int = 8000) -> dict[str, str]:
        return os.environ | {
            "DATABASE_URL": self.postgres.url(APP_ROLE),
            "DATABASE_OWNER_URL": self.postgres.url(OWNER_ROLE),
            "REDIS_URL": self.redis.broker_url(),
            "CACHE_URL": self.redis.cache_url(),
            "PORTAL_LOCAL": "true",
            "PORTAL_PRODUCTION": "",
            "PORT": str(port),
            "SECRET_KEY": "a key for measurements alone, long enough for every check",
            "STATIC_ROOT": str(self.folder / "static"),
            "MEDIA_ROOT": str(self.folder / "media"),
            "LOG_LEVEL": "WARNING",
        }

    def start_servers(self) -> None:
        for server in (self.postgres, self.redis):
            server.initialise()
            process = server.start()
            server.wait(process)
            self.processes[server.name] = process
        self.postgres.prepare()

    def manage(self, *arguments: str) -> None:
        """Run a command of the portal; its words appear when it fails."""
        command = [sys.executable, str(CHECKOUT / "manage.py"), *arguments]
        done = subprocess.run(command, env=self.environment(), capture_output=True, text=True)
        if done.returncode:
            raise RuntimeError(f"{' '.join(arguments)} failed:\n{done.stdout[-2000:]}\n{done.stderr[-4000:]}")

    @contextmanager
    def web(self, application: str, environment: dict[str, str] | None = None) -> Iterator[tuple[str, int]]:
        """Serve a WSGI application as production does; give its address and process id."""
        port = free_port()
        command = [
            *(sys.executable, "-m", "gunicorn", application, "--preload", f"--bind=127.0.0.1:{port}"),
            *(f"--workers={WORKERS}", "--worker-class=gthread", f"--threads={THREADS}", "--log-level=error"),
            *("--backlog=1024", "--keep-alive=30"),
        ]
        log = (self.folder / "web.log").open("ab")
        process = subprocess.Popen(
            command, env=(environment or self.environment(port)) | {"PORT": str(port)}, cwd=CHECKOUT,
            stdout=log, stderr=log, start_new_session=True,
        )  # fmt: skip
        try:
            wait_for(f"http://127.0.0.1:{port}/healthz", process)
            yield f"http://127.0.0.1:{port}", process.pid
        finally:
            local_servers.stop(process, signal.SIGTERM)

    def server_pids(self) -> list[int]:
        return [process.pid for process in self.processes.values()]

    def connection_string(self, database: str = DATABASE) -> str:
        return self.postgres.url(OWNER_ROLE, database)


def wait_for(address: str, process: subprocess.Popen) -> None:
    """Wait until the address answers at all."""
    for _ in range(600):
        if process.poll() is not None:
            raise RuntimeError(f"the web server ended with code {process.returncode}")
        try:
            urllib.request.urlopen(address, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError(f"{address} did not answer")


@contextmanager
def stage() -> Iterator[Stage]:
    """Set the stage and clear it away again."""
    folder = Path(tempfile.mkdtemp(prefix="portal-bench-", dir="/tmp"))
    folder.chmod(0o711)
    with ExitStack() as stack:
        stack.callback(shutil.rmtree, folder, ignore_errors=True)
        (folder / "static").mkdir()
        built = Stage(folder)
        stack.callback(_stop_servers, built)
        built.start_servers()
        built.manage("prepare_database", "--verbosity=0")
        built.manage("collectstatic", "--noinput", "--verbosity=0")
        yield built


def _stop_servers(built: Stage) -> None:
    for process in built.processes.values():
        local_servers.stop(process, signal.SIGQUIT)


def tree(pid: int) -> list[int]:
    """A process and all its descendants."""
    children: dict[int, list[int]] = {}
    for entry in Path("/proc").iterdir():
        if entry.name.isdigit():
            try:
                parent = int((entry / "stat").read_text().rpartition(")")[2].split()[1])
            except OSError:
                continue
            children.setdefault(parent, []).append(int(entry.name))
    found, waiting = [], [pid]
    while waiting:
        one = waiting.pop()
        found.append(one)
        waiting.extend(children.get(one, []))
    return found


def cpu_seconds(pids: list[int]) -> float:
    """CPU time spent so far by these processes and their descendants, those that have ended included."""
    total = 0
    for pid in {one for root in pids for one in tree(root)}:
        try:
            fields = Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(field) for field in fields[11:15])
    return total / TICKS
