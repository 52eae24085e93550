"""How a questionnaire is answered, from whichever way somebody came to it."""

from collections.abc import Callable

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect

from accounts import clock
from evaluation.actions import responses
from evaluation.forms.responses import ResponseForm, items_for
from evaluation.models import Draft, Response
from evaluation.models.questionnaire import PERSONS_STAGES, Stage

MINUTES = {Stage.PRE: 2, Stage.POST: 4, Stage.FOLLOW_UP: 4, Stage.MANAGER: 1, Stage.TRAINER: 3}
# The page of each stage, and what it becomes when there is nothing to answer.
PERSONS_PAGES = ("evaluation/practitioner/respond.html", "evaluation/practitioner/respond_closed.html")
PAGES = dict.fromkeys(PERSONS_STAGES, PERSONS_PAGES) | {
    Stage.MANAGER: ("evaluation/public/manager.html", "evaluation/public/manager_closed.html"),
    Stage.TRAINER: ("evaluation/trainer/review.html", "evaluation/trainer/review_closed.html"),
}
# The name of the button that keeps the answers without sending them.
SAVE = "save"


def answer(
    request: HttpRequest,
    response: Response,
    *,
    show: Callable[..., HttpResponse],
    done: Callable[[], HttpResponse],
    refusal: responses.NotOpen | None = None,
    **facts: object,
) -> HttpResponse:
    """All on one page; afterwards, or too late, the page says so.

    `show` draws a page and `done` says where to go once the answers are in. A `refusal` of the way itself, such as
    a link that has ended, counts like one of the questionnaire.
    """
    page, closed_page = PAGES[Stage(response.stage)]
    try:
        responses.refuse_unless_open(response=response, now=clock.now())
        if refusal:
            raise refusal
        return _answer(request, response, page=page, show=show, done=done, facts=facts)
    except responses.NotOpen as closed:
        response.refresh_from_db(fields=["state"])
        status = 200 if request.method != "POST" or response.state == Response.State.SUBMITTED else 409
        context = {"response": response, "words": str(closed), **_subject(response), **facts}
        return show(request, closed_page, context, status=status)


def _answer(request, response, *, page, show, done, facts):
    may_save = response.stage in PERSONS_STAGES
    draft = Draft.objects.filter(response=response).first() if may_save else None
    form = ResponseForm(
        request.POST if request.method == "POST" else None,
        items=items_for(response=response),
        typed=draft.typed if draft else None,
    )
    if request.method == "POST" and may_save and SAVE in request.POST:
        responses.keep_draft(response=response, typed=form.typed, now=clock.now())
        messages.success(request, "Your answers so far are kept. Nothing is sent yet.")
        return redirect(request.path)
    if request.method == "POST" and form.is_valid():
        responses.submit(response=response, answers=form.answers, now=clock.now())
        return done()
    context = {
        "form": form,
        "response": response,
        **_subject(response),
        "minutes": MINUTES[Stage(response.stage)],
        "draft": draft,
        "may_save": may_save,
        **facts,
    }
    return show(request, page, context, status=422 if form.errors else 200)


def _subject(response: Response) -> dict:
    event = response.about_event
    return {"booking": response.booking, "event": event, "course": event.version.course}
