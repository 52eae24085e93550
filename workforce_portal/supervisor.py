"""Keeps the parts of a local run alive: starts them in order, restarts one that dies, stops them in order."""

import contextlib
import fcntl
import os
import signal
import time
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from subprocess import Popen
from typing import TextIO

from workforce_portal.local_servers import LocalServerError, Postgres, Redis, last_lines, spawn, stop, working_in

# Every part carries it in its environment, so that what a killed supervisor left behind can be told from anything else.
MARK = "PORTAL_SUPERVISED_FROM"
FIRST_PAUSE_SECONDS = 0.5
LONGEST_PAUSE_SECONDS = 30
STEADY_AFTER_SECONDS = 60


class AlreadyRunning(Exception):
    """Another supervisor holds this checkout."""

    def __init__(self, pid: int) -> None:
        super().__init__(f"The portal is already running for this checkout (pid {pid}).")
        self.pid = pid


@dataclass
class Part:
    """One child process: how it is started, and how it is asked to stop."""

    name: str
    start: Callable[[], Popen]
    log: Path
    stop_signal: int = signal.SIGTERM
    patience: float = 8
    process: Popen | None = None
    started_at: float = 0
    pause: float = FIRST_PAUSE_SECONDS
    restart_at: float | None = None

    def run(self) -> None:
        self.process = self.start()
        self.started_at = time.monotonic()
        self.restart_at = None

    def end(self) -> None:
        if self.process:
            stop(self.process, self.stop_signal, self.patience)

    def died(self) -> bool:
        return self.process is not None and self.restart_at is None and self.process.poll() is not None


def server_part(server: Postgres | Redis) -> Part:
    return Part(server.name, server.start, server.log, stop_signal=server.stop_signal, patience=15)


def command_part(name: str, command: list[str], log: Path) -> Part:
    return Part(name, lambda: spawn(command, log=log), log)


class Supervisor:
    """The parts in the order they were started; they are stopped in the opposite order."""

    def __init__(self, say: Callable[[str], None]) -> None:
        self.parts: list[Part] = []
        self.say = say
        self.asked_to_stop = False

    def start(self, part: Part) -> Part:
        self.parts.append(part)
        part.run()
        return part

    def obey_signals(self) -> None:
        """From now on Ctrl-C and SIGTERM end the watch, and with it everything."""
        for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP):
            signal.signal(number, self._note_request)

    def _note_request(self, number: int, _frame) -> None:
        if self.asked_to_stop and number == signal.SIGINT:
            return  # a second Ctrl-C would only leave half of the parts running
        self.asked_to_stop = True

    def watch(self, until: Callable[[], bool] = lambda: False) -> None:
        """Restart what dies, after a pause that doubles while it keeps dying, until asked to stop or `until` holds."""
        while not self.asked_to_stop and not until():
            for part in self.parts:
                self._look_after(part)
            time.sleep(0.1)

    def _look_after(self, part: Part) -> None:
        now = time.monotonic()
        if part.died():
            if now - part.started_at > STEADY_AFTER_SECONDS:
                part.pause = FIRST_PAUSE_SECONDS
            self.say(f"{part.name} stopped {how_it_ended(part.process)}; starting it again in {part.pause:g} s.")
            if part.process.returncode and part.process.returncode > 0:
                self.say(f"The end of {part.log}:\n{last_lines(part.log)}")
            part.end()  # its own children, such as the worker's pool, must not outlive it
            part.restart_at = now + part.pause
            part.pause = min(part.pause * 2, LONGEST_PAUSE_SECONDS)
        elif part.restart_at is not None and now >= part.restart_at:
            part.run()

    def stop(self) -> None:
        """Ask the web server, beat and the worker together, then the servers they use, one after the other."""
        servers = [part for part in self.parts if part.name in (Postgres.name, Redis.name)]
        others = [part for part in self.parts if part not in servers]
        for part in others:
            if part.process and part.process.poll() is None:
                part.process.send_signal(part.stop_signal)
        deadline = time.monotonic() + max((part.patience for part in others), default=0)
        while time.monotonic() < deadline and any(part.process and part.process.poll() is None for part in others):
            time.sleep(0.02)
        for part in others:
            part.patience = 0
        for part in [*reversed(others), *reversed(servers)]:
            part.end()


def how_it_ended(process: Popen | None) -> str:
    code = process.returncode if process else None
    if code is not None and code < 0:
        return f"(killed by signal {-code})"
    return f"(exit code {code})"


def hold(lock: Path) -> TextIO:
    """Take the checkout's lock, or say who has it. The kernel frees it when this process ends, however it ends."""
    file = lock.open("a+")
    try:
        fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        file.seek(0)
        holder = int(file.read() or 0)
        file.close()
        raise AlreadyRunning(holder) from None
    file.truncate(0)
    file.write(str(os.getpid()))
    file.flush()
    return file


# --- What a killed supervisor left behind -----------------------------------------------------------


def end_leftovers(mark: str, servers: list[Postgres | Redis]) -> None:
    """End what still runs from a run that was killed. Called with the lock held, so none of it has a supervisor."""
    for folder in Path("/proc").glob("[0-9]*"):
        pid = int(folder.name)
        if pid != os.getpid() and f"{MARK}={mark}" in environment_of(pid):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, signal.SIGKILL)
    for server in servers:
        end_leftover_server(server)


def environment_of(pid: int) -> list[str]:
    try:
        return Path(f"/proc/{pid}/environ").read_bytes().decode(errors="replace").split("\0")
    except OSError:
        return []


def end_leftover_server(server: Postgres | Redis, patience: float = 20) -> None:
    """It was told that its parent died and is usually on its way out: ask again, wait, then insist."""
    for number in (server.stop_signal, signal.SIGKILL):
        for pid in working_in(server.home):
            with contextlib.suppress(ProcessLookupError):
                os.kill(pid, number)
        deadline = time.monotonic() + patience
        while working_in(server.home) and time.monotonic() < deadline:
            time.sleep(0.05)
    if still := working_in(server.home):
        raise LocalServerError(f"{server.name} of an earlier run cannot be stopped (processes {still}).")
