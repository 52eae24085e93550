"""What the city has sold agrees with what became of its places, to the penny and without a gap in the numbers."""

import pytest
from django.db.models import Count, F, Q, Sum

from bookings.actions import settlement
from bookings.models import Booking, ChargeNotice, DocumentSeries, Invoice, LedgerExport, Order, OrderLine, Payment

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _city(small_city):
    return small_city


def how_things_stand() -> list:
    return [
        *OrderLine.objects.order_by("pk").values_list("pk", "state", "settled_at"),
        *Order.objects.order_by("pk").values_list("pk", "state"),
        *Invoice.objects.order_by("pk").values_list("pk", "state", "number", "gross", "amount_paid"),
    ]


def test_settling_everything_again_changes_nothing(small_city):
    assert not OrderLine.objects.to_settle().exists()
    assert not ChargeNotice.objects.to_settle().exclude(enrolment__isnull=False).exists()
    before = how_things_stand()
    for line_id in OrderLine.objects.values_list("pk", flat=True):
        settlement.settle(line_id=line_id, now=small_city)
    for notice_id in ChargeNotice.objects.filter(booking__isnull=False).values_list("pk", flat=True):
        settlement.settle_charge(notice_id=notice_id, now=small_city)
    assert how_things_stand() == before
    assert OrderLine.objects.filter(state="INVOICED").count() > 20
    assert {*OrderLine.objects.values_list("state", flat=True)} >= {"SOLD", "INVOICED", "RELEASED"}


def test_every_place_that_costs_something_is_a_line_at_its_price():
    sold = Booking.objects.filter(price__gt=0, confirmed_at__isnull=False)
    assert sold.count() > 30
    assert not sold.exclude(order_line__net=F("price"), order_line__order__organisation=F("organisation")).exists()


def test_numbers_have_no_gap_and_follow_the_days():
    assert DocumentSeries.objects.count() > 2
    for series in DocumentSeries.objects.all():
        rows = Invoice.objects.filter(series=series).order_by("number_in_series")
        assert [row.number_in_series for row in rows] == list(range(1, series.last_number + 1))
        days = [row.issued_on for row in rows]
        assert days == sorted(days)


def test_invoices_add_up_and_payments_pay_them():
    sums = Invoice.objects.annotate(sum_of_lines=Sum("lines__gross"))
    assert not sums.exclude(gross=F("sum_of_lines")).exists()
    paid = Invoice.objects.filter(amount_paid__gt=0).annotate(allocated=Sum("allocations__amount"))
    assert paid.count() > 20
    assert not paid.exclude(allocated=F("amount_paid")).exists()
    assert not Payment.objects.exclude(amount=F("amount_allocated")).exists()
    exported = LedgerExport.objects.annotate(rows=Count("invoices"), gross=Sum("invoices__gross"))
    assert not exported.exclude(rows=F("invoice_count"), gross=F("total")).exists()


def test_who_owes_is_told_apart(small_city):
    waiting = Invoice.objects.filter(Q(state="DRAFT") | Q(issued_on__gte=small_city.date()))
    assert {*waiting.values_list("number", flat=True)} <= {None}
    assert Invoice.objects.overdue(small_city.date()).exists()
    assert Invoice.objects.filter(kind="RECHARGE").exclude(cost_centre="").exists()
    assert not Invoice.objects.issued().filter(kind="INVOICE", customer_address="").exists()
