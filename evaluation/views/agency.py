"""Pages of an agency's lead: the yearly training return of their own agency."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.models import Partnership
from accounts.pagination import LongPaginator
from evaluation import figures
from evaluation.actions import agency_returns
from evaluation.forms.agency_returns import AnswerForm, Section11Form, TrainingForm
from evaluation.models import AgencyReturn, ReturnQuestion, Section11Standard
from evaluation.models.agency_return import Rag, ReturnState, TrainingLevel
from evaluation.reports.agency_year import as_sent, printed

A_PAGE = 25
KINDS = {
    ReturnState.OPEN: "wait",
    ReturnState.SUBMITTED: "info",
    ReturnState.SENT_BACK: "stop",
    ReturnState.ACCEPTED: "good",
}
RAG_KINDS = {Rag.RED: "stop", Rag.AMBER: "wait", Rag.GREEN: "good"}


@login_required
@require_safe
def my_return_list(request):
    """The returns of the agencies one leads, the latest year first."""
    returns = AgencyReturn.objects.of_lead(request.user).select_related("organisation")
    page = LongPaginator(returns.order_by("-year", "organisation__name", "pk"), A_PAGE).get_page(
        request.GET.get("page")
    )
    if not page.object_list:
        raise Http404
    rows = [(each, KINDS[each.state]) for each in page]
    return render(request, "evaluation/agency/my_return_list.html", {"page": page, "rows": rows})


@login_required
def my_return(request, return_id):
    """Everything of one return, what is missing, and the button that sends it."""
    agency_return = _fetch(request, return_id)
    refusal = ""
    if request.method == "POST":
        try:
            agency_returns.submit(return_id=agency_return.pk, by=request.user, now=clock.now())
        except agency_returns.ReturnRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "Sent. Thank you: the partnership reads it, and writes if it has a question.")
            return redirect("evaluation:my_return", return_id=agency_return.pk)
    context = {
        **written_in(agency_return),
        "title": _title(agency_return),
        "missing": agency_returns.missing_of(agency_return=agency_return) if agency_return.is_writable else [],
        "refusal": refusal,
    }
    return render(request, "evaluation/agency/my_return.html", context, status=409 if refusal else 200)


@login_required
def my_return_training(request, return_id):
    """Staff and training, level by level; saved as far as it goes."""
    agency_return = _fetch(request, return_id)
    today = timezone.localtime(clock.now()).date()
    is_sent = request.method == "POST"
    form = TrainingForm(request.POST if is_sent else None, agency_return=agency_return, today=today)
    return _write(
        request,
        agency_return,
        form,
        "evaluation/agency/my_return_training.html",
        lambda who: agency_returns.save_training(
            headcount=form.cleaned_data["headcount"],
            headcount_on=form.cleaned_data["headcount_on"],
            levels=form.levels,
            **who,
        ),
    )


@login_required
def my_return_section_11(request, return_id):
    """The Section 11 standards about training; saved as far as it goes."""
    agency_return = _fetch(request, return_id)
    standards = list(Section11Standard.objects.in_force())
    form = Section11Form(
        request.POST if request.method == "POST" else None, agency_return=agency_return, standards=standards
    )
    return _write(
        request,
        agency_return,
        form,
        "evaluation/agency/my_return_section_11.html",
        lambda who: agency_returns.save_section_11(results=form.results, **who),
    )


def _write(request, agency_return, form, template, save):
    """One part of a return: kept as it is, or shown again with what is wrong."""
    if not agency_return.is_writable:
        return redirect("evaluation:my_return", return_id=agency_return.pk)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            save({"return_id": agency_return.pk, "by": request.user, "now": clock.now()})
        except agency_returns.ReturnRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "Saved. Nobody else reads it before you send it.")
            return redirect("evaluation:my_return", return_id=agency_return.pk)
    context = {
        "agency_return": agency_return,
        "title": _title(agency_return),
        "form": form,
        "learned": _learned(agency_return),
        "refusal": refusal,
    }
    return render(request, template, context, status=409 if refusal else 422 if form.errors else 200)


@login_required
def my_return_answer(request, question_id):
    """Answer one question about what was sent."""
    asked = ReturnQuestion.objects.filter(agency_return__in=AgencyReturn.objects.of_lead(request.user))
    question = get_object_or_404(asked.select_related("agency_return__organisation"), pk=question_id)
    is_sent = request.method == "POST"
    form, refusal = AnswerForm(request.POST if is_sent else None), ""
    if is_sent and form.is_valid():
        try:
            agency_returns.answer(
                question_id=question.pk, answer=form.cleaned_data["answer"], by=request.user, now=clock.now()
            )
        except agency_returns.ReturnRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "Your answer is saved, and the partnership reads it.")
            return redirect("evaluation:my_return", return_id=question.agency_return_id)
    elif question.answered_at and not is_sent:
        return redirect("evaluation:my_return", return_id=question.agency_return_id)
    context = {"question": question, "agency_return": question.agency_return, "form": form, "refusal": refusal}
    status = 409 if refusal else 422 if form.errors else 200
    return render(request, "evaluation/agency/my_return_answer.html", context, status=status)


def written_in(agency_return):
    """What is written in a return, as its agency and the officers read it."""
    levels = {each.level: each for each in agency_return.levels.all()}
    results = [
        (each, rag, RAG_KINDS.get(rag))
        for each in agency_return.results.select_related("standard").order_by("standard__number")
        for rag in [figures.rag(each.score)]
    ]
    score = figures.section_11_score([each.score for each, _, _ in results if each.score is not None])
    rag = figures.rag(score)
    return {
        "agency_return": agency_return,
        "kind": KINDS[agency_return.state],
        "levels": [
            (row, figures.trained_of_those_who_need(trained=row.trained or 0, need=row.need or 0))
            for level in TrainingLevel
            if (row := levels.get(level))
        ],
        "results": results,
        "score": figures.to_one_place(score),
        "rag": rag,
        "rag_kind": RAG_KINDS.get(rag),
        "learned": _learned(agency_return),
        "questions": list(agency_return.questions.order_by("asked_at", "pk")),
        "actions": list(agency_return.actions.select_related("owner__practitioner").order_by("due_on", "pk")),
    }


def _learned(agency_return):
    return printed(as_sent(agency_return), Partnership.objects.current().small_number_threshold)


def _fetch(request, return_id):
    return get_object_or_404(AgencyReturn.objects.of_lead(request.user).select_related("organisation"), pk=return_id)


def _title(agency_return):
    return f"Training return, {agency_return.year_name}"
