"""A page of the person who learns: their date has moved, can they come?"""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render

from accounts import clock
from bookings import emails
from bookings.actions import move_answers
from bookings.models import Booking, EventChange

ANSWERS = {"yes": True, "no": False}


@login_required
def booking_answer(request, reference):
    """How the date was and how it is, and two buttons: I can come, I cannot come."""
    own = Booking.objects.of(request.user).with_event_facts().select_related("policy")
    booking = get_object_or_404(own.prefetch_related("event__sessions__venue"), reference=reference)
    said = ANSWERS.get(request.POST.get("answer", ""))
    if request.method == "POST" and said is not None:
        try:
            booking = move_answers.answer(booking_id=booking.pk, is_coming=said, by=request.user, now=clock.now())
        except move_answers.CannotAnswer as refusal:
            messages.error(request, str(refusal))
        else:
            messages.success(request, _words(said))
            return redirect("bookings:booking_detail", reference=reference)
    if not booking.is_asked:
        return redirect("bookings:booking_detail", reference=reference)
    return render(
        request,
        "bookings/practitioner/booking_answer.html",
        {
            "booking": booking,
            "event": booking.event,
            "course": booking.event.version.course,
            "sessions": emails.sessions_of(booking.event),
            "place": emails.place_of(booking.event),
            "before": _before(booking),
            "clashes": move_answers.clashes_of(booking=booking),
        },
    )


def _words(is_coming):
    if is_coming:
        return "Thank you. Your place is kept for the new day."
    return "Thank you for telling us. Your place goes to somebody else, and nothing is charged."


def _before(booking):
    """How the date was before the change about which they are asked."""
    changes = EventChange.objects.filter(answer_due_at=booking.answer_due_at)
    change = (changes.filter(event=booking.event) | changes.filter(new_event=booking.event)).order_by("-pk").first()
    return emails.before_of(change) if change else None
