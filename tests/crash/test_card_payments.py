"""Kill -9 between a card payment and its places, and between a refund and its mark: nothing is lost, nothing twice."""

import shlex
from datetime import timedelta

import pytest
from django.db.models import F

from accounts import clock
from accounts.models import OutboundEmail
from bookings.models import GroupBooking, Invoice, Payment, Refund
from bookings.models.payment import RefundState
from tests.cards import basket, give_back, money_is_right, payer, payment_of, place, refunds_at_provider
from tests.load.hands import WAITING
from tests.load.live import Visitor
from tests.local_run import BEAT, WEB, WORKER, wait_for
from tests.pay_stand_in import PayStandIn
from tests.sales import traded
from workforce_portal.local_servers import OWNER_ROLE

pytestmark = pytest.mark.soak


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


def time_passes():
    """Ten minutes, for what is asked about again after some, and for what dead workers had in hand."""
    Payment.objects.filter(looked_at__isnull=False).update(looked_at=F("looked_at") - timedelta(minutes=10))
    Refund.objects.filter(claimed_at__isnull=False).update(claimed_at=F("claimed_at") - timedelta(minutes=10))


def sold_once(portal, order, payment, post_office):
    def is_done():
        payment.refresh_from_db()
        return payment.handled_at

    wait_for(is_done, portal.story)
    order.refresh_from_db()
    assert order.is_sold
    assert GroupBooking.objects.filter(order_lines__order=order).distinct().count() == 1
    assert Invoice.objects.get(order=order).outstanding == 0
    wait_for(post_office.has_everything, portal.story)
    about = OutboundEmail.objects.filter(
        about__in=[f"order:{order.pk}", f"invoice:{Invoice.objects.get(order=order).pk}"]
    )
    assert sorted(about.values_list("letter", flat=True)) == ["bookings/invoice_issued", "bookings/order_confirmed"]
    money_is_right(now=clock.now())
    return True


def test_killed_when_the_money_was_taken_and_nobody_had_been_told(portal, pay, post_office):
    order, payment, address = at_the_card_page(portal, "Nobody was told")
    with portal.nobody_mends():
        for part in (BEAT, WORKER, WEB):
            portal.kill(part)
        assert pay.fill_in(address).status_code == 303
    portal.kill_everything()
    portal.start()
    pay.switch(withhold_messages=True)
    time_passes()
    portal.send_task("bookings.look_at_card_payments")

    assert sold_once(portal, order, payment, post_office)


@pytest.mark.parametrize("table", ["bookings_order", "courses_event"])
def test_killed_in_the_middle_of_writing_the_places(portal, pay, post_office, table):
    """At the first row that is taken, and at the last one before the commit."""
    order, payment, address = at_the_card_page(portal, f"Killed at {table}")
    pk = order.pk if table == "bookings_order" else order.lines.first().event_id
    with portal.database(OWNER_ROLE) as keeper:
        keeper.autocommit = False
        keeper.execute(f"SELECT FROM {table} WHERE id = %s FOR UPDATE", [pk])
        assert pay.fill_in(address).status_code == 303
        wait_for(lambda: keeper.execute(WAITING).fetchone()[1], portal.story)
        portal.kill_everything()
        keeper.close()
    portal.start()
    payment.refresh_from_db()
    time_passes()
    portal.send_task("bookings.look_at_card_payments")

    assert sold_once(portal, order, payment, post_office)


def test_killed_when_the_places_were_written_and_no_letter_had_left(portal, pay, post_office):
    order, payment, address = at_the_card_page(portal, "Killed after the commit")
    assert pay.fill_in(address).status_code == 303
    wait_for(lambda: Payment.objects.filter(pk=payment.pk, handled_at__isnull=False).exists(), portal.story)
    portal.kill_everything()
    portal.start()
    time_passes()
    portal.send_task("bookings.look_at_card_payments")

    assert sold_once(portal, order, payment, post_office)


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
    with portal.database(OWNER_ROLE) as keeper:
        keeper.autocommit = False
        keeper.execute("SELECT FROM bookings_refund WHERE id = %s FOR UPDATE", [refund.pk])
        wait_for(lambda: keeper.execute(WAITING).fetchone()[1], portal.story)
        portal.kill_everything()
        keeper.close()
    portal.start()
    refund.refresh_from_db()
    assert (refund.state, refund.provider_id) == (RefundState.OWED, None)
    assert refunds_at_provider(pay, payment) == [refund.amount]

    time_passes()
    portal.send_task("bookings.send_refunds")

    wait_for(lambda: Refund.objects.filter(pk=refund.pk, state=RefundState.SUCCEEDED).exists(), portal.story)
    assert refunds_at_provider(pay, payment) == [refund.amount]
    money_is_right(now=clock.now())
