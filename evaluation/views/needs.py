"""Learning needs: the partnership's officers and the Workforce Development Team keep them, the subgroup reads."""

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import role_required
from accounts.pagination import LongPaginator
from evaluation.actions import needs
from evaluation.forms.needs import NeedFilter, NeedForm
from evaluation.models import LearningNeed
from evaluation.models.improvement import NEED_KEEPERS, NEED_READERS

keeper_required = role_required(*NEED_KEEPERS)
reader_required = role_required(*NEED_READERS)
A_PAGE = 25
KINDS = {1: "stop", 2: "wait", 3: "quiet"}


@reader_required
@require_safe
def need_list(request):
    """What the workforce needs to learn, the most urgent first."""
    found = NeedFilter(request.GET)
    mine = LearningNeed.objects.visible_to(request.user)
    page = LongPaginator(found.narrow(mine), A_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page": page,
        "rows": [(need, KINDS[need.priority]) for need in page],
        "today": timezone.localtime(clock.now()).date(),
        "is_keeper": request.user.has_role(*NEED_KEEPERS),
    }
    return render(request, "evaluation/lscp/need_list.html", context)


@keeper_required
def need_add(request):
    """Write a need down."""
    form = NeedForm(request.POST if request.method == "POST" else None)
    if form.is_bound and form.is_valid():
        needs.add(facts=form.facts, by=request.user, now=clock.now())
        messages.success(request, "The need is on the list.")
        return redirect("evaluation:need_list")
    return _form_page(request, form)


@keeper_required
def need_edit(request, need_id):
    """Change what is written down, or see that it is closed."""
    need = _fetch(request, need_id)
    form, refusal = NeedForm.of(need, request.POST if request.method == "POST" else None), ""
    if form.is_bound and form.is_valid():
        try:
            needs.change(need_id=need.pk, facts=form.facts, by=request.user, now=clock.now())
        except needs.NeedRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "Saved.")
            return redirect("evaluation:need_list")
    return _form_page(request, form, need, refusal)


@keeper_required
@require_POST
def need_close(request, need_id):
    """Take it off the list."""
    needs.close(need_id=_fetch(request, need_id).pk, by=request.user, now=clock.now())
    messages.success(request, "The need is closed.")
    return redirect("evaluation:need_list")


def _form_page(request, form, need=None, refusal=""):
    context = {"form": form, "need": need, "refusal": refusal}
    status = 409 if refusal else 422 if form.errors else 200
    return render(request, "evaluation/lscp/need_form.html", context, status=status)


def _fetch(request, need_id):
    return get_object_or_404(LearningNeed.objects.visible_to(request.user), pk=need_id)
