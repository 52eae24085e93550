"""Statements: the ledger of a package with the balance after each movement, for its page and as a file. Reads only."""

import csv
import io
from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from django.db.models import F, Sum, Window
from django.utils import timezone

from accounts.spreadsheets import neutralised
from bookings.models import Package, PackageLedgerEntry
from courses.money import NOTHING

Kind = PackageLedgerEntry.Kind
COLUMNS = ("When", "What", "For", "Order", "Why", "Amount", "Balance")


@dataclass(frozen=True, kw_only=True)
class Figures:
    """Where a package stands."""

    bought: Decimal
    kept: Decimal
    used: Decimal
    expired: Decimal
    left: Decimal


def figures_of(package: Package) -> Figures:
    """Add up a package: what was bought and put right, kept for places to come, used, expired, and left."""
    sums: dict[str, Decimal] = {}
    drawn: dict[int, tuple[Decimal, str]] = {}
    for kind, amount, line_id in package.entries.order_by("pk").values_list("kind", "amount", "order_line_id"):
        if line_id is None:
            sums[kind] = sums.get(kind, NOTHING) + amount
            continue
        before, was = drawn.get(line_id, (NOTHING, ""))
        drawn[line_id] = (before - amount, was if kind == Kind.RELEASED else kind)
    return Figures(
        bought=sums.get(Kind.GRANTED, NOTHING) + sums.get(Kind.ADJUSTED, NOTHING),
        kept=sum((amount for amount, kind in drawn.values() if kind == Kind.RESERVED), NOTHING),
        used=sum((amount for amount, kind in drawn.values() if kind == Kind.USED), NOTHING),
        expired=-sums.get(Kind.EXPIRED, NOTHING),
        left=package.balance,
    )


def rows_of(package: Package) -> Iterable[Any]:
    """Every movement in its order, each with the balance after it."""
    balance = Window(Sum("amount"), order_by=F("pk").asc())
    return package.entries.annotate(balance_after=balance).select_related("order_line__order").order_by("pk")


def package_csv(package: Package) -> str:
    """Return the statement as CSV that a spreadsheet opens in British letters and runs no formula from."""
    file = io.StringIO()
    writer = csv.writer(file)
    writer.writerow(COLUMNS)
    for entry in rows_of(package):
        line = entry.order_line
        cells = (
            f"{timezone.localtime(entry.made_at):%d/%m/%Y %H:%M}",
            entry.get_kind_display(),
            line.description if line else "",
            line.order.reference if line else "",
            entry.reason,
        )
        # Amounts below zero are figures, not formulas.
        writer.writerow([*map(neutralised, cells), entry.amount, entry.balance_after])
    return "\ufeff" + file.getvalue()
