"""What a contact does at the organisation's own home: take out a colleague who has left, fetch the training record."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.actions.organisations import CannotRemove, remove_colleague
from accounts.models import Membership, Organisation
from bookings.models import Booking
from bookings.reports import organisation_record_csv
from workforce_portal.views.organisation import COMING_PER_PAGE, COMING_STATES, chosen


@login_required
def colleague_end(request, membership_id):
    """Say that a colleague has left; their places and the organisation's orders stay."""
    organisations = list(Organisation.objects.of_contact(request.user))
    people = (
        Membership.objects.live().filter(organisation__in=organisations).select_related("practitioner", "organisation")
    )
    membership = get_object_or_404(people, pk=membership_id)
    person, organisation = membership.practitioner, membership.organisation
    refusal = ""
    if request.method == "POST":
        try:
            remove_colleague(practitioner=person, organisation=organisation, by=request.user, now=clock.now())
        except CannotRemove as error:
            refusal = str(error)
        else:
            messages.success(request, f"{person} is no longer one of your people. Places and orders stay as they are.")
            return redirect(f"{reverse('organisation_home')}?organisation={organisation.pk}#people")
    bookings = Booking.objects.visible_to(request.user).filter(organisation=organisation, practitioner=person)
    coming = bookings.filter(state__in=COMING_STATES).upcoming(clock.now())
    return render(
        request,
        "workforce_portal/organisation/colleague_end.html",
        {
            "person": person,
            "organisation": organisation,
            "refusal": refusal,
            "coming": list(coming.with_event_facts().order_by("event__starts_at", "pk")[:COMING_PER_PAGE]),
        },
        status=409 if refusal else 200,
    )


@login_required
@require_safe
def organisation_record(request):
    """Everything the organisation's people took part in, as a file."""
    organisations = list(Organisation.objects.of_contact(request.user))
    if not organisations:
        raise Http404
    organisation = chosen(organisations, request.GET.get("organisation"))
    response = HttpResponse(organisation_record_csv(organisation), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="training-record.csv"'
    return response
