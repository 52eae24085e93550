"""Imports from the council's ledger: what was raised there and what was paid, row by row, all of a file or nothing.

First `plan` says what would become of every row, then `bring_in` does exactly that. Nothing counts twice: a file is
known by its digest and a payment by the ledger's reference.
"""

import hashlib
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from django.db import IntegrityError, transaction

from accounts.audit import record
from accounts.models import User
from bookings.actions import allocations, invoices
from bookings.models import CreditNote, Invoice, LedgerImport, LedgerImportRow, Payment
from bookings.models.payment import PaymentState
from courses.money import NOTHING
from courses.references import new_reference

Outcome = LedgerImportRow.Outcome
RAISED, PAID = "raised", "paid"


class ImportRefused(Exception):
    """Nothing was brought in; the words say why."""


@dataclass(frozen=True, kw_only=True)
class LedgerRow:
    """One row of the file, read. Where something is wrong with it, `problem` says what and how to mend it."""

    line_number: int
    what: str = ""
    document_number: str = ""
    ledger_reference: str = ""
    day: date | None = None
    amount: Decimal = NOTHING
    problem: str = ""


@dataclass(frozen=True, kw_only=True)
class Planned:
    """What becomes of a row. One with a problem keeps the whole file out."""

    row: LedgerRow
    outcome: str = ""
    words: str = ""
    problem: str = ""
    invoice: Invoice | None = None
    share: Decimal = NOTHING

    @property
    def label(self) -> str:
        return Outcome(self.outcome).label if self.outcome else "wrong"


def plan(*, rows: Sequence[LedgerRow]) -> list[Planned]:
    """Say what would become of each row as things stand, without writing anything; three questions however many rows."""
    planner = _Planner(rows)
    return [planner.look_at(row) for row in rows]


class _Planner:
    """What is known of the documents and payments that a file names, and what its earlier rows have used up."""

    def __init__(self, rows: Iterable[LedgerRow]) -> None:
        numbers = {row.document_number for row in rows}
        references = {row.ledger_reference for row in rows}
        found = Invoice.objects.issued().filter(number__in=numbers).select_related("organisation")
        self.invoices: dict[str, Invoice] = {str(each.number): each for each in found}
        self.notes = set(CreditNote.objects.filter(number__in=numbers).values_list("number", flat=True))
        known = Payment.objects.filter(ledger_reference__in=references)
        self.amounts: dict[str, Decimal] = {str(each.ledger_reference): each.amount for each in known}
        self.left = {each.pk: each.outstanding for each in found}
        self.seen: dict[tuple[str, str], LedgerRow] = {}

    def look_at(self, row: LedgerRow) -> Planned:
        if row.problem:
            return Planned(row=row, problem=row.problem)
        earlier = self.seen.setdefault((row.what, row.ledger_reference), row)
        if earlier is not row and row.what == PAID:
            return self._repeated(row, earlier)
        return self._raised(row) if row.what == RAISED else self._paid(row)

    def _repeated(self, row: LedgerRow, earlier: LedgerRow) -> Planned:
        if (row.document_number, row.amount) == (earlier.document_number, earlier.amount):
            return Planned(row=row, outcome=Outcome.KNOWN, words=f"The same as row {earlier.line_number}.")
        return Planned(
            row=row, problem=f"The reference {row.ledger_reference} stands in row {earlier.line_number} too."
        )

    def _raised(self, row: LedgerRow) -> Planned:
        invoice = self.invoices.get(row.document_number)
        if invoice is None:
            if row.document_number in self.notes:
                return Planned(row=row, outcome=Outcome.RAISED, words="A credit note: there is nothing to note on it.")
            return Planned(row=row, outcome=Outcome.UNMATCHED, words="We have issued no document of this number.")
        if invoice.external_ref == row.ledger_reference:
            return Planned(row=row, outcome=Outcome.KNOWN, words="Was noted as raised before.")
        if invoice.external_ref:
            return Planned(row=row, problem=f"{invoice.number} is {invoice.external_ref} in the ledger already.")
        if not invoice.export_id:
            return Planned(row=row, problem=f"{invoice.number} was not handed to the ledger yet. Export it first.")
        return Planned(row=row, outcome=Outcome.RAISED, words=f"{invoice.organisation}.", invoice=invoice)

    def _paid(self, row: LedgerRow) -> Planned:
        before = self.amounts.get(row.ledger_reference)
        if before == row.amount:
            return Planned(row=row, outcome=Outcome.KNOWN, words="This payment was imported before.")
        if before is not None:
            return Planned(row=row, problem=f"{row.ledger_reference} was imported before, as £{before:,}.")
        invoice = self.invoices.get(row.document_number)
        if invoice is None:
            return Planned(row=row, outcome=Outcome.UNMATCHED, words="Kept as a payment for you to match by hand.")
        share = min(row.amount, self.left[invoice.pk])
        self.left[invoice.pk] -= share
        outcome = Outcome.MATCHED if share else Outcome.ON_ACCOUNT
        words = f"{invoice.organisation}: {_share_in_words(row.amount, share, self.left[invoice.pk])}"
        return Planned(row=row, outcome=outcome, words=words, invoice=invoice, share=share)


def _share_in_words(amount: Decimal, share: Decimal, left: Decimal) -> str:
    if not share:
        return "nothing is left to pay on it, so all of it is kept on account."
    if share < amount:
        return f"pays it in full; £{amount - share:,} too much is kept on account."
    return f"pays part of it; £{left:,} is left." if left else "pays it in full."


def digest_known(*, digest: str) -> LedgerImport | None:
    """Return the import of the same file, if there was one."""
    return LedgerImport.objects.filter(digest=digest).first()


def bring_in(
    *, rows: Sequence[LedgerRow], shown: str, file_name: str, digest: str, by: User, now: datetime
) -> LedgerImport:
    """Do what the preview showed, all of it; `shown` is its fingerprint. Raises ImportRefused.

    The same file brought in twice, also at the same moment, counts once.
    """
    known = digest_known(digest=digest)
    if known:
        return known
    try:
        with transaction.atomic():
            return _bring_in(rows, shown, file_name, digest, by, now)
    except IntegrityError as error:
        # Somebody brought the same file, or one with the same payments, in at the same moment.
        known = digest_known(digest=digest)
        if known:
            return known
        raise ImportRefused(STALE) from error


STALE = "Nothing was imported: something changed since you saw the preview. Upload the file again to see how."


def _bring_in(
    rows: Sequence[LedgerRow], shown: str, file_name: str, digest: str, by: User, now: datetime
) -> LedgerImport:
    made = LedgerImport.objects.create(file_name=file_name[:200], digest=digest, made_at=now, made_by=by)
    planned = plan(rows=rows)
    if any(each.problem for each in planned) or fingerprint(planned=planned) != shown:
        raise ImportRefused(STALE)
    payments: dict[int, Payment] = {}
    # Orders and invoices are held in one order, so that two imports wait for each other instead of forever.
    for each in sorted(planned, key=_place_in_line):
        payment = _carry_out(each, by, now)
        if payment is not None:
            payments[each.row.line_number] = payment
    LedgerImportRow.objects.bulk_create(_kept(made, each, payments) for each in planned)
    counts = {outcome.lower(): sum(each.outcome == outcome for each in planned) for outcome in Outcome.values}
    record(by=by, verb="ledger.import", subject=f"import:{made.pk}", now=now, **counts)
    return made


def fingerprint(*, planned: Iterable[Planned]) -> str:
    """What a preview says of each row: an import that would do anything else is not the one that was confirmed."""
    said = [(each.row.line_number, each.outcome, each.words) for each in planned]
    return hashlib.sha256(repr(said).encode()).hexdigest()


def _place_in_line(planned: Planned) -> tuple[int, int, int]:
    invoice = planned.invoice
    return (invoice.order_id or 0, invoice.pk, planned.row.line_number) if invoice else (0, 0, planned.row.line_number)


def _carry_out(planned: Planned, by: User, now: datetime) -> Payment | None:
    if planned.outcome == Outcome.KNOWN and planned.row.what == RAISED:
        return None
    if planned.outcome == Outcome.KNOWN:
        return Payment.objects.filter(ledger_reference=planned.row.ledger_reference).first()
    if planned.row.what == PAID:
        return _receive(planned, by, now)
    if planned.invoice:
        invoice = invoices.lock_invoice(invoice_id=planned.invoice.pk)
        invoice.external_ref = planned.row.ledger_reference
        invoice.save(update_fields=["external_ref"])
        invoices.follow(invoice=invoice)
    return None


def _receive(planned: Planned, by: User, now: datetime) -> Payment:
    invoice, row = planned.invoice, planned.row
    is_recharge = invoice is not None and invoice.kind == Invoice.Kind.RECHARGE
    payment = Payment.objects.create(
        reference=new_reference("M"),
        kind=Payment.Kind.JOURNAL if is_recharge else Payment.Kind.TRANSFER,
        state=PaymentState.SUCCEEDED,
        organisation=invoice.organisation if invoice else None,
        amount=row.amount,
        received_on=row.day,
        ledger_reference=row.ledger_reference,
        words=f"For {row.document_number}" if row.document_number else "",
        handled_at=now,
        created_at=now,
        created_by=by,
        finished_at=now,
    )
    if invoice:
        share = allocations.allocate(payment_id=payment.pk, invoice_id=invoice.pk, now=now, by=by)
        if share != planned.share:
            raise ImportRefused(STALE)
    return payment


def _kept(made: LedgerImport, planned: Planned, payments: dict[int, Payment]) -> LedgerImportRow:
    row = planned.row
    return LedgerImportRow(
        ledger_import=made,
        line_number=row.line_number,
        document_number=row.document_number,
        ledger_reference=row.ledger_reference,
        paid_on=row.day,
        amount=row.amount if row.what == PAID else None,
        outcome=planned.outcome,
        words=planned.words[:300],
        payment=payments.get(row.line_number),
    )
