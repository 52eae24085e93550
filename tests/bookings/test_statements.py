"""Statements: an organisation's account between two days, worked by hand; the balance of a day never changes."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from bookings.actions import allocations, credit_notes, invoices
from bookings.models import Invoice, Payment, Refund
from bookings.statements import statement_of
from courses.money import NOTHING
from tests.makers import NOW
from tests.money import credited, issued, paid
from tests.sales import finance, school

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

FIRST, LAST = date(2026, 11, 1), date(2026, 11, 30)


def on(day, month=11):
    return datetime(2026, month, day, 12, tzinfo=UTC)


def account(organisation=None, first=FIRST, last=LAST):
    return statement_of(organisation=organisation or school(), first=first, last=last)


def rows(statement):
    return [(f"{entry.day:%-d %b}", entry.what, str(entry.amount), str(entry.balance)) for entry in statement.entries]


def test_statement_is_the_account_that_finance_adds_up_by_hand():
    early = issued(("Early", "95"), now=on(31, 10))
    first = issued(("A", "190"), now=on(1))
    credited(first, "40", now=on(5))
    paid("100", early, first, now=on(10))
    paid("200", first, now=on(15))
    last = issued(("B", "60"), now=on(30))
    issued(("After", "500"), now=on(1, 12))

    statement = account()

    assert statement.before == Decimal("95")
    assert rows(statement) == [
        ("1 Nov", "invoice", "190.00", "285.00"),
        ("5 Nov", "credit note", "-40.00", "245.00"),
        ("10 Nov", "payment", "-100.00", "145.00"),
        ("15 Nov", "payment", "-200.00", "-55.00"),
        ("30 Nov", "invoice", "60.00", "5.00"),
    ]
    assert (statement.after, statement.is_owing, statement.is_in_credit) == (Decimal("5"), True, False)
    assert statement.entries[-1].reference == last.number
    # What is owed less what they paid too much, as the desk shows either.
    outstanding = sum(each.outstanding for each in Invoice.objects.filter(issued_on__lte=LAST))
    assert statement.after == outstanding - sum(each.amount_left for each in Payment.objects.all())


# First and last day asked for, the balance before, what is shown of an invoice of £95 on 10 November and £50 paid on 20 November.
BORDERS = [
    (date(2026, 11, 10), date(2026, 11, 20), "0", ["95.00", "-50.00"], "45"),
    (date(2026, 11, 11), date(2026, 11, 20), "95", ["-50.00"], "45"),
    (date(2026, 11, 10), date(2026, 11, 19), "0", ["95.00"], "95"),
    (date(2026, 11, 11), date(2026, 11, 19), "95", [], "95"),
    (date(2026, 11, 10), date(2026, 11, 10), "0", ["95.00"], "95"),
    (date(2026, 11, 20), date(2026, 11, 20), "95", ["-50.00"], "45"),
    (date(2026, 11, 21), date(2026, 12, 31), "45", [], "45"),
    (date(2026, 1, 1), date(2026, 11, 9), "0", [], "0"),
]


@pytest.mark.parametrize(("first", "last", "before", "shown", "after"), BORDERS)
def test_statement_holds_both_its_days_and_carries_what_was_before(first, last, before, shown, after):
    invoice = issued(("A", "95"), now=on(10))
    paid("50", invoice, now=on(20))

    statement = account(first=first, last=last)

    assert (statement.before, statement.after) == (Decimal(before), Decimal(after))
    assert [str(entry.amount) for entry in statement.entries] == shown


def test_statement_of_whoever_paid_and_was_credited_then_is_in_credit():
    invoice = issued(now=on(2))
    paid("95", invoice, now=on(3))
    credited(invoice, "95", now=on(20))

    statement = account()

    assert rows(statement)[-1] == ("20 Nov", "credit note", "-95.00", "-95.00")
    assert (statement.is_in_credit, statement.is_owing) == (True, False)
    assert (statement.entries[-1].size, statement.entries[-1].is_owed) == (Decimal("95"), False)


def test_statement_shows_of_a_payment_for_two_organisations_what_each_has_of_it():
    mine, other = school(), school("Other Academy")
    invoice, others = issued(("A", "95"), now=on(2)), issued(("B", "60"), organisation=other, now=on(2))
    # The trust pays for both, and £45 too much.
    paid("200", invoice, others, organisation=mine, now=on(9))

    assert [row[2:] for row in rows(account(mine))] == [("95.00", "95.00"), ("-140.00", "-45.00")]
    assert [row[2:] for row in rows(account(other))] == [("60.00", "60.00"), ("-60.00", "0.00")]


def test_statement_leaves_out_a_payment_that_pays_others_alone():
    mine, other = school(), school("Other Academy")
    others = issued(("B", "60"), organisation=other, now=on(2))
    paid("60", others, organisation=mine, now=on(9))

    assert rows(account(mine)) == []
    assert account(other).after == NOTHING


def test_money_that_goes_back_is_on_its_day_whenever_the_statement_is_asked_for():
    payment = paid("120", issued(now=on(2)), now=on(3))
    allocations.pay_back(payment_id=payment.pk, amount=Decimal("25"), reason="Paid too much", by=finance(), now=on(28))
    november = account()
    assert rows(november)[-1] == ("28 Nov", "refund", "25.00", "0.00")
    assert november.entries[-1].words == "To be paid back"

    Refund.objects.update(state="SUCCEEDED", finished_at=on(2, 12))

    assert rows(account()) == rows(november)
    assert account().entries[-1].words == "Paid back on 2 December 2026"
    december = account(first=date(2026, 12, 1), last=date(2026, 12, 31))
    assert (december.before, december.entries) == (NOTHING, [])


def test_what_is_written_off_is_owed_no_more_and_comes_back_with_a_credit():
    invoice = issued(now=on(2))
    paid("45", invoice, now=on(3))
    invoices.write_off(invoice_id=invoice.pk, by=finance(), now=NOW, reason="They have closed.")
    # The database tells the time of what was written off.
    ever = {"last": date(2126, 1, 1)}
    assert sorted((entry.what, entry.amount) for entry in account(**ever).entries) == [
        ("invoice", Decimal("95")), ("payment", Decimal("-45")), ("written off", Decimal("-50")),
    ]  # fmt: skip
    assert account(**ever).after == NOTHING

    credited(invoice, "50", now=NOW)

    written_off = [entry.amount for entry in account(**ever).entries if entry.what == "written off"]
    assert sorted(written_off) == [Decimal("-50"), Decimal("50")]
    assert account(**ever).after == NOTHING


def test_statement_knows_no_drafts_nor_proposals_nor_payments_that_failed():
    invoice = issued(now=on(2))
    credit_notes.propose(invoice_line=invoice.lines.get(), reason="Given up", now=on(3))
    Payment.objects.create(
        reference="M-FAILED", kind="CARD", state="FAILED", amount=95, organisation=school(), order=invoice.order,
        created_at=on(4), received_on=on(4).date(),
    )  # fmt: skip

    assert [row[1] for row in rows(account())] == ["invoice"]


def test_statement_counts_a_day_by_the_clock_on_the_wall():
    """In British summer time the last half hour before midnight in Greenwich is the next day already."""
    late = datetime(2026, 6, 30, 23, 30, tzinfo=UTC)
    paid("10", now=late - timedelta(days=5), organisation=school())
    payment = Payment.objects.get()
    allocations.pay_back(payment_id=payment.pk, amount=Decimal("10"), reason="Paid twice", by=finance(), now=late)

    june = account(first=date(2026, 6, 1), last=date(2026, 6, 30))
    july = account(first=date(2026, 7, 1), last=date(2026, 7, 31))

    assert (june.after, [entry.day for entry in july.entries]) == (Decimal("-10"), [date(2026, 7, 1)])
