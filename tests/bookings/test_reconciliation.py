"""Reconciliation: every ending of what costs something, in its month, and the figures that must agree from two sides."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pgtrigger
import pytest

from bookings import reconciliation
from bookings.actions import allocations, charges, invoices
from bookings.models import ChargeNotice, CreditNote, Invoice, InvoiceLine, OrderLine, PackageLedgerEntry, Payment
from bookings.models.order import PaymentMethod
from bookings.reconciliation import (
    ENDINGS,
    NO_ORDER_NUMBER,
    NOT_DECIDED,
    NOT_DELIVERED,
    NOT_LOCKED,
    ON_DRAFT,
    TO_SETTLE,
)
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event
from tests.money import credited, drafted, issued, order_of, paid
from tests.sales import basket, finance, make_package, school, settle_all, traded, what_is_wrong

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

YEAR = {"first": date(2026, 1, 1), "last": date(2026, 12, 31)}


def found(**asked):
    return [
        (f"{one.month:%b}", one.ending, one.places, str(one.net))
        for one in reconciliation.endings(**{"now": NOW, **YEAR, **asked})
    ]


def on_a_date(state="OPEN", *, starts_at=None, locked_at=None, order_state="CONFIRMED"):
    """A place of £95, ordered, on a date in this state."""
    event = make_event(make_course(strands=["traded"]), starts_at=starts_at or NOW + timedelta(days=9))
    type(event).objects.filter(pk=event.pk).update(state=state, register_locked_at=locked_at)
    fields = {"po_number": "", "po_status": "TO_FOLLOW"} if order_state == "AWAITING_PO" else {}
    order = order_of(state=order_state, **fields)
    order.lines.update(event=event, kind="PLACE", offer=event.offers.first())
    return order.lines.get()


def ended_as(state):
    line = order_of().lines.get()
    line.state = state
    line.save(update_fields=["state"])


def invoiced():
    issued()


def on_draft():
    drafted()


def without_number():
    on_a_date(order_state="AWAITING_PO")


def to_come():
    on_a_date()


def over_and_open():
    on_a_date("DELIVERED", starts_at=NOW - timedelta(days=3))


def over_and_locked():
    on_a_date("LOCKED", starts_at=NOW - timedelta(days=3), locked_at=NOW)


def charged_undecided():
    line = on_a_date("LOCKED", starts_at=NOW - timedelta(days=3), locked_at=NOW)
    booking = make_booking(line.event, cast.amina(), order_line=line, price=line.net)
    charge(booking, amount=line.net)


def charge(booking, amount=50):
    return ChargeNotice.objects.create(
        booking=booking, kind="NON_ATTENDANCE", organisation=booking.organisation, policy=booking.policy,
        amount=Decimal(amount), drafted_at=NOW, review_from=NOW, state="TO_REVIEW",
    )  # fmt: skip


def whole_course_without_a_day():
    order_of().lines.update(kind="COURSE")


# What became of one place of £95, and the one column in which it stands.
ENDS = [
    (invoiced, "Invoiced"),
    (lambda: ended_as("COVERED"), "Covered by a package"),
    (lambda: ended_as("WAIVED"), "Waived"),
    (lambda: ended_as("RELEASED"), "Given up in time"),
    (on_draft, ON_DRAFT),
    (without_number, NO_ORDER_NUMBER),
    (to_come, NOT_DELIVERED),
    (whole_course_without_a_day, NOT_DELIVERED),
    (over_and_open, NOT_LOCKED),
    (charged_undecided, NOT_DECIDED),
    (over_and_locked, TO_SETTLE),
]


@pytest.mark.parametrize(("becomes", "ending"), ENDS, ids=[f"{row[0].__name__}: {row[1]}" for row in ENDS])
def test_a_place_stands_in_one_column(becomes, ending):
    becomes()

    assert [row[1:] for row in found()] == [(ending, 1, "95.00")]


def test_a_place_paid_by_card_and_given_up_is_refunded():
    line = issued(method=PaymentMethod.CARD).order.lines.get()
    OrderLine.objects.filter(pk=line.pk).update(state="REFUNDED")

    assert [row[1:] for row in found()] == [("Refunded", 1, "95.00")]


def test_free_places_and_baskets_are_not_asked_about():
    order_of(("Free", "0"))
    basket((traded(), [], 1))

    assert found() == []


# When a course begins, in the time of Greenwich, and the month that it is in for people here.
MONTHS = [
    (datetime(2026, 6, 30, 22, 59, tzinfo=UTC), "Jun"),
    (datetime(2026, 6, 30, 23, 0, tzinfo=UTC), "Jul"),
    (datetime(2026, 11, 30, 23, 59, tzinfo=UTC), "Nov"),
    (datetime(2026, 12, 1, 0, 0, tzinfo=UTC), "Dec"),
]


@pytest.mark.parametrize(("starts_at", "month"), MONTHS)
def test_a_place_is_in_the_month_of_its_course(starts_at, month):
    on_a_date(starts_at=starts_at)

    assert [row[0] for row in found()] == [month]
    asked = datetime.strptime(f"{month} 2026 +0000", "%b %Y %z").date()
    # A month is asked for by any of its days, and holds all of them.
    assert found(first=asked.replace(day=30), last=asked.replace(day=1)) == found()
    before = asked - timedelta(days=1)
    assert found(first=before, last=before) == []


def test_months_and_organisations_stand_in_order_and_one_can_be_asked_for():
    for day, name in (
        (date(2026, 12, 31), "Weir Academy"),
        (date(2027, 1, 1), "Weir Academy"),
        (NOW.date(), "Kirk Fold"),
    ):
        order_of(
            ("A", "95"),
            ("B", "5"),
            organisation=school(name),
            now=NOW.replace(year=day.year, month=day.month, day=day.day),
        )

    both = {"first": date(2026, 11, 1), "last": date(2027, 1, 1)}
    rows = [
        (f"{one.month:%b %Y}", one.organisation, one.places, one.net) for one in reconciliation.endings(now=NOW, **both)
    ]
    assert rows == [
        ("Nov 2026", "Kirk Fold", 2, Decimal("100")),
        ("Dec 2026", "Weir Academy", 2, Decimal("100")),
        ("Jan 2027", "Weir Academy", 2, Decimal("100")),
    ]
    assert len(found(organisation="weir")) == 1
    assert found(organisation="nobody") == []


# --- Charges for free places ---------------------------------------------------------------------------------------


def free_place_not_used():
    """A charge of £50 for a place that cost nothing."""
    organisation = cast.make_organisation("Kirk Fold Nursery", invoice_address="1 Kirk Fold")
    person = cast.make_person("Nell Night", organisation, email="nell@nursery.example")
    return charge(make_booking(make_event(), person, state="DID_NOT_ATTEND"))


def approved(notice):
    charges.approve(notice_id=notice.pk, by=finance(), now=NOW)
    settle_all(now=NOW)


def charge_issued(notice):
    approved(notice)
    return invoices.approve(invoice_id=Invoice.objects.drafts().get().pk, by=finance(), now=NOW)


def waived(notice):
    charges.waive(notice_id=notice.pk, by=finance(), now=NOW, waived_for="SICKNESS")


def withdrawn(notice):
    ChargeNotice.objects.update(state="WITHDRAWN")


def credited_for_good(notice):
    credited(charge_issued(notice), "50")
    settle_all(now=NOW)


def credited_to_be_put_right(notice):
    credited(charge_issued(notice), "50", is_invoiced_again=True)
    settle_all(now=NOW)


def credited_in_part(notice):
    credited(charge_issued(notice), "20")
    settle_all(now=NOW)


CHARGES = [
    (lambda notice: None, NOT_DECIDED),
    (approved, ON_DRAFT),
    (charge_issued, "Invoiced"),
    (waived, "Waived"),
    (withdrawn, "Given up in time"),
    (credited_for_good, "Waived"),
    (credited_to_be_put_right, ON_DRAFT),
    (credited_in_part, "Invoiced"),
]


@pytest.mark.parametrize(("becomes", "ending"), CHARGES)
def test_a_charge_for_a_free_place_stands_in_one_column(becomes, ending):
    becomes(free_place_not_used())

    assert [row[1:] for row in found()] == [(ending, 1, "50.00")]
    assert what_is_wrong(now=NOW + timedelta(days=1)) == {}
    assert all(check.agrees for check in reconciliation.checks())


# --- Two sides of the books --------------------------------------------------------------------------------------


def books():
    """Something of everything: £95 paid and £40 of it credited, £10 paid back, a place covered by a package."""
    credited(issued(), "40")
    payment = paid("65", Invoice.objects.get())
    allocations.pay_back(payment_id=payment.pk, amount=Decimal("10"), reason="Too much", by=finance(), now=NOW)
    package = make_package("200", organisation=school())
    line = order_of(method=PaymentMethod.PACKAGE, package=package).lines.get()
    PackageLedgerEntry.objects.create(package=package, kind="USED", amount=-95, order_line=line, made_at=NOW)
    OrderLine.objects.filter(pk=line.pk).update(state="COVERED", package_amount=95)
    OrderLine.objects.update(is_to_settle=False)


FROZEN = {
    Invoice: "bookings.Invoice:issued_invoices_stay_as_they_are",
    CreditNote: "bookings.CreditNote:issued_credit_notes_stay_as_they_are",
    InvoiceLine: "bookings.InvoiceLine:invoice_lines_stay_as_they_are",
    PackageLedgerEntry: "bookings.PackageLedgerEntry:ledger_entries_stay",
}

# Which figure is changed by hand, though the database would refuse some of them, and what no longer agrees.
PLANTED = [
    (Invoice, {"gross": 96, "net": 96}, {"Lines of issued invoices, and the invoices"}),
    (Invoice, {"amount_paid": 50}, {"What payments pay, and what invoices were paid"}),
    (Invoice, {"amount_credited": 39}, {"Credit notes, and what they took off invoices"}),
    (InvoiceLine, {"is_live": False, "amount_credited": 95}, {
        "Places that ended as invoiced, and the lines of invoices that ask for them"}),
    (CreditNote, {"gross": 41, "net": 41}, {
        "Credit notes, and what they took off invoices", "Credit notes, and their lines"}),
    (Payment, {"amount_refunded": 9}, {"What payments gave back, and the refunds"}),
    (PackageLedgerEntry, {"amount": -94}, {"Places that a package covers, and what was used of packages"}),
]  # fmt: skip


@pytest.mark.parametrize(("model", "wrong", "words"), PLANTED)
def test_a_figure_that_was_changed_by_hand_disagrees_with_its_other_side(model, wrong, words):
    books()
    assert [check.words for check in reconciliation.checks() if not check.agrees] == []
    assert all(check.one > 0 for check in reconciliation.checks())

    rows = model.objects.filter(kind="USED") if model is PackageLedgerEntry else model.objects.all()
    with pgtrigger.ignore(*[name for each, name in FROZEN.items() if each is model]):
        rows.update(**wrong)

    assert {check.words for check in reconciliation.checks() if not check.agrees} == words


def test_every_pair_of_figures_has_its_fault():
    assert {words for *_, each in PLANTED for words in each} == {check.words for check in reconciliation.checks()}


def test_endings_are_all_the_columns_there_are():
    assert {row[1] for row in ENDS} | {ENDINGS["REFUNDED"]} == set(reconciliation.COLUMNS)
