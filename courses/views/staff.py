"""Planning pages of the Workforce Development Team: courses with their offers, and dates with their days."""

from collections.abc import Sequence
from itertools import zip_longest

from django.contrib import messages
from django.core.paginator import Paginator
from django.db.models import Count, Prefetch, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.access import staff_required
from courses.actions import courses, enquiries, events
from courses.forms.courses import CourseForm, OfferForm, StaffCourseFilter
from courses.forms.events import MAX_DAYS, EventDetailsForm, EventForm, SittingForm, SittingForms, TrainersForms
from courses.models import (
    Course,
    Enquiry,
    Event,
    LearningOutcome,
    Offer,
    PriceBand,
    Strand,
    Trainer,
    TrainerAssignment,
    Venue,
)
from courses.pricing import best_offer

PAGE_SIZE = 50
DATES_SHOWN = 30

# What the buttons of a course's page do, and what is said afterwards.
MOVES = {
    "publish": (courses.publish, "The course is published."),
    "pause": (courses.pause, "The course is paused. It is off the public pages; its dates stay."),
    "retire": (courses.retire, "The course is retired. Training records keep it."),
}


# --- Courses ----------------------------------------------------------------------------------------


@staff_required
def staff_course_list(request):
    """Every course, drafts and retired ones too, with how many dates are coming."""
    now = clock.now()
    form = StaffCourseFilter(request.GET)
    dates = Count("versions__events", filter=Q(versions__events__in=Event.objects.upcoming(now)), distinct=True)
    offers = Prefetch("offers", Offer.objects.active().order_by("strand"))
    found = form.narrow(Course.objects.defer("search_document")).annotate(coming_dates=dates)
    page = Paginator(found.order_by("code").prefetch_related(offers), PAGE_SIZE).get_page(request.GET.get("page"))
    return render(request, "courses/staff/staff_course_list.html", {"form": form, "page": page})


@staff_required
def course_create(request):
    """A new course: a draft with its outcomes and offers."""
    form = CourseForm(request.POST or None)
    offer_forms = _offer_forms(request.POST or None, offers={})
    if request.method == "POST" and _all_valid(form, *offer_forms):
        try:
            course = courses.create(
                facts=form.facts,
                outcomes=form.outcomes,
                offers=_chosen_terms(offer_forms),
                required_courses=form.cleaned_data["required_courses"],
                by=request.user,
                now=clock.now(),
            )
        except courses.AlreadyThere as refusal:
            form.add_error("code", str(refusal))
        else:
            messages.success(request, "The course is saved as a draft. Publish it when it is ready.")
            return redirect("courses:course_edit", code=course.code)
    return _course_page(request, form, offer_forms)


@staff_required
def course_edit(request, code):
    """One course: its facts, outcomes and offers, its dates, and whether the public sees it."""
    course = get_object_or_404(Course.objects.defer("search_document"), code=code)
    offers = {offer.strand: offer for offer in course.offers.select_related("price_band")}
    outcomes = [outcome.text for outcome in LearningOutcome.objects.newest_of(course)]
    form = CourseForm(request.POST or None, instance=course, outcomes=outcomes)
    offer_forms = _offer_forms(request.POST or None, offers=offers)
    if request.method == "POST" and _all_valid(form, *offer_forms):
        number = course.versions.count()
        courses.amend(
            course=course,
            facts=form.facts,
            outcomes=form.outcomes,
            offers=_chosen_terms(offer_forms),
            required_courses=form.cleaned_data["required_courses"],
            by=request.user,
            now=clock.now(),
        )
        is_new_version = course.versions.count() > number
        messages.success(request, _words_after_amending(is_new_version))
        return redirect("courses:course_edit", code=course.code)
    return _course_page(request, form, offer_forms, course=Course.objects.get(pk=course.pk))


@staff_required
@require_POST
def course_move(request, code, move):
    """Publish, pause or retire; a refusal says what is missing."""
    course = get_object_or_404(Course, code=code)
    action, done = MOVES[move]
    try:
        action(course=course, by=request.user, now=clock.now())
    except courses.CannotPublish as refusal:
        for reason in refusal.reasons:
            messages.error(request, reason)
    except courses.CannotRetire as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, done)
    return redirect("courses:course_edit", code=course.code)


def _offer_forms(data, *, offers: dict[str, Offer]) -> list[OfferForm]:
    bands = list(PriceBand.objects.order_by("code"))
    return [OfferForm(data, strand=strand, bands=bands, offer=offers.get(strand)) for strand in Strand.values]


def _chosen_terms(offer_forms: Sequence[OfferForm]):
    return [form.terms for form in offer_forms if form.cleaned_data["is_offered"]]


def _all_valid(*forms) -> bool:
    """Every form is asked, so that every mistake is named at once."""
    return [form.is_valid() for form in forms].count(False) == 0


def _words_after_amending(is_new_version: bool) -> str:
    if is_new_version:
        return (
            "Saved. The outcomes changed after dates were published, so this is a new version: "
            "people who booked or came keep the outcomes they were promised."
        )
    return "Saved."


def _course_page(request, form, offer_forms, *, course: Course | None = None):
    """`course` is read anew: the form has put what was typed into its own."""
    dates = []
    if course is not None:
        dates = Event.objects.filter(version__course=course).select_related("venue", "version")
        dates = dates.order_by("-starts_at", "-pk")[:DATES_SHOWN]
    wrong = any(each.errors for each in (form, *offer_forms))
    context = {"form": form, "offer_forms": offer_forms, "course": course, "dates": dates}
    return render(request, "courses/staff/course_edit.html", context, status=422 if wrong else 200)


# --- Dates ------------------------------------------------------------------------------------------


@staff_required
def event_create(request, code):
    """Schedule a date: a draft with its days, venue and trainers."""
    course = get_object_or_404(Course.objects.defer("search_document"), code=code)
    offers, venues, trainers = _choices(course)
    usual = {
        "offers": [offer.pk for offer in offers],
        "mode": course.default_mode,
        "capacity": course.default_capacity,
        "min_numbers": course.default_min_numbers,
    }
    form = EventForm(_sent(request), offers=offers, venues=venues, initial=_typed(request) or usual)
    empty_days = [{} for _ in range(max(1, min(int(course.days), MAX_DAYS)))]
    days = _day_forms(request, venues, trainers, initial=empty_days)
    if _is_saving(request) and _all_valid(form, days):
        version = course.versions.latest("number")
        event = _try(
            form, lambda: events.schedule(version=version, by=request.user, now=clock.now(), **_plan(form, days))
        )
        if event:
            messages.success(request, f"{event.reference} is saved as a draft. Publish it to open it for booking.")
            return redirect("courses:event_edit", reference=event.reference)
    return _event_page(request, course, form, days)


@staff_required
def enquiry_schedule(request, reference):
    """Give an accepted enquiry its date, open at once to the organisation that ordered it and to nobody else."""
    enquiry = get_object_or_404(Enquiry.objects.visible_to(request.user).with_facts(), reference=reference)
    course = enquiry.course
    if enquiry.state != Enquiry.State.ACCEPTED or course is None:
        messages.info(request, "A date follows when the quote is accepted and the course is known.")
        return redirect("courses:staff_enquiry", reference=enquiry.reference)
    offers, venues, trainers = _choices(course)
    offer = best_offer(offers=offers, category=enquiry.organisation.charging_category)
    usual = {"offers": [offer.pk] if offer else [], "mode": course.default_mode, "capacity": enquiry.headcount}
    form = EventForm(_sent(request), offers=offers, venues=venues, initial=_typed(request) or usual)
    empty_days = [{"day": enquiry.wanted_from}, *({} for _ in range(1, min(int(course.days), MAX_DAYS)))]
    days = _day_forms(request, venues, trainers, initial=empty_days)
    if _is_saving(request) and _all_valid(form, days):
        plan = _plan(form, days)
        event = _try(form, lambda: enquiries.schedule(enquiry_id=enquiry.pk, by=request.user, now=clock.now(), **plan))
        if event:
            messages.success(request, f"{event.reference} is open to {enquiry.organisation}. We have written to them.")
            return redirect("courses:staff_enquiry", reference=enquiry.reference)
    return _event_page(request, course, form, days, enquiry=enquiry)


@staff_required
def event_edit(request, reference):
    """Change a date: everything while nobody holds a place, and afterwards what no booking rests on."""
    event = get_object_or_404(Event.objects.with_catalogue_facts(), reference=reference)
    if event.state not in (Event.State.DRAFT, Event.State.OPEN):
        messages.info(request, f"{event.reference} is {event.get_state_display()}, so it cannot be changed here.")
        return redirect("bookings:staff_event", reference=event.reference)
    if event.places_taken or event.has_begun(clock.now()):
        return _edit_details(request, event)
    return _edit_whole(request, event)


@staff_required
@require_POST
def event_publish(request, reference):
    """Open a draft for booking, or say what is missing."""
    event = get_object_or_404(Event, reference=reference)
    try:
        events.publish(event=event, by=request.user, now=clock.now())
    except events.CannotPublish as refusal:
        for reason in refusal.reasons:
            messages.error(request, reason)
        return redirect("courses:event_edit", reference=event.reference)
    messages.success(request, f"{event.reference} is open for booking.")
    return redirect("bookings:staff_event", reference=event.reference)


def _edit_whole(request, event: Event):
    offers, venues, trainers = _choices(event.course)
    initial = _typed(request) or EventForm.initial_of(event)
    form = EventForm(_sent(request), offers=offers, venues=venues, initial=initial)
    days = _day_forms(request, venues, trainers, initial=[SittingForm.initial_of(each) for each in _sessions(event)])
    if _is_saving(request) and _all_valid(form, days):
        plan = _plan(form, days)
        change = {"offers": plan.pop("offers"), "sessions": plan.pop("sessions"), "facts": plan}
        if _try(form, lambda: events.amend(event=event, by=request.user, now=clock.now(), **change)):
            messages.success(request, f"{event.reference} is saved.")
            return redirect("courses:event_edit", reference=event.reference)
    return _event_page(request, event.course, form, days, event=event)


def _edit_details(request, event: Event):
    sessions = list(_sessions(event))
    form = EventDetailsForm(request.POST or None, initial=EventDetailsForm.initial_of(event))
    keys = {"trainers": list(_trainers())}
    initial = [SittingForm.initial_of(session) for session in sessions]
    trainers = TrainersForms(request.POST or None, prefix="trainers", initial=initial, form_kwargs=keys)
    if request.method == "POST" and _all_valid(form, trainers):
        given = [each.trainers for each in trainers.forms[: len(sessions)]]
        people = {session: chosen or [] for session, chosen in zip_longest(sessions, given)}
        saved = _try(
            form,
            lambda: events.amend_details(
                event=event, facts=form.facts, trainers=people, by=request.user, now=clock.now()
            ),
        )
        if saved:
            messages.success(request, f"{event.reference} is saved.")
            return redirect("bookings:staff_event", reference=event.reference)
    wrong = form.errors or any(trainers.errors)
    context = {"event": event, "form": form, "trainers": trainers, "days": list(zip(sessions, trainers, strict=False))}
    return render(request, "courses/staff/event_details.html", context, status=422 if wrong else 200)


REFUSALS = (
    *(events.CannotSchedule, events.TrainerIsElsewhere, events.DatesAreBooked, events.TooFewPlaces),
    *(events.CannotPublish, enquiries.EnquiryHasMovedOn, enquiries.NotKnownYet),
)


def _try(form, action):
    """Do it; a refusal becomes an error of the form, in the words that the action gives."""
    try:
        return action()
    except REFUSALS as refusal:
        form.add_error(None, str(refusal))
        return None


def _choices(course: Course) -> tuple[list[Offer], list[Venue], list[Trainer]]:
    offers = list(course.offers.active().order_by("strand"))
    return offers, list(Venue.objects.filter(is_active=True).order_by("name")), list(_trainers())


def _trainers():
    return Trainer.objects.active().select_related("practitioner").order_by("practitioner__full_name", "pk")


def _sessions(event: Event):
    assignments = TrainerAssignment.objects.order_by("-part", "pk")  # LEAD before CO_TRAINER
    return event.sessions.order_by("position").prefetch_related(Prefetch("trainer_assignments", assignments))


# --- A form with one more day, without any script ---------------------------------------------------


def _is_adding_a_day(request) -> bool:
    return request.method == "POST" and "add_day" in request.POST


def _is_saving(request) -> bool:
    return request.method == "POST" and "add_day" not in request.POST


def _sent(request):
    """What was sent to be saved. Somebody who asks for another day is not told yet what is wrong."""
    return request.POST if _is_saving(request) else None


def _typed(request) -> dict:
    """What was typed so far, to be shown again."""
    if not _is_adding_a_day(request):
        return {}
    return {name: request.POST.get(name, "") for name in EventForm.base_fields} | {
        "offers": request.POST.getlist("offers")
    }


def _day_forms(request, venues, trainers, *, initial):
    keys = {"venues": venues, "trainers": trainers}
    if _is_adding_a_day(request):
        initial = _typed_days(request.POST)
    return SittingForms(_sent(request), prefix="days", initial=initial, form_kwargs=keys)


def _typed_days(data) -> list[dict]:
    """The days as typed, and one more at the same times with the same people."""
    asked = data.get("days-TOTAL_FORMS", "")
    number = min(int(asked), MAX_DAYS) if asked.isdecimal() and len(asked) < 4 else 0
    days = [
        {name: data.get(f"days-{position}-{name}", "") for name in SittingForm.base_fields}
        for position in range(number)
    ]
    if number < MAX_DAYS:
        days.append({**(days[-1] if days else {}), "day": ""})
    return days


def _plan(form: EventForm, days) -> dict:
    """What the actions take, from both forms."""
    return {**form.facts, "offers": form.chosen_offers, "sessions": days.sittings}


def _event_page(request, course: Course, form, days, *, event: Event | None = None, enquiry: Enquiry | None = None):
    wrong = form.errors or any(days.errors) or days.non_form_errors()
    context = {
        "course": course,
        "event": event,
        "enquiry": enquiry,
        "form": form,
        "days": days,
        "can_add_days": days.total_form_count() < MAX_DAYS,
    }
    return render(request, "courses/staff/event_edit.html", context, status=422 if wrong else 200)
