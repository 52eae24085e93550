"""Quotes for whoever speaks for an organisation: the list, one of them, its PDF, yes and no; and a quote of a basket."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from bookings import quote_pdf
from bookings.actions import orders, quote_acceptance, quotes
from bookings.actions.capacity import BookingRefused
from bookings.forms.orders import WaysToPay
from bookings.forms.quotes import AcceptForm, DeclineForm
from bookings.models import Order, OrderLine, Quote
from bookings.quoting import as_agreed, usable_packages
from bookings.views.organisation import contact_organisations
from courses.actions.enquiries import EnquiryHasMovedOn, NotKnownYet
from courses.models import ChargingPolicy

PER_PAGE = 25
REFUSALS = (quotes.QuoteRefused, EnquiryHasMovedOn, NotKnownYet)


@login_required
@require_safe
def quote_list(request):
    """What was quoted to this person's organisations, the newest first."""
    own = contact_organisations(request.user)
    if not own:
        raise Http404
    rows = Quote.objects.for_contact(request.user).with_facts().order_by("-sent_at", "-pk")
    page = Paginator(rows, PER_PAGE).get_page(request.GET.get("page"))
    return render(request, "bookings/organisation/quote_list.html", {"page": page, "organisations": own})


@login_required
@require_safe
def quote_detail(request, reference):
    """One quote: what it is for, what it comes to, until when it stands, and what became of it."""
    found = _quote(request.user, reference)
    return render(request, "bookings/organisation/quote_detail.html", quote_facts(found, clock.now()))


@login_required
@require_safe
def quote_pdf_file(request, reference):
    """The quote as a document, for its organisation and for the team."""
    sent = Quote.objects.visible_to(request.user).filter(sent_at__isnull=False).with_facts()
    found = get_object_or_404(sent, reference=reference)
    return HttpResponse(
        quote_pdf.quote(found),
        content_type="application/pdf",
        headers={"Content-Disposition": f'inline; filename="quote-{found.reference}.pdf"'},
    )


@login_required
def quote_accept(request, reference):
    """Accept a quote with how it is paid: it becomes an order."""
    found = _quote(request.user, reference)
    return accept_page(request, found, AcceptForm, "bookings/organisation/quote_accept.html", "bookings:quote_detail")


def accept_page(request, found, form_class, template, page_name):
    """Ask how it is paid, and accept; for the contact and for the team."""
    now = clock.now()
    form = form_class(request.POST if request.method == "POST" else None, ways=ways_of(found, now))
    reasons = []
    if form.is_bound and form.is_valid():
        try:
            accepted = quote_acceptance.accept(
                quote_id=found.pk,
                paying=form.chosen,
                by=request.user,
                now=now,
                notes=form.cleaned_data["notes"],
                said_by=form.cleaned_data.get("said_by", ""),
            )
        except REFUSALS as refusal:
            messages.error(request, str(refusal))
            return redirect(page_name, reference=found.reference)
        except BookingRefused as refusal:
            reasons = refusal.reasons
        else:
            messages.success(request, f"The quote is accepted. It is order {accepted.order.reference} now.")
            return redirect(page_name, reference=found.reference)
    elif not found.may_be_answered(timezone.localtime(now).date()):
        return redirect(page_name, reference=found.reference)
    facts = {**quote_facts(found, now), "form": form, "reasons": reasons}
    facts["policy"] = ChargingPolicy.objects.in_force(timezone.localtime(now).date()).first()
    return render(request, template, facts, status=409 if reasons else 422 if form.errors else 200)


@login_required
def quote_decline(request, reference):
    """Say no, and why if they like."""
    found = _quote(request.user, reference)
    form = DeclineForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            quotes.decline(quote_id=found.pk, reason=form.cleaned_data["reason"], by=request.user, now=clock.now())
        except REFUSALS as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, "Thank you for telling us. The quote is declined.")
        return redirect("bookings:quote_detail", reference=found.reference)
    facts = {**quote_facts(found, clock.now()), "form": form}
    return render(request, "bookings/organisation/quote_decline.html", facts, status=422 if form.errors else 200)


@login_required
@require_POST
def basket_quote(request):
    """Make a quote of what is in the basket, to show at school."""
    own = contact_organisations(request.user)
    if not own:
        raise Http404
    mine = Order.objects.baskets().filter(contact__user=request.user, organisation__in=own)
    chosen = request.POST.get("organisation", "")
    basket = mine.filter(organisation__in=[each for each in own if str(each.pk) == chosen]).first()
    if basket is None:
        messages.info(request, "Nothing is in your basket to make a quote of.")
        return redirect("bookings:basket")
    try:
        made = quotes.of_basket(order_id=basket.pk, key=_key(request), by=request.user, now=clock.now())
    except quotes.QuoteRefused as refusal:
        messages.error(request, str(refusal))
        return redirect("bookings:basket")
    messages.success(request, "Here is your quote. No place is kept until it is accepted; your basket stays as it is.")
    return redirect("bookings:quote_detail", reference=made.reference)


def _key(request):
    try:
        return UUID(request.POST.get("idempotency_key", ""))
    except ValueError:
        return uuid4()


def quote_facts(found, now):
    """What every page about a quote shows."""
    return {
        "quote": found,
        "lines": list(found.lines.order_by("position")),
        "may_answer": found.may_be_answered(timezone.localtime(now).date()),
        "now": now,
    }


def ways_of(found, now):
    """The ways of paying for a quote: as for an order, but not by card; packages cover places alone."""
    # Lines of an order that does not exist yet, to ask what a package would cover.
    rows = found.lines.select_related("event__version__course").order_by("position")
    lines = [line for row in rows for line in quote_acceptance.lines_of(order=None, quoted=row)]
    packages = []
    if any(line.kind == OrderLine.Kind.PLACE for line in lines):
        packages = list(usable_packages(organisation=found.organisation, on=timezone.localtime(now).date()))
    left_after = {}
    for package in packages:
        agreed = as_agreed(lines, package=package)
        if agreed.is_covered:
            left_after[package.reference] = agreed.package_left
    return WaysToPay(
        organisation=found.organisation,
        packages=packages,
        takes_cards=False,
        due_at=orders.first_due(events=[line.event for line in lines if line.event]),
        now=now,
        left_after=left_after,
    )


def _quote(user, reference):
    return get_object_or_404(Quote.objects.for_contact(user).with_facts(), reference=reference)
