"""Orders that are paid by card, for tests: made up to the payment, ended at the stand-in, and added up."""

from datetime import timedelta
from decimal import Decimal

import requests
from django.db.models import F

from accounts.models import OutboundEmail
from bookings import invariants
from bookings.actions import card_payments
from bookings.actions.orders import Paying
from bookings.models import CardMessage, GroupBooking, Invoice, Order, OrderLine, Payment
from bookings.models.order import PaymentMethod
from bookings.models.payment import PaymentState, RefundState
from courses.models import Event
from tests import sales
from tests.makers import NOW
from tests.sales import school, settle_all, traded, what_is_wrong

BY_CARD = Paying(method=PaymentMethod.CARD)
BACK = "https://portal.example/pay/back/"
MINUTE = timedelta(minutes=1)


def payer(organisation=None):
    """The account of whoever buys for an organisation."""
    return sales.contact_of(organisation or school())


def basket(event, *, places=2, named=(), now=NOW, who=None):
    return sales.basket((event, named, places - len(named)), organisation=who, now=now)


def place(order, *, now=NOW, paying=BY_CARD):
    return sales.place(order, paying, now=now, takes_cards=True)


def payment_of(order):
    return Payment.objects.select_related("order").filter(order=order).latest("pk")


def open_page(payment, *, now=NOW):
    return card_payments.open_page(payment_id=payment.pk, return_url=BACK, now=now)


def begun(event=None, *, now=NOW, **fields):
    """An order that waits for its card payment, and the payment, whose page was opened."""
    order = place(basket(event or traded(), now=now, **fields), now=now)
    payment = payment_of(order)
    open_page(payment, now=now)
    payment.refresh_from_db()
    return order, payment


def paid(pay, event=None, **fields):
    """The same, paid and honoured."""
    order, payment = begun(event, **fields)
    pay.end(payment.provider_id)
    look(payment)
    order.refresh_from_db()
    return order, payment


def look(payment, *, now=NOW):
    seen = card_payments.look(payment_id=payment.pk, now=now)
    payment.refresh_from_db()
    return seen


def hand_back(line, *, now=NOW):
    """One place of an order that never had a name goes back."""
    OrderLine.objects.filter(pk=line.pk).update(given_back_at=now, is_to_settle=True)
    GroupBooking.objects.filter(order_lines=line).update(
        places_unnamed=F("places_unnamed") - 1, places_released=F("places_released") + 1
    )
    Event.objects.filter(pk=line.event_id).update(places_taken=F("places_taken") - 1)


def give_back(line, *, now=NOW):
    """The same, and what is owed follows."""
    hand_back(line, now=now)
    settle_all(now=now)


def send_message(client, message, **changed):
    """Post a message as the provider does."""
    signature = changed.get("signature", message["signature"])
    return client.post(
        "/pay/webhook/", changed.get("body", message["body"]), "application/json", headers={"Pay-Signature": signature}
    )


def letters(name):
    return OutboundEmail.objects.filter(letter=f"bookings/{name}").count()


def refunds_at_provider(pay, payment):
    said = pay.ask("GET", f"/v1/payments/{payment.provider_id}/refunds")
    assert said.status_code == requests.codes.ok
    return [Decimal(each["amount"]) / 100 for each in said.json()["_embedded"]["refunds"] if each["status"] != "error"]


def money_is_right(pay=None, *, now=NOW, everything_ended=True):
    """Every rule holds, here and at the provider, and nobody has paid without a place or their money back."""
    assert what_is_wrong(now=now) == {}
    assert invariants.breaches(now=now) == []
    for payment in Payment.objects.select_related("order"):
        if payment.handled_at:
            assert payment.order.is_sold or payment.amount_refunded == payment.amount
        elif everything_ended:
            assert payment.state == PaymentState.FAILED
        if pay and payment.provider_id:
            gone = payment.refunds.filter(state__in=[RefundState.SENT, RefundState.SUCCEEDED])
            assert sorted(refunds_at_provider(pay, payment)) == sorted(gone.values_list("amount", flat=True))


def counts():
    """Orders sold, payments handled, receipts, confirmations, invoices, messages kept."""
    return {
        "sold": Order.objects.filter(state__in=["CONFIRMED", "FULFILLED", "CLOSED"]).count(),
        "handled": Payment.objects.filter(handled_at__isnull=False).count(),
        "receipts": letters("invoice_issued"),
        "confirmations": letters("order_confirmed"),
        "invoices": Invoice.objects.issued().count(),
        "messages": CardMessage.objects.count(),
    }
