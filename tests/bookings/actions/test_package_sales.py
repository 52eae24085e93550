"""A package pressed twice at the same moment is sold once, with one order and one draft."""

from datetime import date
from decimal import Decimal
from uuid import uuid4

import pytest

from bookings.actions import package_sales
from bookings.models import Invoice, Order, Package
from tests.makers import NOW
from tests.sales import finance, school
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)


@pytest.mark.parametrize(("price", "orders"), [(Decimal(450), 1), (Decimal(0), 0)])
def test_sell_pressed_at_once_sells_one(price, orders):
    buyer, seller, key = school(), finance(), uuid4()

    sold = at_once(
        *[
            lambda: package_sales.sell(
                organisation=buyer, unit="MONEY", amount=Decimal(500), price=price, starts_on=date(2026, 9, 1),
                ends_on=date(2027, 8, 31), treatment="EXEMPT", by=seller, now=NOW, key=key,
            )
        ]
        * 4
    )  # fmt: skip

    assert {each.pk for each in sold} == {Package.objects.get().pk}
    assert (Order.objects.count(), Invoice.objects.count()) == (orders, orders)
