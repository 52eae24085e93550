"""Pages of the person who learns: book a place, one booking with its story, cancel it, the training record."""

from uuid import uuid4

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.models import Membership, Organisation, Partnership
from bookings import emails, reports, waiting_times
from bookings.actions import approvals, places, terms, training_records
from bookings.eligibility import Outcome, bookable_events, decide, undecided_until
from bookings.forms.places import BookingForm, CancelForm
from bookings.models import Booking, BookingNeeds, TrainingRecordFile
from bookings.models.booking import State
from courses.calendars import CANCEL, PUBLISH
from courses.models import Event

OTHER_DATES_SHOWN = 5
# A file is served while the place is confirmed or over, and one that clears the calendar once it is given up.
CALENDAR_METHODS = {
    **dict.fromkeys([State.CANCELLED, State.CANCELLED_LATE, State.CANCELLED_BY_PROVIDER], CANCEL),
    **dict.fromkeys([State.SUBSTITUTED, State.TRANSFERRED], CANCEL),
    **dict.fromkeys([State.CONFIRMED, State.ATTENDED, State.PART_ATTENDED], PUBLISH),
}


@login_required
def booking_create(request, reference):
    """Book a place on one date: what it is and costs, a few questions, one button."""
    practitioner = practitioner_of(request.user)
    employers = list(employers_of(practitioner))
    employer = chosen_employer(request, employers)
    is_sent = request.method == "POST"
    form = BookingForm(request.POST) if is_sent else BookingForm(initial=initial_answers(practitioner))
    event = _date_of(reference)
    reasons, decision = [], None
    if is_sent and form.is_valid():
        try:
            booking = _book(form, event, practitioner=practitioner, employer=employer, user=request.user)
        except places.BookingRefused as refusal:
            reasons, decision = form.show_reasons(refusal.reasons), refusal.decision
            if decision is None:
                event = _date_of(reference)
        else:
            messages.success(request, what_was_booked(booking))
            return redirect("bookings:booking_detail", reference=booking.reference)
    if employer is None and len(employers) > 1:
        context = {"event": event, "course": event.version.course, "employers": employers}
        return render(request, "bookings/practitioner/booking_organisation.html", context)
    now = clock.now()
    decision = decision or decide(practitioner=practitioner, organisation=employer, event=event, now=now)
    return _booking_page(request, event, decision, employers, employer, form, reasons, now)


def _date_of(reference):
    return get_object_or_404(bookable_events().published().public(), reference=reference)


def _booking_page(request, event, decision, employers, employer, form, reasons, now):
    """Draw the page: the promise with its questions, or why this date cannot be had and what can."""
    if form.is_bound and not form.is_valid():
        form.show_unsaid(decision)
    course = event.version.course
    policy = decision.terms.policy
    is_refused = decision.outcome in (Outcome.REFUSE, Outcome.WAIT)
    return render(
        request,
        "bookings/practitioner/booking_create.html",
        {
            "event": event,
            "course": course,
            "employer": employer,
            "has_several_employers": len(employers) > 1,
            "decision": decision,
            "is_refused": is_refused,
            "is_contact": Membership.objects.as_contact().filter(practitioner=decision.practitioner).exists(),
            "is_list_open": event.starts_at and now < waiting_times.first_to_answer_at(event=event),
            "partnership": decision.partnership,
            "undecided_until": undecided_until(event=event, partnership=decision.partnership),
            "reasons": decision.reasons or reasons,
            "form": form,
            "key": _key_of(form),
            "place": emails.place_of(event),
            "sessions": emails.sessions_of(event),
            "late_charge": policy and policy.late_charge(is_half_day=course.is_half_day, price=decision.price),
            "other_dates": _other_dates(event, now) if is_refused else [],
            "now": now,
        },
        status=409 if reasons else 200,
    )


def practitioner_of(user):
    practitioner = getattr(user, "practitioner", None)
    if practitioner is None:
        raise Http404
    return practitioner


def employers_of(practitioner):
    """Where the person works or volunteers now; new employers that nobody has placed yet are among them."""
    return (
        Organisation.objects.filter(memberships__practitioner=practitioner, memberships__ended_on__isnull=True)
        .exclude(state=Organisation.State.CLOSED)
        .distinct()
        .order_by("name", "pk")
    )


def chosen_employer(request, employers):
    """The one they have, or the one they chose; anything else sent here is as good as nothing."""
    if len(employers) == 1:
        return employers[0]
    chosen = request.POST.get("organisation") or request.GET.get("organisation")
    return next((employer for employer in employers if str(employer.pk) == chosen), None)


def initial_answers(practitioner):
    """Nothing is asked twice: needs as they were told last time (rule B22), the manager from the profile."""
    answers = {"manager_email": practitioner.manager_email}
    needs = BookingNeeds.objects.filter(booking__practitioner=practitioner).order_by("-booking__booked_at").first()
    if needs:
        answers |= {"needs_access": needs.access, "needs_diet": needs.diet}
    return answers


def _key_of(form):
    """The key that came with the form, so that pressing again is harmless; a new page has a new one."""
    given = form.data.get("idempotency_key") if form.is_bound and "idempotency_key" not in form.errors else None
    return given or uuid4()


def _book(form, event, *, practitioner, employer, user):
    said = form.cleaned_data
    return places.book(
        event=event,
        practitioner=practitioner,
        organisation=employer,
        by=user,
        now=clock.now(),
        idempotency_key=said["idempotency_key"],
        answers=form.answers,
        needs_access=said["needs_access"],
        needs_diet=said["needs_diet"],
        price_shown=said["price_shown"],
    )


def what_was_booked(booking):
    if booking.state == State.REQUESTED:
        return "We have your request. We have written to you with what happens next."
    if booking.state == State.CONFIRMED:
        return "Your place is booked. We have sent you a letter with a file for your calendar."
    return f"You used this form before. Your booking is {booking.get_state_display()}."


def _other_dates(event, now):
    return (
        Event.objects.open_for_booking(now)
        .with_places_left()
        .with_catalogue_facts()
        .filter(version__course=event.version.course)
        .exclude(pk=event.pk)
        .order_by("starts_at", "pk")[:OTHER_DATES_SHOWN]
    )


@login_required
def booking_detail(request, reference):
    """Everything about one booking in time order, the letters too."""
    booking = _own_booking(request.user, reference)
    now = clock.now()
    return render(
        request,
        "bookings/practitioner/booking_detail.html",
        {
            "booking": booking,
            "event": booking.event,
            "course": booking.event.version.course,
            "place": emails.place_of(booking.event),
            "sessions": emails.sessions_of(booking.event),
            "needs": getattr(booking, "needs", None),
            "late_charge": emails.late_charge(booking),
            "charge": booking.charge_notices.shown_to_agencies().select_related("organisation").first(),
            "may_cancel": _may_cancel(booking, now),
            "may_ask_manager": approvals.may_ask_manager(booking=booking, now=now),
            "has_calendar": booking.state in CALENDAR_METHODS,
            "is_over": booking.event.has_ended(now),
            "undecided_until": undecided_until(event=booking.event, partnership=Partnership.objects.current()),
            "story": reports.story_of(booking, now),
            "now": now,
        },
    )


def _own_booking(user, reference):
    own = Booking.objects.of(user).with_event_facts().with_approval().select_related("policy", "needs", "replaced_by")
    return get_object_or_404(own.prefetch_related("event__sessions__venue"), reference=reference)


def _may_cancel(booking, now):
    return booking.state in (State.REQUESTED, State.CONFIRMED) and not booking.event.has_begun(now)


@login_required
def booking_cancel(request, reference):
    """Give a place up: first what it costs now, then one button."""
    booking = _own_booking(request.user, reference)
    now = clock.now()
    is_late = not booking.is_free_to_cancel(now)
    form = CancelForm(request.POST if request.method == "POST" else None, is_late=is_late)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            booking = places.cancel(booking_id=booking.pk, by=request.user, now=now, **form.cleaned_data)
        except places.CannotCancel as error:
            refusal = str(error)
        else:
            messages.success(request, _what_was_cancelled(booking))
            return redirect("bookings:booking_detail", reference=booking.reference)
    return render(
        request,
        "bookings/practitioner/booking_cancel.html",
        {
            "booking": booking,
            "event": booking.event,
            "course": booking.event.version.course,
            "form": form,
            "is_late": is_late,
            "late_charge": emails.late_charge(booking),
            "may_cancel": _may_cancel(booking, now),
            "refusal": refusal,
        },
        status=409 if refusal else 200,
    )


@login_required
@require_POST
def booking_terms(request, reference):
    """Accept the terms of a place that somebody else gave one; pressing again is harmless."""
    booking = _own_booking(request.user, reference)
    if terms.accept(booking_id=booking.pk, by=request.user, now=clock.now()):
        messages.success(request, "Thank you. You have accepted the terms of your place.")
    return redirect("bookings:booking_detail", reference=booking.reference)


def _what_was_cancelled(booking):
    if booking.confirmed_at is None:
        return "Your request is withdrawn. We have written to you to confirm it."
    return "Your place is cancelled. We have written to you to confirm it."


@login_required
def booking_calendar(request, reference):
    """The calendar file of one booking: adds the date, or takes it out once the place is given up."""
    booking = _own_booking(request.user, reference)
    method = CALENDAR_METHODS.get(State(booking.state))
    if method is None:
        raise Http404
    return HttpResponse(
        emails.booking_calendar(booking, method=method),
        content_type=f"text/calendar; charset=utf-8; method={method}",
        headers={"Content-Disposition": f'attachment; filename="{booking.reference}.ics"'},
    )


@login_required
def training_record(request):
    """What one has taken part in, for supervision, appraisal and registration; prints well."""
    return render(request, "bookings/practitioner/training_record.html", _record_of(request.user))


def _record_of(user):
    now = clock.now()
    rows = reports.training_record(user)
    return {
        "rows": rows,
        "learning_days": reports.learning_days(rows, now),
        "year_note": f"since 1 April {reports.learning_year_start(now).year}, on the way to five",
        "now": now,
    }


@login_required
def training_record_csv(request):
    """The training record as a spreadsheet."""
    return HttpResponse(
        reports.training_record_csv(reports.training_record(request.user)),
        content_type="text/csv; charset=utf-8",
        headers={"Content-Disposition": 'attachment; filename="training-record.csv"'},
    )


@login_required
@require_POST
def training_record_print(request):
    """Have the training record printed as it stands; a worker does it, for a long one takes seconds."""
    file = training_records.ask_for_file(practitioner=practitioner_of(request.user), now=clock.now())
    return redirect("bookings:training_record_file", file_id=file.pk)


@login_required
@require_safe
def training_record_file(request, file_id):
    """The printed training record: on its way, ready, or to be asked for again."""
    file = _own_record_file(request, file_id)
    return render(
        request, "bookings/practitioner/training_record_file.html", {"file": file, "progress": _print_progress(file)}
    )


@login_required
@require_safe
def training_record_progress(request, file_id):
    """How far the printing is, for the page that waits for it."""
    return JsonResponse(_print_progress(_own_record_file(request, file_id)))


@login_required
@require_safe
def training_record_download(request, file_id):
    """The file itself, for its owner alone."""
    file = get_object_or_404(TrainingRecordFile.objects.visible_to(request.user), pk=file_id, made_at__isnull=False)
    return HttpResponse(
        bytes(file.content),
        content_type="application/pdf",
        headers={"Content-Disposition": 'attachment; filename="training-record.pdf"'},
    )


def _own_record_file(request, file_id):
    return get_object_or_404(TrainingRecordFile.objects.visible_to(request.user).defer("content"), pk=file_id)


def _print_progress(file):
    """What the progress panel shows; its shape is described in docs/look.md."""
    if file.made_at:
        return {
            "state": "done",
            "message": "Your training record is ready.",
            "url": reverse("bookings:training_record_download", args=[file.pk]),
            "link": "Download your training record",
        }
    if file.is_given_up(clock.now()):
        return {"state": "failed", "message": "We could not make the document. Nothing is lost: ask for it again."}
    return {"state": "working", "message": "Your training record is being made. This takes less than a minute."}
