"""Pages of one group booking: who comes, names for places, places given back; and of a group that waits."""

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.actions import invitations
from accounts.models import Invitation, OutboundEmail, Practitioner
from bookings import emails
from bookings.actions import group_bookings, places, waiting_list
from bookings.actions.group_waiting import accept_offer, decide_for_offer
from bookings.charging import late_charge_on
from bookings.eligibility import bookable_events, decide_for_group
from bookings.forms.groups import ColleagueForm, GiveBackForm, TakePlacesForm
from bookings.models import GroupBooking, WaitingListEntry
from bookings.models.waiting_list import WaitingState
from bookings.views.organisation import (
    LEFT_OVER,
    another_date_page,
    contact_for,
    contact_organisations,
    promised,
    source_of,
)
from courses.models import Strand

LETTERS_SHOWN = 20


@login_required
@require_safe
def group_detail(request, reference):
    """One group: who has a place, which places still need a name and by when, what was written."""
    group = _group(request.user, reference)
    now = clock.now()
    bookings = list(group.bookings.select_related("practitioner__user").order_by("practitioner__full_name", "pk"))
    return render(
        request,
        "bookings/organisation/group_detail.html",
        {
            "group": group,
            "event": group.event,
            "course": group.event.version.course,
            "place": emails.place_of(group.event),
            "sessions": emails.sessions_of(group.event),
            "people": _with_invitations([booking for booking in bookings if booking.is_live], now),
            "gone": [booking for booking in bookings if not booking.is_live],
            "late_charge": _late_charge(group),
            "may_change": not group.event.has_begun(now),
            "may_name": may_name(group, now),
            "letters": OutboundEmail.objects.about(f"group:{group.pk}")
            .only("subject", "text", "sent_at", "given_up_at", "created_at")
            .order_by("-created_at", "-pk")[:LETTERS_SHOWN],
            "now": now,
        },
    )


def _group(user, reference):
    groups = GroupBooking.objects.visible_to(user).with_event_facts().select_related("policy")
    return get_object_or_404(groups.prefetch_related("event__sessions__venue"), reference=reference)


def _late_charge(group):
    return late_charge_on(event=group.event, policy=group.policy, price=group.price)


def may_name(group, now):
    """While places have no name and the day to name them has not come."""
    return group.places_unnamed > 0 and group.name_by > now and not group.event.has_begun(now)


def _with_invitations(bookings, now):
    """Each named place with the open invitation of its person, and whether they could be sent one."""
    open_ones = Invitation.objects.filter(practitioner__in=[booking.practitioner_id for booking in bookings]).open(now)
    by_person = {invitation.practitioner_id: invitation for invitation in open_ones}
    rows = []
    for booking in bookings:
        person = booking.practitioner
        has_address = person.email_owner == Practitioner.EmailOwner.SELF and person.email
        rows.append((booking, by_person.get(person.pk), not person.user_id and bool(has_address)))
    return rows


@login_required
@require_safe
def group_another_date(request, reference):
    """Another date of the same course: for whoever was left over, or for the same people again."""
    group = _group(request.user, reference)
    left_over = request.session.get(LEFT_OVER, {}).get(group.reference, "")
    same = group.bookings.live().order_by("practitioner__full_name", "pk")
    names = left_over.splitlines() or list(same.values_list("practitioner__full_name", flat=True))
    return another_date_page(
        request,
        event=group.event,
        organisation=group.organisation,
        names=names,
        now=clock.now(),
        group=group,
        left_over=len(left_over.splitlines()),
    )


@login_required
def group_name(request, reference):
    """Name somebody for a place that has no name yet."""
    group = _group(request.user, reference)
    now = clock.now()
    event = bookable_events().get(pk=group.event_id)
    decision = decide_for_group(organisation=group.organisation, event=event, places=0, now=now)
    form = ColleagueForm(request.POST or None)
    reasons = []
    if request.method == "POST" and form.is_valid():
        try:
            booking = group_bookings.name_practitioner(
                group_id=group.pk,
                colleague=form.colleague,
                by=request.user,
                now=now,
                answers=form.answers,
                idempotency_key=form.cleaned_data["idempotency_key"],
                source=source_of(group.organisation, contact_organisations(request.user)),
            )
        except places.BookingRefused as refusal:
            reasons = form.show_reasons(refusal.reasons)
            group.refresh_from_db(fields=["places_unnamed", "places_released"])
        else:
            messages.success(request, f"{booking.practitioner} has the place, and we have written to them.")
            return redirect("bookings:group_detail", reference=group.reference)
    offer = group.offer
    is_copied = offer.strand == Strand.MULTI_AGENCY
    return render(
        request,
        "bookings/organisation/group_name.html",
        {
            "group": group,
            "event": event,
            "course": event.version.course,
            "form": form,
            "reasons": reasons,
            "key": _key_of(form),
            "may_name": may_name(group, now),
            "asks_declaration": decision.needs_declaration,
            "asks_manager": "must" if decision.needs_managers_email else "may" if is_copied else "",
        },
        status=409 if reasons else 422 if form.errors else 200,
    )


def _key_of(form):
    given = form.data.get("idempotency_key") if form.is_bound and "idempotency_key" not in form.errors else None
    return given or uuid4()


@login_required
def group_give_back(request, reference):
    """Give places without a name back, free of charge."""
    group = _group(request.user, reference)
    now = clock.now()
    form = GiveBackForm(request.POST or None, initial={"places_back": group.places_unnamed or None})
    if request.method == "POST" and form.is_valid():
        try:
            group_bookings.release_unnamed(group_id=group.pk, by=request.user, now=now, **form.cleaned_data)
        except group_bookings.GroupChanged as change:
            messages.info(request, str(change))
        else:
            count = form.cleaned_data["places_back"]
            messages.success(
                request, f"{count} {'place is' if count == 1 else 'places are'} given back, free of charge."
            )
        return redirect("bookings:group_detail", reference=group.reference)
    return render(
        request,
        "bookings/organisation/group_give_back.html",
        {"group": group, "event": group.event, "course": group.event.version.course, "form": form},
        status=422 if form.errors else 200,
    )


@login_required
@require_POST
def group_invite(request, reference, booking_reference):
    """Send somebody of the group an invitation, or take an open one back."""
    group = _group(request.user, reference)
    bookings = group.bookings.select_related("practitioner__user")
    practitioner = get_object_or_404(bookings, reference=booking_reference).practitioner
    now = clock.now()
    if "revoke" in request.POST:
        invitations.revoke(practitioner=practitioner, by=request.user, now=now)
        messages.success(request, f"The invitation of {practitioner} no longer works.")
        return redirect("bookings:group_detail", reference=group.reference)
    try:
        invitations.invite(practitioner=practitioner, organisation=group.organisation, by=request.user, now=now)
    except invitations.CannotInvite as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, f"{practitioner} is invited to make an account.")
    return redirect("bookings:group_detail", reference=group.reference)


# --- A group that waits -----------------------------------------------------------------------------------


@login_required
def group_waiting(request, reference):
    """Where a group stands on the list; while its places are held, what they cost and one button to take them."""
    entry = _entry(request.user, reference)
    now = clock.now()
    own = contact_organisations(request.user)
    contact = contact_for(request.user, entry.organisation, own)
    form = TakePlacesForm(request.POST or None)
    reasons = []
    if request.method == "POST" and contact and form.is_valid():
        price_shown = form.cleaned_data["price_shown"]
        try:
            group = accept_offer(entry_id=entry.pk, contact=contact, by=request.user, now=now, price_shown=price_shown)
        except waiting_list.OfferGone as gone:
            messages.error(request, str(gone))
            return redirect("bookings:group_waiting", reference=reference)
        except places.BookingRefused as refusal:
            reasons = refusal.reasons
        else:
            messages.success(request, "The places are yours. Name who comes.")
            return redirect("bookings:group_detail", reference=group.reference)
    event = bookable_events().get(pk=entry.event_id)
    decision = decide_for_offer(entry=entry, event=event, now=now)
    price = decision.price
    return render(
        request,
        "bookings/organisation/group_waiting.html",
        {
            "entry": entry,
            "event": event,
            "course": event.version.course,
            "organisation": entry.organisation,
            "form": form,
            "reasons": reasons,
            "is_offered": entry.state == WaitingState.OFFERED and entry.offer_ends_at > now,
            "position": entry.state == WaitingState.WAITING and waiting_list.position_of(entry=entry),
            "price": price,
            "total": None if price is None else price * entry.places_wanted,
            "now": now,
            **promised(event, decision.terms),
        },
        status=409 if reasons else 422 if form.errors else 200,
    )


@login_required
@require_POST
def group_waiting_leave(request, reference):
    """Leave the list, or leave the offered places to others."""
    entry = _entry(request.user, reference)
    now = clock.now()
    if entry.state == WaitingState.OFFERED:
        waiting_list.decline_offer(entry_id=entry.pk, by=request.user, now=now)
        messages.success(request, "The places go to whoever is next. Thank you for saying so.")
    else:
        waiting_list.leave(entry_id=entry.pk, by=request.user, now=now)
        messages.success(request, "Your organisation has left the waiting list.")
    return redirect("bookings:group_waiting", reference=reference)


def _entry(user, reference):
    groups = WaitingListEntry.objects.visible_to(user).filter(practitioner__isnull=True).with_event_facts()
    return get_object_or_404(groups.select_related("group_booking"), reference=reference)
