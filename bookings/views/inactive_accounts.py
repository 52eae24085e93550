"""Accounts that nobody uses: the page behind the link that keeps one, and the team's list (rule B27)."""

from allauth.core.ratelimit import respond_429
from django.contrib import messages
from django.db.models import Exists, OuterRef
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts import clock
from accounts.access import staff_required
from accounts.models import OutboundEmail, Partnership, Practitioner
from accounts.pagination import LongPaginator
from bookings import inactivity
from bookings.actions import inactive_accounts
from bookings.views.public import behind_a_link, looks_too_often

PAGE_SIZE = 25


@require_http_methods(["GET", "HEAD", "POST"])
def keep_account(request, token):
    """Keep one's account without signing in. Opening the page changes nothing, because mail programs open links."""
    if looks_too_often(request, "keep_account"):
        return respond_429(request)
    practitioner = inactivity.asked_by(token)
    is_kept = False
    if practitioner and request.method == "POST":
        is_kept = inactive_accounts.keep(practitioner_id=practitioner.pk, by=None, now=clock.now())
    elif practitioner:
        is_kept = practitioner.kept_at is not None and practitioner.kept_at > practitioner.inactive_asked_at
    context = {"is_known": practitioner is not None, "is_kept": is_kept}
    page = "bookings/public/keep_account.html"
    return behind_a_link(request, page, context, status=200 if practitioner else 404)


@staff_required
@require_safe
def inactive_account_list(request):
    """Who has been asked and has not answered, with the day on which they are made anonymous; and how many come next."""
    now, partnership = clock.now(), Partnership.objects.current()
    returned = OutboundEmail.objects.came_back().filter(about__startswith="practitioner:", practitioner=OuterRef("pk"))
    asked = (
        inactivity.asked(now, partnership)
        .select_related("user")
        .annotate(is_needed=inactivity.is_needed(now), letter_came_back=Exists(returned))
    )
    page = LongPaginator(asked.order_by("inactive_asked_at", "pk"), PAGE_SIZE).get_page(request.GET.get("page"))
    rows = [(one, inactivity.answer_by(asked_at=one.inactive_asked_at, partnership=partnership)) for one in page]
    context = {"page": page, "rows": rows, "next": inactivity.to_be_asked(now, partnership).count(), "now": now}
    return render(request, "bookings/staff/inactive_account_list.html", context)


@staff_required
@require_POST
def inactive_account_keep(request, practitioner_id):
    """Keep somebody's account for them: they called, or the team knows that they come back."""
    practitioner = get_object_or_404(Practitioner.objects.visible_to(request.user), pk=practitioner_id)
    if inactive_accounts.keep(practitioner_id=practitioner.pk, by=request.user, now=clock.now()):
        messages.success(request, f"The account of {practitioner} is kept.")
    else:
        messages.error(request, "This account was made anonymous already.")
    return redirect("bookings:inactive_account_list")
