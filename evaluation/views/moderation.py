"""Moderation: free text is read by somebody before anyone outside the team reads it."""

from django.contrib import messages
from django.db.models import Count, Q
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import role_required
from accounts.models import Role
from accounts.pagination import LongPaginator
from evaluation import sensitive
from evaluation.actions import moderation
from evaluation.forms.moderation import DecisionForm, ModerationFilter
from evaluation.models import Answer

moderator_required = role_required(Role.LSCP_OFFICER, Role.WORKFORCE_TEAM)
TEXTS_A_PAGE = 25


@moderator_required
@require_safe
def moderation_list(request):
    """The queue, the oldest first."""
    answers = Answer.objects.moderated_by(request.user)
    found = ModerationFilter(request.GET)
    page = LongPaginator(found.narrow(answers.with_facts().with_leave_to_quote()), TEXTS_A_PAGE).get_page(
        request.GET.get("page")
    )
    context = {
        "filter": found,
        "page": page,
        "rows": [(answer, sensitive.kinds(answer.words)) for answer in page],
        "counts": answers.aggregate(
            to_review=Count("pk", filter=Q(moderation=Answer.Moderation.TO_REVIEW)),
            shown=Count("pk", filter=Q(moderation__in=[Answer.Moderation.APPROVED, Answer.Moderation.REDACTED])),
            withheld=Count("pk", filter=Q(moderation=Answer.Moderation.WITHHELD)),
        ),
    }
    return render(request, "evaluation/lscp/moderation_list.html", context)


@moderator_required
def moderation_detail(request, answer_id):
    """One text: read it, decide, and go on with the next."""
    answers = Answer.objects.moderated_by(request.user)
    answer = get_object_or_404(answers.with_facts().with_leave_to_quote(), pk=answer_id)
    decisions = list(answer.moderations.select_related("decided_by__practitioner").order_by("-pk"))
    form, refusal = _form(request, answer, decisions), ""
    if request.method == "POST" and form.is_valid():
        try:
            return _decide(request, answer, form.cleaned_data)
        except moderation.ModerationRefused as refused:
            refusal = str(refused)
    is_open = answer.moderation == Answer.Moderation.TO_REVIEW
    # Words as approved are no secret; those that were taken out are, so that reading them is noted.
    shows_original = is_open or answer.moderation == Answer.Moderation.APPROVED or "original" in request.GET
    if "original" in request.GET and request.method == "GET":
        moderation.look_at_original(answer=answer, by=request.user, now=clock.now())
    context = {
        "answer": answer,
        "course": answer.response.booking.event.version.course,
        "parts": sensitive.parts(answer.words) if shows_original else [],
        "kinds": sensitive.kinds(answer.words) if shows_original else [],
        "shows_original": shows_original,
        "decisions": decisions,
        "form": form,
        "refusal": refusal,
        "waiting": answers.to_review().count(),
    }
    status = 409 if refusal else 422 if form.errors else 200
    return render(request, "evaluation/lscp/moderation_detail.html", context, status=status)


def _form(request, answer, decisions):
    latest = decisions[0] if decisions else None
    initial = {"seen": len(decisions), "words": answer.words if latest is None else latest.words}
    if latest:
        initial |= {"decision": latest.decision, "theme": latest.theme, "is_for_report": latest.is_for_report}
    return DecisionForm(
        request.POST if request.method == "POST" else None, initial=initial, may_be_quoted=answer.may_be_quoted
    )


def _decide(request, answer, chosen):
    decided = moderation.decide(
        answer_id=answer.pk,
        decision=chosen["decision"],
        words=chosen["words"],
        theme=chosen["theme"],
        is_for_report=chosen.get("is_for_report", False),
        seen=chosen["seen"],
        by=request.user,
        now=clock.now(),
    )
    messages.success(request, f"{decided.get_decision_display().capitalize()}.")
    following = Answer.objects.moderated_by(request.user).to_review().filter(pk__gt=answer.pk).order_by("pk").first()
    if following:
        return redirect("evaluation:moderation_detail", answer_id=following.pk)
    return redirect("evaluation:moderation_list")
