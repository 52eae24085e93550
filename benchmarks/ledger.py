"""The export for the council's ledger: 100,000 lines gathered and written as CSV and Excel, seconds and memory.

`python -m benchmarks.ledger` (`--lines=10000` for a quick look). Beside it the same rows go from the database through
Django's iterator into `csv` alone. Memory is what the process holds more at its most than before it began to write.
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
from uuid import uuid4

from benchmarks.books import make_invoices
from benchmarks.certificates import set_up_django
from benchmarks.stage import CHECKOUT, stage

LINES, LINES_EACH = 100_000, 5
WAYS = ("ours as CSV", "ours as Excel", "csv alone")


def gather() -> float:
    """Seconds of the one action that finance presses."""
    from django.utils import timezone

    from bookings.actions import ledger_exports
    from tests import sales

    began = time.perf_counter()
    ledger_exports.export(by=sales.finance(), now=timezone.now(), key=uuid4())
    return time.perf_counter() - began


def write(way: str) -> dict[str, float]:
    """Write the export in one way, in this fresh process, to nowhere; return seconds, bytes and megabytes more."""
    set_up_django()
    from accounts.spreadsheets import PortalCSV, PortalXLSX
    from bookings import ledger_files
    from bookings.models import InvoiceLine, LedgerExport

    made = LedgerExport.objects.get()
    held, began, size = _peak(), time.perf_counter(), 0
    if way == "ours as CSV":
        size = sum(map(len, PortalCSV().response(ledger_files.COLUMNS, ledger_files.rows_of(made)).streaming_content))
    elif way == "ours as Excel":
        size = sum(map(len, PortalXLSX().response(ledger_files.COLUMNS, ledger_files.rows_of(made)).streaming_content))
    else:
        stream = io.StringIO()
        writer = csv.writer(stream)
        columns = ("invoice__number", "position", "invoice__issued_on", "invoice__customer_name", "net", "vat", "gross")
        lines = InvoiceLine.objects.filter(invoice__export=made).order_by("invoice_id", "position")
        for row in lines.values_list(*columns, "description").iterator():
            writer.writerow(row)
            size += stream.tell()
            stream.seek(0)
            stream.truncate()
    return {"seconds": time.perf_counter() - began, "bytes": size, "more_mb": _peak() - held}


def _peak() -> float:
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(lines: int = LINES) -> dict:
    """Make the lines, gather them, and write them in each way."""
    with stage() as built:
        os.environ.update(built.environment())
        os.environ["DATABASE_URL"] = os.environ["DATABASE_OWNER_URL"]
        set_up_django()
        make_invoices(lines // LINES_EACH, lines_each=LINES_EACH)
        figures: dict = {"lines": lines, "gather_seconds": gather()}
        for way in WAYS:
            command = [sys.executable, "-m", "benchmarks.ledger", f"--write={way}"]
            done = subprocess.run(command, cwd=CHECKOUT, capture_output=True, text=True, check=True)
            figures[way] = json.loads(done.stdout)
    return figures


def table(figures: dict) -> list[str]:
    lines = [
        f"{figures['lines']:,} lines of the ledger; gathered into one export in {figures['gather_seconds']:.1f} s",
        f"{'':16}{'seconds':>9}{'MB written':>12}{'MB more held':>14}",
    ]
    for way in WAYS:
        one = figures[way]
        lines.append(f"{way:16}{one['seconds']:9.1f}{one['bytes'] / 1e6:12.1f}{one['more_mb']:14.1f}")
    return lines


def main() -> None:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("--lines", type=int, default=LINES)
    options.add_argument("--write", choices=WAYS, help="for the processes that this one starts")
    options.add_argument("--json", action="store_true")
    chosen = options.parse_args()
    if chosen.write:
        print(json.dumps(write(chosen.write)))
        return
    figures = run(chosen.lines)
    print(json.dumps(figures) if chosen.json else "\n".join(table(figures)))


if __name__ == "__main__":
    main()
