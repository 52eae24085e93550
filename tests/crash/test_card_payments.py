"""Kill -9 at each step from the order to its letters, and from a place given up to its refund: nothing is lost, nothing twice.

| what was under way | killed |
|---|---|
| the order is placed | before it is written |
| the card page is opened | when GOV.UK Pay has the payment, and we have not kept its number |
| the payer pays | when the money was taken, and nobody had been told |
| the payment is noticed | before that is written; and when it is, in the middle of the places |
| the letters leave | after the places were written; each step of a letter: tests/crash/test_letters.py |
| the receipt is printed | before the file is kept |
| a place is given up | in the middle of the credit note |
| the refund is sent | when it was taken in hand; and when it was sent and not marked |
"""

import shlex
import threading
from contextlib import contextmanager, suppress
from datetime import timedelta

import pytest
from django.db.models import F

from accounts import clock
from accounts.models import OutboundEmail
from bookings.actions import baskets
from bookings.models import CreditNote, DocumentFile, GroupBooking, Invoice, Payment, Refund
from bookings.models.payment import RefundState
from tests.cards import basket, give_back, hand_back, money_is_right, payer, payment_of, place, refunds_at_provider
from tests.crash.crowd import NO_ANSWER
from tests.load.hands import WAITING
from tests.load.live import Visitor
from tests.local_run import BEAT, WEB, WORKER, wait_for
from tests.pay_stand_in import PayStandIn
from tests.sales import traded
from tests.sizes import size
from workforce_portal.local_servers import OWNER_ROLE

pytestmark = pytest.mark.soak

CHECKOUT = "/organisation/basket/order/"
# In full, the lease of a letter that a dead worker had in hand really runs out.
LETTERS_PATIENCE_SECONDS = size(120, 900)


@pytest.fixture
def pay(portal):
    """The stand-in that runs beside the portal."""
    lines = shlex.split((portal.data / "environment").read_text())
    said = dict(line.split("=", 1) for line in lines if "=" in line)
    running = PayStandIn(said["GOVUK_PAY_URL"], said["GOVUK_PAY_API_KEY"])
    # It is the same for all tests, unless one kills it.
    running.switch(withhold_messages=False, answer_after=0)
    return running


def at_the_card_page(portal, title):
    """Somebody has ordered and stands at the card page: the order, its payment and the page's address."""
    now = clock.now()
    contact = payer()
    event = traded(title, starts_at=now + timedelta(days=30), capacity=None)
    order = place(basket(event, now=now), now=now)
    visitor, page = Visitor(portal.port, contact), f"/organisation/orders/{order.reference}/pay/"
    answer = visitor.post(page, visitor.open_form(page) | {"do": "pay"})
    assert answer.status == 302, answer.page
    return order, payment_of(order), answer.leads_to


@contextmanager
def killed_at(portal, lock, *facts):
    """What the block begins stands at this lock when everything is killed with -9; then all is started again."""
    with portal.database(OWNER_ROLE) as keeper:
        keeper.autocommit = False
        keeper.execute(lock, facts)
        yield
        wait_for(lambda: keeper.execute(WAITING).fetchone()[1], portal.story)
        portal.kill_everything()
        keeper.close()
    portal.start()


def press(visitor, path, answers):
    """Press a button, and see no answer because the portal dies."""

    def ask():
        with suppress(*NO_ANSWER):
            visitor.post(path, answers)

    threading.Thread(target=ask, daemon=True).start()


def asked_again(portal, task):
    time_passes()
    portal.send_task(task)


def time_passes():
    """Ten minutes, for what is asked about again after some, and for what dead workers had in hand."""
    Payment.objects.filter(looked_at__isnull=False).update(looked_at=F("looked_at") - timedelta(minutes=10))
    Refund.objects.filter(claimed_at__isnull=False).update(claimed_at=F("claimed_at") - timedelta(minutes=10))
    Invoice.objects.filter(print_claimed_at__isnull=False).update(
        print_claimed_at=F("print_claimed_at") - timedelta(hours=1)
    )


def sold_once(portal, order, payment, post_office):
    def is_done():
        payment.refresh_from_db()
        return payment.handled_at

    wait_for(is_done, portal.story)
    order.refresh_from_db()
    assert order.is_sold
    assert GroupBooking.objects.filter(order_lines__order=order).distinct().count() == 1
    assert Invoice.objects.get(order=order).outstanding == 0
    wait_for(post_office.has_everything, portal.story, LETTERS_PATIENCE_SECONDS)
    about = OutboundEmail.objects.filter(
        about__in=[f"order:{order.pk}", f"invoice:{Invoice.objects.get(order=order).pk}"]
    )
    assert sorted(about.values_list("letter", flat=True)) == ["bookings/invoice_issued", "bookings/order_confirmed"]
    money_is_right(now=clock.now())
    return True


def test_killed_when_the_order_was_not_written_yet(portal, pay, post_office):
    now = clock.now()
    order = basket(traded("Killed at the order", starts_at=now + timedelta(days=30), capacity=None), now=now)
    baskets.hold(order_id=order.pk, now=now)
    visitor = Visitor(portal.port, payer())
    said = visitor.open_form(CHECKOUT) | {"paying": "card", "has_accepted_terms": "on"}
    with killed_at(portal, "LOCK TABLE bookings_payment IN EXCLUSIVE MODE"):
        press(visitor, CHECKOUT, said)
    order.refresh_from_db()
    assert (order.state, order.lines.held().count(), order.payments.count()) == ("BASKET", 2, 0)

    for _ in range(2):
        answer = visitor.post(CHECKOUT, said)
        assert answer.status == 302, answer.page
    page = f"/organisation/orders/{order.reference}/pay/"
    answer = visitor.post(page, visitor.open_form(page) | {"do": "pay"})
    assert pay.fill_in(answer.leads_to).status_code == 303

    assert sold_once(portal, order, order.payments.get(), post_office)


def test_killed_when_the_card_page_was_made_and_its_number_not_kept(portal, pay, post_office):
    now = clock.now()
    event = traded("Killed at the card page", starts_at=now + timedelta(days=30), capacity=None)
    order = place(basket(event, now=now), now=now)
    visitor, page = Visitor(portal.port, payer()), f"/organisation/orders/{order.reference}/pay/"
    said = visitor.open_form(page) | {"do": "pay"}
    with killed_at(portal, "SELECT FROM bookings_order WHERE id = %s FOR UPDATE", order.pk):
        press(visitor, page, said)
    payment = payment_of(order)
    assert (payment.state, payment.provider_id) == ("CREATED", None)

    answer = visitor.post(page, said)
    assert pay.fill_in(answer.leads_to).status_code == 303

    assert sold_once(portal, order, payment, post_office)
    # The key of the first request made the second the same payment.
    mentioned = {each["payment_id"] for each in pay.messages() if payment.reference in each["body"]}
    assert mentioned == {payment.provider_id}


def test_killed_when_the_money_was_taken_and_nobody_had_been_told(portal, pay, post_office):
    order, payment, address = at_the_card_page(portal, "Nobody was told")
    with portal.nobody_mends():
        for part in (BEAT, WORKER, WEB):
            portal.kill(part)
        assert pay.fill_in(address).status_code == 303
    portal.kill_everything()
    portal.start()
    pay.switch(withhold_messages=True)
    asked_again(portal, "bookings.look_at_card_payments")

    assert sold_once(portal, order, payment, post_office)


@pytest.mark.parametrize("table", ["bookings_order", "courses_event"])
def test_killed_in_the_middle_of_writing_the_places(portal, pay, post_office, table):
    """At the first row that is taken, and at the last one before the commit."""
    order, payment, address = at_the_card_page(portal, f"Killed at {table}")
    pk = order.pk if table == "bookings_order" else order.lines.first().event_id
    with killed_at(portal, f"SELECT FROM {table} WHERE id = %s FOR UPDATE", pk):
        assert pay.fill_in(address).status_code == 303
    payment.refresh_from_db()
    asked_again(portal, "bookings.look_at_card_payments")

    assert sold_once(portal, order, payment, post_office)


def test_killed_when_the_places_were_written_and_no_letter_had_left(portal, pay, post_office):
    order, payment, address = at_the_card_page(portal, "Killed after the commit")
    assert pay.fill_in(address).status_code == 303
    wait_for(lambda: Payment.objects.filter(pk=payment.pk, handled_at__isnull=False).exists(), portal.story)
    portal.kill_everything()
    portal.start()
    asked_again(portal, "bookings.look_at_card_payments")

    assert sold_once(portal, order, payment, post_office)


def test_killed_when_the_receipt_was_printed_and_not_kept(portal, pay, post_office):
    order, payment, address = at_the_card_page(portal, "Killed at the receipt")
    with killed_at(portal, "LOCK TABLE bookings_documentfile IN EXCLUSIVE MODE"):
        assert pay.fill_in(address).status_code == 303
    assert sold_once(portal, order, payment, post_office)
    assert not DocumentFile.objects.filter(invoice__order=order).exists()

    asked_again(portal, "bookings.build_documents")

    wait_for(lambda: DocumentFile.objects.filter(invoice__order=order).exists(), portal.story)


def test_killed_in_the_middle_of_a_credit_note(portal, pay, post_office):
    order, payment, address = at_the_card_page(portal, "Killed at a credit note")
    pay.fill_in(address)
    assert sold_once(portal, order, payment, post_office)
    with killed_at(portal, "SELECT FROM bookings_payment WHERE id = %s FOR UPDATE", payment.pk):
        hand_back(order.lines.first(), now=clock.now())
        portal.send_task("bookings.settle_lines")
    assert not CreditNote.objects.filter(invoice__order=order).exists()

    asked_again(portal, "bookings.settle_lines")
    wait_for(lambda: Refund.objects.filter(payment=payment).exists(), portal.story)
    asked_again(portal, "bookings.send_refunds")

    refunds = Refund.objects.filter(payment=payment)
    wait_for(lambda: refunds.filter(state=RefundState.SUCCEEDED).exists(), portal.story)
    assert CreditNote.objects.get(invoice__order=order).gross == refunds.get().amount
    assert refunds_at_provider(pay, payment) == [refunds.get().amount]
    money_is_right(now=clock.now())


def test_killed_when_a_refund_was_taken_in_hand_and_not_sent(portal, pay, post_office):
    order, payment, address = at_the_card_page(portal, "Killed before a refund")
    pay.fill_in(address)
    assert sold_once(portal, order, payment, post_office)
    give_back(order.lines.first(), now=clock.now())
    refund = Refund.objects.get(payment=payment)
    # It is asked first what it has paid back already, and that answer takes its time.
    pay.switch(answer_after=20)
    portal.send_task("bookings.send_refunds")
    wait_for(lambda: Refund.objects.filter(pk=refund.pk, attempts=1).exists(), portal.story)
    portal.kill_everything()
    portal.start()
    assert refunds_at_provider(pay, payment) == []

    asked_again(portal, "bookings.send_refunds")

    wait_for(lambda: Refund.objects.filter(pk=refund.pk, state=RefundState.SUCCEEDED).exists(), portal.story)
    assert refunds_at_provider(pay, payment) == [refund.amount]
    money_is_right(now=clock.now())


def test_killed_between_a_refund_that_was_sent_and_its_mark(portal, pay, post_office):
    order, payment, address = at_the_card_page(portal, "Killed at a refund")
    pay.fill_in(address)
    assert sold_once(portal, order, payment, post_office)
    give_back(order.lines.first(), now=clock.now())
    refund = Refund.objects.get(payment=payment)
    # Slowly, so that there is time to stand in its way before it is marked.
    pay.switch(answer_after=2)
    portal.send_task("bookings.send_refunds")
    wait_for(lambda: Refund.objects.filter(pk=refund.pk, attempts=1).exists(), portal.story)
    with killed_at(portal, "SELECT FROM bookings_refund WHERE id = %s FOR UPDATE", refund.pk):
        pass
    refund.refresh_from_db()
    assert (refund.state, refund.provider_id) == (RefundState.OWED, None)
    assert refunds_at_provider(pay, payment) == [refund.amount]

    asked_again(portal, "bookings.send_refunds")

    wait_for(lambda: Refund.objects.filter(pk=refund.pk, state=RefundState.SUCCEEDED).exists(), portal.story)
    assert refunds_at_provider(pay, payment) == [refund.amount]
    money_is_right(now=clock.now())
