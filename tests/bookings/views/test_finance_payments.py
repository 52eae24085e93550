"""Payments on finance's desk: matched by hand, taken off again, paid back, and refunds tried again; each once."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.models import Invoice, Payment, Refund
from tests import cast
from tests.answers import main_of
from tests.makers import NOW
from tests.money import issued, order_of, paid
from tests.sales import finance, school

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def desk(client):
    client.force_login(finance())
    return client


def address(name, *args):
    return reverse(f"bookings:finance_{name}", args=args)


def match(payment, number, amount="", left=None):
    return {"pay-left_shown": payment.amount_left if left is None else left, "pay-number": number, "pay-amount": amount}


def test_list_shows_money_that_pays_nothing_first(desk):
    used, left = paid("95", issued()), paid("300", organisation=school(), words="Thanks")
    nobodys = paid("12")

    page = main_of(desk.get("/finance/payments/"))
    assert left.reference in page
    assert "nobody we know" in page
    assert used.reference not in page
    assert used.reference in main_of(desk.get("/finance/payments/?show=all"))
    assert nobodys.reference not in main_of(desk.get("/finance/payments/?q=millrace"))
    assert desk.get("/finance/payments/?show=x&q=%00&page=z").status_code == 200


@pytest.mark.parametrize("many", [1, 6])
def test_list_asks_as_often_for_one_payment_as_for_many(desk, many):
    for _ in range(many):
        paid("10", organisation=school())
    with CaptureQueriesContext(connection) as asked:
        desk.get("/finance/payments/")
    assert len(asked) == 11


def test_payment_is_matched_by_hand_once(desk):
    invoice, payment = issued(), paid("300")
    path, sent = address("payment_allocate", payment.pk), match(payment, f" {invoice.number.lower()} ", "£50")

    assert desk.post(path, sent).url == address("payment", payment.pk)
    again = desk.post(path, sent)

    assert again.status_code == 422
    assert "£250.00 of this payment is left by now" in again.text
    assert Invoice.objects.get().amount_paid == 50


@pytest.mark.parametrize(
    ("number", "amount", "words"),
    [
        ("WD26-99999", "", "No invoice has this number"),
        ("", "", "Write the number of the invoice"),
        ("WD26-00001", "96", "At most £95.00"),
        ("WD26-00001", "-5", "Write an amount above £0."),
        ("WD26-00001", "9" * 50, "under £1,000,000"),
        ("\0", "", "Null characters"),
    ],
)
def test_match_that_makes_no_sense_is_refused_with_a_sentence(desk, number, amount, words):
    issued()
    payment = paid("300")

    answer = desk.post(address("payment_allocate", payment.pk), match(payment, number, amount))

    assert answer.status_code == 422
    assert words in answer.text
    assert Invoice.objects.get().amount_paid == 0


def test_payment_is_taken_off_the_wrong_invoice_and_can_pay_another(desk):
    wrong, right = issued(("A", "95")), issued(("B", "95"))
    payment = paid("95", wrong)
    path = address("payment_take_off", payment.pk, wrong.pk)

    assert desk.post(path, {}).status_code == 422
    desk.post(path, {f"off-{wrong.pk}-reason": "Meant for the other"})
    desk.post(path, {f"off-{wrong.pk}-reason": "Meant for the other"})
    payment.refresh_from_db()
    desk.post(address("payment_allocate", payment.pk), match(payment, right.number))

    assert list(Invoice.objects.order_by("pk").values_list("state", flat=True)) == ["APPROVED", "PAID"]
    payment.refresh_from_db()
    assert (payment.amount_allocated, payment.allocations.count()) == (95, 3)


def test_rest_is_owed_back_once_and_never_more_than_is_left(desk):
    payment = paid("120", issued())
    path = address("payment_back", payment.pk)
    sent = {"back-left_shown": "25.00", "back-amount": "25", "back-reason": "Paid twice"}

    assert desk.post(path, {**sent, "back-amount": "26"}).status_code == 422
    assert desk.post(path, {**sent, "back-reason": ""}).status_code == 422
    assert desk.post(path, sent).status_code == 302
    assert desk.post(path, sent).status_code == 422

    assert list(Refund.objects.values_list("amount", "state")) == [(25, "OWED")]
    assert "Paid twice" in main_of(desk.get(address("payment", payment.pk)))


def test_refund_that_failed_is_tried_again(desk):
    payment = paid("120", organisation=school())
    refund = Refund.objects.create(
        payment=payment, amount=20, reason="Twice", state="FAILED", owed_at=NOW, failure="No"
    )

    assert "Try again" in desk.get(address("payment", payment.pk)).text
    desk.post(address("refund_again", refund.pk))
    desk.post(address("refund_again", refund.pk))

    refund.refresh_from_db()
    assert (refund.state, refund.failure) == ("OWED", "")


def test_team_reads_and_changes_nothing(client):
    invoice, payment = issued(), paid("300")
    client.force_login(cast.wendy())

    assert "Let it pay this invoice" not in client.get(address("payment", payment.pk)).text
    assert client.post(address("payment_allocate", payment.pk), match(payment, invoice.number)).status_code == 404
    assert client.post(address("payment_back", payment.pk), {}).status_code == 404
    assert Payment.objects.get().amount_allocated == 0


def alarmed():
    order = order_of()
    return Payment.objects.create(
        reference="M-ALARM", kind="CARD", state="FAILED", organisation=order.organisation, order=order, amount=95,
        alarm="The card service says 9000 pence.", created_at=NOW, finished_at=NOW,
    )  # fmt: skip


def test_alarm_is_marked_as_dealt_with_and_stays_to_be_read(desk):
    payment = alarmed()
    path = address("payment_alarm", payment.pk)
    assert payment.reference in main_of(desk.get("/finance/payments/?show=alarms"))
    assert "1 card alarm" in main_of(desk.get("/finance/"))

    for sent in (
        {},
        {"alarm-alarm_shown": payment.alarm, "alarm-note": ""},
        {"alarm-note": "x", "alarm-alarm_shown": "\0"},
    ):
        assert desk.post(path, sent).status_code == 422
    stale = desk.post(path, {"alarm-alarm_shown": "Something older", "alarm-note": "Called the bank."})
    assert "This payment says something else by now" in main_of(stale)
    assert "Called the bank." in stale.text
    sent = {"alarm-alarm_shown": payment.alarm, "alarm-note": "Called the bank."}
    for words in ("The alarm is dealt with.", "Nothing was to be done about it any more."):
        assert words in main_of(desk.post(path, sent, follow=True))

    page = main_of(desk.get(address("payment", payment.pk)))
    assert "Alarm: The card service says 9000 pence. Dealt with by Fin Ledger on Saturday 21 November 2026" in page
    assert "Mark it as dealt with" not in page
    assert payment.reference not in main_of(desk.get("/finance/payments/?show=alarms"))
    assert "card alarm" not in main_of(desk.get("/finance/"))


def test_list_finds_a_payment_by_its_order_and_leads_there(desk):
    payment, other = alarmed(), paid("300", organisation=school("Other Academy"))
    page = desk.get("/finance/payments/", {"show": "all", "q": payment.order.reference})
    assert payment.reference in main_of(page)
    assert other.reference not in main_of(page)
    assert f'href="{address("order", payment.order.reference)}"' in page.text


def test_team_reads_an_alarm_and_cannot_mark_it(client):
    payment = alarmed()
    client.force_login(cast.wendy())
    page = client.get(address("payment", payment.pk)).text
    assert "The card service says 9000 pence." in page
    assert "Mark it as dealt with" not in page
    sent = {"alarm-alarm_shown": payment.alarm, "alarm-note": "x"}
    assert client.post(address("payment_alarm", payment.pk), sent).status_code == 404
    assert Payment.objects.alarming().get() == payment
