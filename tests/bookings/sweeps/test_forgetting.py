"""Who asked and who bought is forgotten once its time is over, and nothing that was issued or sent changes with it."""

from datetime import UTC, date, datetime, timedelta

import pytest
import time_machine

from accounts.models import AuditEntry, OutboundEmail, Partnership
from bookings import sweeps
from bookings.actions import baskets, invoices, quotes
from bookings.models import Booking, Invoice, InvoiceLine, Order, OrderLine, Quote
from bookings.models.order import LineState, OrderState
from bookings.sweeps.forgetting import money_is_kept_from
from courses import emails
from courses.models import Enquiry
from courses.models.enquiry import TYPED
from tests import cast
from tests.bookings.actions.test_inactive_accounts import tables_with
from tests.makers import NOW, make_enquiry
from tests.quotes import of_basket, sent
from tests.sales import JO, SAM, basket, finance, lock, mark, place, settle_all, taken, traded

pytestmark = pytest.mark.django_db(transaction=True)

NIGHT = datetime(2026, 11, 22, 3, 20, tzinfo=UTC)
SEVEN_YEARS = timedelta(days=366 * 7)
CANARY = "Zebedee"


def run(now):
    with time_machine.travel(now, tick=False):
        sweeps.forgetting.forget_who_bought()


def names(order):
    return sorted(filter(None, order.lines.values_list("full_name", flat=True)))


def test_names_in_a_basket_that_nobody_orders_are_cleared_by_night_after_ninety_days():
    event = traded()
    order = basket((event, [SAM, JO], 1))
    run(NOW + timedelta(days=91))
    run(NIGHT + timedelta(days=89))
    assert names(order) == ["Jo March", "Sam Ellis"]

    run(NIGHT + timedelta(days=91))
    run(NIGHT + timedelta(days=92))

    assert set(order.lines.values_list("full_name", "email", "state")) == {("", "", LineState.CHOSEN)}
    assert order.lines.count() == 3
    assert tables_with("Sam Ellis") == []
    assert AuditEntry.objects.filter(verb="order.forget").count() == 1


def test_a_basket_that_somebody_works_on_keeps_its_names():
    event = traded(starts_at=NOW + timedelta(days=200))
    order = basket((event, [SAM], 1))
    line = order.lines.get(full_name="")
    baskets.name_place(
        order_id=order.pk, line_id=line.pk, full_name=JO.full_name, email=JO.email, now=NOW + timedelta(days=60)
    )
    run(NIGHT + timedelta(days=100))
    assert names(order) == ["Jo March", "Sam Ellis"]
    # By then it is summer time.
    run(NIGHT + timedelta(days=151, hours=-1))
    assert names(order) == []


def test_the_partnership_says_how_long():
    order = basket((traded(), [SAM], 0))
    Partnership.objects.current()
    Partnership.objects.update(basket_names_days=10)
    run(NIGHT + timedelta(days=9))
    assert names(order) == ["Sam Ellis"]
    run(NIGHT + timedelta(days=11))
    assert names(order) == []


def test_an_order_that_was_never_paid_is_forgotten_like_a_basket_and_one_that_was_placed_is_not():
    event = traded()
    placed = place(basket((event, [SAM], 0)))
    unpaid = basket((event, [JO], 0))
    Order.objects.filter(pk=unpaid.pk).update(
        state=OrderState.CANCELLED, cancelled_at=NOW, answers={"manager_email": "boss@school.example"}
    )
    run(NIGHT + timedelta(days=91))
    unpaid.refresh_from_db()
    assert (names(unpaid), unpaid.answers) == ([], {})
    assert Booking.objects.get(order_line__order=placed).practitioner.full_name == "Sam Ellis"
    assert taken(event) == 1


def test_what_was_said_for_everybody_is_not_kept_with_an_order_that_is_sold():
    order = basket((traded(), [SAM], 0))
    Order.objects.filter(pk=order.pk).update(answers={"manager_email": "boss@school.example"})
    assert place(order).answers == {}
    assert tables_with("boss@school") == []


def asked_by_anybody(state="LOST", **fields):
    typed = {name: f"{CANARY} {name}" for name in TYPED if name not in ("organisation_name", "email", "lost_reason")}
    typed |= {"organisation_name": f"{CANARY} Camps", "email": f"{CANARY}@example.org", "asked_at": NOW}
    if state == "LOST":
        typed["lost_reason"] = f"{CANARY} has left"
    typed["phone"] = CANARY
    return make_enquiry(state=state, **(typed | fields))


def test_who_asked_without_an_account_is_forgotten_two_years_after_it_came_to_nothing():
    lost = asked_by_anybody()
    emails.enquiry_received(enquiry=lost, now=NOW)
    OutboundEmail.objects.update(sent_at=NOW)
    fresh = make_enquiry(state="LOST", now=NOW + timedelta(days=400), contact_name="Ada Late")
    counted = list(Enquiry.objects.order_by("pk").values_list("reference", "state", "lost_for", "headcount", "made_at"))
    run(NIGHT + timedelta(days=729))
    assert "courses_enquiry" in tables_with(CANARY)

    run(NIGHT + timedelta(days=732))
    run(NIGHT + timedelta(days=733))

    assert tables_with(CANARY) == []
    assert OutboundEmail.objects.get().sent_at == NOW
    assert Enquiry.objects.get(pk=fresh.pk).contact_name == "Ada Late"
    assert counted == list(
        Enquiry.objects.order_by("pk").values_list("reference", "state", "lost_for", "headcount", "made_at")
    )
    assert AuditEntry.objects.filter(verb="enquiry.forget").count() == 1


def test_an_enquiry_of_somebody_with_an_account_or_that_goes_on_is_left_alone():
    carol = cast.make_person("Carol Hughes", cast.make_organisation())
    make_enquiry(organisation=cast.make_organisation(), by=carol, state="LOST")
    make_enquiry(organisation=cast.make_organisation(), state="ACCEPTED", contact_name="Ada Goes On")
    run(NIGHT + timedelta(days=1000))
    assert sorted(Enquiry.objects.values_list("contact_name", flat=True)) == ["Ada Goes On", "Carol Hughes"]


def test_words_about_a_lost_quote_go_and_what_was_sent_stays_as_it_was():
    quote = sent()
    Quote.objects.filter(pk=quote.pk).update(contact=None)
    quotes.decline(quote_id=quote.pk, reason=f"{CANARY} says it is too dear", by=cast.wendy(), now=NOW)
    kept = list(Quote.objects.values("reference", "gross", "customer_name", "notes", "state", "valid_until"))
    run(NIGHT + timedelta(days=729))
    assert Quote.objects.get().closed_reason
    run(NIGHT + timedelta(days=732))
    assert Quote.objects.get().closed_reason == "Removed"
    assert kept == list(Quote.objects.values("reference", "gross", "customer_name", "notes", "state", "valid_until"))


def test_a_quote_of_a_contact_with_an_account_keeps_its_words():
    quote = of_basket((traded(), [], 2))
    quotes.decline(quote_id=quote.pk, reason="Too dear", by=cast.wendy(), now=NOW)
    run(NIGHT + timedelta(days=1000))
    assert Quote.objects.get().closed_reason == "Too dear"


def paid_invoice():
    """An order that was delivered, invoiced, disputed and paid, with what people wrote on the way."""
    event = traded()
    place(basket((event, [SAM], 0)), notes=f"{CANARY} gets the invoice")
    mark(Booking.objects.get(), Booking.State.ATTENDED)
    lock(event, now=NOW)
    settle_all(now=NOW)
    by = finance()
    invoice = invoices.approve(invoice_id=Invoice.objects.get().pk, by=by, now=NOW)
    invoices.dispute(invoice_id=invoice.pk, by=by, now=NOW, reason=f"{CANARY} was ill")
    invoices.settle_dispute(invoice_id=invoice.pk, by=by, now=NOW, answer="Thank you.")
    Invoice.objects.filter(pk=invoice.pk).update(customer_email=f"{CANARY}@school.example".lower())
    return invoice, by


def printed():
    lines = list(InvoiceLine.objects.values("description", "net", "gross", "is_live", "order_line"))
    return lines, list(Invoice.objects.values("number", "gross", "customer_name", "customer_address", "issued_on"))


def test_what_people_wrote_with_an_order_goes_after_six_financial_years_and_the_current_one():
    invoice, by = paid_invoice()
    before = printed()
    run(NIGHT + SEVEN_YEARS)
    assert Order.objects.get().notes == f"{CANARY} gets the invoice"

    invoices.write_off(invoice_id=invoice.pk, by=by, now=NOW, reason="Too little to ask for")
    OutboundEmail.objects.update(sent_at=NOW)
    # The current year began on 1 April 2033: the oldest that is kept is the one after ours.
    run(datetime(2033, 3, 31, 2, 10, tzinfo=UTC))
    assert Order.objects.get().notes == f"{CANARY} gets the invoice"
    run(datetime(2033, 4, 1, 2, 10, tzinfo=UTC))

    assert tables_with(CANARY) == []
    assert Order.objects.get().notes == "Removed"
    assert printed() == before
    assert Invoice.objects.get().outstanding == 0
    assert OrderLine.objects.get().state == LineState.INVOICED


@pytest.mark.parametrize(
    ("now", "day"),
    [
        (datetime(2033, 3, 31, 22, tzinfo=UTC), date(2026, 4, 1)),
        (datetime(2033, 3, 31, 23, tzinfo=UTC), date(2027, 4, 1)),
        (datetime(2027, 3, 1, tzinfo=UTC), date(2020, 4, 1)),
    ],
)
def test_the_oldest_year_that_is_kept(now, day):
    assert money_is_kept_from(now, Partnership(money_years=6)) == day
