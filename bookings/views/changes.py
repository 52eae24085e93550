"""Pages that change a place without cancelling it, for the person, their booking contact and the team alike."""

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts import clock
from accounts.models import Partnership, Role
from bookings import emails
from bookings.actions import changes, places
from bookings.eligibility import bookable_events, other_dates
from bookings.forms.changes import ColleagueForm, MoveForm
from bookings.forms.places import CancelForm
from bookings.models import Booking
from bookings.models.booking import State

DATES_SHOWN = 30


@login_required
def booking_pass_on(request, reference):
    """Name a colleague who comes instead: free, at any time before the date begins."""
    booking = _changeable(request.user, reference)
    now = clock.now()
    form = ColleagueForm(request.POST or None, initial={"idempotency_key": uuid4()})
    refusal = _why_not(booking, now)
    reasons = []
    if request.method == "POST" and not refusal and form.is_valid():
        try:
            new = _pass_on(form.cleaned_data, booking, request.user, now)
        except places.BookingRefused as error:
            reasons = error.reasons
        else:
            messages.success(request, f"{new.practitioner} has the place. We have written to you both.")
            return redirect(_back(request.user, booking))
    context = {"form": form, "refusal": refusal, "reasons": reasons, "is_own": _is_own(request.user, booking)}
    return render(
        request,
        "bookings/changes/booking_pass_on.html",
        context | {"booking": booking, "event": booking.event, "back_url": _back(request.user, booking)},
        status=422 if reasons or form.errors else 200,
    )


def _pass_on(said, booking, user, now):
    return changes.substitute_by_name(
        booking=booking,
        full_name=said["full_name"],
        email=said["email"],
        by=user,
        now=now,
        idempotency_key=said["idempotency_key"],
        source=_source(user, booking),
    )


@login_required
def booking_give_up(request, reference):
    """Give a colleague's place up: what it costs the organisation now, then one button. Both are written to."""
    booking = _changeable(request.user, reference)
    if _is_own(request.user, booking):
        return redirect("bookings:booking_cancel", reference=reference)
    if request.user.has_role(Role.WORKFORCE_TEAM):
        return redirect("bookings:staff_booking_cancel", reference=reference)
    now = clock.now()
    is_late = not booking.is_free_to_cancel(now)
    form = CancelForm(request.POST if request.method == "POST" else None, is_late=is_late)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            places.cancel(booking_id=booking.pk, by=request.user, now=now, **form.cleaned_data)
        except places.CannotCancel as error:
            refusal = str(error)
        else:
            messages.success(request, f"The place of {booking.practitioner} is given up. We have written to you both.")
            return redirect(_back(request.user, booking))
    is_open = booking.state in (State.REQUESTED, State.CONFIRMED) and not booking.event.has_begun(now)
    return render(
        request,
        "bookings/changes/booking_give_up.html",
        {
            "booking": booking,
            "event": booking.event,
            "form": form,
            "refusal": refusal,
            "is_late": is_late,
            "late_charge": emails.late_charge(booking),
            "may_cancel": is_open,
            "back_url": _back(request.user, booking),
        },
        status=409 if refusal else 422 if form.errors else 200,
    )


@login_required
def booking_move(request, reference):
    """Choose another date of the same course: free before the deadline, with its price shown after it."""
    booking = _changeable(request.user, reference)
    now = clock.now()
    is_late = not booking.is_free_to_cancel(now)
    dates = list(_other_dates(booking, now))
    form = MoveForm(request.POST or None, dates=dates, is_late=is_late, initial={"idempotency_key": uuid4()})
    refusal = _why_not(booking, now)
    reasons = []
    if request.method == "POST" and not refusal and form.is_valid():
        try:
            new = _move(form.cleaned_data, booking, request.user, now)
        except places.BookingRefused as error:
            reasons = error.reasons
        else:
            messages.success(request, "The place is moved. We have written with the new date.")
            target = new if _is_own(request.user, booking) else booking
            return redirect(_back(request.user, target))
    return render(
        request,
        "bookings/changes/booking_move.html",
        {
            "booking": booking,
            "event": booking.event,
            "course": booking.event.version.course,
            "form": form,
            "dates": dates,
            "refusal": refusal,
            "reasons": reasons,
            "is_late": is_late,
            "late_charge": emails.late_charge(booking),
            "moves_left": Partnership.objects.current().transfers_allowed - changes.moves_made(booking=booking),
            "is_own": _is_own(request.user, booking),
            "back_url": _back(request.user, booking),
        },
        status=422 if reasons or form.errors else 200,
    )


def _move(said, booking, user, now):
    is_staff = user.has_role(Role.WORKFORCE_TEAM) and not _is_own(user, booking)
    override = places.Override(codes=frozenset({"moved_before"}), reason="Moved by the team.") if is_staff else None
    return changes.transfer(
        booking_id=booking.pk,
        event=bookable_events().get(reference=said["date"]),
        by=user,
        now=now,
        reason=said.get("reason", ""),
        idempotency_key=said["idempotency_key"],
        override=override,
    )


def _other_dates(booking, now):
    """Dates of the course that this place could move to; the action looks again."""
    return other_dates(event=booking.event, now=now).filter(offers=booking.offer)[:DATES_SHOWN]


def _changeable(user, reference):
    bookings = Booking.objects.changeable_by(user).with_event_facts().select_related("policy", "replaces__replaces")
    return get_object_or_404(bookings.prefetch_related("event__sessions__venue"), reference=reference)


def _why_not(booking, now):
    try:
        changes.refuse_change(booking=booking, now=now)
    except changes.CannotChange as error:
        return str(error)
    return ""


def _is_own(user, booking):
    return booking.practitioner.user_id == user.pk


def _source(user, booking):
    if _is_own(user, booking):
        return Booking.Source.SELF
    return Booking.Source.STAFF if user.has_role(Role.WORKFORCE_TEAM) else Booking.Source.CONTACT


def _back(user, booking):
    """Where each comes from: their own booking, the team's page of it, the organisation's page."""
    if _is_own(user, booking):
        return reverse("bookings:booking_detail", args=[booking.reference])
    if user.has_role(Role.WORKFORCE_TEAM):
        return reverse("bookings:staff_booking", args=[booking.reference])
    return f"{reverse('organisation_home')}?organisation={booking.organisation_id}"
