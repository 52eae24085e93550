"""Every page of the four audiences' journeys in a real browser: readable by everybody, whatever they use."""

import contextlib
import re

import pytest
from django.urls import Resolver404, resolve

from tests.access.matrix import MATRIX
from tests.browser.screens import AXE, NARROW, NARROWEST, RUN_AXE, TAGS, WIDE

# Each page by its address, the state it is in, and the button pressed first where the state follows a mistake.
# `{kind}` stands for A's thing of that kind.
PAGES = {
    "anonymous": [
        "/", "/courses/", "/courses/?q=no+such+thing", "/courses/{course}/", "/dates/", "/courses/?strand=multi_agency",
        "/accounts/signup/", "/accounts/signup/ > Create my account", "/accounts/login/", "/accounts/login/ > Sign in",
        "/accounts/password/reset/", "/accounts/password/reset/ > Send me the link", "/accounts/password/reset/done/",
        "/accounts/confirm-email/", "/accounts/confirm-email/wrong/", "/accounts/password/reset/key/1-x/", "/check/",
        "/check/?code=x", "/check/{code}/", "/check/AAAAA/", "/accessibility-statement/", "/privacy/", "/cookies/",
        "/complaint/", "/contact/", "/nowhere/", "/mailbox/", "/mailbox/{mail}/",
        "/approve/{manager's link}/", "/approve/nobody/",
        "/invitation/{invitation}/", "/invitation/{invitation}/ > Make my account", "/invitation/wrong/",
        "/feedback/{answer link}/", "/feedback/{answer link}/ > Send your answers", "/feedback/wrong/",
        "/feedback/{person's answer link}/", "/feedback/{person's answer link}/ > Save and go on later",
        "/keep-account/{keep link}/", "/keep-account/wrong/", "/courses/{self-paced course}/",
        "/ask-for-a-course/", "/ask-for-a-course/ > Send this to the team", "/ask-for-a-course/{enquiry}/",
    ],
    "practitioner A": [
        "/", "/courses/", "/courses/{course}/", "/my/", "/courses/dates/{date}/book/",
        "/my/bookings/{booking}/", "/my/bookings/{request}/", "/my/bookings/{request to a manager}/",
        "/my/bookings/{request to a manager}/manager/", "/my/bookings/{request to a manager}/manager/ > Ask them",
        "/my/bookings/{cancelled}/", "/my/bookings/{booking}/needs/", "/invitation/{invitation}/",
        "/my/bookings/{booking}/cancel/", "/my/bookings/{late booking}/cancel/",
        "/my/bookings/{late booking}/cancel/ > Cancel", "/my/bookings/{request}/cancel/",
        "/my/bookings/{charged booking}/", "/my/bookings/{charged booking}/why/",
        "/my/bookings/{charged booking}/why/ > Send your reason",
        "/my/feedback/{questionnaire}/", "/my/feedback/{questionnaire}/ > Send your answers",
        "/my/feedback/{answered}/", "/my/bookings/{booking}/feedback/", "/my/certificates/{certificate}/",
        "/courses/{self-paced course}/start/",
        "/my/self-paced/{enrolment}/", "/my/self-paced/{enrolment}/ > I have finished",
        "/my/self-paced/{enrolment with questions}/", "/my/self-paced/{enrolment with questions}/questions/",
        "/my/self-paced/{enrolment with questions}/questions/ > Send my answers",
        "/my/self-paced/{lapsed enrolment}/", "/my/self-paced/{lapsed enrolment}/why/",
        "/my/actions/", "/my/actions/{action}/", "/my/actions/{action}/ > It is done",
        "/my/bookings/{waiting}/certificate/", "/my/bookings/{booking}/certificate/", "/my/training-record/",
        "/check-in/", "/check-in/ > Check in", "/check-in/?code=NO+SUCH", "/check-in/?code={check-in code}",
        "/my/bookings/{walked in}/", "/my/bookings/{booking that moved}/answer/",
        "/bookings/{booking}/colleague/", "/bookings/{booking}/colleague/ > Give",
        "/bookings/{booking}/move/", "/bookings/{booking}/move/ > Move", "/bookings/{late booking}/move/",
        "/courses/dates/{full date}/book/",
        "/my/waiting/{number two}/", "/my/waiting/{held place}/",
        "/my/waiting/{held place}/ > Take this place", "/my/waiting/{left list}/", "/my/waiting/{closed list}/",
        "/my/training-record/pdf/{record file}/", "/my/profile/organisations/propose/",
        "/my/profile/organisations/propose/ > Add it to my profile",
        "/my/profile/", "/my/profile/calendar/", "/my/profile/ > Save my profile", "/my/profile/organisations/add/",
        "/my/profile/organisations/add/ > Add it to my profile", "/my/profile/organisations/{employer}/leave/",
        "/accounts/email/", "/accounts/password/change/", "/accounts/2fa/", "/accounts/sessions/", "/accounts/logout/",
        "/staff/",
    ],
    "contact of school A": [
        "/ask-for-a-course/", "/ask-for-a-course/ > Send this to the team", "/organisation/enquiries/",
        "/organisation/returns/", "/organisation/returns/{training return}/",
        "/organisation/returns/{training return}/training/",
        "/organisation/returns/{training return}/training/ > Save and go on",
        "/organisation/returns/{training return}/section-11/", "/organisation/returns/questions/{question of a return}/",
        "/organisation/returns/questions/{question of a return}/ > Save the answer", "/organisation/returns/{sent return}/",
        "/organisation/enquiries/{enquiry}/", "/organisation/quotes/", "/organisation/quotes/{quote}/",
        "/organisation/quotes/{quote}/accept/", "/organisation/quotes/{quote}/accept/ > Accept for",
        "/organisation/quotes/{quote}/decline/",
        "/organisation/basket/", "/organisation/basket/places/{basket place}/",
        "/organisation/basket/places/{basket place}/ > Keep this", "/organisation/basket/{date}/another-date/",
        "/organisation/orders/", "/organisation/orders/?show=done",
        "/organisation/orders/{order}/", "/organisation/orders/{order}/purchase-order/",
        "/organisation/orders/{order}/purchase-order/ > Give this number", "/organisation/orders/{order}/payment/",
        "/organisation/orders/{order}/payment/ > Pay it so", "/organisation/packages/{package}/",
        "/organisation/people/{employer}/end/", "/organisation/basket/order/",
        "/organisation/basket/order/ > Order for",
        "/organisation/", "/organisation/?q=nobody", "/organisation/calendar/", "/organisation/calendar/?month=2031-02",
        "/organisation/charges/{charge}/",
        "/organisation/charges/{charge}/ > Send the reason", "/organisation/invoices/",
        "/organisation/invoices/{invoice}/", "/organisation/invoices/{invoice}/dispute/",
        "/organisation/invoices/{invoice}/dispute/ > Tell us", "/organisation/statements/{organisation}/", "/my/", "/my/training-record/",
        "/courses/dates/{online date}/book/", "/courses/dates/{online date}/book/ > Book this place",
        "/courses/dates/{full date}/book/", "/courses/{course}/",
        "/courses/{self-paced course}/start/", "/courses/{self-paced course}/start/ > Start this course",
        "/organisation/book/{online date}/", "/organisation/book/{online date}/ > Check the list",
        "/organisation/orders/{card order}/pay/", "/organisation/orders/{card order}/pay/ > Go on to the card page",
        "/pay/back/{card payment}/",
        "/organisation/groups/{group}/", "/organisation/groups/{group}/name/",
        "/organisation/groups/{group}/name/ > Give them the place", "/organisation/groups/{group}/give-back/",
        "/organisation/waiting/{waiting group}/", "/organisation/groups/{group}/another-date/",
        "/organisation/groups/{group}/another-date/ > Check this date", "/bookings/{booking}/give-up/",
        "/bookings/{late booking}/give-up/", "/bookings/{late booking}/give-up/ > Give the place up",
    ],
    "trainer": [
        "/trainer/", "/trainer/sessions/{session}/register/", "/trainer/sessions/{session today}/register/",
        "/trainer/reviews/{review}/", "/trainer/reviews/{review}/ > Send your review",
        "/trainer/sessions/{session today}/register/add/",
        "/trainer/sessions/{session today}/register/add/ > Add to the register",
        "/trainer/sessions/{session}/check-in/", "/trainer/sessions/{session today}/check-in/",
        "/trainer/feedback/", "/trainer/observations/{shared observation}/",
    ],
    "workforce team": [
        "/staff/quotes/", "/staff/quotes/{quote}/",
        "/staff/quotes/{quote}/accept/", "/staff/quotes/{quote}/accept/ > Accept for", "/staff/quotes/{draft quote}/",
        "/staff/quotes/{draft quote}/edit/",
        "/finance/orders/{order}/", "/finance/orders/{order}/purchase-order/", "/staff/enquiries/new/",
        "/staff/enquiries/new/ > Take it down", "/staff/enquiries/", "/staff/enquiries/?show=lost", "/staff/enquiries/{enquiry}/",
        "/staff/enquiries/{enquiry}/ > Send the question", "/staff/enquiries/{accepted enquiry}/",
        "/staff/enquiries/{accepted enquiry}/schedule/", "/staff/enquiries/{accepted enquiry}/schedule/ > Make this date",
        "/staff/", "/staff/bookings/", "/staff/bookings/?q=nobody", "/staff/requests/",
        "/staff/requests/?waits=manager", "/staff/dates/{date}/",
        "/staff/dates/{date}/register/", "/staff/dates/{date checked}/register/", "/staff/bookings/{part}/outcome/",
        "/staff/bookings/{part}/outcome/ > Count as attended", "/trainer/sessions/{session checked}/register/",
        "/trainer/sessions/{session checked}/check-in/", "/trainer/sessions/{session online}/register/",
        "/staff/dates/{date today}/", "/staff/dates/{draft date}/", "/staff/bookings/{request}/decide/",
        "/staff/bookings/{request}/decide/ > Save the decision",
        "/staff/bookings/{request to a manager}/decide/", "/trainer/sessions/{session today}/register/",

        "/staff/charges/", "/staff/charges/?state=&tick=all", "/staff/charges/?state=WITHDRAWN",
        "/staff/charges/ > Decide the ticked charges", "/staff/charges/{charge}/",
        "/staff/charges/{charge}/ > Save the decision", "/staff/charges/{approved charge}/",
        "/staff/", "/staff/bookings/", "/staff/bookings/?q=nobody", "/staff/requests/", "/staff/dates/{date}/",
        "/staff/dates/{date today}/",
        "/organisation/book/{date}/", "/organisation/book/{date}/?q=School",
        "/staff/dates/{draft date}/", "/staff/bookings/{request}/decide/",
        "/staff/bookings/{request}/decide/ > Save the decision", "/trainer/sessions/{session today}/register/",
        "/staff/self-paced/", "/staff/self-paced/?person=nobody", "/staff/self-paced/{enrolment}/extend/",
        "/staff/self-paced/{enrolment}/extend/ > Give more time", "/staff/inactive-accounts/",
        "/staff/certificates/", "/staff/certificates/?q=Ada", "/staff/certificates/{certificate}/",
        "/staff/letters/", "/staff/letters/?show=all", "/staff/letters/?show=came-back&to=nobody",
        "/staff/letters/{letter}/", "/staff/letters/about/booking/{booking number}/", "/staff/letters/wording/",
        "/staff/letters/wording/bookings/confirmation/",
        "/staff/letters/wording/bookings/moved/ > Show the letter first", "/staff/organisations/", "/staff/organisations/?q=School",
        "/staff/organisations/{organisation}/contacts/", "/staff/organisations/{proposed organisation}/decide/",
        "/staff/courses/", "/staff/courses/new/", "/staff/courses/new/ > Save this course",
        "/staff/courses/{planned course}/", "/staff/courses/{planned course}/dates/new/",
        "/staff/courses/{planned course}/dates/new/ > Save as a draft", "/staff/dates/{date}/edit/",
        "/staff/dates/{draft date}/edit/", "/lscp/", "/lscp/reports/", "/lscp/reports/{council report}/",
        "/staff/dates/{date}/move/", "/staff/dates/{date}/move/ > See who would be told", "/staff/dates/{date}/split/",
        "/staff/dates/{date}/split/ > See who would be told", "/staff/dates/{date}/postpone/",
        "/staff/dates/{date}/postpone/ > See who would be told", "/staff/dates/{date}/cancel/",
        "/staff/dates/{date}/cancel/ > See who would be told", "/staff/dates/{date}/capacity/",
        "/staff/dates/{date}/capacity/ > See who would be told", "/staff/changes/", "/staff/changes/{change}/",
        "/staff/dates-to-decide/", "/staff/dates-together/", "/staff/dates-together/?q=nobody",
        "/staff/dates-together/ > See what would change",
        "/staff/dates-together/?tick=all", "/staff/dates/{date too small}/go-ahead/",
        "/staff/dates/{date too small}/go-ahead/ > See who would be told", "/staff/bookings/{booking}/",
        "/staff/bookings/{late booking}/", "/staff/bookings/{cancelled}/", "/staff/bookings/{booking}/cancel/",
        "/staff/bookings/{late booking}/cancel/", "/staff/bookings/{late booking}/cancel/ > Cancel",
        "/staff/dates/{online date}/book/", "/staff/dates/{online date}/book/?q=Ada",
        "/staff/dates/{online date}/book/?q=nobody",
        "/staff/dates/{online date}/book/{person to book}/",
        "/staff/dates/{online date}/book/{person to book}/ > Book", "/staff/dates/{full date}/book/{person to book}/",
        "/staff/waiting-lists/", "/staff/dates/{full date}/waiting/", "/staff/dates/{date with a held place}/waiting/",
        "/staff/dates/{date to call}/waiting/", "/staff/dates/{online date}/waiting/",
        "/staff/waiting/{number two}/urgent/", "/staff/waiting/{number two}/urgent/ > Let them",
    ],
    "finance": [
        "/finance/", "/finance/orders/", "/finance/orders/?q=nobody", "/finance/orders/{order}/",
        "/finance/orders/{order}/purchase-order/ > Give this number", "/finance/orders/{order}/payment/",
        "/finance/orders/{card order}/", "/finance/payments/{alarmed payment}/",
        "/finance/payments/{alarmed payment}/ > Mark it", "/staff/quotes/", "/staff/enquiries/",
        "/finance/invoices/", "/finance/invoices/?show=drafts&tick=all", "/finance/invoices/?q=nobody",
        "/finance/invoices/?show=drafts > Approve the ticked drafts", "/finance/invoices/{any invoice}/",
        "/finance/invoices/{drafted invoice}/", "/finance/invoices/{any invoice}/ > Send the answer",
        "/finance/credit-notes/", "/finance/payments/", "/finance/payments/?show=alarms", "/finance/payments/{payment}/",
        "/finance/payments/{payment}/ > Let it pay", "/finance/payments/{what a payment pays}/", "/finance/packages/",
        "/finance/packages/?q=nobody", "/finance/packages/new/", "/finance/packages/new/?q=School",
        "/finance/packages/new/?organisation={organisation}",
        "/finance/packages/new/?organisation={organisation} > Sell this package", "/finance/packages/{package}/",
        "/finance/exports/", "/finance/imports/", "/finance/imports/ > Show what would change",
        "/finance/imports/{import}/", "/finance/reconciliation/", "/finance/reconciliation/?first=x",
        "/finance/reconciliation/?organisation=nobody", "/organisation/statements/{organisation}/",
        "/organisation/statements/{organisation}/?first=x",
    ],
    "LSCP officer": [
        "/lscp/", "/lscp/ > Note this meeting", "/lscp/reports/", "/lscp/reports/ > Make this report",
        "/lscp/reports/{report}/", "/lscp/words/", "/lscp/words/?state=WITHHELD",
        "/lscp/reports/{report}/words/", "/lscp/reports/{report}/words/ > Add this line",
        "/lscp/reports/{report}/approve/", "/lscp/schedules/", "/lscp/schedules/new/",
        "/lscp/schedules/new/ > Set up this schedule", "/lscp/schedules/{schedule}/",
        "/lscp/words/{words}/", "/lscp/words/{words}/ > Save and go",
        "/lscp/actions/", "/lscp/actions/?state=overdue", "/lscp/actions/new/", "/lscp/actions/new/ > Add this action",
        "/lscp/actions/{action}/", "/lscp/actions/{action}/ > End this action",
        "/lscp/needs/", "/lscp/needs/?state=closed", "/lscp/needs/new/", "/lscp/needs/new/ > Save this need",
        "/lscp/needs/{need}/", "/lscp/needs/{need}/ > Save this need",
        "/lscp/observations/", "/lscp/observations/?show=planned", "/lscp/observations/trainers/",
        "/lscp/observations/trainers/?all=", "/lscp/observations/trainers/{trainer to observe}/",
        "/lscp/observations/trainers/{trainer to observe}/ > Plan this", "/lscp/observations/standards/",
        "/lscp/observations/{shared observation}/",
        "/lscp/returns/", "/lscp/returns/?show=accepted", "/lscp/headcounts/", "/lscp/headcounts/?show=old",
        "/lscp/returns/standards/",
        "/lscp/returns/open/", "/lscp/returns/open/ > Ask these",
        "/lscp/returns/{training return}/", "/lscp/returns/{sent return}/",
        "/lscp/returns/{sent return}/ > Ask the agency", "/lscp/returns/{sent return}/ > Put the action",
        "/staff/questionnaires/", "/staff/questionnaires/{draft questionnaire}/",
        "/staff/questionnaires/{draft questionnaire}/?learning_format=briefing&strand=core",
        "/staff/questionnaires/{draft questionnaire}/publish/", "/staff/questionnaires/{draft questionnaire}/add/",
        "/staff/questionnaires/{draft questionnaire}/add/ > Save this item", "/staff/questions/{item}/",
    ],
    "observer": [
        "/lscp/observations/", "/lscp/observations/{observation}/", "/lscp/observations/{observation}/write/",
    ],
    "system owner": ["/staff/duties/", "/staff/duties/?q=Ada", "/staff/duties/{account}/"],
}  # fmt: skip
# Addresses that answer a GET with something else than a page of their own: a file, a piece of a page, a way on. The
# style guide, which stands on local runs alone, shows the same fields in several states and so has their names twice.
NOT_PAGES = {
    # The way back from a card page is looked at in its own journey.
    "bookings:card_payment_return",
    "bookings:package_csv", "organisation_record", "bookings:quote_pdf",
    "style_guide",
    "healthz", "readyz", "theme_css", "logo", "style_guide_progress", "courses:event_calendar",
    "accounts:mailbox_calendar", "bookings:calendar_feed", "bookings:booking_calendar",
    "bookings:training_record_csv", "bookings:training_record_progress", "bookings:training_record_download",
    "bookings:certificate_progress", "bookings:certificate_download", "bookings:register_sheet",
    "bookings:change_progress", "bookings:staff_charge_export", "bookings:invoice_pdf", "bookings:credit_note_pdf",
    "bookings:finance_export_file", "bookings:finance_reconciliation_csv", "evaluation:report_progress",
    "evaluation:report_csv", "evaluation:report_xlsx", "evaluation:report_pdf",
}  # fmt: skip
# A question to the visitor stands there as the heading; the title says where they are.
TITLES_OF_THEIR_OWN = {"/", "/staff/"}

FACTS = """() => {
  // What is seen in the main part, but for what scripts add beside a field.
  const seen = [];
  const added = "[class*='character-count__'], .govuk-password-input__toggle";
  const walk = document.createTreeWalker(document.querySelector("main"), NodeFilter.SHOW_TEXT);
  while (walk.nextNode()) {
    const parent = walk.currentNode.parentElement;
    if (parent.checkVisibility() && !parent.closest(added)) seen.push(walk.currentNode.textContent);
  }
  const ids = [...document.querySelectorAll("[id]")].map((element) => element.id);
  const first = document.querySelector("a, button, input, select, textarea, summary");
  return {
    title: document.title,
    headings: [...document.querySelectorAll("h1")].map((heading) => heading.textContent.replace(/\\s+/g, " ").trim()),
    twice: ids.filter((id, place) => ids.indexOf(id) !== place),
    first: first ? first.className : "",
    words: seen.join(" ").replace(/\\s+/g, " ").trim(),
  };
}"""


class Complaints:
    """What the browser itself says against a page, and whom else the page asked."""

    def __init__(self, page, address):
        self.heard = []
        page.on("console", lambda line: self.heard.append(line.text) if line.type in ("error", "warning") else None)
        page.on("pageerror", lambda error: self.heard.append(str(error)))
        page.on("request", lambda request: request.url.startswith((address, "data:")) or self.heard.append(request.url))

    def take(self):
        """The status of the page itself is an answer, not a fault."""
        heard = [words for words in self.heard if not re.search(r"status of (404|409|422|403)", words)]
        self.heard.clear()
        return heard


def go(page, portal, place):
    """Open the page, and press the button that the place names."""
    address, _, button = place.partition(" > ")
    page.goto(re.sub(r"\{([^}]+)\}", lambda kind: str(portal.path(kind[1])), address))
    if button:
        page.locator("main").get_by_role("button", name=re.compile(f"^{button}")).last.click()
        page.wait_for_load_state()


def faults(page, place, complaints, without_scripts):
    """Everything that somebody could stumble over on this page."""
    found = complaints.take()
    facts = page.evaluate(FACTS)
    if len(facts["headings"]) != 1:
        found.append(f"headings {facts['headings']}")
    elif place not in TITLES_OF_THEIR_OWN and not facts["title"].startswith((facts["headings"][0], "Error: ")):
        found.append(f"title {facts['title']!r} beside heading {facts['headings'][0]!r}")
    found += [f"id {name} twice" for name in facts["twice"]]
    if "govuk-skip-link" not in facts["first"]:
        found.append(f"begins with {facts['first']!r} instead of the way past the header")
    if facts["words"] != without_scripts["words"]:
        found.append(f"differs without scripts: {set(without_scripts['words'].split()) ^ set(facts['words'].split())}")
    page.evaluate(AXE)
    for width in (WIDE, NARROW):
        page.set_viewport_size(width)
        found += [f"{width['width']} wide: {one}" for one in page.evaluate(RUN_AXE, TAGS)]
    page.set_viewport_size(NARROWEST)
    if (wide := page.evaluate("document.documentElement.scrollWidth")) > NARROWEST["width"]:
        found.append(f"is {wide} wide at {NARROWEST['width']}")
    page.set_viewport_size(WIDE)
    return [f"{place}: {one}" for one in found]


@pytest.mark.parametrize("role", PAGES)
def test_pages_are_for_everybody(portal, visitor, role):
    page, plain = visitor(role), visitor(role, java_script_enabled=False)
    complaints = Complaints(page, portal.address)
    found = []
    for place in PAGES[role]:
        go(plain, portal, place)
        go(page, portal, place)
        found += faults(page, place, complaints, plain.evaluate(FACTS))
    if found:
        pytest.fail("\n".join(found), pytrace=False)


def test_every_page_that_there_is_stands_in_the_list():
    """Whoever adds an address adds its page here, or says above what it is instead."""
    tried = {name_of(place) for places in PAGES.values() for place in places}
    pages = {name for name, door in MATRIX.items() if "GET" in door.methods} - NOT_PAGES
    assert sorted(pages - tried) == []
    assert sorted(NOT_PAGES & tried) == []


def name_of(place):
    """The name of the address that a line of the list leads to, whatever stands for the thing."""
    address = re.split(r" > |\?", place)[0]
    for thing in ("1", "AB-1"):
        with contextlib.suppress(Resolver404):
            return resolve(re.sub(r"\{[^}]+\}", thing, address)).view_name
    return None


# --- With the keyboard alone ------------------------------------------------------------------------


class Keyboard:
    """Somebody who uses Tab, Enter and the space bar, and sees where they are at every step."""

    FOCUS = """() => {
      const here = document.activeElement;
      const style = getComputedStyle(here);
      const box = here.getBoundingClientRect();
      const label = here.labels && here.labels.length ? getComputedStyle(here.labels[0], "::before").boxShadow : "none";
      const isMarked = [style.boxShadow, label].some((shadow) => shadow !== "none") ||
        (style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 2);
      const words = here.labels && here.labels.length ? here.labels[0].textContent : here.textContent || here.value || here.name;
      const middle = document.elementFromPoint(box.x + Math.min(box.width, 40) / 2, box.y + Math.min(box.height, 40) / 2);
      return {
        words: (words || "").replace(/\\s+/g, " ").trim(), href: here.getAttribute("href") || "",
        isMarked, isCovered: Boolean(middle) && !here.contains(middle) && !middle.contains(here) &&
          ![...(here.labels || [])].some((one) => one.contains(middle)),
        isBody: here === document.body,
      };
    }"""

    def __init__(self, page):
        self.page = page

    def tab_to(self, words="", href=""):
        """Go on until the focus is there; every stop on the way can be seen."""
        for _ in range(120):
            self.page.keyboard.press("Tab")
            here = self.page.evaluate(self.FOCUS)
            if here["isBody"]:
                continue
            assert here["isMarked"], f"the focus cannot be seen on {here}"
            assert not here["isCovered"], f"something covers {here}"
            if (words and here["words"].startswith(words)) or (href and href in here["href"]):
                return
        raise AssertionError(f"Nobody can reach {words or href} by Tab on {self.page.url}")

    def follow(self):
        """Enter, on a link or a button that leads to another page."""
        with self.page.expect_navigation():
            self.page.keyboard.press("Enter")


def test_search_book_and_cancel_by_keyboard_alone(portal, visitor):
    page = visitor("contact of school A")
    hands = Keyboard(page)
    page.goto("/")
    hands.tab_to("Skip to main content")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.type("live onlin")
    hands.follow()
    hands.tab_to(href="/courses/live-online")
    hands.follow()
    hands.tab_to(href="/book/")
    hands.follow()
    hands.tab_to("My manager agrees")
    page.keyboard.press("Space")
    hands.tab_to("I accept")
    page.keyboard.press("Space")
    hands.tab_to("Book this place")
    hands.follow()
    assert "Your place is booked" in page.inner_text("main")
    hands.tab_to(href="/cancel/")
    hands.follow()
    hands.tab_to("Cancel")
    hands.follow()
    assert "Your place is cancelled" in page.inner_text("main")


def test_a_mistake_takes_the_focus_to_the_words_about_it(portal, visitor):
    page = visitor("contact of school A")
    go(page, portal, "/courses/dates/{online date}/book/ > Book this place")
    page.locator(".govuk-error-summary:focus").wait_for()
    Keyboard(page).tab_to(href="#id_")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.matches('main form input, main form textarea, main form select')")
