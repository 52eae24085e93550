"""One's own certificates: the page, its progress, the file; and the team's page to replace or revoke one."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse

from accounts import clock
from accounts.access import staff_required
from bookings import pdfs
from bookings.actions import certificates
from bookings.forms.certificates import CertificateDecisionForm, CertificateSearchForm
from bookings.models import Booking, Certificate, CertificateFile
from bookings.models.booking import State

CERTIFICATES_LISTED = 50


@login_required
def certificate_status(request, reference):
    """From a booking to its certificate, or why there is none yet."""
    booking = get_object_or_404(Booking.objects.of(request.user).with_event_facts(), reference=reference)
    certificate = booking.certificates.order_by("-version").first()
    if certificate is not None:
        return redirect("bookings:certificate", number=certificate.number)
    context = {"booking": booking, "event": booking.event, "waiting_for": _waiting_for(booking, clock.now())}
    return render(request, "bookings/practitioner/certificate_status.html", context)


def _waiting_for(booking, now):
    if booking.state == State.ATTENDED:
        return "feedback"
    if booking.state == State.CONFIRMED:
        return "register" if booking.event.has_ended(now) else "course"
    return "nothing"


@login_required
def certificate(request, number):
    """One certificate: on its way, ready, replaced or revoked; and all it prints, as a web page."""
    certificate = _own_certificate(request, number)
    has_file = CertificateFile.objects.filter(certificate=certificate).exists()
    if certificate.state == Certificate.State.ISSUED and not has_file:
        certificates.ask_for_file(certificate=certificate)
    context = {
        "certificate": certificate,
        "booking": certificate.booking,
        "progress": _progress(certificate, has_file),
        "newer": certificate.booking.certificates.filter(version__gt=certificate.version).order_by("-version").first(),
        "code": pdfs.code_in_groups(certificate.code),
        "check_address": pdfs.check_address(certificate),
    }
    return render(request, "bookings/practitioner/certificate.html", context)


@login_required
def certificate_progress(request, number):
    """How far the certificate is, for the page that waits for it."""
    certificate = _own_certificate(request, number)
    return JsonResponse(_progress(certificate, CertificateFile.objects.filter(certificate=certificate).exists()))


@login_required
def certificate_download(request, number):
    """The file itself, for its owner alone; a certificate that no longer holds has none."""
    certificate = _own_certificate(request, number)
    file = CertificateFile.objects.filter(certificate=certificate).first()
    if file is None or certificate.state != Certificate.State.ISSUED:
        raise Http404
    response = HttpResponse(bytes(file.content), content_type="application/pdf")
    response["Content-Disposition"] = f'attachment; filename="certificate-{certificate.number}.pdf"'
    return response


def _own_certificate(request, number):
    own = Certificate.objects.visible_to(request.user).select_related("booking__event__version__course")
    return get_object_or_404(own, number=number)


def _progress(certificate, has_file):
    """What the progress panel shows; its shape is described in docs/look.md."""
    if certificate.state in (Certificate.State.REPLACED, Certificate.State.REVOKED):
        return {"state": "done", "message": f"This certificate is {certificate.get_state_display()}."}
    if certificate.is_given_up(clock.now()):
        return {
            "state": "failed",
            "message": "We could not make your certificate. It is still yours: "
            f"tell us its number, {certificate.number}, and we will put it right.",
        }
    if certificate.state == Certificate.State.PENDING or not has_file:
        return {"state": "working", "message": "Your certificate is being made. This takes less than a minute."}
    return {
        "state": "done",
        "message": "Your certificate is ready.",
        "url": reverse("bookings:certificate_download", args=[certificate.number]),
        "link": "Download your certificate",
    }


@staff_required
def staff_certificate_list(request):
    """Find a certificate by its number; those that could not be made come first."""
    form = CertificateSearchForm(request.GET)
    term = form.cleaned_data["q"] if form.is_valid() else ""
    managed = Certificate.objects.manageable_by(request.user).order_by("-pk")
    context = {
        "form": form,
        "term": term,
        "given_up": managed.given_up()[:CERTIFICATES_LISTED],
        "found": managed.search(term)[:CERTIFICATES_LISTED] if term else [],
    }
    return render(request, "bookings/staff/staff_certificate_list.html", context)


@staff_required
def staff_certificate(request, number):
    """One certificate: replace it with today's facts, take it back, or have it made again."""
    certificate = get_object_or_404(
        Certificate.objects.manageable_by(request.user).select_related(
            "booking__practitioner", "booking__event__version__course", "withdrawn_by__practitioner"
        ),
        number=number,
    )
    is_given_up = certificate.is_given_up(clock.now())
    form = CertificateDecisionForm(request.POST or None, is_given_up=is_given_up)
    refusal = ""
    if request.method == "POST" and form.is_valid():
        try:
            decided = _decide(request, certificate, form.cleaned_data)
        except certificates.CannotWithdraw as error:
            refusal = str(error)
        else:
            return redirect("bookings:staff_certificate", number=decided.number)
    context = {
        "certificate": certificate,
        "form": form,
        "refusal": refusal,
        "is_given_up": is_given_up,
        "versions": certificate.booking.certificates.order_by("version"),
    }
    status = 422 if refusal or form.errors else 200
    return render(request, "bookings/staff/staff_certificate.html", context, status=status)


def _decide(request, certificate, decision):
    """Do what the form asks; return the certificate to look at afterwards."""
    facts = {"certificate": certificate, "by": request.user, "now": clock.now()}
    if decision["decision"] == CertificateDecisionForm.RETRY:
        if certificates.retry(**facts):
            messages.success(request, "The certificate is being made again.")
        return certificate
    if decision["decision"] == CertificateDecisionForm.REVOKE:
        messages.success(request, f"Certificate {certificate.number} is revoked. Its check page says so from now on.")
        return certificates.revoke(**facts, reason=decision["reason"])
    replacement = certificates.reissue(**facts, reason=decision["reason"])
    messages.success(request, f"Certificate {certificate.number} is replaced by {replacement.number}.")
    return replacement
