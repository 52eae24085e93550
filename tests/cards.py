"""Orders that are paid by card, for tests: made up to the payment, ended at the stand-in, and added up."""

from datetime import timedelta
from decimal import Decimal

import requests
from django.db.models import F, Sum

from accounts.models import OutboundEmail
from bookings import invariants
from bookings.actions import baskets, capacity, card_payments, orders, settlement
from bookings.actions.orders import Paying
from bookings.eligibility import Answers, bookable_events
from bookings.group_eligibility import Colleague
from bookings.models import CardMessage, GroupBooking, Invoice, Order, OrderLine, Payment
from bookings.models.order import LineState, PaymentMethod
from bookings.models.payment import PaymentState, RefundState
from courses.models import Event, Strand
from tests import cast
from tests.makers import NOW, make_course, make_event, make_vat_rate

SAM = Colleague(full_name="Sam Ellis", email="sam@school.example")
BACK = "https://portal.example/pay/back/"
MINUTE = timedelta(minutes=1)


def contact_of(name="Millrace Academy", person="Carol Booker"):
    organisation = cast.make_organisation(name, sector="school_academy")
    return cast.make_person(person, organisation, membership="BOOKING_CONTACT"), organisation


def traded(title="Restorative practice", **fields):
    make_vat_rate()
    return make_event(make_course(title, strands=[Strand.TRADED]), **fields)


def basket(event, *, places=2, named=(), now=NOW, who=None):
    contact, organisation = who or contact_of()
    order = baskets.basket_of(organisation=organisation, contact=contact.practitioner, by=contact, now=now)
    baskets.add(
        order_id=order.pk,
        event=bookable_events().get(pk=event.pk),
        colleagues=named,
        places_unnamed=places - len(named),
        now=now,
    )
    return order


def place(order, *, now=NOW, method=PaymentMethod.CARD):
    return orders.place(
        order_id=order.pk,
        paying=Paying(method=method, po_number="" if method == PaymentMethod.CARD else "PO-1"),
        total_shown=None,
        answers=Answers(has_managers_agreement=True),
        by=order.contact.user,
        now=now,
        takes_cards=True,
    )


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


def settle(now=NOW):
    for line_id in OrderLine.objects.to_settle().values_list("pk", flat=True):
        settlement.settle(line_id=line_id, now=now)


def give_back(line, *, now=NOW):
    """One place of an order that never had a name goes back, and what is owed follows."""
    OrderLine.objects.filter(pk=line.pk).update(given_back_at=now, is_to_settle=True)
    GroupBooking.objects.filter(order_lines=line).update(
        places_unnamed=F("places_unnamed") - 1, places_released=F("places_released") + 1
    )
    Event.objects.filter(pk=line.event_id).update(places_taken=F("places_taken") - 1)
    settle(now)


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
    """Every sum agrees, here and at the provider, and nobody has paid without a place or their money back."""
    for payment in Payment.objects.select_related("order"):
        used = payment.allocations.aggregate(sum=Sum("amount"))["sum"] or 0
        back = payment.refunds.aggregate(sum=Sum("amount"))["sum"] or 0
        assert (payment.amount_allocated, payment.amount_refunded) == (used, back)
        if payment.state == PaymentState.SUCCEEDED and payment.handled_at:
            assert payment.amount_left == 0
            assert payment.order.is_sold or back == payment.amount
        if everything_ended:
            assert payment.is_finished
            assert payment.handled_at or payment.state == PaymentState.FAILED
        if pay and payment.provider_id:
            gone = payment.refunds.filter(state__in=[RefundState.SENT, RefundState.SUCCEEDED])
            assert sorted(refunds_at_provider(pay, payment)) == sorted(gone.values_list("amount", flat=True))
    for invoice in Invoice.objects.all():
        assert invoice.amount_paid == (invoice.allocations.aggregate(sum=Sum("amount"))["sum"] or 0)
        assert invoice.outstanding >= 0
    for line in OrderLine.objects.filter(order__payment_method=PaymentMethod.CARD, sold_at__isnull=False, net__gt=0):
        assert line.state in (LineState.INVOICED, LineState.REFUNDED)
        assert line.invoice_lines.filter(is_live=True).exists() == (line.state == LineState.INVOICED)
    for event in Event.objects.all():
        assert event.places_taken == capacity.count_places(event_id=event.pk)
    assert invariants.breaches(now=now) == []


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
