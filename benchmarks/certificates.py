"""1,200 certificates by a real worker on both cores, beside WeasyPrint alone printing the same pages in a loop.

`python -m benchmarks.certificates` (`--count=200` for a quick look). WeasyPrint alone has everything we give
it too: fonts, style sheet and logo are read once. What is left is ours: the queue, the row's claim, template and
square code, the file and the letter in Postgres. Sending the letters is other work, in another queue.
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


def release_and_wait(bookings: list[int]) -> float:
    """Earn these certificates as submitting feedback does; return the seconds until the last is issued."""
    from django.utils import timezone

    from bookings.actions import certificates
    from bookings.models import Certificate

    began = time.perf_counter()
    for booking in bookings:
        certificates.release(booking_id=booking, now=timezone.now())
    while Certificate.objects.filter(booking__in=bookings, state=Certificate.State.PENDING).exists():
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise RuntimeError("the worker did not finish")
        time.sleep(0.1)
    return time.perf_counter() - began


def peak_megabytes(pid: int) -> float:
    """The most memory that any process of the worker has held."""
    peaks = []
    for one in tree(pid):
        lines = Path(f"/proc/{one}/status").read_text().splitlines()
        peaks += [int(line.split()[1]) / 1024 for line in lines if line.startswith("VmHWM")]
    return max(peaks)


def measure_worker(built: Stage, count: int) -> dict:
    bookings = make_attended_bookings(WARM_UP + count)
    with worker(built) as pid:
        release_and_wait(bookings[:WARM_UP])
        before, servers_before = cpu_seconds([pid]), cpu_seconds(built.server_pids())
        seconds = release_and_wait(bookings[WARM_UP:])
        return {
            "seconds": seconds,
            "cpu_ms": 1000 * (cpu_seconds([pid]) - before) / count,
            "servers_cpu_ms": 1000 * (cpu_seconds(built.server_pids()) - servers_before) / count,
            "peak_mb": peak_megabytes(pid),
        }


def print_all(pages: list[str]) -> tuple[float, float, float]:
    """Print these pages with WeasyPrint and nothing else; return when it began, when it ended and its CPU seconds."""
    set_up_django()
    from bookings import pdfs

    press = pdfs.press()
    press.print(pages[0])
    began, cpu = time.perf_counter(), time.process_time()
    for page in pages:
        press.print(page)
    return began, time.perf_counter(), time.process_time() - cpu


def measure_weasyprint(count: int) -> dict:
    """The same pages on as many processes as the worker has."""
    from bookings import pdfs
    from bookings.models import Certificate

    pages = [pdfs.certificate_html(certificate) for certificate in Certificate.objects.order_by("-pk")[:count]]
    with ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn")) as pool:
        done = list(pool.map(print_all, [pages[part::WORKERS] for part in range(WORKERS)]))
    return {
        "seconds": max(ended for _, ended, _ in done) - min(began for began, _, _ in done),
        "cpu_ms": 1000 * sum(cpu for _, _, cpu in done) / count,
    }


def run(count: int = COUNT) -> dict:
    """Measure the worker and WeasyPrint alone in one run."""
    with stage() as built:
        os.environ.update(built.environment())
        set_up_django()
        figures = {"count": count, "worker": measure_worker(built, count), "weasyprint": measure_weasyprint(count)}
    ours, alone = figures["worker"], figures["weasyprint"]
    figures["ratio_cpu"] = ours["cpu_ms"] / alone["cpu_ms"]
    figures["ratio_seconds"] = ours["seconds"] / alone["seconds"]
    return figures


def table(figures: dict) -> list[str]:
    ours, alone = figures["worker"], figures["weasyprint"]
    return [
        f"{figures['count']} certificates, {WORKERS} processes",
        f"{'':18}{'seconds':>9}{'per s':>9}{'CPU ms each':>13}",
        f"{'the worker':18}{ours['seconds']:9.1f}{figures['count'] / ours['seconds']:9.1f}{ours['cpu_ms']:13.1f}",
        f"{'WeasyPrint alone':18}{alone['seconds']:9.1f}{figures['count'] / alone['seconds']:9.1f}{alone['cpu_ms']:13.1f}",
        f"{'ratio':18}{figures['ratio_seconds']:9.2f}{'':9}{figures['ratio_cpu']:13.2f}",
        f"Postgres and Redis beside it: {ours['servers_cpu_ms']:.1f} CPU ms each. "
        f"Most memory of one process: {ours['peak_mb']:.0f} MB.",
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
