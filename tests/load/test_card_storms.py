"""Whoever notices a card payment first, as often as they like, whatever dies: one order, one invoice, or all of it back."""

import os
import random
from collections import Counter
from contextlib import suppress
from functools import partial

import pytest
import time_machine
from django.test import Client

from bookings.actions import baskets, card_payments
from bookings.actions.capacity import BookingRefused
from bookings.actions.card_payments import PaymentAway
from bookings.models import GroupBooking, Invoice, Order, Payment, Refund
from bookings.models.payment import PaymentState, RefundState
from bookings.sweeps import money
from tests.cards import (
    MINUTE,
    basket,
    begun,
    give_back,
    letters,
    look,
    money_is_right,
    paid,
    payer,
    place,
    refunds_at_provider,
    send_message,
)
from tests.life.city import PowerCut, power_cut_after
from tests.load.live import own_database
from tests.makers import NOW
from tests.sales import BY_INVOICE, school, traded
from tests.sizes import size
from tests.threads import at_once

pytestmark = pytest.mark.soak

STORMS, INTERLEAVINGS, EVERY_QUESTION = size(6, 1000), size(25, 500), size(23, 1)
EACH = 5
TOGETHER = 4


@pytest.fixture(autouse=True)
def database(django_db_setup, django_db_blocker):
    with own_database(django_db_blocker, f"cards_{os.getpid()}"), time_machine.travel(NOW, tick=False):
        yield


def sweep(minutes=0):
    with time_machine.travel(NOW + minutes * MINUTE, tick=False):
        money.let_go_held_places()
        money.look_at_card_payments()
        money.send_refunds()


def in_any_order(deeds, chance):
    """A few at a time, in threads."""
    chance.shuffle(deeds)
    while deeds:
        together, deeds = deeds[:TOGETHER], deeds[TOGETHER:]
        for said in at_once(*together):
            assert not isinstance(said, Exception) or isinstance(said, (PaymentAway, BookingRefused)), said


# --- The storm --------------------------------------------------------------------------------------------


def noticed(pay, payment, client):
    """Everybody who notices a payment, five times each."""
    [about, *_] = messages = [each for each in pay.messages() if each["payment_id"] == payment.provider_id]
    webhook = [partial(send_message, Client(), messages[number % len(messages)]) for number in range(EACH)]
    back = [partial(client.get, f"/pay/back/{payment.idempotency_key}/") for _ in range(EACH)]
    swept = [partial(sweep, 3) for _ in range(EACH)]
    asked = [partial(card_payments.look, payment_id=payment.pk, now=NOW) for _ in range(EACH)]
    assert about["signature"]
    return [*webhook, *back, *swept, *asked]


def test_messages_returns_and_sweeps_in_any_order_make_one_of_everything(pay, figures):
    chance = random.Random(20)
    client = Client()
    client.force_login(payer())
    event = traded(capacity=None)
    for number in range(1, STORMS + 1):
        order, payment = begun(event)
        pay.end(payment.provider_id)

        in_any_order(noticed(pay, payment, client), chance)

        order.refresh_from_db()
        assert order.is_sold
        assert GroupBooking.objects.count() == Invoice.objects.count() == number
        assert letters("invoice_issued") == letters("order_confirmed") == number
        assert Payment.objects.filter(handled_at__isnull=False).count() == number
    assert list(Invoice.objects.order_by("pk").values_list("number_in_series", flat=True)) == [*range(1, STORMS + 1)]
    money_is_right(pay)
    figures(f"{STORMS} payments, each noticed {4 * EACH} times: {STORMS} orders, receipts and invoices, none twice")


# --- Paid while the hold ends and the place is resold -------------------------------------------------------


def end_at_pay(pay, payment):
    """At minute 89 the payer presses Pay, unless the payment has ended."""
    pay.ask("POST", f"/control/payments/{payment.provider_id}/pay")


def rivals_baskets(event, count):
    """Of other schools, each with one place of the date."""
    return [basket(event, places=1, who=school(f"Rival School {number}")) for number in range(count)]


def rival_takes(order):
    with suppress(BookingRefused):
        place(order, paying=BY_INVOICE)


def empty_baskets():
    for order in Order.objects.baskets():
        baskets.take_out(order_id=order.pk, line_ids=list(order.lines.values_list("pk", flat=True)), now=NOW)


def let_go(pay, fails):
    pay.switch(fail_requests=fails)
    money.let_go_held_places()


def test_nobody_pays_without_a_place_or_their_money_back(pay, figures):
    chance = random.Random(89)
    became = Counter()
    for number in range(INTERLEAVINGS):
        event = traded(f"Course {number}", capacity=2)
        rivals = rivals_baskets(event, chance.randint(1, 3))
        order, payment = begun(event)
        Order.objects.filter(pk=order.pk).update(held_until=NOW + 89 * MINUTE)
        deeds = [
            partial(end_at_pay, pay, payment),
            *[partial(let_go, pay, chance.choice([0, 1, 1, 2, 3])) for _ in range(chance.randint(1, 3))],
            *[partial(rival_takes, rival) for rival in rivals],
            *[partial(card_payments.look, payment_id=payment.pk, now=NOW) for _ in range(chance.randint(0, 2))],
        ]
        with time_machine.travel(NOW + 89 * MINUTE, tick=False):
            in_any_order(deeds, chance)
        pay.switch(fail_requests=0)
        for minutes in (92, 95, 101, 110):
            sweep(minutes)

        payment.refresh_from_db()
        order.refresh_from_db()
        event.refresh_from_db()
        back = refunds_at_provider(pay, payment)
        assert event.places_taken <= 2
        if payment.state == PaymentState.SUCCEEDED:
            assert (order.is_sold, back) in [(True, []), (False, [payment.amount])]
        else:
            assert (payment.state, order.is_sold, back) == (PaymentState.FAILED, False, [])
        became["honoured" if order.is_sold else "paid back" if back else "not paid"] += 1
        empty_baskets()
    money_is_right(pay)
    assert set(became) == {"honoured", "paid back", "not paid"} or INTERLEAVINGS < 100
    figures(f"{INTERLEAVINGS} interleavings: {dict(became)}; paid without a place or the money back: 0")


# --- Dead at every step -----------------------------------------------------------------------------------


def dead_at_every_question(deed_of, check):
    """Do the deed anew, stopped at a later question to the database each time, until one is not stopped."""
    cut = 0
    while True:
        deed, facts = deed_of(cut)
        try:
            with power_cut_after(cut):
                deed()
            return cut
        except PowerCut:
            check(*facts)
        cut += EVERY_QUESTION


def test_dead_at_any_step_of_honouring_loses_nothing_and_does_nothing_twice(pay, figures):
    event = traded(capacity=None)

    def a_payment_that_succeeded(cut):
        order, payment = begun(event)
        pay.end(payment.provider_id)
        return partial(card_payments.look, payment_id=payment.pk, now=NOW), (order,)

    def it_is_finished_by_the_sweep(order):
        sweep(3)
        sweep(4)
        order.refresh_from_db()
        assert order.is_sold
        assert GroupBooking.objects.count() == Invoice.objects.count() == letters("invoice_issued")
        money_is_right(pay)

    questions = dead_at_every_question(a_payment_that_succeeded, it_is_finished_by_the_sweep)
    figures(f"stopped before each of {questions} questions to the database, every {EVERY_QUESTION}. tried")
    money_is_right(pay)


def test_dead_at_any_step_of_paying_back_pays_back_once(pay):
    def a_payment_that_came_too_late(cut):
        event = traded(f"Course {cut}", capacity=2)
        order, payment = begun(event)
        Order.objects.filter(pk=order.pk).update(held_until=NOW)
        card_payments.let_places_go(order_id=order.pk, now=NOW)
        for rival in rivals_baskets(event, 1):
            rival_takes(rival)
        pay.end(payment.provider_id)
        return partial(look, payment), (payment,)

    def all_of_it_goes_back(payment):
        sweep(3)
        sweep(9)
        payment.refresh_from_db()
        assert refunds_at_provider(pay, payment) == [payment.amount]
        money_is_right(pay)

    dead_at_every_question(a_payment_that_came_too_late, all_of_it_goes_back)


def test_dead_at_any_step_of_a_refund_sends_it_once(pay):
    def a_refund_that_is_owed(cut):
        _, payment = paid(pay, traded(f"Course {cut}"))
        give_back(payment.order.lines.first())
        refund = Refund.objects.get(payment=payment)
        return partial(card_payments.send_refund, refund_id=refund.pk, now=NOW), (payment, refund)

    def it_arrives_once(payment, refund):
        for minutes in (6, 17, 33):
            sweep(minutes)
        refund.refresh_from_db()
        assert refund.state == RefundState.SUCCEEDED
        assert refunds_at_provider(pay, payment) == [refund.amount]

    dead_at_every_question(a_refund_that_is_owed, it_arrives_once)
    money_is_right(everything_ended=False)
