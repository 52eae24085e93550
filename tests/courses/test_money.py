"""Money: half a penny goes up, VAT is rounded line by line, and a credit undoes its invoice to the penny."""

from decimal import Decimal

import pytest

from courses.money import Amounts, to_the_penny, vat_on


@pytest.mark.parametrize(
    ("amount", "pennies"),
    [
        ("0.005", "0.01"),
        ("0.0049", "0.00"),
        # Half to even, the usual way of computers, gives 0.02 and 2.66 here.
        ("0.025", "0.03"),
        ("2.665", "2.67"),
        ("16.665", "16.67"),
        ("-0.005", "-0.01"),
        ("95", "95.00"),
        ("123456.785", "123456.79"),
    ],
)
def test_to_the_penny_rounds_half_up(amount, pennies):
    assert str(to_the_penny(Decimal(amount))) == pennies


@pytest.mark.parametrize(
    ("net", "percent", "vat"),
    [
        ("12.53", "20", "2.51"),
        ("12.52", "20", "2.50"),
        # 0.025, which would be 0.02 if halves went to the even penny.
        ("0.125", "20", "0.03"),
        ("0.02", "20", "0.00"),
        ("450.00", "20", "90.00"),
        ("0.20", "17.5", "0.04"),
        ("99.99", "0", "0.00"),
        ("-12.53", "20", "-2.51"),
    ],
)
def test_vat_on_a_net_amount(net, percent, vat):
    assert str(vat_on(net=Decimal(net), percent=Decimal(percent))) == vat


def test_amounts_agree_with_each_other_after_rounding():
    line = Amounts.with_vat(net=Decimal("12.525"), percent=Decimal("20"))
    assert (line.net, line.vat, line.gross) == (Decimal("12.53"), Decimal("2.51"), Decimal("15.04"))


def test_a_sum_adds_what_each_line_prints_and_is_not_rounded_anew():
    lines = [Amounts.with_vat(net=Decimal("0.13"), percent=Decimal("20")) for _ in range(3)]
    total = Amounts.sum(lines)
    # 3 x 0.03; the VAT on 0.39 as one line would be 0.08.
    assert (total.net, total.vat, total.gross) == (Decimal("0.39"), Decimal("0.09"), Decimal("0.48"))
    assert vat_on(net=total.net, percent=Decimal("20")) == Decimal("0.08")


def test_a_credit_takes_the_line_back_whole():
    line = Amounts.with_vat(net=Decimal("0.125"), percent=Decimal("20"))
    credit = Amounts.with_vat(net=-line.net, percent=Decimal("20"))
    assert Amounts.sum([line, credit]) == Amounts()


def test_a_sum_of_nothing_is_nothing():
    assert Amounts.sum(iter([])).gross == Decimal("0.00")
