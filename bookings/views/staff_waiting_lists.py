"""Pages of the team about waiting lists: which dates have one, whom to call, who goes first."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Sum
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.access import staff_required
from accounts.models import Partnership
from bookings import waiting_times
from bookings.actions import places, waiting_list
from bookings.eligibility import Answers
from bookings.forms.staff_booking import UrgentForm
from bookings.models import Booking, WaitingListEntry
from bookings.models.waiting_list import WaitingState
from courses.models import Event

PAGE_SIZE = 25


@staff_required
def waiting_list_list(request):
    """Every date that people wait for, the next one first: with how many, and whether the team has to call."""
    now = clock.now()
    events = Event.objects.with_catalogue_facts().filter(people_waiting__gt=0, starts_at__gt=now)
    page = Paginator(events.order_by("starts_at", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    partnership = Partnership.objects.current()
    rows = [(event, _is_to_be_called(event, now, partnership)) for event in page]
    unmet = WaitingListEntry.objects.unmet()
    courses = (
        unmet.values("event__version__course__title", "event__version__course__code")
        .annotate(places=Sum("places_wanted"))
        .order_by("-places", "event__version__course__title")[:10]
    )
    return render(
        request, "bookings/staff/waiting_list_list.html", {"page": page, "rows": rows, "unmet": courses, "now": now}
    )


def _is_to_be_called(event, now, partnership=None):
    """Offers have stopped and a place is free: nobody is written to, so somebody is to be called."""
    is_free = event.free_places is None or event.free_places > 0
    stop_at = waiting_times.offers_stop_at(event=event, partnership=partnership)
    return is_free and stop_at <= now < waiting_times.first_to_answer_at(event=event, partnership=partnership)


@staff_required
def staff_waiting_list(request, reference):
    """One date's list in turn, with telephone numbers, offers out, and those whose entry has ended."""
    event = get_object_or_404(Event.objects.with_catalogue_facts(), reference=reference)
    now = clock.now()
    entries = WaitingListEntry.objects.filter(event=event).with_event_facts().select_related("booking", "urgent_by")
    return render(
        request,
        "bookings/staff/staff_waiting_list.html",
        {
            "event": event,
            "waiting": entries.waiting().in_turn(),
            "offered": entries.offered().order_by("offer_ends_at", "pk"),
            "ended": entries.exclude(state__in=[WaitingState.WAITING, WaitingState.OFFERED]).order_by("-closed_at"),
            "is_to_be_called": event.starts_at and _is_to_be_called(event, now),
            "offers_stop_at": event.starts_at and waiting_times.offers_stop_at(event=event),
            "has_begun": event.has_begun(now),
            "now": now,
        },
    )


@staff_required
def waiting_urgent(request, reference):
    """Let somebody go first, with the reason that is kept."""
    entry = _entry(request, reference)
    form = UrgentForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        waiting_list.mark_urgent(
            entry_id=entry.pk, by=request.user, now=clock.now(), reason=form.cleaned_data["reason"]
        )
        messages.success(request, f"{_name(entry)} goes first.")
        return redirect("bookings:staff_waiting_list", reference=entry.event.reference)
    return render(
        request,
        "bookings/staff/waiting_urgent.html",
        {"entry": entry, "event": entry.event, "name": _name(entry), "form": form},
        status=422 if form.errors else 200,
    )


@staff_required
@require_POST
def waiting_offer(request, reference):
    """Offer a free place to this entry now: the letter goes out, and the team calls."""
    entry = _entry(request, reference)
    try:
        entry = waiting_list.offer_by_hand(entry_id=entry.pk, by=request.user, now=clock.now())
    except places.BookingRefused as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"A place is held for {_name(entry)}, and they have been written to.")
    return redirect("bookings:staff_waiting_list", reference=entry.event.reference)


@staff_required
@require_POST
def waiting_answer(request, reference, answer):
    """What somebody said on the telephone: yes, no, or take me off the list."""
    entry, now = _entry(request, reference), clock.now()
    try:
        if answer == "yes":
            _accept(entry, request.user, now)
            messages.success(request, f"{_name(entry)} has the place. We have written to them.")
        elif answer == "no":
            waiting_list.decline_offer(entry_id=entry.pk, by=request.user, now=now)
            messages.success(request, f"{_name(entry)} leaves the place to whoever is next.")
        else:
            waiting_list.leave(entry_id=entry.pk, by=request.user, now=now, reason="Taken off by the team.")
            messages.success(request, f"{_name(entry)} is off the list.")
    except (places.BookingRefused, waiting_list.OfferGone) as refusal:
        messages.error(request, str(refusal))
    return redirect("bookings:staff_waiting_list", reference=entry.event.reference)


def _accept(entry, user, now):
    """On the telephone the person says that their manager agrees, and hears the terms; what else is asked, they write."""
    if entry.practitioner is None:
        raise waiting_list.OfferGone("A group's offer is taken on the organisation's page, where its places are named.")
    waiting_list.accept(
        entry_id=entry.pk,
        by=user,
        now=now,
        answers=Answers(
            has_managers_agreement=True,
            manager_email=entry.practitioner.manager_email,
            prerequisite_declared="Told us on the telephone",
        ),
        source=Booking.Source.STAFF,
    )


def _entry(request, reference):
    entries = WaitingListEntry.objects.visible_to(request.user).with_event_facts()
    return get_object_or_404(entries, reference=reference)


def _name(entry):
    return str(entry.practitioner or entry.organisation)
