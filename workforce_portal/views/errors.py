"""A page for every error, each saying what to do next.

The pages for a broken or missing database are drawn without the request, so that nothing on them asks
the database for the partnership's name or the reader's homes.
"""

import sys

from django.core.exceptions import RequestDataTooBig
from django.db import InterfaceError, OperationalError
from django.http import HttpResponse
from django.shortcuts import render
from django.template.loader import render_to_string

RETRY_AFTER_SECONDS = "30"
# What the database raises when it is away, starting, out of connections, or gave up waiting.
DATABASE_AWAY = (OperationalError, InterfaceError)


def csrf_failure(request, reason=""):
    """The form was too old or came from elsewhere."""
    return render(request, "403_csrf.html", status=403)


def bad_request(request, exception):
    """What was sent makes no sense, or is too much; its host name may be forged, so the page is drawn without it."""
    is_too_large = isinstance(exception, RequestDataTooBig)
    return HttpResponse(
        render_to_string("400.html", {"is_too_large": is_too_large}), status=413 if is_too_large else 400
    )


def permission_denied(request, exception):
    return render(request, "403.html", status=403)


def page_not_found(request, exception):
    return render(request, "404.html", status=404)


def rate_limited(request):
    response = render(request, "429.html", status=429)
    response["Retry-After"] = "300"
    return response


def server_error(request):
    """Something broke. A database that is away gets its own page: coming back soon is all that is needed then."""
    if isinstance(sys.exception(), DATABASE_AWAY):
        response = HttpResponse(render_to_string("503.html"), status=503)
        response["Retry-After"] = RETRY_AFTER_SECONDS
    else:
        response = HttpResponse(render_to_string("500.html"), status=500)
    response["Cache-Control"] = "no-store"
    return response
