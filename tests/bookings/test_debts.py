"""Debts: what is owed by its age, to the day; what is credited, paid or written off is owed no more."""

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from bookings import debts
from bookings.actions import allocations, invoices
from bookings.models import CreditNote, Invoice, Payment
from bookings.models.certificate import MAX_ATTEMPTS
from tests.makers import NOW
from tests.money import credited, drafted, issued, paid
from tests.sales import finance, school

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

TODAY = timezone.localtime(NOW).date()
DAYS_TO_PAY = 30


def late_by(days, *lines, **fields):
    """An invoice that was due so many days ago."""
    return issued(*lines, now=NOW - timedelta(days=DAYS_TO_PAY + days), **fields)


# How many days after it was due, and the column it stands in. Below zero: so many days before it is due.
AGED = [
    (-30, "Not due yet"),
    (-1, "Not due yet"),
    (0, "Not due yet"),
    (1, "1 to 30 days late"),
    (30, "1 to 30 days late"),
    (31, "31 to 60 days late"),
    (60, "31 to 60 days late"),
    (61, "61 to 90 days late"),
    (90, "61 to 90 days late"),
    (91, "Over 90 days late"),
    (800, "Over 90 days late"),
]


@pytest.mark.parametrize(("days", "column"), AGED)
def test_debt_stands_in_the_column_of_its_age_to_the_day(days, column):
    invoice = late_by(days)

    owed = {age.label: amount for age, amount in debts.all_debts(TODAY).ages if amount}

    assert (TODAY - invoice.due_on).days == days
    assert owed == {column: Decimal("95")}
    # Whoever opens the column finds the invoice there, and in no other.
    found = [age.label for age in debts.AGES if Invoice.objects.due().filter(age.condition(TODAY)).exists()]
    assert found == [column]


def written_off(invoice, _):
    invoices.write_off(invoice_id=invoice.pk, by=finance(), now=NOW, reason="They have closed.")


def disputed(invoice, _):
    invoices.dispute(invoice_id=invoice.pk, by=finance(), now=NOW, reason="Sam was ill")


def credit(invoice, amount):
    credited(invoice, amount)


def pay(invoice, amount):
    paid(amount, invoice)


def bounced(invoice, amount):
    payment = paid(amount, invoice)
    allocations.take_back(payment_id=payment.pk, invoice_id=invoice.pk, reason="Somebody else's", by=finance(), now=NOW)


# An invoice of £190: what became of it, and what is still owed.
LEFT = [
    ("nothing yet", [], "190"),
    ("part paid", [(pay, "100")], "90"),
    ("paid", [(pay, "190")], "0"),
    ("paid too much: the rest is theirs, and no debt below zero", [(pay, "200")], "0"),
    ("credited in part", [(credit, "40")], "150"),
    ("credited in part, the rest paid", [(credit, "40"), (pay, "150")], "0"),
    ("part paid, then credited below what was paid", [(pay, "100"), (credit, "95")], "0"),
    ("paid, then credited in part", [(pay, "190"), (credit, "95")], "0"),
    ("part paid, the rest written off", [(pay, "100"), (written_off, "")], "0"),
    ("disputed", [(disputed, "")], "190"),
    ("paid, and the payment was another's", [(bounced, "190")], "190"),
]


@pytest.mark.parametrize(("deeds", "left"), [row[1:] for row in LEFT], ids=[row[0] for row in LEFT])
def test_debt_is_what_is_left_of_an_invoice(deeds, left):
    invoice = late_by(10, ("Two places on one line", "95"), ("Another", "95"))
    for do, amount in deeds:
        do(invoice, amount)

    assert debts.all_debts(TODAY).total == Decimal(left)
    owed = list(debts.debts(debts.debts_by_organisation(TODAY)))
    assert [debt.total for debt in owed] == [Decimal(left)][: left != "0"]
    invoice.refresh_from_db()
    assert invoice.outstanding == Decimal(left)


def test_debts_by_organisation_begin_with_the_largest_and_add_up_to_everybodys():
    small, large = school("Kirk Fold Academy"), school("Weir Academy")
    late_by(5, ("A", "40"), organisation=small)
    late_by(95, ("B", "100"), organisation=small)
    late_by(5, ("C", "300"), organisation=large)
    late_by(-5, ("D", "0.10"), organisation=large)
    drafted(("A draft is no debt", "500"), organisation=large)

    found = list(debts.debts(debts.debts_by_organisation(TODAY)))

    assert [(debt.name, debt.organisation_id) for debt in found] == [
        ("Weir Academy", large.pk),
        ("Kirk Fold Academy", small.pk),
    ]
    assert [debt.by_age for debt in found] == [
        [Decimal("0.10"), Decimal("300"), 0, 0, 0],
        [0, Decimal("40"), 0, 0, Decimal("100")],
    ]
    assert debts.all_debts(TODAY).by_age == [Decimal("0.10"), Decimal("340"), 0, 0, Decimal("100")]


def test_debts_of_nobody_are_nothing():
    assert list(debts.debts(debts.debts_by_organisation(TODAY))) == []
    assert debts.all_debts(TODAY).total == 0


def a_draft():
    drafted()


def a_draft_without_address():
    drafted(organisation=school("No Address Academy", invoice_address=""))


def an_issued_invoice():
    issued()


def an_invoice_due_today():
    late_by(0)


def an_invoice_due_yesterday():
    late_by(1)


def a_dispute():
    disputed(issued(), "")


def a_proposed_credit():
    CreditNote.objects.create(
        invoice=issued(), reason="Given up", net=95, vat=0, gross=95, idempotency_key="7" * 32, drafted_at=NOW
    )


def a_payment_of_nobody():
    paid("50")


def a_payment_that_pays_all():
    paid("95", issued())


def an_alarm():
    order = issued().order
    Payment.objects.create(
        reference="M-ALARM", kind="CARD", state="FAILED", amount=95, order=order, created_at=NOW, alarm="9400 pence"
    )


def a_refund_through_the_ledger():
    allocations.pay_back(payment_id=paid("50").pk, amount=Decimal("50"), reason="Paid twice", by=finance(), now=NOW)


def a_refund_that_failed():
    a_refund_through_the_ledger()
    Payment.objects.get().refunds.update(state="FAILED", failure="No such card")


def an_unprintable_invoice():
    Invoice.objects.filter(pk=issued().pk).update(print_attempts=MAX_ATTEMPTS)


# What there is, and what of it waits for finance.
WAITING = [
    (a_draft, {"drafts": 1}),
    (a_draft_without_address, {"drafts": 1, "lacking": 1}),
    (an_issued_invoice, {"to_export": 1}),
    (an_invoice_due_today, {"to_export": 1}),
    (an_invoice_due_yesterday, {"to_export": 1, "overdue": 1}),
    (a_dispute, {"to_export": 1, "disputes": 1}),
    (a_proposed_credit, {"to_export": 1, "credit_notes": 1}),
    (a_payment_of_nobody, {"unmatched": 1}),
    (a_payment_that_pays_all, {"to_export": 1}),
    (an_alarm, {"to_export": 1, "alarms": 1}),
    (a_refund_through_the_ledger, {"to_export": 1}),
    (a_refund_that_failed, {"refunds": 1}),
    (an_unprintable_invoice, {"to_export": 1, "unprintable": 1}),
]


@pytest.mark.parametrize(("happens", "waits"), WAITING)
def test_waiting_for_finance_is_counted_by_what_is_to_be_done(happens, waits):
    assert set(debts.waiting_for_finance(NOW).values()) == {0}

    happens()

    assert {name: count for name, count in debts.waiting_for_finance(NOW).items() if count} == waits
