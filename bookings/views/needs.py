"""Page of a person about one booking: what they need so that they can take full part."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render

from accounts import clock
from bookings.actions import needs
from bookings.forms.needs import NeedsForm
from bookings.models import Booking


@login_required
def booking_needs(request, reference):
    """Say or change what one needs, until the date begins."""
    own = Booking.objects.of(request.user).with_event_facts().select_related("needs")
    booking = get_object_or_404(own, reference=reference)
    told = getattr(booking, "needs", None)
    initial = {"needs_access": told.access, "needs_diet": told.diet} if told else {}
    form = NeedsForm(request.POST if request.method == "POST" else None, initial=initial)
    if request.method == "POST" and form.is_valid():
        access, diet = form.cleaned_data["needs_access"], form.cleaned_data["needs_diet"]
        try:
            needs.tell_needs(booking_id=booking.pk, access=access, diet=diet, now=clock.now())
        except needs.TooLateToTell as late:
            messages.error(request, str(late))
        else:
            messages.success(request, "We have noted what you need.")
        return redirect("bookings:booking_detail", reference=booking.reference)
    return render(
        request,
        "bookings/practitioner/booking_needs.html",
        {"booking": booking, "event": booking.event, "course": booking.event.version.course, "form": form},
        status=422 if form.errors else 200,
    )
