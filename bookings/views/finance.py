"""The finance desk: what to do today, what is owed by whom and since when, and every invoice from draft to paid."""

from uuid import uuid4

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import role_required
from accounts.models import Role
from accounts.pagination import LongPaginator
from bookings import debts, reports
from bookings.actions import credit_notes, invoices
from bookings.forms.money import (
    AnswerForm,
    ApproveEachForm,
    ApproveForm,
    CreditForm,
    InvoiceFilter,
    OrderFilter,
    WriteOffForm,
)
from bookings.models import Invoice

may_read = role_required(Role.FINANCE, Role.WORKFORCE_TEAM)
# Money is finance's: whoever looks after courses reads it and changes nothing (DOMAIN 3.1).
may_change = role_required(Role.FINANCE)
PAGE_SIZE = 25


@may_read
@require_safe
def finance_desk(request):
    """Linked numbers of what waits, and aged debt: everybody's, then each organisation's."""
    now = clock.now()
    today = timezone.localtime(now).date()
    everybody = debts.all_debts(today)
    page = LongPaginator(debts.debts_by_organisation(today), PAGE_SIZE).get_page(request.GET.get("page"))
    context = {
        "today": today,
        "search": OrderFilter(),
        "counts": debts.waiting_for_finance(now),
        "ages": debts.AGES,
        "everybody": everybody,
        "page": page,
        "debts": list(debts.debts(page.object_list)),
        "may_change": request.user.has_role(Role.FINANCE),
    }
    return render(request, "bookings/finance/finance_desk.html", context)


@may_read
@require_safe
def finance_invoice_list(request):
    """Every invoice; among the drafts several are ticked and approved together."""
    return _list_page(request, ApproveEachForm())


@may_change
@require_POST
def finance_invoice_approve_each(request):
    """Approve what is ticked, each by itself; what cannot be issued, or has changed, is left and said."""
    form = ApproveEachForm(request.POST)
    if not form.is_valid():
        return _list_page(request, form, status=422)
    issued, left = [], []
    for invoice_id, gross in form.chosen():
        try:
            invoice = invoices.approve(invoice_id=invoice_id, by=request.user, now=clock.now(), gross_shown=gross)
            issued.append(invoice.number)
        except Invoice.DoesNotExist:
            left.append("A draft is gone: nothing is owed for it any more.")
        except invoices.InvoiceRefused as refusal:
            left.append(str(refusal))
    if issued:
        messages.success(request, f"Issued: {', '.join(issued)}.")
    if left:
        messages.warning(request, f"Left as they were: {' '.join(dict.fromkeys(left))}")
    return redirect(
        request.get_full_path().replace("approve/", "", 1) if request.GET else "bookings:finance_invoice_list"
    )


def _list_page(request, form, status=200):
    today = timezone.localtime(clock.now()).date()
    found = InvoiceFilter(request.GET)
    visible = Invoice.objects.visible_to(request.user).with_facts()
    page = LongPaginator(found.narrow(visible, today), PAGE_SIZE).get_page(request.GET.get("page"))
    for invoice in page:
        invoice.obstacle = invoices.why_not_approve(invoice=invoice) if invoice.is_draft else ""
    may_change_it = request.user.has_role(Role.FINANCE)
    context = {
        "filter": found,
        "form": form,
        "page": page,
        "today": today,
        "may_tick": may_change_it and any(invoice.is_draft and not invoice.obstacle for invoice in page),
        "ticks_all": request.GET.get("tick") == "all",
    }
    return render(request, "bookings/finance/finance_invoice_list.html", context, status=status)


@may_read
@require_safe
def finance_invoice(request, invoice_id):
    """One invoice: figures, lines, payments, credit notes, history, and what can be done about it."""
    return _invoice_page(request, _invoice_of(request, invoice_id))


@may_change
@require_POST
def finance_invoice_approve(request, invoice_id):
    """Issue one draft, at the total that the page showed."""
    invoice = _invoice_of(request, invoice_id)
    form = ApproveForm(request.POST)
    if not form.is_valid():
        return _invoice_page(request, invoice, refusal="Look at the draft once more and press the button again.")
    return _do(
        request,
        invoice,
        lambda: invoices.approve(invoice_id=invoice.pk, by=request.user, now=clock.now(), **form.cleaned_data),
        done="The invoice is issued. It is printed and sent now.",
    )


@may_change
@require_POST
def finance_invoice_credit(request, invoice_id):
    """Take back lines of an issued invoice, whole or in part."""
    invoice = _invoice_of(request, invoice_id)
    form = CreditForm(request.POST, invoice=invoice)
    if not form.is_valid():
        return _invoice_page(request, invoice, credit=form)
    said = form.cleaned_data
    return _do(
        request,
        invoice,
        lambda: credit_notes.write(
            invoice_id=invoice.pk,
            amounts=form.amounts,
            reason=said["reason"],
            by=request.user,
            now=clock.now(),
            key=said["key"],
            is_invoiced_again=said["again"] == "yes",
        ),
        done="The credit note is issued. It is printed and sent now.",
        credit=form,
    )


@may_change
@require_POST
def finance_invoice_answer(request, invoice_id):
    """Answer a dispute."""
    invoice = _invoice_of(request, invoice_id)
    form = AnswerForm(request.POST)
    if not form.is_valid():
        return _invoice_page(request, invoice, answer=form)
    return _do(
        request,
        invoice,
        lambda: invoices.settle_dispute(
            invoice_id=invoice.pk, by=request.user, now=clock.now(), answer=form.cleaned_data["answer"]
        ),
        done="The dispute is answered. The contact gets a letter.",
        answer=form,
    )


@may_change
@require_POST
def finance_invoice_write_off(request, invoice_id):
    """Give up what is still to be paid."""
    invoice = _invoice_of(request, invoice_id)
    form = WriteOffForm(request.POST)
    if not form.is_valid():
        return _invoice_page(request, invoice, write_off=form)
    return _do(
        request,
        invoice,
        lambda: invoices.write_off(
            invoice_id=invoice.pk, by=request.user, now=clock.now(), reason=form.cleaned_data["reason"]
        ),
        done="The rest is written off.",
        write_off=form,
    )


def _do(request, invoice, act, *, done, **forms):
    """Do one thing and show the invoice again; what is refused is said above it, with what was typed kept."""
    try:
        act()
    except (invoices.InvoiceRefused, credit_notes.CreditRefused) as refusal:
        return _invoice_page(request, _invoice_of(request, invoice.pk), refusal=str(refusal), **forms)
    messages.success(request, done)
    return redirect("bookings:finance_invoice", invoice_id=invoice.pk)


def _invoice_of(request, invoice_id):
    return get_object_or_404(Invoice.objects.visible_to(request.user).with_facts(), pk=invoice_id)


def _invoice_page(request, invoice, *, refusal="", credit=None, answer=None, write_off=None):
    may_change_it = request.user.has_role(Role.FINANCE)
    can_credit = may_change_it and not invoice.is_draft and invoice.amount_credited < invoice.gross
    bound = [form for form in (credit, answer, write_off) if form]
    context = {
        "invoice": invoice,
        "lines": invoice.lines.order_by("position"),
        "notes": invoice.credit_notes.order_by("pk"),
        "allocations": invoice.allocations.select_related("payment", "made_by__practitioner").order_by("pk"),
        "obstacle": invoices.why_not_approve(invoice=invoice) if invoice.is_draft else "",
        "approve": ApproveForm(initial={"gross_shown": invoice.gross}),
        "credit": (credit or CreditForm(invoice=invoice, initial={"key": uuid4()})) if can_credit else None,
        "answer": (answer or AnswerForm()) if may_change_it and invoice.is_disputed else None,
        "write_off": (write_off or WriteOffForm())
        if may_change_it and not invoice.is_draft and invoice.outstanding
        else None,
        "bound": bound[0] if bound else None,
        "refusal": refusal,
        "story": reports.story_of_invoice(invoice),
        "may_change": may_change_it,
        "today": timezone.localtime(clock.now()).date(),
    }
    status = 422 if refusal or bound else 200
    return render(request, "bookings/finance/finance_invoice.html", context, status=status)
