"""A portal with real web workers on a database of its own, and visitors who press buttons at the same moment."""

import contextlib
import http.client
import os
import signal
import socket
import subprocess
import sys
import time
from html.parser import HTMLParser
from importlib import import_module
from urllib.parse import urlencode, urlsplit

import psycopg
from django.conf import settings
from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
from django.db import connection

from workforce_portal.local_servers import APP_ROLE, CHECKOUT, DATABASE, OWNER_ROLE

SUPERUSER = "postgres"
WORKERS, THREADS = 2, 4
PATIENCE_SECONDS = 60


def address(database, role):
    """The address of another database of the tests' own server."""
    parts = urlsplit(os.environ["DATABASE_URL"])
    return parts._replace(netloc=parts.netloc.replace(OWNER_ROLE, role), path=f"/{database}").geturl()


@contextlib.contextmanager
def own_database(blocker, name, template=DATABASE):
    """Copy the migrated database, or another one, and let this process's ORM work in the copy until the block ends."""
    with psycopg.connect(address("postgres", OWNER_ROLE), autocommit=True) as server:
        usual = connection.settings_dict["NAME"]
        connection.close()
        server.execute(f'CREATE DATABASE "{name}" TEMPLATE "{template}"')
        connection.settings_dict["NAME"] = name
        try:
            with blocker.unblock():
                yield
                connection.close()
        finally:
            connection.settings_dict["NAME"] = usual
            # The server's own vacuum may be at work in it, which the owner of the database may not end.
            with psycopg.connect(address("postgres", SUPERUSER), autocommit=True) as server:
                server.execute(f'DROP DATABASE "{name}" WITH (FORCE)')


@contextlib.contextmanager
def web_server(database, door="tests.load.wsgi"):
    """Run gunicorn as `make run` does, with the rights of the working role; give its port."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [sys.executable, "-m", "gunicorn", door, f"--bind=127.0.0.1:{port}", "--preload", "--log-level=warning"]
    command += [f"--workers={WORKERS}", f"--threads={THREADS}", "--no-control-socket"]
    environment = os.environ | {
        "DATABASE_URL": address(database, APP_ROLE),
        "DJANGO_SETTINGS_MODULE": "workforce_portal.settings",
        "LOG_LEVEL": "ERROR",
    }
    process = subprocess.Popen(command, cwd=CHECKOUT, env=environment)
    try:
        _wait_until_it_answers(process, port)
        yield port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait(PATIENCE_SECONDS)


def _wait_until_it_answers(process, port):
    deadline = time.monotonic() + PATIENCE_SECONDS
    while process.poll() is None and time.monotonic() < deadline:
        with contextlib.suppress(OSError):
            visitor = Visitor(port)
            if visitor.get("/healthz").status == 200:
                return
        time.sleep(0.05)
    raise AssertionError(f"The web server did not come up (exit code {process.poll()}).")


class Answer:
    """What came back: the status, where it leads, and the page's words in one line."""

    def __init__(self, response):
        self.status = response.status
        self.leads_to = response.getheader("Location", "")
        self.retry_after = response.getheader("Retry-After", "")
        self.cookies = {
            part.split("=", 1)[0]: part.split("=", 1)[1].split(";")[0]
            for part in response.headers.get_all("Set-Cookie", [])
        }
        self.content = response.read()

    @property
    def page(self):
        return self.content.decode()

    def says(self, words):
        return words in " ".join(self.page.split())


class HiddenFields(HTMLParser):
    """The hidden inputs of a page, of which the last of a name counts: the header has a form of its own."""

    def __init__(self, page):
        super().__init__()
        self.values = {}
        self.feed(page)

    def handle_starttag(self, tag, attrs):
        given = dict(attrs)
        if tag == "input" and given.get("type") == "hidden":
            self.values[given["name"]] = given.get("value", "")


class Visitor:
    """Somebody at a browser without scripts, signed in if a session is given."""

    patience = PATIENCE_SECONDS

    def __init__(self, port, user=None):
        self.port = port
        self.cookies = {"sessionid": session_of(user)} if user else {}

    def get(self, path):
        return self._ask("GET", path)

    def post(self, path, answers):
        return self._ask("POST", path, urlencode(answers))

    def _ask(self, method, path, body=None):
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if body is not None:
            headers["Content-Type"] = "application/x-www-form-urlencoded"
        client = http.client.HTTPConnection("127.0.0.1", self.port, timeout=self.patience)
        with contextlib.closing(client):
            client.request(method, path, body, headers)
            answer = Answer(client.getresponse())
        self.cookies |= answer.cookies
        return answer

    def open_form(self, path):
        """Open a page and return the hidden fields of its form."""
        return HiddenFields(self.get(path).page).values


def session_of(user):
    """A session as signing in would have left it."""
    session = import_module(settings.SESSION_ENGINE).SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = settings.AUTHENTICATION_BACKENDS[0]
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return session.session_key


def path_of(address):
    return urlsplit(address).path
