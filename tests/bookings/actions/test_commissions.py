"""A commissioned course after it was ordered: its date, delivered or cancelled, its invoice, and the enquiry beside them."""

from datetime import timedelta
from decimal import Decimal

import pytest

from bookings.actions import commissions, credit_notes, invoices, quote_acceptance, registers
from bookings.models import Invoice, Quote
from bookings.models.order import LineState, OrderState
from courses.actions import enquiries, events
from courses.models import DeliveryMode, Event
from tests import cast, sales
from tests.makers import NOW
from tests.money import credited
from tests.quotes import TRAVEL, asked, sent

pytestmark = pytest.mark.django_db

START = NOW + timedelta(days=40)
AFTER = START + timedelta(days=1)


def accepted(*items):
    quote = sent(asked(), *items)
    return quote_acceptance.accept(quote_id=quote.pk, paying=sales.BY_INVOICE, by=quote.contact.user, now=NOW)


def schedule(enquiry, start=START):
    enquiry.refresh_from_db()
    sitting = events.Sitting(starts_at=start, ends_at=start + timedelta(hours=3))
    return enquiries.schedule(
        enquiry_id=enquiry.pk, by=cast.wendy(), now=NOW, mode=DeliveryMode.AT_YOUR_SETTING, sessions=[sitting],
        capacity=46, offers=list(enquiry.course.offers.all()),
    )  # fmt: skip


def dated(*items):
    quote = accepted(*items)
    event = schedule(quote.enquiry)
    assert commissions.give_date(order_id=quote.order_id, now=NOW)
    return quote, event


def held(*items):
    """A course that was held, with the draft of its invoice."""
    quote, event = dated(*items)
    registers.close_delivered(now=AFTER)
    enquiries.follow_date(enquiry_id=quote.enquiry_id, now=AFTER)
    sales.settle_all(now=AFTER)
    return quote, event, Invoice.objects.get(order=quote.order)


def state_of(quote):
    quote.enquiry.refresh_from_db()
    return quote.enquiry.state


def test_give_date_puts_the_day_on_the_course_and_leaves_what_goes_with_it():
    quote, event = dated(TRAVEL)
    assert not commissions.give_date(order_id=quote.order_id, now=NOW)
    assert list(quote.order.lines.order_by("pk").values_list("event", "description")) == [
        (event.pk, f"Whole-school session, {START:%-d %B %Y}"),
        (event.pk, "Travel (37 × £0.45)"),
    ]
    sales.settle_all(now=NOW)
    assert not Invoice.objects.exists()


def test_a_course_is_invoiced_once_it_was_held_at_the_quoted_figures():
    quote, _, draft = held(TRAVEL)
    assert (draft.state, draft.net, draft.gross) == ("DRAFT", quote.net, quote.gross)
    assert state_of(quote) == "DELIVERED"
    assert sales.what_is_wrong(now=AFTER) == {}

    invoices.approve(invoice_id=draft.pk, by=sales.finance(), now=AFTER)

    assert state_of(quote) == "INVOICED"
    assert Quote.objects.get().order.state == OrderState.FULFILLED
    assert sales.what_is_wrong(now=AFTER) == {}


def test_an_invoice_credited_in_part_stays_and_credited_whole_brings_the_enquiry_back():
    quote, _, draft = held()
    invoice = invoices.approve(invoice_id=draft.pk, by=sales.finance(), now=AFTER)
    credited(invoice, "95", now=AFTER, is_invoiced_again=True)
    assert state_of(quote) == "INVOICED"

    credited(invoice, "300", now=AFTER, is_invoiced_again=True)

    assert state_of(quote) == "DELIVERED"
    sales.settle_all(now=AFTER)
    again = Invoice.objects.get(state="DRAFT")
    invoices.approve(invoice_id=again.pk, by=sales.finance(), now=AFTER)
    assert state_of(quote) == "INVOICED"
    assert sales.what_is_wrong(now=AFTER) == {}


def test_an_invoice_issued_before_the_course_was_held_is_followed_afterwards():
    quote, event = dated()
    Event.objects.filter(pk=event.pk).update(state="DELIVERED")
    quote.order.lines.update(is_to_settle=True)
    sales.settle_all(now=NOW)
    invoices.approve(invoice_id=Invoice.objects.get().pk, by=sales.finance(), now=NOW)
    assert state_of(quote) == "SCHEDULED"
    assert not Quote.objects.ahead_of_their_invoice().exists()
    enquiries.follow_date(enquiry_id=quote.enquiry_id, now=AFTER)
    assert list(Quote.objects.ahead_of_their_invoice()) == [quote]

    for _ in range(2):
        commissions.follow_order(order_id=quote.order_id, now=AFTER)

    assert state_of(quote) == "INVOICED"
    assert not Quote.objects.ahead_of_their_invoice().exists()


def test_a_date_that_we_cancel_is_owed_nothing_for_and_another_date_is():
    quote, event = dated(TRAVEL)
    events.cancel_catalogue_side(event=event, reason="Snow", by=cast.wendy(), now=NOW)
    quote.order.lines.update(is_to_settle=True)
    sales.settle_all(now=NOW)
    assert set(quote.order.lines.values_list("state", flat=True)) == {LineState.RELEASED}
    assert sales.what_is_wrong(now=NOW) == {}
    enquiries.follow_date(enquiry_id=quote.enquiry_id, now=NOW)

    later = schedule(quote.enquiry, START + timedelta(days=7))
    assert list(Quote.objects.without_their_date()) == [quote]
    commissions.give_date(order_id=quote.order_id, now=NOW)
    sales.settle_all(now=NOW)

    assert set(quote.order.lines.values_list("state", "event")) == {(LineState.SOLD, later.pk)}
    quote.order.refresh_from_db()
    assert quote.order.state == OrderState.CONFIRMED
    course = quote.order.lines.order_by("pk").first()
    assert course.description == f"Whole-school session, {START + timedelta(days=7):%-d %B %Y}"


def test_a_proposed_credit_that_is_thrown_away_changes_nothing():
    quote, _, draft = held()
    invoice = invoices.approve(invoice_id=draft.pk, by=sales.finance(), now=AFTER)
    note = credit_notes.propose(invoice_line=invoice.lines.get(), reason="Looked at", now=AFTER)
    credit_notes.discard(note_id=note.pk, by=sales.finance(), now=AFTER)
    assert state_of(quote) == "INVOICED"
    assert Invoice.objects.get().gross == Decimal("395")
