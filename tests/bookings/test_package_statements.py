"""Statements of packages: figures that always add up to what is left, and the file with the balance after each movement."""

import csv
import io
from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from bookings.actions import packages
from bookings.models import OrderLine, Package
from bookings.models.order import PaymentMethod
from bookings.package_statements import COLUMNS, figures_of, package_csv, rows_of
from courses.money import NOTHING
from tests.makers import NOW
from tests.money import order_of
from tests.sales import finance, make_package

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


def a_line(package, amount):
    order = order_of(
        ("A place", "95"), organisation=package.organisation, method=PaymentMethod.PACKAGE, package=package
    )
    line = order.lines.get()
    line.package_amount = Decimal(amount)
    line.save(update_fields=["package_amount"])
    line.order = order
    return line


def keep(package, line):
    packages.reserve(package=package, line=line, now=NOW, by=None)


def use(package, line):
    packages.use(line=line, now=NOW, reason="Attended")


def give_back(package, line):
    packages.release(line=line, now=NOW, reason="Cancelled")


def look_again(package, line):
    packages.keep_again(line=line, now=NOW)


# What happens to one place of £95 in a package of £500, and what stands as kept and as used afterwards.
DRAWN = [
    ([], "0", "0"),
    ([keep], "95", "0"),
    ([keep, use], "0", "95"),
    ([keep, use, use], "0", "95"),
    ([keep, give_back], "0", "0"),
    ([keep, give_back, give_back], "0", "0"),
    ([keep, use, give_back], "0", "0"),
    ([keep, use, look_again], "95", "0"),
    ([keep, use, look_again, use], "0", "95"),
    ([keep, use, give_back, use], "0", "95"),
    ([keep, give_back, keep], "95", "0"),
]


@pytest.mark.parametrize(("deeds", "kept", "used"), DRAWN)
def test_figures_follow_a_place_from_kept_to_used_and_back(deeds, kept, used):
    package = make_package("500")
    line = a_line(package, "95")
    for do in deeds:
        do(package, line)

    package.refresh_from_db()
    figures = figures_of(package)

    assert (figures.bought, figures.expired) == (Decimal("500"), NOTHING)
    assert (figures.kept, figures.used) == (Decimal(kept), Decimal(used))
    assert figures.left == figures.bought - figures.kept - figures.used


def test_figures_of_a_year_add_up_with_what_was_put_right_and_what_expired():
    package = make_package("10", unit=Package.Unit.DAYS)
    half, whole, waived = a_line(package, "0.5"), a_line(package, "1"), a_line(package, "1")
    for line in (half, whole, waived):
        keep(package, line)
    use(package, half)
    give_back(package, waived)
    for amount in ("-2", "0.5"):
        packages.adjust(
            package_id=package.pk, amount=Decimal(amount), reason="Agreed", by=finance(), now=NOW, key=uuid4()
        )
    packages.expire(package_id=package.pk, now=NOW.replace(year=2027, month=9))

    package.refresh_from_db()
    figures = figures_of(package)

    assert (figures.bought, figures.kept, figures.used) == (Decimal("8.5"), Decimal("1"), Decimal("0.5"))
    assert (figures.expired, figures.left) == (Decimal("7"), NOTHING)
    assert figures.left == figures.bought - figures.kept - figures.used - figures.expired


# The last day of a package is 31 August 2027: what is left is used until the end of that day.
EXPIRES = [(date(2027, 8, 30), False), (date(2027, 8, 31), False), (date(2027, 9, 1), True)]


@pytest.mark.parametrize(("day", "is_over"), EXPIRES)
def test_what_is_left_expires_on_the_day_after_the_last(day, is_over):
    package = make_package("100")

    packages.expire(package_id=package.pk, now=NOW.replace(year=day.year, month=day.month, day=day.day))

    package.refresh_from_db()
    assert figures_of(package).expired == (Decimal("100") if is_over else NOTHING)


def test_rows_carry_the_balance_after_each_and_the_file_says_the_same():
    package = make_package("200")
    line = a_line(package, "95")
    keep(package, line)
    use(package, line)
    packages.adjust(package_id=package.pk, amount=Decimal("-5"), reason="=1+1", by=finance(), now=NOW, key=uuid4())
    other = make_package("7")
    assert [row.balance_after for row in rows_of(other)] == [Decimal("7")]

    head, *said = csv.reader(io.StringIO(package_csv(package).removeprefix("\ufeff")))

    assert tuple(head) == COLUMNS
    order = OrderLine.objects.get().order.reference
    assert [row[1:] for row in said] == [
        ["bought", "", "", "", "200.00", "200.00"],
        ["kept for a place", "A place", order, "", "-95.00", "105.00"],
        ["no longer kept", "A place", order, "Attended", "95.00", "200.00"],
        ["used", "A place", order, "Attended", "-95.00", "105.00"],
        ["put right by hand", "", "", "'=1+1", "-5.00", "100.00"],
    ]
    assert said[0][0] == "21/11/2026 10:00"
    package.refresh_from_db()
    assert package.balance == Decimal(said[-1][-1])
