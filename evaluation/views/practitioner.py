"""Pages for whoever gives feedback: the questionnaire, and the way to it from a booking."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render

from accounts import clock
from bookings.models import Booking
from evaluation.actions import responses
from evaluation.forms.responses import ResponseForm, items_for
from evaluation.models import Response
from evaluation.models.questionnaire import Stage

MINUTES = {Stage.PRE: 2, Stage.POST: 4, Stage.FOLLOW_UP: 4}


@login_required
def respond(request, response_id):
    """Answer one questionnaire, all on one page; afterwards, or too late, the page says so."""
    response = get_object_or_404(
        Response.objects.visible_to(request.user)
        .select_related("questionnaire", "booking__offer", "booking__event__version__course")
        .prefetch_related("questionnaire__questions"),
        pk=response_id,
    )
    try:
        responses.refuse_unless_open(response=response, now=clock.now())
        return _answer(request, response)
    except responses.NotOpen as closed:
        response.refresh_from_db(fields=["state"])
        status = 200 if request.method == "GET" or response.state == Response.State.SUBMITTED else 409
        return render(
            request,
            "evaluation/practitioner/respond_closed.html",
            {"response": response, "booking": response.booking, "words": str(closed)},
            status=status,
        )


def _answer(request, response):
    form = ResponseForm(request.POST if request.method == "POST" else None, items=items_for(response=response))
    if request.method == "POST" and form.is_valid():
        responses.submit(response=response, answers=form.answers, now=clock.now())
        if response.stage == Stage.POST:
            return redirect("bookings:certificate_status", reference=response.booking.reference)
        return redirect("evaluation:respond", response_id=response.pk)
    context = {
        "form": form,
        "response": response,
        "booking": response.booking,
        "event": response.booking.event,
        "course": response.booking.event.version.course,
        "minutes": MINUTES[Stage(response.stage)],
    }
    return render(request, "evaluation/practitioner/respond.html", context, status=422 if form.errors else 200)


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
        "responses": booking.responses.exclude(state=Response.State.CANCELLED).order_by("opens_at"),
    }
    return render(request, "evaluation/practitioner/booking_feedback.html", context)
