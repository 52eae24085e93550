"""The main job as people do it: find, book, attend, evaluate, certify, report; in a real browser, without JavaScript.

One portal is run as `make run` runs it, with the sample city. Days pass as anybody lets them pass: the
portal is stopped and started with its clock moved.
"""

import csv
import io
import re
import subprocess
import sys
import zipfile

import pytest
from playwright.sync_api import expect

from tests.browser.people import Person
from tests.local_run import own_portal, wait_for
from workforce_portal.local_servers import CHECKOUT

NEWCOMER = "Ifẹ́olúwa Łukaszewska"
ADDRESS = "newcomer@example.org"
PASSWORD = "a quiet river bends"


@pytest.fixture(scope="module")
def portal():
    with own_portal() as portal:
        load = [sys.executable, "manage.py", "load_sample_city", "--quiet"]
        loaded = subprocess.run(load, cwd=CHECKOUT, env=portal.environment, capture_output=True, text=True)
        assert loaded.returncode == 0, loaded.stderr
        yield portal


@pytest.fixture
def people(portal, browser):
    """Each person has a browser of their own, with JavaScript switched off."""
    contexts = []

    def person(name):
        context = browser.new_context(
            base_url=f"http://localhost:{portal.port}", java_script_enabled=False, locale="en-GB", accept_downloads=True
        )
        contexts.append(context)
        return Person(name, context.new_page())

    yield person
    for context in contexts:
        context.close()


def days_pass(portal, offset):
    portal.stop()
    portal.start(PORTAL_CLOCK_OFFSET=offset)


def minutes_until(portal, moment_sql, *values):
    """How far the clock must go, from the real present, to reach a moment in the portal's database."""
    with portal.database() as database:
        seconds = database.execute(f"SELECT EXTRACT(EPOCH FROM ({moment_sql}) - now())", values).fetchone()[0]
    return f"{int(seconds // 60)}m"


def date_that_dev_trains(portal):
    """The next Working Together with places left that the sample trainer delivers."""
    with portal.database() as database:
        return database.execute(
            """
            SELECT e.id, e.reference, e.places_taken, s.id FROM courses_event e
            JOIN courses_session s ON s.event_id = e.id
            JOIN courses_courseversion v ON v.id = e.version_id JOIN courses_course c ON c.id = v.course_id
            JOIN courses_trainerassignment a ON a.session_id = s.id JOIN courses_trainer t ON t.id = a.trainer_id
            JOIN accounts_practitioner p ON p.id = t.practitioner_id
            WHERE c.code = 'M02' AND e.state = 'OPEN' AND p.email = 'dev@example.org' AND e.starts_at > now() + '10 days'
              AND e.places_taken < e.capacity - 1
            ORDER BY e.starts_at LIMIT 1
            """
        ).fetchone()


def letter_about(person, portal, words):
    """Wait until the mailbox has the letter, then open it."""

    def arrived():
        person.page.goto(f"/mailbox/?to={ADDRESS}")
        return person.page.get_by_role("link", name=re.compile(words)).count() > 0

    wait_for(arrived, portal.story)
    person.follow(person.page.get_by_role("link", name=re.compile(words)))
    return person.page


def sign_up(newcomer, portal):
    page = newcomer.page
    page.goto("/")
    page.get_by_role("link", name="Create an account").first.click()
    page.get_by_label("Your full name").fill(NEWCOMER)
    page.get_by_label("Your work email address").fill(ADDRESS)
    page.get_by_label("Who do you work or volunteer for?").select_option(
        label="Northern Ridings Police: Airedon District"
    )
    page.get_by_label("Your job title").fill("Police constable")
    page.locator("input[name=password1]").fill(PASSWORD)
    page.locator("input[name=password2]").fill(PASSWORD)
    newcomer.press("Create")
    letter = letter_about(newcomer, portal, "onfirm")
    letter.locator("main a[href*='confirm-email']").first.click()
    newcomer.press("Yes, confirm")
    if "/login/" in page.url:
        newcomer.sign_in(ADDRESS, PASSWORD, portal)


def book(newcomer, reference):
    page = newcomer.page
    page.goto("/courses/")
    page.locator("main").get_by_label("Search").first.fill("wroking together")
    newcomer.press("Show courses")
    page.locator("main").get_by_role(
        "link", name="Working Together to Safeguard Children and Young People"
    ).first.click()
    page.locator(f"main a[href*='{reference}/book/']").first.click()
    page.get_by_label("When did you do it?").fill("March 2025, in my induction")
    page.get_by_label(re.compile("My manager agrees")).check()
    page.get_by_label(re.compile("I accept the booking terms")).check()
    newcomer.press("Book this place")
    expect(page.locator("main")).to_contain_text("Confirmed")


def answer_questionnaire(newcomer, portal, subject):
    letter = letter_about(newcomer, portal, subject)
    newcomer.follow(letter.locator("main a[href*='/feedback/']"))
    page = newcomer.page
    for group in page.locator("main fieldset").all():
        radios = group.locator("input[type=radio]")
        if radios.count():
            radios.nth(min(radios.count() - 1, 7)).check()
    for text in page.locator("main textarea, main input[type=text]").all():
        if not text.input_value():
            text.fill("Ring the health visitor before the meeting")
    newcomer.press("Send your answers")
    assert "feedback" not in page.url or page.locator(".govuk-error-summary").count() == 0, page.inner_text("main")


def test_find_book_attend_evaluate_certify_report(portal, people):
    event, reference, taken, session = date_that_dev_trains(portal)
    newcomer, trainer, officer = people("newcomer"), people("trainer"), people("officer")

    sign_up(newcomer, portal)
    book(newcomer, reference)
    confirmation = letter_about(newcomer, portal, "Your place on")
    with newcomer.page.expect_download() as calendar:
        confirmation.locator("main").get_by_role("link", name=re.compile("calendar|ics")).first.click()
    assert "METHOD:REQUEST" in calendar.value.path().read_text()
    portal.send_task("evaluation.invite_due")
    answer_questionnaire(newcomer, portal, "^Before Working")

    days_pass(portal, minutes_until(portal, "SELECT starts_at + '10 minutes' FROM courses_event WHERE id = %s", event))
    trainer.sign_in("dev@example.org", "airedon-learns", portal)
    trainer.page.goto("/trainer/")
    trainer.page.locator(f"main a[href='/trainer/sessions/{session}/register/']").first.click()
    expect(trainer.page.locator("main")).to_contain_text(NEWCOMER)
    for here in trainer.page.get_by_text("Here", exact=True).all():
        here.click()
    trainer.press("Save the register")
    expect(trainer.page.locator("main")).to_contain_text("people marked")

    days_pass(portal, minutes_until(portal, "SELECT ends_at + '30 minutes' FROM courses_event WHERE id = %s", event))
    portal.send_task("bookings.close_delivered_events")
    portal.send_task("evaluation.invite_due")
    newcomer.page.goto("/my/")
    answer_questionnaire(newcomer, portal, "Your feedback on")
    code = download_certificate(newcomer, portal)
    check_certificate(people("anybody"), code)

    officer.sign_in("lou@example.org", "airedon-learns", portal)
    read_report(officer, portal, event, expected=taken + 1)


def download_certificate(newcomer, portal):
    """Open the certificate when it is ready; return the code printed on it."""
    letter = letter_about(newcomer, portal, "Your certificate for")
    letter.locator("main a[href*='/certificates/']").first.click()
    page = newcomer.page
    expect(page.locator("main")).to_contain_text(NEWCOMER)
    with page.expect_download() as download:
        page.locator("main a[href$='.pdf'], main a[href*='download']").first.click()
    assert download.value.path().read_bytes().startswith(b"%PDF-")
    with portal.database() as database:
        return database.execute(
            "SELECT c.code FROM bookings_certificate c JOIN bookings_booking b ON b.id = c.booking_id "
            "JOIN accounts_practitioner p ON p.id = b.practitioner_id WHERE p.email = %s", [ADDRESS]
        ).fetchone()[0]  # fmt: skip


def check_certificate(anybody, code):
    anybody.page.goto(f"/check/{code}/")
    words = anybody.page.inner_text("main")
    assert "Working Together to Safeguard Children and Young People" in words
    assert "Łukaszewska" not in words


def read_report(officer, portal, event, expected):
    """Ask for the report of that day and that course; read it on screen and in three files."""
    page = officer.page
    with portal.database() as database:
        day = database.execute(
            "SELECT to_char(starts_at AT TIME ZONE 'Europe/London', 'FMDD/FMMM/YYYY') FROM courses_event WHERE id = %s", [event]
        ).fetchone()[0]  # fmt: skip
    page.goto("/lscp/reports/")
    page.locator("select[name=period]").select_option(label="Other dates, given below")
    officer.open_all_details()
    page.locator("input[name=starts_on]").fill(day)
    page.locator("input[name=ends_on]").fill(day)
    courses = page.locator("select[name=course]")
    courses.select_option(courses.locator("option", has_text="Working Together").first.get_attribute("value"))
    officer.press("Make this report")

    def is_ready():
        page.reload()
        return page.locator("a[href$='report.pdf']").count() > 0

    wait_for(is_ready, portal.story)
    expect(page.locator("main")).to_contain_text("Occupancy")
    table = officer.download("a[href$='tables/R2.csv'], a[href$='tables/r2.csv']")
    rows = list(csv.reader(io.StringIO(table.decode("utf-8-sig"))))
    assert any(str(expected) in row for row in rows), rows
    assert zipfile.ZipFile(io.BytesIO(officer.download("a[href$='workbook.xlsx']"))).testzip() is None
    assert officer.download("a[href$='report.pdf']").startswith(b"%PDF-")
