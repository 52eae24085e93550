"""The payer's page: what it says, what it refuses, and how it looks to somebody who needs it plain."""

import pytest
import requests

from bookings import govuk_pay
from tests.browser.screens import NARROW, NARROWEST, WIDE, wrong_with
from tests.pay_stand_in import DECLINES, PAYS


def create(pay, **facts):
    usual = {
        "amount": 123_450,
        "reference": "AIR-0001",
        "description": "2 places on Working Together to Safeguard Children",
        "return_url": f"{pay.address}/style.css",
    }
    return govuk_pay.create_payment(**usual | facts, key="order-1-try-1")


def state_of(payment):
    return govuk_pay.get_payment(payment.payment_id).status


def test_the_page_says_what_is_paid_and_that_it_stands_in(pay):
    page = requests.get(create(pay).next_url, timeout=30)
    for words in ("Stand-in for GOV.UK Pay", "no money moves", "£1,234.50", "AIR-0001", "2 places on Working Together"):
        assert words in page.text
    assert "4000 0000 0000 0002</code> is declined" in page.text
    assert page.headers["Content-Security-Policy"] == (
        f"default-src 'none'; style-src 'self'; form-action 'self' {pay.address}; base-uri 'none'; frame-ancestors 'none'"
    )


def test_the_page_shows_words_of_others_as_words(pay):
    page = requests.get(create(pay, reference="A&B", description="Tom's <b>course</b>").next_url, timeout=30)
    assert "A&amp;B" in page.text
    assert "Tom&#x27;s (b)course(/b)" in page.text


def test_a_link_opens_once_and_its_page_again(pay):
    payment = create(pay)
    page = requests.get(payment.next_url, timeout=30)
    assert state_of(payment) == "started"
    assert requests.get(page.url, timeout=30).text == page.text
    used = requests.get(payment.next_url, timeout=30)
    assert (used.status_code, "Each link to a payment opens once" in used.text) == (404, True)
    for nowhere in ("/secure/unknown", "/card_details/unknown"):
        assert requests.get(f"{pay.address}{nowhere}", timeout=30).status_code == 404
    assert requests.post(f"{pay.address}/card_details/unknown", {"do": "pay"}, timeout=30).status_code == 404


@pytest.mark.parametrize(
    ("card", "words", "repeated"),
    [
        ("", "Enter a card number", True),
        ("   ", "Enter a card number", False),
        ("4929 1111 2222 3333", "Enter one of the test card numbers below", False),
        ('"><script>alert(1)</script>', "Enter one of the test card numbers below", False),
        ("\x00", "Enter one of the test card numbers below", False),
        ("6759 6498 2643 8453", "Maestro cards are not taken", True),
    ],
)
def test_a_card_that_is_not_taken_is_named_beside_the_field(pay, card, words, repeated):
    payment = create(pay)
    page = pay.fill_in(payment.next_url, card=card)
    assert page.status_code == 400
    assert "<title>Error: Enter card details" in page.text
    assert f'<p class="wrong" id="card-problem"><span>Error:</span> {words}' in page.text
    assert (f'value="{card}"' in page.text) is repeated
    assert "alert(1)" not in page.text
    assert state_of(payment) == "started"
    # A second try on the same page.
    again = govuk_pay.get_payment(payment.payment_id)
    pay.fill_in(again.next_url, card=PAYS)
    assert state_of(payment) == "success"


def test_a_page_that_was_left_open_pays_nothing_twice(pay):
    payment = create(pay)
    page = requests.get(payment.next_url, timeout=30).url
    for do, card in (("pay", DECLINES), ("pay", PAYS), ("cancel", "")):
        back = requests.post(page, {"do": do, "card": card}, timeout=30, allow_redirects=False)
        assert back.headers["Location"] == f"{pay.address}/style.css"
        assert state_of(payment) == "failed"


def test_a_payer_who_had_not_confirmed_goes_on_where_they_were(pay):
    payment = create(pay)
    pay.end(payment.payment_id, "submit")
    page = requests.get(payment.next_url, timeout=30)
    assert "Confirm your payment" in page.text
    assert "Card number" not in page.text
    requests.post(page.url, {"do": "pay"}, timeout=30, allow_redirects=False)
    assert state_of(payment) == "success"


@pytest.fixture
def payer(browser):
    context = browser.new_context(locale="en-GB", viewport=WIDE, java_script_enabled=True)
    yield context.new_page()
    context.close()


@pytest.mark.parametrize("screen", [WIDE, NARROW, NARROWEST], ids=["wide", "narrow", "narrowest"])
def test_pages_are_plain_to_everybody(pay, payer, screen):
    payment = create(pay)
    payer.set_viewport_size(screen)
    payer.goto(payment.next_url)
    assert wrong_with(payer) == []
    payer.get_by_label("Card number").fill("1234")
    payer.get_by_role("button", name="Pay", exact=True).click()
    assert payer.locator(":focus").get_attribute("id") == "card"
    assert wrong_with(payer) == []
    pay.end(payment.payment_id, "submit")
    payer.goto(payer.url)
    assert wrong_with(payer) == []
    payer.goto(f"{pay.address}/secure/unknown")
    assert wrong_with(payer) == []


def test_a_payer_pays_in_a_browser_and_is_led_back(pay, payer):
    refused = []
    payer.on("console", lambda message: refused.append(message.text) if message.type == "error" else None)
    payment = create(pay)
    payer.goto(payment.next_url)
    payer.get_by_label("Card number").fill(PAYS)
    payer.get_by_role("button", name="Pay", exact=True).click()
    payer.wait_for_url(f"{pay.address}/style.css")
    assert state_of(payment) == "success"
    assert refused == []
