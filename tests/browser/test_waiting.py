"""Somebody who waits is offered the place that another person gives up, and takes it: at a telephone, without scripts."""

import re
from datetime import timedelta

import pytest
from django.conf import settings
from playwright.sync_api import expect

from accounts import clock
from bookings.actions import waiting_list
from bookings.models import Booking, WaitingListEntry
from courses.models import Event
from tests.access.people import person, school
from tests.browser.screens import wrong_with
from tests.browser.town_portal import send_letters_to
from tests.makers import NOW, make_booking, make_course, make_entry, make_event


def open_letter(reader, portal, words):
    """Read the latest letter to this person as a mail program shows it, and follow its link to the portal."""
    letter = send_letters_to(person(reader.name).email)
    assert words in letter.body
    reader.page.set_content(letter.alternatives[0].content.replace(settings.SITE_URL, portal.address))
    expect(reader.page.locator("body")).to_contain_text(words)


def test_a_place_that_is_given_up_goes_to_whoever_waits_longest(portal, somebody):
    event = make_event(make_course("Safer recruitment"), starts_at=NOW + timedelta(days=45), capacity=1)
    booked = make_booking(event, person("practitioner B"))
    make_entry(event, person("trainer"))
    waiting, giver, passer_by = somebody("practitioner A"), somebody("practitioner B"), somebody("contact of school A")

    page = waiting.page
    page.goto(f"/courses/dates/{event.reference}/book/?organisation={school('A').pk}")
    waiting.press("Join the waiting list")
    expect(page.locator("main")).to_contain_text("You are number 2 on the list")
    first = WaitingListEntry.objects.get(event=event, practitioner=person("trainer").practitioner)
    waiting_list.leave(entry_id=first.pk, by=person("trainer"), now=clock.now())
    page.reload()
    expect(page.locator("main")).to_contain_text("You are number 1 on the list")

    giver.page.goto(f"/my/bookings/{booked.reference}/cancel/")
    giver.press("Cancel your place")
    # The worker's part: the broker has no say in what is owed.
    for owing in Event.objects.owing_offers(clock.now()):
        waiting_list.offer_free_places(event_id=owing.pk, now=clock.now())

    # Whoever happens to pass sees no place; the one whose turn it is finds theirs in a letter.
    passer_by.page.goto(f"/courses/dates/{event.reference}/book/")
    expect(passer_by.page.locator("h1")).to_have_text("This date is full")
    open_letter(waiting, portal, "it is your turn")
    ends = r"1[01]am on Monday 23 November 2026"
    assert re.search(ends, page.inner_text("body"))
    waiting.follow(page.get_by_role("link", name="Take it or leave it"))

    expect(page.locator("h1")).to_have_text("A place is held for you")
    assert re.search(ends, page.inner_text("main"))
    waiting.press("Take this place")
    assert "Confirm that your manager agrees" in page.inner_text("main")
    page.get_by_label(re.compile("manager agrees")).check()
    page.get_by_label(re.compile("I accept the booking terms")).check()
    waiting.press("Take this place")

    expect(page.locator("main")).to_contain_text("Your place is booked")
    open_letter(waiting, portal, "Your place is booked")
    taken = Booking.objects.get(event=event, practitioner=person("practitioner A").practitioner)
    entry = WaitingListEntry.objects.get(event=event, practitioner=taken.practitioner)
    event.refresh_from_db()
    assert (taken.state, entry.state, entry.booking_id) == ("CONFIRMED", "ACCEPTED", taken.pk)
    assert (event.places_taken, event.people_waiting) == (1, 0)


@pytest.mark.parametrize("scripts", [False, True], ids=["without scripts", "with scripts"])
def test_whoever_does_not_want_the_place_leaves_it_to_the_next(portal, somebody, scripts):
    event = make_event(make_course("Neglect"), starts_at=NOW + timedelta(days=46 + scripts), capacity=1)
    booked = make_booking(event, person("practitioner B"))
    entry = make_entry(event, person("practitioner A"))
    after = make_entry(event, person("contact of school A"))
    giver, waiting = somebody("practitioner B"), somebody("practitioner A", java_script_enabled=scripts)
    giver.page.goto(f"/my/bookings/{booked.reference}/cancel/")
    giver.press("Cancel your place")
    waiting_list.offer_free_places(event_id=event.pk, now=clock.now())

    waiting.page.goto("/my/")
    waiting.follow(waiting.page.locator(f"main a[href='/my/waiting/{entry.reference}/']"))
    if scripts:
        assert wrong_with(waiting.page) == []
    waiting.press("No, give it to somebody else")

    expect(waiting.page.locator("main")).to_contain_text("goes to whoever is next")
    waiting_list.offer_free_places(event_id=event.pk, now=clock.now())
    after.refresh_from_db()
    assert after.state == "OFFERED"
