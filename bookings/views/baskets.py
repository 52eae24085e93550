"""Pages of a contact who buys places: the basket, a place in it, and the order itself."""

from itertools import groupby
from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone

from accounts import clock
from bookings import govuk_pay
from bookings.actions import baskets, orders
from bookings.actions.capacity import BookingRefused
from bookings.actions.places import PriceChanged
from bookings.charging import late_charge_on
from bookings.eligibility import bookable_events, decide_for_group
from bookings.forms.orders import BasketLineForm, CheckoutForm, WaysToPay
from bookings.models import Order
from bookings.models.order import LineState, OrderState, PaymentMethod
from bookings.quoting import lines_to_quote, quote_basket, usable_packages
from bookings.reasons import Reason
from bookings.views.organisation import (
    chosen_organisation,
    contact_organisations,
)
from courses.models import Strand


@login_required
def basket(request):
    """What is in the basket, what it costs and why; places are taken out here, and the order begins."""
    organisation, found = _basket(request)
    if request.method == "POST" and found:
        return _change_basket(request, organisation, found)
    return _basket_page(request, organisation, found)


def _change_basket(request, organisation, found):
    now = clock.now()
    try:
        if "go_on" in request.POST:
            baskets.hold(order_id=found.pk, now=now)
            return redirect(address_of("bookings:checkout", organisation))
        chosen = {str(line.pk): line for line in found.lines.in_basket()}
        line_ids = [chosen[given].pk for given in request.POST.getlist("take_out") if given in chosen]
        of_date = request.POST.get("take_out_date")
        line_ids += [line.pk for line in chosen.values() if of_date and str(line.event_id) == of_date]
        count = baskets.take_out(order_id=found.pk, line_ids=line_ids, now=now) if line_ids else 0
    except BookingRefused as refusal:
        return _basket_page(request, organisation, found, reasons=refusal.reasons, status=409)
    if count:
        messages.success(request, "One place is taken out." if count == 1 else f"{count} places are taken out.")
    return redirect(address_of("bookings:basket", organisation))


def _basket_page(request, organisation, found, reasons=(), status=200):
    now = clock.now()
    facts = _quoted(found, organisation, now) if found else {}
    own = contact_organisations(request.user)
    return render(
        request,
        "bookings/organisation/basket.html",
        {
            "organisation": organisation,
            "organisations": own,
            "basket": found,
            "reasons": reasons,
            "now": now,
            "is_holding": bool(found and found.is_holding(now)),
            "quote_key": uuid4(),
            **facts,
        },
        status=status,
    )


def _quoted(found, organisation, now, *, method="", package=None):
    """The lines by date as they would be sold now, and what a package would cover."""
    lines = lines_to_quote(found)
    packages = list(usable_packages(organisation=organisation, on=timezone.localtime(now).date()))
    method = method or (PaymentMethod.INTERNAL_RECHARGE if organisation.is_recharged else "")
    quoted = quote_basket(
        organisation=organisation,
        lines=lines,
        now=now,
        payment_method=method,
        package=package or next(iter(packages), None),
    )
    by_date = [(event, list(rows)) for event, rows in groupby(quoted.lines, key=lambda row: row.line.event)]
    return {
        "quoted": quoted,
        "dates": by_date,
        "packages": packages,
        "has_changes": any(row.is_changed for row in quoted.lines),
        "places": len(lines),
    }


@login_required
def basket_line(request, line_id):
    """Who one place in the basket is for."""
    mine = Order.objects.baskets().filter(contact__user=request.user).for_contact(request.user)
    found = get_object_or_404(mine.select_related("organisation"), lines__pk=line_id)
    line = get_object_or_404(found.lines.in_basket().select_related("event__version__course"), pk=line_id)
    form = BasketLineForm(request.POST or None, initial={"full_name": line.full_name, "email": line.email})
    if request.method == "POST" and form.is_valid():
        try:
            baskets.name_place(order_id=found.pk, line_id=line.pk, now=clock.now(), **form.cleaned_data)
        except BookingRefused as refusal:
            messages.info(request, refusal.reasons[0].words)
        return redirect(address_of("bookings:basket", found.organisation))
    return render(
        request,
        "bookings/organisation/basket_line.html",
        {"form": form, "line": line, "event": line.event, "back": address_of("bookings:basket", found.organisation)},
        status=422 if form.errors else 200,
    )


# --- The order ------------------------------------------------------------------------------------------------


@login_required
def checkout(request):
    """Say how it is paid and promise for everybody; the places are kept meanwhile."""
    organisation, found = _basket(request)
    now = clock.now()
    if found is None or not found.lines.in_basket().exists():
        return _after_the_order(request, organisation, now)
    if request.method == "POST":
        return _place(request, organisation, found, now)
    if not found.is_holding(now):
        messages.info(request, "Your places are not kept any more. Look at the basket and go on.")
        return redirect(address_of("bookings:basket", organisation))
    page = _page_facts(found, organisation, now)
    return _checkout_page(request, page, _form_of(page))


def _after_the_order(request, organisation, now):
    """The basket was ordered a moment ago, by a second press or another window; or it is empty."""
    last = Order.objects.for_contact(request.user).placed().filter(organisation=organisation, placed_by=request.user)
    placed = last.order_by("-placed_at", "-pk").first() if request.method == "POST" else None
    if placed:
        return redirect("bookings:order_detail", reference=placed.reference)
    return redirect(address_of("bookings:basket", organisation))


def _page_facts(found, organisation, now, *, paying=None):
    facts = _quoted(
        found, organisation, now, method=paying.method if paying else "", package=paying.package if paying else None
    )
    events = [event for event, rows in facts["dates"] if event and any(row.amounts.net for row in rows)]
    due_at = orders.first_due(events=events)
    decisions = {event.pk: _decision(organisation, event, rows, now) for event, rows in facts["dates"] if event}
    named = {event.pk: any(row.line.full_name for row in rows) for event, rows in facts["dates"] if event}
    asked = [decision for pk, decision in decisions.items() if named[pk]]
    costs = facts["quoted"].costs_something
    return {
        **facts,
        "organisation": organisation,
        "basket": found,
        "now": now,
        "ways": _ways(found, organisation, facts["packages"], due_at, now) if costs else None,
        "policy": next((decision.terms.policy for decision in decisions.values()), None),
        "has_names": any(named.values()),
        "asks_manager": _asks_manager(asked),
        "asks_declaration": list(
            dict.fromkeys(
                event.version.course
                for event, _ in facts["dates"]
                if event and named[event.pk] and decisions[event.pk].needs_declaration
            )
        ),
        "terms_of": [
            (event, decisions[event.pk], _late_charge(event, decisions[event.pk], rows))
            for event, rows in facts["dates"]
            if event
        ],
    }


def _decision(organisation, event, rows, now):
    held = sum(row.line.state == LineState.HELD for row in rows)
    event = bookable_events().get(pk=event.pk)
    return decide_for_group(organisation=organisation, event=event, places=len(rows), now=now, places_held=held)


def _late_charge(event, decision, rows):
    """What a free place costs that is not used; nothing where a place costs its price anyway."""
    is_free, policy = not rows[0].amounts.net, decision.terms.policy
    return late_charge_on(event=event, policy=policy, price=decision.price) if is_free and policy else None


def _asks_manager(decisions):
    """Whether the manager's address must be given, may be given, or is not asked for (rule B1)."""
    if any(decision.needs_managers_email for decision in decisions):
        return "must"
    offers = [decision.terms.offer for decision in decisions]
    return "may" if any(offer and offer.strand == Strand.MULTI_AGENCY for offer in offers) else ""


def _ways(found, organisation, packages, due_at, now):
    left_after = {}
    lines = lines_to_quote(found) if packages else []
    for package in packages:
        quoted = quote_basket(
            organisation=organisation, lines=lines, now=now, payment_method=PaymentMethod.PACKAGE, package=package
        )
        if quoted.is_covered:
            left_after[package.reference] = quoted.package_left
    return WaysToPay(
        organisation=organisation,
        packages=packages,
        takes_cards=govuk_pay.cards_are_taken(),
        due_at=due_at,
        now=now,
        left_after=left_after,
    )


def _form_of(page, data=None):
    total = page["quoted"].total.gross
    return CheckoutForm(data, ways=page["ways"], has_names=page["has_names"], initial={"total_shown": total})


def _place(request, organisation, found, now):
    page = _page_facts(found, organisation, now)
    form = _form_of(page, request.POST)
    is_valid = form.is_valid()
    paying = form.chosen
    if paying.method and paying.method != PaymentMethod.NOTHING:
        page = _page_facts(found, organisation, now, paying=paying)
    if not is_valid:
        form.show_reasons(_unsaid(page, form.answers))
        return _checkout_page(request, page, form, status=422)
    try:
        order = orders.place(
            order_id=found.pk,
            paying=paying,
            total_shown=form.cleaned_data["total_shown"],
            answers=form.answers,
            by=request.user,
            now=now,
            notes=form.cleaned_data["notes"],
            takes_cards=govuk_pay.cards_are_taken(),
        )
    except PriceChanged:
        return _checkout_page(request, page, form, is_changed=True, status=409)
    except BookingRefused as refusal:
        reasons = form.show_reasons(refusal.reasons)
        return _checkout_page(request, page, form, reasons=reasons, status=409 if reasons else 422)
    if order.state == OrderState.AWAITING_PAYMENT:
        return redirect("bookings:card_payment_begin", reference=order.reference)
    messages.success(request, "Your order is placed. We have written to everybody who is named, and to you.")
    return redirect("bookings:order_detail", reference=order.reference)


def _unsaid(page, answers):
    """What is still to be said, beside what is wrong with the form already."""
    if page["asks_manager"] == "must" and not answers.manager_email:
        return [Reason("no_managers_email", "")]
    return []


def _checkout_page(request, page, form, *, reasons=(), is_changed=False, status=200):
    page["basket"].refresh_from_db(fields=["held_until", "state"])
    return render(
        request,
        "bookings/organisation/checkout.html",
        {
            **page,
            "form": form,
            "reasons": reasons,
            "is_changed": is_changed,
            "is_holding": page["basket"].is_holding(page["now"]),
            "total": page["quoted"].total,
        },
        status=status,
    )


# --- Whose basket -----------------------------------------------------------------------------------------------


def _basket(request):
    """The organisation that is ordered for, and its open basket of this contact, if there is one."""
    own = contact_organisations(request.user)
    if not own:
        raise Http404
    mine = Order.objects.baskets().filter(contact__user=request.user, organisation__in=own)
    organisation = chosen_organisation(request, own, is_team=False)
    if organisation is None:
        filled = mine.filter(lines__state__in=[LineState.CHOSEN, LineState.HELD]).order_by("-pk").first()
        organisation = next((each for each in own if filled and each.pk == filled.organisation_id), own[0])
    found = mine.filter(organisation=organisation).select_related("organisation").first()
    return organisation, found


def address_of(name, organisation, *args):
    return f"{reverse(name, args=args)}?organisation={organisation.pk}"
