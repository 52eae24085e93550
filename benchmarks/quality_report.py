"""The quality report for a year: seconds, queries and peak memory; its exports beside the bare tools.

`python -m benchmarks.quality_report --scale 10`. A fresh process makes each report as the worker does, once
to load what is loaded once (charts, press) and once to measure. The exports are measured on a table of
20,000 rows, which no report has, from stored figures to file; beside them as many rows of bookings go
through Django's iterator into `csv` and xlsxwriter alone.
"""

import argparse
import csv
import io
import json
import os
import resource
import subprocess
import sys
import time
from collections.abc import Callable, Iterator

from benchmarks.stage import CHECKOUT, Stage, cpu_seconds, stage

ROWS, COLUMNS = 20_000, 15


def set_up_django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "workforce_portal.settings"
    import django

    django.setup()


def measure_report() -> dict:
    """Make the financial year's multi-agency report, and that of the team's strands; the last year that has ended."""
    set_up_django()
    from django.utils import timezone

    from courses.models import Strand
    from evaluation.reports import periods

    year = periods.financial_years(timezone.localdate())[1]
    measured = {}
    for name, strands in (
        ("multi-agency", (Strand.MULTI_AGENCY,)),
        ("the team's", (Strand.CORE, Strand.STATUTORY, Strand.TRADED)),
    ):
        one_report(year.previous, strands)
        measured[name] = one_report(year, strands)
    return measured | {"peak_mb": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024}


def one_report(period, strands) -> dict:
    """Make one report step by step and say what each took."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from evaluation import pdfs
    from evaluation.reports import pictures
    from evaluation.reports.compiling import compile_figures
    from evaluation.reports.selection import Selection
    from evaluation.tasks import one_moment

    selection = Selection(period, tuple(strands))
    began = time.perf_counter()
    with one_moment(), CaptureQueriesContext(connection) as queries:
        figures = compile_figures(selection, threshold=5, now=timezone.now())
    counted = time.perf_counter()
    pictures.illustrate(figures)
    drawn = time.perf_counter()
    pdf = pdfs.quality_report(title="Quality report", facts=[], figures=figures)
    printed = time.perf_counter()
    slowest = max(queries.captured_queries, key=lambda query: float(query["time"]))
    return {
        "bookings": selection.bookings().count(),
        "queries": len(queries),
        "slowest_query": float(slowest["time"]),
        "count": counted - began,
        "draw": drawn - counted,
        "print": printed - drawn,
        "pdf_kb": len(pdf) / 1024,
    }


def long_table() -> dict:
    """A table as reports store them, far longer than any."""
    from evaluation.reports import cells
    from evaluation.reports.cells import Column, Table

    labels = [Column("Course", "text"), *[Column(f"Count {number}") for number in range(COLUMNS - 1)]]
    table = Table("R2", "Delivery by course", "", labels)
    for row in range(ROWS):
        table.add("row", cells.text(f"Course {row}"), *[cells.count(row + number) for number in range(COLUMNS - 1)])
    return table.stored()


def bare_rows() -> Iterator[tuple]:
    """As many rows and columns of the portal's own, by Django's plainest way."""
    from django.db.models import F

    from bookings.models import Booking

    names = ("event_id", "practitioner_id", "offer_id", "organisation_id", "policy_id", "calendar_sequence", "pk")
    numbers = {f"number_{place}": F(names[place % len(names)]) for place in range(COLUMNS - 1)}
    return Booking.objects.annotate(**numbers).values_list("reference", *numbers)[:ROWS].iterator()


def bare_csv() -> str:
    stream = io.StringIO()
    csv.writer(stream).writerows(bare_rows())
    return stream.getvalue()


def bare_workbook() -> bytes:
    import xlsxwriter

    stream = io.BytesIO()
    with xlsxwriter.Workbook(stream, {"constant_memory": True}) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(bare_rows()):
            sheet.write_string(number, 0, row[0])
            for column, value in enumerate(row[1:], start=1):
                sheet.write_number(number, column, value)
    return stream.getvalue()


def cpu_of(work: Callable[[], object]) -> float:
    """CPU seconds, the best of three: what else the machine does can only add."""
    spent = []
    for _ in range(3):
        began = time.process_time()
        work()
        spent.append(time.process_time() - began)
    return min(spent)


def measure_exports() -> dict:
    set_up_django()
    from evaluation import exports

    stored = json.dumps({"tables": [long_table()], "notes": [], "definitions": []})
    return {
        "csv": (cpu_of(lambda: exports.table_csv(json.loads(stored)["tables"][0])), cpu_of(bare_csv)),
        "xlsx": (cpu_of(lambda: exports.workbook([], json.loads(stored))), cpu_of(bare_workbook)),
    }


def in_own_process(built: Stage, what: str) -> dict:
    """Measure in a process that has done nothing else, so that its peak of memory is the report's."""
    command = [sys.executable, "-m", "benchmarks.quality_report", f"--only={what}"]
    done = subprocess.run(command, env=built.environment(), cwd=CHECKOUT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
    return json.loads(done.stdout)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scale", type=int, default=10)
    options.add_argument("--only", choices=["report", "exports"])
    chosen = options.parse_args()
    if chosen.only:
        print(json.dumps(measure_report() if chosen.only == "report" else measure_exports()))
        return
    with stage() as built:
        built.manage("load_sample_city", f"--scale={chosen.scale}", "--quiet")
        servers = built.server_pids()
        before = cpu_seconds(servers)
        report = in_own_process(built, "report")
        database = cpu_seconds(servers) - before
        exports = in_own_process(built, "exports")
    show(chosen.scale, report, database, exports)


def show(scale: int, report: dict, database: float, exports: dict) -> None:
    peak = report.pop("peak_mb")
    print(f"Quality report for a financial year, sample city at scale {scale}")
    print(
        f"{'strands':14}{'bookings':>10}{'queries':>9}{'count s':>9}{'slowest':>9}{'draw s':>8}{'print s':>9}{'PDF kB':>8}"
    )
    for name, one in report.items():
        print(
            f"{name:14}{one['bookings']:>10,}{one['queries']:>9}{one['count']:>9.2f}{one['slowest_query']:>9.2f}"
            f"{one['draw']:>8.2f}{one['print']:>9.2f}{one['pdf_kb']:>8.0f}"
        )
    print(f"peak memory of the process {peak:.0f} MB; CPU of the database for all four reports {database:.1f} s")
    print(f"Exports of {ROWS:,} rows of {COLUMNS}, CPU seconds: ours, the bare tools, ratio")
    for name, (ours, bare) in exports.items():
        print(f"{name:6}{ours:>8.2f}{bare:>8.2f}{ours / bare:>8.2f}")


if __name__ == "__main__":
    main()
