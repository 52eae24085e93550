"""Three small steps of every request: its id, the security headers, and the second factor of staff."""

import uuid

from allauth.mfa.models import Authenticator
from allauth.mfa.utils import is_mfa_enabled
from django.conf import settings
from django.contrib import messages
from django.shortcuts import redirect

from accounts.logs import request_id_variable

# Where somebody who still has to set up their second factor may go.
OPEN_WITHOUT_SECOND_FACTOR = ("/accounts/", "/static/", "/healthz", "/readyz", "/theme.css", "/logo.svg", "/mailbox/")
SECOND_FACTORS = [Authenticator.Type.TOTP, Authenticator.Type.WEBAUTHN]


class RequestIdMiddleware:
    """Give each request an id that logs and audit entries carry, and return it for support."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        request.id = uuid.uuid4().hex
        token = request_id_variable.set(request.id)
        try:
            response = self.get_response(request)
        finally:
            request_id_variable.reset(token)
        response["X-Request-ID"] = request.id
        return response


class SecurityHeadersMiddleware:
    """Headers that no library sets: permissions policy, and no storing of pages made for one person."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        response = self.get_response(request)
        response.setdefault("Permissions-Policy", settings.PERMISSIONS_POLICY)
        # A page that sets its own rule is not asked whom it is for: that would ask the database.
        user = getattr(request, "user", None)
        if "Cache-Control" not in response and user is not None and user.is_authenticated:
            response["Cache-Control"] = "no-store"
        return response


class SecondFactorMiddleware:
    """Accounts that see many people's records set up a second factor before they see anything."""

    def __init__(self, get_response):
        self.get_response = get_response

    def __call__(self, request):
        if not request.path.startswith(OPEN_WITHOUT_SECOND_FACTOR) and self.is_missing(request.user):
            messages.info(
                request,
                "Your duties show you other people's records, so signing in takes a second step. "
                "Set it up now; it takes two minutes.",
            )
            return redirect("mfa_activate_totp")
        return self.get_response(request)

    @staticmethod
    def is_missing(user) -> bool:
        return user.is_authenticated and user.needs_second_factor and not is_mfa_enabled(user, SECOND_FACTORS)
