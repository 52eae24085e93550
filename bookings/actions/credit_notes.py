"""Credit notes: what was invoiced and is not owed is taken back, whole or in part, and the money with it."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from uuid import UUID, uuid4

from django.db import transaction
from django.utils import timezone

from accounts.audit import record
from accounts.models import Partnership, User
from accounts.wake import wake
from bookings import emails
from bookings.actions import allocations, charges, commissions, documents, invoices, lines
from bookings.models import ChargeNotice, CreditNote, CreditNoteLine, Invoice, InvoiceLine, OrderLine
from courses.money import Amounts, to_the_penny


class CreditRefused(Exception):
    """This cannot be credited so; the words say why and what to do."""


@transaction.atomic
def write(
    *,
    invoice_id: int,
    amounts: Mapping[int, Decimal],
    reason: str,
    by: User,
    now: datetime,
    key: UUID,
    is_invoiced_again: bool,
) -> CreditNote:
    """Credit lines of an issued invoice by hand and issue the note; `amounts` are pounds with VAT by line.

    `is_invoiced_again` says whether what is credited in full goes on a new invoice, put right, or nothing more is
    wanted for it. The same form sent twice writes one note. Raises CreditRefused.
    """
    earlier = CreditNote.objects.filter(idempotency_key=key).first()
    if earlier:
        return earlier
    wanted = {pk: amount for pk, amount in amounts.items() if amount}
    # Charges before their invoice, as whoever settles them.
    free = ChargeNotice.objects.for_free_places().filter(invoice_lines__in=list(wanted))
    charged = list(free.select_for_update(of=("self",)).order_by("pk"))
    invoice = invoices.lock_invoice(invoice_id=invoice_id)
    if not reason.strip():
        raise CreditRefused("Write why this is credited. The note prints it.")
    if not wanted:
        raise CreditRefused("Write how much is credited on at least one line.")
    note = _issue(_draft(invoice, wanted, reason=reason, now=now, key=key), invoice, by=by, now=now)
    if not is_invoiced_again:
        _want_nothing_more(note, charged, by=by, now=now)
    return note


def _want_nothing_more(note: CreditNote, charged: Sequence[ChargeNotice], *, by: User, now: datetime) -> None:
    """What a note took back in full is let go: the place, or the charge for one that was free."""
    gone = note.invoice.lines.filter(credits__credit_note=note, is_live=False)
    for line in OrderLine.objects.filter(invoice_lines__in=gone).select_for_update(of=("self",), no_key=True):
        line.waived_reason = note.reason[:200]
        line.save(update_fields=["waived_reason"])
    credited = set(gone.values_list("charge_id", flat=True))
    for notice in charged:
        if notice.pk in credited:
            charges.waive_credited(notice_id=notice.pk, by=by, now=now, reason=note.reason)


def propose(*, invoice_line: InvoiceLine, reason: str, now: datetime) -> CreditNote:
    """Draft the credit of what is left of a line, for finance to look at; one that waits already stands."""
    waiting = CreditNote.objects.drafts().filter(lines__invoice_line=invoice_line).first()
    if waiting:
        return waiting
    invoice = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice_line.invoice_id)
    return _draft(invoice, {invoice_line.pk: _left(invoice_line)}, reason=reason, now=now, key=uuid4())


def withdraw_proposal(*, invoice_line: InvoiceLine) -> None:
    """Throw away the draft that would credit this line: it is owed after all."""
    for draft in CreditNote.objects.drafts().filter(lines__invoice_line=invoice_line):
        draft.delete()


def credit_at_once(*, invoice_line: InvoiceLine, reason: str, now: datetime) -> CreditNote:
    """Credit what is left of a line that was paid by card, and owe the money back: nobody has to look."""
    invoice = invoices.lock_invoice(invoice_id=invoice_line.invoice_id)
    note = _draft(invoice, {invoice_line.pk: _left(invoice_line)}, reason=reason, now=now, key=uuid4())
    return _issue(note, invoice, by=None, now=now)


@transaction.atomic
def approve(*, note_id: int, by: User, now: datetime) -> CreditNote:
    """Issue a drafted note. Issued twice is once. Raises CreditRefused where it no longer fits its invoice."""
    invoice_id = CreditNote.objects.values_list("invoice_id", flat=True).get(pk=note_id)
    invoice = invoices.lock_invoice(invoice_id=invoice_id)
    note = CreditNote.objects.select_for_update(of=("self",)).get(pk=note_id)
    if note.number:
        return note
    return _issue(note, invoice, by=by, now=now)


@transaction.atomic
def discard(*, note_id: int, by: User, now: datetime) -> bool:
    """Throw a draft away: finance thinks that the invoice is right. Tell whether there was one."""
    note = CreditNote.objects.drafts().select_for_update(of=("self",)).filter(pk=note_id).first()
    if note is None:
        return False
    record(by=by, verb="credit_note.discard", subject=f"invoice:{note.invoice_id}", now=now, reason=note.reason)
    note.delete()
    return True


def _left(invoice_line: InvoiceLine) -> Decimal:
    return invoice_line.gross - invoice_line.amount_credited


def _draft(invoice: Invoice, amounts: Mapping[int, Decimal], *, reason: str, now: datetime, key: UUID) -> CreditNote:
    """Write a note with its lines, each no more than is left of the invoice's."""
    if invoice.is_draft:
        raise CreditRefused("This invoice has not been issued yet: take the line off it instead.")
    credited = {line: _share(line, amounts[line.pk]) for line in invoice.lines.filter(pk__in=list(amounts))}
    if len(credited) != len(amounts):
        raise CreditRefused("One of these lines is not on this invoice.")
    total = Amounts.sum(credited.values())
    note = CreditNote.objects.create(
        invoice=invoice,
        reason=reason.strip()[:300],
        net=total.net,
        vat=total.vat,
        gross=total.gross,
        idempotency_key=key,
        drafted_at=now,
    )
    CreditNoteLine.objects.bulk_create(
        CreditNoteLine(credit_note=note, invoice_line=line, net=share.net, vat=share.vat, gross=share.gross)
        for line, share in credited.items()
    )
    return note


def _share(line: InvoiceLine, gross: Decimal) -> Amounts:
    """Net and VAT of so much of a line. The last part of a line takes back exactly what was printed."""
    if gross < 0:
        raise CreditRefused("A credit is more than nothing. Leave the field empty to credit nothing.")
    if gross > _left(line):
        raise CreditRefused(f"Only £{_left(line)} of “{line.description}” can still be credited.")
    earlier = Amounts.sum(
        Amounts(net=each.net, vat=each.vat) for each in line.credits.filter(credit_note__number__isnull=False)
    )
    if gross == _left(line):
        return Amounts(net=line.net - earlier.net, vat=line.vat - earlier.vat)
    vat = to_the_penny(line.vat * gross / line.gross)
    return Amounts(net=gross - vat, vat=vat)


def _issue(note: CreditNote, invoice: Invoice, *, by: User | None, now: datetime) -> CreditNote:
    """Number the note, take it off its invoice, and free the money that paid what is no longer owed."""
    for credit in note.lines.select_related("invoice_line"):
        line = credit.invoice_line
        if credit.gross > _left(line):
            raise CreditRefused("Something was credited meanwhile. Throw this draft away and write a new one.")
        line.amount_credited += credit.gross
        line.is_live = line.amount_credited < line.gross
        line.save(update_fields=["amount_credited", "is_live"])
    allocations.make_room(invoice=invoice, amount=note.gross, note=note, now=now)
    invoice.amount_credited += note.gross
    invoice.save(update_fields=["amount_credited"])
    invoices.follow(invoice=invoice)
    day = timezone.localtime(now).date()
    note.issued_on, note.approved_at, note.approved_by = day, now, by
    note.series, note.number_in_series, note.number = documents.take_number(
        prefix=Partnership.objects.current().credit_note_prefix, day=day
    )
    note.save(update_fields=["issued_on", "approved_at", "approved_by", "series", "number_in_series", "number"])
    OrderLine.objects.filter(invoice_lines__credits__credit_note=note).update(is_to_settle=True)
    ChargeNotice.objects.filter(invoice_lines__credits__credit_note=note).update(is_to_settle=True)
    record(by=by, verb="credit_note.issue", subject=f"invoice:{invoice.pk}", now=now, number=note.number)
    emails.credit_note_issued(note=note, now=now)
    wake(invoices.PRINT_TASK)
    if invoice.order:
        lines.follow_order(order=invoice.order, now=now)
        commissions.follow_enquiry(order=invoice.order, by=by, now=now)
    return note
