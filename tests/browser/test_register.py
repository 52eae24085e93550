"""A register taken on a phone: with the network gone for a while, without scripts, and by the people themselves."""

import json
import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect

from accounts import clock
from bookings.actions import registers
from bookings.models import Attendance
from courses.models import Trainer
from tests import cast
from tests.browser.screens import NARROW, wrong_with
from tests.load.live import session_of
from tests.makers import make_booking, make_course, make_event

Mark = Attendance.Mark
NAMES = ("Ana María de la Cruz", "Bo Lee", "Chipo Moyo", "Dara Singh")


@pytest.fixture
def phone(visitor, portal):
    """Open a context of a phone as somebody."""

    def come(user, **options):
        page = visitor(viewport=NARROW, has_touch=True, is_mobile=True, **options)
        if user:
            page.context.add_cookies([{"name": "sessionid", "value": session_of(user), "url": portal.address}])
        return page

    return come


class Register:
    """One date that began a quarter of an hour ago, with four people and a trainer of its own."""

    def __init__(self, number):
        self.trainer = a_trainer(number)
        event = make_event(make_course(), starts_at=clock.now() - timedelta(minutes=15), trainer=self.trainer)
        self.bookings = {name: make_booking(event, person_called(name)) for name in NAMES}
        self.session = event.sessions.select_related("event").get()
        self.path = f"/trainer/sessions/{self.session.pk}/register/"

    def marks(self):
        """What the portal holds, by first name, and how often anything was written of it."""
        marks = Attendance.objects.filter(session=self.session).select_related("booking__practitioner")
        return {mark.booking.practitioner.full_name.split()[0]: (mark.choice, mark.history.count()) for mark in marks}

    def marked_by_somebody_else(self, name, mark):
        given = {self.bookings[name].pk: registers.Given(choice=mark)}
        registers.save(session=self.session, given=given, by=cast.wendy(), now=clock.now())


def a_trainer(number):
    user = cast.make_person(f"Trainer{number} Patel", cast.police())
    Trainer.objects.get_or_create(practitioner=user.practitioner, defaults={"organisation": cast.police()})
    return user


def person_called(name):
    return cast.make_person(name, cast.social_work(), email=f"{name[:3].lower()}-register@example.org")


numbers = iter(range(100))


@pytest.fixture
def register(portal):
    return Register(next(numbers))


def row(page, name):
    return page.locator("fieldset.portal-register", has_text=name)


def press(page, name, words):
    row(page, name).locator("label").filter(has_text=re.compile(f"^{words}$")).click()


def status(page):
    return page.locator(".portal-register__saved")


def test_marks_made_without_a_network_arrive_once_when_it_returns(phone, register):
    page = phone(register.trainer)
    page.goto(register.path)
    press(page, "Ana", "Here")
    expect(status(page)).to_contain_text("1 of 4 marked")

    page.context.set_offline(True)
    press(page, "Bo", "Here")
    press(page, "Chipo", "Not here")
    press(page, "Chipo", "Here, late")
    expect(status(page)).to_have_text("2 marks wait to be sent: no connection")
    page.get_by_role("button", name="Save the register").click()
    expect(status(page)).to_have_text("2 marks wait to be sent: no connection")
    assert register.marks() == {"Ana": ("PRESENT", 1)}
    assert wrong_with(page) == []

    page.context.set_offline(False)
    expect(status(page)).to_contain_text("3 of 4 marked")
    assert {name: choice for name, (choice, _) in register.marks().items()} == {
        "Ana": "PRESENT", "Bo": "PRESENT", "Chipo": "LATE"
    }  # fmt: skip
    assert register.marks()["Bo"] == ("PRESENT", 1)
    assert page.evaluate("localStorage.length") == 0
    expect(row(page, "Bo")).to_contain_text("Marked by Trainer")


def test_what_is_kept_names_nobody_and_outlives_the_page(phone, register):
    page = phone(register.trainer)
    page.goto(register.path)
    page.context.set_offline(True)
    press(page, "Dara", "Left early")
    expect(status(page)).to_have_text("1 mark waits to be sent: no connection")

    [[place, kept]] = page.evaluate("Object.entries(localStorage)")
    assert place == f"register-{register.session.pk}-{register.trainer.pk}"
    assert set(re.findall(r"[A-Za-z]{2,}", re.sub(r'"key":"[0-9a-f]{32}"', '"key":""', kept))) == {
        "waiting", "sent", "key", "marks", "mark", "LEFT", "EARLY", "time", "seen"
    }  # fmt: skip
    assert list((json.loads(kept)["sent"] or json.loads(kept))["marks"]) == [str(register.bookings["Dara Singh"].pk)]

    page.close()
    again = page.context.new_page()
    page.context.set_offline(False)
    again.goto(register.path)
    expect(row(again, "Dara").get_by_label("Left early", exact=True)).to_be_checked()
    expect(status(again)).to_contain_text("1 of 4 marked")
    assert register.marks() == {"Dara": ("LEFT_EARLY", 1)}


def test_answer_that_was_lost_on_the_way_is_asked_for_again_and_writes_nothing_twice(phone, register):
    page = phone(register.trainer)
    page.goto(register.path)
    lost = []

    def lose_the_answer(route):
        if route.request.method == "POST" and not lost:
            lost.append(route.fetch().status)
            route.abort()
        else:
            route.continue_()

    page.route("**/register/", lose_the_answer)
    press(page, "Ana", "Here")
    expect(status(page)).to_have_text("1 mark waits to be sent: no connection")
    assert (lost, register.marks()) == ([200], {"Ana": ("PRESENT", 1)})

    register.marked_by_somebody_else("Ana María de la Cruz", Mark.ABSENT)
    page.evaluate("window.dispatchEvent(new Event('online'))")
    expect(status(page)).to_contain_text("1 of 4 marked")

    assert register.marks() == {"Ana": ("ABSENT", 2)}
    expect(row(page, "Ana").get_by_label("Not here", exact=True)).to_be_checked()


def test_mark_of_somebody_else_made_meanwhile_is_named_and_chosen_again(phone, register):
    page = phone(register.trainer)
    page.goto(register.path)
    page.context.set_offline(True)
    press(page, "Ana", "Not here")
    press(page, "Bo", "Here")
    register.marked_by_somebody_else("Ana María de la Cruz", Mark.PRESENT)
    page.context.set_offline(False)

    expect(row(page, "Ana")).to_contain_text("Wendy Marsh marked Ana María de la Cruz as “Here” at")
    expect(status(page)).to_contain_text("Choose again for 1 person; the rest is saved: 2 of 4 marked")
    expect(row(page, "Ana").get_by_label("Here", exact=True)).to_be_checked()
    assert wrong_with(page) == []

    press(page, "Ana", "Not here")
    expect(status(page)).to_contain_text("Saved at")
    assert register.marks() == {"Ana": ("ABSENT", 2), "Bo": ("PRESENT", 1)}


def test_time_of_who_comes_late_is_filled_in_and_can_be_changed(phone, register):
    page = phone(register.trainer)
    page.goto(register.path)
    time = row(page, "Ana").locator("input[type=time]")
    expect(time).to_be_hidden()

    press(page, "Ana", "Here, late")
    expect(time).to_be_visible()
    expect(time).to_have_value(re.compile(r"^\d\d:\d\d$"))
    expect(status(page)).to_contain_text("1 of 4 marked")
    start = register.session.starts_at
    time.fill(f"{start + timedelta(minutes=5):%H:%M}")
    time.blur()
    expect(row(page, "Ana")).to_contain_text("Marked by")
    expect(page.locator(f"input[name=seen_{register.bookings['Ana María de la Cruz'].pk}]")).to_have_value(
        f"LATE@{start + timedelta(minutes=5):%H:%M}"
    )

    time.fill(f"{start - timedelta(hours=2):%H:%M}")
    time.blur()
    expect(row(page, "Ana")).to_contain_text("Write a time for Ana María de la Cruz between")
    press(page, "Bo", "Here")
    expect(status(page)).to_contain_text("2 of 4 marked")
    expect(row(page, "Ana")).to_contain_text("Write a time for Ana María de la Cruz between")


def test_who_is_signed_out_meanwhile_keeps_the_marks(phone, register):
    page = phone(register.trainer)
    page.goto(register.path)
    page.context.clear_cookies(name="sessionid")
    press(page, "Ana", "Here")
    expect(status(page)).to_contain_text("1 mark waits to be sent: you are signed out")
    assert register.marks() == {}

    page.context.add_cookies(
        [{"name": "sessionid", "value": session_of(register.trainer), "url": page.url.split("/trainer")[0]}]
    )
    page.get_by_role("button", name="Save the register").click()
    expect(status(page)).to_contain_text("1 of 4 marked")
    assert register.marks() == {"Ana": ("PRESENT", 1)}


def test_register_without_scripts_is_a_form(phone, register):
    page = phone(register.trainer, java_script_enabled=False)
    page.goto(register.path)
    press(page, "Ana", "Here")
    press(page, "Bo", "Here, late")
    row(page, "Bo").locator("input[type=time]").fill(f"{clock.now():%H:%M}")
    press(page, "Chipo", "Too late to join")
    with page.expect_navigation():
        page.get_by_role("button", name="Save the register").click()

    expect(page.locator("main")).to_contain_text("Register saved: 3 of 4 people marked.")
    assert {name: choice for name, (choice, _) in register.marks().items()} == {
        "Ana": "PRESENT", "Bo": "LATE", "Chipo": "TURNED_AWAY"
    }  # fmt: skip


@pytest.mark.parametrize("scripts", [True, False])
def test_somebody_checks_in_by_the_code_on_the_screen(phone, register, scripts):
    screen = phone(register.trainer, java_script_enabled=scripts)
    screen.goto(register.path)
    screen.get_by_role("link", name="Let people check in with a code").click()
    screen.get_by_role("button", name="Open checking in").click()
    code = screen.locator(".portal-check-in__code [aria-hidden]").inner_text()
    assert re.fullmatch(r"\w{3} \w{3}", code)
    if scripts:
        assert wrong_with(screen) == []

    ana = phone(person_called("Ana María de la Cruz"), java_script_enabled=scripts)
    ana.goto("/check-in/")
    ana.get_by_label("Code").fill(code.lower())
    ana.get_by_role("button", name="Check in").click()
    expect(ana.locator("h1")).to_have_text("You are marked as here")
    if scripts:
        assert wrong_with(ana) == []
    bo = phone(person_called("Bo Lee"), java_script_enabled=scripts)
    bo.goto(f"/check-in/?code={code.replace(' ', '')}")
    bo.get_by_role("button", name="I am here").click()
    expect(bo.locator("h1")).to_have_text("You are marked as here")
    stranger = phone(cast.make_person("Sam Stranger", cast.police()), java_script_enabled=scripts)
    stranger.goto(f"/check-in/?code={code.replace(' ', '')}")
    stranger.get_by_role("button", name="I am here").click()
    expect(stranger.locator("main")).to_contain_text("See the trainer: they can add you if a place is free.")

    assert register.marks() == {"Ana": ("PRESENT", 1), "Bo": ("PRESENT", 1)}
    screen.reload()
    expect(screen.locator("main")).to_contain_text("2 of 4 people marked as here")
