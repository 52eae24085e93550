"""Invoices for whoever speaks for an organisation: the list, one invoice, its document, a dispute, the statement."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.models import Organisation
from accounts.pagination import LongPaginator
from bookings import invoice_pdf, statements
from bookings.actions import invoices
from bookings.forms.money import DisputeForm, StatementForm
from bookings.models import CreditNote, Invoice

PAGE_SIZE = 25


@login_required
@require_safe
def invoice_list(request):
    """Every invoice of one organisation, what is still to be paid, and the way to a statement."""
    organisations = list(Organisation.objects.spoken_for_by(request.user).distinct().order_by("name"))
    if not organisations:
        raise Http404
    wanted = request.GET.get("organisation", "")
    organisation = next((each for each in organisations if str(each.pk) == wanted), organisations[0])
    today = timezone.localtime(clock.now()).date()
    its = Invoice.objects.for_contact(request.user).filter(organisation=organisation)
    due = list(its.due().order_by("due_on", "pk"))
    notes = CreditNote.objects.issued().filter(invoice__organisation=organisation).select_related("invoice")
    context = {
        "organisation": organisation,
        "organisations": organisations,
        "page": LongPaginator(its.with_facts().order_by("-issued_on", "-pk"), PAGE_SIZE).get_page(
            request.GET.get("page")
        ),
        "to_pay": sum(invoice.outstanding for invoice in due),
        "overdue": [invoice for invoice in due if invoice.due_on < today],
        "notes": notes.order_by("-issued_on", "-pk")[:PAGE_SIZE],
        "form": StatementForm(today=today),
        "today": today,
    }
    return render(request, "bookings/organisation/invoice_list.html", context)


@login_required
@require_safe
def invoice_detail(request, number):
    """One invoice: what it is for, what was paid and credited, and what to do if it is not right."""
    invoice = get_object_or_404(Invoice.objects.for_contact(request.user).with_facts(), number=number)
    context = {
        "invoice": invoice,
        "lines": invoice.lines.order_by("position"),
        "notes": invoice.credit_notes.issued().order_by("pk"),
        "allocations": invoice.allocations.select_related("payment").order_by("pk"),
        "today": timezone.localtime(clock.now()).date(),
    }
    return render(request, "bookings/organisation/invoice_detail.html", context)


@login_required
def invoice_dispute(request, number):
    """Say that an invoice is not right."""
    invoice = get_object_or_404(Invoice.objects.for_contact(request.user).with_facts(), number=number)
    form = DisputeForm(request.POST or None, initial={"reason": invoice.dispute_reason} if invoice.is_disputed else {})
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            invoices.dispute(invoice_id=invoice.pk, by=request.user, now=clock.now(), **form.cleaned_data)
        except invoices.InvoiceRefused as error:
            refusal = str(error)
        else:
            messages.success(request, "Thank you. Our finance team looks at it; until they answer nothing is chased.")
            return redirect("bookings:invoice_detail", number=invoice.number)
    context = {"invoice": invoice, "form": form, "refusal": refusal}
    status = 422 if refusal or form.errors else 200
    return render(request, "bookings/organisation/invoice_dispute.html", context, status=status)


@login_required
@require_safe
def invoice_pdf_file(request, number):
    """The document; one that the worker has not printed yet is printed for whoever asks."""
    visible = Invoice.objects.visible_to(request.user).issued().with_facts().select_related("file")
    invoice = get_object_or_404(visible, number=number)
    return _document(invoice, invoice_pdf.invoice)


@login_required
@require_safe
def credit_note_pdf(request, number):
    """The same for a credit note."""
    visible = CreditNote.objects.visible_to(request.user).issued().with_facts().select_related("file")
    note = get_object_or_404(visible, number=number)
    return _document(note, invoice_pdf.credit_note)


def _document(document, printer):
    file = getattr(document, "file", None)
    return _pdf(bytes(file.content) if file else printer(document), document.number)


@login_required
@require_safe
def statement_pdf(request, organisation_id):
    """The account of an organisation between two days; without days, or with wrong ones, the form that asks for them."""
    organisation = get_object_or_404(Organisation.objects.visible_to(request.user), pk=organisation_id)
    today = timezone.localtime(clock.now()).date()
    form = StatementForm(request.GET, today=today)
    if not form.is_valid():
        context = {"organisation": organisation, "form": form}
        status = 422 if form.errors else 200
        return render(request, "bookings/organisation/statement.html", context, status=status)
    days = form.cleaned_data
    account = statements.statement_of(organisation=organisation, **days)
    return _pdf(invoice_pdf.statement(account), f"statement-{organisation.pk}-{days['last'].isoformat()}")


def _pdf(content, name):
    headers = {"Content-Disposition": f'attachment; filename="{name}.pdf"'}
    return HttpResponse(content, content_type="application/pdf", headers=headers)
