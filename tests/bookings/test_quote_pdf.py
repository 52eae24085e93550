"""The printed quote: both parties, every figure, how long it stands; tagged, the same bytes every time."""

import io
from datetime import timedelta

import pikepdf
import pypdf
import pytest

from bookings import quote_pdf
from bookings.actions import quotes
from bookings.models import Quote
from tests import cast, sales
from tests.makers import NOW
from tests.quotes import TRAVEL, asked, of_basket, sent

pytestmark = pytest.mark.django_db


def printed(quote):
    content = quote_pdf.quote(Quote.objects.with_facts().get(pk=quote.pk))
    return " ".join(pypdf.PdfReader(io.BytesIO(content)).pages[0].extract_text().split())


def test_quote_prints_whose_it_is_what_it_comes_to_and_until_when():
    enquiry = asked()
    quote = sent(enquiry, TRAVEL)
    text = printed(quote)
    for words in (
        f"Quote {quote.reference}", "Millrace Academy", "Mill Lane", enquiry.reference, "21 November 2026",
        "21 December 2026", "Whole-school session exempt £395.00 £0.00 £395.00",
        "Travel (37 × £0.45) 20% £16.65 £3.33 £19.98", "Total if you accept £411.65 £3.33 £414.98",
        "For up to 100 people.", "This is not an invoice", "Nothing is booked until you have accepted",
    ):  # fmt: skip
        assert words in text
    assert "How to pay" not in text


def test_quote_of_places_says_that_none_is_kept():
    text = printed(of_basket((sales.traded(), [sales.SAM], 2)))
    assert "(3 × £95.00)" in text
    assert "No place is kept for you" in text
    assert "Sam" not in text


def test_second_version_names_the_first():
    first = sent(asked())
    draft = quotes.begin(enquiry_id=first.enquiry_id, by=cast.wendy(), now=NOW)
    second = quotes.send(quote_id=draft.pk, by=cast.wendy(), now=NOW + timedelta(days=1))
    text = printed(second)
    assert f"{second.reference}, version 2" in text
    assert f"{first.reference} of 21 November 2026" in text


def test_quote_is_tagged_and_the_same_every_time():
    quote = Quote.objects.with_facts().get(pk=sent().pk)
    content = quote_pdf.quote(quote)
    assert content == quote_pdf.quote(quote)
    with pikepdf.open(io.BytesIO(content)) as pdf:
        assert pdf.Root.MarkInfo.Marked
        assert str(pdf.Root.Lang) == "en-GB"
        assert pdf.docinfo["/Title"] == f"Quote {quote.reference}"


def test_markup_in_names_and_notes_is_printed_as_it_stands():
    school = sales.school("<b>Bold</b> Academy", invoice_address="1 <script>Lane</script>")
    assert "<b>Bold</b> Academy" in printed(sent(asked(organisation=school)))
