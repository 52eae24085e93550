"""Pages about a manager's answer: the manager's own, behind a secret link, and the person's, to ask another one."""

from allauth.core.ratelimit import respond_429
from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods

from accounts import clock
from bookings import emails
from bookings.actions import approval_links, approvals
from bookings.actions.capacity import BookingRefused
from bookings.actions.requests import AlreadyDecided
from bookings.forms.approvals import AnswerForm, ManagerForm
from bookings.models import Approval, Booking
from bookings.models.booking import State
from bookings.views.public import behind_a_link, looks_too_often


@require_http_methods(["GET", "HEAD", "POST"])
def approval_answer(request, token):
    """One request, for the manager who was asked: its facts and three answers; later, what became of it.

    Whoever has the link may answer; opening it changes nothing, because mail programs open links by themselves.
    """
    if looks_too_often(request, "approval_answer"):
        return respond_429(request)
    now = clock.now()
    approval = Approval.objects.with_link(token).first()
    if approval is None:
        return behind_a_link(request, "bookings/public/approval_unknown.html", {}, status=404)
    booking = Booking.objects.with_event_facts().select_related("policy").get(pk=approval.booking_id)
    if not _is_open(approval, booking, now):
        return behind_a_link(request, "bookings/public/approval_closed.html", _facts(approval, booking, token, now))
    form = AnswerForm(request.POST if request.method == "POST" else None)
    refusal = ""
    if form.is_bound and form.is_valid():
        try:
            _answer(token, form.cleaned_data, now)
        except approvals.NoSuchLink:
            return behind_a_link(request, "bookings/public/approval_unknown.html", {}, status=404)
        except approvals.CannotAsk as error:
            form.add_error("email", str(error))
        except AlreadyDecided:
            # Somebody was quicker: the same link says who and what.
            return redirect(request.path)
        except BookingRefused as error:
            refusal = str(error)
        else:
            return redirect(request.path)
    context = {**_facts(approval, booking, token, now), "form": form, "refusal": refusal}
    status = 422 if refusal or form.errors else 200
    return behind_a_link(request, "bookings/public/approval_answer.html", context, status=status)


def _is_open(approval, booking, now):
    return booking.state == State.REQUESTED and not approval.decision and booking.hold_ends_at > now


def _answer(token, said, now):
    """Do what the button says."""
    if said["answer"] == AnswerForm.APPROVE:
        approvals.approve(token=token, now=now)
    elif said["answer"] == AnswerForm.DECLINE:
        approvals.decline(token=token, now=now, reason=said["reason"])
    else:
        approvals.pass_on(token=token, now=now, email=said["email"])


def _facts(approval, booking, token, now):
    return {
        "approval": approval,
        "booking": booking,
        "practitioner": booking.practitioner,
        "event": booking.event,
        "course": booking.event.version.course,
        "sessions": emails.sessions_of(booking.event),
        "place": emails.place_of(booking.event),
        "late_charge": emails.late_charge(booking),
        "is_own_answer": approval.decided_by_email == approval.address_of(token),
        "may_pass_on": approvals.may_pass_on(approval=approval, token=token),
        "now": now,
    }


@login_required
def booking_manager(request, reference):
    """Give another address for one's manager while nobody has answered: a new link, and the old one is dead."""
    own = Booking.objects.of(request.user).with_event_facts().with_approval()
    booking = get_object_or_404(own, reference=reference)
    if not approvals.may_ask_manager(booking=booking, now=clock.now()):
        return redirect("bookings:booking_detail", reference=reference)
    form = ManagerForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        email = form.cleaned_data["manager_email"]
        try:
            approvals.ask_manager(booking_id=booking.pk, manager_email=email, by=request.user, now=clock.now())
        except (approvals.CannotAsk, approval_links.AskedTooOften) as refusal:
            form.add_error("manager_email", " ".join(f"{one.words} {one.remedy}".strip() for one in refusal.reasons))
        except AlreadyDecided as settled:
            messages.info(request, str(settled))
            return redirect("bookings:booking_detail", reference=reference)
        else:
            messages.success(request, f"We have asked {email}.")
            return redirect("bookings:booking_detail", reference=reference)
    context = {
        "booking": booking,
        "event": booking.event,
        "course": booking.event.version.course,
        "approval": getattr(booking, "approval", None),
        "form": form,
    }
    page = "bookings/practitioner/booking_manager.html"
    return render(request, page, context, status=422 if form.errors else 200)
