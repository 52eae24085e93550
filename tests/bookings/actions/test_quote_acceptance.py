"""Accepting quotes: an order at the quoted figures, once; places only where they are free; a course before its date."""

from datetime import timedelta
from decimal import Decimal

import pytest

from accounts.models import OutboundEmail, Partnership
from bookings.actions import packages, quote_acceptance, quotes
from bookings.actions.capacity import BookingRefused
from bookings.actions.orders import OrderRefused, Paying
from bookings.actions.quotes import QuoteRefused
from bookings.models import Booking, GroupBooking, Order, OrderLine, Quote
from bookings.models.order import LineState, OrderState, PaymentMethod
from bookings.models.quote import QuoteState
from courses.actions import enquiries
from courses.actions.enquiries import EnquiryHasMovedOn
from courses.models import DiscountRule, Price
from tests import cast, sales
from tests.makers import NOW
from tests.quotes import TRAVEL, asked, of_basket, sent
from tests.threads import at_once

pytestmark = pytest.mark.django_db(transaction=True)

RECHARGED = Paying(method=PaymentMethod.INTERNAL_RECHARGE, cost_centre="CC-88120")


def accept(quote, paying=sales.BY_INVOICE, *, now=NOW, **fields):
    by = quote.contact.user
    return quote_acceptance.accept(quote_id=quote.pk, paying=paying, by=by, now=now, **fields)


def dear(amount="120"):
    Price.objects.filter(charging_category="education").update(amount=Decimal(amount))


# --- Of places ----------------------------------------------------------------------------------------------------


def test_accept_takes_places_at_the_quoted_price_although_the_list_has_changed():
    event = sales.traded()
    quote = of_basket((event, [sales.SAM], 2))
    dear()

    order = accept(quote).order

    assert (order.source, order.state, order.po_number) == ("QUOTE", OrderState.CONFIRMED, "PO-10472")
    assert list(order.lines.values_list("state", "net", "gross").distinct()) == [("SOLD", Decimal("95"), Decimal("95"))]
    assert order.lines.count() == 3
    group = GroupBooking.objects.get()
    assert (group.places_unnamed, group.price) == (3, Decimal("95"))
    assert sales.taken(event) == 3
    assert OutboundEmail.objects.filter(letter="bookings/order_confirmed").count() == 1
    assert sales.what_is_wrong(now=NOW) == {}


def test_accept_keeps_a_discount_that_was_quoted():
    event = sales.traded()
    DiscountRule.objects.create(name="Groups of five", percent=Decimal(10), min_places=5)
    quote = of_basket((event, [], 5))
    DiscountRule.objects.all().delete()

    order = accept(quote).order

    assert set(order.lines.values_list("list_price", "discount", "net")) == {
        (Decimal("95"), Decimal("9.50"), Decimal("85.50"))
    }
    assert quote.gross == Decimal("427.50")
    assert sales.what_is_wrong(now=NOW) == {}


def test_accept_with_too_few_places_left_does_nothing_by_halves():
    event, other = sales.traded(capacity=4), sales.traded("Motivational interviewing")
    quote = of_basket((event, [], 3), (other, [], 1))
    sales.place(sales.basket((event, [sales.SAM, sales.JO], 0), organisation=sales.school("Beck Academy")))

    with pytest.raises(BookingRefused) as refused:
        accept(quote)

    assert "2 places are left" in str(refused.value)
    quote.refresh_from_db()
    assert (quote.state, quote.order) == (QuoteState.SENT, None)
    assert (sales.taken(event), sales.taken(other)) == (2, 0)
    assert not Order.objects.filter(source="QUOTE").exists()
    assert not Booking.objects.filter(event=other).exists()


@pytest.mark.parametrize(
    ("paying", "words"),
    [
        (Paying(method=PaymentMethod.PURCHASE_ORDER), "orders with a purchase order"),
        (Paying(method=PaymentMethod.CARD), "Choose how your organisation pays"),
        (Paying(method=""), "Choose how your organisation pays"),
        (RECHARGED, "has changed since this quote was made"),
    ],
)
def test_accept_needs_a_way_of_paying_that_is_theirs(paying, words):
    school = sales.school(is_purchase_order_required=True)
    quote = of_basket((sales.traded(), [], 1), organisation=school)
    with pytest.raises(OrderRefused, match=words):
        accept(quote, paying)
    assert accept(quote).order.state == OrderState.CONFIRMED


def test_accept_with_the_purchase_order_to_follow_waits_for_it():
    order = accept(of_basket((sales.traded(), [], 1)), sales.TO_FOLLOW).order
    assert (order.state, order.po_status) == (OrderState.AWAITING_PO, "TO_FOLLOW")
    assert order.po_due_at is not None


def test_accept_draws_the_quoted_price_from_a_package():
    package = sales.make_package("200")
    quote = of_basket((sales.traded(), [], 2), organisation=package.organisation)
    dear()

    accept(quote, Paying(method=PaymentMethod.PACKAGE, package=package))

    package.refresh_from_db()
    assert package.balance == Decimal("10")
    assert sales.what_is_wrong(now=NOW) == {}


def test_accept_refuses_a_package_that_has_too_little_left():
    package = sales.make_package("200")
    quote = of_basket((sales.traded(), [], 2), organisation=package.organisation)
    packages.adjust(
        package_id=package.pk,
        amount=Decimal("-50"),
        reason="Put right",
        by=sales.finance(),
        now=NOW,
        key=quote.idempotency_key,
    )
    package.refresh_from_db()
    with pytest.raises(OrderRefused, match="Not enough is left"):
        accept(quote, Paying(method=PaymentMethod.PACKAGE, package=package))


def test_accept_at_once_by_several_people_makes_one_order():
    event = sales.traded()
    quote = of_basket((event, [], 2))
    accepted = at_once(*[lambda: accept(quote)] * 4)
    assert len({each.order_id for each in accepted}) == 1
    assert sales.taken(event) == 2
    assert OrderLine.objects.sold().count() == 2


# --- Of a whole course ----------------------------------------------------------------------------------------------


def test_accept_orders_a_course_before_it_has_a_date():
    enquiry = asked()
    quote = sent(enquiry, TRAVEL)

    order = accept(quote, said_by="Carol, on the telephone", notes="Ring the bell").order

    assert (order.state, order.notes) == (OrderState.CONFIRMED, "Ring the bell")
    assert list(order.lines.order_by("pk").values_list("kind", "state", "event", "net", "vat", "description")) == [
        ("COURSE", LineState.SOLD, None, Decimal("395"), Decimal("0"), "Whole-school session"),
        ("OTHER", LineState.SOLD, None, Decimal("16.65"), Decimal("3.33"), "Travel (37 × £0.45)"),
    ]
    enquiry.refresh_from_db()
    assert enquiry.state == "ACCEPTED"
    quote.refresh_from_db()
    assert (quote.accepted_by, quote.accepted_note) == (quote.contact.user, "Carol, on the telephone")
    assert OutboundEmail.objects.filter(letter="bookings/quote_accepted").count() == 1
    sales.settle_all(now=NOW)
    assert not order.invoices.exists()
    assert sales.what_is_wrong(now=NOW) == {}


def test_accept_with_the_number_to_follow_never_releases_a_course():
    order = accept(sent(), sales.TO_FOLLOW).order
    assert (order.state, order.po_due_at) == (OrderState.AWAITING_PO, None)


def test_accept_within_the_council_names_a_cost_centre():
    school = cast.make_organisation("Kirk Fold Primary", is_recharged=True)
    order = accept(sent(asked(organisation=school), TRAVEL), RECHARGED).order
    assert (order.cost_centre, order.state) == ("CC-88120", OrderState.CONFIRMED)
    assert set(order.lines.values_list("vat_treatment", "vat")) == {("NO_SUPPLY", Decimal("0"))}


def over(quote):
    quotes.lapse(quote_id=quote.pk, now=NOW + timedelta(days=31))


def withdrawn(quote):
    quotes.withdraw(quote_id=quote.pk, reason="The trainer leaves", by=cast.wendy(), now=NOW)


def declined(quote):
    quotes.decline(quote_id=quote.pk, reason="", by=quote.contact.user, now=NOW)


@pytest.mark.parametrize(
    ("happened", "days", "words"),
    [
        (lambda quote: None, 31, "has ended"),
        (over, 31, "has ended"),
        (withdrawn, 0, "have withdrawn"),
        (declined, 0, "was declined"),
    ],
)
def test_accept_says_why_it_is_too_late(happened, days, words):
    quote = sent()
    happened(quote)
    with pytest.raises(QuoteRefused, match=words):
        accept(quote, now=NOW + timedelta(days=days))
    assert not Order.objects.exists()


def test_accept_works_on_the_last_day():
    assert accept(sent(), now=NOW + timedelta(days=30)).order


def test_accept_goes_nowhere_once_the_team_has_lost_the_enquiry():
    enquiry = asked()
    quote = sent(enquiry)
    enquiries.lose(enquiry_id=enquiry.pk, lost_for="NO_NEED", by=cast.wendy(), now=NOW)
    with pytest.raises(EnquiryHasMovedOn):
        accept(quote)
    assert not Order.objects.exists()


def test_a_course_that_comes_to_nothing_takes_its_order_along():
    enquiry = asked()
    quote = sent(enquiry, TRAVEL)
    order = accept(quote).order
    enquiries.lose(enquiry_id=enquiry.pk, lost_for="NO_NEED", by=cast.wendy(), now=NOW)

    for _ in range(2):
        quotes.close_out_of_step(quote_id=quote.pk, now=NOW)

    order.refresh_from_db()
    assert (order.state, order.cancelled_reason) == (OrderState.CANCELLED, "The enquiry is not going ahead.")
    assert set(order.lines.values_list("state", flat=True)) == {LineState.RELEASED}
    assert Quote.objects.get().state == QuoteState.WITHDRAWN
    OrderLine.objects.update(is_to_settle=True)
    sales.settle_all(now=NOW)
    assert set(order.lines.values_list("state", flat=True)) == {LineState.RELEASED}
    assert sales.what_is_wrong(now=NOW) == {}


def test_the_rules_of_money_see_an_order_that_differs_from_its_quote():
    quote = accept(sent())
    OrderLine.objects.create(
        order=quote.order, kind="OTHER", state="SOLD", description="More", list_price=5, net=5, vat=0, gross=5,
        vat_treatment="EXEMPT", sold_at=NOW,
    )  # fmt: skip
    assert sales.what_is_wrong(now=NOW) == {"quotes_kept": [f"quote:{quote.pk}"]}


# --- The team hears of it ---------------------------------------------------------------------------------------


def told_to_the_team():
    return list(OutboundEmail.objects.filter(letter="bookings/quote_accepted_team"))


def test_accept_tells_the_team_at_its_own_address_once():
    enquiry = asked()
    quote = sent(enquiry)

    order = accept(quote, sales.TO_FOLLOW).order
    accept(quote, sales.TO_FOLLOW)

    [letter] = told_to_the_team()
    assert (letter.to, letter.practitioner) == (Partnership.objects.current().contact_email, None)
    assert letter.subject == f"Quote {quote.reference} is accepted: Millrace Academy"
    for words in (order.reference, "agree the day with them", "purchase order number is still to come", "£395"):
        assert words in letter.text, words
    assert f"/staff/enquiries/{enquiry.reference}/" in letter.text


def test_accept_of_places_leads_the_team_to_the_order():
    order = accept(of_basket((sales.traded(), [], 2))).order
    [letter] = told_to_the_team()
    assert f"/finance/orders/{order.reference}/" in letter.text
    assert "there is nothing to do" in letter.text


def test_accept_on_the_telephone_tells_the_team_nothing_that_it_took_down_itself():
    accept(sent(), said_by="Carol, on the telephone")
    assert told_to_the_team() == []


def test_accept_that_is_refused_tells_nobody():
    event = sales.traded(capacity=1)
    with pytest.raises(BookingRefused):
        accept(of_basket((event, [], 2)))
    assert told_to_the_team() == []


def test_an_order_whose_enquiry_is_given_up_ends_with_a_letter():
    enquiry = asked()
    quote = sent(enquiry)
    order = accept(quote).order
    enquiries.lose(enquiry_id=enquiry.pk, lost_for="NO_NEED", by=cast.wendy(), now=NOW)

    quotes.close_out_of_step(quote_id=quote.pk, now=NOW)

    letter = OutboundEmail.objects.get(letter="bookings/quote_withdrawn")
    assert f"Its order {order.reference} has ended with it, and nothing is to be paid." in " ".join(letter.text.split())
