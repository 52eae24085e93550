"""Pages of whoever writes the questionnaires: versions, their items, how somebody would see them, publishing."""

from django.contrib import messages
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import questionnaire_editor_required
from courses.models import LearningFormat, LearningOutcome, Strand
from evaluation.actions import questionnaires
from evaluation.forms.questionnaires import PreviewForm, QuestionForm
from evaluation.forms.responses import ResponseForm, items_of
from evaluation.models import Question, Questionnaire
from evaluation.models.questionnaire import Stage

# Made up, to see how a question stands that is asked for each.
OUTCOMES = ("notice the signs of neglect", "share a worry with the right person")
ACTIONS = ("Ask the child first", "Bring it to supervision")


@questionnaire_editor_required
@require_safe
def questionnaire_list(request):
    """Every stage with its version in force and its draft."""
    in_force, drafts = {}, {}
    for version in Questionnaire.objects.order_by("version"):
        (in_force if version.published_at else drafts)[version.stage] = version
    rows = [(stage, in_force.get(stage), drafts.get(stage)) for stage in Stage]
    return render(request, "evaluation/staff/questionnaire_list.html", {"rows": rows})


@questionnaire_editor_required
@require_POST
def questionnaire_begin(request, stage):
    """Begin the next version of a stage, or go on with the one that is begun."""
    if stage not in Stage.values:
        raise Http404
    return redirect("evaluation:questionnaire_detail", questionnaires.begin_next_version(stage=stage).pk)


@questionnaire_editor_required
@require_safe
def questionnaire_detail(request, questionnaire_id):
    """The items of one version, and the page as somebody would see it."""
    version = get_object_or_404(Questionnaire.objects.prefetch_related("questions"), pk=questionnaire_id)
    chosen = PreviewForm(request.GET if "learning_format" in request.GET else None)
    whom = {"learning_format": LearningFormat.COURSE, "strand": Strand.MULTI_AGENCY}
    if chosen.is_bound and chosen.is_valid():
        whom = chosen.cleaned_data
    elif not chosen.is_bound:
        chosen.initial = whom
    items = items_of(
        questionnaire=version,
        outcomes=[LearningOutcome(pk=number, text=text) for number, text in enumerate(OUTCOMES, start=1)],
        actions=ACTIONS,
        **whom,
    )
    context = {
        "version": version,
        "questions": sorted(version.questions.all(), key=lambda question: question.position),
        "chosen": chosen,
        "form": ResponseForm(items=items),
        "is_empty": not items,
    }
    page = "evaluation/staff/questionnaire_detail.html"
    return render(request, page, context, status=422 if chosen.errors else 200)


@questionnaire_editor_required
def questionnaire_publish(request, questionnaire_id):
    """Publish a draft, once it is clear what that means."""
    version = get_object_or_404(Questionnaire, pk=questionnaire_id)
    refusal = ""
    if request.method == "POST":
        try:
            questionnaires.publish(questionnaire=version, by=request.user, now=clock.now())
        except questionnaires.NothingToPublish as error:
            refusal = str(error)
        else:
            messages.success(request, f"“{version}” is published.")
            return redirect("evaluation:questionnaire_list")
    context = {"version": version, "refusal": refusal, "count": version.questions.count()}
    page = "evaluation/staff/questionnaire_publish.html"
    return render(request, page, context, status=409 if refusal else 200)


@questionnaire_editor_required
def question_add(request, questionnaire_id):
    """A new item, put last."""
    version = get_object_or_404(Questionnaire, pk=questionnaire_id)
    return _write(request, Question(questionnaire=version))


@questionnaire_editor_required
def question_edit(request, question_id):
    """Other words for an item of a draft."""
    return _write(request, _question(question_id))


@questionnaire_editor_required
@require_POST
def question_move_up(request, question_id):
    """One place towards the beginning."""
    return _change(request, question_id, questionnaires.move_up)


@questionnaire_editor_required
@require_POST
def question_remove(request, question_id):
    """Ask it no longer, from the next version on."""
    return _change(request, question_id, questionnaires.remove_question)


def _question(question_id):
    return get_object_or_404(Question.objects.select_related("questionnaire"), pk=question_id)


def _change(request, question_id, action):
    question = _question(question_id)
    try:
        action(question=question, by=request.user, now=clock.now())
    except questionnaires.CannotChange as refusal:
        messages.error(request, str(refusal))
    return redirect("evaluation:questionnaire_detail", question.questionnaire_id)


def _write(request, question):
    version = question.questionnaire
    form = QuestionForm(request.POST if request.method == "POST" else None, instance=question)
    refusal = ""
    if version.published_at:
        refusal = "This version is published, so its items stay as they are. Begin the next version."
    elif form.is_bound and form.is_valid():
        try:
            questionnaires.write_question(question=form.save(commit=False), by=request.user, now=clock.now())
        except questionnaires.CannotChange as error:
            refusal = str(error)
        else:
            messages.success(request, f"{question.code} is saved.")
            return redirect("evaluation:questionnaire_detail", version.pk)
    context = {"form": form, "version": version, "question": question, "refusal": refusal}
    status = 409 if refusal and request.method == "POST" else 422 if form.errors else 200
    return render(request, "evaluation/staff/question_form.html", context, status=status)
