"""The standards, as officers of the partnership write them: of training, and of Section 11."""

from django.contrib import messages
from django.shortcuts import redirect, render

from accounts import clock
from accounts.access import role_required
from evaluation.actions import standards
from evaluation.forms.standards import StandardsForm
from evaluation.models import Section11Standard, TrainingStandard
from evaluation.models.agency_return import RETURN_KEEPERS
from evaluation.models.observation import PLANNERS


@role_required(*PLANNERS)
def training_standards(request):
    """The ten standards in short words, and which of them trainers are watched against."""
    return _page(
        request,
        TrainingStandard,
        title="The standards",
        lede="What trainers are watched against, in short words.",
        active="Watch trainers against standard",
        saved="Saved. Observations that are still to be shared are rated against these.",
    )


@role_required(*RETURN_KEEPERS)
def section_11_standards(request):
    """What agencies are asked about their training under Section 11."""
    return _page(
        request,
        Section11Standard,
        title="Section 11: training",
        lede="What agencies score themselves against in their training return, in short words.",
        active="Ask agencies about standard",
        saved="Saved. Returns that are still to be sent are asked about these.",
    )


def _page(request, kind, *, title, lede, active, saved):
    is_sent = request.method == "POST"
    rows = list(kind.objects.order_by("number"))
    form = StandardsForm(request.POST if is_sent else None, standards=rows, active=active)
    if is_sent and form.is_valid():
        standards.write(kind=kind, given=form.given, by=request.user, now=clock.now())
        messages.success(request, saved)
        return redirect(request.path)
    context = {"form": form, "title": title, "lede": lede, "is_section_11": kind is Section11Standard}
    return render(request, "evaluation/lscp/standards.html", context, status=422 if form.errors else 200)
