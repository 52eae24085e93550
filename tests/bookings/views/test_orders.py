"""What a contact sees of orders and packages: what to do next, who goes where, what is owed and why."""

from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.actions import invoices, packages, places
from bookings.actions.orders import Paying
from bookings.models import Booking, Package
from bookings.models.order import OrderState, PaymentMethod
from tests import cast
from tests.bookings.views.test_baskets import words_of
from tests.makers import NOW
from tests.sales import (
    BY_INVOICE,
    JO,
    KIM,
    SAM,
    TO_FOLLOW,
    basket,
    booking_of,
    contact_of,
    finance,
    lock,
    make_package,
    mark,
    place,
    school,
    settle_all,
    traded,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.time_machine("2026-11-21 10:00")]
LIST = "/organisation/orders/"


@pytest.fixture
def carol(client):
    contact = contact_of(school())
    client.force_login(contact)
    return contact


def at(name, order):
    return reverse(f"bookings:{name}", args=[order.reference])


def ordered(paying=BY_INVOICE, people=(SAM,), unnamed=1, organisation=None):
    event = traded(starts_at=NOW + timedelta(days=40))
    return place(basket((event, list(people), unnamed), organisation=organisation), paying)


def test_the_list_tells_apart_what_is_to_do_running_and_done(client, carol):
    waiting, running = ordered(TO_FOLLOW), ordered(people=[JO])
    words = words_of(client.get(LIST))
    assert "To do (1)" in words
    assert "Running (1)" in words
    assert waiting.reference in words
    assert running.reference not in words
    assert running.reference in words_of(client.get(LIST + "?show=running"))
    assert "No order is done yet" in words_of(client.get(LIST + "?show=done"))
    assert client.get(LIST + "?show=%00&page=x").status_code == 200


def test_an_order_says_what_is_next_and_who_goes_where(client, carol):
    words = words_of(client.get(at("order_detail", ordered(TO_FOLLOW))))
    assert "Give us your purchase order number" in words
    assert "Sam Ellis" in words
    assert "Place without a name" in words
    assert "£190.00 and £0.00 VAT: £190.00" in words
    assert "Ordered by Carol of Millrace Academy" in words


def test_an_order_says_of_each_place_what_is_owed_and_why(client, carol):
    order = ordered(people=[SAM, JO, KIM], unnamed=0)
    event = booking_of(SAM).event
    mark(booking_of(SAM), Booking.State.ATTENDED)
    places.cancel(booking_id=booking_of(JO).pk, by=carol, now=NOW)
    mark(booking_of(KIM), Booking.State.DID_NOT_ATTEND)
    lock(event, now=NOW)
    settle_all(now=NOW)

    words = words_of(client.get(at("order_detail", order)))
    assert "On the next invoice Our finance team looks at it" in words
    assert "Nothing to pay Cancelled" in words
    assert "To be invoiced The charge is not decided yet" in words

    invoices.approve(invoice_id=order.invoices.get().pk, by=finance(), now=NOW)
    words = words_of(client.get(at("order_detail", order)))
    number = order.invoices.get().number
    assert f"Invoiced {number}" in words
    assert f"Invoice {number} was issued" in words


def test_an_order_asks_as_often_for_one_place_as_for_many(client, carol):
    one, many = ordered(people=[SAM], unnamed=1), ordered(people=[JO, KIM], unnamed=12)

    def asked(order):
        client.get(at("order_detail", order))
        with CaptureQueriesContext(connection) as queries:
            client.get(at("order_detail", order))
        return len(queries)

    assert asked(one) == asked(many)


def test_another_organisations_order_is_as_good_as_absent(client, carol):
    other = school("Kirk Fold Academy")
    theirs, package = ordered(organisation=other), make_package(organisation=other)
    nothing = words_of(client.get("/organisation/orders/O-NOTHING/"), status=404)
    for address in (
        *(at(name, theirs) for name in ("order_detail", "order_purchase_order", "order_payment")),
        *(at(name, package) for name in ("package_detail", "package_csv")),
    ):
        assert words_of(client.get(address), status=404) == nothing
    assert client.get(LIST + f"?organisation={other.pk}").status_code == 404
    client.post(at("order_purchase_order", theirs), {"number": "PO-99999"})
    theirs.refresh_from_db()
    assert theirs.po_number == "PO-10472"
    client.force_login(cast.wendy())
    assert client.get(LIST).status_code == 404


def test_the_number_is_given_and_a_wrong_one_is_said_beside_its_box(client, carol):
    order = ordered(TO_FOLLOW)
    wrong = client.post(at("order_purchase_order", order), {"number": "none"})
    assert "3 to 40 letters and figures" in words_of(wrong, status=422)
    assert 'value="none"' in wrong.content.decode()

    for _ in range(2):
        assert client.post(at("order_purchase_order", order), {"number": "PO-10472"}).status_code == 302
    order.refresh_from_db()
    assert (order.state, order.po_number) == (OrderState.CONFIRMED, "PO-10472")
    assert "The number was given" in words_of(client.get(at("order_detail", order)))


def test_a_number_on_an_invoice_is_not_changed(client, carol):
    order = ordered()
    mark(booking_of(SAM), Booking.State.ATTENDED)
    lock(booking_of(SAM).event, now=NOW)
    settle_all(now=NOW)
    invoices.approve(invoice_id=order.invoices.get().pk, by=finance(), now=NOW)
    assert "needs no number now" in words_of(client.get(at("order_purchase_order", order)))
    answer = client.post(at("order_purchase_order", order), {"number": "PO-99999"})
    assert answer.status_code == 422
    order.refresh_from_db()
    assert order.po_number == "PO-10472"


def test_how_an_order_is_paid_is_changed_to_a_package(client, carol):
    order, package = ordered(TO_FOLLOW), make_package("200")
    assert "£200.00 left now, £10.00 after this order." in words_of(client.get(at("order_payment", order)))
    assert client.post(at("order_payment", order), {"paying": ""}).status_code == 422
    answer = client.post(at("order_payment", order), {"paying": f"package:{package.reference}"}, follow=True)
    assert "How this order is paid is changed." in words_of(answer)
    package.refresh_from_db()
    assert package.balance == 10


def test_a_package_that_is_too_small_is_refused_in_words(client, carol):
    order, package = ordered(TO_FOLLOW), make_package("100")
    answer = client.post(at("order_payment", order), {"paying": f"package:{package.reference}"})
    assert "Not enough is left" in words_of(answer, status=409)


def test_an_order_paid_otherwise_stays_as_it_is(client, carol):
    order = ordered()
    type(order).objects.filter(pk=order.pk).update(payment_method=PaymentMethod.NOTHING)
    assert "stays as it is" in words_of(client.get(at("order_payment", order)))
    assert client.post(at("order_payment", order), {"paying": "invoice"}).status_code == 409


def test_a_package_shows_what_is_left_kept_and_used_with_each_movement(client, carol):
    package = make_package("200")
    ordered(Paying(method=PaymentMethod.PACKAGE, package=package))
    words = words_of(client.get(at("package_detail", package)))
    assert "£10.00 of £200.00 left, £190.00 kept for places to come." in words
    mark(booking_of(SAM), Booking.State.ATTENDED)
    lock(booking_of(SAM).event, now=NOW)
    settle_all(now=NOW)
    words = words_of(client.get(at("package_detail", package)))
    assert "£10.00 of £200.00 left, £95.00 kept for places to come, £95.00 used." in words


def test_the_statement_of_a_package_is_a_file_that_runs_no_formula(client, carol):
    package = make_package("10", unit=Package.Unit.DAYS)
    packages.adjust(
        package_id=package.pk,
        amount=-2,
        reason="=1+1",
        by=finance(),
        now=NOW,
        key="5b2f7a0e-6d1b-4e2f-8a53-0c8f0e6f8b11",
    )
    answer = client.get(at("package_csv", package))
    rows = answer.content.decode().splitlines()
    assert answer["Content-Type"].startswith("text/csv")
    assert rows[1].endswith("10.00,10.00")
    assert "'=1+1" in rows[2]
    assert rows[2].endswith("-2.00,8.00")
    assert "8 days of 8 days left" in words_of(client.get(at("package_detail", package)))
