"""Pages of the trainer: their days, and the register of a session, made for a phone in a training room."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts import clock
from accounts.models import Role
from bookings.actions import places, registers
from bookings.forms.registers import RegisterForm, WalkInForm
from bookings.models import Attendance, Booking
from courses.models import Session, Trainer


@login_required
def trainer_home(request):
    """My training days: what comes, and which registers are not finished."""
    if not Trainer.objects.of(request.user).exists():
        raise Http404
    now = clock.now()
    mine = (
        Session.objects.filter(trainer_assignments__trainer__practitioner__user=request.user)
        .of_running_events()
        .with_event_facts()
    )
    return render(
        request,
        "bookings/trainer/trainer_home.html",
        {
            "now": now,
            "to_mark": mine.filter(starts_at__lte=now + registers.MARKING_OPENS_BEFORE)
            .filter(event__bookings__in=Booking.objects.confirmed())
            .distinct()
            .order_by("starts_at"),
            "coming": mine.filter(starts_at__gt=now).order_by("starts_at")[:20],
            "done": mine.filter(ends_at__lte=now).order_by("-starts_at")[:5],
        },
    )


def _session_of_mine(request, session_id) -> Session:
    sessions = Session.objects.visible_to(request.user).with_event_facts()
    return get_object_or_404(sessions, pk=session_id)


def _people_on(session):
    """Everybody on the event's register, by name, with their mark in this session and what they need."""
    bookings = list(
        Booking.objects.filter(event_id=session.event_id)
        .on_the_register()
        .select_related("practitioner", "organisation", "needs")
        .order_by("practitioner__full_name", "pk")
    )
    marks = dict(Attendance.objects.filter(session=session).values_list("booking_id", "mark"))
    return bookings, marks


@login_required
def register(request, session_id):
    """The register of one session: one row a person, one press to save, safe to send twice."""
    session = _session_of_mine(request, session_id)
    now = clock.now()
    bookings, marks = _people_on(session)
    form = RegisterForm(
        request.POST or None, bookings=bookings, marks=marks, is_locked=bool(session.event.register_locked_at)
    )
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            marked = registers.mark(
                session=session, marks=form.marks, by=request.user, now=now, reason=form.cleaned_data.get("reason", "")
            )
        except (registers.RegisterClosed, registers.WalkInWasThere) as error:
            refusal = str(error)
        else:
            messages.success(request, f"Register saved: {marked} of {len(bookings)} people marked.")
            return redirect("bookings:register", session_id=session.pk)
    return render(
        request,
        "bookings/trainer/register.html",
        {
            "session": session,
            "event": session.event,
            "sessions": session.event.sessions.order_by("position"),
            "form": form,
            "people": list(form.people()),
            "marked_count": len(marks),
            "refusal": refusal,
            "may_correct": not session.event.register_locked_at or request.user.has_role(Role.WORKFORCE_TEAM),
            "opens_at": session.starts_at - registers.MARKING_OPENS_BEFORE,
            "is_open": now >= session.starts_at - registers.MARKING_OPENS_BEFORE,
        },
        status=422 if refusal or form.errors else 200,
    )


@login_required
def walk_in_add(request, session_id):
    """Add somebody who came without a booking."""
    session = _session_of_mine(request, session_id)
    form = WalkInForm(request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            booking = registers.add_walk_in(session=session, by=request.user, now=clock.now(), **form.cleaned_data)
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
