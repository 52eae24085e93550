"""Pages of whoever books for an organisation: its contacts, and the team on its behalf."""

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render

from accounts import clock
from accounts.models import Organisation, Role
from bookings import emails
from bookings.actions import group_bookings, group_waiting, places, sales, waiting_list
from bookings.charging import late_charge_on
from bookings.eligibility import bookable_events, decide_for_group, other_dates
from bookings.forms.groups import GroupListForm, GroupPromiseForm
from bookings.group_eligibility import decide_together
from bookings.models import Booking
from bookings.quoting import prices_of_dates
from courses.models import Strand

SHOWN = 25
DATES_SHOWN = 30
CHECK, BOOK, WAIT, LATER = "check", "book", "wait", "later"
# Who is still to be booked after a group or a date in the basket, by its reference: kept in the session, for the next
# page alone.
LEFT_OVER = "left_over"


@login_required
def group_create(request, reference):
    """Book for colleagues: the list, then what each line comes to and costs, then one button for all of them."""
    is_team = request.user.has_role(Role.WORKFORCE_TEAM)
    own = contact_organisations(request.user)
    if not own and not is_team:
        raise Http404
    event = get_object_or_404(bookable_events().published().open_to_groups_of(request.user), reference=reference)
    organisation = chosen_organisation(request, own, is_team=is_team)
    if organisation is None:
        return _organisation_page(request, event, own, is_team=is_team)
    contact = contact_for(request.user, organisation, own)
    if contact is None:
        return render(
            request, "bookings/organisation/group_without_contact.html", {"event": event, "organisation": organisation}
        )
    if request.method != "POST":
        return list_page(request, event, organisation, GroupListForm())
    form = GroupListForm(request.POST, request.FILES)
    step = request.POST.get("step")
    if step == LATER:
        form = form.keeping_for_later(request.POST.getlist("later"))
    if not form.is_valid() or form.has_wrong_lines or step not in (BOOK, WAIT):
        return list_page(request, event, organisation, form)
    if step == WAIT:
        return _wait(request, event, organisation, form)
    return _book(request, event, organisation, contact, form)


def contact_organisations(user):
    """The organisations this person speaks for, whatever else they may see."""
    return list(Organisation.objects.of_contact(user).listed())


def chosen_organisation(request, own, *, is_team):
    """The one they speak for, or the one they chose of several; the team may choose any that is listed."""
    given = request.POST.get("organisation") or request.GET.get("organisation") or ""
    if not given:
        return own[0] if len(own) == 1 and not is_team else None
    chosen = next((organisation for organisation in own if str(organisation.pk) == given), None)
    if chosen is None and is_team and given.isascii() and given.isdigit() and len(given) < 19:
        chosen = Organisation.objects.visible_to(request.user).listed().filter(pk=int(given)).first()
    if chosen is None:
        raise Http404
    return chosen


def contact_for(user, organisation, own):
    """Who gets the letters: whoever books, or the organisation's contact where the team books for it."""
    if organisation in own:
        return user.practitioner
    return sales.contact_of(organisation=organisation)


def source_of(organisation, own):
    return Booking.Source.CONTACT if organisation in own else Booking.Source.STAFF


def _organisation_page(request, event, own, *, is_team):
    """Which organisation? Contacts choose one of theirs; the team finds any that somebody speaks for."""
    words = request.GET.get("q", "").replace("\0", "").strip()[:100]
    found = []
    if is_team and words:
        spoken_for = Organisation.objects.visible_to(request.user).listed()
        found = spoken_for.filter(name__icontains=words).order_by("name", "pk")[:SHOWN]
    return render(
        request,
        "bookings/organisation/group_organisation.html",
        {"event": event, "organisations": own, "is_team": is_team, "words": words, "found": found},
    )


def list_page(request, event, organisation, form, promise=None, leftover=(), status=200):
    """The list alone, or with what each line comes to and, where nothing is in the way, the promise."""
    now = clock.now()
    is_read = form.is_bound and form.is_valid()
    group = _decide(request, event, organisation, form, now) if is_read else None
    rows = _rows(form, group) if group else []
    wrong = sum(bool(written.problem or (line and line.reasons)) for written, line in rows)
    if wrong:
        lines = (
            "One line cannot be booked as it stands."
            if wrong == 1
            else f"{wrong} lines cannot be booked as they stand."
        )
        form.add_error("people", f"{lines} The list says why.")
    is_ready = group is not None and group.is_possible and not wrong
    if (form.is_bound and not is_ready) or (promise and promise.errors):
        status = 409 if status == 409 else 422
    terms = (
        group.decision if group else decide_for_group(organisation=organisation, event=event, places=1, now=now)
    ).terms
    return render(
        request,
        "bookings/organisation/group_create.html",
        {
            "event": event,
            "course": event.version.course,
            "organisation": organisation,
            "has_choice": request.user.has_role(Role.WORKFORCE_TEAM) or len(contact_organisations(request.user)) > 1,
            "form": form,
            "group": group,
            "rows": rows,
            "has_other_dates": bool(rows) and other_dates(event=event, now=now).exists(),
            "is_ready": is_ready,
            "promise": (promise or GroupPromiseForm(has_names=bool(group.lines))) if is_ready else None,
            "key": _key_of(promise),
            "reasons": group.reasons if group and group.reasons else list(leftover),
            "may_wait": bool(group and group.may_queue and not wrong),
            "surplus": _surplus(event, group, rows) if group else (),
            "may_use_basket": is_ready and may_use_basket(request.user, event, organisation),
            "asks_manager": _asks_manager(group) if is_ready else "",
            "asks_declaration": bool(is_ready and group.lines and group.decision.needs_declaration),
            "now": now,
            **promised(event, terms),
        },
        status=status,
    )


def may_use_basket(user, event, organisation):
    """Whoever speaks for an organisation orders for it; what is part of a course it has ordered already is booked at once."""
    return event.commissioned_by_id is None and organisation in contact_organisations(user)


def _surplus(event, group, rows):
    """The numbers of the last lines, for whom too few places are left here; none where nobody fits."""
    ready = [written.number for written, line in rows if line and not line.reasons]
    left = event.places_left
    fitting = None if left is None else left - group.places_unnamed
    return set() if fitting is None or fitting < 1 else set(ready[fitting:])


def another_date_page(request, *, event, organisation, names, now, **facts):
    """Other dates of the same course for whoever has no place yet, each with its price and one button."""
    dates = other_dates(event=event, now=now).prefetch_related("offers")[:DATES_SHOWN]
    places = max(1, len(names))
    return render(
        request,
        "bookings/organisation/another_date.html",
        {
            "event": event,
            "course": event.version.course,
            "organisation": organisation,
            "form": GroupListForm(initial={"people": "\n".join(names)}),
            "places": places,
            "dates": prices_of_dates(organisation=organisation, events=list(dates), places=places, now=now),
            **facts,
        },
    )


def promised(event, terms):
    """What the card with the date, the price and the terms shows."""
    price = terms.price
    return {
        "terms": terms,
        "place": emails.place_of(event),
        "sessions": emails.sessions_of(event),
        "late_charge": terms.policy and late_charge_on(event=event, policy=terms.policy, price=price),
    }


def _decide(request, event, organisation, form, now):
    return decide_together(
        event=event,
        organisation=organisation,
        colleagues=form.colleagues,
        places_unnamed=form.unnamed,
        by=request.user,
        now=now,
    )


def _rows(form, group):
    """Each line as it was written, with what it comes to; nothing where it could not be read."""
    decided = iter(group.lines)
    return [(written, None if written.problem else next(decided)) for written in form.lines]


def _asks_manager(group):
    """Whether the manager's address must be given, may be given, or is not asked for (rule B1)."""
    if group is None or not group.lines:
        return ""
    if group.decision.needs_managers_email:
        return "must"
    offer = group.decision.terms.offer
    return "may" if offer and offer.strand == Strand.MULTI_AGENCY else ""


def _key_of(promise):
    """The key that came with the form, so that pressing again is harmless; a new page has a new one."""
    if promise is None or not promise.is_bound or "idempotency_key" in promise.errors:
        return uuid4()
    return promise.data.get("idempotency_key")


def _book(request, event, organisation, contact, form):
    promise = GroupPromiseForm(request.POST, has_names=bool(form.colleagues))
    if not promise.is_valid():
        group = _decide(request, event, organisation, form, clock.now())
        promise.show_reasons(group_bookings.unsaid_of(lines=group.lines, answers=promise.answers))
        return list_page(request, event, organisation, form, promise)
    try:
        group = group_bookings.book_group(
            event=event,
            organisation=organisation,
            colleagues=form.colleagues,
            places_unnamed=form.unnamed,
            contact=contact,
            by=request.user,
            now=clock.now(),
            answers=promise.answers,
            price_shown=promise.cleaned_data["price_shown"],
            idempotency_key=promise.cleaned_data["idempotency_key"],
            source=source_of(organisation, contact_organisations(request.user)),
        )
    except places.BookingRefused as refusal:
        leftover = promise.show_reasons(refusal.reasons)
        return list_page(request, _again(event), organisation, form, promise, leftover, status=409 if leftover else 422)
    messages.success(request, _what_was_booked(group))
    request.session.pop(LEFT_OVER, None)
    if form.others_text:
        request.session[LEFT_OVER] = {group.reference: form.others_text}
        return redirect("bookings:group_another_date", reference=group.reference)
    return redirect("bookings:group_detail", reference=group.reference)


def _again(event):
    """The date as it is now, after somebody else was quicker."""
    return bookable_events().get(pk=event.pk)


def _what_was_booked(group):
    count = "One place is" if group.places_booked == 1 else f"{group.places_booked} places are"
    return f"{count} booked. We have written to everybody who is named, and to you."


def _wait(request, event, organisation, form):
    places_wanted = len(form.colleagues) + form.unnamed
    try:
        entry = group_waiting.join_list(
            event=event,
            organisation=organisation,
            places_wanted=places_wanted,
            by=request.user,
            now=clock.now(),
            idempotency_key=uuid4(),
        )
    except waiting_list.PlaceIsFree:
        messages.info(request, "These places have become free: you can book them.")
        return list_page(request, _again(event), organisation, form)
    except places.BookingRefused as refusal:
        return list_page(request, _again(event), organisation, form, leftover=refusal.reasons, status=409)
    messages.success(request, "Your organisation is on the waiting list.")
    return redirect("bookings:group_waiting", reference=entry.reference)
