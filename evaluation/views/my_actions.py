"""Pages of whoever promised an action: their own, and what came of each."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.pagination import LongPaginator
from evaluation.actions import improvements
from evaluation.forms.improvements import OutcomeForm
from evaluation.models import ImprovementAction
from evaluation.views.improvements import A_PAGE, row_of


@login_required
@require_safe
def my_actions(request):
    """What is still to be done, by its day, then what has ended."""
    today = timezone.localtime(clock.now()).date()
    mine = ImprovementAction.objects.owned_by(request.user).select_related("owner__practitioner")
    page = LongPaginator(mine.order_by("ended_at", "due_on", "pk"), A_PAGE).get_page(request.GET.get("page"))
    rows = [row_of(each, today, names_owners=True) for each in page]
    return render(request, "evaluation/practitioner/action_list.html", {"page": page, "rows": rows})


@login_required
def my_action(request, action_id):
    """One of one's own; say what came of it once it is done."""
    mine = ImprovementAction.objects.owned_by(request.user).select_related("owner__practitioner")
    action = get_object_or_404(mine, pk=action_id)
    is_sent = request.method == "POST"
    form, refusal = OutcomeForm(request.POST if is_sent else None), ""
    if is_sent and form.is_valid():
        try:
            improvements.end(
                action_id=action.pk,
                state=ImprovementAction.State.DONE,
                outcome=form.cleaned_data["outcome"],
                by=request.user,
                now=clock.now(),
            )
        except improvements.ActionRefused as refused:
            refusal = str(refused)
            action.refresh_from_db()
        else:
            messages.success(request, "Thank you. The next report shows what came of it.")
            return redirect("evaluation:my_action", action_id=action.pk)
    today = timezone.localtime(clock.now()).date()
    context = {**row_of(action, today, names_owners=True), "form": form, "refusal": refusal}
    status = 409 if refusal else 422 if form.errors else 200
    return render(request, "evaluation/practitioner/action_detail.html", context, status=status)
