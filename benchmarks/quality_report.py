"""The quality report for a year: seconds, queries and peak memory; its exports beside the bare tools.

`python -m benchmarks.quality_report --scale 10`. A fresh process makes each report as the worker does, once
to load what is loaded once (charts, press) and once to measure; beside it, one bare SQL aggregate over the same rows,
and the first page of the evidence. Then 20,000 bookings are exported the way
every list of the administration site is, and beside that by Django's iterator into `csv` and xlsxwriter alone.
The tables of a report itself have some hundred rows; their files are measured with the report.
"""

import argparse
import csv
import io
import json
import os
import resource
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from typing import BinaryIO

from benchmarks.stage import CHECKOUT, Stage, cpu_seconds, stage

ROWS = 20_000
COLUMNS = (
    "reference", "practitioner__full_name", "event__version__course__title", "event__reference", "event__starts_at",
    "organisation__name", "sector", "state", "source", "price", "booked_at", "confirmed_at", "free_cancel_until",
    "cancelled_at", "prerequisite_declared",
)  # fmt: skip
Way = Callable[[BinaryIO, int], None]
# The period's bookings, what they answered and how they rated, counted in one statement and not even by course.
BARE_AGGREGATE = """
    SELECT count(DISTINCT booking.id), count(*) FILTER (WHERE booking.state = 'ATTENDED'),
           count(DISTINCT response.id), count(answer.id), avg(answer.rating)
    FROM bookings_booking booking
    JOIN courses_event event ON event.id = booking.event_id
    JOIN courses_offer offer ON offer.id = booking.offer_id
    LEFT JOIN evaluation_response response ON response.booking_id = booking.id
    LEFT JOIN evaluation_answer answer ON answer.response_id = response.id
    WHERE event.starts_at >= %s AND event.starts_at < %s AND offer.strand = ANY(%s)
"""
DESK_ROUNDS = 30


def set_up_django() -> None:
    os.environ["DJANGO_SETTINGS_MODULE"] = "workforce_portal.settings"
    import django

    django.setup()


class Meter:
    """CPU seconds of this process with its children and of the servers, and wall seconds, from one `lap` to the next."""

    def __init__(self, servers: list[int]) -> None:
        self.servers = servers
        self.last = self._read()

    def _read(self) -> tuple[float, float, float]:
        own = resource.getrusage(resource.RUSAGE_SELF), resource.getrusage(resource.RUSAGE_CHILDREN)
        portal = sum(use.ru_utime + use.ru_stime for use in own)
        return portal, cpu_seconds(self.servers), time.perf_counter()

    def lap(self) -> list[float]:
        before, self.last = self.last, self._read()
        return [now - then for now, then in zip(self.last, before, strict=True)]


def measure_report(servers: list[int]) -> dict:
    """Make the financial year's multi-agency report, and that of the team's strands; the last year that has ended."""
    set_up_django()
    import pypdf
    from django.utils import timezone

    from courses.models import Strand
    from evaluation.reports import periods

    year = periods.financial_years(timezone.localdate())[1]
    measured = {}
    for name, strands in (
        ("multi-agency", (Strand.MULTI_AGENCY,)),
        ("the team's", (Strand.CORE, Strand.STATUTORY, Strand.TRADED)),
    ):
        one_report(year.previous, strands, servers)
        measured[name] = one_report(year, strands, servers)
    peak = peak_mb()
    measured["multi-agency"]["bare"] = bare_aggregate(year, (Strand.MULTI_AGENCY,), servers)
    measured["the team's"]["bare"] = bare_aggregate(year, (Strand.CORE, Strand.STATUTORY, Strand.TRADED), servers)
    for one in measured.values():
        one["pages"] = len(pypdf.PdfReader(io.BytesIO(one.pop("pdf"))).pages)
    return measured | {"peak_mb": peak}


def one_report(period, strands, servers: list[int]) -> dict:
    """Make one report step by step and say what each took."""
    from django.db import connection
    from django.test.utils import CaptureQueriesContext
    from django.utils import timezone

    from evaluation import exports, pdfs
    from evaluation.reports import pictures
    from evaluation.reports.compiling import compile_figures
    from evaluation.reports.selection import Selection
    from evaluation.tasks import one_moment

    selection = Selection(period, tuple(strands))
    meter, laps = Meter(servers), {}
    with one_moment(), CaptureQueriesContext(connection) as queries:
        figures = compile_figures(selection, threshold=5, now=timezone.now())
    laps["count"] = meter.lap()
    pictures.illustrate(figures)
    laps["draw"] = meter.lap()
    pdf = pdfs.quality_report(title="Quality report", facts=[], figures=figures)
    laps["print"] = meter.lap()
    for table in figures["tables"]:
        exports.table_csv(table)
    exports.workbook([], figures)
    laps["files"] = meter.lap()
    return {
        "bookings": selection.bookings().count(),
        "queries": len(queries),
        "pdf": pdf,
        "laps": laps,
    }


def bare_aggregate(period, strands, servers: list[int]) -> float:
    """CPU seconds of the database for one aggregate over the rows of a report, the best of three."""
    from django.db import connection

    laps = []
    for _ in range(3):
        meter = Meter(servers)
        with connection.cursor() as cursor:
            cursor.execute(BARE_AGGREGATE, [period.starts_at, period.ends_before, list(strands)])
            cursor.fetchall()
        laps.append(sum(meter.lap()[:2]))
    return min(laps)


def measure_desk(servers: list[int]) -> dict:
    """Open the first page of the evidence, with a report of the latest quarter to show: CPU milliseconds, the median."""
    set_up_django()
    from django.test import Client
    from django.utils import timezone

    from accounts.models import User
    from courses.models import Strand
    from evaluation.actions import quality_reports
    from evaluation.reports import periods
    from evaluation.tasks import build_report

    officer, now = User.objects.get(email="lou@example.org"), timezone.now()
    quarter = periods.usual(timezone.localdate())
    asked = {"starts_on": quarter.starts_on, "ends_on": quarter.ends_on, "strands": [Strand.MULTI_AGENCY]}
    build_report(report_id=quality_reports.request_report(**asked, filters={}, by=officer, now=now).pk)
    client = Client(headers={"host": "localhost"})
    client.force_login(officer, backend="accounts.access.PortalBackend")
    laps = []
    for _ in range(DESK_ROUNDS):
        meter = Meter(servers)
        answer = client.get("/lscp/")
        laps.append(sum(meter.lap()[:2]))
        if answer.status_code != 200 or b"The latest quarter: " not in answer.content:
            raise RuntimeError(f"the page was not shown: {answer.status_code}")
    return {"milliseconds": 1000 * sorted(laps)[len(laps) // 2]}


def bookings(most: int):
    from bookings.models import Booking

    return Booking.objects.order_by("pk")[:most]


def bare_rows(most: int) -> Iterator[tuple]:
    """The cells by Django's plainest way."""
    return bookings(most).values_list(*COLUMNS).iterator()


def bare_csv(file: BinaryIO, most: int) -> None:
    stream = io.TextIOWrapper(file, newline="")
    csv.writer(stream).writerows(bare_rows(most))
    stream.detach()


def bare_workbook(file: BinaryIO, most: int) -> None:
    import xlsxwriter

    options = {"constant_memory": True, "remove_timezone": True, "default_date_format": "dd/mm/yyyy hh:mm"}
    with xlsxwriter.Workbook(file, options) as book:
        sheet = book.add_worksheet()
        for number, row in enumerate(bare_rows(most)):
            for column, value in enumerate(row):
                sheet.write(number, column, value)


def our_export(kind: str) -> Way:
    """The way of every list of the administration site; none of them is of bookings, so the columns are named here."""
    from accounts.spreadsheets import PortalCSV, PortalResource, PortalXLSX
    from bookings.models import Booking

    class BookingResource(PortalResource):
        class Meta:
            model = Booking
            fields = COLUMNS

    file_format = {"csv": PortalCSV, "xlsx": PortalXLSX}[kind]()

    def export(file: BinaryIO, most: int) -> None:
        answer = file_format.response(*BookingResource().rows(bookings(most)))
        for piece in answer:
            file.write(piece)
        answer.close()

    return export


def cpu_of(way: Way, most: int = ROWS) -> float:
    with tempfile.TemporaryFile() as file:
        began = time.process_time()
        way(file, most)
        return time.process_time() - began


def peak_mb() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def measure_exports() -> dict:
    """CPU seconds of ours and of the bare tool, by turns and the best of three; how memory grows from a tenth to all."""
    set_up_django()
    measured = {}
    for kind, bare in (("csv", bare_csv), ("xlsx", bare_workbook)):
        ours = our_export(kind)
        cpu_of(ours, ROWS // 10)
        before = peak_mb()
        cpu_of(ours)
        growth = peak_mb() - before
        rounds = [(cpu_of(ours), cpu_of(bare)) for _ in range(3)]
        measured[kind] = [min(each) for each in zip(*rounds, strict=True)] + [growth]
    return measured


def in_own_process(built: Stage, what: str) -> dict:
    """Measure in a process that has done nothing else, so that its peak of memory is the report's."""
    servers = ",".join(map(str, built.server_pids()))
    command = [sys.executable, "-m", "benchmarks.quality_report", f"--only={what}", f"--servers={servers}"]
    done = subprocess.run(command, env=built.environment(), cwd=CHECKOUT, capture_output=True, text=True)
    if done.returncode:
        raise RuntimeError(done.stderr[-4000:])
    return json.loads(done.stdout)


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--scale", type=int, nargs="+", default=[1, 10])
    options.add_argument("--only", choices=["report", "desk", "exports"])
    options.add_argument("--servers", default="")
    chosen = options.parse_args()
    if chosen.only:
        servers = [int(pid) for pid in chosen.servers.split(",") if pid]
        ways = {
            "report": lambda: measure_report(servers),
            "desk": lambda: measure_desk(servers),
            "exports": measure_exports,
        }
        print(json.dumps(ways[chosen.only]()))
        return
    reports, desks = {}, {}
    for scale in chosen.scale:
        with stage() as built:
            built.manage("load_sample_city", f"--scale={scale}", "--quiet")
            reports[scale] = in_own_process(built, "report")
            desks[scale] = in_own_process(built, "desk")["milliseconds"]
            exports = in_own_process(built, "exports") if scale == max(chosen.scale) else {}
        show_report(scale, reports[scale])
    show_growth(reports)
    show_desks(desks)
    show_exports(exports)


def cost(one: dict, *steps: str) -> float:
    """CPU seconds of these steps of a report, of portal and database together."""
    return sum(sum(one["laps"][step][:2]) for step in steps or one["laps"])


def show_report(scale: int, report: dict) -> None:
    peak = report.pop("peak_mb")
    print(f"Quality report for a financial year, sample city at scale {scale}: CPU seconds of portal and database")
    steps = ("count", "draw", "print", "files")
    print(
        f"{'strands':14}{'bookings':>10}{'queries':>9}{'pages':>7}"
        + "".join(f"{step:>8}" for step in steps)
        + "   all   bare aggregate, ratio of counting"
    )
    for name, one in report.items():
        figures = "".join(f"{cost(one, step):>8.2f}" for step in steps)
        print(
            f"{name:14}{one['bookings']:>10,}{one['queries']:>9}{one['pages']:>7}{figures}{cost(one):>6.1f}"
            f"{one['bare']:>8.2f}{cost(one, 'count') / one['bare']:>8.1f}"
        )
    print(f"peak memory of the process, after four of them, {peak:.0f} MB")


def show_growth(reports: dict[int, dict]) -> None:
    smallest, largest = min(reports), max(reports)
    if smallest == largest:
        return
    for name, one in reports[largest].items():
        before = reports[smallest][name]
        counting = cost(one, "count") / cost(before, "count")
        print(
            f"From scale {smallest} to {largest}, {name}: {cost(one) / cost(before):.1f} times in all, "
            f"counting alone {counting:.1f} times"
        )


def show_desks(desks: dict[int, float]) -> None:
    smallest = min(desks)
    for scale, milliseconds in desks.items():
        print(
            f"First page of the evidence at scale {scale}: {milliseconds:.1f} CPU ms, "
            f"{milliseconds / desks[smallest]:.2f} times scale {smallest}"
        )


def show_exports(exports: dict) -> None:
    print(f"Exports of {ROWS:,} bookings in {len(COLUMNS)} columns, CPU seconds: ours, the bare tool, ratio; memory")
    for name, (ours, bare, growth) in exports.items():
        print(
            f"{name:6}{ours:>8.2f}{bare:>8.2f}{ours / bare:>8.2f}   {growth:+.0f} MB from {ROWS // 10:,} to {ROWS:,} rows"
        )


if __name__ == "__main__":
    main()
