"""Pages of the trainer: the register of a session, made for a phone in a training room."""

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.models import Partnership, Role
from bookings import register_pdf
from bookings.actions import places, registers
from bookings.forms.registers import RegisterForm, WalkInForm
from bookings.models import Attendance, Booking
from bookings.reports import note_about_kept
from courses.models import Session


def _session_of_mine(request, session_id) -> Session:
    sessions = Session.objects.visible_to(request.user).with_event_facts()
    return get_object_or_404(sessions, pk=session_id)


def _people_on(session):
    """Everybody on the event's register, by name, with what they need."""
    return list(
        Booking.objects.filter(event_id=session.event_id)
        .on_the_register()
        .select_related("practitioner", "organisation", "needs")
        .order_by("practitioner__full_name", "pk")
    )


def _marks_of(session):
    """The marks of this session by booking, each with who gave it."""
    marks = Attendance.objects.filter(session=session).select_related("marked_by__practitioner")
    return {attendance.booking_id: attendance for attendance in marks}


@login_required
def register(request, session_id):
    """The register of one session: one row a person, safe to send twice; answers a script with the rows as they are."""
    session = _session_of_mine(request, session_id)
    is_sent = request.method == "POST"
    form = RegisterForm(
        request.POST if is_sent else None,
        session=session,
        bookings=_people_on(session),
        is_locked=bool(session.event.register_locked_at),
    )
    if not is_sent:
        return _register_page(request, session, form)
    refusal, saved = "", registers.Saved()
    if form.is_valid() or "reason" not in form.errors:
        try:
            saved = registers.save(
                session=session,
                given=form.given,
                by=request.user,
                now=clock.now(),
                key=form.cleaned_data.get("key"),
                reason=form.cleaned_data.get("reason", ""),
            )
        except registers.RegisterClosed as error:
            refusal = str(error)
    notes = {attendance.booking_id: note_about_kept(attendance) for attendance in saved.kept} | saved.refused
    if request.headers.get("Accept") == "application/json":
        return _register_answer(session, form, notes, refusal)
    if refusal or notes or form.errors:
        return _register_page(request, session, form, notes=notes, refusal=refusal)
    marked, everybody = len(_marks_of(session)), len(form.bookings)
    messages.success(request, f"Register saved: {marked} of {everybody} people marked.")
    return redirect("bookings:register", session_id=session.pk)


def _register_answer(session, form, notes, refusal):
    """The rows as they stand now, for the script of the page; no names, which the page has."""
    marks = _marks_of(session)
    rows = {
        row["booking"].pk: {name: row[name] for name in ("choice", "time", "version", "who", "note")}
        for row in form.rows(marks, notes)
    }
    words = f"{len(marks)} of {len(form.bookings)} marked"
    return JsonResponse({"status": words, "refusal": refusal, "rows": rows}, status=409 if refusal else 200)


def _register_page(request, session, form, *, notes=None, refusal=""):
    now, event = clock.now(), session.event
    marks = _marks_of(session)
    partnership = Partnership.objects.current()
    opens_at = session.starts_at - registers.MARKING_OPENS_BEFORE
    context = {
        "now": now,
        "session": session,
        "event": event,
        "sessions": event.sessions.order_by("position"),
        "form": form,
        "people": list(form.rows(marks, notes)),
        "marked_count": len(marks),
        "notes": notes,
        "refusal": refusal,
        "may_correct": not event.register_locked_at or request.user.has_role(Role.WORKFORCE_TEAM),
        "opens_at": opens_at,
        "is_open": now >= opens_at,
        "is_running": opens_at <= now < session.ends_at,
        "joins_until": registers.joins_until(session),
        "locks_at": registers.locks_at(event),
        "is_online": registers.is_online(session),
        "online_time": _in_words((session.ends_at - session.starts_at) * partnership.online_attendance_percent / 100),
        "is_staff": request.user.has_role(Role.WORKFORCE_TEAM),
    }
    wrong = 409 if notes else 422 if refusal or form.errors else 200
    return render(request, "bookings/trainer/register.html", context, status=wrong)


def _in_words(span):
    hours, minutes = divmod(round(span.total_seconds() / 60), 60)
    parts = [(hours, "hour"), (minutes, "minute")]
    return " ".join(f"{number} {unit}{'' if number == 1 else 's'}" for number, unit in parts if number)


@login_required
@require_safe
def register_sheet(request, session_id):
    """The event's signature sheet as PDF, all sessions, with a page about needs for the trainer alone."""
    session = _session_of_mine(request, session_id)
    return HttpResponse(
        register_pdf.sheet(event=session.event, bookings=_people_on(session), now=clock.now()),
        content_type="application/pdf",
        headers={"Content-Disposition": f'attachment; filename="register-{session.event.reference}.pdf"'},
    )


@login_required
def walk_in_add(request, session_id):
    """Add somebody who came without a booking."""
    session = _session_of_mine(request, session_id)
    form = WalkInForm(request.POST if request.method == "POST" else None, initial={"idempotency_key": uuid4()})
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            booking = registers.add_walk_in(session=session, by=request.user, now=clock.now(), **form.cleaned_data)
        except places.AlreadyBooked:
            refusal = "This person is on the register already, or has asked for a place. Look for their name there."
        except (registers.RegisterClosed, places.BookingRefused) as error:
            refusal = str(error)
        else:
            messages.success(request, f"{booking.practitioner} is on the register, added on the day.")
            return redirect("bookings:register", session_id=session.pk)
    return render(
        request,
        "bookings/trainer/walk_in_add.html",
        {
            "session": session,
            "event": session.event,
            "form": form,
            "refusal": refusal,
            "back_url": reverse("bookings:register", args=[session.pk]),
        },
        status=422 if refusal or form.errors else 200,
    )
