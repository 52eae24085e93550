"""The questions at the end of a self-paced course."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import redirect, render

from accounts import clock
from bookings.actions import knowledge
from bookings.forms.self_paced import QuestionsForm
from bookings.views.self_paced import enrolment_of


@login_required
def self_paced_questions(request, reference):
    """The questions at the end of a course: answer them all, and see how it went."""
    enrolment = enrolment_of(request.user, reference)
    desk = knowledge.desk_of(enrolment, now=clock.now())
    if desk is None:
        return redirect("bookings:self_paced_detail", reference=enrolment.reference)
    form = QuestionsForm(
        request.POST if request.method == "POST" else None,
        questions=desk.questions,
        number=desk.number,
        seed=enrolment.reference,
    )
    if request.method == "POST" and form.is_valid():
        try:
            attempt = knowledge.answer(
                enrolment_id=enrolment.pk,
                number=form.cleaned_data["number"],
                chosen=form.chosen,
                by=request.user,
                now=clock.now(),
            )
        except knowledge.CannotGoOn as refusal:
            messages.error(request, str(refusal))
        else:
            right = f"{attempt.right} of {attempt.asked} answers were right"
            if attempt.is_passed:
                messages.success(request, f"Well done: {right}. The course is in your training record.")
                return redirect("bookings:self_paced_detail", reference=enrolment.reference)
            messages.error(request, f"Not yet: {right}, and it takes {attempt.needed}.")
        return redirect("bookings:self_paced_questions", reference=enrolment.reference)
    context = {"enrolment": enrolment, "course": enrolment.course, "desk": desk, "form": form}
    page = "bookings/practitioner/self_paced_questions.html"
    return render(request, page, context, status=422 if form.errors else 200)
