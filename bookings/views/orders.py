"""Pages of what an organisation has ordered: the list, one order, its purchase order, how it is paid."""

from dataclasses import dataclass

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.paginator import Paginator
from django.db.models import Count, F, Min, OuterRef, Q, Subquery, Sum
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import clock
from bookings import order_pages
from bookings.actions import order_payments, orders, purchase_orders
from bookings.actions.capacity import BookingRefused
from bookings.forms.orders import ChangePaymentForm, PurchaseOrderForm, WaysToPay
from bookings.models import CreditNote, Order, OrderLine
from bookings.models.invoice import DUE_INVOICE_STATES
from bookings.models.order import LineState, OrderState, PaymentMethod
from bookings.quoting import package_amount, usable_packages
from bookings.views.organisation import chosen_organisation, contact_organisations
from courses.money import NOTHING, Amounts

PER_PAGE = 25
TO_DO, RUNNING, DONE = "to-do", "running", "done"
SHOWN = {
    TO_DO: (OrderState.AWAITING_PO, OrderState.AWAITING_PAYMENT),
    RUNNING: (OrderState.SUBMITTED, OrderState.CONFIRMED, OrderState.FULFILLED),
    DONE: (OrderState.CLOSED, OrderState.CANCELLED),
}


@dataclass(frozen=True)
class Pages:
    """Where somebody reads orders: the buyer, or the office."""

    list: str
    detail: str
    for_office: bool = False

    def addresses(self, order):
        """Return what the forms about an order lead back to."""
        order_url = reverse(self.detail, args=[order.reference])
        return {"orders_url": reverse(self.list), "order_url": order_url, "for_office": self.for_office}


OWN_PAGES = Pages("bookings:order_list", "bookings:order_detail")
NAMES = ((TO_DO, "To do"), (RUNNING, "Running"), (DONE, "Done"))


@login_required
@require_safe
def order_list(request):
    """What the organisation has ordered: what is to do, what is running, what is done."""
    own = contact_organisations(request.user)
    if not own:
        raise Http404
    organisation = chosen_organisation(request, own, is_team=False) or own[0]
    placed = Order.objects.for_contact(request.user).placed().filter(organisation=organisation)
    counts = placed.aggregate(
        **{name.replace("-", "_"): Count("pk", filter=Q(state__in=SHOWN[name])) for name in SHOWN}
    )
    asked = request.GET.get("show", "")
    show = asked if asked in SHOWN else (TO_DO if counts["to_do"] else RUNNING)
    chosen = with_sums(placed.filter(state__in=SHOWN[show])).order_by("-placed_at", "-pk")
    return render(
        request,
        "bookings/organisation/order_list.html",
        {
            "organisation": organisation,
            "organisations": own,
            "page": Paginator(chosen, PER_PAGE).get_page(request.GET.get("page")),
            "show": show,
            "tabs": [(name, words, counts[name.replace("-", "_")]) for name, words in NAMES],
        },
    )


def with_sums(placed):
    """Each order with how many places it has, what it comes to and its first course."""
    kept = ~Q(lines__state=LineState.DROPPED)
    first = OrderLine.objects.filter(order=OuterRef("pk")).exclude(state=LineState.DROPPED)
    return placed.annotate(
        # A whole course is no place, however many come.
        places=Count("lines", filter=kept & Q(lines__kind__in=[OrderLine.Kind.PLACE, OrderLine.Kind.SELF_PACED])),
        gross=Sum("lines__gross", filter=kept),
        dates=Count("lines__event", filter=kept, distinct=True),
        next_at=Min("lines__event__starts_at", filter=kept),
        first=Subquery(first.order_by(F("event__starts_at").asc(nulls_last=True), "pk").values("description")[:1]),
    )


@login_required
@require_safe
def order_detail(request, reference):
    """One order: what is to do next, who goes where, what is owed for each place and why, its invoices."""
    order = _order(request.user, reference)
    facts = order_facts(order, clock.now())
    invoices = facts["invoices"]
    return render(
        request,
        "bookings/organisation/order_detail.html",
        {
            **facts,
            "unnamed": _unnamed(facts["dates"], facts["now"]),
            "due": [invoice for invoice in invoices if invoice.state in DUE_INVOICE_STATES],
            "steps": order_pages.steps_of(order),
            "may_act_on_places": True,
        },
    )


def order_facts(order, now):
    """What every page about an order shows; its issued invoices alone."""
    places = order_pages.places_of(order)
    lines = [place.line for _, of_date in places for place in of_date]
    invoices = list(order.invoices.issued().order_by("issued_on", "pk"))
    return {
        "order": order,
        "dates": places,
        "total": Amounts.sum(Amounts(net=line.net, vat=line.vat) for line in lines),
        "invoices": invoices,
        "credit_notes": CreditNote.objects.issued().filter(invoice__in=invoices).select_related("invoice"),
        "may_give_number": may_give_number(order, invoices),
        "may_change_payment": not order_payments.why_not_change(order),
        "now": now,
    }


def _order(user, reference):
    placed = Order.objects.for_contact(user).placed().with_facts()
    return get_object_or_404(placed, reference=reference)


def _unnamed(places, now):
    """The groups of this order with places that still need a name, the soonest due first."""
    groups = {place.line.group_booking for _, of_date in places for place in of_date if place.line.group_booking}
    waiting = [group for group in groups if group.places_unnamed and group.name_by and group.name_by > now]
    return sorted(waiting, key=lambda group: (group.name_by, group.pk))


def may_give_number(order, invoices):
    """While no invoice prints it, a purchase order or cost centre can be given or changed."""
    by_number = (PaymentMethod.PURCHASE_ORDER, PaymentMethod.INTERNAL_RECHARGE)
    return order.is_sold and order.payment_method in by_number and not invoices


@login_required
def order_purchase_order(request, reference):
    """Give the number of the purchase order, or the cost centre, that was to follow."""
    order = _order(request.user, reference)
    done = "Thank you. The number is on your order, and your places are safe."
    return purchase_order_page(request, order, OWN_PAGES, done)


def purchase_order_page(request, order, pages, done):
    """Ask for the number and give it; for the buyer, and for the team that is told it on the telephone."""
    given = order.cost_centre if order.is_recharge else order.po_number
    form = PurchaseOrderForm(request.POST or None, initial={"number": given})
    if request.method == "POST" and form.is_valid():
        try:
            purchase_orders.give(
                order_id=order.pk, number=form.cleaned_data["number"], by=request.user, now=clock.now()
            )
        except purchase_orders.PurchaseOrderRefused as refusal:
            form.add_error("number", str(refusal))
        else:
            messages.success(request, done)
            return redirect(pages.detail, reference=order.reference)
    may_give = may_give_number(order, order.invoices.issued())
    context = {**pages.addresses(order), "order": order, "form": form, "may_give_number": may_give}
    return render(request, "bookings/order_purchase_order.html", context, status=422 if form.errors else 200)


@login_required
def order_payment(request, reference):
    """Pay an order in another way, while nothing of it is invoiced."""
    return payment_page(request, _order(request.user, reference), OWN_PAGES)


def payment_page(request, order, pages):
    """Ask how the order is paid instead, and change it; for the buyer and for the team."""
    form = ChangePaymentForm(request.POST or None, ways=_ways(order, clock.now()))
    if pages.for_office:
        form.fields["paying"].label = "How do they pay? The words are theirs."
    reasons = []
    if request.method == "POST" and form.is_valid():
        try:
            order_payments.change_payment(order_id=order.pk, paying=form.chosen, by=request.user, now=clock.now())
        except BookingRefused as refusal:
            reasons = refusal.reasons
        else:
            messages.success(request, "How this order is paid is changed.")
            return redirect(pages.detail, reference=order.reference)
    obstacle = order_payments.why_not_change(order)
    context = {**pages.addresses(order), "order": order, "form": form, "reasons": reasons, "obstacle": obstacle}
    status = 409 if reasons else 422 if form.errors else 200
    return render(request, "bookings/order_payment.html", context, status=status)


def _ways(order, now):
    """The ways of paying an order that was placed: by invoice, or from a package that covers it."""
    lines = list(order.lines.open().select_related("event__version__course").order_by("event__starts_at", "pk"))
    packages = [
        package
        for package in usable_packages(organisation=order.organisation, on=timezone.localtime(now).date())
        if package.pk != order.package_id
    ]
    left_after = {}
    for package in packages:
        amount = sum(
            (
                package_amount(package=package, course=line.event.version.course, net=line.net)
                for line in lines
                if line.event
            ),
            NOTHING,
        )
        if amount <= package.balance:
            left_after[package.reference] = package.balance - amount
    return WaysToPay(
        organisation=order.organisation,
        packages=packages,
        takes_cards=False,
        due_at=orders.first_due(events=[line.event for line in lines if line.event]),
        now=now,
        left_after=left_after,
    )
