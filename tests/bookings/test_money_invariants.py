"""What must always be true of money: each rule is broken on purpose, as no action could, and found by its own name."""

import json
from datetime import timedelta
from decimal import Decimal
from io import StringIO

import pgtrigger
import pytest
from django.core.management import call_command

from bookings import money_invariants
from bookings.actions import baskets, charges, invoices
from bookings.actions.orders import Paying
from bookings.models import (
    Booking,
    ChargeNotice,
    DocumentSeries,
    GroupBooking,
    Invoice,
    InvoiceLine,
    Order,
    OrderLine,
    Package,
    Payment,
    Quote,
    Refund,
)
from bookings.models.order import PaymentMethod
from courses.models import Event
from tests import cast, quotes
from tests.bookings.test_invariants import without
from tests.makers import NOW, make_booking, make_course, make_event
from tests.money import credited, issued, order_of, paid
from tests.sales import (
    BY_INVOICE,
    JO,
    SAM,
    TO_FOLLOW,
    basket,
    booking_of,
    finance,
    lock,
    make_package,
    mark,
    place,
    settle_all,
    traded,
)

pytestmark = pytest.mark.django_db

PAST = NOW - timedelta(days=2)


def write(rows, **fields):
    """As triggers would refuse it; and whatever is to be settled has been."""
    with pgtrigger.ignore():
        rows.update(**fields)
    OrderLine.objects.update(is_to_settle=False)
    ChargeNotice.objects.update(is_to_settle=False)


def sold(*people, unnamed=0, paying=BY_INVOICE):
    """Places of £95 on a date that is still to come."""
    return place(basket((traded(), people, unnamed)), paying)


def delivered(state="ATTENDED", paying=BY_INVOICE, *, decided=None):
    """Sam's place, two days after its register was locked, with what finance has decided about a charge."""
    order = sold(SAM, paying=paying)
    mark(booking_of(SAM), state, now=PAST)
    lock(Event.objects.get(order_lines__order=order), now=PAST)
    if decided:
        decided(ChargeNotice.objects.get())
    settle_all(now=PAST)
    return order


def invoiced(state="ATTENDED", **fields):
    order = delivered(state, **fields)
    return invoices.approve(invoice_id=order.invoices.get().pk, by=finance(), now=PAST)


def approve(notice):
    ChargeNotice.objects.update(review_from=PAST)
    charges.approve(notice_id=notice.pk, by=finance(), now=PAST)


def by_card(amount="95", **fields):
    """An order that a card has paid."""
    order = issued(method=PaymentMethod.CARD).order
    paid(amount, order.invoices.get(), kind="CARD", order=order, **fields)
    return order


def free_charge():
    """A charge for a place that cost nothing, drafted."""
    booking = make_booking(make_event(), cast.amina(), state="DID_NOT_ATTEND")
    return ChargeNotice.objects.create(
        booking=booking, kind="NON_ATTENDANCE", organisation=booking.organisation, policy=booking.policy,
        amount=Decimal("50"), drafted_at=PAST, review_from=PAST,
    )  # fmt: skip


# --- The faults ---------------------------------------------------------------------------------------------------


def places_sold():
    booking = make_booking(traded("Booked by herself"), cast.amina(), price=Decimal("95"))
    without("bookings_booking", "a_place_that_costs_something_is_sold")
    Booking.objects.filter(pk=booking.pk).update(order_line=None)
    return {"places_sold"}


def prices_agree():
    sold(SAM)
    write(Booking.objects.filter(pk=booking_of(SAM).pk), price=94)
    return {"prices_agree"}


def unnamed_agree():
    GroupBooking.objects.filter(order_lines__order=sold(unnamed=2)).update(places_unnamed=1, places_released=1)
    return {"unnamed_agree"}


def dates_agree():
    sold(SAM)
    write(OrderLine.objects.filter(bookings=booking_of(SAM)), event=make_event(make_course("Another")))
    return {"dates_agree"}


def places_end():
    sold(SAM)
    mark(booking_of(SAM), "ATTENDED", now=PAST)
    write(OrderLine.objects.all())
    Event.objects.filter(pk=booking_of(SAM).event_id).update(state="LOCKED", register_locked_at=PAST)
    return {"places_end"}


def attended_owed():
    order = delivered()
    order.invoices.all().delete()
    write(order.lines.all(), state="RELEASED")
    return {"attended_owed"}


def charges_owed():
    order = delivered("DID_NOT_ATTEND", decided=approve)
    order.invoices.all().delete()
    write(order.lines.all(), state="WAIVED")
    return {"charges_owed"}


def unowed_credited():
    invoiced()
    write(
        Booking.objects.filter(pk=booking_of(SAM).pk),
        state="CANCELLED_BY_PROVIDER",
        cancelled_at=NOW,
        cancelled_reason="Called off",
    )
    return {"unowed_credited"}


def invoiced_once():
    order = delivered()
    write(order.lines.all(), state="INVOICED")
    return {"invoiced_once"}


def refunds_owed():
    order = by_card()
    credited(order.invoices.get(), "95")
    settle_all(now=NOW)
    write(Refund.objects.all(), credit_note=None)
    return {"refunds_owed"}


def orders_in_step():
    event = traded()
    order = basket((event, [], 1))
    write(order.lines.all(), state="SOLD", sold_at=PAST)
    return {"orders_in_step"}


def holds_end():
    order = basket((traded(), [], 1))
    baskets.hold(order_id=order.pk, now=NOW)
    Order.objects.filter(pk=order.pk).update(held_until=NOW - timedelta(minutes=21))
    return {"holds_end"}


def purchase_orders_due():
    Order.objects.filter(pk=sold(SAM, paying=TO_FOLLOW).pk).update(po_due_at=NOW - timedelta(minutes=21))
    return {"purchase_orders_due"}


def quotes_add_up():
    write(Quote.objects.filter(pk=quotes.sent().pk), net=396, gross=396)
    return {"quotes_add_up"}


def quotes_kept():
    """An accepted quote whose order has a line too many."""
    quote = quotes.sent()
    order = order_of(("Something else", "1"), source="QUOTE")
    write(Quote.objects.filter(pk=quote.pk), state="ACCEPTED", order=order, accepted_at=NOW)
    return {"quotes_kept"}


def invoices_add_up():
    invoice = issued(("A", "95"), ("B", "10"))
    write(Invoice.objects.filter(pk=invoice.pk), net=106, gross=106)
    return {"invoices_add_up"}


def credits_add_up():
    note = credited(issued(), "40")
    write(InvoiceLine.objects.filter(invoice=note.invoice), amount_credited=41)
    return {"credits_add_up"}


def invoice_states():
    write(Invoice.objects.filter(pk=issued().pk), state="PAID")
    return {"invoice_states"}


def numbers_gapless():
    issued()
    DocumentSeries.objects.update(last_number=2)
    return {"numbers_gapless"}


def charges_invoiced():
    approve(free_charge())
    write(ChargeNotice.objects.all())
    return {"charges_invoiced"}


def charges_credited():
    approve(free_charge())
    settle_all(now=PAST)
    write(ChargeNotice.objects.all(), state="WAIVED", waived_for="SICKNESS")
    return {"charges_credited"}


def balances_kept():
    write(Package.objects.filter(pk=make_package("100").pk), balance=99)
    return {"balances_kept"}


def draws_kept():
    package = make_package("100")
    sold(SAM, paying=Paying(method=PaymentMethod.PACKAGE, package=package))
    write(OrderLine.objects.filter(order__package=package), package_amount=90)
    return {"draws_kept"}


def payments_add_up():
    Payment.objects.filter(pk=paid("50").pk).update(amount_refunded=5)
    return {"payments_add_up"}


def card_money_ends():
    by_card().payments.update(finished_at=NOW - timedelta(minutes=21), handled_at=None)
    return {"card_money_ends"}


def paid_once():
    """Two cards, each with an invoice of its own to pay."""
    order = by_card()
    paid("95", issued(("Another order's", "95")), kind="CARD", order=order)
    return {"paid_once"}


FAULTS = [
    places_sold, prices_agree, unnamed_agree, dates_agree, places_end, attended_owed, charges_owed, unowed_credited,
    invoiced_once, refunds_owed, orders_in_step, holds_end, purchase_orders_due, quotes_add_up, quotes_kept,
    invoices_add_up, credits_add_up, invoice_states, numbers_gapless, charges_invoiced, charges_credited, balances_kept,
    draws_kept, payments_add_up, card_money_ends, paid_once,
]  # fmt: skip


def a_portal_that_sells():
    """What is as it should be, beside which each fault is planted."""
    place(basket((traded("Another course"), [JO], 1)), TO_FOLLOW)
    credited(issued(), "10")
    paid("40", issued(("Paid in part", "95")))
    make_package("20")


def test_every_rule_has_its_fault():
    assert [fault.__name__ for fault in FAULTS] == [rule.code for rule in money_invariants.RULES]


@pytest.mark.parametrize("fault", FAULTS)
def test_a_planted_fault_is_found_by_its_rule_and_no_other(fault):
    a_portal_that_sells()
    settle_all(now=NOW)
    assert money_invariants.breaches(now=NOW) == []

    expected = fault()

    assert {breach.rule.code for breach in money_invariants.breaches(now=NOW)} == expected


def test_check_money_prints_json_and_fails_when_a_rule_is_broken():
    whole, broken, words = StringIO(), StringIO(), StringIO()
    call_command("check_money", "--json", stdout=whole)
    payments_add_up()

    with pytest.raises(SystemExit) as end:
        call_command("check_money", "--json", stdout=broken)
    with pytest.raises(SystemExit):
        call_command("check_money", stdout=words)

    assert json.loads(whole.getvalue())["is_clean"] is True
    assert end.value.code == 2
    [rule] = json.loads(broken.getvalue())["broken"]
    assert (rule["rule"], rule["subjects"]) == ("payments_add_up", [f"payment:{Payment.objects.get().pk}"])
    assert "A payment is used for what its rows say. Not so: payment:" in words.getvalue()
