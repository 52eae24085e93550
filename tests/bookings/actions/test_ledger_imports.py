"""Imports from the ledger: every outcome, wrong rows with a sentence, nothing half-written, nothing twice."""

from decimal import Decimal
from uuid import uuid4

import pytest

from bookings.actions import ledger_exports, ledger_imports
from bookings.forms.ledger import digest_of, ledger_rows
from bookings.models import Invoice, LedgerImport, Payment, PaymentAllocation
from bookings.models.order import PaymentMethod
from courses.models import VatTreatment
from tests import cast
from tests.makers import NOW
from tests.money import credited, issued
from tests.sales import finance
from tests.threads import at_once

pytestmark = pytest.mark.django_db
HEAD = "what,number,ledger reference,date,amount\n"


def planned(text):
    return ledger_imports.plan(rows=ledger_rows((HEAD + text).encode()))


def bring(text, *, shown=None):
    content = (HEAD + text).encode()
    rows = ledger_rows(content)
    shown = shown or ledger_imports.fingerprint(planned=ledger_imports.plan(rows=rows))
    return ledger_imports.bring_in(
        rows=rows, shown=shown, file_name="ledger.csv", digest=digest_of(content), by=finance(), now=NOW
    )


def exported(*lines, **fields):
    invoice = issued(*lines, **fields)
    ledger_exports.export(by=finance(), now=NOW, key=uuid4())
    return invoice


def outcomes(made):
    return list(made.rows.order_by("line_number").values_list("outcome", flat=True))


def test_raised_notes_the_ledgers_number_and_moves_the_invoice_on():
    invoice = exported()

    made = bring(f"raised,{invoice.number},4471902,,\n")

    invoice.refresh_from_db()
    assert (invoice.external_ref, invoice.state) == ("4471902", "INVOICED")
    assert outcomes(made) == ["RAISED"]
    assert planned(f"raised,{invoice.number},4471902,,\n")[0].outcome == "KNOWN"
    assert "4471902 in the ledger already" in planned(f"raised,{invoice.number},9,,\n")[0].problem


def test_raised_before_it_was_exported_is_wrong():
    invoice = issued()

    [row] = planned(f"raised,{invoice.number},4471902,,\n")

    assert "was not handed to the ledger yet" in row.problem


def test_paid_matches_in_full_in_part_and_too_much():
    whole, part, over = exported(("A", "95")), exported(("B", "95")), exported(("C", "95"))

    made = bring(
        f"paid,{whole.number},R1,2026-11-20,95\n"
        f'paid,{part.number.lower()},R2,20/11/2026,"£40.50"\n'
        f'paid,{over.number},R3,20/11/2026,"1,095.00"\n'
    )

    assert outcomes(made) == ["MATCHED"] * 3
    figures = Invoice.objects.order_by("pk").values_list("state", "amount_paid")
    assert list(figures) == [("PAID", Decimal(95)), ("PART_PAID", Decimal("40.5")), ("PAID", Decimal(95))]
    rest = Payment.objects.get(ledger_reference="R3")
    assert (rest.amount_left, rest.organisation, rest.kind) == (Decimal(1000), over.organisation, "TRANSFER")
    assert [row.words.partition(": ")[2] for row in made.rows.order_by("line_number")] == [
        "pays it in full.", "pays part of it; £54.50 is left.", "pays it in full; £1,000.00 too much is kept on account.",
    ]  # fmt: skip


def test_paid_twice_over_by_two_rows_keeps_the_second_on_account():
    invoice = exported()

    made = bring(f"paid,{invoice.number},R1,2026-11-20,95\npaid,{invoice.number},R2,2026-11-20,95\n")

    assert outcomes(made) == ["MATCHED", "ON_ACCOUNT"]
    assert Payment.objects.get(ledger_reference="R2").amount_left == Decimal(95)


def test_paid_for_what_nobody_knows_is_kept_for_finance():
    made = bring("paid,WD26-99999,R1,2026-11-20,95\npaid,,R2,2026-11-20,12\n")

    assert outcomes(made) == ["UNMATCHED", "UNMATCHED"]
    assert Payment.objects.with_money_left().filter(organisation=None).count() == 2


def test_recharge_is_paid_by_journal():
    school = cast.make_organisation("Kirk Fold Primary", is_recharged=True, cost_centre="CC-1")
    recharge = exported(
        organisation=school, method=PaymentMethod.INTERNAL_RECHARGE, treatment=VatTreatment.NO_SUPPLY, po_number=""
    )

    bring(f"paid,{recharge.number},J1,2026-11-20,95\n")

    assert Payment.objects.get().kind == "JOURNAL"


@pytest.mark.parametrize(
    ("cells", "words"),
    [
        ("paid,WD26-00001,R1,2026-11-20,-5", "more than nothing"),
        ("paid,WD26-00001,R1,2026-11-20,0", "more than nothing"),
        ("paid,WD26-00001,R1,2026-11-20,", "The amount is missing"),
        ("paid,WD26-00001,R1,2026-11-20,many", "not a number"),
        ("paid,WD26-00001,R1,2026-11-20,NaN", "not a number"),
        ("paid,WD26-00001,R1,2026-11-20,1e30", "not an amount"),
        ("paid,WD26-00001,R1,2026-11-20,0.001", "not an amount"),
        ("paid,WD26-00001,R1,32/13/2026,5", "not a date"),
        ("paid,WD26-00001,R1,,5", "The date is missing"),
        ("paid,WD26-00001,R1,1926-11-20,5", "1926 cannot be right"),
        ("paid,WD26-00001,,2026-11-20,5", "reference is missing"),
        ("sent,WD26-00001,R1,2026-11-20,5", "neither “raised” nor “paid”"),
        ("raised,,R1,,", "number of our document is missing"),
        ("paid,=1+1,R1,2026-11-20,5", "formula"),
        (f"paid,{'9' * 99},R1,2026-11-20,5", "longer than 60"),
    ],
)
def test_wrong_row_says_what_is_wrong_and_keeps_the_file_out(cells, words):
    invoice = exported()
    text = f"paid,{invoice.number},R9,2026-11-20,95\n{cells}\n"

    assert words in planned(text)[1].problem
    with pytest.raises(ledger_imports.ImportRefused):
        bring(text)
    assert not Payment.objects.exists()
    assert not LedgerImport.objects.exists()


def test_same_file_twice_and_the_same_payment_in_another_file_count_once():
    invoice = exported()
    text = f"paid,{invoice.number},R1,2026-11-20,40\n"

    first = bring(text)
    assert bring(text) == first
    other = bring(text + f"paid,{invoice.number},R2,2026-11-20,10\n")

    assert outcomes(other) == ["KNOWN", "MATCHED"]
    assert Payment.objects.count() == 2
    assert "as £40.00" in planned(f"paid,{invoice.number},R1,2026-11-20,41\n")[0].problem


def test_what_changed_since_the_preview_stops_all_of_it():
    invoice = exported()
    text = f"paid,{invoice.number},R1,2026-11-20,95\n"
    shown = ledger_imports.fingerprint(planned=planned(text))
    credited(invoice, "50")

    with pytest.raises(ledger_imports.ImportRefused, match="something changed"):
        bring(text, shown=shown)
    assert not Payment.objects.exists()
    assert not LedgerImport.objects.exists()


def test_plan_asks_as_often_for_one_row_as_for_fifty(django_assert_num_queries):
    numbers = [exported((str(n), "10")).number for n in range(5)]

    with django_assert_num_queries(3):
        planned(f"paid,{numbers[0]},R0,2026-11-20,1\n")
    with django_assert_num_queries(3):
        planned("".join(f"paid,{numbers[n % 5]},R{n},2026-11-20,1\n" for n in range(50)))


@pytest.mark.django_db(transaction=True)
def test_files_brought_in_at_once_pay_once():
    invoice = exported()
    text = f"paid,{invoice.number},R1,2026-11-20,40\n"

    results = at_once(*[lambda: bring(text)] * 4)

    assert {each.pk for each in results} == {LedgerImport.objects.get().pk}
    assert PaymentAllocation.objects.count() == 1
    assert Invoice.objects.get().amount_paid == Decimal(40)
