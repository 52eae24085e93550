"""The environment of a local run: where its servers are and the values the settings ask for.

It is known before the servers run, so that `manage.py` can read the settings and then start them. While
`make run` is up the same values stand in `.local/environment`, for every other `manage.py` command.
"""

import os
import secrets
from pathlib import Path

from dotenv import load_dotenv

from workforce_portal.local_servers import (
    LOCAL,
    LocalServerError,
    Postgres,
    Redis,
    own_folder,
    reachable_folder,
    sockets_folder,
    unprivileged_account,
)

FILE = LOCAL / "environment"
DEFAULT_PORT = "8000"
# The stand-in for GOV.UK Pay listens so many above the portal, where the next portal on this computer is not.
PAY_PORT_DISTANCE = 1000
# Commands that change tables, rights or triggers. The role that the portal works with may not.
OWNER_COMMANDS = {
    *("migrate", "prepare_database", "makemigrations", "sqlmigrate", "flush", "test", "pgtrigger"),
    "load_sample_city",
}


def local_servers() -> list[Postgres | Redis]:
    """The servers this checkout starts itself: none for an address that the environment already gives."""
    own_folder(LOCAL, mode=0o755)
    logs, sockets = own_folder(LOCAL / "logs"), sockets_folder()
    home = reachable_folder(unprivileged_account()) / "postgres"
    postgres = Postgres(home, sockets / "pg", logs / "postgres.log")
    redis = Redis(LOCAL / "redis", sockets, logs / "redis.log")
    ours = [(server, server.addresses()[server.variable]) for server in (postgres, redis)]
    return [server for server, address in ours if os.environ.get(server.variable, address) == address]


def complete(servers: list[Postgres | Redis]) -> None:
    """Fill in what a local run needs and the environment does not already say."""
    values = {"PORTAL_LOCAL": "true", "PORT": DEFAULT_PORT, "SECRET_KEY": kept("secret-key"), "PORTAL_CLOCK_OFFSET": ""}
    for server in servers:
        values |= server.addresses()
    for name, value in values.items():
        os.environ.setdefault(name, value)
    keep_pairs_together()
    port = port_called("PORT")
    if "GOVUK_PAY_API_KEY" not in os.environ:
        os.environ.setdefault("PAY_PORT", str(port + PAY_PORT_DISTANCE if port < 64_000 else port - PAY_PORT_DISTANCE))
        os.environ.update(pay_stand_in())


def port_called(name: str) -> int:
    port = os.environ[name]
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise LocalServerError(f"{name}={port} is not a port. Give a number from 1024 to 65535: make run {name}=8001")
    return int(port)


def pay_stand_in() -> dict[str, str]:
    """How the stand-in for GOV.UK Pay is reached, with a key and a secret of this computer's own."""
    return {
        "GOVUK_PAY_URL": f"http://localhost:{port_called('PAY_PORT')}",
        "GOVUK_PAY_API_KEY": f"api_test_{kept('pay-api-key')}",
        "GOVUK_PAY_WEBHOOK_SECRET": kept("pay-webhook-secret"),
    }


def pays_at_stand_in() -> bool:
    """Whether nobody gave an account at GOV.UK Pay: then ours is started."""
    return "PAY_PORT" in os.environ and pay_stand_in().items() <= os.environ.items()


def keep_pairs_together() -> None:
    """An address that was given must not be joined by its local partner: the owner of another database, say."""
    for given, partner in (
        ("DATABASE_URL", "DATABASE_OWNER_URL"),
        ("REDIS_URL", "CACHE_URL"),
        ("GOVUK_PAY_URL", "GOVUK_PAY_API_KEY"),
        ("GOVUK_PAY_API_KEY", "GOVUK_PAY_URL"),
        ("GOVUK_PAY_API_KEY", "GOVUK_PAY_WEBHOOK_SECRET"),
    ):
        if given in os.environ:
            os.environ.setdefault(partner, "")


def kept(name: str) -> str:
    """A secret of this computer, made once: another key at every start would sign everybody out."""
    file = LOCAL / name
    if not file.exists():
        file.touch(mode=0o600)
        file.write_text(secrets.token_urlsafe(50))
    return file.read_text()


def write() -> None:
    """Let every other command on this computer find the running servers. Replaced whole, never half-written."""
    names = (
        *("DATABASE_URL", "DATABASE_OWNER_URL", "REDIS_URL", "CACHE_URL"),
        *("SECRET_KEY", "PORTAL_LOCAL", "PORT", "PORTAL_CLOCK_OFFSET", "PORTAL_PARTNERSHIP"),
        *("GOVUK_PAY_URL", "GOVUK_PAY_API_KEY", "GOVUK_PAY_WEBHOOK_SECRET"),
    )
    values = {name: os.environ[name] for name in names if name in os.environ}
    lines = [f"{name}={quoted(value)}\n" for name, value in values.items()]
    unfinished = FILE.with_suffix(".unfinished")
    unfinished.unlink(missing_ok=True)
    unfinished.touch(mode=0o600)
    unfinished.write_text("".join(lines))
    unfinished.replace(FILE)


def quoted(value: str) -> str:
    """In single quotes nothing is special but the quote and the backslash."""
    return "'" + value.replace("\\", "\\\\").replace("'", "\\'") + "'"


def read() -> None:
    """Take the values of the local run into the environment. Those that are set already win."""
    if FILE.exists() and "PORTAL_PRODUCTION" not in os.environ:
        keep_pairs_together()
        load_dotenv(FILE, override=False, interpolate=False)


def connect_as_owner() -> None:
    """Let the settings find the owner's address; the working one is kept, as its role must be given its rights."""
    if owner := os.environ.get("DATABASE_OWNER_URL"):
        os.environ["DATABASE_WORKING_URL"] = os.environ["DATABASE_URL"]
        os.environ["DATABASE_URL"] = owner
        # The limit on statements is for pages; an index on a large table takes its time.
        os.environ.setdefault("DATABASE_STATEMENT_TIMEOUT_MS", "0")


def log_file(name: str) -> Path:
    return LOCAL / "logs" / f"{name}.log"
