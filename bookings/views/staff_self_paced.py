"""Self-paced courses for the team: who is on which, until when, and more time for somebody who needs it."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import staff_required
from accounts.pagination import LongPaginator
from bookings.actions import self_paced
from bookings.forms.self_paced import MoreTimeForm, SelfPacedFilter
from bookings.models import SelfPacedEnrolment
from courses.models import Course, LearningFormat

PAGE_SIZE = 25


@staff_required
@require_safe
def staff_self_paced_list(request):
    """Everybody on a self-paced course, those who are to finish first at the top; then what has ended."""
    form = SelfPacedFilter(request.GET)
    found = form.narrow(SelfPacedEnrolment.objects.visible_to(request.user).with_facts())
    # The states in the order of the alphabet would put what has ended between what is under way.
    ordered = found.live_first().order_by("has_ended", "due_at", "pk")
    page = LongPaginator(ordered, PAGE_SIZE).get_page(request.GET.get("page"))
    courses = Course.objects.published().filter(learning_format=LearningFormat.SELF_PACED)
    context = {"filter": form, "page": page, "courses": courses.only("title", "code").order_by("title")}
    return render(request, "bookings/staff/staff_self_paced_list.html", context)


@staff_required
def self_paced_extend(request, reference):
    """Give somebody a later day to finish, with a reason that is kept."""
    enrolment = get_object_or_404(SelfPacedEnrolment.objects.visible_to(request.user).with_facts(), reference=reference)
    form = MoreTimeForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        try:
            self_paced.extend(enrolment_id=enrolment.pk, by=request.user, now=clock.now(), **form.cleaned_data)
        except self_paced.CannotGoOn as refusal:
            form.add_error("until", str(refusal))
        else:
            messages.success(request, f"{enrolment.practitioner} has more time, and has been told.")
            return redirect("bookings:staff_self_paced_list")
    context = {"enrolment": enrolment, "course": enrolment.course, "form": form}
    return render(request, "bookings/staff/self_paced_extend.html", context, status=422 if form.errors else 200)
