"""`make bench`: every measurement, one process each, printed as tables; choose some with ARGS="pages certificates"."""

import argparse
import subprocess
import sys
import time

MEASUREMENTS = {
    "pages": [["benchmarks.pages", "--scale=1"], ["benchmarks.pages", "--scale=10"]],
    "booking": [["benchmarks.booking", "--scale=1"], ["benchmarks.booking", "--scale=10"]],
    "rush": [["benchmarks.rush"]],
    "changes": [["benchmarks.changes"]],
    "orders": [["benchmarks.orders"]],
    "certificates": [["benchmarks.certificates"]],
    "invoices": [["benchmarks.invoices"]],
    "ledger": [["benchmarks.ledger"]],
    "report": [["benchmarks.quality_report"]],
}


def main() -> int:
    options = argparse.ArgumentParser(description=__doc__)
    options.add_argument("names", nargs="*", choices=[[], *MEASUREMENTS], default=[])
    chosen = options.parse_args().names or list(MEASUREMENTS)
    failed = 0
    for name in chosen:
        for module, *arguments in MEASUREMENTS[name]:
            began = time.perf_counter()
            done = subprocess.run([sys.executable, "-m", module, *arguments])
            failed += done.returncode != 0
            print(f"({module} {' '.join(arguments)}: {time.perf_counter() - began:.0f} s in all)\n", flush=True)
    return min(failed, 1)


if __name__ == "__main__":
    sys.exit(main())
