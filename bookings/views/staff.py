"""Pages of the Workforce Development Team: one date with everybody on it, requests to decide, all bookings."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render

from accounts import clock
from accounts.access import staff_required
from accounts.models import OutboundEmail
from accounts.pagination import LongPaginator
from bookings.actions import places, registers, requests
from bookings.agency_mix import mix_of
from bookings.eligibility import absences_that_count, reasons_for_the_team
from bookings.forms.staff import DecisionForm, StaffBookingFilter
from bookings.models import Attendance, Booking, ChargeNotice
from bookings.models.booking import ATTENDANCE_OUTCOMES, State
from courses.models import Event, TrainerAssignment

PAGE_SIZE = 25


@staff_required
def staff_event(request, reference):
    """One date: facts, requests, everybody booked, its registers, trainers and letters."""
    dates = Event.objects.with_catalogue_facts().select_related("split_from", "commissioned_by", "enquiry")
    event = get_object_or_404(dates, reference=reference)
    now = clock.now()
    bookings = list(
        event.bookings.with_returned_letters()
        .select_related("practitioner", "organisation", "offer", "approval")
        .order_by("practitioner__full_name", "pk")
    )
    groups = list(event.group_bookings.select_related("organisation").order_by("organisation__name", "pk"))
    sessions = list(event.sessions.select_related("venue").order_by("position"))
    marked = set(Attendance.objects.filter(session__in=sessions).values_list("session_id", flat=True))
    return render(
        request,
        "bookings/staff/staff_event.html",
        {
            "event": event,
            "requests": [booking for booking in bookings if booking.state == State.REQUESTED],
            "people": [booking for booking in bookings if booking.state in (State.CONFIRMED, *ATTENDANCE_OUTCOMES)],
            "groups": groups,
            "gone": [booking for booking in bookings if not booking.is_live],
            "sessions": [(session, session.pk in marked) for session in sessions],
            "trainers": TrainerAssignment.objects.filter(session__in=sessions)
            .select_related("trainer__practitioner", "trainer__organisation", "session")
            .order_by("session__position", "-part", "pk"),
            "letters": OutboundEmail.objects.filter(
                about__in=[
                    f"event:{event.pk}",
                    *(f"booking:{booking.pk}" for booking in bookings),
                    *(f"group:{group.pk}" for group in groups),
                ]
            )
            .defer("text", "html", "calendar")
            .order_by("-created_at", "-pk")[:50],
            "mix": mix_of(event=event, now=clock.now()),
            "locks_at": registers.locks_at(event) if event.ends_at else None,
            "changes": event.changes.filter(finished_at__isnull=True),
            "may_change": event.state in (Event.State.OPEN, Event.State.POSTPONED) and not event.has_begun(now),
            "now": now,
        },
    )


@staff_required
def request_decide(request, reference):
    """Confirm or decline one request."""
    bookings = Booking.objects.visible_to(request.user).with_event_facts().with_approval()
    booking = get_object_or_404(bookings, reference=reference)
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
        {
            "booking": booking,
            "event": booking.event,
            "approval": getattr(booking, "approval", None),
            "to_check": reasons_for_the_team(booking=booking, now=clock.now()),
            "form": form,
            "refusal": refusal,
            "absences": _absences_of(booking.practitioner),
        },
        status=422 if refusal or form.errors else 200,
    )


def _absences_of(practitioner):
    """The unused places that count against somebody, each with the charge that tells more (rule B18)."""
    absences = absences_that_count(practitioner=practitioner, now=clock.now())
    notices = ChargeNotice.objects.shown_to_agencies().filter(booking__in=absences)
    by_booking = {notice.booking_id: notice for notice in notices}
    return [(absence, by_booking.get(absence.pk)) for absence in absences]


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
    """Requests waiting for the team or, on the other tab, for a manager; the soonest to lapse first."""
    requested = Booking.objects.visible_to(request.user)
    for_the_team, for_managers = requested.waiting_for_the_team(), requested.waiting_for_a_manager()
    is_for_managers = request.GET.get("waits") == "manager"
    waiting = (for_managers if is_for_managers else for_the_team).with_event_facts().with_approval()
    page = Paginator(waiting.order_by("hold_ends_at", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    counts = {"team": for_the_team.count(), "managers": for_managers.count()}
    context = {"page": page, "counts": counts, "is_for_managers": is_for_managers}
    return render(request, "bookings/staff/staff_request_list.html", context)
