"""Parts that die are started again; everything stops with its supervisor; leftovers are found."""

import os
import signal
import subprocess
import sys

import pytest

from workforce_portal.local_servers import running_command, spawn
from workforce_portal.supervisor import MARK, AlreadyRunning, Supervisor, command_part, end_leftovers, hold


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(said):
    supervisor = Supervisor(said.append)
    yield supervisor
    supervisor.stop()


def test_watch_starts_a_killed_part_again_and_says_so(supervisor, said, tmp_path):
    part = supervisor.start(command_part("worker", ["sleep", "600"], tmp_path / "log"))
    first = part.process
    os.kill(first.pid, signal.SIGKILL)
    supervisor.watch(until=lambda: part.process is not first)
    assert part.process.poll() is None
    assert said == ["worker stopped (killed by signal 9); starting it again in 0.5 s."]


def test_watch_waits_longer_each_time_and_shows_the_log(supervisor, said, tmp_path):
    log = tmp_path / "log"
    supervisor.start(command_part("web", ["sh", "-c", "echo no such module; exit 3"], log))
    supervisor.watch(until=lambda: len(said) == 4)
    assert said == [
        "web stopped (exit code 3); starting it again in 0.5 s.",
        f"The end of {log}:\nno such module",
        "web stopped (exit code 3); starting it again in 1 s.",
        f"The end of {log}:\nno such module\nno such module",
    ]


def test_watch_ends_when_asked_to_stop(supervisor, tmp_path):
    part = supervisor.start(command_part("web", ["sleep", "600"], tmp_path / "log"))
    supervisor.asked_to_stop = True
    supervisor.watch()
    supervisor.stop()
    assert part.process.returncode == -signal.SIGTERM


def test_stop_ends_a_part_that_does_not_listen(supervisor, tmp_path):
    log = tmp_path / "log"
    part = supervisor.start(command_part("web", ["sh", "-c", "trap '' TERM; echo deaf; sleep 600; sleep 600"], log))
    part.patience = 0.2
    supervisor.watch(until=lambda: log.read_text() == "deaf\n")
    supervisor.stop()
    assert part.process.returncode == -signal.SIGKILL


def test_hold_names_the_process_that_has_the_lock(tmp_path):
    lock = tmp_path / "lock"
    with hold(lock), pytest.raises(AlreadyRunning, match=rf"pid {os.getpid()}\)"):
        hold(lock)
    with hold(lock):
        assert lock.read_text() == str(os.getpid())


def test_end_leftovers_ends_what_carries_the_mark_and_nothing_else(tmp_path):
    ours = spawn(["sleep", "600"], log=tmp_path / "log", environment={MARK: str(tmp_path)})
    others = spawn(["sleep", "601"], log=tmp_path / "log", environment={MARK: f"{tmp_path}-other"})
    try:
        end_leftovers(str(tmp_path), servers=[])
        assert ours.wait(timeout=30) == -signal.SIGKILL
        assert running_command(others.pid) == "sleep 601"
    finally:
        others.kill()
        others.wait()


def test_signals_ask_to_stop():
    """In a process of its own: handlers belong to a whole process."""
    script = (
        "import os, signal; from workforce_portal.supervisor import Supervisor; s = Supervisor(print);"
        "s.obey_signals(); os.kill(os.getpid(), signal.SIGTERM); s.watch(); print('over')"
    )
    ended = subprocess.run([sys.executable, "-c", script], capture_output=True, text=True)
    assert ended.stdout == "over\n"
