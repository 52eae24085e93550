"""The supervisor behind `make run`: database, broker, web, worker, beat and card payments, from nothing to a working portal."""

import contextlib
import os
import shutil
import signal
import socket
import sys
import time
import urllib.error
import urllib.request
from contextlib import ExitStack
from pathlib import Path

from django.conf import settings
from django.contrib.staticfiles.finders import get_finders
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection
from dotenv import dotenv_values

from workforce_portal import local_environment, system_packages
from workforce_portal.database_roles import needs_preparing
from workforce_portal.local_servers import (
    CHECKOUT,
    LOCAL,
    LocalServerError,
    Postgres,
    short_hash,
    sockets_folder,
    spawn,
)
from workforce_portal.pay_stand_in.ledger import CARDS
from workforce_portal.sample_city import SAMPLE_ACCOUNTS
from workforce_portal.supervisor import MARK, AlreadyRunning, Supervisor, command_part, end_leftovers, hold, server_part

LOCK = LOCAL / "serve.lock"
WAITING_NOTE_SECONDS = 30


class Command(BaseCommand):
    help = "Run the whole portal on this computer. Ctrl-C stops it."
    requires_system_checks = ()

    def add_arguments(self, parser):
        parser.add_argument("--empty", action="store_true", help="do not load the sample city the first time")
        parser.add_argument("--status", action="store_true", help="say whether it runs, and what /readyz answers")
        parser.add_argument("--stop", action="store_true", help="stop the one that runs")

    def handle(self, **options):
        try:
            with hold(LOCK), ExitStack() as stack:
                if options["status"] or options["stop"]:
                    self.say("The portal does not run for this checkout.")
                else:
                    self.serve(stack, empty=options["empty"])
        except AlreadyRunning as running:
            self.about(running, status=options["status"], stop=options["stop"])
        except LocalServerError as problem:
            raise CommandError(str(problem)) from None

    def serve(self, stack: ExitStack, *, empty: bool) -> None:
        host, port = os.environ.get("HOST", "127.0.0.1"), int(os.environ["PORT"])
        stack.callback(shutil.rmtree, sockets_folder(), ignore_errors=True)
        servers = local_environment.local_servers()
        end_leftovers(str(LOCAL), servers)
        refuse_taken_port(host, port)
        if local_environment.pays_at_stand_in():
            refuse_taken_port("127.0.0.1", int(os.environ["PAY_PORT"]), "PAY_PORT")
        if missing := system_packages.missing_packages():
            self.say(f"Certificates cannot be made yet. Install what they need: apt-get install {' '.join(missing)}")
        local_environment.write()
        os.environ[MARK] = str(LOCAL)
        self.supervisor = Supervisor(self.say)
        self.supervisor.obey_signals()
        stack.callback(self.stop)
        self.start_servers(servers)
        self.prepare(empty=empty)
        self.start_portal(host, port)
        self.wait_until_ready(port)
        if not self.supervisor.asked_to_stop:
            self.greet(port)
            self.supervisor.watch()

    def start_servers(self, servers) -> None:
        """Both at once, then wait for both; the rest cannot begin without them."""
        for server in servers:
            server.initialise()
            self.supervisor.start(server_part(server))
        for server, part in zip(servers, self.supervisor.parts, strict=True):
            server.wait(part.process)
            if isinstance(server, Postgres):
                server.prepare()

    def prepare(self, *, empty: bool) -> None:
        """Tables, rights, static files and, the first time, the sample city. Nothing is done twice."""
        if needs_preparing():
            self.run_to_the_end("Preparing the database", "prepare_database", "--verbosity=0")
        if not empty:
            self.run_to_the_end("", "load_sample_city", "--if-empty")
        connection.close()
        fingerprint = static_fingerprint()
        stamp = Path(settings.STATIC_ROOT) / ".made-from"
        if not stamp.exists() or stamp.read_text() != fingerprint:
            call_command("collectstatic", interactive=False, clear=True, verbosity=0)
            stamp.write_text(fingerprint)

    def run_to_the_end(self, title: str, *arguments: str) -> None:
        """Run another command of manage.py on this console, while the servers stay looked after."""
        if self.supervisor.asked_to_stop:
            return
        if title:
            self.say(f"{title} …")
        process = spawn([sys.executable, str(CHECKOUT / "manage.py"), *arguments], log=None)
        self.supervisor.watch(until=lambda: process.poll() is not None)
        if process.poll() is None:
            process.terminate()
        elif process.returncode:
            raise LocalServerError(f"manage.py {' '.join(arguments)} failed, see above.")
        process.wait()

    def start_portal(self, host: str, port: int) -> None:
        for name, command in portal_commands(host, port).items():
            if not self.supervisor.asked_to_stop:
                self.supervisor.start(command_part(name, command, local_environment.log_file(name)))

    def wait_until_ready(self, port: int) -> None:
        note_at = time.monotonic() + WAITING_NOTE_SECONDS

        def ready() -> bool:
            nonlocal note_at
            code, answer = ask_readiness(port)
            if time.monotonic() > note_at:
                note_at += WAITING_NOTE_SECONDS
                self.say(f"Still starting: {answer} What the parts say is in {LOCAL / 'logs'}.")
            return code == 200

        self.supervisor.watch(until=ready)

    def greet(self, port: int) -> None:
        address = f"http://localhost:{port}"
        self.say(f"\nThe portal is ready: {address}/\n")
        for account in SAMPLE_ACCOUNTS:
            self.say(f"  {account.role:<28} {account.email:<20} {account.password:<16} {account.note}")
        if local_environment.pays_at_stand_in():
            self.say(f"\n{about_cards()}")
        self.say(f"\nOutgoing mail, and the codes that some accounts are asked for: {address}/mailbox/")
        self.say("Move the clock: stop, then `make run PORTAL_CLOCK_OFFSET=12d`.  Stop: Ctrl-C.\n")

    def stop(self) -> None:
        if not self.supervisor.parts:
            return
        self.say("Stopping …")
        self.supervisor.stop()
        self.say("Stopped. Everything is kept in .local; `make run` starts it again.")

    def about(self, running: AlreadyRunning, *, status: bool, stop: bool) -> None:
        port = dotenv_values(local_environment.FILE, interpolate=False).get("PORT")
        if status:
            self.say(f"{running} It answers at http://localhost:{port}/ and /readyz says: {ask_readiness(port)[1]}")
        elif stop:
            os.kill(running.pid, signal.SIGTERM)
            while Path(f"/proc/{running.pid}").exists():
                time.sleep(0.1)
            self.say("Stopped.")
        else:
            raise CommandError(f"{running} Stop it with Ctrl-C where it runs, or with manage.py serve --stop.")

    def say(self, sentence: str) -> None:
        self.stdout.write(sentence)
        self.stdout.flush()


def portal_commands(host: str, port: int) -> dict[str, list[str]]:
    """The web server first: it is the one that is waited for."""
    python = [sys.executable, "-m"]
    celery = [*python, "celery", "--app=workforce_portal", "--quiet"]
    gunicorn = [*python, "gunicorn", "workforce_portal.wsgi", f"--bind={host}:{port}", "--preload"]
    commands = {
        "web": [*gunicorn, "--workers=2", "--threads=4", "--graceful-timeout=5", "--no-control-socket"],
        "worker": [*celery, "worker", "--concurrency=2", "--loglevel=info", "--without-gossip", "--without-mingle"],
        "beat": [*celery, "beat", "--loglevel=info", f"--schedule={LOCAL / 'beat-schedule'}", "--pidfile="],
    }
    if local_environment.pays_at_stand_in():
        commands["payments"] = [*python, "workforce_portal.pay_stand_in"]
    return commands


def about_cards() -> str:
    """Which number does what, once for each effect."""
    effects = {card.effect: card for card in reversed(CARDS)}
    lines = [f"  {card.in_groups:<28} {effect}" for effect, card in reversed(effects.items())]
    return "\n".join(["Cards are paid at a stand-in for GOV.UK Pay; no money moves. A card with the number", *lines])


def refuse_taken_port(host: str, port: int, name: str = "PORT") -> None:
    if port_is_free(host, port):
        return
    free = next(number for number in range(port + 1, 65536) if port_is_free(host, number))
    raise LocalServerError(f"Port {port} is taken by another program. Choose another: make run {name}={free}")


def port_is_free(host: str, port: int) -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


def ask_readiness(port: int | str | None) -> tuple[int, str]:
    """What /readyz answers: its status and its words."""
    try:
        with urllib.request.urlopen(f"http://127.0.0.1:{port}/readyz", timeout=3) as answer:
            return answer.status, answer.read().decode()
    except urllib.error.HTTPError as refusal:
        return refusal.code, refusal.read().decode(errors="replace")[:500]
    except OSError:
        return 0, "the web server does not answer yet."


def static_fingerprint() -> str:
    """Changes with any static file, so that they are collected again only then."""
    lines = []
    for finder in get_finders():
        for name, storage in finder.list([]):
            with contextlib.suppress(OSError):
                found = Path(storage.path(name)).stat()
                lines.append(f"{name} {found.st_mtime_ns} {found.st_size}")
    return short_hash("\n".join(sorted(lines)))
