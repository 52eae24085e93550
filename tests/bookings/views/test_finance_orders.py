"""Orders in the office: found by what a caller says, narrowed, told to the end; numbers taken down; who may."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.actions import charges, invoices, places
from bookings.actions.orders import Paying
from bookings.models import Booking, ChargeNotice, Order, Payment
from bookings.models.order import OrderState, PaymentMethod
from tests import cast
from tests.bookings.views.test_baskets import words_of
from tests.bookings.views.test_orders import ordered
from tests.makers import NOW
from tests.money import credited
from tests.sales import (
    JO,
    KIM,
    SAM,
    TO_FOLLOW,
    booking_of,
    contact_of,
    finance,
    lock,
    make_package,
    mark,
    school,
    settle_all,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.time_machine("2026-11-21 10:00")]
LIST = "/finance/orders/"


@pytest.fixture
def desk(client):
    client.force_login(finance())
    return client


def at(order, step=""):
    return reverse(f"bookings:finance_order{step and '_' + step}", args=[order.reference])


def listed(client, **asked):
    return {order.reference for order in client.get(LIST, asked).context["page"]}


def attended_and_settled(colleague):
    booking = booking_of(colleague)
    mark(booking, Booking.State.ATTENDED)
    lock(booking.event, now=NOW)
    settle_all(now=NOW)


def test_list_finds_an_order_by_whatever_a_caller_says(desk):
    wanted = ordered(people=[SAM], unnamed=0)
    other = ordered(TO_FOLLOW, people=[JO], organisation=school("Kirk Fold Academy"))
    attended_and_settled(SAM)
    invoice = invoices.approve(invoice_id=wanted.invoices.get().pk, by=finance(), now=NOW)

    for words in (wanted.reference.lower(), "10472", "millrace", "carol of millrace", invoice.number):
        assert listed(desk, q=words) == {wanted.reference}, words
    assert listed(desk) == {wanted.reference, other.reference}
    assert listed(desk, q="nobody") == set()
    page = words_of(desk.get(LIST))
    assert "Millrace Academy Carol of Millrace Academy" in page
    assert "£95.00" in page
    assert "By invoice PO-10472" in page
    for odd in ("q=%00", "show=x", "state=9", "paid=x", "page=-1", "q=" + "x" * 300):
        assert desk.get(f"{LIST}?{odd}").status_code == 200


def test_list_is_narrowed_by_state_payment_purchase_order_and_what_is_not_invoiced(desk):
    package = make_package("900")
    paid_by_package = ordered(Paying(method=PaymentMethod.PACKAGE, package=package), people=[SAM])
    waiting, late = ordered(TO_FOLLOW, people=[JO]), ordered(TO_FOLLOW, people=[KIM])
    Order.objects.filter(pk=late.pk).update(po_due_at=NOW - timedelta(minutes=1))
    gone = ordered(TO_FOLLOW, people=[], organisation=school("Kirk Fold Academy"))
    Order.objects.filter(pk=gone.pk).update(state=OrderState.CANCELLED, cancelled_at=NOW)

    assert listed(desk, show="po-missing") == {waiting.reference, late.reference}
    assert listed(desk, show="po-overdue") == {late.reference}
    assert listed(desk, state="CANCELLED") == {gone.reference}
    assert listed(desk, paid="PACKAGE") == {paid_by_package.reference}
    assert listed(desk, show="to-invoice") == {waiting.reference, late.reference}
    assert "1 purchase order overdue" in words_of(desk.get("/finance/"))


def test_what_is_on_an_issued_invoice_is_no_longer_to_be_invoiced(desk):
    order = ordered(people=[SAM], unnamed=0)
    attended_and_settled(SAM)
    assert listed(desk, show="to-invoice") == {order.reference}
    invoices.approve(invoice_id=order.invoices.get().pk, by=finance(), now=NOW)
    assert listed(desk, show="to-invoice") == set()


def test_desk_leads_to_orders_enquiries_and_quotes_and_searches_orders(desk):
    order = ordered()
    page = desk.get("/finance/")
    for address in (LIST, "/staff/enquiries/", "/staff/quotes/"):
        assert f'href="{address}"' in page.text
        assert desk.get(address).status_code == 200
    assert f'action="{LIST}"' in page.text
    assert listed(desk, q=order.reference) == {order.reference}


def test_an_order_tells_what_became_of_each_line_with_its_papers(desk):
    order = ordered(people=[SAM, JO, KIM], unnamed=0)
    event = booking_of(SAM).event
    mark(booking_of(SAM), Booking.State.ATTENDED)
    places.cancel(booking_id=booking_of(JO).pk, by=contact_of(order.organisation), now=NOW)
    mark(booking_of(KIM), Booking.State.DID_NOT_ATTEND)
    charge = ChargeNotice.objects.get(booking=booking_of(KIM))
    charges.waive(notice_id=charge.pk, waived_for="SICKNESS", reason="Kim was ill", by=cast.wendy(), now=NOW)
    lock(event, now=NOW)
    settle_all(now=NOW)
    draft = order.invoices.get()
    assert f'href="{reverse("bookings:finance_invoice", args=[draft.pk])}"' in desk.get(at(order)).text

    invoice = invoices.approve(invoice_id=draft.pk, by=finance(), now=NOW)
    note = credited(invoice, "10")
    answer = desk.get(at(order))
    words = words_of(answer)

    assert f"Invoiced {invoice.number} {note.number} (PDF) : £10.00 back" in words
    assert "Nothing to pay Cancelled" in words
    assert "Waived" in words
    assert f'href="{reverse("bookings:staff_charge", args=[charge.pk])}"' in answer.text
    assert f"Credit note {note.number} (PDF) : £10.00 of invoice {invoice.number}" in words
    assert "Ordered by Carol of Millrace Academy" in words
    assert f"Letter: Your order {order.reference}" in words


def test_a_place_from_a_package_and_a_discount_are_told(desk):
    package = make_package("900")
    order = ordered(Paying(method=PaymentMethod.PACKAGE, package=package), people=[SAM], unnamed=0)
    order.lines.model.objects.filter(order=order).update(is_to_settle=False)
    attended_and_settled(SAM)

    words = words_of(desk.get(at(order)))

    assert f"Covered by the package Attended {package.reference} : £95.00" in words
    assert f"From a package: {package.reference}" in words


def test_an_order_asks_as_often_for_one_place_as_for_many_and_the_list_for_orders(desk):
    one, many = ordered(people=[SAM], unnamed=1), ordered(people=[JO, KIM], unnamed=12)

    def asked(path):
        desk.get(path)
        with CaptureQueriesContext(connection) as queries:
            assert desk.get(path).status_code == 200
        return len(queries)

    assert asked(at(one)) == asked(at(many))
    two = asked(LIST)
    for number in range(4):
        ordered(people=[], organisation=school(f"Academy {number}"))
    assert asked(LIST) == two


@pytest.mark.parametrize("who", [cast.wendy, finance])
def test_a_number_given_on_the_telephone_is_taken_down_once(client, who):
    user = who()
    client.force_login(user)
    order = ordered(TO_FOLLOW)
    assert "Take it down" in words_of(client.get(at(order)))
    wrong = client.post(at(order, "purchase_order"), {"number": "none"})
    assert "3 to 40 letters and figures" in words_of(wrong, status=422)

    for _ in range(2):
        assert client.post(at(order, "purchase_order"), {"number": "PO-20871"}).url == at(order)

    order.refresh_from_db()
    assert (order.state, order.po_number) == (OrderState.CONFIRMED, "PO-20871")
    page = words_of(client.get(at(order)))
    assert page.count(f"The number was given by {user.practitioner}") == 1


def test_team_changes_how_an_order_is_paid_for_a_caller(client):
    client.force_login(cast.wendy())
    order, package = ordered(TO_FOLLOW), make_package("200")
    assert client.post(at(order, "payment"), {"paying": ""}).status_code == 422
    assert client.post(at(order, "payment"), {"paying": f"package:{package.reference}"}).url == at(order)
    package.refresh_from_db()
    assert package.balance == 10
    assert "How it is paid was changed by Wendy" in words_of(client.get(at(order)))


def test_what_was_given_up_before_it_was_ordered_is_shown_last(desk):
    organisation = school()
    given_up = Order.objects.create(
        reference="O-GIVENUP", organisation=organisation, state=OrderState.CANCELLED, created_at=NOW, cancelled_at=NOW
    )
    order = ordered()
    assert [each.reference for each in desk.get(LIST).context["page"]] == [order.reference, given_up.reference]
    assert "Ordered never" in words_of(desk.get(at(given_up)))


def test_finance_reads_who_goes_and_the_team_changes_it(client):
    order = ordered(people=[SAM])
    give_up = reverse("bookings:booking_give_up", args=[booking_of(SAM).reference])
    client.force_login(finance())
    assert give_up not in client.get(at(order)).text
    client.force_login(cast.wendy())
    assert give_up in client.get(at(order)).text


def test_an_alarm_and_what_was_done_about_it_stand_on_the_order(desk):
    order = ordered()
    payment = Payment.objects.create(
        reference="M-ALARM", kind="CARD", state="FAILED", organisation=order.organisation, order=order, amount=95,
        alarm="The card service says 9000 pence.", created_at=NOW, finished_at=NOW,
    )  # fmt: skip
    assert "Look at this The card service says 9000 pence." in words_of(desk.get(at(order)))
    path = reverse("bookings:finance_payment_alarm", args=[payment.pk])
    sent = {"alarm-alarm_shown": payment.alarm, "alarm-note": "Called the bank: nothing was taken."}
    desk.post(path, sent)
    words = words_of(desk.get(at(order)))
    assert "Look at this" not in words
    assert "Dealt with by Fin Ledger on Saturday 21 November 2026" in words
    assert "Alarm dealt with: M-ALARM by Fin Ledger Called the bank: nothing was taken." in words


@pytest.mark.parametrize("step", ["", "purchase_order", "payment"])
def test_orders_of_the_office_are_absent_for_everybody_else(client, step):
    order = ordered(TO_FOLLOW)
    basket = Order.objects.create(reference="O-BASKET", organisation=order.organisation, created_at=NOW)
    client.force_login(cast.wendy())
    nothing = words_of(client.get(at(Order(reference="O-NOTHING"), step)), status=404)
    assert words_of(client.get(at(basket, step)), status=404) == nothing
    for user in (contact_of(order.organisation), cast.amina()):
        client.force_login(user)
        assert client.get(at(order, step)).status_code == 404
        assert client.get(LIST).status_code == 404
        assert client.post(at(order, "purchase_order"), {"number": "PO-99999"}).status_code == 404
    order.refresh_from_db()
    assert order.po_number == ""
