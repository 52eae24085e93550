"""Observations for the partnership's officers, who plan and close, and for observers, who write up what they saw."""

from django.contrib import messages
from django.db.models import F, Max, Min, OuterRef, Q, Subquery
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import role_required
from accounts.models import Partnership, User
from accounts.pagination import LongPaginator
from bookings.reports import name_of
from courses.models import Trainer
from courses.working_days import months_before
from evaluation.actions import observations
from evaluation.forms.observations import ObservationFilter, PlanForm, WriteUpForm
from evaluation.models import Observation, TrainingStandard
from evaluation.models.observation import DONE_STATES, OBSERVERS, PLANNERS, ObservationState

observer_required = role_required(*OBSERVERS)
planner_required = role_required(*PLANNERS)
A_PAGE = 25
KINDS = {
    ObservationState.PLANNED: "info",
    ObservationState.DONE: "wait",
    ObservationState.SHARED: "wait",
    ObservationState.AGREED: "good",
    ObservationState.CLOSED: "quiet",
    ObservationState.CALLED_OFF: "quiet",
}
# The steps that an observation takes, as its record names them.
STEPS = (
    ("planned", "Planned"),
    ("done", "Writing up begun"),
    ("shared", "Shared with the trainer"),
    ("agreed", "Agreed by the trainer"),
    ("closed", "Closed"),
    ("called_off", "Called off"),
)


@observer_required
@require_safe
def observation_list(request):
    """What is planned, due, waiting for a trainer and agreed: officers see all, an observer their own."""
    today = _today()
    mine = Observation.objects.visible_to(request.user)
    found = ObservationFilter(request.GET)
    page = LongPaginator(found.narrow(mine.with_facts(), today=today), A_PAGE).get_page(request.GET.get("page"))
    days = Partnership.objects.current().observation_write_up_days
    context = {
        "filter": found,
        "page": page,
        "rows": [_row(each, days, today) for each in page],
        "counts": [
            ("due", "to be written up", mine.to_write_up(today).count()),
            ("shared", "waiting for the trainer", mine.waiting_for_the_trainer().count()),
            ("actions", "with open actions", mine.with_open_actions().count()),
        ],
        "is_planner": request.user.has_role(*PLANNERS),
    }
    return render(request, "evaluation/lscp/observation_list.html", context)


def _row(observation, days, today):
    due_on = observation.write_up_by(days)
    is_due = observation.is_unshared and observation.planned_for <= today
    return {
        "observation": observation,
        "kind": KINDS[observation.state],
        "due_on": due_on if is_due else None,
        "is_overdue": is_due and due_on < today,
        "is_off": observation.state == ObservationState.PLANNED and not observation.is_still_on,
    }


@planner_required
@require_safe
def trainer_list(request):
    """Who trains, when they were observed last, and who is due: those never observed come first."""
    seen = Observation.objects.filter(trainer=OuterRef("pk"), state__in=DONE_STATES).order_by()
    coming = Observation.objects.filter(trainer=OuterRef("pk"), state=ObservationState.PLANNED).order_by()
    now, months = clock.now(), Partnership.objects.current().observation_months
    since = months_before(now, months).date()
    trainers = (
        Trainer.objects.active()
        .select_related("practitioner", "organisation")
        .annotate(
            seen_on=Subquery(seen.values("trainer").annotate(day=Max("planned_for")).values("day")),
            planned_for=Subquery(coming.values("trainer").annotate(day=Min("planned_for")).values("day")),
        )
    )
    due = trainers.filter(Q(seen_on__isnull=True) | Q(seen_on__lt=since))
    is_all = "all" in request.GET
    chosen = (trainers if is_all else due).order_by(F("seen_on").asc(nulls_first=True), "practitioner__full_name", "pk")
    page = LongPaginator(chosen, A_PAGE).get_page(request.GET.get("page"))
    context = {"page": page, "months": months, "since": since, "is_all": is_all}
    return render(request, "evaluation/lscp/observation_trainers.html", context)


@planner_required
def observation_plan(request, trainer_id):
    """Choose a day of this trainer's, and who observes."""
    trainer = get_object_or_404(Trainer.objects.active().select_related("practitioner", "organisation"), pk=trainer_id)
    is_sent = request.method == "POST"
    form, refusal = PlanForm(request.POST if is_sent else None, trainer=trainer, today=_today()), ""
    if is_sent and form.is_valid():
        session = form.cleaned_data["assignment"].session
        try:
            observation = observations.plan(
                trainer=trainer,
                event=session.event,
                day=timezone.localtime(session.starts_at).date(),
                observer=form.cleaned_data["observer"],
                by=request.user,
                now=clock.now(),
            )
        except observations.ObservationRefused as refused:
            refusal = str(refused)
        else:
            messages.success(request, "The observation is planned. The observer and the trainer get a letter.")
            return redirect("evaluation:observation_detail", observation_id=observation.pk)
    context = {
        "trainer": trainer,
        "form": form,
        "refusal": refusal,
        "has_days": form.fields["assignment"].queryset.exists(),
    }
    status = 409 if refusal else 422 if form.errors else 200
    return render(request, "evaluation/lscp/observation_plan.html", context, status=status)


@observer_required
@require_safe
def observation_detail(request, observation_id):
    """Everything about one observation, and its record in the order of time."""
    observation = _fetch(Observation.objects.visible_to(request.user), observation_id)
    return _detail_page(request, observation)


def _detail_page(request, observation, refusal=""):
    today = _today()
    days = Partnership.objects.current().observation_write_up_days
    is_mine = observation.observer_id == request.user.pk
    context = {
        **_row(observation, days, today),
        **seen_in(observation),
        "title": _title(observation),
        "steps": steps_of(observation),
        "write_up_by": observation.write_up_by(days),
        "may_write": is_mine and observation.is_unshared and observation.planned_for <= today,
        "is_planner": request.user.has_role(*PLANNERS),
        "refusal": refusal,
    }
    return render(request, "evaluation/lscp/observation_detail.html", context, status=409 if refusal else 200)


@observer_required
def observation_write(request, observation_id):
    """The observer's form: save as often as one likes, then share."""
    observation = _fetch(Observation.objects.written_by(request.user), observation_id)
    today = _today()
    if not observation.is_unshared or observation.planned_for > today:
        return redirect("evaluation:observation_detail", observation_id=observation.pk)
    is_sent = request.method == "POST"
    standards = list(TrainingStandard.objects.in_force())
    form = WriteUpForm(request.POST if is_sent else None, observation=observation, standards=standards, today=today)
    refusal = ""
    if is_sent and form.is_valid():
        try:
            return _keep(request, observation, form)
        except observations.ObservationRefused as refused:
            refusal = str(refused)
    context = {
        "observation": observation,
        "title": f"Write up: {_title(observation)}",
        "form": form,
        "actions": _actions_of(observation),
        "refusal": refusal,
        "write_up_by": observation.write_up_by(Partnership.objects.current().observation_write_up_days),
    }
    status = 409 if refusal else 422 if form.errors else 200
    return render(request, "evaluation/lscp/observation_write.html", context, status=status)


def _keep(request, observation, form):
    """Keep what was written, and share it if that was the button. What cannot be shared yet is kept all the same."""
    who = {"observation_id": observation.pk, "by": request.user, "now": clock.now()}
    observations.record(
        ratings=form.ratings,
        strengths=form.cleaned_data["strengths"],
        to_develop=form.cleaned_data["to_develop"],
        **who,
    )
    if form.promise:
        observations.add_action(promise=form.promise, **who)
    if "share" in request.POST:
        observations.share(**who)
        messages.success(request, "Shared. The trainer gets a letter, and answers.")
        return redirect("evaluation:observation_detail", observation_id=observation.pk)
    messages.success(request, "Saved. Nobody else reads it before you share it.")
    return redirect("evaluation:observation_write", observation_id=observation.pk)


@planner_required
@require_POST
def observation_call_off(request, observation_id):
    """Take a plan back."""
    return _end(request, observation_id, observations.call_off, "The observation is called off.")


@planner_required
@require_POST
def observation_close(request, observation_id):
    """Close an observation whose actions have ended."""
    return _end(request, observation_id, observations.close, "The observation is closed.")


def _end(request, observation_id, action, words):
    observation = _fetch(Observation.objects.visible_to(request.user), observation_id)
    try:
        action(observation_id=observation.pk, by=request.user, now=clock.now())
    except observations.ObservationRefused as refused:
        return _detail_page(request, observation, refusal=str(refused))
    messages.success(request, words)
    return redirect("evaluation:observation_detail", observation_id=observation.pk)


def seen_in(observation):
    """What was seen, as officers, observer and trainer read it."""
    return {
        "observation": observation,
        "ratings": list(observation.ratings.select_related("standard").order_by("standard__number")),
        "actions": _actions_of(observation),
    }


def steps_of(observation):
    """The record in the order of time: what happened, when and by whom."""
    people = dict(_people(observation))
    steps = [
        (getattr(observation, f"{name}_at"), words, people.get(getattr(observation, f"{name}_by_id")))
        for name, words in STEPS
        if getattr(observation, f"{name}_at")
    ]
    for action in observation.actions.select_related("made_by__practitioner", "ended_by__practitioner"):
        steps.append((action.made_at, f"Action put down: {action.what}", name_of(action.made_by)))
        if action.ended_at:
            words = f"Action {action.get_state_display()}: {action.outcome}"
            steps.append((action.ended_at, words, name_of(action.ended_by)))
    return sorted(steps, key=lambda step: step[0])


def _people(observation):
    """Names of whoever took a step, in one question."""
    ids = {getattr(observation, f"{name}_by_id") for name, _ in STEPS} - {None}
    for user in User.objects.filter(pk__in=ids).select_related("practitioner"):
        yield user.pk, name_of(user)


def _actions_of(observation):
    return list(observation.actions.select_related("owner__practitioner").order_by("due_on", "pk"))


def _fetch(rows, observation_id):
    return get_object_or_404(rows.with_facts(), pk=observation_id)


def _title(observation):
    return f"{observation.trainer.practitioner.full_name}, {observation.event.version.course.title}"


def _today():
    return timezone.localtime(clock.now()).date()
