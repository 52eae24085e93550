"""Invoices: what is owed is put on a draft; finance issues it with a number, and from then on it never changes."""

from datetime import datetime, timedelta
from decimal import Decimal

from django.db import IntegrityError, transaction
from django.db.models import Max, Sum
from django.utils import timezone

from accounts.audit import record
from accounts.locking import locked
from accounts.models import Organisation, Partnership, User
from accounts.models.partnership import ChargeVat
from accounts.wake import wake
from bookings import emails
from bookings.actions import commissions, documents, lines
from bookings.models import ChargeNotice, Invoice, InvoiceLine, Order, OrderLine
from bookings.models.invoice import InvoiceState
from bookings.models.order import LineState, PaymentMethod
from bookings.owing import last_booking
from courses.models import VatTreatment
from courses.money import NOTHING

PRINT_TASK = "bookings.build_documents"
FIGURES = ("vat_treatment", "vat_percent", "net", "vat", "gross")
# The columns that issuing fills; what is printed comes from `documents`.
_COPIED = (
    *("customer_name", "customer_address", "customer_email", "customer_reference", "customer_vat_number"),
    *("po_number", "cost_centre", "seller_name", "seller_address", "seller_vat_number", "how_to_pay"),
)


class InvoiceRefused(Exception):
    """The step does not fit what has become of the invoice; the words say why and what to do."""


# --- Drafts -----------------------------------------------------------------------------------------------


def put_on_draft(*, line: OrderLine, charge: ChargeNotice | None, now: datetime) -> InvoiceLine:
    """Put a line of an order, whose row the caller holds, on the draft invoice of its order."""
    draft = _draft(organisation=line.order.organisation, order=line.order, now=now)
    figures = {name: getattr(line, name) for name in FIGURES}
    if charge is not None and Partnership.objects.current().charge_vat == ChargeVat.OUTSIDE_SCOPE:
        figures |= _outside_scope(line.net)
    return _add_line(draft, description=_what(line, charge), order_line=line, charge=charge, **figures)


def draft_whole_order(*, order: Order, now: datetime) -> Invoice | None:
    """Put every line of an order that was paid on its draft; None where nothing was to be paid. The order is in hand."""
    sold = order.lines.open().filter(invoice_lines__isnull=True).order_by("pk")
    drafted = []
    for line in sold.select_for_update(of=("self",), no_key=True):
        line.order = order
        drafted.append(put_on_draft(line=line, charge=None, now=now))
    return drafted[0].invoice if drafted else None


def put_charge_on_draft(*, notice: ChargeNotice, now: datetime) -> InvoiceLine:
    """Put the charge for a free place, whose row the caller holds, on its organisation's draft of charges.

    What was free is outside the scope of VAT, and so is the charge for not using it.
    """
    draft = _draft(organisation=notice.organisation, order=None, now=now)
    day = f"{timezone.localtime(notice.day):%-d %B %Y}"
    description = f"{notice.course.title}, {day} ({notice.reference}): {notice.get_kind_display()}"
    return _add_line(draft, description=description, charge=notice, **_outside_scope(notice.amount))


def _what(line: OrderLine, charge: ChargeNotice | None) -> str:
    """The course, the day that it has by now, which booking it was, and what is charged where it was not used.

    No name: an invoice is kept for years and never changes, and somebody may be forgotten meanwhile (rule B27).
    """
    booking = last_booking(line)
    words = commissions.words_of(line=line)
    words = f"{words} ({booking.reference})" if booking else words
    return f"{words}: {charge.get_kind_display()}" if charge else words


def say_anew(*, invoice_line: InvoiceLine) -> None:
    """Let a line of a draft say the day that its date has by now; nothing else of it changes."""
    line = invoice_line.order_line
    words = _what(line, invoice_line.charge) if line else invoice_line.description
    if words == invoice_line.description:
        return
    facts = {name: getattr(invoice_line, name) for name in ("invoice", "position", "order_line", "charge", *FIGURES)}
    # What is written never changes, not even on a draft: it is written anew in its place.
    invoice_line.delete()
    InvoiceLine.objects.create(description=words, **facts)


def _outside_scope(net: Decimal) -> dict[str, object]:
    return {
        "vat_treatment": VatTreatment.OUTSIDE_SCOPE,
        "vat_percent": NOTHING,
        "net": net,
        "vat": NOTHING,
        "gross": net,
    }


def _draft(*, organisation: Organisation, order: Order | None, now: datetime) -> Invoice:
    """The draft that waits for this order, or for the organisation's charges; held until the transaction ends."""
    is_recharge = order.is_recharge if order else organisation.is_recharged
    facts = {"organisation": organisation, "order": order, "state": InvoiceState.DRAFT}
    waiting = Invoice.objects.filter(**facts) if order else Invoice.objects.filter(order=None, **_of(organisation))
    held = waiting.select_for_update(of=("self",))
    draft = held.first()
    if draft is None:
        try:
            with transaction.atomic():
                return Invoice.objects.create(
                    **facts, kind=Invoice.Kind.RECHARGE if is_recharge else Invoice.Kind.INVOICE, drafted_at=now
                )
        except IntegrityError:
            # Another charge of the same organisation was a moment quicker.
            draft = held.get()
    return draft


def _of(organisation: Organisation) -> dict[str, object]:
    return {"organisation": organisation, "state": InvoiceState.DRAFT}


def _add_line(draft: Invoice, **fields: object) -> InvoiceLine:
    last = draft.lines.aggregate(last=Max("position"))["last"] or 0
    line = InvoiceLine.objects.create(invoice=draft, position=last + 1, **fields)
    _add_up(draft)
    return line


def take_off(*, invoice_line: InvoiceLine) -> None:
    """Take a line off a draft again; a draft without lines is thrown away."""
    draft = Invoice.objects.select_for_update(of=("self",)).get(pk=invoice_line.invoice_id)
    if not draft.is_draft:
        raise InvoiceRefused("This invoice was issued a moment ago. Write a credit note.")
    invoice_line.delete()
    if draft.lines.exists():
        _add_up(draft)
    else:
        draft.delete()


def _add_up(draft: Invoice) -> None:
    sums = draft.lines.aggregate(net=Sum("net"), vat=Sum("vat"))
    draft.net, draft.vat = sums["net"], sums["vat"]
    draft.gross = draft.net + draft.vat
    draft.save(update_fields=["net", "vat", "gross"])


# --- Issuing ----------------------------------------------------------------------------------------------


@transaction.atomic
def approve(
    *, invoice_id: int, by: User | None, now: datetime, gross_shown: Decimal | None = None, is_told: bool = True
) -> Invoice:
    """Issue a draft: copy what is printed, take the next number, print it and send it. Issued twice is once.

    Raises InvoiceRefused where it is not as the page showed it, or lacks what an invoice needs. `by` is nobody where
    a card payment came in, and whoever brings that in writes the letter when it is paid.
    """
    invoice = lock_invoice(invoice_id=invoice_id)
    if not invoice.is_draft:
        return invoice
    if gross_shown is not None and gross_shown != invoice.gross:
        raise InvoiceRefused("More was added to this draft since you opened it. Look at it and decide again.")
    obstacle = why_not_approve(invoice=invoice)
    if obstacle:
        raise InvoiceRefused(obstacle)
    partnership, day = Partnership.objects.current(), timezone.localtime(now).date()
    for invoice_line in invoice.lines.select_related("order_line__event__version__course", "charge"):
        say_anew(invoice_line=invoice_line)
    copied = documents.sellers_details(partnership) | documents.buyers_details(
        organisation=invoice.organisation, order=invoice.order
    )
    for name, value in copied.items():
        setattr(invoice, name, value)
    invoice.issued_on, invoice.due_on = day, day + timedelta(days=partnership.invoice_due_days)
    invoice.approved_at, invoice.approved_by, invoice.state = now, by, InvoiceState.APPROVED
    _mark_lines(invoice, now)
    prefix = partnership.recharge_prefix if invoice.kind == Invoice.Kind.RECHARGE else partnership.invoice_prefix
    invoice.series, invoice.number_in_series, invoice.number = documents.take_number(prefix=prefix, day=day)
    invoice.save(
        update_fields=[
            *_COPIED,
            *("number", "series", "number_in_series", "issued_on", "due_on", "approved_at", "approved_by", "state"),
        ]
    )
    record(by=by, verb="invoice.issue", subject=f"invoice:{invoice.pk}", now=now, number=invoice.number)
    if is_told:
        emails.invoice_issued(invoice=invoice, now=now)
    wake(PRINT_TASK)
    if invoice.order:
        lines.follow_order(order=invoice.order, now=now)
        commissions.follow_enquiry(order=invoice.order, by=by, now=now)
    return invoice


def lock_invoice(*, invoice_id: int) -> Invoice:
    """Fetch an invoice for oneself alone, its order first."""
    order_id = Invoice.objects.values_list("order_id", flat=True).get(pk=invoice_id)
    order = lines.lock_order(order_id=order_id) if order_id else None
    invoice = locked(Invoice.objects.select_related("organisation__payer").filter(pk=invoice_id)).get()
    invoice.order = order
    return invoice


def why_not_approve(*, invoice: Invoice) -> str:
    """Say what a draft lacks to be issued; nothing when it may be."""
    payer = invoice.organisation.payer or invoice.organisation
    if invoice.kind == Invoice.Kind.RECHARGE:
        has_centre = payer.cost_centre or (invoice.order and invoice.order.cost_centre)
        return "" if has_centre else f"{payer.name} has no cost centre. Add one to the organisation or the order."
    is_paid = invoice.order is not None and invoice.order.payment_method == PaymentMethod.CARD
    if not payer.invoice_address and not is_paid:
        return f"{payer.name} has no address for invoices. Add one to the organisation."
    return ""


def _mark_lines(invoice: Invoice, now: datetime) -> None:
    """Every line of an order on it is invoiced now."""
    sold = OrderLine.objects.filter(invoice_lines__invoice=invoice).select_for_update(of=("self",), no_key=True)
    for line in sold.order_by("pk"):
        lines.move_line(line=line, state=LineState.INVOICED, reason="Invoiced", now=now)


# --- Disputes and writing off -------------------------------------------------------------------------------


@transaction.atomic
def dispute(*, invoice_id: int, by: User, now: datetime, reason: str) -> Invoice:
    """Say that an invoice is not right: it is not chased while finance looks. Disputing twice keeps the latest words.

    Raises InvoiceRefused.
    """
    reason = reason.strip()
    if not reason:
        raise InvoiceRefused("Say what is not right, so that we can put it right.")
    invoice = lock_invoice(invoice_id=invoice_id)
    if invoice.state == InvoiceState.DISPUTED and invoice.dispute_reason == reason:
        return invoice
    if invoice.is_draft or not invoice.outstanding:
        raise InvoiceRefused("Nothing is to be paid on this invoice. Write to us or call if something is not right.")
    invoice.state, invoice.disputed_at, invoice.disputed_by, invoice.dispute_reason = (
        InvoiceState.DISPUTED,
        now,
        by,
        reason[:500],
    )
    invoice.save(update_fields=["state", "disputed_at", "disputed_by", "dispute_reason"])
    record(by=by, verb="invoice.dispute", subject=f"invoice:{invoice.pk}", now=now)
    emails.invoice_disputed(invoice=invoice, now=now)
    return invoice


@transaction.atomic
def settle_dispute(*, invoice_id: int, by: User, now: datetime, answer: str) -> Invoice:
    """End a dispute with words for the organisation; what is right about it was credited before. Raises InvoiceRefused."""
    answer = answer.strip()
    if not answer:
        raise InvoiceRefused("Write what you answer. The organisation reads it.")
    invoice = lock_invoice(invoice_id=invoice_id)
    if invoice.state != InvoiceState.DISPUTED:
        return invoice
    follow(invoice=invoice, is_disputed=False)
    record(by=by, verb="invoice.answer", subject=f"invoice:{invoice.pk}", now=now, answer=answer)
    emails.dispute_answered(invoice=invoice, answer=answer, now=now)
    return invoice


@transaction.atomic
def write_off(*, invoice_id: int, by: User, now: datetime, reason: str) -> Invoice:
    """Give up what is still to be paid, for a reason. Raises InvoiceRefused."""
    reason = reason.strip()
    if not reason:
        raise InvoiceRefused("Write why this is written off.")
    invoice = lock_invoice(invoice_id=invoice_id)
    if invoice.is_draft:
        raise InvoiceRefused("This invoice has not been issued. Take its lines off instead.")
    if not invoice.outstanding:
        return invoice
    invoice.amount_written_off += invoice.outstanding
    invoice.written_off_reason = reason[:300]
    invoice.save(update_fields=["amount_written_off", "written_off_reason"])
    follow(invoice=invoice, is_disputed=False)
    record(by=by, verb="invoice.write_off", subject=f"invoice:{invoice.pk}", now=now, reason=reason)
    if invoice.order:
        lines.follow_order(order=invoice.order, now=now)
    return invoice


def follow(*, invoice: Invoice, is_disputed: bool | None = None) -> None:
    """Bring the state of an issued invoice, whose row the caller holds, in line with its figures."""
    if is_disputed is None:
        is_disputed = invoice.state == InvoiceState.DISPUTED
    state = _state_of(invoice, is_disputed)
    if state != invoice.state:
        invoice.state = state
        invoice.save(update_fields=["state"])


def _state_of(invoice: Invoice, is_disputed: bool) -> InvoiceState:
    if not invoice.outstanding:
        if invoice.amount_paid:
            return InvoiceState.PAID
        return InvoiceState.WRITTEN_OFF if invoice.amount_written_off else InvoiceState.CREDITED
    if is_disputed:
        return InvoiceState.DISPUTED
    if invoice.amount_paid:
        return InvoiceState.PART_PAID
    if invoice.external_ref:
        return InvoiceState.INVOICED
    return InvoiceState.EXPORTED if invoice.export_id else InvoiceState.APPROVED
