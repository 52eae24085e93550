"""A page for every error, each saying what to do next."""

from django.shortcuts import render


def csrf_failure(request, reason=""):
    """The form was too old or came from elsewhere."""
    return render(request, "403_csrf.html", status=403)
