"""Self-paced courses for the person who learns: start one, go on with it, say that it is finished (rule B26)."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from bookings import emails
from bookings.actions import self_paced
from bookings.actions.capacity import BookingRefused
from bookings.forms.self_paced import FinishForm, StartForm
from bookings.models import SelfPacedEnrolment
from bookings.self_paced_eligibility import decide_self_paced
from bookings.views.practitioner import chosen_employer, employers_of, practitioner_of
from courses.models import Course, LearningFormat


@login_required
def self_paced_start(request, slug):
    """Start a course that is done in one's own time: what it takes and costs, a few questions, one button."""
    courses = Course.objects.open_to_visitors().defer("search_document").prefetch_related("offers")
    course = get_object_or_404(courses, slug=slug, learning_format=LearningFormat.SELF_PACED)
    practitioner = practitioner_of(request.user)
    employers = list(employers_of(practitioner))
    employer = chosen_employer(request, employers)
    is_sent = request.method == "POST"
    form = StartForm(request.POST if is_sent else None, initial={"manager_email": practitioner.manager_email})
    reasons = []
    if is_sent and form.is_valid():
        try:
            enrolment = _start(form, course, practitioner=practitioner, employer=employer, user=request.user)
        except BookingRefused as refusal:
            reasons = form.show_reasons(refusal.reasons)
        else:
            messages.success(request, "The course is yours. We have written to you with the way back to it.")
            return redirect("bookings:self_paced_detail", reference=enrolment.reference)
    decision = decide_self_paced(practitioner=practitioner, organisation=employer, course=course, now=clock.now())
    if decision.enrolled:
        return redirect("bookings:self_paced_detail", reference=decision.enrolled.reference)
    if employer is None and len(employers) > 1:
        context = {"course": course, "employers": employers}
        return render(request, "bookings/practitioner/booking_organisation.html", context)
    if is_sent and not form.is_valid():
        form.show_unsaid(decision)
    context = {
        "course": course,
        "employer": employer,
        "employers": employers,
        "decision": decision,
        "reasons": decision.reasons or reasons,
        "form": form,
    }
    page = "bookings/practitioner/self_paced_start.html"
    return render(request, page, context, status=409 if reasons else 422 if form.errors else 200)


def _start(form, course, *, practitioner, employer, user):
    return self_paced.enrol(
        course=course,
        practitioner=practitioner,
        organisation=employer,
        by=user,
        now=clock.now(),
        answers=form.answers,
        price_shown=form.cleaned_data["price_shown"],
    )


@login_required
@require_safe
def self_paced_detail(request, reference):
    """One course of one's own: by when, the way to it, and the box that says it is finished."""
    return _course_page(request, enrolment_of(request.user, reference), FinishForm())


@login_required
@require_POST
def self_paced_begin(request, reference):
    """Open the course for the first time; from then on its address stands on the page."""
    enrolment = enrolment_of(request.user, reference)
    try:
        self_paced.begin(enrolment_id=enrolment.pk, by=request.user, now=clock.now())
    except self_paced.CannotGoOn as refusal:
        messages.error(request, str(refusal))
    return redirect("bookings:self_paced_detail", reference=enrolment.reference)


@login_required
@require_POST
def self_paced_finish(request, reference):
    """Say that one has finished."""
    enrolment = enrolment_of(request.user, reference)
    form = FinishForm(request.POST)
    if not form.is_valid():
        return _course_page(request, enrolment, form)
    try:
        self_paced.finish(enrolment_id=enrolment.pk, by=request.user, now=clock.now())
    except self_paced.CannotGoOn as refusal:
        messages.error(request, str(refusal))
    else:
        messages.success(request, "Well done. The course is in your training record.")
    return redirect("bookings:self_paced_detail", reference=enrolment.reference)


def enrolment_of(user, reference):
    """One's own, with its facts; anybody else's is missing."""
    return get_object_or_404(SelfPacedEnrolment.objects.of(user).with_facts(), reference=reference)


def _course_page(request, enrolment, form):
    context = {
        **emails.self_paced_facts(enrolment, now=clock.now()),
        "form": form,
        "ends_with_questions": enrolment.course.ends_with_questions,
        "charge": enrolment.charge_notices.shown_to_agencies().select_related("organisation").first(),
    }
    page = "bookings/practitioner/self_paced_detail.html"
    return render(request, page, context, status=422 if form.errors else 200)
