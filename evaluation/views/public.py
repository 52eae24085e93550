"""Pages behind the link of a letter: whoever has it answers one questionnaire, and nothing else is opened."""

from allauth.core.ratelimit import respond_429
from django.shortcuts import redirect
from django.views.decorators.http import require_http_methods

from accounts import clock
from bookings.views.public import behind_a_link, looks_too_often
from evaluation import answer_links
from evaluation.actions.responses import NotOpen
from evaluation.models import Response
from evaluation.views.answering import answer


@require_http_methods(["GET", "HEAD", "POST"])
def respond_by_link(request, token):
    """Answer without signing in. Opening the page changes nothing, because mail programs open links by themselves.

    Only wrong links are counted: a whole course may answer from one room, and so from one network address.
    """
    response_id, until = answer_links.opened_by(token) or (None, None)
    response = Response.objects.with_page_facts().filter(pk=response_id).first() if response_id else None
    if response is None:
        if looks_too_often(request, "respond_by_link"):
            return respond_429(request)
        return behind_a_link(request, "evaluation/public/unknown.html", {}, status=404)
    ended = until is not None and until <= clock.now()
    return answer(
        request,
        response,
        show=behind_a_link,
        done=lambda: redirect(request.path),
        refusal=NotOpen("The time to answer by this link is over.") if ended else None,
        by_link=True,
    )
