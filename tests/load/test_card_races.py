"""Two processes that honour one card payment at the same moment: without the row locks its places are written twice."""

import os

import pytest

from bookings import govuk_pay
from bookings.actions import card_payments
from bookings.models import GroupBooking, Invoice
from tests.cards import begun, money_is_right
from tests.load.live import own_database
from tests.makers import NOW
from tests.sales import traded
from tests.sizes import size

pytestmark = pytest.mark.soak

ROUNDS = size(3, 50)


@pytest.fixture(autouse=True)
def database(django_db_setup, django_db_blocker):
    with own_database(django_db_blocker, f"card_races_{os.getpid()}"):
        yield


def honour(payment_id):
    card_payments.honour(payment_id=payment_id, now=NOW)
    return "honoured"


def heard_of(pay, number=0):
    """A payment of which we have heard that it succeeded, and done nothing yet."""
    _, payment = begun(traded(f"Course {number}"))
    pay.end(payment.provider_id)
    card_payments.hear(payment_id=payment.pk, answer=govuk_pay.get_payment(payment.provider_id), now=NOW)
    return payment


def test_one_payment_is_honoured_twice_without_the_locks(hands, pay):
    payment = heard_of(pay)

    hands.race((honour, payment.pk), (honour, payment.pk), gate=["bookings_order"], is_guarded=False)

    assert GroupBooking.objects.count() == 2


def test_one_payment_is_honoured_once(hands, pay):
    for number in range(1, ROUNDS + 1):
        payment = heard_of(pay, number)

        said = hands.race((honour, payment.pk), (honour, payment.pk), gate=["bookings_order"])

        assert said == ["honoured", "honoured"]
        assert GroupBooking.objects.count() == Invoice.objects.count() == number
    money_is_right(pay, now=NOW)
