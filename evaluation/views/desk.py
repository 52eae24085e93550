"""The first page of the evidence, for the partnership's officers, its subgroup and the workforce team."""

from django.contrib import messages
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import lscp_required, role_required
from evaluation.actions import meetings
from evaluation.forms.meetings import MeetingForm
from evaluation.models.improvement import KEEPERS, READERS
from evaluation.reports.desk import desk_of
from evaluation.reports.facts import period_of


@lscp_required
@require_safe
def evidence_desk(request):
    """What changed since the last meeting, what needs a decision, which actions are outstanding."""
    return _page(request, MeetingForm())


@role_required(*KEEPERS)
@require_POST
def meeting_note(request):
    """Note that the subgroup met."""
    form = MeetingForm(request.POST)
    if form.is_valid():
        try:
            meetings.note(held_on=form.cleaned_data["held_on"], by=request.user, now=clock.now())
        except meetings.MeetingRefused as refused:
            form.add_error("held_on", str(refused))
        else:
            messages.success(request, "The meeting is noted.")
            return redirect("evaluation:evidence_desk")
    return _page(request, form, status=422)


def _page(request, form, status=200):
    desk = desk_of(request.user, now=clock.now())
    context = {
        "desk": desk,
        "period": period_of(desk.latest) if desk.latest else None,
        "form": form,
        "is_reader": request.user.has_role(*READERS),
        "is_keeper": request.user.has_role(*KEEPERS),
    }
    return render(request, "evaluation/lscp/evidence_desk.html", context, status=status)
