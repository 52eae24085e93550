"""A page of the team that changes many dates together: choose, see what each change would do, do it."""

from uuid import uuid5

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import redirect, render

from accounts import clock
from accounts.access import staff_required
from bookings.actions import event_changes, event_previews
from bookings.forms.bulk import EDITABLE, BulkFilter, BulkForm
from bookings.views.staff_changes import CONFIRM, EDIT, key_of_form
from courses.models import Event, Venue

PAGE_SIZE = 50
NOT_KEPT = ("csrfmiddlewaretoken", CONFIRM, EDIT, "key", "seen", "seen_date")


@staff_required
def event_bulk(request):
    """Tick dates, say what changes, see it for each of them, confirm. Each is carried out as a change of its own."""
    now = clock.now()
    chosen = _chosen(request, now)
    venues = list(Venue.objects.filter(is_active=True).order_by("name"))
    form = BulkForm(request.POST or None, venues=venues)
    if request.method != "POST" or EDIT in request.POST:
        return _choosing(request, form, chosen, now)
    if not form.is_valid() or not chosen:
        return _choosing(request, form, chosen, now, is_wrong=True)
    if CONFIRM in request.POST:
        return _carry_out(request, form, chosen, now)
    rows = [_row(request, form, event, now) for event in chosen]
    return render(
        request,
        "bookings/staff/event_bulk_preview.html",
        {
            "rows": rows,
            "possible": sum(not refusal for _, _, refusal, _ in rows),
            "affected": sum(preview.affected for _, preview, _, _ in rows if preview),
            "fields": [
                (name, value) for name in request.POST if name not in NOT_KEPT for value in request.POST.getlist(name)
            ],
            "key": key_of_form(request.POST.get("key", "")),
        },
    )


def _editable(now):
    dates = Event.objects.filter(state__in=EDITABLE, starts_at__gt=now)
    return dates.with_catalogue_facts().prefetch_related("sessions__venue")


def _chosen(request, now):
    return list(_editable(now).filter(reference__in=_references(request)).order_by("starts_at", "pk"))


def _references(request):
    return [one[:20] for one in request.POST.getlist("dates")[:PAGE_SIZE] if "\0" not in one]


def _choosing(request, form, chosen, now, *, is_wrong=False):
    search = BulkFilter(request.GET)
    dates = _editable(now)
    if search.is_valid():
        dates = search.narrow(dates)
    page = Paginator(dates.order_by("starts_at", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    ticked = {event.reference for event in chosen}
    context = {
        "search": search,
        "form": form,
        "page": page,
        "ticked": ticked,
        "nothing_ticked": is_wrong and not chosen,
    }
    return render(request, "bookings/staff/event_bulk.html", context, status=422 if is_wrong else 200)


def _row(request, form, event, now):
    """One date: what the change would do there, or why it cannot be."""
    try:
        preview = event_previews.preview(event_id=event.pk, plan=form.plan_for(event), by=request.user, now=now)
    except event_changes.CannotChange as refusal:
        return event, None, str(refusal), ""
    return event, preview, "", event_changes.likeness(event)


def _carry_out(request, form, chosen, now):
    """Each by itself: what cannot be done to one date keeps nobody from the others."""
    seen = dict(zip(request.POST.getlist("seen_date"), request.POST.getlist("seen"), strict=False))
    key = key_of_form(request.POST.get("key", ""))
    begun = 0
    for event in chosen:
        try:
            event_changes.start(
                event_id=event.pk,
                plan=form.plan_for(event),
                by=request.user,
                now=now,
                idempotency_key=uuid5(key, event.reference),
                seen=seen.get(event.reference),
            )
        except event_changes.CannotChange as refusal:
            messages.warning(request, f"{event.reference} stays as it is. {refusal}")
        else:
            begun += 1
    if begun:
        messages.success(request, f"{begun} date{'s are' if begun != 1 else ' is'} changed, and people are being told.")
    return redirect("bookings:staff_change_list")
