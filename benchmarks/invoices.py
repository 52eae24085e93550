"""500 invoices of eight lines printed by a real worker on both cores, beside WeasyPrint alone printing the same pages.

`python -m benchmarks.invoices` (`--count=100` for a quick look). As with certificates, WeasyPrint alone has fonts,
style sheet and logo read once too. What is left is ours: the claim of the row, the template, the file in Postgres.
Worker and WeasyPrint alone take turns, a part of the invoices each, because a machine's speed drifts.
"""

import argparse
import json
import os
import time
from concurrent.futures import ProcessPoolExecutor
from multiprocessing import get_context

from benchmarks.books import make_invoices
from benchmarks.certificates import PATIENCE_SECONDS, WORKERS, peak_megabytes, set_up_django, total, worker
from benchmarks.stage import Stage, cpu_seconds, stage

COUNT, LINES, ROUNDS = 500, 8, 4
# Both processes of the worker have printed before the clock starts, and so has the floor.
WARM_UP = 20


def by_the_worker(built: Stage, pid: int, invoices: list[int]) -> dict[str, float]:
    """What this worker and the servers spend on these invoices, which were held back until now."""
    from bookings.actions.invoices import PRINT_TASK
    from bookings.models import Invoice
    from workforce_portal.celery import app

    wanted = Invoice.objects.filter(pk__in=invoices)
    wanted.update(print_attempts=0)
    before, servers_before, began = cpu_seconds([pid]), cpu_seconds(built.server_pids()), time.perf_counter()
    for _ in range(WORKERS):
        app.send_task(PRINT_TASK)
    while wanted.without_file().exists():
        if time.perf_counter() - began > PATIENCE_SECONDS:
            raise RuntimeError("the worker did not finish")
        time.sleep(0.1)
    return {
        "seconds": time.perf_counter() - began,
        "cpu": cpu_seconds([pid]) - before,
        "servers_cpu": cpu_seconds(built.server_pids()) - servers_before,
    }


def by_weasyprint(pool: ProcessPoolExecutor, invoices: list[int]) -> dict[str, float]:
    """What WeasyPrint alone spends on the same pages, in as many processes as the worker has."""
    from bookings import invoice_pdf
    from bookings.models import Invoice

    pages = [invoice_pdf.invoice_html(each) for each in Invoice.objects.with_facts().filter(pk__in=invoices)]
    began = time.perf_counter()
    spent = list(pool.map(print_all, [pages[part::WORKERS] for part in range(WORKERS)]))
    return {"seconds": time.perf_counter() - began, "cpu": sum(spent)}


def print_all(pages: list[str]) -> float:
    """Print these pages with WeasyPrint and nothing else; return the CPU seconds."""
    from bookings import invoice_pdf, pdfs

    press, began = pdfs.press(), time.process_time()
    for page in pages:
        press.print(page, invoice_pdf.STYLE)
    return time.process_time() - began


def measure(built: Stage, count: int) -> dict:
    """Both print the same invoices, in turns."""
    from bookings.models import Invoice

    invoices = make_invoices(WARM_UP + count, lines_each=LINES)
    # Held back: the worker prints what it is given, a part at a time.
    Invoice.objects.filter(pk__in=invoices).update(print_attempts=99)
    ours: list[dict[str, float]] = []
    alone: list[dict[str, float]] = []
    pool = ProcessPoolExecutor(WORKERS, mp_context=get_context("spawn"), initializer=set_up_django)
    with pool, worker(built) as pid:
        by_the_worker(built, pid, invoices[:WARM_UP])
        by_weasyprint(pool, invoices[:WARM_UP])
        for start in range(WARM_UP, WARM_UP + count, -(-count // ROUNDS)):
            part = invoices[start : start + -(-count // ROUNDS)]
            ours.append(by_the_worker(built, pid, part))
            alone.append(by_weasyprint(pool, part))
        return {"count": count, "worker": total(ours), "weasyprint": total(alone), "peak_mb": peak_megabytes(pid)}


def run(count: int = COUNT) -> dict:
    """Measure the worker and WeasyPrint alone in one run."""
    with stage() as built:
        os.environ.update(built.environment())
        os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]
        set_up_django()
        figures = measure(built, count)
    ours, alone = figures["worker"], figures["weasyprint"]
    return figures | {"ratio_cpu": ours["cpu"] / alone["cpu"], "ratio_seconds": ours["seconds"] / alone["seconds"]}


def table(figures: dict) -> list[str]:
    count, ours = figures["count"], figures["worker"]
    lines = [
        f"{count} invoices of {LINES} lines, {WORKERS} processes",
        f"{'':18}{'seconds':>9}{'per s':>9}{'CPU ms each':>13}",
    ]
    for name, spent in (("the worker", ours), ("WeasyPrint alone", figures["weasyprint"])):
        each = 1000 * spent["cpu"] / count
        lines.append(f"{name:18}{spent['seconds']:9.1f}{count / spent['seconds']:9.1f}{each:13.1f}")
    return [
        *lines,
        f"{'ratio':18}{figures['ratio_seconds']:9.2f}{'':9}{figures['ratio_cpu']:13.2f}",
        f"Postgres and Redis beside it: {1000 * ours['servers_cpu'] / count:.1f} CPU ms each.",
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
