"""`make run` for real: one supervised portal of its own, killed and started again."""

import os
import re
import signal
import socket
import subprocess
import sys
import tempfile

import pytest

from tests.local_run import (
    PARTS,
    PATIENCE_SECONDS,
    SHELL,
    gone,
    own_portal,
    wait_for,
)
from workforce_portal.local_servers import CHECKOUT, running_command


@pytest.fixture(scope="module")
def portal():
    with own_portal() as running:
        yield running


def test_serve_says_what_a_newcomer_needs(portal):
    assert f"http://localhost:{portal.port}/" in portal.said()
    assert f"http://localhost:{portal.port}/mailbox/" in portal.said()
    assert "make run PORTAL_CLOCK_OFFSET=12d" in portal.said()
    assert "Cards are paid at a stand-in for GOV.UK Pay; no money moves." in portal.said()
    assert re.search(r"4000 0000 0000 0002 +is declined", portal.said())


def test_serve_keeps_its_secrets_to_itself(portal):
    assert (portal.data / "environment").stat().st_mode & 0o077 == 0
    for name in ("secret-key", "pay-api-key", "pay-webhook-secret"):
        assert (portal.data / name).stat().st_mode & 0o077 == 0


def test_serve_refuses_to_run_twice(portal):
    second = portal.again()
    assert second.returncode == 1
    assert f"already running for this checkout (pid {portal.supervisor.pid})" in second.stderr
    assert portal.ready()


def test_serve_tells_its_status(portal):
    assert f"It answers at http://localhost:{portal.port}/" in portal.again("--status").stdout


def serve_somewhere_new(port: int | str) -> subprocess.CompletedProcess:
    """Where the account that runs Postgres can reach it, as a checkout usually is."""
    with tempfile.TemporaryDirectory(dir="/tmp", prefix="pt-") as name:
        environment = SHELL | {"PORTAL_DATA": name, "PORT": str(port)}
        command = [sys.executable, "manage.py", "serve"]
        return subprocess.run(command, cwd=CHECKOUT, env=environment, capture_output=True, text=True)


def test_serve_names_the_next_port_when_one_is_taken():
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        refused = serve_somewhere_new(port)
    assert refused.returncode == 1
    assert f"Port {port} is taken by another program. Choose another: make run PORT=" in refused.stderr


def test_serve_refuses_a_port_that_is_none():
    refused = serve_somewhere_new("eighty")
    assert refused.returncode == 1
    assert "PORT=eighty is not a port." in refused.stderr


@pytest.mark.parametrize("part", PARTS)
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
    portal.kill_everything()
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
