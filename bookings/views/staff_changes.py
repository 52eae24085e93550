"""Pages of the team that change a date people hold places on: the form, who would be told what, how far it has come."""

from dataclasses import dataclass
from uuid import UUID, uuid4

from django.contrib import messages
from django.core.paginator import Paginator
from django.http import JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import staff_required
from bookings.actions import event_changes, event_previews
from bookings.forms.event_changes import (
    CancelDateForm,
    CapacityForm,
    DayForm,
    DayForms,
    GoAheadForm,
    MoveForm,
    PostponeForm,
    SplitForm,
)
from bookings.models import Booking, EventChange
from bookings.models.booking import State
from courses.models import Event, Session, Trainer, Venue

PAGE_SIZE = 25
# Which of the buttons of these pages was pressed; none of them means: show me what would happen.
CONFIRM, EDIT, PAGE = "confirm", "edit", "page"
OF_THE_PAGE = ("csrfmiddlewaretoken", CONFIRM, EDIT, PAGE)
CHANGEABLE = (Event.State.OPEN, Event.State.POSTPONED)


@dataclass(frozen=True, kw_only=True)
class Desk:
    """One kind of change: its form, its words, and which states it may begin from."""

    form: type
    title: str
    lede: str
    button: str
    states: tuple[str, ...] = (Event.State.OPEN,)
    is_warning: bool = False


DESKS = {
    "move": Desk(
        form=MoveForm,
        title="Move this date",
        lede="Another day, other hours or another place. Everybody booked is told, and asked if you like.",
        button="Move this date",
        states=CHANGEABLE,
    ),
    "split": Desk(
        form=SplitForm,
        title="Split this date in two",
        lede="A second date like this one, and some of the people go there.",
        button="Split this date",
    ),
    "postpone": Desk(
        form=PostponeForm,
        title="Postpone this date",
        lede="It is put off without a new day. Places are kept. When it has a day, everybody is asked.",
        button="Postpone this date",
        is_warning=True,
    ),
    "cancel": Desk(
        form=CancelDateForm,
        title="Cancel this date",
        lede="Everybody is told why. Nobody is charged.",
        button="Cancel this date",
        states=CHANGEABLE,
        is_warning=True,
    ),
    "capacity": Desk(
        form=CapacityForm,
        title="Change the number of places",
        lede="More places go first to those who wait.",
        button="Change the number of places",
    ),
    "go-ahead": Desk(
        form=GoAheadForm,
        title="Let this date go ahead",
        lede="It runs, though fewer people have booked than planned. Everybody with a place is told.",
        button="Let this date go ahead",
    ),
}


@staff_required
def event_change(request, reference, kind):
    """Say what is to change, see who would be told what, and do it: one address, one form, three buttons."""
    desk = DESKS[kind]
    event = get_object_or_404(Event.objects.with_catalogue_facts().prefetch_related("sessions"), reference=reference)
    now = clock.now()
    if event.state not in desk.states or event.has_begun(now):
        messages.info(
            request, f"{event.reference} has begun or is {event.get_state_display()}, so this cannot be done."
        )
        return redirect("bookings:staff_event", reference=event.reference)
    form, days = _forms(request, desk, event, now)
    context = {"event": event, "desk": desk, "kind": kind, "form": form, "days": days, "now": now}
    if request.method != "POST" or EDIT in request.POST:
        return render(request, "bookings/staff/event_change.html", context)
    if not _all_valid(form, days):
        return render(request, "bookings/staff/event_change.html", context, status=422)
    try:
        if CONFIRM in request.POST:
            change = event_changes.start(
                event_id=event.pk,
                plan=form.plan,
                by=request.user,
                now=now,
                idempotency_key=key_of_form(request.POST.get("key", "")),
                seen=request.POST.get("seen", ""),
            )
            return redirect("bookings:change_detail", change_id=change.pk)
        preview = event_previews.preview(
            event_id=event.pk, plan=form.plan, by=request.user, now=now, page=_page(request.POST.get(PAGE, ""))
        )
    except event_changes.CannotChange as refusal:
        form.add_error(None, str(refusal))
        return render(request, "bookings/staff/event_change.html", context, status=409)
    context |= {
        "preview": preview,
        "fields": _sent(request),
        "key": key_of_form(request.POST.get("key", "")),
        "seen": request.POST.get("seen") or event_changes.likeness(event),
    }
    return render(request, "bookings/staff/event_change_preview.html", context)


def _forms(request, desk, event, now):
    """The form, bound to what was sent, and the days that belong to it."""
    data = request.POST if request.method == "POST" and EDIT not in request.POST else None
    typed = request.POST if request.method == "POST" and EDIT in request.POST else None
    days, keys, initial = None, {}, {}
    if issubclass(desk.form, MoveForm):
        venues = list(Venue.objects.filter(is_active=True).order_by("name"))
        sessions = [DayForm.initial_of(each) for each in sorted(event.sessions.all(), key=lambda each: each.position)]
        # Sent back to be changed again, the fields keep what was typed.
        days = DayForms(data or typed, prefix="days", initial=sessions, form_kwargs={"venues": venues})
        keys, initial = {"venues": venues, "days": days}, MoveForm.initial_of(event)
    if desk.form is SplitForm:
        keys["people"] = _people(event)
        initial |= {"places_here": event.capacity, "places_there": event.capacity}
    if desk.form is CancelDateForm:
        keys["dates"] = list(
            Event.objects.open_for_booking(now)
            .with_catalogue_facts()
            .filter(version__course=event.course)
            .exclude(pk=event.pk)
            .order_by("starts_at", "pk")[:PAGE_SIZE]
        )
    if desk.form is CapacityForm:
        initial = {"capacity": event.capacity}
    return desk.form(data or typed, event=event, initial=initial, **keys), days


def _people(event):
    booked = Booking.objects.filter(event=event, state__in=[State.CONFIRMED, State.REQUESTED])
    names = booked.select_related("practitioner", "organisation").order_by("practitioner__full_name", "pk")
    return [(one.pk, f"{one.practitioner.full_name}, {one.organisation}") for one in names]


def _all_valid(form, days):
    """Both are asked, so that every mistake is named at once; a date keeps its number of days."""
    is_valid = form.is_valid()
    if days is None:
        return is_valid
    if not days.is_valid():
        return False
    if days.total_form_count() != form.event.sessions.count():
        form.add_error(None, "A date keeps its number of days. Give each day that it has now.")
        return False
    return is_valid


def _sent(request):
    """What was filled in, to be carried along by the preview."""
    kept = [name for name in request.POST if name not in (*OF_THE_PAGE, "key", "seen")]
    return [(name, value) for name in kept for value in request.POST.getlist(name)]


def key_of_form(given):
    try:
        return UUID(given)
    except ValueError:
        return uuid4()


def _page(given):
    return int(given) if given.isdecimal() and len(given) < 5 else 1


# --- How far it has come --------------------------------------------------------------------------------------


@staff_required
@require_safe
def staff_change_list(request):
    """Changes of dates: those being carried out, those that stopped, and what was done lately."""
    changes = EventChange.objects.visible_to(request.user).with_event_facts().select_related("asked_by__practitioner")
    page = Paginator(changes.order_by("-asked_at", "-pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "bookings/staff/staff_change_list.html", {"page": page})


@staff_required
@require_safe
def change_detail(request, change_id):
    """One change: what was decided, how far it has come, and what to do next."""
    change = _change(request, change_id)
    event = change.new_event or change.event
    return render(
        request,
        "bookings/staff/change_detail.html",
        {
            "change": change,
            "event": change.event,
            "sessions": Session.objects.filter(event=event).select_related("venue").order_by("position"),
            "progress": _progress(change),
            "trainers": Trainer.objects.filter(assignments__session__event=event)
            .select_related("practitioner")
            .distinct()
            .order_by("pk"),
            "unanswered": Booking.objects.unanswered().filter(event=event).count() if change.is_asking else 0,
        },
    )


@staff_required
@require_safe
def change_progress(request, change_id):
    """How far it has come, for the page that waits for it."""
    return JsonResponse(_progress(_change(request, change_id)))


@staff_required
@require_POST
def change_retry(request, change_id):
    """Take up a change that stopped half way."""
    change = _change(request, change_id)
    event_changes.try_again(change_id=change.pk, by=request.user, now=clock.now())
    return redirect("bookings:change_detail", change_id=change.pk)


def _change(request, change_id):
    return get_object_or_404(EventChange.objects.visible_to(request.user).with_event_facts(), pk=change_id)


def _progress(change):
    """What the progress panel shows; its shape is described in docs/look.md."""
    how_far = f"{change.done_count} of {change.affected_count} people have been told."
    if change.finished_at:
        words = how_far if change.affected_count else "It is done. Nobody had to be told."
        return {
            "state": "done",
            "message": words,
            "url": reverse("bookings:staff_event", args=[change.event.reference]),
            "link": "See the date and its letters",
        }
    if change.failed_at:
        return {
            "state": "failed",
            "message": f"It stopped half way: {how_far} Nobody is told twice if it is tried again.",
        }
    return {"state": "working", "message": how_far}
