"""Charges for the team and for finance: the list, one charge with everything about it, decisions, the file to raise."""

from datetime import timedelta

from django.contrib import messages
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import role_required, staff_required
from accounts.audit import record
from accounts.models import Partnership, Role
from accounts.pagination import LongPaginator
from accounts.spreadsheets import PortalCSV
from bookings import emails, reports
from bookings.actions import charges
from bookings.charging import sickness_rule
from bookings.forms.charges import (
    ApprovedBetweenForm,
    BulkDecisionForm,
    ChargeDecisionForm,
    ChargeFilter,
    TakeBackForm,
    WhyForm,
)
from bookings.models import Attendance, ChargeNotice
from bookings.resources import ApprovedChargeResource
from courses.working_days import start_of_day

charges_required = role_required(Role.WORKFORCE_TEAM, Role.FINANCE)
PAGE_SIZE = 25
State = ChargeNotice.State


@charges_required
@require_safe
def staff_charge_list(request):
    """Every charge, those to be reviewed first; the team ticks several and decides them together."""
    return _list_page(request, BulkDecisionForm())


@staff_required
@require_POST
def staff_charge_decide(request):
    """Decide what is ticked, each by itself; what somebody else decided meanwhile is left and said."""
    form = BulkDecisionForm(request.POST)
    if not form.is_valid():
        return _list_page(request, form, status=422)
    decision = form.cleaned_data
    tally = charges.decide_each(
        notice_ids=form.chosen(),
        state=decision["decision"],
        waived_for=decision["waived_for"],
        reason=decision["reason"],
        by=request.user,
        now=clock.now(),
    )
    if tally.decided:
        verb = State(decision["decision"]).label
        count = "1 charge is" if tally.decided == 1 else f"{tally.decided} charges are"
        messages.success(request, f"{count} {verb}.")
    if tally.left:
        messages.warning(request, f"Left as they were: {' '.join(tally.left)}")
    query = request.GET.urlencode()
    return redirect(reverse("bookings:staff_charge_list") + (f"?{query}" if query else ""))


def _list_page(request, form, status=200):
    found = ChargeFilter(request.GET)
    is_team = request.user.has_role(Role.WORKFORCE_TEAM)
    visible = ChargeNotice.objects.visible_to(request.user)
    page = LongPaginator(found.narrow(visible.with_facts()), PAGE_SIZE).get_page(request.GET.get("page"))
    open_ones = visible.open()
    context = {
        "filter": found,
        "form": form,
        "page": page,
        "is_team": is_team,
        "ticked": set(form.chosen()) if form.is_bound else set(),
        "ticks_all": request.GET.get("tick") == "all" and not form.is_bound,
        "may_tick": is_team and any(notice.is_open for notice in page),
        "counts": {
            "to_review": open_ones.filter(state=State.TO_REVIEW).count(),
            "draft": open_ones.filter(state=State.DRAFT).count(),
            "explained": open_ones.filter(state=State.DRAFT).explained().count(),
        },
        "between": ApprovedBetweenForm(),
    }
    return render(request, "bookings/staff/staff_charge_list.html", context, status=status)


@charges_required
@require_safe
def staff_charge(request, charge_id):
    """One charge: the facts, what was agreed, what was said, what the register says, and what can be done about it."""
    return _charge_page(request, _charge_of(request, charge_id))


@staff_required
@require_POST
def staff_charge_settle(request, charge_id):
    """Waive or approve one charge, or take its decision back."""
    notice = _charge_of(request, charge_id)
    now = clock.now()
    form = _decision_form(notice, now, request.POST)
    refusal = ""
    if form.is_valid():
        try:
            _decide(request, notice, form.cleaned_data, now)
        except charges.CannotDecide as error:
            refusal = str(error)
            notice = _charge_of(request, charge_id)
        else:
            return redirect("bookings:staff_charge", charge_id=notice.pk)
    return _charge_page(request, notice, form=form if form.errors else None, refusal=refusal)


@staff_required
@require_POST
def staff_charge_reason(request, charge_id):
    """Note a reason that somebody told us: a manager who called in the morning (rule B11)."""
    notice = _charge_of(request, charge_id)
    why = WhyForm(request.POST)
    refusal = ""
    if why.is_valid():
        try:
            charges.give_reason(notice_id=notice.pk, by=request.user, now=clock.now(), **why.cleaned_data)
        except charges.CannotExplain as error:
            refusal = str(error)
        else:
            messages.success(request, "The reason is noted.")
            return redirect("bookings:staff_charge", charge_id=notice.pk)
    return _charge_page(request, notice, refusal=refusal, why=why)


@charges_required
@require_safe
def staff_charge_export(request):
    """The approved charges as a spreadsheet for finance; who took it is on record."""
    wanted = ApprovedBetweenForm(request.GET).wanted
    approved = ChargeNotice.objects.visible_to(request.user).approved()
    if "approved_from" in wanted:
        approved = approved.filter(decided_at__gte=start_of_day(wanted["approved_from"]))
    if "approved_to" in wanted:
        approved = approved.filter(decided_at__lt=_day_after(wanted["approved_to"]))
    now = clock.now()
    days = {name: day.isoformat() for name, day in wanted.items()}
    record(by=request.user, verb="charge.export", subject="charges", now=now, rows=approved.count(), **days)
    response = PortalCSV().response(*ApprovedChargeResource().rows(approved.with_facts().order_by("decided_at", "pk")))
    name = f"charges-approved-{timezone.localtime(now).date().isoformat()}.csv"
    response["Content-Disposition"] = f'attachment; filename="{name}"'
    return response


def _day_after(day):
    return start_of_day(day + timedelta(days=1))


def _charge_of(request, charge_id):
    """The team opens every charge; finance those that are decided."""
    visible = ChargeNotice.objects.visible_to(request.user).with_facts()
    if not request.user.has_role(Role.WORKFORCE_TEAM):
        visible = visible.decided()
    people = ("decided_by__practitioner", "reason_given_by__practitioner", "booking__booked_by__practitioner")
    return get_object_or_404(visible.select_related(*people), pk=charge_id)


def _decision_form(notice, now, data=None):
    """What can be decided: nothing but a waiver while something stands in the way of approving."""
    # What was sent says itself which form it is: the charge may have been decided since the page was drawn.
    is_taking_back = notice.is_decided if data is None else "take_back" in data
    if is_taking_back:
        return TakeBackForm(data)
    may_approve = not charges.why_not_approve(notice=notice, now=now)
    # What was said is what it would be waived for, where there is such a reason.
    said = notice.reason_given_for
    initial = {"waived_for": said if said in ChargeNotice.WaivedFor.values else ""}
    return ChargeDecisionForm(data, may_approve=may_approve, initial=initial)


def _decide(request, notice, said, now):
    """Do what the form asks: take a decision back, waive or approve."""
    facts = {"notice_id": notice.pk, "by": request.user, "now": now, "reason": said["reason"]}
    if "decision" not in said:
        charges.reopen(**facts)
        messages.success(request, "The decision is taken back. The charge is up for review again.")
    elif said["decision"] == State.APPROVED:
        charges.approve(**facts)
        messages.success(request, "The charge is approved. Finance finds it in their list.")
    else:
        charges.waive(**facts, waived_for=said["waived_for"])
        messages.success(request, "The charge is waived. The agency pays nothing.")


def _charge_page(request, notice, *, form=None, refusal="", why=None):
    is_team = request.user.has_role(Role.WORKFORCE_TEAM)
    now = clock.now()
    event = notice.booking.event if notice.booking else None
    context = {
        "notice": notice,
        "booking": notice.booking,
        "event": event,
        "is_team": is_team,
        "form": form or _decision_form(notice, now),
        "why": why or WhyForm(),
        "obstacle": charges.why_not_approve(notice=notice, now=now) if notice.is_open else "",
        "refusal": refusal,
        "payer": emails.payer_of(notice) if notice.is_open else None,
        "sickness": sickness_rule(event=event, partnership=Partnership.objects.current()) if event else None,
        "marks": Attendance.objects.filter(booking=notice.booking)
        .select_related("session", "marked_by__practitioner")
        .order_by("session__position"),
        "story": reports.story_of_charge(notice) if is_team else [],
    }
    return render(request, "bookings/staff/staff_charge.html", context, status=422 if refusal or form or why else 200)
