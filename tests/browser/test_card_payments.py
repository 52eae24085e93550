"""A school pays by card in a real browser: to the card page and back under the portal's own policy, without scripts too."""

import pytest

from accounts import clock
from bookings.models import Order
from tests.access.people import school
from tests.browser.screens import NARROWEST, wrong_with
from tests.cards import basket, place
from tests.sales import traded


@pytest.fixture
def cards(portal, pay, settings):
    """Cards are taken, and the card page leads back to this portal."""
    settings.SITE_URL = portal.address
    return pay


@pytest.fixture(params=[False, True], ids=["without scripts", "with scripts"])
def payer(somebody, request):
    return somebody("contact of school A", java_script_enabled=request.param)


@pytest.fixture
def watcher(somebody):
    """The same person, looked at by axe, which the portal's policy would not let in."""
    return somebody("contact of school A", java_script_enabled=True, bypass_csp=True, viewport=NARROWEST)


def is_for_everybody(watcher, address):
    watcher.page.goto(address)
    assert wrong_with(watcher.page) == []
    assert watcher.page.evaluate("document.documentElement.scrollWidth") <= NARROWEST["width"]


def to_the_card_page(payer, event):
    now = clock.now()
    order = place(basket(event, who=school("A"), now=now), now=now)
    payer.page.goto(f"/organisation/orders/{order.reference}/pay/")
    payer.press("Go on to the card page")
    assert "Enter card details" in payer.page.inner_text("main")
    return order


def give_card(payer, number):
    payer.page.get_by_label("Card number").fill(number)
    payer.press("Pay")


def test_card_is_declined_and_another_pays(portal, cards, payer, watcher):
    event = traded(f"Paid {payer.page.url}{payer.name}")
    refused = []
    payer.page.on("console", lambda said: refused.append(said.text) if "Content Security Policy" in said.text else None)
    order = to_the_card_page(payer, event)
    give_card(payer, "4000000000000002")
    assert "The card was declined. No money was taken." in payer.page.inner_text("main")
    assert payer.page.url.startswith(f"{portal.address}/pay/back/")
    is_for_everybody(watcher, payer.page.url)

    order = place(Order.objects.get(pk=order.pk), now=clock.now())
    payer.page.goto(f"/organisation/orders/{order.reference}/pay/")
    payer.press("Go on to the card page")
    give_card(payer, "4242 4242 4242 4242")

    assert "You have paid £190.00" in payer.page.inner_text("main")
    assert "card ending 4242" in payer.page.inner_text("main")
    is_for_everybody(watcher, payer.page.url)
    assert refused == []
    assert Order.objects.get(pk=order.pk).is_sold


def test_payer_goes_back_without_paying_and_stops(portal, cards, payer, watcher):
    order = to_the_card_page(payer, traded(f"Not paid {payer.name}"))
    payer.page.goto(f"/organisation/orders/{order.reference}/pay/")
    payer.press("Do not pay by card")
    assert "ended before anything was paid" in payer.page.inner_text("main")
    is_for_everybody(watcher, payer.page.url)
