"""One whole booking over HTTP at 1, 8 and 32 clients, spread over dates and all on one; beside the floor and pgbench.

`python -m benchmarks.booking`
"""

import argparse
import json
import os
import re
import subprocess
import uuid
from datetime import timedelta
from itertools import cycle

from benchmarks.pages import make_floor
from benchmarks.stage import Stage, cpu_seconds, stage
from benchmarks.visitors import Visitor, all_at_once

CLIENTS = (1, 8, 32)
BOOKINGS = 96
PGBENCH_SECONDS = 5
MINIMAL_TRANSACTION = """
\\set event random(1, :events)
BEGIN;
SELECT id, taken, capacity FROM floor_date WHERE id = :event FOR UPDATE;
INSERT INTO floor_place (date_id, person, organisation, state, booked_at) VALUES (:event, 'Somebody', 'Somewhere', 'CONFIRMED', now());
UPDATE floor_date SET taken = taken + 1 WHERE id = :event;
COMMIT;
"""


def make_people(count: int) -> list[dict[str, str]]:
    """Practitioners of the police, with accounts and ready sessions; return their cookies."""
    from django.utils import timezone

    from accounts.models import Membership, Organisation, Practitioner, User
    from benchmarks.pages import session_of

    agency = Organisation.objects.get(code="A10")
    cookies = []
    for number in range(count):
        email = f"rush{number}-{uuid.uuid4().hex[:6]}@example.org"
        user = User.objects.create(email=email, password="!")
        person = Practitioner.objects.create(user=user, full_name=f"Rush {number}", email=email)
        Membership.objects.create(practitioner=person, organisation=agency, started_on=timezone.now().date())
        cookies.append(session_of(email))
    return cookies


def make_dates(count: int) -> list[str]:
    """Dates with room for everybody, open to booking at once; return their references."""
    from django.utils import timezone

    from accounts.models import User
    from courses.actions import events
    from courses.models import Course

    course = Course.objects.get(code="M02")
    version = course.versions.order_by("-number").first()
    staff = User.objects.get(email="wendy@example.org")
    references = []
    for number in range(count):
        start = (timezone.now() + timedelta(days=60 + number)).replace(hour=10, minute=0, second=0, microsecond=0)
        event = events.schedule(
            version=version,
            offers=list(course.offers.filter(strand="multi_agency")),
            mode="live_online",
            venue=None,
            online_link="https://meet.example.org/room",
            sessions=[events.Sitting(starts_at=start, ends_at=start + timedelta(hours=6))],
            capacity=100_000,
            by=staff,
            now=timezone.now(),
        )
        events.publish(event=event, by=staff, now=timezone.now())
        references.append(event.reference)
    return references


ANSWERS = {"has_managers_agreement": "on", "has_accepted_terms": "on", "prerequisite_declared": "M01, May 2025"}


def measure(address, pids, visitors, paths, clients, answers) -> dict:
    """Let every visitor book once, so many at a time; return bookings a second, CPU and what the pages answered."""
    before = cpu_seconds(pids)
    jobs = [
        lambda visitor=visitor, path=path: visitor.book(path, answers)
        for visitor, path in zip(visitors, cycle(paths), strict=False)
    ]
    statuses, seconds = all_at_once(jobs, clients)
    if set(statuses) != {200}:
        raise RuntimeError(f"bookings answered {sorted(set(statuses))}")
    return {"per_second": len(jobs) / seconds, "cpu_ms": 1000 * (cpu_seconds(pids) - before) / len(jobs)}


def measure_portal(built: Stage) -> dict:
    figures = {}
    dates = make_dates(8)
    with built.web("workforce_portal.wsgi") as (address, pid):
        for clients in CLIENTS:
            for kind, chosen in (("spread", dates), ("one date", dates[:1])):
                if kind == "one date":
                    chosen = make_dates(1)
                people = [Visitor(address, cookies) for cookies in make_people(BOOKINGS)]
                paths = [f"/courses/dates/{reference}/book/" for reference in chosen]
                figures[f"{kind}, {clients}"] = measure(
                    address, [pid, *built.server_pids()], people, paths, clients, ANSWERS
                )
    return figures


def measure_floor(built: Stage) -> dict:
    figures = {}
    environment = make_floor(built, dates=200, places=10_000)
    with built.web("benchmarks.floor.wsgi", environment) as (address, pid):
        for clients in CLIENTS:
            for kind, events in (("spread", range(1, 9)), ("one date", range(100, 101))):
                people = [Visitor(address, floor_session(environment, number)) for number in range(BOOKINGS)]
                paths = [f"/dates/{event}/book/" for event in events]
                figures[f"{kind}, {clients}"] = measure(
                    address, [pid, *built.server_pids()], people, paths, clients, {}
                )
    return figures


def floor_session(environment: dict[str, str], number: int) -> dict[str, str]:
    """A session row in the floor's database, written in the form that Django reads."""
    import psycopg
    from django.core import signing

    key = uuid.uuid4().hex
    data = signing.dumps(
        {"person": f"Rush {number}"}, key="the floor keeps no secrets", salt="django.contrib.sessions.SessionStore",
        serializer=signing.JSONSerializer, compress=True,
    )  # fmt: skip
    with psycopg.connect(environment["FLOOR_DATABASE_URL"], autocommit=True) as connection:
        connection.execute(
            "INSERT INTO django_session (session_key, session_data, expire_date) VALUES (%s, %s, now() + '1 day')",
            [key, data],
        )
    return {"sessionid": key}


def measure_pgbench(built: Stage) -> dict:
    """Transactions a second of lock, insert, update alone in Postgres."""
    script = built.folder / "booking.sql"
    script.write_text(MINIMAL_TRANSACTION)
    figures = {}
    for clients in CLIENTS:
        for kind, events in (("spread", 200), ("one date", 1)):
            command = [
                str(built.postgres.binaries() / "pgbench"), "--no-vacuum", f"--client={clients}", "--jobs=2",
                f"--time={PGBENCH_SECONDS}", f"--file={script}", f"--define=events={events}",
                f"--host={built.postgres.sockets}", "--username=portal_owner", "floor",
            ]  # fmt: skip
            words = subprocess.run(command, capture_output=True, text=True, check=True).stdout
            figures[f"{kind}, {clients}"] = float(re.search(r"tps = ([\d.]+)", words)[1])
    return figures


def run(scale: int) -> dict:
    """Measure bookings in a city of this scale, on the floor, and alone in Postgres."""
    with stage() as built:
        built.manage("load_sample_city", f"--scale={scale}", "--quiet")
        os.environ.update(built.environment())
        os.environ["DJANGO_SETTINGS_MODULE"] = "workforce_portal.settings"
        import django

        django.setup()
        return {
            "scale": scale,
            "portal": measure_portal(built),
            "floor": measure_floor(built),
            "pgbench": measure_pgbench(built),
        }


def table(figures: dict) -> list[str]:
    lines = [
        f"Whole bookings over HTTP (form, button, confirmation) at scale {figures['scale']}",
        f"{'clients':18}{'per s':>9}{'floor':>9}{'CPU ms':>9}{'floor':>9}{'ratio':>8}{'pgbench per s':>15}",
    ]
    for name, portal in figures["portal"].items():
        floor = figures["floor"][name]
        lines.append(
            f"{name:18}{portal['per_second']:9.1f}{floor['per_second']:9.1f}{portal['cpu_ms']:9.1f}{floor['cpu_ms']:9.1f}"
            f"{portal['cpu_ms'] / floor['cpu_ms']:8.1f}{figures['pgbench'][name]:15.0f}"
        )
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scale", type=int, default=1)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    figures = run(chosen.scale)
    print(json.dumps(figures) if chosen.json else "\n".join(table(figures)))


if __name__ == "__main__":
    main()
