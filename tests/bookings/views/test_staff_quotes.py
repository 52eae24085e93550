"""The team's quotes: written line by line, sent, withdrawn, written anew, accepted on the telephone; and what is refused."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from accounts.models import OutboundEmail, Role
from bookings.actions import quotes
from bookings.models import Order, Quote
from tests import cast, sales
from tests.makers import NOW
from tests.quotes import asked, drafted, of_basket, sent

pytestmark = [pytest.mark.django_db(transaction=True), pytest.mark.usefixtures("at_now")]

LIST = "/staff/quotes/"
LINE = {"description": "Whole-school session", "quantity": "1", "unit_price": "395", "vat_treatment": "EXEMPT"}


@pytest.fixture
def wendy(client):
    user = cast.wendy()
    client.force_login(user)
    return user


def page(quote, step=""):
    return f"{LIST}{quote.reference}/{step}"


def words(answer):
    return " ".join(answer.content.decode().split())


def form(*lines, **fields):
    """What the page of a draft sends."""
    sent = {"lines-TOTAL_FORMS": len(lines), "lines-INITIAL_FORMS": 1, "notes": "For all staff."}
    for position, line in enumerate(lines):
        sent |= {f"lines-{position}-{name}": value for name, value in line.items()}
    return sent | fields


def save(client, draft, *lines, **fields):
    return client.post(page(draft, "edit/"), form(*lines, **fields))


def test_a_quote_is_written_looked_at_and_sent(client, wendy):
    enquiry = asked()
    begun = client.post(f"/staff/quotes/for/{enquiry.reference}/")
    draft = Quote.objects.get()
    assert begun.url == page(draft, "edit/")
    assert 'value="Whole-school session"' in words(client.get(page(draft, "edit/")))
    travel = {"description": "Travel", "quantity": "37", "unit_price": "0.45", "vat_treatment": "STANDARD"}

    assert save(client, draft, LINE, travel, {"quantity": ""}).url == page(draft)

    assert "£414.98" in words(client.get(page(draft)))
    for _ in range(2):
        assert client.post(page(draft, "send/")).url == page(draft)
    assert OutboundEmail.objects.filter(letter="bookings/quote_sent").count() == 1
    assert draft.reference in words(client.get(f"/staff/enquiries/{enquiry.reference}/"))
    assert "stays as it is" in words(client.get(page(draft, "edit/"), follow=True))


@pytest.mark.parametrize(
    ("change", "sentence"),
    [
        ({"quantity": "-2"}, "Write how many as a whole number from 1 to 5000."),
        ({"quantity": "0.5"}, "Write how many as a whole number from 1 to 5000."),
        ({"quantity": ""}, "Write how many as a whole number from 1 to 5000."),
        ({"description": ""}, "Say what this line is for."),
        ({"unit_price": ""}, "Write the price of one in pounds"),
        ({"unit_price": "-5"}, "Write the price of one in pounds"),
        ({"unit_price": "3.955"}, "Write the price of one in pounds"),
        ({"unit_price": "1" * 40}, "Write the price of one in pounds"),
        ({"unit_price": "NaN"}, "Write the price of one in pounds"),
        ({"unit_price": "400000", "quantity": "3"}, "One line comes to £500,000 at most."),
        ({"vat_treatment": "20"}, "Choose how VAT treats this line."),
        ({"vat_treatment": ""}, "Choose how VAT treats this line."),
        ({"vat_treatment": "NO_SUPPLY"}, "Choose how VAT treats this line."),
        ({"description": "x" * 201}, "Say it in 200 characters."),
    ],
)
def test_a_wrong_line_is_named_beside_its_field_and_the_rest_kept(client, wendy, change, sentence):
    draft = drafted()
    answer = save(client, draft, LINE, {**LINE, "description": "Travel", **change})
    assert answer.status_code == 422
    assert sentence in words(answer)
    assert "For all staff." in words(answer)
    draft.refresh_from_db()
    assert draft.gross == 395


def test_odd_forms_are_answered(client, wendy):
    draft = drafted()
    assert client.post(page(draft, "edit/"), {}).status_code == 422
    assert client.post(page(draft, "edit/"), {"lines-TOTAL_FORMS": "x"}).status_code == 422
    assert save(client, draft, {**LINE, "description": "a\x00b"}).status_code == 422
    assert save(client, draft, *[LINE] * 40).status_code == 422
    for step in ("nonsense", "write", "lapse"):
        assert client.post(page(draft, f"{step}/")).status_code == 404


def test_a_draft_without_a_price_cannot_be_sent(client, wendy):
    draft = drafted()
    save(client, draft, {**LINE, "unit_price": "0"})
    assert "at least one line with a price" in words(client.get(page(draft)))
    assert "at least one line with a price" in words(client.post(page(draft, "send/"), follow=True))
    assert Quote.objects.get().state == "DRAFT"


def test_withdraw_needs_a_reason_that_the_organisation_reads(client, wendy):
    quote = sent()
    answer = client.post(page(quote, "withdraw/"), {"reason": " "})
    assert answer.status_code == 422
    assert "Write why it is withdrawn" in words(answer)
    for _ in range(2):
        client.post(page(quote, "withdraw/"), {"reason": "The trainer leaves."})
    quote.refresh_from_db()
    assert (quote.state, quote.closed_reason) == ("WITHDRAWN", "The trainer leaves.")


def test_a_new_version_begins_with_the_lines_of_the_last(client, wendy):
    quote = sent()
    client.post(f"/staff/quotes/for/{quote.enquiry.reference}/")
    draft = Quote.objects.get(state="DRAFT")
    assert (draft.version, draft.gross) == (2, quote.gross)
    client.post(page(draft, "discard/"))
    assert list(Quote.objects.all()) == [quote]


def test_no_quote_for_nobody_in_particular(client, wendy):
    enquiry = asked()
    enquiry.organisation, enquiry.organisation_name = None, "Fellside"
    enquiry.save()
    answer = client.post(f"/staff/quotes/for/{enquiry.reference}/", follow=True)
    assert "Say first which organisation of the list it is" in words(answer)
    assert not Quote.objects.exists()


def test_accepted_on_the_telephone_says_who_said_so(client, wendy):
    quote = sent()
    given = {"paying": "po_follows", "has_accepted_terms": "on"}
    answer = client.post(page(quote, "accept/"), given)
    assert answer.status_code == 422
    assert "Write who accepted it, and how." in words(answer)

    client.post(page(quote, "accept/"), {**given, "said_by": "Carol Hughes, on the telephone"})

    quote.refresh_from_db()
    assert (quote.state, quote.accepted_by) == ("ACCEPTED", wendy)
    assert Order.objects.get().state == "AWAITING_PO"
    assert "Carol Hughes, on the telephone" in words(client.get(page(quote)))


def test_list_shows_quotes_by_state_with_as_many_questions_for_four_as_for_one(client, wendy):
    counts = []
    for _ in range(2):
        for _ in range(3 if counts else 1):
            sent(asked())
        client.get(LIST)
        with CaptureQueriesContext(connection) as queries:
            client.get(LIST)
        counts.append(len(queries))
    assert counts[0] == counts[1]
    draft, of_places = drafted(asked()), of_basket((sales.traded(), [], 1))
    assert {quote.pk for quote in client.get(f"{LIST}?show=draft").context["page"]} == {draft.pk}
    assert of_places.reference in words(client.get(f"{LIST}?show=%00&page=x"))


def test_finance_reads_and_changes_nothing(client):
    client.force_login(cast.make_person("Fay Finance", roles=[Role.FINANCE]))
    quote, draft = sent(), drafted(asked())
    assert "Withdraw it" not in words(client.get(page(quote)))
    assert "Change it" not in words(client.get(page(draft)))
    assert client.get(f"/organisation/quotes/{quote.reference}/quote.pdf").status_code == 200
    for target in (page(draft, "edit/"), page(quote, "accept/"), page(draft, "send/"), page(quote, "withdraw/")):
        assert client.post(target, {"reason": "x"}).status_code == 404
    quotes.lapse(quote_id=quote.pk, now=NOW)
    quote.refresh_from_db()
    assert quote.state == "SENT"
