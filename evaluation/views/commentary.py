"""What officers write beside the figures of a report: commentary, recommendations, what was done; and the approval."""

from django.contrib import messages
from django.db import transaction
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST

from accounts import clock
from accounts.access import role_required
from evaluation.actions import commentary
from evaluation.forms.commentary import CommentaryForm, RecommendationForm, YouSaidForm
from evaluation.models import QualityReport, Recommendation, YouSaid
from evaluation.models.improvement import KEEPERS
from evaluation.reports.commentary import words_of
from evaluation.reports.facts import title_of

keeper_required = role_required(*KEEPERS)


@keeper_required
def report_words(request, report_id):
    """Write the commentary, add recommendations and what was done; every button keeps whatever is typed."""
    report = _fetch(request, report_id)
    if request.method != "POST":
        return _page(request, report)
    forms = _forms(report, request.POST)
    if not all(form.is_valid() for form in forms):
        return _page(request, report, forms)
    try:
        _keep(request, report, *forms)
    except commentary.WordsRefused as refused:
        return _page(request, report, forms, str(refused))
    messages.success(request, "Saved. Nobody else reads it before it is approved.")
    return redirect("evaluation:report_words", report_id=report.pk)


def _forms(report, data=None):
    """The commentary, one more recommendation and one more line; the latter may be left empty."""
    return (
        CommentaryForm(data, initial={"commentary": report.commentary}),
        RecommendationForm(data, today=_today(), empty_permitted=True, use_required_attribute=False),
        YouSaidForm(data, empty_permitted=True, use_required_attribute=False),
    )


@transaction.atomic
def _keep(request, report, words, recommendation, you_said):
    who = {"report_id": report.pk, "by": request.user, "now": clock.now()}
    commentary.write(commentary=words.cleaned_data["commentary"], **who)
    if recommendation.has_changed():
        chosen = recommendation.cleaned_data
        commentary.recommend(what=chosen["what"], due_on=chosen["due_on"], **recommendation.owning, **who)
    if you_said.has_changed():
        commentary.answer(**you_said.cleaned_data, **who)


@keeper_required
@require_POST
def recommendation_remove(request, recommendation_id):
    """Take a recommendation out again."""
    return _take_out(request, Recommendation, recommendation_id)


@keeper_required
@require_POST
def you_said_remove(request, line_id):
    """Take a line out again."""
    return _take_out(request, YouSaid, line_id)


def _take_out(request, model, pk):
    mine = QualityReport.objects.visible_to(request.user).ready()
    line = get_object_or_404(model.objects.filter(report__in=mine), pk=pk)
    try:
        commentary.take_out(line=line, by=request.user, now=clock.now())
    except commentary.WordsRefused as refused:
        return _page(request, _fetch(request, line.report_id), refusal=str(refused))
    messages.success(request, "It is taken out.")
    return redirect("evaluation:report_words", report_id=line.report_id)


@keeper_required
def report_approve(request, report_id):
    """Read once more what goes out, and approve it."""
    report, refusal = _fetch(request, report_id), ""
    if request.method == "POST":
        try:
            commentary.approve(report_id=report.pk, by=request.user, now=clock.now())
        except commentary.WordsRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "The report is approved. It is circulated once it is printed, in about a minute.")
            return redirect("evaluation:report_detail", report_id=report.pk)
    context = {
        "report": report,
        "title": title_of(report),
        "written": words_of(report),
        "refusal": refusal,
        "may_approve": not report.is_approved or report.waits_for_paper,
    }
    return render(request, "evaluation/lscp/report_approve.html", context, status=409 if refusal else 200)


def _page(request, report, forms=None, refusal=""):
    words, recommendation, you_said = forms or _forms(report)
    context = {
        "report": report,
        "title": title_of(report),
        "written": words_of(report),
        "words_form": words,
        "recommendation_form": recommendation,
        "you_said_form": you_said,
        "refusal": refusal,
    }
    status = 409 if refusal else 422 if forms else 200
    return render(request, "evaluation/lscp/report_words.html", context, status=status)


def _fetch(request, report_id):
    reports = QualityReport.objects.visible_to(request.user).ready().without_documents()
    return get_object_or_404(reports.select_related("approved_by__practitioner"), pk=report_id)


def _today():
    return timezone.localtime(clock.now()).date()
