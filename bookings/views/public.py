"""Pages anybody may open: is this certificate genuine?"""

from allauth.account.adapter import get_adapter
from allauth.core.ratelimit import respond_429
from django.core.cache import cache
from django.shortcuts import redirect, render

from accounts import clock
from bookings.actions import certificates
from bookings.forms.certificates import CertificateCodeForm
from bookings.models import Certificate

CHECKS_PER_MINUTE = 30


def certificate_find(request):
    """Type the code from a certificate."""
    form = CertificateCodeForm(request.GET if "code" in request.GET else None)
    if form.is_valid():
        return redirect("bookings:certificate_check", code=form.cleaned_data["code"])
    return not_indexed(render(request, "bookings/public/certificate_find.html", {"form": form}))


def certificate_check(request, code):
    """What the partnership says about one certificate: title, date, initials and whether it is valid (DOMAIN 8)."""
    if looks_too_often(request, "certificate_check"):
        return respond_429(request)
    certificate = Certificate.objects.with_code(certificates.code_as_typed(code)).first()
    context = {"certificate": certificate, "form": CertificateCodeForm()}
    return not_indexed(
        render(request, "bookings/public/certificate_check.html", context, status=200 if certificate else 404)
    )


def looks_too_often(request, what):
    """Count this look-up against its network address: nobody tries codes or links by the thousand."""
    minute = int(clock.now().timestamp()) // 60
    key = f"{what}:{get_adapter().get_client_ip(request)}:{minute}"
    cache.add(key, 0, timeout=120)
    return cache.incr(key) > CHECKS_PER_MINUTE


def not_indexed(response):
    response["X-Robots-Tag"] = "noindex, nofollow"
    response["Cache-Control"] = "no-store"
    return response


def behind_a_link(request, page, context, status=200):
    """No search engine, no cache and no other page learns of a link that answers for somebody.

    `strict-origin` keeps the address of this page to itself; `no-referrer` would make browsers send their forms
    as if from nowhere, and those are refused.
    """
    response = not_indexed(render(request, page, context, status=status))
    response["Referrer-Policy"] = "strict-origin"
    return response
