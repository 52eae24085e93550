"""Pages that fill a basket: the list of a date goes in, and whoever does not fit goes to another date of the course."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from bookings.actions import baskets
from bookings.actions.capacity import BookingRefused
from bookings.eligibility import bookable_events
from bookings.forms.groups import GroupListForm
from bookings.models import Order, OrderLine
from bookings.views.baskets import address_of
from bookings.views.organisation import (
    LEFT_OVER,
    another_date_page,
    chosen_organisation,
    contact_organisations,
    list_page,
)


@login_required
@require_POST
def basket_add(request, reference):
    """Put a list of people, and places without a name, of one date into the basket."""
    own = contact_organisations(request.user)
    event = get_object_or_404(bookable_events().published(), reference=reference)
    organisation = chosen_organisation(request, own, is_team=False)
    if organisation is None:
        raise Http404
    form = GroupListForm(request.POST, request.FILES)
    if not form.is_valid() or form.has_wrong_lines:
        return list_page(request, event, organisation, form)
    now = clock.now()
    basket = baskets.basket_of(organisation=organisation, contact=request.user.practitioner, by=request.user, now=now)
    try:
        baskets.add(order_id=basket.pk, event=event, colleagues=form.colleagues, places_unnamed=form.unnamed, now=now)
    except BookingRefused as refusal:
        return list_page(request, event, organisation, form, leftover=refusal.reasons, status=409)
    messages.success(request, f"{event.version.course.title} is in your basket.")
    request.session.pop(LEFT_OVER, None)
    if form.others_text:
        request.session[LEFT_OVER] = {_left_over_by(event, organisation): form.others_text}
        return redirect(address_of("bookings:basket_another_date", organisation, event.reference))
    return redirect(address_of("bookings:basket", organisation))


def _left_over_by(event, organisation):
    return f"{event.reference}:{organisation.pk}"


@login_required
@require_safe
def basket_another_date(request, reference):
    """Another date of the same course: for whoever of a list did not fit, or for the same people again."""
    event = get_object_or_404(bookable_events().published(), reference=reference)
    organisation = chosen_organisation(request, contact_organisations(request.user), is_team=False)
    if organisation is None:
        raise Http404
    left_over = request.session.get(LEFT_OVER, {}).get(_left_over_by(event, organisation), "").splitlines()
    mine = Order.objects.baskets().filter(contact__user=request.user, organisation=organisation)
    same = OrderLine.objects.in_basket().filter(order__in=mine, event=event).exclude(full_name="").order_by("pk")
    people = [", ".join(filter(None, who)) for who in same.values_list("full_name", "email")]
    return another_date_page(
        request,
        event=event,
        organisation=organisation,
        names=left_over or people,
        now=clock.now(),
        left_over=len(left_over),
    )
