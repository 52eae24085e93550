"""Pages for whoever gives feedback: the questionnaire, and the way to it from a booking."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render

from accounts import clock
from bookings.models import Booking
from evaluation.models import Response
from evaluation.models.questionnaire import PERSONS_STAGES, Stage
from evaluation.views.answering import answer


@login_required
def respond(request, response_id):
    """Answer one questionnaire, signed in."""
    response = get_object_or_404(Response.objects.visible_to(request.user).with_page_facts(), pk=response_id)

    def done():
        if response.stage == Stage.POST:
            return redirect("bookings:certificate_status", reference=response.booking.reference)
        return redirect(request.path)

    return answer(request, response, show=render, done=done)


@login_required
def booking_feedback(request, reference):
    """From a booking to the questionnaire that is open now, or what there is to know about it."""
    booking = get_object_or_404(Booking.objects.of(request.user).with_event_facts(), reference=reference)
    response = (
        Response.objects.visible_to(request.user)
        .open(clock.now())
        .filter(booking=booking)
        .order_by("-opens_at")
        .first()
    )
    if response is not None:
        return redirect("evaluation:respond", response_id=response.pk)
    context = {
        "booking": booking,
        "event": booking.event,
        "responses": booking.responses.filter(stage__in=PERSONS_STAGES)
        .exclude(state=Response.State.CANCELLED)
        .order_by("opens_at"),
    }
    return render(request, "evaluation/practitioner/booking_feedback.html", context)
