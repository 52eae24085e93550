"""An organisation's quotes: the list, one of them, its document, yes and no, whose they are, and one of a basket."""

import io
from datetime import timedelta
from uuid import uuid4

import pypdf
import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from bookings.actions import quotes
from bookings.models import Order, Quote
from tests import cast, sales
from tests.makers import NOW
from tests.quotes import TRAVEL, asked, drafted, of_basket, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]

LIST = "/organisation/quotes/"
BY_NUMBER = {"paying": "po", "po_number": "PO-10472", "has_accepted_terms": "on"}


@pytest.fixture
def carol(client):
    user = sales.contact_of(sales.school())
    client.force_login(user)
    return user


def page(quote, step=""):
    return f"{LIST}{quote.reference}/{step}"


def words(answer):
    return " ".join(answer.content.decode().split())


@pytest.fixture
def quote(carol):
    return sent(asked(), TRAVEL)


def test_list_names_what_was_sent_and_no_draft(client, carol, quote):
    draft = drafted(asked())
    text = words(client.get(LIST))
    assert quote.reference in text
    assert "£414.98" in text
    assert draft.reference not in text
    assert client.get(page(draft)).status_code == 404


def test_list_asks_the_database_as_often_for_four_as_for_one(client, carol):
    counts = []
    for _ in range(2):
        for _ in range(3 if counts else 1):
            sent(asked())
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]


def test_detail_shows_every_figure_and_where_to_answer(client, quote):
    text = words(client.get(page(quote)))
    for figure in ("£395", "£16.65", "£3.33", "£19.98", "£414.98", "37 × £0.45", "20%", "For up to 100 people."):
        assert figure in text
    assert f'href="{page(quote, "accept/")}"' in text
    assert f'href="{page(quote, "quote.pdf")}"' in text


@pytest.mark.parametrize("step", ["", "quote.pdf", "accept/", "decline/"])
def test_nobody_else_sees_it(client, quote, step):
    client.force_login(sales.contact_of(sales.school("Beck Academy")))
    assert client.get(page(quote, step)).status_code == 404
    if step in ("accept/", "decline/"):
        assert client.post(page(quote, step), BY_NUMBER).status_code == 404
    quote.refresh_from_db()
    assert quote.state == "SENT"


def test_pdf_is_the_quote(client, quote):
    answer = client.get(page(quote, "quote.pdf"))
    assert answer["Content-Type"] == "application/pdf"
    assert quote.reference in pypdf.PdfReader(io.BytesIO(answer.content)).pages[0].extract_text()


def test_accept_makes_the_order_once_however_often_it_is_sent(client, quote):
    assert client.get(page(quote, "accept/")).status_code == 200
    for _ in range(2):
        answer = client.post(page(quote, "accept/"), BY_NUMBER)
        assert (answer.status_code, answer.url) == (302, page(quote))
    order = Order.objects.get()
    assert (order.po_number, order.state) == ("PO-10472", "CONFIRMED")
    text = words(client.get(page(quote)))
    assert f"Order {order.reference}" in text
    assert "Accept this quote" not in text
    assert quote.reference in words(client.get(f"/organisation/orders/{order.reference}/"))
    assert client.get(page(quote, "accept/")).status_code == 302


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"po_number": ""}, "Write the number of your purchase order"),
        ({"po_number": "x"}, "Write the number as it is printed"),
        ({"paying": "card"}, "Choose one of the ways shown"),
        ({"paying": ""}, "Choose how your organisation pays"),
        ({"has_accepted_terms": ""}, "tick that you accept them"),
    ],
)
def test_accept_says_beside_the_field_what_is_wrong_and_keeps_the_rest(client, quote, change, sentence):
    answer = client.post(page(quote, "accept/"), {**BY_NUMBER, "notes": "Ring the bell", **change})
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert "Ring the bell" in words(answer)
    assert not Order.objects.exists()


def test_accept_after_it_ended_or_was_withdrawn_says_so(client, quote):
    quotes.withdraw(quote_id=quote.pk, reason="The trainer leaves", by=cast.wendy(), now=NOW)
    answer = client.post(page(quote, "accept/"), BY_NUMBER, follow=True)
    assert "We have withdrawn this quote" in words(answer)
    ended = sent(asked(), now=NOW - timedelta(days=31))
    answer = client.post(page(ended, "accept/"), BY_NUMBER, follow=True)
    assert "This quote has ended" in words(answer)
    assert not Order.objects.exists()


def test_accept_of_places_that_are_gone_says_so(client, carol):
    event = sales.traded(capacity=2)
    quote = of_basket((event, [], 2))
    sales.place(sales.basket((event, [sales.SAM], 0), organisation=sales.school("Beck Academy")))
    answer = client.post(page(quote, "accept/"), BY_NUMBER)
    assert answer.status_code == 409
    assert "One place is left" in words(answer)
    assert sales.taken(event) == 1


def test_decline_ends_it_and_nothing_is_left_to_decline(client, quote):
    for _ in range(2):
        client.post(page(quote, "decline/"), {"reason": "Too much"})
    quote.refresh_from_db()
    assert (quote.state, quote.closed_reason) == ("DECLINED", "Too much")
    assert "nothing to decline" in words(client.get(page(quote, "decline/")))
    assert "Too much" in words(client.get(page(quote)))


# --- Of a basket ------------------------------------------------------------------------------------------------


def test_basket_becomes_a_quote_once(client, carol):
    order = sales.basket((sales.traded(), [sales.SAM], 1))
    given = client.get("/organisation/basket/").context["quote_key"]
    form = {"organisation": order.organisation.pk, "idempotency_key": given}
    for _ in range(2):
        answer = client.post("/organisation/basket/quote/", form)
    quote = Quote.objects.get()
    assert answer.url == page(quote)
    text = words(client.get(page(quote)))
    assert "£190" in text
    assert "not kept until the quote is accepted" in text


def test_basket_quote_of_nothing_or_somebody_elses_makes_none(client, carol):
    theirs = sales.basket((sales.traded(), [], 1), organisation=sales.school("Beck Academy"))
    for organisation in ("", "x", "9" * 40, "\x00", theirs.organisation.pk):
        form = {"organisation": organisation, "idempotency_key": uuid4()}
        assert client.post("/organisation/basket/quote/", form).status_code == 302
    client.force_login(cast.amina())
    assert client.post("/organisation/basket/quote/", {"organisation": ""}).status_code == 404
    assert not Quote.objects.exists()
