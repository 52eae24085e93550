"""A school asks for a course of its own: quote, yes with a purchase order, date, held, and the draft of its invoice."""

import re
from datetime import timedelta

import pytest

from bookings.actions import registers, settlement
from bookings.models import Invoice, OrderLine, Quote
from bookings.sweeps.quotes import follow_quotes
from courses.actions import enquiries
from courses.models import Enquiry, Strand
from courses.models.course import LearningFormat
from courses.models.event import DeliveryMode
from tests.access.people import school
from tests.browser.screens import NARROW
from tests.makers import NOW, make_course, make_vat_rate

DAY = NOW + timedelta(days=61)


@pytest.fixture
def contact(somebody):
    return somebody("contact of school A")


@pytest.fixture
def wendy(somebody):
    return somebody("workforce team")


def fits(person):
    return person.page.evaluate("document.documentElement.scrollWidth") <= NARROW["width"]


def ask(contact, course):
    page = contact.page
    page.goto(f"/ask-for-a-course/?course={course.slug}")
    for label, words in {
        "Who is it for?": "All staff",
        "How many people?": "46",
        "What should they be able to do afterwards?": "Know whom to tell.",
        "Days and times that suit you": "A training day in January",
        "Where should it take place?": "Our hall",
    }.items():
        page.get_by_label(label).fill(words)
    contact.press("Send this to the team")
    return Enquiry.objects.get(course=course)


def write(wendy, enquiry):
    page = wendy.page
    page.goto(f"/staff/enquiries/{enquiry.reference}/")
    wendy.press("Write a quote")
    assert page.locator("#id_lines-0-description").input_value() == "For a whole school"
    page.locator("#id_lines-0-unit_price").fill("395")
    page.locator("#id_lines-1-description").fill("Travel")
    page.locator("#id_lines-1-quantity").fill("-2")
    page.locator("#id_lines-1-unit_price").fill("0.45")
    page.locator("#id_lines-1-vat_treatment").select_option("STANDARD")
    wendy.press("Save and look at it")
    assert "Write how many as a whole number" in page.inner_text("main")
    assert fits(wendy)
    page.locator("#id_lines-1-quantity").fill("37")
    wendy.press("Save and look at it")
    assert "£414.98" in page.inner_text("main")
    wendy.press("Send it to")
    assert fits(wendy)
    return Quote.objects.get(enquiry=enquiry)


def accept(contact, quote):
    page = contact.page
    page.goto(f"/organisation/enquiries/{quote.enquiry.reference}/")
    contact.follow(page.get_by_role("link", name=re.compile("^See our quote")))
    assert "£414.98" in page.inner_text("main")
    contact.follow(page.get_by_role("link", name="Accept this quote"))
    page.get_by_label(re.compile("I have the purchase order number")).check()
    page.get_by_label("Purchase order number", exact=True).fill("PO-10472")
    page.get_by_label(re.compile("I accept the quote")).check()
    contact.press("Accept for £414.98")
    assert "The quote is accepted" in page.inner_text("main")
    assert fits(contact)


def schedule(wendy, enquiry):
    page = wendy.page
    page.goto(f"/staff/enquiries/{enquiry.reference}/")
    wendy.follow(page.get_by_role("link", name="Give it a date"))
    page.locator("#id_days-0-day").fill(f"{DAY:%d/%m/%Y}")
    page.locator("#id_days-0-starts").fill("13:00")
    page.locator("#id_days-0-ends").fill("15:30")
    wendy.press("Make this date")
    assert "is open to" in page.inner_text("main")


def time_passes(quote):
    """What the sweeps do once the day is over."""
    after = DAY + timedelta(days=1)
    follow_quotes()
    registers.close_delivered(now=after)
    enquiries.follow_date(enquiry_id=quote.enquiry_id, now=after)
    for line in OrderLine.objects.filter(order__quote=quote, is_to_settle=True):
        settlement.settle(line_id=line.pk, now=after)


def test_from_the_enquiry_to_the_draft_of_the_invoice(portal, contact, wendy):
    make_vat_rate()
    course = make_course(
        "For a whole school", strands=[Strand.TRADED], learning_format=LearningFormat.COMMISSIONED,
        default_mode=DeliveryMode.AT_YOUR_SETTING,
    )  # fmt: skip
    enquiry = ask(contact, course)
    quote = write(wendy, enquiry)
    accept(contact, quote)
    schedule(wendy, enquiry)

    time_passes(quote)

    quote.refresh_from_db()
    draft = Invoice.objects.get(order=quote.order)
    assert (draft.state, draft.gross, draft.organisation) == ("DRAFT", quote.gross, school("A"))
    contact.page.goto(f"/organisation/orders/{quote.order.reference}/")
    words = contact.page.inner_text("main")
    assert "PO-10472" in words
    assert "£414.98" in words
    assert quote.reference in words
    assert fits(contact)
