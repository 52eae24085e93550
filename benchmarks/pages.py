"""Catalogue list, course page and the staff's list of bookings, beside the floor's pages with as many rows.

`python -m benchmarks.pages --scale 10`
"""

import argparse
import json
import os
import subprocess
import sys

from benchmarks.stage import CHECKOUT, Stage, cpu_seconds, stage
from benchmarks.visitors import Visitor, all_at_once

REQUESTS = 200
CLIENTS = 4


def measure(address: str, pids: list[int], path: str, cookies: dict[str, str], requests: int = REQUESTS) -> dict:
    """Ask for a page many times; return CPU milliseconds of everything together a request, and requests a second."""
    visitors = [Visitor(address, dict(cookies)) for _ in range(CLIENTS)]
    for visitor in visitors:
        for _ in range(4):
            status, text, _ = visitor.get(path)
            if status != 200:
                raise RuntimeError(f"{path} answered {status}: {text[:300]}")
    before = cpu_seconds(pids)
    jobs = [lambda number=number: visitors[number % CLIENTS].get(path)[0] for number in range(requests)]
    jobs = [jobs[start::CLIENTS] for start in range(CLIENTS)]
    results, seconds = all_at_once([lambda own=own: [job() for job in own] for own in jobs], CLIENTS)
    wrong = [status for statuses in results for status in statuses if status != 200]
    if wrong:
        raise RuntimeError(f"{path}: {len(wrong)} answers were not 200")
    spent = cpu_seconds(pids) - before
    return {"cpu_ms": 1000 * spent / requests, "per_second": requests / seconds}


def make_floor(built: Stage, dates: int, places: int) -> dict[str, str]:
    """Make and fill the floor's database; return its environment."""
    import psycopg

    with psycopg.connect(built.connection_string("postgres"), autocommit=True) as connection:
        connection.execute("DROP DATABASE IF EXISTS floor")
        connection.execute("CREATE DATABASE floor")
    environment = os.environ | {"FLOOR_DATABASE_URL": built.connection_string("floor")}
    environment.pop("DJANGO_SETTINGS_MODULE", None)
    subprocess.run(
        [sys.executable, "-m", "benchmarks.floor.fill", str(dates), str(places)],
        env=environment, cwd=CHECKOUT, check=True,
    )  # fmt: skip
    return environment


def session_of(email: str) -> dict[str, str]:
    """Sign somebody in without a password: the check of passwords is measured apart."""
    from django.contrib.auth import BACKEND_SESSION_KEY, HASH_SESSION_KEY, SESSION_KEY
    from django.contrib.sessions.backends.db import SessionStore

    from accounts.models import User

    user = User.objects.get(email=email)
    session = SessionStore()
    session[SESSION_KEY] = str(user.pk)
    session[BACKEND_SESSION_KEY] = "accounts.access.PortalBackend"
    session[HASH_SESSION_KEY] = user.get_session_auth_hash()
    session.create()
    return {"sessionid": session.session_key}


def queries_of(path: str, email: str = "") -> int:
    from django.db import connection
    from django.test import Client
    from django.test.utils import CaptureQueriesContext

    from accounts.models import User

    client = Client(SERVER_NAME="127.0.0.1")
    if email:
        client.force_login(User.objects.get(email=email))
    client.get(path)
    with CaptureQueriesContext(connection) as queries:
        client.get(path)
    return len(queries)


def run(scale: int) -> dict:
    """Load a city of this scale and measure its pages and the floor's."""
    with stage() as built:
        built.manage("load_sample_city", f"--scale={scale}", "--quiet")
        os.environ.update(built.environment())
        os.environ["DJANGO_SETTINGS_MODULE"] = "workforce_portal.settings"
        import django

        django.setup()
        from bookings.models import Booking
        from courses.models import Course, Event

        course = Course.objects.get(code="M02")
        staff = session_of("wendy@example.org")
        bookings = Booking.objects.count()
        pages = {
            "catalogue list": ("/courses/", {}, ""),
            "catalogue search": ("/courses/?q=safegarding", {}, ""),
            "course page": (f"/courses/{course.slug}/", {}, ""),
            "course page, signed in": (
                f"/courses/{course.slug}/",
                session_of("amina@example.org"),
                "amina@example.org",
            ),
            "staff list of bookings": ("/staff/bookings/", staff, "wendy@example.org"),
            "staff list, search": ("/staff/bookings/?q=ali", staff, "wendy@example.org"),
        }
        floor_pages = {
            "list": "/dates/",
            "one": "/dates/1/",
            "places": "/places/",
            "places search": "/places/?q=Person+12",
        }
        figures = {"scale": scale, "bookings": bookings, "events": Event.objects.count(), "pages": {}, "floor": {}}
        servers = built.server_pids()
        with built.web("workforce_portal.wsgi") as (address, pid):
            for name, (path, cookies, email) in pages.items():
                figures["pages"][name] = measure(address, [pid, *servers], path, cookies)
                figures["pages"][name]["queries"] = queries_of(path, email)
        environment = make_floor(built, dates=max(30, figures["events"] // 4), places=bookings)
        with built.web("benchmarks.floor.wsgi", environment) as (address, pid):
            for name, path in floor_pages.items():
                figures["floor"][name] = measure(address, [pid, *servers], path, {})
        return figures


BESIDE = {
    "catalogue list": "list",
    "catalogue search": "list",
    "course page": "one",
    "course page, signed in": "one",
    "staff list of bookings": "places",
    "staff list, search": "places search",
}


def table(figures: dict) -> list[str]:
    """The figures as lines to read."""
    lines = [
        f"Pages at scale {figures['scale']} ({figures['bookings']:,} bookings)",
        f"{'page':26}{'CPU ms':>9}{'floor':>9}{'ratio':>8}{'per s':>9}{'floor':>9}{'queries':>9}",
    ]
    for name, page in figures["pages"].items():
        floor = figures["floor"][BESIDE[name]]
        lines.append(
            f"{name:26}{page['cpu_ms']:9.1f}{floor['cpu_ms']:9.1f}{page['cpu_ms'] / floor['cpu_ms']:8.1f}"
            f"{page['per_second']:9.1f}{floor['per_second']:9.1f}{page['queries']:9}"
        )
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scale", type=int, default=1)
    options.add_argument("--json", action="store_true", help="print the figures for another program")
    chosen = options.parse_args()
    figures = run(chosen.scale)
    print(json.dumps(figures) if chosen.json else "\n".join(table(figures)))


if __name__ == "__main__":
    main()
