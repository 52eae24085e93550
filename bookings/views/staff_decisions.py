"""The team's list of dates to decide: too few people, and the day of decision has come (rule B20)."""

from django.core.paginator import Paginator
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from accounts import clock
from accounts.access import staff_required
from accounts.models import Partnership
from bookings.eligibility import undecided_until
from courses.models import Event

PAGE_SIZE = 25


@staff_required
@require_safe
def staff_decision_list(request):
    """Dates below their minimum, the soonest first; those whose day of decision has come stand out."""
    now, partnership = clock.now(), Partnership.objects.current()
    dates = Event.objects.below_minimum(now).with_catalogue_facts().order_by("starts_at", "pk")
    page = Paginator(dates, PAGE_SIZE).get_page(request.GET.get("page"))
    today = timezone.localtime(now).date()
    rows = [
        (event, day, day <= today) for event in page for day in [undecided_until(event=event, partnership=partnership)]
    ]
    context = {"page": page, "rows": rows, "partnership_days": partnership.go_ahead_days}
    return render(request, "bookings/staff/staff_decision_list.html", context)
