"""Quotes for the Workforce Development Team: the list, written, sent, withdrawn, accepted on the telephone."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import role_required, staff_required
from accounts.models import OutboundEmail, Role
from accounts.pagination import LongPaginator
from bookings.actions import quotes
from bookings.forms.quotes import QuoteLineForms, QuoteNotesForm, TelephoneAcceptForm, WithdrawForm
from bookings.models import Quote
from bookings.models.quote import QuoteState
from bookings.views.quotes import REFUSALS, accept_page, quote_facts
from courses.models import Enquiry
from courses.pricing import NoVatRate

quotes_required = role_required(Role.WORKFORCE_TEAM, Role.FINANCE)
PER_PAGE = 25


@quotes_required
@require_safe
def staff_quote_list(request):
    """Every quote, the newest first, or those in one state."""
    rows = Quote.objects.visible_to(request.user)
    show = request.GET.get("show", "")
    if show.upper() in QuoteState.values:
        rows = rows.filter(state=show.upper())
    page = LongPaginator(rows.with_facts().order_by("-created_at", "-pk"), PER_PAGE).get_page(request.GET.get("page"))
    tabs = [("", "All"), *((state.value.lower(), state.label.capitalize()) for state in QuoteState)]
    context = {"page": page, "show": show, "tabs": tabs, "is_team": request.user.has_role(Role.WORKFORCE_TEAM)}
    return render(request, "bookings/staff/staff_quote_list.html", context)


@quotes_required
@require_safe
def staff_quote(request, reference):
    """One quote with all that can be done about it; finance reads."""
    return _page(request, _quote_of(request, reference), WithdrawForm())


@staff_required
@require_POST
def staff_quote_begin(request, reference):
    """Write a quote for an enquiry, or a new version of one."""
    enquiry = get_object_or_404(Enquiry.objects.visible_to(request.user), reference=reference)
    try:
        draft = quotes.begin(enquiry_id=enquiry.pk, by=request.user, now=clock.now())
    except (quotes.QuoteRefused, NoVatRate) as refusal:
        messages.error(request, str(refusal))
        return redirect("courses:staff_enquiry", reference=enquiry.reference)
    return redirect("bookings:staff_quote_edit", reference=draft.reference)


@staff_required
def staff_quote_edit(request, reference):
    """Write the lines of a draft and the words with them."""
    draft = _quote_of(request, reference)
    if not draft.is_draft:
        messages.info(request, "This quote was sent, so it stays as it is. Write a new version instead.")
        return redirect("bookings:staff_quote", reference=draft.reference)
    sent = request.POST if request.method == "POST" else None
    written = [vars(item) for item in quotes.items_of(written=draft)]
    lines = QuoteLineForms(sent, prefix="lines", initial=[_initial(item) for item in written])
    form = QuoteNotesForm(sent, initial={"notes": draft.notes})
    if sent is not None and all([lines.is_valid(), form.is_valid()]):
        try:
            quotes.write(
                quote_id=draft.pk, items=lines.items, notes=form.cleaned_data["notes"], by=request.user, now=clock.now()
            )
        except (quotes.QuoteRefused, NoVatRate) as refusal:
            form.add_error(None, str(refusal))
        else:
            messages.success(request, "Saved. Look at it once more, then send it.")
            return redirect("bookings:staff_quote", reference=draft.reference)
    wrong = sent is not None
    context = {**quote_facts(draft, clock.now()), "form": form, "line_forms": lines}
    return render(request, "bookings/staff/staff_quote_edit.html", context, status=422 if wrong else 200)


def _initial(item):
    """A line as it was written; a price that nobody has set yet is left open."""
    return item | {"unit_price": item["unit_price"] or None}


@staff_required
@require_POST
def staff_quote_step(request, reference, step):
    """Send a draft, throw it away, or take back what was sent."""
    found = _quote_of(request, reference)
    facts = {"quote_id": found.pk, "by": request.user, "now": clock.now()}
    if step == "withdraw":
        form = WithdrawForm(request.POST)
        if not form.is_valid():
            return _page(request, found, form, status=422)
        facts |= form.cleaned_data
    if step not in STEPS:
        raise Http404
    action, done = STEPS[step]
    try:
        action(**facts)
    except (*REFUSALS, NoVatRate) as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    if step == "discard" and found.enquiry:
        return redirect("courses:staff_enquiry", reference=found.enquiry.reference)
    return redirect("bookings:staff_quote", reference=found.reference)


STEPS = {
    "send": (quotes.send, "The quote is on its way."),
    "discard": (quotes.discard, "The draft is thrown away."),
    "withdraw": (quotes.withdraw, "The quote is withdrawn."),
}


@staff_required
def staff_quote_accept(request, reference):
    """Take down that somebody has accepted it on the telephone or in a letter."""
    found = _quote_of(request, reference)
    return accept_page(
        request, found, TelephoneAcceptForm, "bookings/staff/staff_quote_accept.html", "bookings:staff_quote"
    )


def _page(request, found, form, status=200):
    now = clock.now()
    letters = OutboundEmail.objects.about(f"quote:{found.pk}").select_related("practitioner")
    is_newest = not Quote.objects.filter(replaces=found).exists()
    context = {
        **quote_facts(found, now),
        "form": form,
        "is_team": request.user.has_role(Role.WORKFORCE_TEAM),
        "obstacle": quotes.why_not_send(draft=found, now=now) if found.is_draft else "",
        "may_write_anew": bool(is_newest and found.enquiry and found.enquiry.is_undecided and not found.is_draft),
        "letters": letters.defer("text", "html", "calendar").order_by("-created_at", "-pk")[:PER_PAGE],
    }
    return render(request, "bookings/staff/staff_quote.html", context, status=status)


def _quote_of(request, reference):
    return get_object_or_404(Quote.objects.visible_to(request.user).with_facts(), reference=reference)
