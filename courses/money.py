"""Sums of money: pounds to the penny, rounded half up; VAT on a net amount; net, VAT and gross together."""

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

PENNY = Decimal("0.01")
NOTHING = Decimal("0.00")


def to_the_penny(amount: Decimal) -> Decimal:
    """Return the amount in whole pennies. Half a penny goes up, and of a credit down, so that it undoes its invoice."""
    return amount.quantize(PENNY, rounding=ROUND_HALF_UP)


def vat_on(*, net: Decimal, percent: Decimal) -> Decimal:
    """Return the VAT on one line. Invoices round line by line and add up what is printed."""
    return to_the_penny(net * percent / 100)


@dataclass(frozen=True)
class Amounts:
    """What a line, or a sum of lines, comes to. The gross is never kept apart, so the three always agree."""

    net: Decimal = NOTHING
    vat: Decimal = NOTHING

    @property
    def gross(self) -> Decimal:
        return self.net + self.vat

    @classmethod
    def with_vat(cls, *, net: Decimal, percent: Decimal) -> "Amounts":
        net = to_the_penny(net)
        return cls(net=net, vat=vat_on(net=net, percent=percent))

    @classmethod
    def sum(cls, lines: Iterable["Amounts"]) -> "Amounts":
        lines = list(lines)
        return cls(sum((line.net for line in lines), NOTHING), sum((line.vat for line in lines), NOTHING))
