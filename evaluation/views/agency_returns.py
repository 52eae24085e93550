"""Agencies' training returns for the partnership's officers: open them, see who has answered, ask, raise, accept."""

from django.contrib import messages
from django.db.models import Exists, OuterRef, Subquery
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.views.decorators.http import require_POST, require_safe

from accounts import clock
from accounts.access import role_required
from accounts.models import Membership, Organisation
from accounts.pagination import LongPaginator
from bookings.reports import name_of
from evaluation.actions import agency_returns
from evaluation.forms.agency_returns import (
    AskForm,
    ConcernForm,
    HeadcountFilter,
    OpenReturnsForm,
    ReturnFilter,
    older_than_a_year,
)
from evaluation.models import AgencyReturn, ReturnQuestion
from evaluation.models.agency_return import RETURN_KEEPERS
from evaluation.views.agency import KINDS, written_in

keeper_required = role_required(*RETURN_KEEPERS)
A_PAGE = 50


@keeper_required
@require_safe
def return_list(request):
    """Who has answered, who has not, and what is to be read."""
    returns, today = AgencyReturn.objects.visible_to(request.user), _today()
    years = list(returns.order_by("-year").values_list("year", flat=True).distinct())
    found = ReturnFilter(request.GET, years=years)
    lead = Membership.objects.as_lead().filter(organisation=OuterRef("organisation"))
    asked = ReturnQuestion.objects.open().filter(agency_return=OuterRef("pk"))
    rows = found.narrow(returns, today=today).select_related("organisation")
    rows = rows.annotate(has_lead=Exists(lead), has_question=Exists(asked))
    page = LongPaginator(rows, A_PAGE).get_page(request.GET.get("page"))
    context = {
        "filter": found,
        "page": page,
        "rows": [(each, KINDS[each.state], each.is_writable and each.due_on < today) for each in page],
        "counts": [
            ("read", "to read", returns.to_read().count()),
            ("waiting", "not answered", returns.waiting_for_the_agency().count()),
            ("late", "late", returns.late(today).count()),
        ],
    }
    return render(request, "evaluation/lscp/return_list.html", context)


@keeper_required
def return_open(request):
    """Ask agencies for their return of a year."""
    is_sent = request.method == "POST"
    form = OpenReturnsForm(request.POST if is_sent else None, today=_today())
    if is_sent and form.is_valid():
        opened = agency_returns.open_returns(**form.cleaned_data, by=request.user, now=clock.now())
        count = "One agency is" if len(opened) == 1 else f"{len(opened)} agencies are"
        messages.success(request, f"{count} asked. Their leads get a letter.")
        return redirect("evaluation:return_list")
    return render(request, "evaluation/lscp/return_open.html", {"form": form}, status=422 if form.errors else 200)


@keeper_required
@require_safe
def return_detail(request, return_id):
    """Everything of one return: what was sent, asked and agreed."""
    return _detail_page(request, _fetch(request, return_id))


@keeper_required
@require_POST
def return_ask(request, return_id):
    """Ask the agency something, or send the return back with the question."""
    agency_return = _fetch(request, return_id)
    form = AskForm(request.POST, today=_today())

    def do(who):
        back_by = form.cleaned_data["back_by"]
        agency_returns.ask(question=form.cleaned_data["question"], back_by=back_by, **who)
        return f"The question is sent{'; the agency may change its return' if back_by else ''}."

    return _carry_out(request, agency_return, do, ask=form)


@keeper_required
@require_POST
def return_concern(request, return_id):
    """Make a concern an action with an owner and a day."""
    agency_return = _fetch(request, return_id)
    form = ConcernForm(request.POST, today=_today())

    def do(who):
        agency_returns.raise_concern(promise=form.promise, **who)
        return "The action is put down."

    return _carry_out(request, agency_return, do, concern=form)


@keeper_required
@require_POST
def return_accept(request, return_id):
    """Take the return as it is."""

    def do(who):
        agency_returns.accept(**who)
        return "Accepted. The agency’s lead gets a letter, and its figures count in reports."

    return _carry_out(request, _fetch(request, return_id), do)


@keeper_required
@require_safe
def headcount_list(request):
    """How many people of each agency work with children, by which reports tell its reach, and from when that is."""
    agencies, today = Organisation.objects.agencies(), _today()
    found = HeadcountFilter(request.GET)
    given = AgencyReturn.objects.to_read().filter(organisation=OuterRef("pk")).order_by("-year")
    rows = found.narrow(agencies, today=today).annotate(
        given=Subquery(given.values("headcount")[:1]),
        given_on=Subquery(given.values("headcount_on")[:1]),
        return_id=Subquery(given.values("pk")[:1]),
    )
    old = older_than_a_year(agencies, today)
    page = LongPaginator(rows, A_PAGE).get_page(request.GET.get("page"))
    old_here = set(old.filter(pk__in=[each.pk for each in page]).values_list("pk", flat=True))
    context = {
        "filter": found,
        "page": page,
        "rows": [(each, each.pk in old_here) for each in page],
        "counts": [
            ("unknown", "not known", agencies.filter(child_facing_headcount__isnull=True).count()),
            ("old", "older than a year", old.count()),
        ],
    }
    return render(request, "evaluation/lscp/headcount_list.html", context)


def _carry_out(request, agency_return, do, **forms):
    """Do it and go back to the return; or show it again with what is wrong."""
    if not all(form.is_valid() for form in forms.values()):
        return _detail_page(request, agency_return, status=422, **forms)
    try:
        words = do({"return_id": agency_return.pk, "by": request.user, "now": clock.now()})
    except agency_returns.ReturnRefused as refused:
        return _detail_page(request, agency_return, status=409, refusal=str(refused), **forms)
    messages.success(request, words)
    return redirect("evaluation:return_detail", return_id=agency_return.pk)


def _detail_page(request, agency_return, status=200, refusal="", ask=None, concern=None):
    today = _today()
    leads = Membership.objects.as_lead().filter(organisation=agency_return.organisation_id)
    context = {
        **written_in(agency_return),
        "title": f"{agency_return.organisation.name}, {agency_return.year_name}",
        "leads": [each.practitioner.full_name for each in leads.select_related("practitioner").order_by("pk")],
        "is_late": agency_return.is_writable and agency_return.due_on < today,
        "sent_by": name_of(agency_return.submitted_by) if agency_return.submitted_by else "",
        "ask": ask or AskForm(today=today),
        "concern": concern or ConcernForm(today=today),
        "bad_form": next((form for form in (ask, concern) if form is not None and form.errors), None),
        "refusal": refusal,
    }
    return render(request, "evaluation/lscp/return_detail.html", context, status=status)


def _fetch(request, return_id):
    rows = AgencyReturn.objects.visible_to(request.user).select_related("organisation", "submitted_by__practitioner")
    return get_object_or_404(rows, pk=return_id)


def _today():
    return timezone.localtime(clock.now()).date()
