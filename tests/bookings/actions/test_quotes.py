"""Quotes: written from the price list, sent once, frozen; declined, withdrawn, replaced, ended; closed with their enquiry."""

from datetime import timedelta
from decimal import Decimal
from uuid import uuid4

import pytest
from django.db import DatabaseError, transaction

from accounts.models import OutboundEmail, Partnership
from bookings.actions import quotes
from bookings.actions.quotes import Item, QuoteRefused
from bookings.models import Order, Quote, QuoteLine
from bookings.models.quote import QuoteState
from courses.actions import enquiries
from courses.models import Enquiry, Price, VatTreatment
from tests import cast, sales
from tests.makers import NOW
from tests.quotes import TRAVEL, asked, drafted, of_basket, sent

pytestmark = pytest.mark.django_db


def state_of(enquiry):
    enquiry.refresh_from_db()
    return enquiry.state


def begin(enquiry):
    return quotes.begin(enquiry_id=enquiry.pk, by=cast.wendy(), now=NOW)


def begun(**fields):
    """The line that a draft begins with."""
    enquiry = asked(**fields)
    return begin(enquiry).lines.get()


def test_begin_takes_the_price_of_a_course_that_is_sold_whole_once():
    line = begun(headcount=46)
    assert (line.kind, line.quantity, line.unit_price, line.net) == ("COURSE", 1, Decimal("95"), Decimal("95"))
    assert line.description == "Whole-school session"


def test_begin_takes_the_price_of_a_place_for_each_person():
    course = sales.traded("Restorative practice").version.course
    line = begun(course=course, headcount=12)
    assert (line.quantity, line.unit_price, line.net) == (12, Decimal("95"), Decimal("1140"))


def test_begin_leaves_the_price_open_where_the_list_has_none():
    enquiry = asked(headcount=12)
    Enquiry.objects.filter(pk=enquiry.pk).update(course=None, subject="Something of our own")
    line = begin(enquiry).lines.get()
    assert (line.description, line.quantity, line.unit_price) == ("Something of our own", 1, Decimal("0"))


def test_begin_twice_is_one_draft():
    enquiry = asked()
    assert begin(enquiry) == begin(enquiry)


def test_begin_needs_an_organisation_and_an_open_enquiry():
    stranger = asked()
    Enquiry.objects.filter(pk=stranger.pk).update(organisation=None, organisation_name="Fellside")
    with pytest.raises(QuoteRefused, match="which organisation"):
        begin(stranger)
    with pytest.raises(QuoteRefused, match="scheduled"):
        begin(asked(organisation=sales.school("Beck Academy"), state=Enquiry.State.SCHEDULED))


def test_write_works_vat_out_line_by_line():
    draft = drafted(None, TRAVEL)
    lines = draft.lines.order_by("position").values_list("kind", "vat_treatment", "vat_percent", "net", "vat")
    assert list(lines) == [
        ("COURSE", VatTreatment.EXEMPT, Decimal("0"), Decimal("395"), Decimal("0")),
        ("OTHER", VatTreatment.STANDARD, Decimal("20"), Decimal("16.65"), Decimal("3.33")),
    ]
    assert (draft.net, draft.vat, draft.gross) == (Decimal("411.65"), Decimal("3.33"), Decimal("414.98"))


def test_write_for_a_service_of_the_council_bears_no_vat():
    school = cast.make_organisation("Kirk Fold Primary", is_recharged=True, cost_centre="CC-88120")
    draft = drafted(asked(organisation=school), TRAVEL)
    assert set(draft.lines.values_list("vat_treatment", "vat")) == {(VatTreatment.NO_SUPPLY, Decimal("0"))}


def test_send_freezes_tells_and_brings_the_enquiry_along_once():
    enquiry = asked()
    draft = drafted(enquiry)

    first = quotes.send(quote_id=draft.pk, by=cast.wendy(), now=NOW)
    again = quotes.send(quote_id=draft.pk, by=cast.wendy(), now=NOW + timedelta(days=1))

    assert first == again
    assert (again.state, again.sent_at) == (QuoteState.SENT, NOW)
    assert again.valid_until == NOW.date() + timedelta(days=Partnership.objects.current().quote_valid_days)
    assert (again.customer_name, again.customer_address) == ("Millrace Academy", sales.ADDRESS)
    assert state_of(enquiry) == "QUOTED"
    letter = OutboundEmail.objects.get(letter="bookings/quote_sent")
    assert letter.to == sales.contact_of(enquiry.organisation).email
    assert "£395" in letter.text
    assert draft.reference in letter.text


@pytest.mark.parametrize(
    "change",
    [
        lambda quote: Quote.objects.filter(pk=quote.pk).update(notes="Something else"),
        lambda quote: Quote.objects.filter(pk=quote.pk).update(valid_until=NOW.date()),
        lambda quote: Quote.objects.filter(pk=quote.pk).delete(),
        lambda quote: Quote.objects.filter(pk=quote.pk).update(state=QuoteState.DRAFT, sent_at=None),
        lambda quote: quote.lines.update(description="Something else"),
        lambda quote: quote.lines.all().delete(),
        lambda quote: QuoteLine.objects.create(
            quote=quote, position=9, kind="OTHER", description="More", unit_price=1, net=1, vat=0, gross=1,
            vat_treatment="EXEMPT",
        ),
    ],
)  # fmt: skip
def test_what_was_sent_stays_as_it_is(change):
    quote = sent()
    with pytest.raises(DatabaseError), transaction.atomic():
        change(quote)


def test_send_refuses_what_lacks_a_price_or_somebody_to_read_it():
    enquiry = asked()
    draft = drafted(enquiry)
    quotes.write(quote_id=draft.pk, items=[Item(description="Talk", quantity=1, unit_price=Decimal(0))], notes="",
                 by=cast.wendy(), now=NOW)  # fmt: skip
    with pytest.raises(QuoteRefused, match="at least one line with a price"):
        quotes.send(quote_id=draft.pk, by=cast.wendy(), now=NOW)
    drafted(enquiry)
    Quote.objects.update(contact=None)
    with pytest.raises(QuoteRefused, match="Nobody speaks for Millrace Academy"):
        quotes.send(quote_id=draft.pk, by=cast.wendy(), now=NOW)
    assert state_of(enquiry) == "NEW"


def test_send_asks_again_where_the_draft_or_the_vat_has_changed():
    draft = drafted(None, TRAVEL)
    with pytest.raises(QuoteRefused, match="since you opened it"):
        quotes.send(quote_id=draft.pk, by=cast.wendy(), now=NOW, gross_shown=Decimal("395"))
    draft.organisation.is_recharged = True
    draft.organisation.save()
    with pytest.raises(QuoteRefused, match="VAT on it has changed"):
        quotes.send(quote_id=draft.pk, by=cast.wendy(), now=NOW, gross_shown=draft.gross)


def test_a_new_version_replaces_the_one_they_have_when_it_is_sent():
    enquiry = asked()
    first = sent(enquiry, TRAVEL)

    second = begin(enquiry)

    assert (second.version, second.replaces, second.gross) == (2, first, first.gross)
    first.refresh_from_db()
    assert first.state == QuoteState.SENT
    quotes.send(quote_id=second.pk, by=cast.wendy(), now=NOW)
    first.refresh_from_db()
    assert (first.state, first.closed_reason) == (QuoteState.WITHDRAWN, "Version 2 has replaced it.")
    assert state_of(enquiry) == "QUOTED"


def test_discard_throws_a_draft_away_and_nothing_else():
    draft = drafted()
    assert quotes.discard(quote_id=draft.pk, by=cast.wendy(), now=NOW)
    assert not quotes.discard(quote_id=draft.pk, by=cast.wendy(), now=NOW)
    quote = sent(asked(organisation=sales.school("Beck Academy")))
    assert not quotes.discard(quote_id=quote.pk, by=cast.wendy(), now=NOW)
    assert list(Quote.objects.all()) == [quote]


def test_decline_loses_the_enquiry_with_their_reason():
    enquiry = asked()
    quote = sent(enquiry)
    for _ in range(2):
        declined = quotes.decline(quote_id=quote.pk, reason=" Too much ", by=quote.contact.user, now=NOW)
    assert (declined.state, declined.closed_reason) == (QuoteState.DECLINED, "Too much")
    assert state_of(enquiry) == "LOST"
    assert (enquiry.lost_for, enquiry.lost_reason) == ("PRICE", "Too much")
    with pytest.raises(QuoteRefused, match="declined, so it cannot be withdrawn"):
        quotes.withdraw(quote_id=quote.pk, reason="x", by=cast.wendy(), now=NOW)


def test_withdraw_gives_the_enquiry_back():
    enquiry = asked()
    quote = sent(enquiry)
    for _ in range(2):
        quotes.withdraw(quote_id=quote.pk, reason="The trainer leaves.", by=cast.wendy(), now=NOW)
    assert state_of(enquiry) == "NEW"
    with pytest.raises(QuoteRefused, match="We have withdrawn this quote"):
        quotes.decline(quote_id=quote.pk, reason="", by=quote.contact.user, now=NOW)


def withdrawals():
    return list(OutboundEmail.objects.filter(letter="bookings/quote_withdrawn"))


def test_withdraw_tells_the_contact_why_once():
    quote = sent()
    for _ in range(2):
        quotes.withdraw(quote_id=quote.pk, reason="The trainer leaves.", by=cast.wendy(), now=NOW)

    [letter] = withdrawals()
    assert letter.to == sales.contact_of(quote.organisation).email
    assert letter.about == f"quote:{quote.pk}"
    assert "Why: The trainer leaves." in letter.text
    assert "It cannot be accepted any more." in letter.text


def test_a_new_version_is_told_by_its_own_letter_alone():
    enquiry = asked()
    sent(enquiry)
    newer = drafted(enquiry)
    quotes.send(quote_id=newer.pk, by=cast.wendy(), now=NOW)
    assert Quote.objects.filter(state=QuoteState.WITHDRAWN).count() == 1
    assert withdrawals() == []


@pytest.mark.parametrize(("is_sent", "letters"), [(False, 0), (True, 1)])
def test_close_out_of_step_tells_whoever_has_the_quote(is_sent, letters):
    enquiry = asked()
    quote = sent(enquiry) if is_sent else drafted(enquiry)
    enquiries.lose(enquiry_id=enquiry.pk, lost_for="NO_NEED", by=cast.wendy(), now=NOW)
    for _ in range(2):
        if Quote.objects.filter(pk=quote.pk).exists():
            quotes.close_out_of_step(quote_id=quote.pk, now=NOW)
    assert len(withdrawals()) == letters
    assert all("The enquiry is not going ahead." in letter.text for letter in withdrawals())


def test_lapse_ends_it_after_its_last_day_and_not_before():
    enquiry = asked()
    quote = sent(enquiry)
    on_its_last_day = NOW + timedelta(days=30)

    assert not quotes.lapse(quote_id=quote.pk, now=on_its_last_day)
    assert quotes.lapse(quote_id=quote.pk, now=on_its_last_day + timedelta(days=1))
    assert not quotes.lapse(quote_id=quote.pk, now=on_its_last_day + timedelta(days=1))

    assert state_of(enquiry) == "NEW"
    assert begin(enquiry).version == 2


@pytest.mark.parametrize(("is_sent", "left"), [(False, None), (True, QuoteState.WITHDRAWN)])
def test_close_out_of_step_closes_what_is_open_when_the_team_loses_the_enquiry(is_sent, left):
    enquiry = asked()
    quote = sent(enquiry) if is_sent else drafted(enquiry)
    assert not Quote.objects.out_of_step().exists()
    enquiries.lose(enquiry_id=enquiry.pk, lost_for="NO_NEED", by=cast.wendy(), now=NOW)

    assert quotes.close_out_of_step(quote_id=quote.pk, now=NOW)

    assert Quote.objects.values_list("state", flat=True).first() == left
    assert not Quote.objects.out_of_step().exists()


def test_close_out_of_step_leaves_an_enquiry_alone_that_was_taken_up_again():
    enquiry = asked()
    quote = sent(enquiry)
    enquiries.lose(enquiry_id=enquiry.pk, lost_for="NO_NEED", by=cast.wendy(), now=NOW)
    enquiries.reopen(enquiry_id=enquiry.pk, by=cast.wendy(), now=NOW)
    quotes.close_out_of_step(quote_id=quote.pk, now=NOW)
    assert state_of(enquiry) == "NEW"


# --- Of a basket ------------------------------------------------------------------------------------------------


def test_of_basket_is_sent_at_todays_prices_and_holds_no_place():
    first, second = sales.traded(), sales.traded("Motivational interviewing")
    quote = of_basket((first, [sales.SAM, sales.JO], 1), (second, [], 2))

    assert (quote.state, quote.gross, quote.enquiry) == (QuoteState.SENT, Decimal("475"), None)
    assert list(quote.lines.order_by("position").values_list("kind", "event", "quantity", "unit_price")) == [
        ("PLACE", first.pk, 3, Decimal("95")),
        ("PLACE", second.pk, 2, Decimal("95")),
    ]
    assert "Sam" not in "".join(quote.lines.values_list("description", flat=True))
    assert sales.taken(first) == 0
    assert Order.objects.get().is_basket
    assert "No place is kept" in OutboundEmail.objects.get(letter="bookings/quote_sent").text


def test_of_basket_sent_twice_with_one_key_is_one_quote():
    order = sales.basket((sales.traded(), [], 2))
    by, key = sales.contact_of(order.organisation), uuid4()
    made = [quotes.of_basket(order_id=order.pk, key=key, by=by, now=NOW) for _ in range(2)]
    assert made[0] == made[1]
    assert Quote.objects.count() == 1


def test_of_basket_refuses_what_has_no_price_or_costs_nothing():
    order = sales.basket((sales.traded(), [], 2))
    by = sales.contact_of(order.organisation)
    Price.objects.filter(charging_category="education").update(terms="ON_QUOTE", amount=None)
    with pytest.raises(QuoteRefused, match="has no price for you now"):
        quotes.of_basket(order_id=order.pk, key=uuid4(), by=by, now=NOW)
    Price.objects.filter(charging_category="education").update(terms="FIXED", amount=0)
    with pytest.raises(QuoteRefused, match="nothing to pay"):
        quotes.of_basket(order_id=order.pk, key=uuid4(), by=by, now=NOW)
    assert not Quote.objects.exists()
