"""A contact buys: places into the basket, the basket with its prices, the order with its promise."""

import re
from datetime import timedelta

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from bookings.actions import baskets
from bookings.models import Booking, GroupBooking, Order
from bookings.models.order import LineState, OrderState
from courses.models import Event, Price
from tests import cast
from tests.bookings.views import test_organisation
from tests.makers import NOW
from tests.sales import KIM, SAM, basket, contact_of, make_package, school, taken, traded

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.time_machine("2026-11-21 10:00")]

BASKET, CHECKOUT = "/organisation/basket/", "/organisation/basket/order/"
PROMISE = {"has_managers_agreement": "on", "has_accepted_terms": "on"}
BY_NUMBER = {"paying": "po", "po_number": "PO-10472"}


@pytest.fixture
def carol(client):
    contact = contact_of(school())
    client.force_login(contact)
    return contact


def words_of(answer, *, status=200):
    assert answer.status_code == status
    return test_organisation.words_of(answer)


def add(client, event, people="Sam Ellis, sam@school.example", unnamed="2"):
    address = reverse("bookings:basket_add", args=[event.reference])
    return client.post(address, {"people": people, "places_unnamed": unnamed})


def go_on(client):
    return client.post(BASKET, {"go_on": "1"}, follow=True)


def order(client, **fields):
    said = {"total_shown": "285.00", **PROMISE, **BY_NUMBER, **fields}
    return client.post(CHECKOUT, {name: value for name, value in said.items() if value is not None})


def test_the_list_of_a_date_that_costs_something_goes_into_the_basket(client, carol):
    event = traded()
    page = client.post(
        reverse("bookings:group_create", args=[event.reference]),
        {"step": "check", "people": "Sam Ellis, sam@school.example", "places_unnamed": "2"},
    ).content.decode()
    assert "Put 3 places into the basket" in page
    assert "idempotency_key" not in page

    answer = add(client, event)

    assert answer["Location"].startswith(BASKET)
    lines = Order.objects.baskets().get().lines.in_basket()
    assert sorted(lines.values_list("full_name", "net")) == [("", 95), ("", 95), ("Sam Ellis", 95)]
    words = words_of(client.get(BASKET))
    assert "3 places. Nothing is booked yet" in words
    assert "£95 a place, the price for the city's schools, academies and colleges. Exempt from VAT." in words
    assert "Together £285.00" in words
    assert taken(event) == 0


def test_a_wrong_list_comes_back_with_what_is_wrong(client, carol):
    event = traded(capacity=2)
    assert "Write the address in full" in words_of(add(client, event, people="Sam Ellis, sam@"), status=422)
    assert add(client, event).status_code == 409
    assert not Order.objects.filter(lines__isnull=False).exists()


def test_nobody_but_a_contact_has_a_basket(client):
    event = traded()
    for user in (cast.wendy(), cast.make_person("Lee Learner", school())):
        client.force_login(user)
        assert client.get(BASKET).status_code == 404
        assert client.get(CHECKOUT).status_code == 404
        assert add(client, event).status_code == 404


def test_an_empty_basket_leads_to_the_catalogue(client, carol):
    words = words_of(client.get(BASKET))
    assert "Nothing is in your basket" in words
    assert client.get(CHECKOUT)["Location"].startswith(BASKET)


def test_places_are_named_and_taken_out(client, carol):
    order = basket((traded(), [SAM], 1), (traded("Motivational interviewing"), [], 2))
    unnamed = order.lines.filter(full_name="").order_by("pk")[0]
    address = reverse("bookings:basket_line", args=[unnamed.pk])

    wrong = client.post(address, {"full_name": "", "email": "kim@school.example"})
    assert wrong.status_code == 422
    assert 'value="kim@school.example"' in wrong.content.decode()
    client.post(address, {"full_name": "Kim  Okafor", "email": "Kim@school.example"})
    unnamed.refresh_from_db()
    assert (unnamed.full_name, unnamed.email) == ("Kim Okafor", "kim@school.example")

    client.post(BASKET, {"take_out": str(unnamed.pk)})
    other = order.lines.in_basket().exclude(event=unnamed.event).first()
    client.post(BASKET, {"take_out_date": str(other.event_id)})
    assert [line.full_name for line in order.lines.in_basket()] == ["Sam Ellis"]


def test_anothers_basket_is_not_there(client, carol):
    other = basket((traded(), [SAM], 0), organisation=school("Kirk Fold Academy"))
    line = other.lines.get()
    address = reverse("bookings:basket_line", args=[line.pk])
    assert client.get(address).status_code == 404
    assert client.get(BASKET + f"?organisation={other.organisation_id}").status_code == 404
    client.post(BASKET, {"take_out": str(line.pk)})
    assert other.lines.in_basket().count() == 1


def test_odd_input_breaks_nothing(client, carol):
    basket((traded(), [SAM], 0))
    for odd in ({"take_out": "x\x00"}, {"take_out": "9" * 40}, {"take_out_date": "-1"}, {}):
        assert client.post(BASKET, odd).status_code == 302
    assert client.get(BASKET + "?organisation=9999999999999999999999").status_code == 404


def test_a_price_that_changed_is_shown_before_anything_is_ordered(client, carol):
    basket((traded(), [SAM], 0))
    Price.objects.filter(charging_category="education").update(amount=99)
    words = words_of(client.get(BASKET))
    assert "Prices have changed" in words
    assert "New price it was £95.00" in words


def test_going_on_keeps_the_places_until_a_time(client, carol):
    event = traded(capacity=3)
    basket((event, [SAM], 2))
    words = words_of(go_on(client))
    assert "We keep these places for you until 10:30am" in words
    assert taken(event) == 3


def test_going_on_with_too_few_places_left_says_which_date(client, carol):
    event = traded(capacity=3)
    basket((event, [SAM], 2))
    Event.objects.filter(pk=event.pk).update(capacity=2)
    words = words_of(client.post(BASKET, {"go_on": "1"}), status=409)
    assert "Restorative practice" in words
    assert taken(event) == 0


def test_an_order_is_placed_once_however_often_the_button_is_pressed(client, carol):
    event = traded()
    basket((event, [SAM], 2))
    go_on(client)

    answer = order(client, notes="To the trust, please")
    again = order(client)

    placed = Order.objects.get(state=OrderState.CONFIRMED)
    assert answer["Location"] == again["Location"] == reverse("bookings:order_detail", args=[placed.reference])
    assert (placed.po_number, placed.notes) == ("PO-10472", "To the trust, please")
    assert taken(event) == 3
    assert Booking.objects.get().has_managers_agreement
    assert GroupBooking.objects.get().places_unnamed == 2


@pytest.mark.parametrize(
    ("said", "words"),
    [
        ({"paying": None}, "Choose how your organisation pays."),
        ({"paying": "gold"}, "Choose one of the ways shown."),
        ({"po_number": ""}, "Write the number of your purchase order, or say that it follows."),
        ({"po_number": "???"}, "Write the number as it is printed on your purchase order"),
        ({"has_managers_agreement": None}, "Confirm that their manager agrees."),
        ({"has_accepted_terms": None}, "Read the booking terms and tick that you accept them."),
        ({"total_shown": "x"}, "This page was out of date."),
    ],
)
def test_what_is_missing_is_said_beside_its_question_and_the_rest_is_kept(client, carol, said, words):
    basket((traded(), [SAM], 2))
    go_on(client)
    answer = order(client, notes="Kept as it was", **said)
    assert words in words_of(answer, status=422)
    assert "Kept as it was" in answer.content.decode()
    assert Order.objects.get().state == OrderState.BASKET


def test_a_price_that_changed_at_the_last_moment_is_asked_about(client, carol):
    event = traded()
    basket((event, [SAM], 2))
    go_on(client)
    Price.objects.filter(charging_category="education").update(amount=99)

    answer = order(client)
    words = words_of(answer, status=409)
    assert "The price has changed" in words
    assert "Order for £297.00" in words
    assert 'value="PO-10472"' in answer.content.decode()

    order(client, total_shown="297.00")
    assert Order.objects.get().state == OrderState.CONFIRMED


def test_every_reason_against_an_order_is_shown(client, carol):
    event = traded()
    basket((event, [SAM], 0))
    go_on(client)
    Event.objects.filter(pk=event.pk).update(state=Event.State.POSTPONED)
    answer = order(client, total_shown="95.00")
    assert answer.status_code == 409
    assert "Restorative practice" in words_of(answer, status=409)


def test_a_purchase_order_may_follow_until_its_day(client, carol):
    basket((traded(starts_at=NOW + timedelta(days=40)), [], 2))
    assert "We need it by" in words_of(go_on(client))
    order(client, paying="po_follows", total_shown="190.00", has_managers_agreement=None)
    placed = Order.objects.get()
    assert placed.state == OrderState.AWAITING_PO
    assert placed.po_due_at > NOW


def test_a_purchase_order_cannot_follow_when_its_day_is_over(client, carol):
    basket((traded(starts_at=NOW + timedelta(days=10)), [SAM], 0))
    assert "the purchase order number follows" not in words_of(go_on(client))


def test_a_package_that_covers_the_order_pays_it(client, carol):
    package = make_package("200")
    basket((traded(starts_at=NOW + timedelta(days=40)), [SAM], 1))
    assert "£200.00 left now, £10.00 after this order." in words_of(go_on(client))
    order(client, paying=f"package:{package.reference}", total_shown="190.00")
    package.refresh_from_db()
    assert (package.balance, Order.objects.get().package) == (10, package)


def test_a_package_that_is_too_small_says_so_and_is_refused(client, carol):
    package = make_package("100")
    basket((traded(starts_at=NOW + timedelta(days=40)), [SAM], 1))
    assert "That does not cover everything here" in words_of(go_on(client))
    answer = order(client, paying=f"package:{package.reference}", total_shown="190.00")
    assert "Not enough is left in the package." in words_of(answer, status=409)


def test_a_council_service_is_recharged_without_vat(client):
    service = cast.make_organisation("Family Hubs", is_recharged=True, cost_centre="CC-1001")
    client.force_login(contact_of(service))
    basket((traded(), [SAM], 2), organisation=service)
    words = words_of(go_on(client))
    assert "Recharged to a cost centre of the council" in words
    assert "Not a supply: recharged within the council" in words
    order(client, paying="recharge", cost_centre="CC-2002")
    assert Order.objects.get().cost_centre == "CC-2002"


def test_a_free_order_asks_for_no_payment(client, carol):
    event = traded()
    Price.objects.update(amount=0)
    basket((event, [], 1))
    words = words_of(go_on(client))
    assert "There is nothing to pay." in words
    order(client, total_shown="0.00", paying=None, po_number=None)
    assert Order.objects.get().payment_method == "NOTHING"


def test_the_basket_asks_as_often_for_one_place_as_for_fifty(client, carol):
    event = traded(capacity=80)
    found = basket((event, [SAM], 1))

    def asked(address):
        client.get(address)
        with CaptureQueriesContext(
            connection,
        ) as queries:
            assert client.get(address).status_code == 200
        return len(queries)

    baskets.hold(order_id=found.pk, now=NOW)
    few = asked(BASKET), asked(CHECKOUT)
    basket((event, [KIM], 24))
    basket((event, [], 24))
    assert (asked(BASKET), asked(CHECKOUT)) == few


def test_course_pages_tell_a_contact_what_is_in_the_basket(client, carol):
    event = traded()
    basket((event, [SAM], 1))
    page = reverse("course_detail", args=[event.version.course.slug])
    assert "2 places are in your basket" in words_of(client.get(page))
    assert "2 places are in your basket" in words_of(client.get("/dates/"))
    client.logout()
    assert "in your basket" not in client.get(page).content.decode()


def test_lines_that_are_held_are_taken_out_with_their_place(client, carol):
    event = traded(capacity=3)
    found = basket((event, [SAM], 2))
    go_on(client)
    line = found.lines.filter(state=LineState.HELD).first()
    client.post(BASKET, {"take_out": str(line.pk)})
    assert taken(event) == 2
    assert re.search(r"kept for you until 10:30am", words_of(client.get(BASKET)))
