"""Credit notes for finance: drafts that wait because something is no longer owed, and those that were issued."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.models import Role
from accounts.pagination import LongPaginator
from bookings.actions import credit_notes
from bookings.models import CreditNote
from bookings.views.finance import PAGE_SIZE, may_change, may_read


@may_read
@require_safe
def finance_credit_note_list(request):
    """The drafts first, to approve or throw away; then what was issued."""
    visible = CreditNote.objects.visible_to(request.user).with_facts().prefetch_related("lines__invoice_line")
    context = {
        "drafts": LongPaginator(visible.drafts().order_by("pk"), PAGE_SIZE).get_page(request.GET.get("drafts")),
        "page": LongPaginator(visible.issued().order_by("-issued_on", "-pk"), PAGE_SIZE).get_page(
            request.GET.get("page")
        ),
        "may_change": request.user.has_role(Role.FINANCE),
    }
    return render(request, "bookings/finance/finance_credit_note_list.html", context)


@may_change
@require_POST
def finance_credit_note_approve(request, note_id):
    """Issue a drafted credit note."""
    note = get_object_or_404(CreditNote.objects.visible_to(request.user), pk=note_id)
    try:
        note = credit_notes.approve(note_id=note.pk, by=request.user, now=clock.now())
    except credit_notes.CreditRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"Credit note {note.number} is issued. It is printed and sent now.")
    return redirect("bookings:finance_credit_note_list")


@may_change
@require_POST
def finance_credit_note_discard(request, note_id):
    """Throw a draft away: the invoice is right as it is."""
    note = get_object_or_404(CreditNote.objects.visible_to(request.user), pk=note_id)
    if credit_notes.discard(note_id=note.pk, by=request.user, now=clock.now()):
        messages.success(request, "The draft is thrown away. The invoice stays as it is.")
    else:
        messages.warning(request, "This credit note was issued already, so it stays.")
    return redirect("bookings:finance_credit_note_list")
