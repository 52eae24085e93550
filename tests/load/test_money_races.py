"""Money under many hands: one package, the last places, the numbers of invoices, one charge decided while it is invoiced.

Each race is shown first without the guards, in a database of its own: there the wrong result comes about. With them in
place it never does, whoever is first.
"""

import os
import threading
import uuid
from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import User
from bookings.actions import baskets, credit_notes, documents, group_bookings, invoices, orders, packages, settlement
from bookings.actions.orders import Paying
from bookings.eligibility import bookable_events
from bookings.group_eligibility import Colleague
from bookings.models import DocumentSeries, Invoice, Order, OrderLine, Package
from bookings.models.order import LineState, PaymentMethod
from tests import cast
from tests.load.hands import take_away
from tests.load.live import own_database
from tests.makers import NOW
from tests.sales import (
    AGREED,
    BY_INVOICE,
    basket,
    contact_of,
    finance,
    lock,
    make_package,
    mark,
    place,
    school,
    settle_all,
    taken,
    traded,
    what_is_wrong,
)
from tests.sizes import size
from tests.threads import at_once

pytestmark = pytest.mark.soak

ROUNDS = size(2, 20)
CROWD = size(20, 50)
STARTS = NOW + timedelta(days=30)
AFTER = STARTS + timedelta(days=10)
PACKAGES, SERIES = ["bookings_package"], ["bookings_documentseries"]


@pytest.fixture(autouse=True)
def database(django_db_setup, django_db_blocker):
    with own_database(django_db_blocker, f"money_{os.getpid()}"):
        yield


# --- What the processes do ---------------------------------------------------------------------------------


def order_from_package(order_id, package_id):
    order = Order.objects.select_related("organisation").get(pk=order_id)
    paying = Paying(method=PaymentMethod.PACKAGE, package=Package.objects.get(pk=package_id))
    by = order.contact.user
    orders.place(order_id=order_id, paying=paying, total_shown=None, answers=AGREED, by=by, now=NOW)
    return "ordered"


def approve(invoice_id):
    return invoices.approve(invoice_id=invoice_id, by=None, now=AFTER).number


def settle(line_id):
    return settlement.settle(line_id=line_id, now=AFTER).state


def credit(invoice_id, line_id, user_id):
    credit_notes.write(
        invoice_id=invoice_id,
        amounts={line_id: Decimal("95")},
        reason="Agreed on the telephone",
        by=User.objects.get(pk=user_id),
        now=AFTER,
        key=uuid.uuid4(),
        is_invoiced_again=True,
    )
    return "credited"


# --- One package ----------------------------------------------------------------------------------------------


def deputy(number):
    """Another contact of the same school, with a basket of their own."""
    return cast.make_person(
        f"Deputy{number} Head", school(), membership="BOOKING_CONTACT", email=f"deputy{number}@school.example"
    )


def two_baskets(number=0):
    """Two contacts of one school, each with one place of £95 in the basket, and £100 in the package."""
    package = make_package("100")
    event = traded(f"Course {number}", starts_at=STARTS)
    first = basket((event, [], 1))
    second = _basket_of(deputy(number), event)
    return package, event, [(order_from_package, each.pk, package.pk) for each in (first, second)]


def _basket_of(contact, event):
    order = baskets.basket_of(organisation=school(), contact=contact.practitioner, by=contact, now=NOW)
    baskets.add(order_id=order.pk, event=bookable_events().get(pk=event.pk), colleagues=[], places_unnamed=1, now=NOW)
    return order


def test_two_contacts_overdraw_one_package_without_the_constraint(hands):
    package, _, both = two_baskets()
    take_away("a_package_is_not_overdrawn")

    said = hands.race(*both, gate=PACKAGES, is_guarded=False)

    package.refresh_from_db()
    assert said == ["ordered", "ordered"]
    assert package.balance == Decimal("-90")
    assert "balances_kept" in what_is_wrong(now=NOW)


def test_two_contacts_draw_from_one_package_and_one_has_it(hands):
    for number in range(ROUNDS):
        package, event, both = two_baskets(number)

        said = hands.race(*both, gate=PACKAGES)

        package.refresh_from_db()
        assert sorted(said) == ["NotEnoughLeft", "ordered"]
        assert (package.balance, taken(event)) == (Decimal("5"), 1)
        for order in Order.objects.baskets():
            order.lines.all().update(state=LineState.DROPPED)
    assert what_is_wrong(now=NOW) == {}


def test_many_orders_at_once_overdraw_nothing_and_oversell_nothing():
    package = make_package(str(95 * (CROWD // 4) + 50))
    event = traded("Everybody's course", starts_at=STARTS, capacity=CROWD // 2)
    baskets_of_many = [_basket_of(deputy(number), event) for number in range(CROWD)]

    def buy(number, order):
        by_package = Paying(method=PaymentMethod.PACKAGE, package=Package.objects.get(pk=package.pk))
        paying = by_package if number % 2 else BY_INVOICE
        by = Order.objects.select_related("contact__user").get(pk=order.pk).contact.user
        return orders.place(order_id=order.pk, paying=paying, total_shown=None, answers=AGREED, by=by, now=NOW)

    said = at_once(*[lambda n=n, o=o: buy(n, o) for n, o in enumerate(baskets_of_many)])

    sold = [each for each in said if isinstance(each, Order)]
    assert all(isinstance(each, Order | orders.BookingRefused | packages.NotEnoughLeft) for each in said)
    package.refresh_from_db()
    assert package.balance >= 0
    assert taken(event) == len(sold) == CROWD // 2
    assert OrderLine.objects.open().count() == len(sold)
    assert what_is_wrong(now=NOW) == {}


# --- The numbers of invoices -------------------------------------------------------------------------------------


def drafts(count):
    """So many schools, each with a draft for one place."""
    event = traded("Delivered course", starts_at=STARTS, capacity=None)
    for number in range(count):
        buyer = school(f"School {number}")
        order = place(basket((event, [], 1), organisation=buyer))
        line = order.lines.get()
        person = cast.make_person(f"Pupil{number} Teacher", buyer)
        booking = group_bookings.name_practitioner(
            group_id=line.group_booking_id,
            colleague=Colleague(full_name=person.practitioner.full_name, email=person.email),
            by=contact_of(buyer),
            now=NOW,
            answers=AGREED,
            idempotency_key=line.order.idempotency_key,
        )
        mark(booking, "ATTENDED", now=STARTS)
    lock(event, now=AFTER)
    settle_all(now=AFTER)
    return list(Invoice.objects.drafts().order_by("pk"))


def numbers():
    return sorted(Invoice.objects.issued().values_list("number_in_series", flat=True))


def test_invoice_numbers_come_twice_without_the_counter_row_and_the_unique_keys(monkeypatch):
    waiting = drafts(4)
    take_away("one_invoice_per_number")
    take_away("bookings_invoice_number_key")
    real, meeting = documents.take_number, threading.Barrier(4)
    real(prefix="WD", day=AFTER.date())
    DocumentSeries.objects.update(last_number=0)

    def naive(*, prefix, day):
        series = DocumentSeries.objects.get()
        last = max(numbers(), default=0)
        meeting.wait()
        return series, last + 1, f"{series.prefix}-{last + 1:05d}"

    monkeypatch.setattr(documents, "take_number", naive)
    at_once(*[lambda pk=each.pk: approve(pk) for each in waiting])

    assert numbers() == [1, 1, 1, 1]
    assert "numbers_gapless" in what_is_wrong(now=AFTER)


def test_invoice_numbers_have_no_gap_and_no_double_when_many_are_issued_and_some_fail():
    waiting = drafts(CROWD)
    failing = waiting[::5]
    for each in failing:
        buyer = each.organisation
        buyer.invoice_address = ""
        buyer.save(update_fields=["invoice_address"])

    said = at_once(*[lambda pk=each.pk: approve(pk) for each in waiting])

    assert sum(isinstance(each, invoices.InvoiceRefused) for each in said) == len(failing)
    assert numbers() == list(range(1, len(waiting) - len(failing) + 1))
    assert what_is_wrong(now=AFTER) == {}


def test_an_invoice_issued_by_two_at_once_has_one_number(hands):
    waiting = drafts(ROUNDS)
    for each in waiting:
        said = hands.race((approve, each.pk), (approve, each.pk), gate=SERIES)
        assert len(set(said)) == 1
    assert numbers() == list(range(1, ROUNDS + 1))


# --- Settling -------------------------------------------------------------------------------------------------


def a_line_owed(number=0):
    """A place that somebody came to, and nobody has settled yet."""
    buyer = school(f"Owing school {number}")
    event = traded(f"Settled course {number}", starts_at=STARTS)
    line = place(basket((event, [Colleague(full_name=f"Nia{number} Park")], 0), organisation=buyer)).lines.get()
    mark(line.bookings.get(), "ATTENDED", now=STARTS)
    lock(event, now=AFTER)
    return line


def test_a_line_settled_by_two_at_once_is_on_one_draft(hands):
    for number in range(ROUNDS):
        line = a_line_owed(number)

        said = hands.race((settle, line.pk), (settle, line.pk), gate=["bookings_invoice"])

        assert said == [LineState.SOLD, LineState.SOLD]
        assert Invoice.objects.get(order=line.order).lines.get().order_line == line
    assert what_is_wrong(now=AFTER) == {}


def issued():
    [draft] = drafts(1)
    invoice = invoices.approve(invoice_id=draft.pk, by=finance(), now=AFTER)
    return invoice, (credit, invoice.pk, invoice.lines.get().pk, finance().pk)


def test_two_of_finance_credit_one_line_twice_without_the_lock_and_the_constraints(hands):
    invoice, work = issued()
    take_away("a_line_is_credited_once")
    take_away("no_more_is_credited_than_was_invoiced")
    take_away("no_more_is_paid_than_is_owed")

    said = hands.race(work, work, gate=["bookings_invoiceline"], is_guarded=False)

    assert said == ["credited", "credited"]
    assert {"invoices_add_up", "credits_add_up"} & what_is_wrong(now=AFTER).keys()
    assert sum(invoice.credit_notes.values_list("gross", flat=True)) == Decimal("190")


def test_two_of_finance_credit_one_line_and_one_note_is_issued(hands):
    invoice, work = issued()

    said = hands.race(work, work, gate=["bookings_invoiceline"])

    assert sorted(said) == ["CreditRefused", "credited"]
    invoice.refresh_from_db()
    assert invoice.amount_credited == Decimal("95")
    settle_all(now=AFTER)
    assert what_is_wrong(now=AFTER) == {}
