"""Credit notes on finance's desk: drafts are issued or thrown away, once, and stale ones refused with a sentence."""

import pytest
from django.urls import reverse

from bookings.actions import credit_notes
from bookings.models import CreditNote
from tests.answers import main_of
from tests.makers import NOW
from tests.money import credited, issued
from tests.sales import finance

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]


@pytest.fixture
def desk(client):
    client.force_login(finance())
    return client


def address(name, *args):
    return reverse(f"bookings:finance_{name}", args=args)


def test_draft_credit_notes_are_issued_or_thrown_away(desk):
    first, second = issued(("A", "95")), issued(("B", "95"))
    drafts = [
        credit_notes.propose(invoice_line=each.lines.get(), reason="Given up in time", now=NOW)
        for each in (first, second)
    ]
    page = main_of(desk.get("/finance/credit-notes/"))
    assert page.count("Given up in time") == 2

    desk.post(address("credit_note_approve", drafts[0].pk))
    desk.post(address("credit_note_approve", drafts[0].pk))
    desk.post(address("credit_note_discard", drafts[1].pk))

    assert list(CreditNote.objects.values_list("number", flat=True)) == ["WDC26-00001"]
    assert desk.post(address("credit_note_discard", drafts[0].pk), follow=True).text.count("issued already") == 1


def test_stale_credit_draft_is_refused_with_a_sentence(desk):
    invoice = issued()
    draft = credit_notes.propose(invoice_line=invoice.lines.get(), reason="Given up in time", now=NOW)
    credited(invoice, "50")

    answer = desk.post(address("credit_note_approve", draft.pk), follow=True)

    assert "Something was credited meanwhile" in answer.text
    assert CreditNote.objects.drafts().exists()
