"""Exports to the council's ledger: everything issued and not yet handed over, in one step; each thing in one file only."""

from datetime import datetime
from decimal import Decimal
from uuid import UUID

from django.db import IntegrityError, transaction
from django.db.models import Case, F, QuerySet, Sum, Value, When

from accounts.audit import record
from accounts.models import User
from bookings.models import CreditNote, Invoice, LedgerExport, Refund
from bookings.models.invoice import InvoiceState
from bookings.models.payment import RefundState
from courses.money import NOTHING
from courses.references import new_reference


class NothingToExport(Exception):
    """Everything that was issued is in a file already."""


def export(*, by: User, now: datetime, key: UUID) -> LedgerExport:
    """Gather invoices, credit notes and refunds through the ledger that are in no file yet. Raises NothingToExport.

    The same form sent twice, also at the same moment, makes one export.
    """
    try:
        with transaction.atomic():
            return LedgerExport.objects.filter(idempotency_key=key).first() or _gather(by, now, key)
    except IntegrityError:
        return LedgerExport.objects.get(idempotency_key=key)


def _gather(by: User, now: datetime, key: UUID) -> LedgerExport:
    made = LedgerExport.objects.create(reference=new_reference("L"), made_at=now, made_by=by, idempotency_key=key)
    # Held in the order of their numbers, so that of two exports at once the second finds nothing left.
    invoices = Invoice.objects.filter(pk__in=_held(Invoice.objects.to_export()))
    notes = CreditNote.objects.filter(pk__in=_held(CreditNote.objects.to_export()))
    refunds = Refund.objects.filter(pk__in=_held(Refund.objects.to_export()))
    was_issued = When(state=InvoiceState.APPROVED, then=Value(InvoiceState.EXPORTED))
    made.invoice_count = invoices.update(export=made, state=Case(was_issued, default=F("state")))
    made.credit_note_count = notes.update(export=made)
    # The ledger pays them; nothing is left to do for the portal.
    made.refund_count = refunds.update(export=made, state=RefundState.SUCCEEDED, finished_at=now)
    if not (made.invoice_count or made.credit_note_count or made.refund_count):
        raise NothingToExport("There is nothing to export: everything that was issued is in a file already.")
    made.total = _gross(Invoice, made) - _gross(CreditNote, made)
    made.save(update_fields=["invoice_count", "credit_note_count", "refund_count", "total"])
    counts = {"invoices": made.invoice_count, "credit_notes": made.credit_note_count, "refunds": made.refund_count}
    record(by=by, verb="ledger.export", subject=f"export:{made.pk}", now=now, **counts)
    return made


def _held(documents: QuerySet) -> list[int]:
    return list(documents.select_for_update(of=("self",)).order_by("pk").values_list("pk", flat=True))


def _gross(model: type[Invoice] | type[CreditNote], made: LedgerExport) -> Decimal:
    return model.objects.filter(export=made).aggregate(sum=Sum("gross"))["sum"] or NOTHING
