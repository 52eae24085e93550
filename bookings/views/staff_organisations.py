"""The Workforce Development Team decides what an employer is that somebody typed in."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render

from accounts import clock
from accounts.access import staff_required
from accounts.forms import OrganisationDecisionForm
from accounts.models import Organisation
from bookings.actions import organisations
from bookings.models import Booking

REQUESTS_SHOWN = 10


@staff_required
def organisation_settle(request, organisation_id):
    """The same as a listed one, or a new one with its sector and what it pays."""
    waiting = Organisation.objects.visible_to(request.user).waiting_for_a_decision()
    proposed = get_object_or_404(waiting, pk=organisation_id)
    form = OrganisationDecisionForm(request.POST or None, initial={"name": proposed.name})
    if request.method == "POST" and form.is_valid():
        try:
            settled = organisations.settle_organisation(
                proposed_id=proposed.pk, by=request.user, now=clock.now(), **form.terms()
            )
        except organisations.AlreadySettled as lapse:
            messages.info(request, str(lapse))
        else:
            messages.success(request, f"{settled} has its place, and its people are told.")
        return redirect("accounts:organisation_decisions")
    context = {
        "organisation": proposed,
        "form": form,
        "people": proposed.memberships.live().select_related("practitioner").order_by("pk"),
        "requests": Booking.objects.filter(organisation=proposed)
        .requested()
        .with_event_facts()
        .order_by("hold_ends_at", "pk")[:REQUESTS_SHOWN],
    }
    return render(request, "bookings/staff/organisation_settle.html", context)
