"""A date that is moved after it was ordered: orders, drafts and printed invoices name the day of delivery."""

from datetime import UTC, datetime, timedelta

import pytest

from bookings.actions import commissions, invoices, registers
from bookings.models import Booking, Invoice, InvoiceLine, OrderLine
from bookings.models.order import LineState
from courses.actions import events
from tests import cast
from tests.bookings.actions.test_commissions import accepted, schedule
from tests.bookings.actions.test_event_changes import LATER, change_date, move_plan, split_plan
from tests.makers import NOW
from tests.quotes import TRAVEL
from tests.sales import JO, SAM, basket, booking_of, finance, lock, mark, place, settle_all, traded

pytestmark = pytest.mark.django_db(transaction=True)

IN_MARCH = datetime(2027, 3, 9, 10, tzinfo=UTC)
FIRST, SECOND = NOW + timedelta(days=40), NOW + timedelta(days=60)


def day(moment):
    return f"{moment:%-d %B %Y}"


def ordered_course():
    quote = accepted(TRAVEL)
    event = schedule(quote.enquiry, FIRST)
    commissions.give_date(order_id=quote.order_id, now=NOW)
    settle_all(now=NOW)
    return quote, event


def invoiced_words():
    return list(InvoiceLine.objects.order_by("position").values_list("description", flat=True))


def ordered_words():
    return list(OrderLine.objects.order_by("pk").values_list("description", flat=True))


def test_a_course_that_was_moved_is_invoiced_with_the_day_on_which_it_was_held():
    _, event = ordered_course()
    change_date(event, move_plan(SECOND))
    settle_all(now=NOW)
    assert ordered_words() == [f"Whole-school session, {day(SECOND)}", "Travel (37 × £0.45)"]

    registers.close_delivered(now=SECOND + timedelta(days=1))
    settle_all(now=SECOND + timedelta(days=1))

    assert invoiced_words() == [f"Whole-school session, {day(SECOND)}", "Travel (37 × £0.45)"]


def test_a_course_whose_day_was_corrected_before_anybody_was_named_is_invoiced_with_it():
    _, event = ordered_course()
    event.refresh_from_db()
    sitting = events.Sitting(starts_at=SECOND, ends_at=SECOND + timedelta(hours=3))
    events.amend(
        event=event,
        facts={"capacity": 46},
        offers=list(event.offers.all()),
        sessions=[sitting],
        by=cast.wendy(),
        now=NOW,
    )
    registers.close_delivered(now=SECOND + timedelta(days=1))
    settle_all(now=SECOND + timedelta(days=1))
    assert invoiced_words()[0] == f"Whole-school session, {day(SECOND)}"
    assert ordered_words()[0] == f"Whole-school session, {day(SECOND)}"


def test_a_draft_that_waits_follows_a_date_that_is_moved_and_so_does_the_order():
    """Dates in March are put on a draft when they are ordered."""
    event = traded(starts_at=IN_MARCH)
    place(basket((event, [SAM], 1)))
    settle_all(now=NOW)
    assert all(day(IN_MARCH) in words for words in invoiced_words())
    moved = IN_MARCH + timedelta(days=7)

    change_date(event, move_plan(moved))
    settle_all(now=NOW)

    booking = Booking.objects.get()
    assert sorted(invoiced_words()) == [
        f"Restorative practice, {day(moved)}", f"Restorative practice, {day(moved)} ({booking.reference})",
    ]  # fmt: skip
    assert set(ordered_words()) == {f"Restorative practice, {day(moved)}"}
    assert Invoice.objects.get().gross == 190


def test_a_date_that_leaves_march_leaves_its_draft():
    event = traded(starts_at=IN_MARCH)
    place(basket((event, [SAM], 0)))
    settle_all(now=NOW)
    assert Invoice.objects.count() == 1
    change_date(event, move_plan(IN_MARCH + timedelta(days=40)))
    settle_all(now=NOW)
    assert not Invoice.objects.exists()
    assert OrderLine.objects.get().state == LineState.SOLD


def test_an_invoice_that_is_issued_before_the_draft_was_looked_at_again_names_the_new_day():
    event = traded(starts_at=IN_MARCH)
    place(basket((event, [SAM], 1)))
    settle_all(now=NOW)
    moved = IN_MARCH + timedelta(days=7)
    change_date(event, move_plan(moved))

    draft = Invoice.objects.get()
    issued = invoices.approve(invoice_id=draft.pk, by=finance(), now=NOW, gross_shown=draft.gross)

    assert all(day(moved) in words for words in invoiced_words())
    assert list(issued.lines.order_by("position").values_list("position", flat=True)) == [1, 2]
    assert issued.gross == draft.gross
    assert set(OrderLine.objects.values_list("state", flat=True)) == {LineState.INVOICED}


def test_what_was_issued_keeps_its_words_when_the_date_is_moved_afterwards():
    event = traded(starts_at=IN_MARCH)
    place(basket((event, [SAM], 0)))
    settle_all(now=NOW)
    invoices.approve(invoice_id=Invoice.objects.get().pk, by=finance(), now=NOW)
    printed = invoiced_words()

    change_date(event, move_plan(IN_MARCH + timedelta(days=7)))
    settle_all(now=NOW)

    assert invoiced_words() == printed
    assert ordered_words() == [f"Restorative practice, {day(IN_MARCH + timedelta(days=7))}"]


def test_a_place_on_a_date_that_was_moved_is_invoiced_with_the_day_on_which_it_was_held():
    event = traded(starts_at=FIRST)
    place(basket((event, [SAM], 0)))
    change_date(event, move_plan(SECOND, is_asking=False))
    mark(Booking.objects.get(), Booking.State.ATTENDED)
    lock(event, now=SECOND)
    settle_all(now=SECOND)
    booking = Booking.objects.get()
    assert invoiced_words() == [f"Restorative practice, {day(SECOND)} ({booking.reference})"]


def test_places_that_go_to_a_second_date_are_invoiced_with_its_day():
    event = traded(starts_at=FIRST, capacity=4)
    place(basket((event, [SAM, JO], 0)))
    change_date(event, split_plan([booking_of(SAM)]))
    settle_all(now=NOW)
    described = {line.bookings.get().practitioner.full_name: line.description for line in OrderLine.objects.all()}
    assert described == {
        "Sam Ellis": f"Restorative practice, {day(LATER)}", "Jo March": f"Restorative practice, {day(FIRST)}",
    }  # fmt: skip
