"""Packages: granted, drawn from and given back; every movement is a row of the ledger that is never changed.

The trigger of the ledger adds each movement to the package's balance, and a constraint forbids it to fall below
nothing; so whoever draws waits for whoever draws now, and the second finds what is left.
"""

from contextlib import suppress
from datetime import date, datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import Organisation, User
from bookings import emails
from bookings.models import OrderLine, Package, PackageLedgerEntry
from courses.money import NOTHING
from courses.references import new_reference

Kind = PackageLedgerEntry.Kind


class PackageRefused(Exception):
    """The movement cannot be made; the words say why."""


class NotEnoughLeft(PackageRefused):
    """Somebody else drew from the package a moment ago, or the course costs more than is left."""


@transaction.atomic
def grant(
    *,
    organisation: Organisation,
    unit: str,
    amount: Decimal,
    price: Decimal,
    starts_on: date,
    ends_on: date,
    by: User | None,
    now: datetime,
    order_line: OrderLine | None = None,
    note: str = "",
    key: UUID | None = None,
) -> Package:
    """Give an organisation a package for a contract year; `amount` is in pounds or days, as `unit` says.

    The same form sent twice grants one. Raises PackageRefused.
    """
    granted = PackageLedgerEntry.objects.select_related("package").filter(form_key=key).first() if key else None
    if granted:
        return granted.package
    if amount <= 0:
        raise PackageRefused("A package holds more than nothing: write how many pounds or days.")
    if ends_on <= starts_on:
        raise PackageRefused("The last day of the package comes after its first.")
    package = Package.objects.create(
        reference=new_reference("P"),
        organisation=organisation,
        unit=unit,
        starts_on=starts_on,
        ends_on=ends_on,
        price=price,
        order_line=order_line,
        created_at=now,
        created_by=by,
        note=note,
    )
    _enter(package, Kind.GRANTED, amount, now=now, by=by, form_key=key)
    record(by=by, verb="package.grant", subject=f"package:{package.pk}", now=now, amount=str(amount))
    package.refresh_from_db()
    emails.package_granted(package=package, now=now)
    return package


@transaction.atomic
def adjust(*, package_id: int, amount: Decimal, reason: str, by: User, now: datetime, key: UUID) -> Package:
    """Put a balance right by hand, for a reason that the statement shows. Raises PackageRefused.

    The same form sent twice adjusts once.
    """
    reason = reason.strip()
    if not reason:
        raise PackageRefused("Say why the package is put right. Its statement shows it.")
    if not amount:
        raise PackageRefused("Write by how much: 50 to add, -50 to take away.")
    package = Package.objects.select_for_update(of=("self",)).get(pk=package_id)
    if PackageLedgerEntry.objects.filter(package=package, form_key=key).exists():
        return package
    if package.balance + amount < 0:
        raise NotEnoughLeft(f"Only {package.balance} is left, so so much cannot be taken away.")
    _enter(package, Kind.ADJUSTED, amount, now=now, by=by, reason=reason, form_key=key)
    record(by=by, verb="package.adjust", subject=f"package:{package.pk}", now=now, amount=str(amount), reason=reason)
    package.refresh_from_db()
    return package


def reserve(*, package: Package, line: OrderLine, now: datetime, by: User | None) -> None:
    """Keep what a line takes. Raises NotEnoughLeft; the caller's transaction is lost with it."""
    if not line.package_amount:
        return
    try:
        with transaction.atomic():
            _enter(package, Kind.RESERVED, -line.package_amount, now=now, by=by, line=line)
    except IntegrityError as error:
        raise NotEnoughLeft("Not enough is left in the package any more.") from error


def use(*, line: OrderLine, now: datetime, reason: str) -> None:
    """Turn what was kept for a line into what was used. Doing it again changes nothing. Raises NotEnoughLeft.

    What was given back before (a charge that was waived, and then was not) is drawn anew.
    """
    amount, kind = _drawn(line)
    if kind == Kind.USED or not line.package_amount:
        return
    package = _package_of(line)
    if amount:
        _enter(package, Kind.RELEASED, amount, now=now, line=line, reason=reason)
    try:
        with transaction.atomic():
            _enter(package, Kind.USED, -line.package_amount, now=now, line=line, reason=reason)
    except IntegrityError as error:
        raise NotEnoughLeft("Not enough is left in the package any more.") from error


def release(*, line: OrderLine, now: datetime, reason: str) -> None:
    """Give back what was kept for a line, or used for it where that was put right since."""
    amount, _ = _drawn(line)
    if amount:
        _enter(_package_of(line), Kind.RELEASED, amount, now=now, line=line, reason=reason)


def keep_again(*, line: OrderLine, now: datetime) -> None:
    """What was used, or given back, is kept again, because it is no longer sure whether it is needed.

    Where the package has too little left by now, nothing is kept: what is owed in the end is invoiced.
    """
    amount, kind = _drawn(line)
    if kind == Kind.RESERVED or not line.package_amount:
        return
    package = _package_of(line)
    if amount:
        _enter(package, Kind.RELEASED, amount, now=now, line=line, reason="Looked at again")
    with suppress(IntegrityError), transaction.atomic():
        _enter(package, Kind.RESERVED, -line.package_amount, now=now, line=line, reason="Looked at again")


@transaction.atomic
def expire(*, package_id: int, now: datetime) -> bool:
    """Let what is left go when the contract year is over; tell whether anything was. Harmless twice."""
    over = Package.objects.over(timezone.localtime(now).date()).select_for_update(of=("self",))
    package = over.filter(pk=package_id).first()
    if package is None:
        return False
    _enter(package, Kind.EXPIRED, -package.balance, now=now, reason="The contract year is over")
    return True


def _enter(
    package: Package,
    kind: str,
    amount: Decimal,
    *,
    now: datetime,
    by: User | None = None,
    line: OrderLine | None = None,
    reason: str = "",
    form_key: UUID | None = None,
) -> None:
    PackageLedgerEntry.objects.create(
        package=package,
        kind=kind,
        amount=amount,
        order_line=line,
        reason=reason[:300],
        made_at=now,
        made_by=by,
        form_key=form_key,
    )


def _package_of(line: OrderLine) -> Package:
    package = line.order.package
    if package is None:
        raise PackageRefused("This order does not draw from a package.")
    return package


def _drawn(line: OrderLine) -> tuple[Decimal, str]:
    """What a line has drawn as things stand, and whether that is kept or used; nothing where all was given back."""
    entries = list(line.package_entries.order_by("pk").values_list("kind", "amount"))
    amount = -sum((each for _, each in entries), NOTHING)
    if not amount:
        return NOTHING, ""
    return amount, next(kind for kind, _ in reversed(entries) if kind in (Kind.RESERVED, Kind.USED))
