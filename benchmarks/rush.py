"""A rush: 1,000 people at 32 connections for the 20 places of one date, and for the 1,000 places of 50; beside the floor.

`python -m benchmarks.rush`. Everybody has the form open before the first button is pressed, as on the day when a
popular course opens. The floor does the same with one lock, one count and one row. Bookings a second compare within one
run; the transaction alone in Postgres (pgbench) stands beside them for information.
"""

import argparse
import json
import os
import statistics
import time
from itertools import cycle

from benchmarks.booking import ANSWERS, floor_session, make_dates, make_people, measure_pgbench
from benchmarks.pages import make_floor
from benchmarks.stage import Stage, cpu_seconds, stage
from benchmarks.visitors import Visitor, all_at_once

PEOPLE, CONNECTIONS, PLACES, DATES = 1000, 32, 20, 50
SERVED, FULL = 302, 409
RUSHES = {"one date": 1, "fifty dates": DATES}


def make_full_dates(count: int) -> list[str]:
    """Dates with twenty places each, which one agency may fill: the rush is for places, not for shares."""
    from courses.models import Event

    references = make_dates(count)
    Event.objects.filter(reference__in=references).update(capacity=PLACES, agency_cap=PLACES)
    return references


def measure(pids, visitors, paths, answers, places) -> dict:
    """Let everybody press the button; return people a second, CPU, and how long served and refused people waited."""
    waited: dict[int, list[float]] = {SERVED: [], FULL: []}

    def press(visitor, path, form):
        # The connection of the form has been closed while the person read.
        visitor.connection.close()
        began = time.perf_counter()
        status, _, headers = visitor.post(path, form)
        waited[status].append(1000 * (time.perf_counter() - began))
        if status == SERVED:
            visitor.get(headers["Location"])

    aimed = list(zip(visitors, cycle(paths), strict=False))
    forms, _ = all_at_once(
        [lambda v=visitor, p=path: (v, p, v.form(p) | answers) for visitor, path in aimed], CONNECTIONS
    )
    before = cpu_seconds(pids)
    _, seconds = all_at_once([lambda a=arguments: press(*a) for arguments in forms], CONNECTIONS)
    if len(waited[SERVED]) != places:
        raise RuntimeError(f"{len(waited[SERVED])} people were served, and there were {places} places")
    everybody = waited[SERVED] + waited[FULL]
    return {
        "per_second": len(everybody) / seconds,
        "cpu_ms": 1000 * (cpu_seconds(pids) - before) / len(everybody),
        "served_ms": statistics.median(waited[SERVED]),
        "refused_ms": statistics.median(waited[FULL]) if waited[FULL] else None,
        "p99_ms": statistics.quantiles(everybody, n=100)[98],
    }


def measure_portal(built: Stage, people: int) -> dict:
    figures = {}
    with built.web("workforce_portal.wsgi") as (address, pid):
        for name, dates in RUSHES.items():
            paths = [f"/courses/dates/{reference}/book/" for reference in make_full_dates(dates)]
            visitors = [Visitor(address, cookies) for cookies in make_people(people)]
            places = min(people, PLACES * dates)
            figures[name] = measure([pid, *built.server_pids()], visitors, paths, ANSWERS, places)
    return figures


def measure_floor(built: Stage, people: int) -> dict:
    import psycopg

    figures = {}
    environment = make_floor(built, dates=200, places=10_000)
    with psycopg.connect(environment["FLOOR_DATABASE_URL"], autocommit=True) as connection:
        connection.execute("UPDATE floor_date SET capacity = %s", [PLACES])
    with built.web("benchmarks.floor.wsgi", environment) as (address, pid):
        for name, dates in RUSHES.items():
            first = 1 if dates == 1 else 100
            paths = [f"/dates/{number}/book/" for number in range(first, first + dates)]
            visitors = [Visitor(address, floor_session(environment, number)) for number in range(people)]
            figures[name] = measure([pid, *built.server_pids()], visitors, paths, {}, min(people, PLACES * dates))
    return figures


def run(people: int) -> dict:
    """Measure both rushes on the portal and on the floor, then the transaction alone."""
    with stage() as built:
        built.manage("load_sample_city", "--scale=1", "--quiet")
        os.environ.update(built.environment())
        os.environ["DJANGO_SETTINGS_MODULE"] = "workforce_portal.settings"
        import django

        django.setup()
        return {
            "people": people,
            "portal": measure_portal(built, people),
            "floor": measure_floor(built, people),
            "pgbench": measure_pgbench(built),
        }


def table(figures: dict) -> list[str]:
    lines = [
        f"{figures['people']} people press the button at {CONNECTIONS} connections ({PLACES} places a date)",
        f"{'':18}{'per s':>9}{'floor':>9}{'ratio':>8}{'CPU ms':>9}{'floor':>9}{'served ms':>11}{'refused ms':>12}{'99% ms':>9}"
        f"{'floor':>9}{'pgbench per s':>15}",
    ]
    for name, portal in figures["portal"].items():
        floor = figures["floor"][name]
        refused = f"{portal['refused_ms']:12.0f}" if portal["refused_ms"] else f"{'-':>12}"
        alone = figures["pgbench"]["one date, 32" if name == "one date" else "spread, 32"]
        lines.append(
            f"{name:18}{portal['per_second']:9.1f}{floor['per_second']:9.1f}{portal['per_second'] / floor['per_second']:8.2f}"
            f"{portal['cpu_ms']:9.1f}{floor['cpu_ms']:9.1f}{portal['served_ms']:11.0f}{refused}{portal['p99_ms']:9.0f}"
            f"{floor['p99_ms']:9.0f}{alone:15.0f}"
        )
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--people", type=int, default=PEOPLE)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    figures = run(chosen.people)
    print(json.dumps(figures) if chosen.json else "\n".join(table(figures)))


if __name__ == "__main__":
    main()
