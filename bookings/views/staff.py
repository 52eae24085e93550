"""Pages of the Workforce Development Team: one date with everybody on it, requests to decide, all bookings."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render

from accounts import clock
from accounts.access import staff_required
from accounts.models import OutboundEmail
from accounts.pagination import LongPaginator
from bookings.actions import places, registers, requests
from bookings.forms.staff import DecisionForm, StaffBookingFilter
from bookings.models import Attendance, Booking
from bookings.models.booking import ATTENDANCE_OUTCOMES, State
from courses.models import Event, TrainerAssignment

PAGE_SIZE = 25


@staff_required
def staff_event(request, reference):
    """One date: facts, requests, everybody booked, its registers, trainers and letters."""
    event = get_object_or_404(Event.objects.with_catalogue_facts().select_related("split_from"), reference=reference)
    now = clock.now()
    bookings = list(
        event.bookings.select_related("practitioner", "organisation", "offer").order_by("practitioner__full_name", "pk")
    )
    sessions = list(event.sessions.select_related("venue").order_by("position"))
    marked = set(Attendance.objects.filter(session__in=sessions).values_list("session_id", flat=True))
    return render(
        request,
        "bookings/staff/staff_event.html",
        {
            "event": event,
            "requests": [booking for booking in bookings if booking.state == State.REQUESTED],
            "people": [booking for booking in bookings if booking.state in (State.CONFIRMED, *ATTENDANCE_OUTCOMES)],
            "gone": [booking for booking in bookings if not booking.is_live],
            "sessions": [(session, session.pk in marked) for session in sessions],
            "trainers": TrainerAssignment.objects.filter(session__in=sessions)
            .select_related("trainer__practitioner", "trainer__organisation", "session")
            .order_by("session__position", "-part", "pk"),
            "letters": OutboundEmail.objects.filter(
                about__in=[f"event:{event.pk}", *(f"booking:{booking.pk}" for booking in bookings)]
            )
            .only("letter", "subject", "to", "sent_at", "given_up_at", "send_at", "created_at")
            .order_by("-created_at", "-pk")[:50],
            "locks_at": registers.locks_at(event) if event.ends_at else None,
            "changes": event.changes.filter(finished_at__isnull=True),
            "may_change": event.state in (Event.State.OPEN, Event.State.POSTPONED) and not event.has_begun(now),
            "now": now,
        },
    )


@staff_required
def request_decide(request, reference):
    """Confirm or decline one request."""
    booking = get_object_or_404(Booking.objects.visible_to(request.user).with_event_facts(), reference=reference)
    form = DecisionForm(request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            if form.cleaned_data["decision"] == DecisionForm.CONFIRM:
                requests.confirm(booking_id=booking.pk, by=request.user, now=clock.now())
                messages.success(request, f"{booking.practitioner} has a place and has been told.")
            else:
                requests.decline(
                    booking_id=booking.pk, by=request.user, now=clock.now(), reason=form.cleaned_data["reason"]
                )
                messages.success(request, f"{booking.practitioner}'s request is declined, and they have been told why.")
        except places.BookingRefused as error:
            refusal = str(error)
        else:
            return redirect("bookings:staff_event", reference=booking.event.reference)
    return render(
        request,
        "bookings/staff/request_decide.html",
        {"booking": booking, "event": booking.event, "form": form, "refusal": refusal},
        status=422 if refusal or form.errors else 200,
    )


@staff_required
def staff_booking_list(request):
    """All bookings, found by name, address, reference, course or agency."""
    form = StaffBookingFilter(request.GET or None)
    bookings = Booking.objects.visible_to(request.user).with_list_facts()
    if form.is_valid():
        bookings = form.narrow(bookings)
    page = LongPaginator(bookings.order_by("-booked_at", "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "bookings/staff/staff_booking_list.html", {"form": form, "page": page})


@staff_required
def staff_request_list(request):
    """Every request waiting for the team, the soonest to lapse first."""
    waiting = Booking.objects.visible_to(request.user).requested().with_event_facts().order_by("hold_ends_at", "pk")
    page = Paginator(waiting, PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "bookings/staff/staff_request_list.html", {"page": page})
