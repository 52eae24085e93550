"""1,200 certificates by a real worker on both cores, beside WeasyPrint alone printing the same pages in a loop.

`python -m benchmarks.certificates` (`--count=200` for a quick look). WeasyPrint alone has everything we give
it too: fonts, style sheet and logo are read once. What is left is ours: the queue, the row's claim, template and
square code, the file and the letter in Postgres. Sending the letters is other work, in another queue.

The clock starts when all are promised, because promising is done by web processes, one at a time, over days.
Worker and WeasyPrint alone take turns, a part of the certificates each, because a machine's speed drifts.
"""

import argparse
import json
import os
import signal
import subprocess
import sys
import time
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from multiprocessing import get_context
from pathlib import Path

from benchmarks.stage import Stage, cpu_seconds, stage, tree
from workforce_portal import local_servers

WORKERS = 2
COUNT = 1200
ROUNDS = 4
# Both processes of the worker have printed before the clock starts, and so has the floor.
WARM_UP = 30
PATIENCE_SECONDS = 1200


def set_up_django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "workforce_portal.settings"
    import django

    django.setup()


def make_attended_bookings(count: int) -> list[int]:
    """One course that so many people attended; return their bookings."""
    from django.utils import timezone

    from accounts.models import Practitioner
    from bookings.models import Booking
    from courses.models import Event
    from tests import cast, makers

    now = timezone.now()
    course = makers.make_course(
        outcomes=(
            "explain what each agency does and when to involve it",
            "hold a restorative conversation from opening to agreed next step",
            "give honest challenge to a parent while keeping the relationship",
        ),
        refresh_months=36,
    )
    event = makers.make_event(course, starts_at=now - timedelta(days=1), capacity=None, state=Event.State.DELIVERED)
    people = Practitioner.objects.bulk_create(
        Practitioner(full_name=f"Amina Łucja Number {number}", email=f"amina{number}@example.org")
        for number in range(count)
    )
    agency, offer, policy = cast.social_work(), event.offers.get(), makers.make_policy()
    bookings = Booking.objects.bulk_create(
        Booking(
            reference=f"B-{number:08d}", event=event, practitioner=person, offer=offer, state=Booking.State.ATTENDED,
            organisation=agency, policy=policy, price=0, booked_at=now, confirmed_at=now, free_cancel_until=now,
        )
        for number, person in enumerate(people)
    )  # fmt: skip
    return [booking.pk for booking in bookings]


@contextmanager
def worker(built: Stage):
    """A worker as production runs it, on the queue of documents alone; gives its process id."""
    command = [
        *(sys.executable, "-m", "celery", "--app=workforce_portal", "worker"),
        *(f"--concurrency={WORKERS}", "--queues=celery", "--loglevel=WARNING", "--without-gossip", "--without-mingle"),
    ]
    log = (built.folder / "worker.log").open("ab")
    process = subprocess.Popen(command, env=built.environment(), stdout=log, stderr=log, start_new_session=True)
    try:
        yield process.pid
    finally:
        local_servers.stop(process, signal.SIGTERM)


def release(bookings: list[int]) -> float:
    """Earn these certificates as submitting feedback does; the worker hears of it when the last is promised.

    Return the CPU seconds of this process.
    """
    from django.db import transaction
    from django.utils import timezone

    from bookings.actions import certificates

    began = time.process_time()
    with transaction.atomic():
        for booking in bookings:
            certificates.release(booking_id=booking, now=timezone.now())
    return time.process_time() - began


def wait_for_all() -> float:
    """Return the seconds until the last promised certificate is issued."""
    from bookings.models import Certificate

    began = time.perf_counter()
    while Certificate.objects.filter(state=Certificate.State.PENDING).exists():
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise RuntimeError("the worker did not finish")
        time.sleep(0.2)
    return time.perf_counter() - began


def pages_of(bookings: list[int]) -> list[str]:
    """The same pages, for WeasyPrint alone."""
    from bookings import pdfs
    from bookings.models import Certificate

    return [pdfs.certificate_html(certificate) for certificate in Certificate.objects.filter(booking__in=bookings)]


def peak_megabytes(pid: int) -> float:
    """The most memory that any process of the worker has held."""
    peaks = []
    for one in tree(pid):
        lines = Path(f"/proc/{one}/status").read_text().splitlines()
        peaks += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
    return max(peaks)


def by_the_worker(built: Stage, pid: int, bookings: list[int]) -> dict[str, float]:
    """What this worker and the servers spend on the certificates of these bookings."""
    released = release(bookings)
    before, servers_before = cpu_seconds([pid]), cpu_seconds(built.server_pids())
    return {
        "seconds": wait_for_all(),
        "cpu": cpu_seconds([pid]) - before,
        "servers_cpu": cpu_seconds(built.server_pids()) - servers_before,
        "release_cpu": released,
    }


def by_weasyprint(pool: ProcessPoolExecutor, pages: list[str]) -> dict[str, float]:
    """What WeasyPrint alone spends on these pages, in as many processes as the worker has."""
    began = time.perf_counter()
    spent = list(pool.map(print_all, [pages[part::WORKERS] for part in range(WORKERS)]))
    return {"seconds": time.perf_counter() - began, "cpu": sum(spent)}


def print_all(pages: list[str]) -> float:
    """Print these pages with WeasyPrint and nothing else; return the CPU seconds."""
    from bookings import pdfs

    press, began = pdfs.press(), time.process_time()
    for page in pages:
        press.print(page)
    return time.process_time() - began


def measure(built: Stage, count: int) -> dict:
    """Both print the same certificates, in turns."""
    bookings = make_attended_bookings(WARM_UP + count)
    ours: list[dict[str, float]] = []
    alone: list[dict[str, float]] = []
    pool = ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"), initializer=set_up_django)
    with pool, worker(built) as pid:
        by_the_worker(built, pid, bookings[:WARM_UP])
        by_weasyprint(pool, pages_of(bookings[:WARM_UP]))
        for start in range(WARM_UP, WARM_UP + count, -(-count // ROUNDS)):
            part = bookings[start : start + -(-count // ROUNDS)]
            ours.append(by_the_worker(built, pid, part))
            alone.append(by_weasyprint(pool, pages_of(part)))
        return {"count": count, "worker": total(ours), "weasyprint": total(alone), "peak_mb": peak_megabytes(pid)}


def total(rounds: list[dict[str, float]]) -> dict[str, float]:
    return {name: sum(one[name] for one in rounds) for name in rounds[0]}


def run(count: int = COUNT) -> dict:
    """Measure the worker and WeasyPrint alone in one run."""
    with stage() as built:
        os.environ.update(built.environment())
        set_up_django()
        figures = measure(built, count)
    ours, alone = figures["worker"], figures["weasyprint"]
    return figures | {"ratio_cpu": ours["cpu"] / alone["cpu"], "ratio_seconds": ours["seconds"] / alone["seconds"]}


def table(figures: dict) -> list[str]:
    count, ours = figures["count"], figures["worker"]
    lines = [f"{count} certificates, {WORKERS} processes", f"{'':18}{'seconds':>9}{'per s':>9}{'CPU ms each':>13}"]
    for name, spent in (("the worker", ours), ("WeasyPrint alone", figures["weasyprint"])):
        each = 1000 * spent["cpu"] / count
        lines.append(f"{name:18}{spent['seconds']:9.1f}{count / spent['seconds']:9.1f}{each:13.1f}")
    return [
        *lines,
        f"{'ratio':18}{figures['ratio_seconds']:9.2f}{'':9}{figures['ratio_cpu']:13.2f}",
        f"Postgres and Redis beside it: {1000 * ours['servers_cpu'] / count:.1f} CPU ms each; "
        f"promised before, by the web: {1000 * ours['release_cpu'] / count:.1f}.",
        f"Most memory of one process: {figures['peak_mb']:.0f} MB.",
    ]


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--count", type=int, default=COUNT)
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    figures = run(chosen.count)
    print(json.dumps(figures) if chosen.json else "\n".join(table(figures)))


if __name__ == "__main__":
    main()
