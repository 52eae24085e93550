"""Pages of the trainer: their own review of a date."""

from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render

from evaluation.models import Response
from evaluation.views.answering import answer


@login_required
def trainer_review(request, response_id):
    """Write one's own review of a date, once."""
    response = get_object_or_404(Response.objects.reviews_of(request.user).with_page_facts(), pk=response_id)
    return answer(request, response, show=render, done=lambda: redirect(request.path))
