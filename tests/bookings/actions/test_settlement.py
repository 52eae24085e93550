"""Settlement: what became of a place decides what is owed, whichever way it is paid, and every sum agrees after."""

import uuid
from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest
from django.db import transaction

from bookings.actions import charges, credit_notes, invoices, packages, places
from bookings.actions.orders import Paying
from bookings.models import Booking, ChargeNotice, CreditNote, Invoice, OrderLine
from bookings.models.invoice import InvoiceState
from bookings.models.order import LineState, OrderState, PaymentMethod
from tests import cast
from tests.makers import NOW, make_booking, make_course, make_event
from tests.money import paid
from tests.sales import (
    JO,
    KIM,
    SAM,
    basket,
    booking_of,
    finance,
    lock,
    make_package,
    mark,
    place,
    school,
    settle_all,
    traded,
    what_is_wrong,
)

pytestmark = pytest.mark.django_db(transaction=True)

STARTS = NOW + timedelta(days=30)
AFTER = STARTS + timedelta(days=10)


def ends():
    return dict(OrderLine.objects.values_list("bookings__practitioner__full_name", "state"))


def sold(*people, unnamed=0, paying=None, **fields):
    event = traded(starts_at=STARTS, **fields)
    order = basket((event, people, unnamed))
    return event, place(order, paying) if paying else place(order)


def issue(invoice, now=AFTER):
    return invoices.approve(invoice_id=invoice.pk, by=finance(), now=now, gross_shown=invoice.gross)


def pay(invoice, amount):
    payment = paid(amount, invoice, now=AFTER)
    invoice.refresh_from_db()
    return payment


def delivered_order():
    """Sam came, Jo did not, Kim gave it up in time."""
    event, order = sold(SAM, JO, KIM)
    places.cancel(booking_id=booking_of(KIM).pk, by=None, now=NOW)
    mark(booking_of(SAM), Booking.State.ATTENDED, now=STARTS)
    mark(booking_of(JO), Booking.State.DID_NOT_ATTEND, now=STARTS)
    lock(event, now=AFTER)
    settle_all(now=AFTER)
    return order


def test_settle_waits_until_the_register_is_locked_and_then_owes_who_came():
    event, order = sold(SAM, KIM)
    mark(booking_of(SAM), Booking.State.ATTENDED, now=STARTS)
    settle_all(now=STARTS)
    assert ends() == {"Sam Ellis": LineState.SOLD, "Kim Okafor": LineState.SOLD}
    assert not Invoice.objects.exists()

    places.cancel(booking_id=booking_of(KIM).pk, by=None, now=NOW)
    lock(event, now=AFTER)
    settle_all(now=AFTER)

    invoice = Invoice.objects.get()
    assert (invoice.state, invoice.gross, invoice.number) == (InvoiceState.DRAFT, Decimal("95"), None)
    assert ends() == {"Sam Ellis": LineState.SOLD, "Kim Okafor": LineState.RELEASED}
    issue(invoice)
    assert ends()["Sam Ellis"] == LineState.INVOICED
    order.refresh_from_db()
    assert order.state == OrderState.FULFILLED
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}


def test_settle_owes_a_place_that_was_not_used_once_its_charge_is_approved():
    delivered_order()
    notice = ChargeNotice.objects.get()
    assert Invoice.objects.get().gross == Decimal("95")

    charges.approve(notice_id=notice.pk, by=finance(), now=AFTER)
    settle_all(now=AFTER)

    invoice = Invoice.objects.get()
    assert invoice.gross == Decimal("190")
    assert "did not attend" in invoice.lines.get(charge=notice).description
    issue(invoice)
    assert ends()["Jo March"] == LineState.INVOICED


def test_settle_waives_the_place_with_its_charge():
    delivered_order()
    charges.waive(
        notice_id=ChargeNotice.objects.get().pk, by=finance(), now=AFTER, waived_for="SICKNESS", reason="Told us by ten"
    )
    settle_all(now=AFTER)
    issue(Invoice.objects.get())

    assert ends() == {
        "Sam Ellis": LineState.INVOICED,
        "Jo March": LineState.WAIVED,
        "Kim Okafor": LineState.RELEASED,
    }
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}


def test_a_charge_waived_after_its_invoice_proposes_a_credit_note_that_finance_issues():
    delivered_order()
    notice = ChargeNotice.objects.get()
    charges.approve(notice_id=notice.pk, by=finance(), now=AFTER)
    settle_all(now=AFTER)
    invoice = issue(Invoice.objects.get())
    payment = pay(invoice, "190")
    assert invoice.state == InvoiceState.PAID

    charges.reopen(notice_id=notice.pk, by=finance(), now=AFTER, reason="They wrote to us.")
    settle_all(now=AFTER)
    assert ends()["Jo March"] == LineState.INVOICED
    charges.waive(notice_id=notice.pk, by=finance(), now=AFTER, waived_for="DECISION", reason="A kind word")
    settle_all(now=AFTER)
    note = CreditNote.objects.get()
    assert (note.number, note.gross) == (None, Decimal("95"))

    credit_notes.approve(note_id=note.pk, by=finance(), now=AFTER)
    settle_all(now=AFTER)

    invoice.refresh_from_db()
    payment.refresh_from_db()
    assert (invoice.amount_credited, invoice.amount_paid, invoice.state) == (Decimal("95"), Decimal("95"), "PAID")
    assert payment.amount_left == Decimal("95")
    assert ends()["Jo March"] == LineState.WAIVED
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}


def test_credit_and_invoice_again_puts_the_line_on_a_new_invoice():
    delivered_order()
    invoice = issue(Invoice.objects.get())
    line = invoice.lines.get()

    for _ in range(2):
        note = credit_notes.write(
            invoice_id=invoice.pk,
            amounts={line.pk: Decimal("95")},
            reason="Wrong purchase order number",
            by=finance(),
            now=AFTER,
            key=uuid.UUID(int=7),
            is_invoiced_again=True,
        )
    settle_all(now=AFTER)

    assert note.gross == Decimal("95")
    assert [each.state for each in Invoice.objects.order_by("pk")] == [InvoiceState.CREDITED, InvoiceState.DRAFT]
    assert issue(Invoice.objects.get(state=InvoiceState.DRAFT)).number.endswith("00002")
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}


def test_credit_with_nothing_more_to_pay_waives_the_line():
    delivered_order()
    invoice = issue(Invoice.objects.get())

    credit_notes.write(
        invoice_id=invoice.pk,
        amounts={invoice.lines.get().pk: Decimal("95")},
        reason="The trainer was late",
        by=finance(),
        now=AFTER,
        key=uuid.uuid4(),
        is_invoiced_again=False,
    )
    settle_all(now=AFTER)

    assert ends()["Sam Ellis"] == LineState.WAIVED
    assert Invoice.objects.count() == 1
    with pytest.raises(credit_notes.CreditRefused, match="£0"):
        credit_notes.write(
            invoice_id=invoice.pk,
            amounts={invoice.lines.get().pk: Decimal("1")},
            reason="Once more",
            by=finance(),
            now=AFTER,
            key=uuid.uuid4(),
            is_invoiced_again=False,
        )


@pytest.mark.parametrize("is_invoiced_again", [True, False])
def test_credit_of_a_part_leaves_the_rest_owed_whatever_becomes_of_what_is_credited_in_full(is_invoiced_again):
    delivered_order()
    invoice = issue(Invoice.objects.get())
    line = invoice.lines.get()

    def credit(amount):
        credit_notes.write(
            invoice_id=invoice.pk,
            amounts={line.pk: Decimal(amount)},
            reason="The trainer was late",
            by=finance(),
            now=AFTER,
            key=uuid.uuid4(),
            is_invoiced_again=is_invoiced_again,
        )
        settle_all(now=AFTER)
        invoice.refresh_from_db()

    credit("40")
    assert (invoice.outstanding, ends()["Sam Ellis"]) == (Decimal("55"), LineState.INVOICED)
    assert not CreditNote.objects.drafts().exists()

    credit("55")
    assert invoice.outstanding == 0
    assert ends()["Sam Ellis"] == (LineState.SOLD if is_invoiced_again else LineState.WAIVED)
    assert Invoice.objects.drafts().exists() == is_invoiced_again
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}


def test_a_date_in_march_is_invoiced_when_it_is_ordered_and_credited_when_given_up():
    starts = datetime(2027, 3, 16, 9, 30, tzinfo=UTC)
    place(basket((traded(starts_at=starts), [SAM], 0)))
    settle_all(now=NOW)
    invoice = issue(Invoice.objects.get(), now=NOW)
    assert ends() == {"Sam Ellis": LineState.INVOICED}
    # Paid for early is not delivered yet.
    assert invoice.order.state == OrderState.CONFIRMED

    places.cancel(booking_id=booking_of(SAM).pk, by=None, now=NOW)
    settle_all(now=NOW)
    credit_notes.approve(note_id=CreditNote.objects.get().pk, by=finance(), now=NOW)
    settle_all(now=NOW)

    invoice.refresh_from_db()
    assert invoice.state == InvoiceState.CREDITED
    assert ends() == {"Sam Ellis": LineState.RELEASED}
    assert what_is_wrong(now=NOW + timedelta(days=1)) == {}


def test_a_package_gives_back_what_was_used_for_a_charge_that_is_waived_later():
    package = make_package("300")
    event, _ = sold(JO, paying=Paying(method=PaymentMethod.PACKAGE, package=package))
    mark(booking_of(JO), Booking.State.DID_NOT_ATTEND, now=STARTS)
    lock(event, now=AFTER)
    notice = ChargeNotice.objects.get()
    charges.approve(notice_id=notice.pk, by=finance(), now=AFTER)
    settle_all(now=AFTER)
    assert ends() == {"Jo March": LineState.COVERED}
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}

    charges.reopen(notice_id=notice.pk, by=finance(), now=AFTER, reason="They called")
    settle_all(now=AFTER)
    charges.waive(notice_id=notice.pk, by=finance(), now=AFTER, waived_for="BEREAVEMENT")
    settle_all(now=AFTER)

    package.refresh_from_db()
    assert ends() == {"Jo March": LineState.WAIVED}
    assert package.balance == Decimal("300")
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}


@pytest.mark.parametrize("is_drained", [False, True])
def test_a_charge_waived_and_opened_again_draws_from_the_package_or_is_invoiced(is_drained):
    """What the waiver gave back may be gone when the charge is approved after all: then it is owed on an invoice."""
    package = make_package("100")
    event, _ = sold(JO, paying=Paying(method=PaymentMethod.PACKAGE, package=package))
    mark(booking_of(JO), Booking.State.DID_NOT_ATTEND, now=STARTS)
    lock(event, now=AFTER)
    notice = ChargeNotice.objects.get()
    charges.waive(notice_id=notice.pk, by=finance(), now=AFTER, waived_for="BEREAVEMENT")
    settle_all(now=AFTER)
    if is_drained:
        adjusted = {"reason": "Agreed", "by": finance(), "now": AFTER, "key": uuid.uuid4()}
        packages.adjust(package_id=package.pk, amount=Decimal("-90"), **adjusted)

    charges.reopen(notice_id=notice.pk, by=finance(), now=AFTER, reason="They called")
    settle_all(now=AFTER)
    package.refresh_from_db()
    assert package.balance == Decimal("10" if is_drained else "5")
    assert ends() == {"Jo March": LineState.SOLD}
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}

    charges.approve(notice_id=notice.pk, by=finance(), now=AFTER)
    settle_all(now=AFTER)
    assert ends() == {"Jo March": LineState.SOLD if is_drained else LineState.COVERED}
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}
    if is_drained:
        invoice = issue(Invoice.objects.get(), now=AFTER)
        settle_all(now=AFTER)
        assert (invoice.net, ends()) == (Decimal("95"), {"Jo March": LineState.INVOICED})
        assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}


def test_a_colleague_and_another_date_go_on_with_the_same_line():
    from bookings.actions import changes
    from bookings.eligibility import bookable_events

    event, _ = sold(SAM)
    other = make_event(event.version.course, starts_at=STARTS + timedelta(days=7))
    line = OrderLine.objects.get()
    moved = changes.transfer(booking_id=booking_of(SAM).pk, event=bookable_events().get(pk=other.pk), by=None, now=NOW)
    colleague = cast.make_person("Nia Park", school())
    taken_over = changes.substitute(
        booking_id=moved.pk, practitioner=colleague.practitioner, by=None, now=NOW + timedelta(days=1)
    )

    line.refresh_from_db()
    assert (taken_over.order_line_id, line.event_id) == (line.pk, other.pk)
    assert OrderLine.objects.count() == 1
    mark(taken_over, Booking.State.ATTENDED, now=AFTER)
    lock(other, now=AFTER + timedelta(days=7))
    settle_all(now=AFTER + timedelta(days=7))
    assert Invoice.objects.get().lines.get().order_line == line


def test_a_charge_for_a_free_place_goes_on_its_agencys_own_invoice_without_vat():
    event = make_event(make_course(), starts_at=STARTS)
    booking = make_booking(event, cast.make_person("Pat Free", school()), state=Booking.State.CONFIRMED)
    mark(booking, Booking.State.DID_NOT_ATTEND, now=STARTS)
    notice = ChargeNotice.objects.get()
    charges.approve(notice_id=notice.pk, by=finance(), now=AFTER)

    settle_all(now=AFTER)

    line = Invoice.objects.get().lines.get()
    assert (line.net, line.vat, line.vat_treatment) == (Decimal("50"), Decimal("0"), "OUTSIDE_SCOPE")
    issue(Invoice.objects.get())
    charges.reopen(notice_id=notice.pk, by=finance(), now=AFTER, reason="They called")
    charges.waive(notice_id=notice.pk, by=finance(), now=AFTER, waived_for="SICKNESS")
    settle_all(now=AFTER)
    credit_notes.approve(note_id=CreditNote.objects.get().pk, by=finance(), now=AFTER)
    assert Invoice.objects.get().state == InvoiceState.CREDITED
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}


def test_a_charge_for_a_free_place_that_is_approved_again_needs_no_credit_note_any_more():
    event = make_event(make_course("Working Together"), starts_at=STARTS)
    booking = make_booking(event, cast.amina())
    mark(booking, Booking.State.DID_NOT_ATTEND, now=STARTS)
    notice = ChargeNotice.objects.get()
    charges.approve(notice_id=notice.pk, by=finance(), now=AFTER)
    settle_all(now=AFTER)
    type(booking.organisation).objects.update(invoice_address="1 Mill Lane", cost_centre="CC-1")
    issue(Invoice.objects.get())
    charges.reopen(notice_id=notice.pk, by=finance(), now=AFTER, reason="They wrote to us")
    charges.waive(notice_id=notice.pk, by=finance(), now=AFTER, waived_for="SICKNESS")
    settle_all(now=AFTER)
    assert CreditNote.objects.drafts().exists()

    charges.reopen(notice_id=notice.pk, by=finance(), now=AFTER, reason="It was somebody else who was ill")
    charges.approve(notice_id=notice.pk, by=finance(), now=AFTER)
    settle_all(now=AFTER)

    assert not CreditNote.objects.exists()
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}


def test_an_issued_invoice_cannot_be_changed_or_deleted_by_anybody():
    delivered_order()
    invoice = issue(Invoice.objects.get())
    for change in ({"gross": 1, "net": 1}, {"customer_name": "Somebody else"}, {"number": "WD26-99999"}):
        with pytest.raises(Exception, match="issued_invoices_stay_as_they_are"), transaction.atomic():
            Invoice.objects.filter(pk=invoice.pk).update(**change)
    with pytest.raises(Exception, match=r"stay as they are|issued_invoices_stay"), transaction.atomic():
        Invoice.objects.filter(pk=invoice.pk).delete()
    with pytest.raises(Exception, match="invoice_lines_stay_as_they_are"), transaction.atomic():
        invoice.lines.update(net=1, gross=1)
    with pytest.raises(Exception, match="stay as they are"), transaction.atomic():
        invoice.lines.all().delete()


def test_approve_says_what_an_invoice_lacks_and_issues_nothing():
    delivered_order()
    buyer = school()
    buyer.invoice_address = ""
    buyer.save()

    with pytest.raises(invoices.InvoiceRefused, match="no address for invoices"):
        issue(Invoice.objects.get())
    with pytest.raises(invoices.InvoiceRefused, match="More was added"):
        invoices.approve(invoice_id=Invoice.objects.get().pk, by=finance(), now=AFTER, gross_shown=Decimal("1"))
    assert Invoice.objects.get().number is None


def test_write_off_and_dispute_leave_sums_that_agree():
    delivered_order()
    invoice = issue(Invoice.objects.get())
    pay(invoice, "40")
    disputed = invoices.dispute(invoice_id=invoice.pk, by=cast.carol(), now=AFTER, reason="She left early")
    assert disputed.state == InvoiceState.DISPUTED
    answered = invoices.settle_dispute(invoice_id=invoice.pk, by=finance(), now=AFTER, answer="She stayed")
    assert answered.state == InvoiceState.PART_PAID

    written_off = invoices.write_off(invoice_id=invoice.pk, by=finance(), now=AFTER, reason="Closed down")

    assert (written_off.outstanding, written_off.state) == (Decimal("0"), InvoiceState.PAID)
    assert what_is_wrong(now=AFTER + timedelta(days=1)) == {}
