"""What an order's page says of each place, in one table of tags and sentences; and the order's history."""

from datetime import timedelta

import pytest
from django.template.loader import render_to_string

from bookings.actions import credit_notes, invoices, purchase_orders
from bookings.models import Booking, ChargeNotice, InvoiceLine, Order, OrderLine
from bookings.models.order import OrderState
from bookings.order_pages import PlaceSold, places_of, steps_of
from tests.makers import NOW
from tests.money import credited
from tests.sales import (
    JO,
    SAM,
    TO_FOLLOW,
    basket,
    booking_of,
    contact_of,
    finance,
    lock,
    mark,
    place,
    settle_all,
    traded,
)

HOUR = timedelta(hours=1)

# The line's state and how it is paid, the booking's state, what else there is: the tag, and the sentence beside it.
SAID = [
    ("FREE", "NOTHING", "CONFIRMED", "", "Free of charge", ""),
    ("INVOICED", "PURCHASE_ORDER", "ATTENDED", "invoiced", "Invoiced", ""),
    ("COVERED", "PACKAGE", "ATTENDED", "", "Covered by the package", "The words it ended with"),
    ("WAIVED", "PURCHASE_ORDER", "DID_NOT_ATTEND", "", "Waived", "The words it ended with"),
    ("REFUNDED", "CARD", "CANCELLED", "", "Refunded", "The words it ended with"),
    ("RELEASED", "PURCHASE_ORDER", "CANCELLED", "", "Nothing to pay", "The words it ended with"),
    ("SOLD", "PURCHASE_ORDER", None, "", "To be invoiced", "Nobody is named yet"),
    ("SOLD", "PURCHASE_ORDER", None, "given back", "To be invoiced", "The place never had a name and went back"),
    ("SOLD", "PURCHASE_ORDER", "CONFIRMED", "", "To be invoiced", "After the course"),
    ("SOLD", "PURCHASE_ORDER", "REQUESTED", "", "To be invoiced", ""),
    ("SOLD", "PURCHASE_ORDER", "ATTENDED", "", "To be invoiced", "Attended; the register is open for corrections"),
    ("SOLD", "PURCHASE_ORDER", "DID_NOT_ATTEND", "", "To be invoiced", "The register is open for corrections"),
    ("SOLD", "PURCHASE_ORDER", "DID_NOT_ATTEND", "charged", "To be invoiced", "The charge is not decided yet"),
    ("SOLD", "PURCHASE_ORDER", "CANCELLED_LATE", "charged", "To be invoiced", "The charge is not decided yet"),
    ("SOLD", "PURCHASE_ORDER", "ATTENDED", "invoiced", "On the next invoice", "Our finance team looks at it"),
    ("SOLD", "PACKAGE", "CONFIRMED", "", "Kept in the package", "After the course"),
    ("SOLD", "PACKAGE", "DID_NOT_ATTEND", "invoiced", "On the next invoice", "Our finance team looks at it"),
    ("SOLD", "PURCHASE_ORDER", None, "a whole course", "To be invoiced", "After the course"),
]


@pytest.mark.parametrize(("state", "method", "booked", "besides", "tag", "why"), SAID)
def test_a_place_says_what_is_to_be_paid_and_why(state, method, booked, besides, tag, why):
    sold = PlaceSold(
        line=OrderLine(
            order=Order(payment_method=method),
            state=state,
            kind="COURSE" if besides == "a whole course" else "PLACE",
            settled_reason="The words it ended with",
            given_back_at=NOW if besides == "given back" else None,
        ),
        booking=Booking(state=booked) if booked else None,
        charge=ChargeNotice() if besides == "charged" else None,
        invoiced=InvoiceLine() if besides == "invoiced" else None,
        credits=[],
    )

    assert (sold.end[0], sold.why) == (tag, why)


def test_every_state_of_an_order_that_was_placed_has_its_words():
    placed = set(OrderState) - {OrderState.BASKET}
    words = {render_to_string("bookings/_order_state.html", {"order": Order(state=state)}) for state in placed}
    assert len(words) == len(placed)


@pytest.mark.django_db
def test_places_stand_by_date_the_soonest_first_with_whoever_goes():
    late, soon = traded("Later", starts_at=NOW + timedelta(days=60)), traded("Sooner")
    order = place(basket((late, [SAM], 1), (soon, [JO], 0)))
    dropped = order.lines.order_by("pk").last()
    OrderLine.objects.create(
        order=order, kind="OTHER", state="DROPPED", description="Taken out", list_price=95, net=95, vat=0, gross=95,
        vat_treatment=dropped.vat_treatment,
    )  # fmt: skip

    found = places_of(order)

    assert [event for event, _ in found] == [soon, late]
    assert [[str(each.booking.practitioner) if each.booking else None for each in places] for _, places in found] == [
        ["Jo March"],
        ["Sam Ellis", None],
    ]


@pytest.mark.django_db
def test_the_history_of_an_order_is_told_the_latest_first():
    event = traded()
    order = place(basket((event, [SAM], 0)), TO_FOLLOW)
    by = contact_of(order.organisation)
    assert [step.words for step in steps_of(order)] == [f"Ordered by {order.contact}"]

    purchase_orders.give(order_id=order.pk, number="PO-10472", by=by, now=NOW + HOUR)
    mark(booking_of(SAM), "ATTENDED")
    lock(event, now=NOW)
    settle_all(now=NOW)
    draft = order.invoices.get()
    invoice = invoices.approve(invoice_id=draft.pk, by=finance(), now=NOW + 2 * HOUR)
    note = credited(invoice, "40", now=NOW + 3 * HOUR)
    credit_notes.propose(invoice_line=invoice.lines.get(), reason="A draft says nothing", now=NOW + 4 * HOUR)

    assert [(step.at, step.words) for step in steps_of(Order.objects.get(pk=order.pk))] == [
        (NOW + 3 * HOUR, f"Credit note {note.number} was issued"),
        (NOW + 2 * HOUR, f"Invoice {invoice.number} was issued"),
        (NOW + HOUR, "The number was given"),
        (NOW, f"Ordered by {order.contact}"),
    ]


@pytest.mark.django_db
def test_an_order_without_purchase_order_says_why_it_ended():
    order = place(basket((traded(), [SAM], 0)), TO_FOLLOW)
    Order.objects.update(po_due_at=NOW)
    over = NOW + timedelta(days=29)
    purchase_orders.release_overdue(order_id=order.pk, now=over)

    order.refresh_from_db()
    assert steps_of(order)[0].words == purchase_orders.MISSED
