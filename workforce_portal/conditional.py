"""Public pages that cost next to nothing when nothing has changed.

The facts of a page are read each time, so that places left are exact. When a reader has the very page
already, the answer is 304; when another reader had it, the page comes from the cache as it was drawn.
Whoever is signed in gets a page of their own, never kept anywhere.
"""

import hashlib
from functools import cache as once
from pathlib import Path

from django.conf import settings
from django.contrib.messages import get_messages
from django.core.cache import cache
from django.http import HttpResponse
from django.shortcuts import render
from django.utils.cache import get_conditional_response

from accounts.models import Partnership

KEPT_FOR_SECONDS = 300


def answer_if_changed(
    request, template: str, facts: dict, *, partnership: Partnership | None = None, **extra
) -> HttpResponse:
    """Draw a page from its facts, or answer that it has not changed.

    Everything the page shows follows from `facts` (by their `repr`), the address and the partnership;
    `extra` is for what follows from them anyway, such as a form.
    """
    partnership = partnership or Partnership.objects.current()
    context = {**facts, **extra, "partnership": partnership}
    if request.user.is_authenticated or len(get_messages(request)):
        return render(request, template, context)
    mark = _fingerprint(request, template, facts, partnership)
    etag = f'"{mark}"'
    response = get_conditional_response(request, etag=etag)
    if response is None:
        response = HttpResponse(_drawn(request, template, context, key=f"page:{mark}"))
    response["ETag"] = etag
    # The browser asks each time whether its copy still holds, and nobody in between keeps one.
    response["Cache-Control"] = "private, no-cache"
    return response


def _drawn(request, template: str, context: dict, *, key: str) -> bytes:
    page = cache.get(key)
    if page is None:
        page = render(request, template, context).content
        cache.set(key, page, KEPT_FOR_SECONDS)
    return page


def _fingerprint(request, template: str, facts: dict, partnership: Partnership) -> str:
    settings_of_partnership = {name: value for name, value in vars(partnership).items() if name != "_state"}
    parts = (template, request.get_full_path(), facts, settings_of_partnership, _templates_as_released())
    return hashlib.sha256(repr(parts).encode(errors="replace")).hexdigest()[:32]


@once
def _templates_as_released() -> str:
    """A new release draws the same facts anew."""
    digest = hashlib.sha256()
    for path in sorted(Path(settings.BASE_DIR, "templates").rglob("*.html")):
        digest.update(path.read_bytes())
    return digest.hexdigest()
