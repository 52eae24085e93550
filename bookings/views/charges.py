"""Charges for those they concern: the person says why, the agency's contact sees what is proposed and says why."""

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.shortcuts import get_object_or_404, redirect, render

from accounts import clock
from accounts.models import Partnership
from bookings.actions import charges
from bookings.charging import sickness_rule
from bookings.forms.charges import WhyForm
from bookings.models import Booking, ChargeNotice, SelfPacedEnrolment


@login_required
def charge_reason(request, reference):
    """Tell us why: the person whose place was not used."""
    booking = get_object_or_404(Booking.objects.of(request.user), reference=reference)
    shown = booking.charge_notices.shown_to_agencies().with_facts()
    notice = get_object_or_404(shown)
    return _explain(
        request,
        notice,
        template="bookings/practitioner/charge_reason.html",
        to=("bookings:booking_detail", booking.reference),
    )


@login_required
def self_paced_reason(request, reference):
    """Tell us why: the person who did not finish a self-paced course in time."""
    enrolment = get_object_or_404(SelfPacedEnrolment.objects.of(request.user), reference=reference)
    notice = get_object_or_404(enrolment.charge_notices.shown_to_agencies().with_facts())
    return _explain(
        request,
        notice,
        template="bookings/practitioner/charge_reason.html",
        to=("bookings:self_paced_detail", enrolment.reference),
    )


@login_required
def organisation_charge(request, charge_id):
    """One charge to the agency that somebody speaks for: what it is, and why it should not be made."""
    shown = ChargeNotice.objects.for_contact(request.user).shown_to_agencies().with_facts()
    notice = get_object_or_404(shown, pk=charge_id)
    return _explain(
        request,
        notice,
        template="bookings/organisation/organisation_charge.html",
        to=("bookings:organisation_charge", notice.pk),
    )


def _explain(request, notice, *, template, to):
    """Show the charge and take a reason, until it is decided."""
    is_sent = request.method == "POST"
    form = WhyForm(request.POST if is_sent else None, initial=_said_before(notice, request.user))
    refusal = ""
    if is_sent and form.is_valid():
        try:
            charges.give_reason(notice_id=notice.pk, by=request.user, now=clock.now(), **form.cleaned_data)
        except charges.CannotExplain as error:
            refusal = str(error)
        else:
            messages.success(request, "Thank you. We read your reason before we decide about the charge.")
            return redirect(*to)
    event = notice.booking.event if notice.booking else None
    context = {
        "notice": notice,
        "booking": notice.booking,
        "event": event,
        "course": notice.course,
        "form": form,
        "refusal": refusal,
        "is_mine": notice.reason_given_by_id == request.user.pk,
        "sickness": sickness_rule(event=event, partnership=Partnership.objects.current()) if event else None,
    }
    return render(request, template, context, status=422 if refusal or form.errors else 200)


def _said_before(notice, user):
    """One's own reason, to be mended; what another has said of themselves is theirs."""
    if notice.reason_given_by_id != user.pk:
        return {}
    return {"reason_for": notice.reason_given_for, "words": notice.reason_given}
