"""A real browser: the team cancels a date of 40 people without scripts, and somebody answers about a date that moved."""

from accounts import clock
from accounts.models import OutboundEmail
from bookings.actions import event_changes
from bookings.models import Booking, EventChange
from bookings.models.booking import State
from tests.access.people import person
from tests.browser.screens import AXE, NARROW, RUN_AXE, TAGS, WIDE
from tests.cast import make_organisation, make_person
from tests.makers import NOW, make_booking, make_course, make_event

PEOPLE = 40


def make_crowd(title, people=PEOPLE):
    event = make_event(make_course(title), capacity=people)
    for number in range(people):
        agency = make_organisation(f"Agency {number}", charging_category="partner_free")
        make_booking(event, make_person(f"Guest{number} {title}", agency, email=f"{title.lower()}{number}@example.org"))
    return event


def work(portions=None):
    """What the worker does, so many portions of it."""
    change = EventChange.objects.unfinished().get()
    while portions != 0 and event_changes.carry_out_portion(change_id=change.pk, now=clock.now()):
        portions = portions - 1 if portions else None


def is_for_everybody(page, with_scripts):
    """Nothing that axe finds, at both widths, in a context that runs scripts."""
    found = []
    with_scripts.goto(page.url)
    with_scripts.evaluate(AXE)
    for width in (WIDE, NARROW):
        with_scripts.set_viewport_size(width)
        found += with_scripts.evaluate(RUN_AXE, TAGS)
        assert with_scripts.evaluate("document.documentElement.scrollWidth") <= width["width"]
    return found == []


def test_the_team_cancels_a_date_of_forty_people(portal, visitor):
    event = make_crowd("Cancelled")
    page, other = visitor("workforce team", java_script_enabled=False), visitor("workforce team")
    page.goto(f"/staff/dates/{event.reference}/")
    page.locator("summary", has_text="Change this date").click()
    page.get_by_role("link", name="Cancel it").click()
    assert is_for_everybody(page, other)
    page.get_by_role("button", name="See who would be told").click()
    assert page.locator(".govuk-error-summary").is_visible()
    page.get_by_label("The weather").check()
    page.get_by_label("Words of your own").fill("The roads are closed.")
    page.get_by_role("button", name="See who would be told").click()
    assert page.get_by_text("40 people with a place").is_visible()
    assert "The roads are closed." in page.locator(".portal-letter").inner_text()
    assert Booking.objects.filter(event=event, state=State.CONFIRMED).count() == PEOPLE

    page.get_by_role("button", name="Cancel this date and tell 40 people").click()
    assert page.get_by_text("0 of 40 people have been told.").is_visible()
    assert is_for_everybody(page, other)
    work(portions=1)
    page.get_by_role("link", name="Check again").click()
    assert page.get_by_text("25 of 40 people have been told.").is_visible()
    work()
    page.get_by_role("link", name="Check again").click()
    assert page.get_by_text("It is done").is_visible()

    letters = OutboundEmail.objects.filter(letter="bookings/cancelled_by_us")
    assert (letters.count(), letters.filter(text__contains="The roads are closed.").count()) == (PEOPLE, PEOPLE)
    assert set(Booking.objects.filter(event=event).values_list("state", flat=True)) == {State.CANCELLED_BY_PROVIDER}
    page.get_by_role("link", name="Go to the date").click()
    assert page.locator("li", has_text="cancelled by us").count() == PEOPLE
    assert is_for_everybody(page, other)


def test_somebody_says_whether_they_can_come_on_the_new_day(portal, visitor):
    event = make_crowd("Moved", people=2)
    event.capacity = 3
    event.save(update_fields=["capacity"])
    booking = make_booking(event, person("practitioner A"))
    staff = visitor("workforce team", java_script_enabled=False)
    staff.goto(f"/staff/dates/{event.reference}/move/")
    staff.get_by_label("Day", exact=True).fill("14/1/2027")
    staff.get_by_role("button", name="See who would be told").click()
    staff.get_by_role("button", name="Move this date and tell 3 people").click()
    work()

    page, other = visitor("practitioner A", java_script_enabled=False), visitor("practitioner A")
    page.goto(f"/my/bookings/{booking.reference}/")
    page.get_by_role("link", name="Say whether you can come").click()
    assert is_for_everybody(page, other)
    assert page.get_by_text("Thursday 14 January 2027").is_visible()
    page.get_by_role("button", name="I can come").click()
    assert page.get_by_text("Your place is kept for the new day.").is_visible()
    booking.refresh_from_db()
    assert booking.answered_at >= NOW
