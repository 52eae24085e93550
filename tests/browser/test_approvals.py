"""A manager without an account answers by the link in their letter: on a telephone, without scripts, by keyboard."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from accounts.models import OutboundEmail
from courses.models import Event
from tests.access.people import school
from tests.browser.screens import wrong_with
from tests.browser.test_pages import Keyboard
from tests.browser.town_portal import send_letters_to
from tests.makers import NOW
from tests.managers import LINK, explicit_event

MANAGER, DEPUTY = "head@example.org", "deputy@example.org"


@pytest.fixture(scope="module")
def date(portal):
    return explicit_event(starts_at=NOW + timedelta(days=70))


def ask_for_place(learner, date):
    page = learner.page
    page.goto(f"/courses/dates/{date.reference}/book/?organisation={school(learner.name[-1]).pk}")
    page.get_by_label("Your manager's email address").fill(MANAGER)
    page.get_by_label("I accept the booking terms").check()
    learner.press("Ask for this place")
    expect(page.locator("main")).to_contain_text("Your request waits for your manager.")


def letter_to(address):
    """Send what is owed; return the link as it stands in the letter, which the portal has forgotten since."""
    letter = send_letters_to(address)
    token = LINK.search(letter.body)[1]
    assert f"/approve/{token}/" in letter.alternatives[0].content
    assert not OutboundEmail.objects.filter(text__contains=token).exists()
    assert not OutboundEmail.objects.filter(html__contains=token).exists()
    return f"/approve/{token}/"


def test_a_manager_approves_by_the_link_in_the_letter(portal, somebody, date):
    learner, manager = somebody("practitioner A"), somebody()
    ask_for_place(learner, date)
    link = letter_to(MANAGER)

    manager.page.goto(link)
    words = manager.page.inner_text("main")
    assert "Can Ada Learner take part?" in words
    assert "School A" in words
    hands = Keyboard(manager.page)
    hands.tab_to("Approve Ada Learner’s request")
    hands.follow()

    expect(manager.page.locator("h1")).to_have_text("This request is approved")
    learner.page.reload()
    expect(learner.page.locator("main")).to_contain_text("Your place is confirmed.")
    manager.page.goto(link)
    expect(manager.page.locator("main")).to_contain_text("You approved it on")


def test_a_manager_passes_it_on_and_the_deputy_declines(portal, somebody, date):
    learner, manager, deputy = somebody("practitioner B"), somebody(), somebody()
    taken = Event.objects.get(pk=date.pk).places_taken
    ask_for_place(learner, date)
    manager.page.goto(letter_to(MANAGER))
    hands = Keyboard(manager.page)
    hands.tab_to("Somebody else answers this for me")
    manager.page.keyboard.press("Enter")
    hands.tab_to("Email address of who answers for you")
    manager.page.keyboard.type(DEPUTY)
    hands.tab_to("Pass it on")
    hands.follow()
    expect(manager.page.locator("main")).to_contain_text(f"Two people have been asked: {MANAGER} and {DEPUTY}.")

    deputy.page.goto(letter_to(DEPUTY))
    hands = Keyboard(deputy.page)
    hands.tab_to("I do not agree")
    deputy.page.keyboard.press("Enter")
    hands.tab_to("Why do you decline?")
    deputy.page.keyboard.type("We are short that week")
    hands.tab_to("Decline the request")
    hands.follow()

    expect(deputy.page.locator("h1")).to_have_text("This request is declined")
    manager.page.reload()
    expect(manager.page.locator("main")).to_contain_text(f"{DEPUTY} declined it on")
    learner.page.reload()
    expect(learner.page.locator("main")).to_contain_text("Your manager does not agree: “We are short that week”")
    assert Event.objects.get(pk=date.pk).places_taken == taken


def test_the_managers_pages_are_for_everybody(portal, somebody, date):
    learner, manager = somebody("contact of school A"), somebody(java_script_enabled=True)
    page = manager.page
    refused = []
    page.on("console", lambda line: refused.append(line.text) if "Content Security" in line.text else None)
    ask_for_place(learner, date)
    link = letter_to(MANAGER)

    page.goto(link)
    for summary in page.locator("main details > summary").all():
        summary.click()
    assert wrong_with(page) == []
    manager.press("Decline the request")
    page.locator(".govuk-error-summary:focus").wait_for()
    assert re.search("Write why you decline", page.inner_text(".govuk-error-summary"))
    assert wrong_with(page) == []
    manager.press("Approve")
    assert wrong_with(page) == []
    page.goto("/approve/no-such-link/")
    assert wrong_with(page) == []
    assert refused == []
