"""The Workforce Development Team's day: what happens this week and what waits for somebody."""

from datetime import timedelta

from django.db.models import Count, Q
from django.shortcuts import render
from django.utils import timezone

from accounts import clock
from accounts.access import staff_required
from accounts.models import Organisation, OutboundEmail, Partnership
from bookings.models import Booking, Certificate, ChargeNotice, EventChange
from bookings.models.booking import State
from courses.models import Enquiry, Event, Session
from courses.working_days import working_days_before

# A register that is still unmarked the day after is worth a telephone call.
OVERDUE_AFTER = timedelta(hours=18)
SHOWN = 20


@staff_required
def staff_day(request):
    """The board: today, this week, and numbers that lead to their lists."""
    now = clock.now()
    today = timezone.localtime(now).replace(hour=0, minute=0, second=0, microsecond=0)
    running = (
        Event.objects.with_catalogue_facts()
        .exclude(state__in=[Event.State.DRAFT, Event.State.CANCELLED])
        .annotate(
            requests=Count("bookings", filter=Q(bookings__state=State.REQUESTED)),
            unmarked=Count("bookings", filter=Q(bookings__state=State.CONFIRMED)),
        )
        .order_by("starts_at", "pk")
    )
    overdue = running.filter(state=Event.State.DELIVERED, ends_at__lt=now - OVERDUE_AFTER, unmarked__gt=0)
    below_minimum = _below_minimum(running, now)
    this_week = today + timedelta(days=7 - today.weekday())
    return render(
        request,
        "workforce_portal/staff/staff_day.html",
        {
            "now": now,
            "today": running.filter(pk__in=_events_with_a_session_on(today)),
            "this_week": running.filter(starts_at__gte=today + timedelta(days=1), starts_at__lt=this_week),
            "next_week": running.filter(starts_at__gte=this_week, starts_at__lt=this_week + timedelta(days=7)),
            "registers_overdue": overdue[:SHOWN],
            "below_minimum": below_minimum[:SHOWN],
            "counts": {
                "registers": overdue.count(),
                "below_minimum": below_minimum.count(),
                "requests": Booking.objects.waiting_for_the_team().count(),
                "organisations": Organisation.objects.waiting_for_a_decision().count(),
                "enquiries": Enquiry.objects.new().count(),
                "charges": ChargeNotice.objects.to_review().count(),
                "letters": OutboundEmail.objects.given_up().count(),
                "returned": OutboundEmail.objects.to_settle().count(),
                "changes": EventChange.objects.failed().count(),
                "certificates": Certificate.objects.given_up().count(),
            },
        },
    )


def _events_with_a_session_on(day):
    return Session.objects.filter(starts_at__gte=day, starts_at__lt=day + timedelta(days=1)).values("event")


def _below_minimum(running, now):
    """Dates with fewer people than they need whose day of decision has come (rule B20)."""
    days = Partnership.objects.current().go_ahead_days
    # Working days are never more than twice as many days of the calendar, bank holidays and all, and a week.
    near = Event.objects.below_minimum(now).filter(starts_at__lt=now + timedelta(days=2 * days + 7))
    today = timezone.localtime(now).date()
    due = [
        pk
        for pk, starts_at in near.values_list("pk", "starts_at")
        if working_days_before(timezone.localtime(starts_at).date(), days) <= today
    ]
    return running.filter(pk__in=due)
