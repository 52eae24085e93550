"""Registers as the Workforce Development Team sees them: all sessions of a date, its corrections, an outcome decided."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render

from accounts import clock
from accounts.access import staff_required
from bookings import reports
from bookings.actions import registers
from bookings.forms.registers import OutcomeForm
from bookings.models import Attendance, Booking
from bookings.models.booking import TOOK_PART_STATES, State
from courses.models import Event

AS_ATTENDED, BY_THE_MARKS = "attended", "marks"


@staff_required
def staff_register(request, reference):
    """Everybody and every session side by side, what became of each, and who corrected what."""
    event = get_object_or_404(Event.objects.published().with_catalogue_facts(), reference=reference)
    sessions = list(event.sessions.order_by("position"))
    bookings = (
        event.bookings.on_the_register()
        .select_related("practitioner", "organisation")
        .order_by("practitioner__full_name", "pk")
    )
    marks = {
        (attendance.booking_id, attendance.session_id): attendance
        for attendance in Attendance.objects.filter(session__in=sessions).select_related("marked_by__practitioner")
    }
    return render(
        request,
        "bookings/staff/staff_register.html",
        {
            "event": event,
            "sessions": sessions,
            "rows": [_row(booking, sessions, marks) for booking in bookings],
            "corrections": reports.corrections_of(event),
            "locks_at": registers.locks_at(event) if event.ends_at else None,
            "now": clock.now(),
        },
    )


def _row(booking, sessions, marks):
    own = [(session, marks.get((booking.pk, session.pk))) for session in sessions]
    given = [attendance.mark if attendance else Attendance.Mark.ABSENT for _, attendance in own]
    is_decided = booking.state in TOOK_PART_STATES and booking.state != registers.outcome(given)
    return {
        "booking": booking,
        "cells": [
            {
                "session": session,
                "words": reports.words_of(attendance.choice, attendance.at) if attendance else "",
                "who": reports.who_marked(attendance, session) if attendance else "",
            }
            for session, attendance in own
        ],
        "is_decided": is_decided and any(attendance for _, attendance in own),
        "may_decide": booking.state == State.PART_ATTENDED,
    }


@staff_required
def booking_outcome(request, reference):
    """Count part of a course as the whole, with a reason, or take that back (rule B15)."""
    booking = get_object_or_404(Booking.objects.visible_to(request.user).with_event_facts(), reference=reference)
    form = OutcomeForm(request.POST if request.method == "POST" else None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        takes_back = request.POST.get("decision") == BY_THE_MARKS
        decide = registers.count_by_the_marks if takes_back else registers.count_as_attended
        try:
            booking = decide(
                booking_id=booking.pk, by=request.user, now=clock.now(), reason=form.cleaned_data["reason"]
            )
        except registers.CannotOverride as error:
            refusal = str(error)
        else:
            words = booking.get_state_display()
            messages.success(request, f"{booking.practitioner} counts as: {words}. The reason is kept.")
            return redirect("bookings:staff_register", reference=booking.event.reference)
    return render(
        request,
        "bookings/staff/booking_outcome.html",
        {
            "booking": booking,
            "event": booking.event,
            "form": form,
            "refusal": refusal,
            "decision": AS_ATTENDED if booking.state == State.PART_ATTENDED else BY_THE_MARKS,
            "may_decide": booking.state in TOOK_PART_STATES,
        },
        status=422 if refusal or form.errors else 200,
    )
