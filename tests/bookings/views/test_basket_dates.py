"""A basket across dates: whoever does not fit goes to another date of the course, and free dates are ordered along."""

from decimal import Decimal

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import Partnership
from bookings.actions import group_bookings, purchase_orders, quote_acceptance
from bookings.eligibility import Answers
from bookings.models import Booking, ChargeNotice, GroupBooking, Invoice, Order, OrderLine
from bookings.models.booking import State
from bookings.models.order import LineState, OrderState
from courses.models import DiscountRule, Event, Offer, Strand
from tests import cards, cast
from tests.bookings.views.test_baskets import BASKET, CHECKOUT, add, order, words_of
from tests.makers import NOW, make_band, make_course, make_event, make_vat_rate
from tests.quotes import of_basket
from tests.sales import (
    BY_INVOICE,
    JO,
    KIM,
    SAM,
    TO_FOLLOW,
    basket,
    contact_of,
    lock,
    mark,
    place,
    school,
    settle_all,
    taken,
    traded,
    what_is_wrong,
)

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.time_machine("2026-11-21 10:00")]

FOUR = "\n".join(f"Person{letter} Ellis, person{letter}@school.example" for letter in "abcd")


@pytest.fixture
def carol(client):
    contact = contact_of(school())
    client.force_login(contact)
    return contact


def check(client, event, people=FOUR, step="check", **fields):
    address = reverse("bookings:group_create", args=[event.reference])
    return client.post(address, {"step": step, "people": people, **fields})


def two_dates(**fields):
    make_vat_rate()
    course = make_course("Restorative practice", strands=[Strand.TRADED])
    first = make_event(course, capacity=2)
    return first, make_event(course, starts_at=first.starts_at.replace(month=2, year=2027), **fields)


def named(event):
    return sorted(OrderLine.objects.in_basket().filter(event=event).values_list("full_name", "net"))


def free_course(title="Briefing", strand=Strand.MULTI_AGENCY, **fields):
    event = make_event(make_course(title, strands=[strand]), **fields)
    event.offers.update(price_band=make_band("P0"))
    return event


# --- Another date ---------------------------------------------------------------------------------------------


def test_whoever_does_not_fit_is_ticked_and_goes_to_another_date_at_its_price_in_one_step(client, carol):
    first, second = two_dates()
    DiscountRule.objects.create(name="In February", percent=Decimal("20"), starts_on=None, min_places=2)
    page = check(client, first).content.decode()
    assert [number for number in "1234" if f'value="{number}" id="later-{number}" checked' in page] == ["3", "4"]
    page = check(client, first, step="later", later=["3", "4"]).content.decode()
    assert "2 people of your list wait for another date. You choose it when these are in the basket." in page

    others = "\n".join(FOUR.splitlines()[2:])
    address = reverse("bookings:basket_add", args=[first.reference])
    answer = client.post(address, {"people": "\n".join(FOUR.splitlines()[:2]), "others": others}, follow=True)

    words = words_of(answer)
    assert "2 people of your list have no place yet. The others are in your basket." in words
    assert "£76.00" in words
    page = answer.content.decode()
    button = f'formaction="{reverse("bookings:basket_add", args=[second.reference])}"'
    assert button in page
    assert "Personc Ellis, personc@school.example\nPersond" in page
    answer = add(client, second, people=others, unnamed="")
    assert answer["Location"].startswith(BASKET)
    assert "another-date" not in answer["Location"]
    assert named(first) == [("Persona Ellis", 76), ("Personb Ellis", 76)]
    assert named(second) == [("Personc Ellis", 76), ("Persond Ellis", 76)]


def test_nobody_is_ticked_where_all_of_them_fit_or_nobody_does(client, carol):
    first, _ = two_dates()
    fitting = check(client, first, people="\n".join(FOUR.splitlines()[:2])).content.decode()
    assert 'id="later-2">' in fitting
    Event.objects.filter(pk=first.pk).update(places_taken=2)
    assert " checked" not in check(client, first).content.decode()


def test_places_without_a_name_stay_and_names_give_way(client, carol):
    first, _ = two_dates()
    page = check(client, first, people="\n".join(FOUR.splitlines()[:2]), places_unnamed="1").content.decode()
    assert 'id="later-1">' in page
    assert 'id="later-2" checked' in page


def test_another_date_that_is_too_small_says_so_and_keeps_the_names(client, carol):
    _, second = two_dates(capacity=1)
    answer = add(client, second, people="\n".join(FOUR.splitlines()[2:]), unnamed="")
    assert answer.status_code == 409
    assert "Personc Ellis" in answer.content.decode()
    assert not OrderLine.objects.exists()


def test_another_date_begins_with_the_people_of_the_basket(client, carol):
    first, second = two_dates()
    add(client, first, unnamed="")
    address = reverse("bookings:basket_another_date", args=[first.reference])
    assert address in client.get(BASKET).content.decode()
    page = client.get(address)
    assert "The same list for another date" in words_of(page)
    assert "Sam Ellis, sam@school.example" in page.content.decode()
    assert "£95.00" in words_of(page)
    assert second.reference in page.content.decode()


def test_another_date_shows_nothing_of_anothers_basket(client, carol):
    first, _ = two_dates()
    other = basket((first, [KIM], 0), organisation=school("Kirk Fold Academy"))
    address = reverse("bookings:basket_another_date", args=[first.reference])
    assert "Kim" not in client.get(address).content.decode()
    assert client.get(f"{address}?organisation={other.organisation_id}").status_code == 404
    client.force_login(cast.wendy())
    assert client.get(address).status_code == 404


def test_another_date_asks_as_often_for_one_date_as_for_many(client, carol):
    first, second = two_dates()
    address = reverse("bookings:basket_another_date", args=[first.reference])
    client.get(address)
    with CaptureQueriesContext(
        connection,
    ) as few:
        client.get(address)
    for number in range(5):
        make_event(first.version.course, starts_at=second.starts_at.replace(day=10 + number))
    with CaptureQueriesContext(connection) as many:
        page = client.get(address).content.decode()
    assert page.count("Put into the basket") == 6
    assert len(many) == len(few)


# --- Free dates -----------------------------------------------------------------------------------------------


def test_a_free_date_is_booked_at_once_or_goes_into_the_basket(client, carol):
    event = free_course(strand=Strand.MULTI_AGENCY)
    page = check(client, event, people="Sam Ellis, sam@school.example").content.decode()
    assert "Book 1 place" in page
    assert "Put 1 place into the basket" in page


def test_the_team_and_a_course_ordered_whole_have_no_basket(client, carol):
    school_of_carol = carol.practitioner.memberships.get().organisation
    commissioned = traded("Whole course", commissioned_by=school_of_carol)
    assert "into the basket" not in check(client, commissioned, people="Sam Ellis").content.decode()
    answer = add(client, commissioned, people="Sam Ellis", unnamed="")
    assert answer.status_code == 409
    assert "part of the course that your organisation has ordered" in answer.content.decode()
    client.force_login(cast.wendy())
    page = check(client, free_course(), people="Sam Ellis", organisation=school_of_carol.pk).content.decode()
    assert "Book 1 place" in page
    assert "into the basket" not in page


def test_free_and_sold_dates_are_ordered_together_and_the_free_ones_cost_nothing(client, carol):
    sold, free = traded(), free_course()
    add(client, sold, people="Sam Ellis, sam@school.example", unnamed="")
    add(client, free, people="Sam Ellis, sam@school.example\nJo March, jo@school.example", unnamed="1")
    client.post(BASKET, {"go_on": "1"})
    words = words_of(client.get(CHECKOUT))
    assert "each place costs its price whether it is used or not" in words
    assert "your organisation is asked for £50 for each place that is cancelled late or not used" in words

    order(client, total_shown="95.00", manager_email="boss@school.example")

    placed = Order.objects.get()
    assert (placed.state, placed.payment_method) == (OrderState.CONFIRMED, "PURCHASE_ORDER")
    assert sorted(placed.lines.values_list("state", "gross")) == [
        (LineState.FREE, 0), (LineState.FREE, 0), (LineState.FREE, 0), (LineState.SOLD, 95),
    ]  # fmt: skip
    assert (taken(sold), taken(free)) == (1, 3)
    assert Booking.objects.filter(event=free, manager_email="boss@school.example", price=0).count() == 2
    assert what_is_wrong(now=NOW) == {}
    words = words_of(client.get(reverse("bookings:order_detail", args=[placed.reference])))
    assert "Free of charge" in words


def free_order(*chosen, **fields):
    return place(basket(*chosen), **fields)


def test_an_order_of_free_places_alone_is_confirmed_until_its_register_is_locked():
    event = free_course()
    placed = free_order((event, [SAM], 1))
    settle_all(now=NOW)
    placed.refresh_from_db()
    assert (placed.state, placed.payment_method) == (OrderState.CONFIRMED, "NOTHING")
    group = GroupBooking.objects.get()

    group_bookings.name_practitioner(
        group_id=group.pk, colleague=JO, by=contact_of(placed.organisation), now=NOW,
        answers=Answers(has_managers_agreement=True), idempotency_key=group.idempotency_key,
    )  # fmt: skip
    assert {booking.order_line.state for booking in Booking.objects.all()} == {LineState.FREE}
    assert placed.lines.filter(bookings__isnull=True).count() == 0
    lock(event, now=NOW)
    settle_all(now=NOW)

    placed.refresh_from_db()
    assert placed.state == OrderState.CLOSED
    assert not Invoice.objects.exists()
    assert what_is_wrong(now=NOW) == {}


def test_a_free_place_without_a_name_that_goes_back_ends_the_order():
    event = free_course()
    placed = free_order((event, [], 2))
    group = GroupBooking.objects.get()
    group_bookings.release_unnamed(
        group_id=group.pk, places_back=2, places_unnamed_shown=2, by=contact_of(placed.organisation), now=NOW
    )
    settle_all(now=NOW)
    placed.refresh_from_db()
    assert (placed.state, taken(event)) == (OrderState.CLOSED, 0)
    assert placed.lines.filter(given_back_at__isnull=False).count() == 2


def test_a_free_place_of_an_order_that_is_not_used_is_charged_like_any_other():
    event = free_course()
    free_order((event, [SAM], 0))
    mark(Booking.objects.get(), State.DID_NOT_ATTEND)
    lock(event, now=NOW)
    notice = ChargeNotice.objects.get()
    ChargeNotice.objects.filter(pk=notice.pk).update(
        state="APPROVED", decided_at=NOW, decided_by=cast.wendy(), decided_reason="Nobody came"
    )
    settle_all(now=NOW)
    draft = Invoice.objects.get()
    assert (draft.order, draft.net) == (None, notice.amount)
    assert what_is_wrong(now=NOW) == {}


def test_the_limit_of_one_agency_holds_for_free_places_in_a_basket(client, carol):
    event = free_course(capacity=25)
    limit = max(Partnership.objects.current().agency_cap_places, 5)
    answer = add(client, event, people="", unnamed=str(limit + 1))
    assert answer.status_code == 409
    assert not OrderLine.objects.exists()
    assert add(client, event, people="", unnamed=str(limit)).status_code == 302


def test_a_free_date_that_a_manager_agrees_to_is_asked_for_by_the_order(client, carol):
    event = free_course("Core course", strand=Strand.CORE)
    Offer.objects.filter(events=event).update(approval_mode="explicit")
    add(client, event, people="Sam Ellis, sam@school.example", unnamed="")
    client.post(BASKET, {"go_on": "1"})
    assert "Your manager agrees to this course before you have the place" in words_of(client.get(CHECKOUT))
    assert order(client, total_shown="0.00").status_code == 422
    order(client, total_shown="0.00", manager_email="boss@school.example")
    assert Booking.objects.get().state == State.REQUESTED
    assert taken(event) == 1


def test_free_places_stay_when_the_purchase_order_for_the_others_does_not_come():
    sold, free = traded(), free_course()
    placed = place(basket((sold, [SAM], 0), (free, [JO], 0)), TO_FOLLOW)
    late = placed.po_due_at
    assert purchase_orders.release_overdue(order_id=placed.pk, now=late)
    settle_all(now=late)
    placed.refresh_from_db()
    assert (placed.state, placed.po_due_at) == (OrderState.CONFIRMED, None)
    assert (taken(sold), taken(free)) == (0, 1)
    assert what_is_wrong(now=late) == {}


def test_free_places_come_along_with_those_that_a_card_pays(pay):
    sold, free = traded(), free_course()
    placed = cards.place(basket((sold, [SAM], 0), (free, [JO], 1)))
    assert (taken(sold), taken(free)) == (1, 2)
    payment = cards.payment_of(placed)
    cards.open_page(payment)
    payment.refresh_from_db()
    pay.end(payment.provider_id)
    cards.look(payment)
    settle_all(now=NOW)
    placed.refresh_from_db()
    assert (placed.state, payment.amount, Invoice.objects.get().gross) == (OrderState.CONFIRMED, 95, 95)
    assert sorted(placed.lines.values_list("state", flat=True)) == [
        LineState.FREE, LineState.FREE, LineState.INVOICED,
    ]  # fmt: skip
    assert (taken(sold), taken(free), what_is_wrong(now=NOW)) == (1, 2, {})


def test_free_places_of_a_basket_are_in_its_quote_and_in_the_order_it_becomes():
    sold, free = traded(), free_course()
    quote = of_basket((sold, [], 2), (free, [], 1))
    assert (quote.gross, quote.lines.count()) == (190, 2)
    accepted = quote_acceptance.accept(quote_id=quote.pk, paying=BY_INVOICE, by=quote.contact.user, now=NOW)
    assert sorted(accepted.order.lines.values_list("state", "gross")) == [
        (LineState.FREE, 0), (LineState.SOLD, 95), (LineState.SOLD, 95),
    ]  # fmt: skip
    assert (taken(sold), taken(free), what_is_wrong(now=NOW)) == (2, 1, {})
