"""Packages on finance's desk: sold with their invoice, put right with a reason, shown with every movement."""

from uuid import uuid4

import pytest
from django.urls import reverse

from bookings.models import Invoice, Order, Package
from tests import cast
from tests.answers import main_of
from tests.makers import make_vat_rate
from tests.sales import finance, school

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def desk(client):
    client.force_login(finance())
    return client


def sold(desk, organisation=None, **fields):
    organisation = organisation or school()
    given = {"key": uuid4(), "year": "2026-09-01/2027-08-31", "unit": "MONEY", "amount": "2,000", "price": "£1,800",
             "treatment": "EXEMPT", "po_number": "PO-77", "note": "", **fields}  # fmt: skip
    return desk.post(f"{reverse('bookings:finance_package_grant')}?organisation={organisation.pk}", given)


def test_package_is_sold_with_a_draft_invoice_once(desk):
    key = uuid4()

    assert sold(desk, key=key).status_code == 302
    assert sold(desk, key=key).status_code == 302

    package, invoice = Package.objects.get(), Invoice.objects.get()
    assert (package.balance, package.price, str(package.ends_on)) == (2000, 1800, "2027-08-31")
    assert package.order_line.order == invoice.order
    assert (invoice.state, invoice.gross, invoice.lines.get().vat_treatment) == ("DRAFT", 1800, "EXEMPT")
    assert (invoice.order.po_number, invoice.order.source) == ("PO-77", "STAFF")
    assert "1 September 2026 to 31 August 2027" in invoice.lines.get().description


def test_package_for_the_councils_own_is_recharged_and_services_bear_vat(desk):
    make_vat_rate()
    own = cast.make_organisation("Kirk Fold Primary", is_recharged=True, cost_centre="CC-1")

    sold(desk, own, treatment="STANDARD")
    sold(desk, treatment="STANDARD", price="100")

    recharge, invoice = Invoice.objects.order_by("pk")
    assert (recharge.kind, recharge.vat, recharge.lines.get().vat_treatment) == ("RECHARGE", 0, "NO_SUPPLY")
    assert (invoice.kind, invoice.vat, invoice.gross) == ("INVOICE", 20, 120)


def test_gift_has_no_invoice_and_is_given_once(desk):
    key = uuid4()

    sold(desk, price="0", key=key, unit="DAYS", amount="12.5")
    sold(desk, price="0", key=key, unit="DAYS", amount="12.5")

    assert Package.objects.get().balance == 12.5
    assert not Order.objects.exists()


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"treatment": "20"}, "Choose exempt or standard rate"),
        ({"amount": "-5"}, "Write more than 0"),
        ({"price": "-5"}, "£0 or more"),
        ({"price": "9" * 300}, "under £1,000,000"),
        ({"year": "1999-01-01/1999-12-31"}, "Choose one of the years shown"),
        ({"po_number": "<b>"}, "as it is printed on your purchase order"),
        ({"note": "\0"}, "Null characters"),
    ],
)
def test_sale_that_makes_no_sense_is_refused_with_a_sentence(desk, fields, words):
    answer = sold(desk, **fields)

    assert answer.status_code == 422
    assert words in answer.text
    assert not Package.objects.exists()
    assert not Order.objects.exists()


def test_purchase_order_is_asked_of_those_who_need_one(desk):
    answer = sold(desk, school("Careful Academy", is_purchase_order_required=True), po_number="")

    assert answer.status_code == 422
    assert "Careful Academy needs a purchase order" in answer.text


def test_september_is_chosen_for_academies_and_april_for_others(desk):
    page = reverse("bookings:finance_package_grant")
    others = cast.make_organisation("Beckside Primary School")

    assert desk.get(f"{page}?organisation={school().pk}").context["form"]["year"].value() == "2026-09-01/2027-08-31"
    assert desk.get(f"{page}?organisation={others.pk}").context["form"]["year"].value() == "2026-04-01/2027-03-31"
    assert "Beckside" in main_of(desk.get(f"{page}?q=beck"))
    for odd in ("organisation=x", "organisation=" + "9" * 40, "q=%00"):
        assert desk.get(f"{page}?{odd}").status_code == 200


def test_balance_is_put_right_once_with_a_reason_and_never_below_nothing(desk):
    sold(desk)
    package = Package.objects.get()
    path = reverse("bookings:finance_package_adjust", args=[package.reference])
    sent = {"key": uuid4(), "amount": "-500", "reason": "Counted twice"}

    assert desk.post(path, {**sent, "reason": ""}).status_code == 422
    assert "Only 2000.00 is left" in desk.post(path, {**sent, "amount": "-2000.01"}).text
    desk.post(path, sent)
    desk.post(path, sent)

    package.refresh_from_db()
    assert package.balance == 1500
    page = main_of(desk.get(reverse("bookings:finance_package", args=[package.reference])))
    for words in ("Bought £2,000.00 £2,000.00", "Counted twice", "−£500.00 £1,500.00"):
        assert words in page


def test_team_reads_and_sells_nothing(client):
    client.force_login(finance())
    sold(client)
    package = Package.objects.get()
    client.force_login(cast.wendy())

    assert package.reference in client.get("/finance/packages/").text
    assert client.get(reverse("bookings:finance_package", args=[package.reference])).status_code == 200
    assert sold(client).status_code == 404
