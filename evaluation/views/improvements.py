"""Improvement actions for the partnership's officers, who write them down and end them; the subgroup reads."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import role_required
from accounts.pagination import LongPaginator
from evaluation.actions import improvements
from evaluation.forms.improvements import ActionFilter, EndForm, MeetingForm
from evaluation.models import ImprovementAction
from evaluation.models.improvement import KEEPERS, READERS

keeper_required = role_required(*KEEPERS)
reader_required = role_required(*READERS)
A_PAGE = 25
State = ImprovementAction.State
KINDS = {State.OPEN: "info", State.DONE: "good", State.DROPPED: "quiet"}


@reader_required
@require_safe
def action_list(request):
    """What somebody promised: to do first, by its day."""
    today, is_keeper = _today(), _is_keeper(request)
    mine = ImprovementAction.objects.visible_to(request.user)
    found = ActionFilter(request.GET, names_owners=is_keeper)
    page = LongPaginator(found.narrow(mine.with_owners(), today=today), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page": page,
        "rows": [row_of(each, today, names_owners=is_keeper) for each in page],
        "counts": [
            ("", "to do", mine.outstanding().count()),
            ("overdue", "overdue", mine.overdue(today).count()),
        ],
        "is_keeper": is_keeper,
    }
    return render(request, "evaluation/lscp/action_list.html", context)


def row_of(action, today, *, names_owners):
    """One action as lists and pages show it."""
    is_overdue = action.state == State.OPEN and action.due_on < today
    return {
        "action": action,
        "owner": action.owner_name if names_owners else action.owner_in_role,
        "kind": "stop" if is_overdue else KINDS[action.state],
        "state": "Overdue" if is_overdue else action.get_state_display().capitalize(),
    }


@keeper_required
def action_add(request):
    """Write down what a meeting of the subgroup agreed on."""
    is_sent = request.method == "POST"
    form = MeetingForm(request.POST if is_sent else None, today=_today())
    if is_sent and form.is_valid():
        action = improvements.agree(
            what=form.cleaned_data["what"],
            source=ImprovementAction.Source.MEETING,
            due_on=form.cleaned_data["due_on"],
            by=request.user,
            now=clock.now(),
            **form.owning,
        )
        messages.success(request, "The action is written down.")
        return redirect("evaluation:action_detail", action_id=action.pk)
    return render(request, "evaluation/lscp/action_add.html", {"form": form}, status=422 if form.errors else 200)


@reader_required
@require_safe
def action_detail(request, action_id):
    """One action: who does it, by when, where it comes from, what came of it."""
    return _detail_page(request, _fetch(request, action_id))


def _detail_page(request, action, form=None, refusal=""):
    is_keeper = _is_keeper(request)
    context = {
        **row_of(action, _today(), names_owners=is_keeper),
        "form": form or EndForm(),
        "refusal": refusal,
        "is_keeper": is_keeper,
    }
    status = 409 if refusal else 422 if form and form.errors else 200
    return render(request, "evaluation/lscp/action_detail.html", context, status=status)


@keeper_required
@require_POST
def action_end(request, action_id):
    """Say that it is done, or dropped, and what came of it."""
    action, form = _fetch(request, action_id), EndForm(request.POST)
    if not form.is_valid():
        return _detail_page(request, action, form)
    try:
        improvements.end(action_id=action.pk, by=request.user, now=clock.now(), **form.cleaned_data)
    except improvements.ActionRefused as refused:
        return _detail_page(request, _fetch(request, action_id), form, str(refused))
    messages.success(request, "Saved. The next report shows what came of it.")
    return redirect("evaluation:action_detail", action_id=action.pk)


@keeper_required
@require_POST
def action_reopen(request, action_id):
    """Take the end back."""
    action = _fetch(request, action_id)
    improvements.reopen(action_id=action.pk, by=request.user, now=clock.now())
    messages.success(request, "The action is open again.")
    return redirect("evaluation:action_detail", action_id=action.pk)


def _fetch(request, action_id):
    actions = ImprovementAction.objects.visible_to(request.user).with_owners()
    return get_object_or_404(
        actions.select_related("owner__practitioner", "made_by__practitioner", "ended_by__practitioner"), pk=action_id
    )


def _is_keeper(request):
    return request.user.has_role(*KEEPERS)


def _today():
    return timezone.localtime(clock.now()).date()
