"""A school's contact buys places on two dates without scripts: the purchase order follows, names come later, one swaps."""

import re
from datetime import timedelta

import pytest

from bookings.models import Booking, Order
from bookings.models.booking import State
from bookings.models.order import OrderState
from courses.models import Strand
from tests.browser.screens import NARROW, wrong_with
from tests.makers import NOW, make_course, make_event


@pytest.fixture(params=[False, True], ids=["without scripts", "with scripts"])
def contact(somebody, request):
    """The contact of school A, at a phone."""
    person = somebody("contact of school A", java_script_enabled=request.param, bypass_csp=True)
    person.has_scripts = request.param
    return person


def is_for_everybody(contact):
    """Nothing wider than the phone, and nothing for axe to find, which needs scripts itself."""
    if contact.has_scripts:
        assert wrong_with(contact.page) == []
    assert contact.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def empty_the_basket(contact):
    contact.page.goto("/organisation/basket/")
    while contact.page.get_by_role("button", name=re.compile("^Take out")).count():
        contact.press("Take out")


def put_into_basket(contact, event, *, people, unnamed):
    page = contact.page
    page.goto(f"/courses/{event.course.slug}/")
    contact.follow(page.get_by_role("link", name=re.compile("^Book for colleagues")))
    page.get_by_label("Who comes?").fill(people)
    page.get_by_label("Places without a name").fill(str(unnamed))
    contact.press("Check the list")
    contact.press("Put ")
    is_for_everybody(contact)


def name_somebody(contact, full_name):
    page = contact.page
    contact.follow(page.get_by_role("link", name=re.compile("^Name somebody")))
    page.get_by_label("Their full name").fill(full_name)
    page.get_by_label(re.compile("manager agrees")).check()
    contact.press("Give them the place")


def test_a_contact_buys_on_two_dates_gives_the_number_names_and_swaps(portal, contact):
    page, days = contact.page, 52 if contact.has_scripts else 45
    first, second = (
        make_event(make_course(title, strands=[Strand.TRADED]), starts_at=NOW + timedelta(days=days + more))
        for title, more in (("Restorative practice", 0), ("Motivational interviewing", 7))
    )
    empty_the_basket(contact)
    put_into_basket(contact, first, people="Sam Ellis\nJo March", unnamed=1)
    put_into_basket(contact, second, people="Kim Okafor", unnamed=2)
    assert "6 places. Nothing is booked yet" in page.inner_text("main")
    assert "£570.00" in page.inner_text("main")

    contact.press("Go on")
    is_for_everybody(contact)
    assert "We keep these places for you until" in page.inner_text("main")
    contact.press("Order for £570.00")
    is_for_everybody(contact)
    assert "Choose how your organisation pays." in page.inner_text("main")
    page.get_by_label("By invoice, and the purchase order number follows").check()
    page.get_by_label(re.compile("manager agrees")).check()
    page.get_by_label(re.compile("I accept the booking terms")).check()
    contact.press("Order for £570.00")
    is_for_everybody(contact)
    assert "Give us your purchase order number" in page.inner_text("main")

    contact.follow(page.get_by_role("link", name="Give the number"))
    page.get_by_label("Purchase order number").fill("PO-10472")
    contact.press("Give this number")
    is_for_everybody(contact)
    order_page = page.url
    order = Order.objects.get(reference=order_page.rstrip("/").rpartition("/")[2])
    assert (order.state, order.po_number) == (OrderState.CONFIRMED, "PO-10472")

    for full_name in ("Late Arrival", "Later Arrival", "Latest Arrival"):
        page.goto(order_page)
        name_somebody(contact, full_name)
    page.goto(order_page)
    is_for_everybody(contact)
    assert "Place without a name" not in page.inner_text("main")

    contact.follow(page.get_by_role("link", name="Somebody else comes instead of Sam Ellis"))
    page.get_by_label("Your colleague's full name").fill("Robin Instead")
    page.get_by_label("Their work email address").fill("robin@school-a.example")
    contact.press("Give the place to them")
    page.goto(order_page)
    assert "Robin Instead" in page.inner_text("main")
    assert "Sam Ellis" not in page.inner_text("main")

    live = Booking.objects.filter(order_line__order=order, state=State.CONFIRMED)
    assert live.count() == order.lines.sold().count() == 6
    assert {line.net for line in order.lines.sold()} == {95}
