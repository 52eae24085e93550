"""Checking in: the trainer's page with the code, and the page on which people say that they are here."""

import segno
from allauth.core.ratelimit import respond_429
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.cache import cache
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts import clock
from bookings.actions import check_ins, registers
from bookings.forms.registers import CheckInForm
from bookings.models import Attendance, Booking, CheckInCode
from courses.models import Session

TRIES_PER_MINUTE = 15
OPEN, CLOSE = "open", "close"


@login_required
def check_in_code(request, session_id):
    """The code and its picture, large, for the screen of the room; one button opens or closes it."""
    sessions = Session.objects.visible_to(request.user).with_event_facts()
    session = get_object_or_404(sessions, pk=session_id)
    now, refusal = clock.now(), ""
    if request.method == "POST":
        try:
            _open_or_close(request, session, now)
        except registers.RegisterClosed as error:
            refusal = str(error)
        else:
            return redirect("bookings:check_in_code", session_id=session.pk)
    code = CheckInCode.objects.filter(session=session, closed_at__isnull=True).first()
    is_over = now >= session.ends_at or bool(session.event.register_locked_at)
    return render(
        request,
        "bookings/trainer/check_in_code.html",
        {
            "session": session,
            "event": session.event,
            "code": None if is_over else code,
            "is_over": is_over,
            "opens_at": session.starts_at - registers.MARKING_OPENS_BEFORE,
            "is_early": now < session.starts_at - registers.MARKING_OPENS_BEFORE,
            "refusal": refusal,
            **_picture(code),
            **_count(session),
        },
        status=422 if refusal else 200,
    )


def _open_or_close(request, session, now):
    if request.POST.get("do") == CLOSE:
        check_ins.close_code(session=session, by=request.user, now=now)
        messages.success(request, "Checking in is closed. You can open it again until the session ends.")
    else:
        check_ins.open_code(session=session, by=request.user, now=now)


def _picture(code):
    """The square that a phone's camera reads, drawn as lines so that it is sharp at any size."""
    if code is None:
        return {}
    page = settings.SITE_URL + reverse("bookings:check_in")
    picture = segno.make_qr(f"{page}?code={code.code}", error="m").svg_data_uri(scale=8, border=4)
    return {"qr": picture, "page": page.partition("://")[2]}


def _count(session):
    people = Booking.objects.filter(event_id=session.event_id).on_the_register()
    here = Attendance.objects.filter(session=session, booking__in=people, mark__in=registers.CAME)
    return {"here": here.count(), "everybody": people.count()}


@login_required
def check_in(request):
    """Say that one is here: the code is in the address of the picture, or typed."""
    is_sent = request.method == "POST"
    form = CheckInForm(request.POST if is_sent else request.GET if "code" in request.GET else None)
    session, refusal, attendance = None, "", None
    if form.is_bound:
        if _tries_this_minute(request.user) > TRIES_PER_MINUTE:
            return respond_429(request)
        if form.is_valid():
            code, now = form.cleaned_data["code"], clock.now()
            try:
                session = check_ins.session_of_code(code=code, now=now)
                if is_sent:
                    attendance = check_ins.check_in(code=code, user=request.user, now=now)
            except check_ins.CannotCheckIn as error:
                refusal = str(error)
    return render(
        request,
        "bookings/practitioner/check_in.html",
        {
            "form": form,
            "session": session,
            "event": session and session.event,
            "attendance": attendance,
            "refusal": refusal,
        },
        status=422 if is_sent and (refusal or form.errors) else 200,
    )


def _tries_this_minute(user):
    """Count by person, for a whole room comes from one network address. Without a cache nothing is counted."""
    minute = int(clock.now().timestamp()) // 60
    key = f"check_in:{user.pk}:{minute}"
    cache.add(key, 0, timeout=120)
    return cache.incr(key)
