"""Pages of somebody who waits for a place: join the list, see where one stands, take an offer, leave."""

from uuid import UUID, uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts import clock
from bookings import emails
from bookings.actions import places, waiting_list
from bookings.eligibility import bookable_events, decide
from bookings.forms.places import BookingForm
from bookings.models import WaitingListEntry
from bookings.models.waiting_list import WaitingState
from bookings.views.practitioner import (
    chosen_employer,
    employers_of,
    initial_answers,
    practitioner_of,
    what_was_booked,
)

HEADINGS = {
    WaitingState.WAITING: "You are on the waiting list",
    WaitingState.ACCEPTED: "You took the place",
    WaitingState.DECLINED: "You left the place to somebody else",
    WaitingState.WITHDRAWN: "You left the waiting list",
}
ENDED = "This waiting list is closed"


@login_required
@require_POST
def waiting_join(request, reference):
    """Join the waiting list of a date; where a place is free by now, the page to book it."""
    practitioner = practitioner_of(request.user)
    event = get_object_or_404(bookable_events().published().public(), reference=reference)
    employer = chosen_employer(request, list(employers_of(practitioner)))
    try:
        entry = waiting_list.join(
            event=event,
            practitioner=practitioner,
            organisation=employer,
            by=request.user,
            now=clock.now(),
            idempotency_key=_key(request.POST.get("idempotency_key", "")),
        )
    except waiting_list.PlaceIsFree:
        messages.info(request, "A place has become free: you can book it.")
        return redirect("bookings:booking_create", reference=reference)
    except places.BookingRefused as refusal:
        for reason in refusal.reasons:
            messages.error(request, f"{reason.words} {reason.remedy}".strip())
        return redirect("bookings:booking_create", reference=reference)
    messages.success(request, "You are on the waiting list. We have written to you.")
    return redirect("bookings:waiting_detail", reference=entry.reference)


def _key(given):
    try:
        return UUID(given)
    except ValueError:
        return uuid4()


@login_required
def waiting_detail(request, reference):
    """Where one stands; and while a place is held, what it costs and one button to take it."""
    entry = _own_entry(request.user, reference)
    now = clock.now()
    is_offered = entry.state == WaitingState.OFFERED and entry.offer_ends_at > now
    is_sent = request.method == "POST"
    form = BookingForm(request.POST) if is_sent else BookingForm(initial=initial_answers(entry.practitioner))
    reasons = []
    if is_sent and form.is_valid():
        try:
            booking = _accept(form, entry, request.user, now)
        except waiting_list.OfferGone as gone:
            messages.error(request, str(gone))
            return redirect("bookings:waiting_detail", reference=reference)
        except places.BookingRefused as refusal:
            reasons = form.show_reasons(refusal.reasons)
        else:
            messages.success(request, what_was_booked(booking))
            return redirect("bookings:booking_detail", reference=booking.reference)
    return _waiting_page(request, entry, form, reasons, is_offered=is_offered, now=now)


def _waiting_page(request, entry, form, reasons, *, is_offered, now):
    event = bookable_events().get(pk=entry.event_id)
    decision = decide(practitioner=entry.practitioner, organisation=entry.organisation, event=event, now=now)
    course, policy = event.version.course, decision.terms.policy
    if form.is_bound and form.errors:
        form.show_unsaid(decision)
    is_wrong = form.is_bound and (form.errors or reasons)
    return render(
        request,
        "bookings/practitioner/waiting_detail.html",
        {
            "entry": entry,
            "event": event,
            "course": course,
            "employer": entry.organisation,
            "decision": decision,
            "form": form,
            "reasons": reasons,
            "is_offered": is_offered,
            "heading": "A place is held for you" if is_offered else HEADINGS.get(entry.state, ENDED),
            "position": entry.state == WaitingState.WAITING and waiting_list.position_of(entry=entry),
            "place": emails.place_of(event),
            "sessions": emails.sessions_of(event),
            "late_charge": policy and policy.late_charge(is_half_day=course.is_half_day, price=decision.price),
            "now": now,
        },
        status=422 if is_wrong else 200,
    )


def _accept(form, entry, user, now):
    said = form.cleaned_data
    return waiting_list.accept(
        entry_id=entry.pk,
        by=user,
        now=now,
        answers=form.answers,
        needs_access=said["needs_access"],
        needs_diet=said["needs_diet"],
        price_shown=said["price_shown"],
    )


@login_required
@require_POST
def waiting_leave(request, reference):
    """Leave the list, or leave an offered place to somebody else."""
    entry = _own_entry(request.user, reference)
    now = clock.now()
    if entry.state == WaitingState.OFFERED:
        waiting_list.decline_offer(entry_id=entry.pk, by=request.user, now=now)
        messages.success(request, "The place goes to whoever is next. Thank you for saying so.")
    else:
        waiting_list.leave(entry_id=entry.pk, by=request.user, now=now)
        messages.success(request, "You have left the waiting list.")
    return redirect("bookings:waiting_detail", reference=reference)


def _own_entry(user, reference):
    own = WaitingListEntry.objects.of(user).filter(practitioner__isnull=False).with_event_facts()
    return get_object_or_404(own.select_related("booking"), reference=reference)
