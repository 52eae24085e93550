"""The finance desk and its invoices: numbers that lead to lists, approving, crediting, answering, writing off; who may."""

from uuid import uuid4

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.urls import reverse

from accounts.models import OutboundEmail
from bookings.actions import invoices
from bookings.models import CreditNote, Invoice, OrderLine
from tests import cast
from tests.answers import main_of
from tests.makers import NOW
from tests.money import drafted, issued, paid
from tests.sales import finance, school

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("at_now")]

LIST = "/finance/invoices/"


@pytest.fixture
def desk(client):
    client.force_login(finance())
    return client


def address(name, *args):
    return reverse(f"bookings:finance_{name}", args=args)


def queries(client, path):
    with CaptureQueriesContext(connection) as asked:
        assert client.get(path).status_code == 200
    return len(asked)


def test_desk_counts_what_waits_and_what_is_owed_by_age(desk):
    drafted(("D", "10"))
    drafted(("E", "10"), organisation=school("No Address Academy", invoice_address=""))
    late = issued(("Late", "95"), now=NOW.replace(month=8))
    disputed = issued(("F", "40"))
    invoices.dispute(invoice_id=disputed.pk, by=finance(), now=NOW, reason="No")
    paid("300", organisation=school())

    page = main_of(desk.get("/finance/"))

    for words in (
        "2 invoices to approve", "1 disputed", "1 overdue", "1 payment to match", "2 to export", "£135.00 is owed",
        "1 without address or cost centre", "Not due yet £40.00", "61 to 90 days late £95.00", "Over 90 days late £0.00",
        "Millrace Academy £40.00",
    ):  # fmt: skip
        assert words in page, words
    assert late.number in main_of(desk.get(f"{LIST}?age=61-90"))
    assert disputed.number not in main_of(desk.get(f"{LIST}?age=61-90"))


@pytest.mark.parametrize("path", ["/finance/", LIST, f"{LIST}?show=drafts"])
def test_pages_ask_as_often_for_one_row_as_for_many(desk, path):
    drafted()
    issued()
    before = queries(desk, path)
    for number in range(4):
        drafted(organisation=school(f"Academy {number}"))
        issued(organisation=school(f"Academy {number}"))

    assert queries(desk, path) == before


def test_list_finds_by_number_order_and_organisation_and_bears_odd_questions(desk):
    wanted, other = issued(), issued(organisation=school("Other Academy"))

    for words in (wanted.number, wanted.order.reference, "millrace"):
        page = main_of(desk.get(LIST, {"q": words}))
        assert wanted.number in page
        assert other.number not in page
    for odd in ("q=%00", "show=nothing", "age=7", "page=-1", "q=" + "x" * 300):
        assert desk.get(f"{LIST}?{odd}").status_code == 200


def test_drafts_are_approved_together_each_by_itself(desk):
    good, changed = drafted(("A", "95")), drafted(("B", "50"), organisation=school("Other Academy"))
    lacking = drafted(organisation=school("No Address Academy", invoice_address=""))
    ticked = [f"{good.pk}:95.00", f"{changed.pk}:49.00", f"{lacking.pk}:95.00", "999999:1.00", "x:1", "1:1.2.3"]

    answer = desk.post(address("invoice_approve_each") + "?show=drafts", {"draft": ticked}, follow=True)

    page = main_of(answer)
    assert answer.redirect_chain[0][0] == f"{LIST}?show=drafts"
    assert "Issued: WD26-00001." in page
    assert "More was added to this draft" in page
    assert "has no address for invoices" in page
    assert "A draft is gone" in page
    assert list(Invoice.objects.order_by("pk").values_list("state", flat=True)) == ["APPROVED", "DRAFT", "DRAFT"]
    assert "Tick the drafts" in desk.post(address("invoice_approve_each"), {}).text


def test_draft_says_what_is_missing_beside_it(desk):
    lacking = drafted(organisation=school("No Address Academy", invoice_address=""))

    page = main_of(desk.get(address("invoice", lacking.pk)))

    assert "No Address Academy has no address for invoices" in page
    assert "Issue this invoice" not in page
    assert Invoice.objects.lacking_details().get() == lacking


def test_draft_is_issued_from_its_page_at_the_total_that_was_shown(desk):
    draft = drafted()
    path = address("invoice_approve", draft.pk)

    for wrong in ({}, {"gross_shown": "x"}, {"gross_shown": "94.99"}):
        assert desk.post(path, wrong).status_code == 422
    assert desk.post(path, {"gross_shown": "95.00"}).url == address("invoice", draft.pk)
    desk.post(path, {"gross_shown": "95.00"})

    draft.refresh_from_db()
    assert (draft.state, draft.number) == ("APPROVED", "WD26-00001")


def credit(invoice, amount, **fields):
    line = invoice.lines.order_by("position").first()
    given = {"key": uuid4(), f"line_{line.pk}": amount, "reason": "Sam was ill", "again": "no", **fields}
    return {f"credit-{name}": value for name, value in given.items()}


def test_credit_note_is_written_by_line_once_however_often_it_is_sent(desk):
    invoice = issued()
    path, sent = address("invoice_credit", invoice.pk), credit(invoice, "£40")

    assert desk.post(path, sent).url == address("invoice", invoice.pk)
    desk.post(path, sent)

    note = CreditNote.objects.get()
    assert (note.gross, note.reason) == (40, "Sam was ill")
    letter = OutboundEmail.objects.filter(letter="bookings/credit_note_issued")
    assert letter.count() in (0, 1)
    assert note.number in main_of(desk.get(address("invoice", invoice.pk)))


def test_credit_in_full_is_invoiced_again_or_waived_as_asked(desk):
    again, waived = issued(("A", "95")), issued(("B", "95"))

    desk.post(address("invoice_credit", again.pk), credit(again, "95", again="yes"))
    desk.post(address("invoice_credit", waived.pk), credit(waived, "95"))

    assert list(OrderLine.objects.order_by("pk").values_list("waived_reason", flat=True)) == ["", "Sam was ill"]


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"amount": "-5"}, "Write an amount above £0."),
        ({"amount": "95.01"}, "Only £95.00"),
        ({"amount": "9" * 400}, "under £1,000,000"),
        ({"amount": "1.234"}, "two figures after the point"),
        ({"amount": "\0"}, "Write an amount in pounds"),
        ({"amount": ""}, "at least one line"),
        ({"reason": ""}, "Write why this is credited"),
        ({"again": "maybe"}, "Choose what becomes"),
        ({"key": "x"}, "out of date"),
    ],
)
def test_credit_that_makes_no_sense_is_refused_with_a_sentence(desk, fields, words):
    invoice = issued()

    answer = desk.post(address("invoice_credit", invoice.pk), credit(invoice, fields.pop("amount", "5"), **fields))

    assert answer.status_code == 422
    assert words in answer.text
    assert not CreditNote.objects.exists()
    assert Invoice.objects.get().amount_credited == 0


def test_dispute_is_answered_and_the_rest_written_off_with_words(desk):
    invoice = issued()
    invoices.dispute(invoice_id=invoice.pk, by=finance(), now=NOW, reason="Sam was ill")

    assert desk.post(address("invoice_answer", invoice.pk), {"answer": ""}).status_code == 422
    desk.post(address("invoice_answer", invoice.pk), {"answer": "He was here."})
    invoice.refresh_from_db()
    assert invoice.state == "APPROVED"
    assert desk.post(address("invoice_write_off", invoice.pk), {}).status_code == 422
    desk.post(address("invoice_write_off", invoice.pk), {"write-off-reason": "They have closed."})

    invoice.refresh_from_db()
    assert (invoice.state, invoice.outstanding) == ("WRITTEN_OFF", 0)
    page = main_of(desk.get(address("invoice", invoice.pk)))
    for words in ("He was here.", "They have closed.", "Issued by Fin Ledger", "What they say"):
        assert words in page


def test_write_off_of_a_draft_is_refused(desk):
    draft = drafted()

    answer = desk.post(address("invoice_write_off", draft.pk), {"write-off-reason": "No"})

    assert answer.status_code == 422
    assert "has not been issued" in answer.text


@pytest.mark.parametrize("who", [cast.wendy, cast.lou, cast.zed])
def test_only_finance_changes_and_the_team_reads(client, who):
    draft = drafted()
    client.force_login(who())
    reads = 200 if who is cast.wendy else 404

    assert client.get("/finance/").status_code == reads
    assert client.get(address("invoice", draft.pk)).status_code == reads
    assert client.post(address("invoice_approve", draft.pk), {"gross_shown": "95"}).status_code == 404
    assert Invoice.objects.get().is_draft
