"""A school's contact books eight people of whom three have no name yet, on a phone, with and without JavaScript."""

import re
from datetime import timedelta

import pytest

from accounts.models import OutboundEmail
from bookings.actions import capacity
from bookings.models import GroupBooking
from courses.models import Strand
from tests.browser.screens import NARROW, wrong_with
from tests.browser.test_orders import empty_the_basket
from tests.makers import NOW, make_course, make_event

FIVE = """Name\tEmail
Ada Byron\tada@school-a.example
Ifẹ́olúwa Łukaszewska-Featherstonehaugh <ife@school-a.example>
3. Jo March; jo.march@school-a.example
Sam Ellis, sam.ellis@school-a.example
Old Mrs Featherstone"""


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


def test_a_contact_books_eight_names_one_later_and_gives_one_back(portal, contact):
    days = 52 if contact.has_scripts else 45
    course = make_course("Restorative practice", strands=[Strand.TRADED])
    event = make_event(course, starts_at=NOW + timedelta(days=days), capacity=8)
    page = contact.page

    empty_the_basket(contact)
    page.goto(f"/courses/{event.course.slug}/")
    contact.follow(page.get_by_role("link", name=re.compile("^Book for colleagues")))
    is_for_everybody(contact)
    page.get_by_label("Who comes?").fill(f"{FIVE}\nTom, tom@")
    page.get_by_label("Places without a name").fill("3")
    contact.press("Check the list")
    is_for_everybody(contact)
    assert "One line cannot be booked as it stands" in page.inner_text("main")
    assert "Write the address in full" in page.inner_text("main")
    assert "Old Mrs Featherstone" in page.get_by_label("Who comes?").input_value()

    page.get_by_label("Who comes?").fill(FIVE)
    contact.press("Check the list")
    is_for_everybody(contact)
    assert "8 places at £95: £760" in page.inner_text("main")
    contact.press("Put 8 places into the basket")
    is_for_everybody(contact)
    contact.press("Go on")
    page.get_by_label("By invoice, without a purchase order").check()
    page.get_by_label(re.compile("manager agrees")).check()
    page.get_by_label(re.compile("I accept the booking terms")).check()
    contact.press("Order for £760.00")
    is_for_everybody(contact)
    assert "3 places have no name yet" in page.inner_text("main")

    contact.follow(page.get_by_role("link", name="Name somebody"))
    is_for_everybody(contact)
    page.get_by_label("Their full name").fill("Late Arrival")
    page.get_by_label(re.compile("manager agrees")).check()
    contact.press("Give them the place")
    assert "2 places have no name yet" in page.inner_text("main")

    contact.follow(page.get_by_role("link", name="Give places back"))
    is_for_everybody(contact)
    page.get_by_label("How many places do you give back?").fill("1")
    contact.press("Give back")
    assert "1 place has no name yet" in page.inner_text("main")

    page.goto("/organisation/")
    is_for_everybody(contact)
    assert "Names still needed" in page.inner_text("main")

    group = GroupBooking.objects.get(event=event)
    event.refresh_from_db()
    assert (group.bookings.count(), group.places_unnamed, group.places_released) == (6, 1, 1)
    assert event.places_taken == capacity.count_places(event_id=event.pk) == 7
    # Two have no address of their own: the letters that confirm their places come to the contact.
    theirs = OutboundEmail.objects.filter(
        letter="bookings/confirmation", about__in=[f"booking:{booking.pk}" for booking in group.bookings.all()]
    )
    assert theirs.filter(to="cass@example.org").count() == 2
    assert theirs.exclude(to="cass@example.org").count() == 4
