"""An organisation's account: invoices, credit notes and payments between two days, with the balance after each."""

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal

from django.apps import apps
from django.db.models import Q, Sum
from django.db.models.functions import Coalesce
from django.utils import timezone

from accounts.models import Organisation
from bookings.models import CreditNote, Invoice, Payment, Refund
from bookings.models.payment import RefundState
from courses.money import NOTHING


@dataclass(frozen=True, kw_only=True)
class Entry:
    """One line of the account. The amount is below zero where the organisation owes less."""

    day: date
    what: str
    reference: str
    words: str
    amount: Decimal
    balance: Decimal = NOTHING

    @property
    def is_owed(self) -> bool:
        return self.amount > 0

    @property
    def size(self) -> Decimal:
        return abs(self.amount)


@dataclass(frozen=True, kw_only=True)
class Statement:
    """What was owed before, what happened, and what is owed now; below zero is to the organisation's credit."""

    organisation: Organisation
    first: date
    last: date
    before: Decimal
    entries: list[Entry]

    @property
    def after(self) -> Decimal:
        return self.entries[-1].balance if self.entries else self.before

    @property
    def is_in_credit(self) -> bool:
        return self.after < 0

    @property
    def is_owing(self) -> bool:
        return self.after > 0


def statement_of(*, organisation: Organisation, first: date, last: date) -> Statement:
    """Return the account of an organisation from the first day to the last, both included."""
    entries = sorted(_entries(organisation, last), key=lambda entry: entry.day)
    before = sum((entry.amount for entry in entries if entry.day < first), NOTHING)
    balance, shown = before, []
    for entry in entries:
        if entry.day >= first:
            balance += entry.amount
            shown.append(replace(entry, balance=balance))
    return Statement(organisation=organisation, first=first, last=last, before=before, entries=shown)


def _entries(organisation: Organisation, last: date) -> Iterator[Entry]:
    """Everything up to the last day, kind by kind."""
    invoices = Invoice.objects.issued().filter(organisation=organisation, issued_on__lte=last).order_by("pk")
    for invoice in invoices.select_related("order"):
        words = f"Purchase order {invoice.po_number}" if invoice.po_number else ""
        yield _entry(invoice.issued_on, invoice.get_kind_display(), invoice.number, words, invoice.gross)
    notes = CreditNote.objects.issued().filter(invoice__organisation=organisation, issued_on__lte=last)
    for note in notes.select_related("invoice").order_by("pk"):
        yield _entry(note.issued_on, "credit note", note.number, f"Of invoice {note.invoice.number}", -note.gross)
    yield from _payments(organisation, last)
    yield from _refunds(organisation, last)
    yield from _written_off(organisation, last)


def _payments(organisation: Organisation, last: date) -> Iterator[Entry]:
    """Its own payments but for what pays others' invoices, and what others' payments pay of its invoices."""
    came = Payment.objects.received().filter(received_on__lte=last)
    is_its = Q(allocations__invoice__organisation=organisation)
    ids = came.filter(Q(organisation=organisation) | is_its).values("pk")
    shares = Payment.objects.filter(pk__in=ids).annotate(
        here=Coalesce(Sum("allocations__amount", filter=is_its), NOTHING)
    )
    for payment in shares.order_by("received_on", "pk"):
        is_own = payment.organisation_id == organisation.pk
        amount = payment.here + (payment.amount - payment.amount_allocated if is_own else NOTHING)
        if amount:
            yield _entry(payment.received_on, "payment", payment.reference, payment.get_kind_display(), -amount)


def _refunds(organisation: Organisation, last: date) -> Iterator[Entry]:
    """On the day since when they are owed, so that the balance of a day is the same whenever it is asked for."""
    refunds = Refund.objects.filter(payment__organisation=organisation).select_related("payment")
    for refund in refunds.order_by("pk"):
        day = timezone.localtime(refund.owed_at).date()
        if day <= last:
            yield _entry(day, "refund", refund.payment.reference, _became_of(refund), refund.amount)


def _became_of(refund: Refund) -> str:
    if refund.state != RefundState.SUCCEEDED or refund.finished_at is None:
        return "To be paid back"
    return f"Paid back on {timezone.localtime(refund.finished_at):%-d %B %Y}"


def _written_off(organisation: Organisation, last: date) -> Iterator[Entry]:
    """From the history of the invoices, because what is written off may be taken back by a credit note."""
    events = apps.get_model("bookings", "InvoiceHistory")._default_manager
    of_its = events.filter(pgh_obj__organisation=organisation, number__isnull=False)
    before: dict[int, Decimal] = {}
    for event in of_its.order_by("pgh_id").values("pgh_obj_id", "pgh_created_at", "number", "amount_written_off"):
        change = event["amount_written_off"] - before.get(event["pgh_obj_id"], NOTHING)
        before[event["pgh_obj_id"]] = event["amount_written_off"]
        day = timezone.localtime(event["pgh_created_at"]).date()
        if change and day <= last:
            yield _entry(day, "written off", event["number"], "Not to be paid any more", -change)


def _entry(day: date | None, what: str, reference: str | None, words: str, amount: Decimal) -> Entry:
    """The database sees to it that what is issued or received has its day."""
    return Entry(day=day or date.min, what=what, reference=reference or "", words=words, amount=amount)
