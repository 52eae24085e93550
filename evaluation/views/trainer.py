"""Pages of the trainer: what was seen when they trained, to read and to agree with."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.models import Partnership
from courses.models import Trainer
from evaluation.actions import observations
from evaluation.forms.observations import AgreeForm
from evaluation.models import Observation
from evaluation.models.observation import ObservationState
from evaluation.reports.trained import feedback_of
from evaluation.views.observations import seen_in, steps_of


@login_required
@require_safe
def trainer_feedback(request):
    """What people thought of the dates one trained, in numbers, and what observers saw."""
    trainer = Trainer.objects.of(request.user).first()
    if trainer is None:
        raise Http404
    threshold = Partnership.objects.current().small_number_threshold
    context = {
        "observations": Observation.objects.about(request.user).with_facts().order_by("-planned_for", "-pk"),
        "feedback": feedback_of(trainer, now=clock.now(), threshold=threshold),
        "threshold": threshold,
    }
    return render(request, "evaluation/trainer/trainer_feedback.html", context)


@login_required
def trainer_observation(request, observation_id):
    """Read what was seen, say something to it, and agree on what follows."""
    mine = Observation.objects.about(request.user).with_facts()
    observation = get_object_or_404(mine, pk=observation_id)
    is_sent = request.method == "POST"
    form = AgreeForm(request.POST if is_sent else None, today=timezone.localtime(clock.now()).date())
    refusal = ""
    if is_sent and form.is_valid():
        try:
            observations.agree(
                observation_id=observation.pk,
                comment=form.cleaned_data["comment"],
                promise=form.promise,
                by=request.user,
                now=clock.now(),
            )
        except observations.ObservationRefused as refused:
            refusal = str(refused)
        else:
            messages.success(
                request, "You have agreed. The observer and the partnership’s officers can read what you said."
            )
            return redirect("evaluation:trainer_observation", observation_id=observation.pk)
    context = {
        **seen_in(observation),
        "steps": steps_of(observation),
        "form": form,
        "is_to_agree": observation.state == ObservationState.SHARED,
        "needs_action": observations.needs_action(observation=observation),
        "refusal": refusal,
    }
    status = 409 if refusal else 422 if form.errors else 200
    return render(request, "evaluation/trainer/trainer_observation.html", context, status=status)
