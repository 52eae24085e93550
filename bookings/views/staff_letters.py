"""Letters of one booking, or of one date with everybody on it, for the Workforce Development Team."""

from django.http import Http404
from django.shortcuts import get_object_or_404, render
from django.urls import reverse

from accounts.access import staff_required
from accounts.models import OutboundEmail
from accounts.pagination import LongPaginator
from bookings.models import Booking
from courses.models import Event

PAGE_SIZE = 25


@staff_required
def letters_about(request, kind, number):
    """Every letter about a booking, or about a date and the bookings on it; the newest first."""
    if kind not in ABOUT:
        raise Http404
    subjects, title, context = ABOUT[kind](request.user, number)
    letters = (
        OutboundEmail.objects.filter(about__in=subjects)
        .select_related("practitioner")
        .defer("text", "html", "calendar")
        .order_by("-created_at", "-pk")
    )
    page = LongPaginator(letters, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "bookings/staff/letters_about.html", {"title": title, "page": page, **context})


def _of_booking(user, number):
    bookings = Booking.objects.visible_to(user).with_event_facts().with_returned_letters()
    booking = get_object_or_404(bookings, pk=number)
    back = reverse("bookings:staff_event", args=[booking.event.reference])
    context = {"booking": booking, "event": booking.event, "back": back, "address": booking.practitioner.email}
    return [f"booking:{booking.pk}"], f"Letters about booking {booking.reference}", context


def _of_event(user, number):
    event = get_object_or_404(Event.objects.with_catalogue_facts(), pk=number)
    bookings = Booking.objects.visible_to(user).filter(event=event).values_list("pk", flat=True)
    subjects = [f"event:{event.pk}", *(f"booking:{pk}" for pk in bookings)]
    back = reverse("bookings:staff_event", args=[event.reference])
    return subjects, f"Letters about {event.reference}", {"event": event, "back": back}


ABOUT = {"booking": _of_booking, "event": _of_event}
