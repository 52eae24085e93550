"""Orders for finance and the team: every order, one of them with all that became of it, and what a caller has done for them."""

from django.db.models import F
from django.shortcuts import get_object_or_404, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.models import Role
from accounts.pagination import LongPaginator
from bookings import order_pages
from bookings.forms.money import OrderFilter
from bookings.models import Order
from bookings.views.finance import PAGE_SIZE, may_read
from bookings.views.orders import Pages, order_facts, payment_page, purchase_order_page, with_sums

OFFICE_PAGES = Pages("bookings:finance_order_list", "bookings:finance_order", for_office=True)
# An order is the office's to look after, so that both may act on it; its money is finance's alone.
may_act = may_read
# What was given up before it was ordered comes last.
NEWEST_FIRST = (F("placed_at").desc(nulls_last=True), "-pk")


@may_read
@require_safe
def finance_order_list(request):
    """Every order, the newest first; what is searched and filtered is found before anything is added up."""
    found = OrderFilter(request.GET)
    placed = Order.objects.visible_to(request.user).placed()
    page = LongPaginator(found.narrow(placed, clock.now()).order_by(*NEWEST_FIRST), PAGE_SIZE).get_page(
        request.GET.get("page")
    )
    shown = Order.objects.filter(pk__in=[order.pk for order in page.object_list])
    page.object_list = list(with_sums(shown.with_facts()).order_by(*NEWEST_FIRST))
    for order in page.object_list:
        order.paid = order_pages.PAID.get(order.payment_method, "")
    context = {"filter": found, "page": page, "now": clock.now()}
    return render(request, "bookings/finance/finance_order_list.html", context)


@may_read
@require_safe
def finance_order(request, reference):
    """One order: what was sold at which price, what became of each line, its documents, payments and history."""
    order = _order_of(request, reference)
    now = clock.now()
    drafts = list(order.invoices.drafts().order_by("pk"))
    facts = order_facts(order, now)
    context = {
        **facts,
        "invoices": [*facts["invoices"], *drafts],
        "payments": order.payments.select_related("alarm_settled_by__practitioner").order_by("pk"),
        "is_po_late": Order.objects.overdue_without_purchase_order(now).filter(pk=order.pk).exists(),
        "story": order_pages.story_of(order),
        "today": timezone.localtime(now).date(),
        "for_office": True,
        # Whoever looks after places changes them; finance reads who goes.
        "may_act_on_places": request.user.has_role(Role.WORKFORCE_TEAM),
    }
    return render(request, "bookings/finance/finance_order.html", context)


@may_act
def finance_order_purchase_order(request, reference):
    """Take down the number of a purchase order, or a cost centre, that a caller gives."""
    return purchase_order_page(request, _order_of(request, reference), OFFICE_PAGES, "The number is on the order.")


@may_act
def finance_order_payment(request, reference):
    """Pay an order in another way, as a caller asks for it."""
    return payment_page(request, _order_of(request, reference), OFFICE_PAGES)


def _order_of(request, reference):
    visible = Order.objects.visible_to(request.user).placed().with_facts()
    return get_object_or_404(visible.select_related("placed_by__practitioner"), reference=reference)
