"""Schedules of reports: officers set them up for the partnership, the team for its own strands."""

from django.contrib import messages
from django.core.paginator import Paginator
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import role_required
from bookings.reports import name_of
from evaluation.actions import schedules
from evaluation.forms.schedules import ScheduleForm
from evaluation.models import ReportSchedule
from evaluation.models.schedule import SCHEDULERS
from evaluation.reports.facts import period_of, strands_in_words

scheduler_required = role_required(*SCHEDULERS)
A_PAGE = 25


@scheduler_required
@require_safe
def schedule_list(request):
    """The schedules that go on, then those that have ended."""
    mine = ReportSchedule.objects.visible_to(request.user).prefetch_related("recipients__practitioner")
    page = Paginator(mine.order_by("ended_at", "pk"), A_PAGE).get_page(request.GET.get("page"))
    rows = [_row(schedule) for schedule in page]
    return render(request, "evaluation/lscp/schedule_list.html", {"page": page, "rows": rows})


def _row(schedule):
    return {
        "schedule": schedule,
        "title": f"Every {schedule.get_every_display()}",
        "strands": strands_in_words(schedule.strands),
        "recipients": sorted(name_of(each) for each in schedule.recipients.all()),
    }


@scheduler_required
def schedule_add(request):
    """Choose how often, which strands, and who gets a letter."""
    is_sent = request.method == "POST"
    form, refusal = ScheduleForm(request.POST if is_sent else None, by=request.user), ""
    if is_sent and form.is_valid():
        try:
            schedule = schedules.set_up(by=request.user, now=clock.now(), **form.cleaned_data)
        except schedules.ScheduleRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "The schedule is set up. The first report is made when this period is over.")
            return redirect("evaluation:schedule_detail", schedule_id=schedule.pk)
    choices = form.fields["strands"].choices
    context = {"form": form, "refusal": refusal, "strand_names": [label for _, label in choices]}
    status = 409 if refusal else 422 if form.errors else 200
    return render(request, "evaluation/lscp/schedule_add.html", context, status=status)


@scheduler_required
@require_safe
def schedule_detail(request, schedule_id):
    """What it asks for, what was made of it, and who was told."""
    schedule = _fetch(request, schedule_id)
    made = schedule.reports.select_related("report").prefetch_related("letters__recipient__practitioner")
    page = Paginator(made.defer("report__figures", "report__pdf").order_by("-starts_on", "-pk"), A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {**_row(schedule), "page": page, "made": [_made(scheduled) for scheduled in page]}
    return render(request, "evaluation/lscp/schedule_detail.html", context)


def _made(scheduled):
    letters = scheduled.letters.all()
    return {
        "scheduled": scheduled,
        "report": scheduled.report,
        "period": period_of(scheduled.report).name,
        "told": sorted(name_of(each.recipient) for each in letters if each.may_read),
        "not_told": sorted(name_of(each.recipient) for each in letters if not each.may_read),
    }


@scheduler_required
@require_POST
def schedule_end(request, schedule_id):
    """Have no further reports made."""
    schedule = _fetch(request, schedule_id)
    schedules.end(schedule_id=schedule.pk, by=request.user, now=clock.now())
    messages.success(request, "The schedule has ended. Reports that were made stay.")
    return redirect("evaluation:schedule_detail", schedule_id=schedule.pk)


def _fetch(request, schedule_id):
    mine = ReportSchedule.objects.visible_to(request.user)
    return get_object_or_404(
        mine.select_related("made_by__practitioner", "ended_by__practitioner").prefetch_related(
            "recipients__practitioner"
        ),
        pk=schedule_id,
    )
