"""The partner's own home: orders, invoices, package and record of the organisation; colleagues who have left."""

import pytest

from accounts.models import Membership
from bookings.actions import invoices
from bookings.actions.orders import Paying
from bookings.models import Booking, Order
from bookings.models.order import PaymentMethod
from tests import cast
from tests.bookings.views.test_baskets import words_of
from tests.makers import NOW
from tests.sales import (
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
HOME = "/organisation/"


@pytest.fixture
def carol(client):
    contact = contact_of(school())
    client.force_login(contact)
    return contact


def test_home_shows_what_is_to_do_ordered_due_and_left(client, carol):
    words = words_of(client.get(HOME))
    assert "Orders" not in words
    assert "Invoices" not in words

    package = make_package("200")
    order = place(basket((traded(), [SAM], 0)), TO_FOLLOW)
    words = words_of(client.get(HOME))
    assert f"Give the purchase order number of order {order.reference}" in words
    assert "£200.00 of £200.00 left." in words
    assert package.reference in words

    mark(booking_of(SAM), Booking.State.ATTENDED)
    lock(booking_of(SAM).event, now=NOW)
    settle_all(now=NOW)
    invoice = invoices.approve(invoice_id=order.invoices.get().pk, by=finance(), now=NOW)
    words = words_of(client.get(HOME))
    assert "1 invoice is to be paid: £95.00" in words
    assert invoice.number in words


def test_another_organisations_money_is_not_on_it(client, carol):
    other = school("Kirk Fold Academy")
    package = make_package("900", organisation=other)
    order = place(basket((traded(), [SAM], 0), organisation=other))
    words = words_of(client.get(HOME))
    assert order.reference not in words
    assert package.reference not in words


def test_a_colleague_who_left_is_taken_out_and_the_orders_stay(client, carol):
    package = make_package("200")
    order = place(basket((traded(), [SAM], 0)), Paying(method=PaymentMethod.PACKAGE, package=package))
    sam = booking_of(SAM).practitioner
    membership = Membership.objects.get(practitioner=sam)
    page = f"/organisation/people/{membership.pk}/end/"
    assert "Restorative practice" in words_of(client.get(page))

    assert client.post(page).status_code == 302
    assert client.post(page).status_code == 404
    membership.refresh_from_db()
    assert membership.ended_on == NOW.date()
    assert Order.objects.for_contact(carol).get(pk=order.pk).lines.count() == 1
    assert booking_of(SAM).state == Booking.State.CONFIRMED
    assert "Sam Ellis" in words_of(client.get(f"/organisation/orders/{order.reference}/"))


def test_oneself_and_strangers_are_not_taken_out(client, carol):
    own = Membership.objects.get(practitioner=carol.practitioner)
    answer = client.post(f"/organisation/people/{own.pk}/end/")
    assert "cannot take yourself out" in words_of(answer, status=409)
    stranger = Membership.objects.get(practitioner=cast.amina().practitioner)
    assert client.get(f"/organisation/people/{stranger.pk}/end/").status_code == 404
    assert client.post(f"/organisation/people/{stranger.pk}/end/").status_code == 404
    assert not Membership.objects.filter(ended_on__isnull=False).exists()


def test_orders_stay_with_the_organisation_when_its_contact_leaves(client, carol):
    order = place(basket((traded(), [SAM], 0)), TO_FOLLOW)
    second = cast.make_person("Dana Rush", school(), membership="BOOKING_CONTACT")
    client.force_login(second)
    own = Membership.objects.get(practitioner=carol.practitioner)
    assert client.post(f"/organisation/people/{own.pk}/end/").status_code == 302
    assert order.reference in words_of(client.get(HOME))
    client.force_login(carol)
    assert client.get(f"/organisation/orders/{order.reference}/").status_code == 404


def test_the_training_record_is_a_file_of_ones_own_people(client, carol):
    place(basket((traded(), [SAM], 0)))
    mark(booking_of(SAM), Booking.State.ATTENDED)
    Booking.objects.update(reference="B-ONEOFUS")
    answer = client.get("/organisation/training-record.csv")
    assert "Sam Ellis,Restorative practice," in answer.content.decode()
    client.force_login(contact_of(school("Kirk Fold Academy")))
    assert "Sam Ellis" not in client.get("/organisation/training-record.csv").content.decode()
    client.force_login(cast.amina())
    assert client.get("/organisation/training-record.csv").status_code == 404
