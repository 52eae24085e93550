"""Pages of the team about one place: book it for somebody, look after it, give it up for them."""

from uuid import UUID, uuid4

from django.apps import apps
from django.contrib import messages
from django.db.models import Q
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts import clock
from accounts.access import staff_required
from accounts.actions import people
from accounts.models import Organisation, OutboundEmail, Practitioner
from bookings import emails
from bookings.actions import approval_links, places
from bookings.charging import late_charge_on
from bookings.eligibility import bookable_events, decide
from bookings.forms.staff_booking import NewPersonForm, PersonSearch, StaffBookForm, StaffCancelForm
from bookings.models import Booking
from bookings.models.booking import State
from bookings.reasons import MAY_BE_OVERRIDDEN

PEOPLE_SHOWN = 20


@staff_required
def staff_book(request, reference):
    """Whom is the place for? Somebody the portal knows, or somebody new."""
    event = get_object_or_404(bookable_events(), reference=reference)
    search = PersonSearch(request.GET if "q" in request.GET else None)
    form = NewPersonForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        person = people.find_or_add(by=request.user, now=clock.now(), **form.cleaned_data)
        address = reverse("bookings:staff_book_person", args=[event.reference, person.pk])
        return redirect(f"{address}?organisation={form.cleaned_data['organisation'].pk}")
    return render(
        request,
        "bookings/staff/staff_book.html",
        {"event": event, "search": search, "form": form, "found": _people_found(search)},
        status=422 if form.errors else 200,
    )


def _people_found(search):
    if not search.is_bound or not search.is_valid() or not search.cleaned_data["q"].strip():
        return None
    words = search.cleaned_data["q"].strip()
    found = Practitioner.objects.filter(Q(full_name__icontains=words) | Q(email__istartswith=words))
    return found.filter(anonymised_at__isnull=True).order_by("full_name", "pk")[:PEOPLE_SHOWN]


@staff_required
def staff_book_person(request, reference, practitioner_id):
    """Every reason for and against, the terms to read out, and one button; an override needs a reason.

    A manager who is to agree is asked, as after the person's own booking, unless that is set aside as well.
    """
    event = get_object_or_404(bookable_events(), reference=reference)
    person = get_object_or_404(Practitioner.objects.visible_to(request.user), pk=practitioner_id)
    employers = _employers(person, request)
    employer = employers[0] if employers else None
    now = clock.now()
    decision = decide(practitioner=person, organisation=employer, event=event, now=now)
    against = [*decision.reasons, *decision.waits_for]
    asked_first = next((each for each in against if each.code == "approval"), None)
    if asked_first and "too_late_to_ask" not in decision.codes:
        against.remove(asked_first)
    else:
        asked_first = None
    form = StaffBookForm(
        request.POST or None,
        has_reasons=bool(against),
        initial={"idempotency_key": uuid4(), "manager_email": person.manager_email},
    )
    reasons = []
    if request.method == "POST" and form.is_valid():
        try:
            booking = _book(form, event, person, employer, request.user, now)
        except places.BookingRefused as refusal:
            reasons = form.show_reasons(refusal.reasons)
        else:
            messages.success(request, _what_was_done(booking, person))
            return redirect("bookings:staff_booking", reference=booking.reference)
    policy = decision.terms.policy
    return render(
        request,
        "bookings/staff/staff_book_person.html",
        {
            "event": event,
            "person": person,
            "employer": employer,
            "employers": employers,
            "decision": decision,
            "against": against,
            "asked_first": asked_first,
            "cannot_help": [reason for reason in against if reason.code not in MAY_BE_OVERRIDDEN],
            "reasons": reasons,
            "form": form,
            "late_charge": policy and late_charge_on(event=event, policy=policy, price=decision.price),
            "now": now,
        },
        status=422 if form.errors or reasons else 200,
    )


def _what_was_done(booking, person):
    if booking.state != State.REQUESTED:
        return f"{person} has a place. We have written to them."
    if approval_links.is_to_be_asked(booking=booking):
        return f"A place is held for {person}. We have asked {booking.manager_email} and written to them both."
    return f"A place is held for {person} until the team decides. We have written to them."


def _employers(person, request):
    """The person's employers, the one that was chosen first; for somebody new the one that was named."""
    own = Organisation.objects.filter(memberships__practitioner=person, memberships__ended_on__isnull=True)
    chosen = request.POST.get("organisation") or request.GET.get("organisation") or ""
    employers = list(own.exclude(state=Organisation.State.CLOSED).distinct().order_by("name", "pk"))
    if chosen.isdecimal() and len(chosen) < 10:
        named = Organisation.objects.listed().filter(pk=int(chosen)).first()
        if named:
            employers = [named, *[each for each in employers if each != named]]
    return employers


def _book(form, event, person, employer, user, now):
    said = form.cleaned_data
    override = places.Override(codes=form.codes, reason=said["reason"]) if said["reason"] else None
    return places.book(
        event=event,
        practitioner=person,
        organisation=employer,
        by=user,
        now=now,
        idempotency_key=UUID(str(said["idempotency_key"])),
        source=Booking.Source.STAFF,
        answers=form.answers,
        price_shown=said["price_shown"],
        override=override,
    )


@staff_required
def staff_booking(request, reference):
    """Everything about one booking: the facts, who did what when and why, its letters, and what can be done."""
    booking = _booking(request, reference)
    now = clock.now()
    history = (
        apps.get_model("bookings", "BookingHistory")
        .objects.filter(pgh_obj=booking)
        .select_related("state_set_by__practitioner")
        .order_by("pgh_created_at", "pgh_id")
    )
    return render(
        request,
        "bookings/staff/staff_booking.html",
        {
            "booking": booking,
            "event": booking.event,
            "course": booking.event.version.course,
            "sessions": emails.sessions_of(booking.event),
            "moves": _moves(history),
            "letters": OutboundEmail.objects.about(f"booking:{booking.pk}").order_by("-created_at", "-pk")[:50],
            "late_charge": emails.late_charge(booking),
            "may_change": booking.state == State.CONFIRMED and not booking.event.has_begun(now),
            "may_cancel": booking.state in (State.REQUESTED, State.CONFIRMED) and not booking.event.has_begun(now),
            "now": now,
        },
    )


def _moves(history):
    """One row for each state the booking has been in: row history has a row for every other change, too."""
    moves, last = [], None
    for row in history:
        if row.state != last:
            moves.append(row)
            last = row.state
    return moves


@staff_required
def staff_booking_cancel(request, reference):
    """Give a place up for somebody who has called."""
    booking = _booking(request, reference)
    now = clock.now()
    form = StaffCancelForm(request.POST or None)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            places.cancel(booking_id=booking.pk, by=request.user, now=now, **form.cleaned_data)
        except places.CannotCancel as error:
            refusal = str(error)
        else:
            messages.success(request, f"{booking.practitioner}'s place is cancelled. We have written to them.")
            return redirect("bookings:staff_booking", reference=booking.reference)
    return render(
        request,
        "bookings/staff/staff_booking_cancel.html",
        {
            "booking": booking,
            "event": booking.event,
            "form": form,
            "refusal": refusal,
            "is_late": not booking.is_free_to_cancel(now),
            "late_charge": emails.late_charge(booking),
        },
        status=422 if refusal or form.errors else 200,
    )


def _booking(request, reference):
    bookings = Booking.objects.visible_to(request.user).with_event_facts().with_returned_letters()
    bookings = bookings.select_related("policy", "booked_by__practitioner", "replaces", "group_booking")
    return get_object_or_404(bookings.prefetch_related("event__sessions__venue"), reference=reference)
