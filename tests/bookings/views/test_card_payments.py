"""Paying by card as the payer sees it, over HTTP with the stand-in; and the messages of the card service."""

import hashlib
import hmac
import json
import uuid

import pytest
from django.template.loader import render_to_string

from bookings.models import Booking, CardMessage, Order, Payment, Refund
from bookings.models.order import OrderState
from bookings.tasks import look_at_card_payment
from courses.models import Event
from tests import cast
from tests.cards import (
    basket,
    begun,
    counts,
    give_back,
    money_is_right,
    paid,
    payer,
    payment_of,
    place,
    send_message,
)
from tests.makers import NOW
from tests.pay_stand_in import SECRET
from tests.sales import BY_INVOICE, school, traded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]


@pytest.fixture
def carol(client):
    client.force_login(payer())
    return client


def begin_url(order):
    return f"/organisation/orders/{order.reference}/pay/"


def back_url(payment):
    return f"/pay/back/{payment.idempotency_key}/"


def go_on(client, order):
    """Press the button; the address of the card page."""
    answer = client.post(begin_url(order), {"do": "pay"})
    assert answer.status_code == 302, answer.content.decode()
    return answer.url


def come_back(client, answered):
    """Follow the card page's answer back to the portal."""
    assert answered.status_code == 303
    return client.get("/" + answered.headers["Location"].split("/", 3)[3])


# --- The journey ----------------------------------------------------------------------------------------


def test_payer_goes_to_the_card_page_and_comes_back_to_their_places(carol, pay):
    order = place(basket(traded()))
    page = carol.get(begin_url(order))
    assert "Pay £190.00 by card" in page.content.decode()

    back = come_back(carol, pay.fill_in(go_on(carol, order)))

    text = back.content.decode()
    assert "You have paid £190.00" in text
    assert "card ending 4242" in text
    assert Order.objects.get().is_sold
    assert "You have paid" in carol.get(back.request["PATH_INFO"]).content.decode()
    assert carol.post(begin_url(order), {"do": "pay"}).url == back_url(payment_of(order))
    assert counts() == {"sold": 1, "handled": 1, "receipts": 1, "confirmations": 1, "invoices": 1, "messages": 0}
    money_is_right(pay)


def test_no_reference_of_the_order_is_in_the_address_to_come_back_to(carol, pay):
    order = place(basket(traded()))
    go_on(carol, order)
    payment = payment_of(order)
    said = pay.ask("GET", f"/v1/payments/{payment.provider_id}").json()
    assert said["return_url"].endswith(back_url(payment))
    assert order.reference not in said["return_url"]
    assert payment.reference not in said["return_url"]


@pytest.mark.parametrize(
    ("card", "words"),
    [("4000000000000002", "The card was declined"), ("4000000000000119", "Something went wrong at the bank")],
)
def test_declined_payer_is_told_and_has_the_basket_with_its_places(carol, pay, card, words):
    event = traded()
    order = place(basket(event))

    back = come_back(carol, pay.fill_in(go_on(carol, order), card=card))

    text = back.content.decode()
    assert words in text
    assert "No money was taken" in text
    assert "We keep your places until 10:15am" in text
    assert Order.objects.get().state == OrderState.BASKET
    event.refresh_from_db()
    assert event.places_taken == 2
    money_is_right(pay)


def test_payer_who_cancels_is_told_that_nothing_was_taken(carol, pay):
    order = place(basket(traded()))
    back = come_back(carol, pay.fill_in(go_on(carol, order), do="cancel"))
    assert "You cancelled the payment" in back.content.decode()
    money_is_right(pay)


def test_payer_who_comes_back_too_early_is_asked_to_wait_and_can_go_on(carol, pay):
    order = place(basket(traded()))
    go_on(carol, order)

    page = carol.get(back_url(payment_of(order))).content.decode()

    assert "Your payment is being checked" in page
    assert begin_url(order) in page
    assert pay.fill_in(go_on(carol, order)).status_code == 303
    assert "You have paid" in carol.get(back_url(payment_of(order))).content.decode()


def test_payer_who_comes_back_while_pay_is_away_is_told_so(carol, pay):
    _order, payment = begun()
    pay.end(payment.provider_id)
    pay.switch(fail_requests=1)

    assert "cannot be reached just now" in carol.get(back_url(payment)).content.decode()
    assert "You have paid" in carol.get(back_url(payment)).content.decode()


def test_payer_is_told_when_pay_is_away_before_anything_is_paid(carol, pay):
    order = place(basket(traded()))
    pay.switch(fail_requests=1)

    answer = carol.post(begin_url(order), {"do": "pay"})

    assert answer.status_code == 409
    assert "Nothing was taken" in answer.content.decode()
    assert go_on(carol, order)


def test_payer_may_change_their_mind(carol, pay):
    order = place(basket(traded()))
    address = go_on(carol, order)

    answer = carol.post(begin_url(order), {"do": "stop"}, follow=True)

    assert "The card payment was ended before anything was paid" in answer.content.decode()
    assert pay.fill_in(address).status_code == 303
    assert "Nothing was paid" in carol.get(back_url(payment_of(order))).content.decode()
    assert Order.objects.get().state == OrderState.BASKET
    money_is_right(pay)


def test_payer_of_places_that_are_gone_reads_that_the_money_goes_back(carol, pay):
    event = traded()
    _, payment = begun(event)
    Event.objects.update(state=Event.State.CANCELLED, cancelled_at=NOW, cancelled_by=cast.wendy())
    pay.end(payment.provider_id)

    page = carol.get(back_url(payment)).content.decode()

    assert "Your money goes back" in page
    assert "This date has been cancelled." in page
    assert Refund.objects.get().amount == payment.amount


def test_return_page_of_what_does_not_agree_asks_not_to_pay_again(carol, pay):
    _order, payment = begun()
    other = begun(traded("Another"), places=1, who=school("Kirk Fold High School"))[1]
    mixed_up = other.provider_id
    Payment.objects.filter(pk=other.pk).update(provider_id=None)
    Payment.objects.filter(pk=payment.pk).update(provider_id=mixed_up)
    pay.end(mixed_up)

    page = carol.get(back_url(payment)).content.decode()

    assert "does not agree with your order" in page
    assert not Booking.objects.exists()


@pytest.mark.parametrize("who", ["somebody else", "nobody"])
def test_pages_of_a_payment_are_its_organisations_alone(client, pay, who):
    order, payment = begun()
    pay.end(payment.provider_id)
    if who == "somebody else":
        client.force_login(payer(school("Kirk Fold High School")))
    for answer in (
        client.get(back_url(payment)),
        client.get(begin_url(order)),
        client.post(begin_url(order), {"do": "stop"}),
    ):
        assert answer.status_code == (404 if who == "somebody else" else 302)
        assert who == "somebody else" or answer.url.startswith("/accounts/login/")
    assert client.get(f"/pay/back/{uuid.uuid4()}/").status_code == (404 if who == "somebody else" else 302)
    assert not Payment.objects.get().is_finished


@pytest.mark.parametrize("said", [{}, {"do": "\x00"}, {"do": "9" * 5000}])
def test_begin_with_anything_else_goes_on_to_the_card_page(carol, pay, said):
    order = place(basket(traded()))
    assert carol.post(begin_url(order), said).url.startswith(pay.address)


def test_begin_of_an_order_without_card_is_not_found(carol, pay):
    order = place(basket(traded()), paying=BY_INVOICE)
    assert carol.get(begin_url(order)).status_code == 404


# --- Messages ---------------------------------------------------------------------------------------------


def messages_about_a_payment(pay, what="pay"):
    _order, payment = begun()
    pay.end(payment.provider_id, what)
    return payment, pay.messages()


def test_message_without_a_return_makes_the_places(client, pay):
    payment, (message, *_) = messages_about_a_payment(pay)

    answer = send_message(client, message)
    look_at_card_payment(payment_id=payment.pk)

    assert (answer.status_code, answer.content) == (200, b"")
    assert Order.objects.get().is_sold
    kept = CardMessage.objects.get()
    assert (kept.message_id, kept.payment, kept.event_type) == (message["id"], payment, "card_payment_succeeded")
    money_is_right(pay)


def test_message_twice_is_kept_once(client, pay):
    payment, sent = messages_about_a_payment(pay)
    for message in [*sent, *sent, sent[0]]:
        assert send_message(client, message).status_code == 200
        look_at_card_payment(payment_id=payment.pk)
    assert counts() == {"sold": 1, "handled": 1, "receipts": 1, "confirmations": 1, "invoices": 1, "messages": 2}


def test_message_is_a_reason_to_ask_and_never_believed(client, pay):
    order, payment = begun()
    other = begun(traded("Another"), who=school("Kirk Fold High School"))[1]
    pay.end(other.provider_id)
    [message, *_] = pay.messages()
    # Rightly signed, and about somebody else's payment: ours is not paid for that.
    assert send_message(client, message).status_code == 200
    for each in (payment, other):
        look_at_card_payment(payment_id=each.pk)
    payment.refresh_from_db()
    order.refresh_from_db()
    assert (payment.state, order.state) == ("PENDING", OrderState.AWAITING_PAYMENT)
    assert counts()["sold"] == 1


def changed_by_one_byte(body):
    return body.replace('"success"', '"succesS"', 1)


@pytest.mark.parametrize("forged", ["upper case", "short", "long", "another", "none", "not ascii", "one byte"])
def test_forged_message_is_refused_and_nothing_written(client, pay, forged, django_assert_num_queries):
    _, (message, *_) = messages_about_a_payment(pay)
    right = message["signature"]
    signature = {
        "upper case": right.upper(),
        "short": right[:-1],
        "long": f"{right}0",
        "another": "0" * 64,
        "none": "",
        "not ascii": "é" * 64,
    }.get(forged, right)
    body = changed_by_one_byte(message["body"]) if forged == "one byte" else message["body"]

    with django_assert_num_queries(0):
        answer = send_message(client, message, signature=signature, body=body)

    assert answer.status_code == 400
    assert not CardMessage.objects.exists()
    assert send_message(client, message).status_code == 200


def test_huge_message_is_refused_unread(client, pay):
    answer = client.post("/pay/webhook/", b"x" * 100_001, "application/json", headers={"Pay-Signature": "0" * 64})
    assert answer.status_code == 413


def signed(pay, body):
    return {"body": body, "signature": hmac.digest(SECRET.encode(), body.encode(), hashlib.sha256).hex()}


@pytest.mark.parametrize(
    "body",
    [
        "",
        "[]",
        "null",
        "{",
        "[" * 50_000,
        json.dumps({"id": "\x00", "event_type": "x", "resource": {"payment_id": "y"}}),
        json.dumps({"id": "9" * 900, "event_type": "x", "resource": {"payment_id": "y"}}),
        json.dumps({"id": 1, "event_type": None, "resource": "y"}),
    ],
)
def test_odd_message_that_is_rightly_signed_is_taken_and_forgotten(client, pay, body):
    assert send_message(client, signed(pay, body)).status_code == 200
    assert not CardMessage.objects.exists()


def test_message_about_a_payment_that_is_not_ours_is_kept(client, pay):
    body = json.dumps({"id": "m1", "event_type": "CARD_PAYMENT_SUCCEEDED", "resource": {"payment_id": "elsewhere"}})
    assert send_message(client, signed(pay, body)).status_code == 200
    assert CardMessage.objects.get().payment is None


def test_messages_are_never_too_many(client, pay):
    _, (message, *_) = messages_about_a_payment(pay)
    assert {send_message(client, message).status_code for _ in range(200)} == {200}


def test_webhook_takes_nothing_but_posts(client, pay):
    assert client.get("/pay/webhook/").status_code == 405


# --- On the order's page ------------------------------------------------------------------------------------


def drawn(order):
    return render_to_string("bookings/organisation/_card_payment.html", {"order": Order.objects.get(pk=order.pk)})


def test_order_page_says_how_it_was_paid_and_what_goes_back(pay):
    order, payment = paid(pay)
    assert "£190.00 on Saturday 21 November 2026, card ending 1111" in drawn(order)
    assert "Invoice " in drawn(order)
    give_back(order.lines.first())
    assert "Going back to the card" in drawn(order)
    assert payment.reference in drawn(order)
    assert drawn(place(basket(traded("Another")))).strip() == ""
